"""What a draft is tried on: the records of a project's mirror, in the order of their days."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from fairlead.ledger.attributing import Attributor, with_payee
from fairlead.ledger.ledger import Ledger
from fairlead.ledger.payees import read_payees
from fairlead.ledger.programmes import Programme, Version
from fairlead.ledger.simulation import DraftProgramme, InForce, Side, Simulation, simulate
from fairlead.ledger.subjects import SubjectRecord, Subjects, always_read
from fairlead.problems import Problem, UsageError
from fairlead.project import Project
from fairlead.ruleset.typed import Reward
from fairlead.store import Store, Transaction

__all__ = ["draft_of", "simulate_history"]

_AT_ONCE = 500


def draft_of(project: Project, path: Path) -> DraftProgramme:
    """Return a draft from its file, as the project reads it.

    Raises DocumentError with everything wrong with it, UsageError where it rewards nothing.
    """
    ruleset = project.ruleset(str(path))
    rewards = [each.name for each in ruleset.decisions if isinstance(each, Reward)]
    if not rewards:
        message = f"`{ruleset.name}` rewards nothing: there is nothing to simulate"
        raise UsageError([Problem("no-rewards", message, file=str(path))])
    return DraftProgramme(ruleset.name, Version(ruleset, project.draft(str(path), rewards)))


def simulate_history(
    project: Project,
    store: Store,
    draft: DraftProgramme,
    *,
    since: date,
    until: date | None = None,
    instead_of: str | None = None,
    now: datetime | None = None,
    is_read: Callable[[str], bool] = always_read,
    rates: Any = None,
    language: str = "en",
    progress: Callable[[int], None] | None = None,
) -> Simulation:
    """Run a draft over the mirror's records beside the programmes in force; only reads.

    The draft takes the place of the programme `instead_of`: of the one with its name, or of the only one
    there is. Raises UsageError where it is not clear which.
    """
    now = now or datetime.now(UTC)
    today = project.day_of(now)
    ledger = Ledger(project, store, now=now, is_read=is_read)
    present = [Programme(project, each.name, drafts=True) for each in ledger.programmes]
    replaced = _replaced([each.name for each in present], draft.name, instead_of)
    with_draft: list[InForce] = [draft if each.name == replaced else each for each in present]
    subjects = Subjects(
        ledger.programmes, [*(each.current(today) for each in present), draft.version], (), is_read
    )
    payees: dict[tuple[str, str], str | None] = {}
    with store.reading() as tx:
        found = simulate(
            present,
            with_draft,
            _records(tx, subjects, Attributor(present, project.zone), payees, progress),
            tried=draft,
            since=since,
            until=until or today,
            as_of=now,
            day_fact=subjects.day_fact,
            payee_of=lambda record: payees.get((record.entity, record.id)),
            rates=rates,
            language=language,
        )
        for side in (found.present, found.draft):
            _by_code(tx, side)
    return found


def _by_code(tx: Transaction, side: Side) -> None:
    """Let a side name payees by their codes, which people know them by."""
    known = read_payees(tx, {id_ for id_, _ in side.payees})
    summed: dict[tuple[str, str], tuple[int, int, int]] = {}
    for (id_, currency), (entries, units, payable) in side.payees.items():
        key = known[id_].code, currency
        before = summed.get(key, (0, 0, 0))
        summed[key] = before[0] + entries, before[1] + units, before[2] + payable
    side.payees = summed


def _replaced(names: list[str], draft: str, instead_of: str | None) -> str:
    wanted = instead_of if instead_of is not None else draft
    if wanted in names:
        return wanted
    if instead_of is None and len(names) == 1:
        return names[0]
    message = f"the project has no programme `{wanted}` that the draft takes the place of"
    remedy = "name the programme with `--instead-of`"
    raise UsageError(
        [Problem("unknown-document", message, found=wanted, allowed=tuple(names), remedy=remedy)]
    )


def _records(
    tx: Transaction,
    subjects: Subjects,
    attributor: Attributor,
    payees: dict[tuple[str, str], str | None],
    progress: Callable[[int], None] | None,
) -> Iterator[SubjectRecord]:
    """Yield the records of each entity in the order of their days; `payees` holds whom the last belong to."""
    for entity in subjects.entities:
        ordered = iter(_in_order(tx, entity, subjects.day_fact(entity)))
        while ids := list(islice(ordered, _AT_ONCE)):
            records = subjects.read(tx, entity, ids)
            payees.clear()
            attributed = attributor.find(tx, entity, records, subjects.payee_link(entity))
            for id_, found in attributed.items():
                payees[entity, id_] = found.payee
            records = with_payee(tx, records, attributed)
            yield from (records[id_] for id_ in ids if id_ in records)
            if progress is not None:
                progress(len(ids))


def _in_order(tx: Transaction, entity: str, short: str) -> list[str]:
    days = [
        (day, id_)
        for page in tx.mirror.facts(entity)
        for id_, facts in page.items()
        if (day := facts.get(short)) is not None
    ]
    return [id_ for _, id_ in sorted(days)]
