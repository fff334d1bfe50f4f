"""The records that a project's store holds, decided by two versions of a ruleset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from fairlead.engine import Program
from fairlead.problems import RecordError
from fairlead.project.assembling import Raw, Reads, all_records, assembled, fitting, reads_of
from fairlead.project.comparison import Changes, Comparison, Decided
from fairlead.ruleset.typed import Reward
from fairlead.store import Store

__all__ = ["changes_by_mirror"]


def changes_by_mirror(
    store: Store,
    is_read: Callable[[str], bool],
    as_of: date,
    old: Program,
    new: Program,
    witnesses: int,
) -> Changes:
    """Decide each live record by both versions, for the decisions about its entity that both have.

    Nothing is written. `is_read` tells whether the mirror holds an entity at all, see `reads_of`. At most
    `witnesses` records are kept for each decision.
    """
    changes = Changes()
    about: dict[str, list[str]] = {}
    for name in old.decisions:
        if name in new.decisions:
            about.setdefault(name.partition(".")[0], []).append(name)
    with store.reading() as tx:
        for entity, names in about.items():
            before, after = (_Version(each, entity, names, is_read, as_of) for each in (old, new))
            comparison = Comparison(before.program, after.program, witnesses, names=names, changes=changes)
            for records in all_records(tx, entity):
                olds = assembled(tx, before.reads, records)
                news = olds if after.reads == before.reads else assembled(tx, after.reads, records)
                for ref, record in records.items():
                    first, second = before.decided(olds[ref]), after.decided(news[ref])
                    _take(comparison, record.id, first, second)
    return changes


def _take(
    comparison: Comparison, record: str, first: Decided | RecordError, second: Decided | RecordError
) -> None:
    if isinstance(first, RecordError):
        if isinstance(second, RecordError):
            comparison.changes.rejected += 1
        else:
            comparison.changes.fit_now += 1
    elif isinstance(second, RecordError):
        comparison.add_unfit(record, second.problems[0].message)
    else:
        comparison.add(record, first, second)


class _Version:
    """One version, with what it reads of an entity."""

    def __init__(
        self, program: Program, entity: str, names: Sequence[str], is_read: Callable[[str], bool], as_of: date
    ) -> None:
        self.program = Program(program.ruleset, zone=program.zone, select=names)
        model = program.ruleset.model
        read = {name for each in names for name in program.reads(each)}
        decisions = (program.ruleset.decision(each) for each in names)
        read |= {f"{each.payee}.id" for each in decisions if isinstance(each, Reward)}
        self.reads: Reads = reads_of(model, entity, read, is_read)
        self._run = self.program.runner(as_of)
        self._model = model
        self._entity = entity

    def decided(self, raw: Raw) -> Decided | RecordError:
        """Decide a raw record; the mirror may hold facts that this version does not know."""
        try:
            return self._run(self.program.check(fitting(raw, self._model, self._entity)))
        except RecordError as unfit:
            return unfit
