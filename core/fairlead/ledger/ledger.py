"""The ledger of a project: one place to accrue, assess, pay and look up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property

from fairlead.engine.guards import Guards
from fairlead.ledger.accrual import Accrual, AccrualReport
from fairlead.ledger.assessment import Assessment, AssessmentReport
from fairlead.ledger.attributing import Attributor
from fairlead.ledger.holds import Holds
from fairlead.ledger.programmes import Programme, Version, programmes_of
from fairlead.ledger.rerating import re_rate
from fairlead.ledger.subjects import Subjects, always_read
from fairlead.ledger.work import Work
from fairlead.project import Project
from fairlead.project.rates import ProjectRates
from fairlead.store import Store

__all__ = ["SYSTEM", "Ledger"]

#: who acts where no person does
SYSTEM = "fairlead"


class Ledger:
    """What introductions earn and what becomes of it, for one project as of one instant.

    `is_read` tells whether the mirror holds an entity: the project's mapping knows. `rates` are the exchange
    rates that programmes convert with. Raises UsageError where no ruleset of the project rewards anything, or
    one is not approved and has to be.
    """

    def __init__(
        self,
        project: Project,
        store: Store,
        *,
        now: datetime | None = None,
        is_read: Callable[[str], bool] = always_read,
        rates: ProjectRates | None = None,
    ) -> None:
        self.project = project
        self.store = store
        self.now = now or datetime.now(UTC)
        self.today = project.day_of(self.now)
        self.rates = rates
        self._is_read = is_read
        self.programmes = programmes_of(project, self.today)

    @cached_property
    def versions(self) -> list[Version]:
        """The version of each programme that is in force today."""
        return [programme.current(self.today) for programme in self.programmes]

    def programme(self, name: str) -> Programme | None:
        """Return a programme by name, None where the project has none of it any more."""
        return next((each for each in self.programmes if each.name == name), None)

    @cached_property
    def guards(self) -> Guards | None:
        """The guards of the project's policy packs, None where it has no packs."""
        packs = self.project.packs(self.today)
        return Guards(packs, self.versions[0].ruleset.model, self.project.zone) if packs else None

    @cached_property
    def subjects(self) -> Subjects:
        """The reader of what rewards are about."""
        guarded: set[str] = set()
        if self.guards is not None:
            reader = self.guards.reader
            for name in reader.decisions:
                guarded |= reader.reads(name)
        return Subjects(self.programmes, self.versions, guarded, self._is_read)

    @cached_property
    def attributor(self) -> Attributor:
        """Whom introductions belong to."""
        return Attributor(self.programmes, self.project.zone)

    @cached_property
    def holds(self) -> Holds:
        """What stands against paying."""
        return Holds(self.guards, self.now)

    def accrue(self, *, actor: str = SYSTEM, progress: Callable[[int], None] | None = None) -> AccrualReport:
        """Enter what was earned and is not entered yet."""
        self._archive()
        work = self._work(actor, progress)
        report = Accrual(work).run()
        report.re_rated = re_rate(work)
        return report

    def assess(
        self, *, actor: str = SYSTEM, progress: Callable[[int], None] | None = None
    ) -> AssessmentReport:
        """Release, hold or reverse what is open."""
        self._archive()
        return self.assessment(actor=actor, progress=progress).run()

    def assessment(self, *, actor: str = SYSTEM, progress: Callable[[int], None] | None = None) -> Assessment:
        """Return what looks at entries as of now."""
        return Assessment(self._work(actor, progress), self.holds)

    def _work(self, actor: str, progress: Callable[[int], None] | None) -> Work:
        return Work(
            self.store,
            self.subjects,
            self.attributor,
            self.now,
            self.today,
            actor,
            self.rates,
            progress or (lambda _count: None),
        )

    def _archive(self) -> None:
        """Keep every document that decides anything here, by digest."""
        documents = {}
        for version in self.versions:
            documents[version.digest] = version.ruleset.document
            documents[version.ruleset.model.digest] = version.ruleset.model.document
        for pack in self.project.packs(self.today):
            documents[pack.digest] = pack.document
        if self.rates is not None:
            documents[self.rates.digest] = self.rates.document
        with self.store.transaction() as tx:
            for digest, document in documents.items():
                if not tx.archive.has(digest):
                    tx.archive.put(document, at=self.now)
