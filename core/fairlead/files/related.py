"""Related records from a file of their own, joined to the records they belong to by the id of a link.

The whole file is held in memory; the main input is not. A count over records that could not be read would be
wrong in silence, so a related record that cannot be read stops the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairlead.engine.program import Program
from fairlead.facts.model import Entity
from fairlead.files.layout import Layout
from fairlead.files.mappings import Stated
from fairlead.files.opening import format_of, rows_of
from fairlead.files.reading import Reading
from fairlead.files.rejects import Reject
from fairlead.files.rows import Record
from fairlead.files.unknowns import aggregate_lists
from fairlead.problems import DocumentError, Problem, RecordError, UsageError, nearest_name

__all__ = [
    "RelatedFile",
    "RelatedProblems",
    "RelatedRecords",
    "RelatedSummary",
    "duplicate_id",
    "read_related",
    "related_list",
]

_MOST_PROBLEMS = 20

#: related records by the id of what they belong to
_Index = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class RelatedFile:
    """A list of related records, such as `introductions`, and the file they stand in."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class RelatedSummary:
    """What became of the related records: `unmatched` belong to no record of the input, by entity or link.

    `unlinked` do not say what they belong to. `reading` is how their file was understood.
    """

    name: str
    read: int
    unmatched: dict[str, int]
    unlinked: dict[str, int]
    reading: Reading


@dataclass(slots=True)
class RelatedTarget:
    """A key of the main records, whose list it is, with what was seen so far."""

    key: str
    link: str
    aggregates: tuple[str, ...]
    index: _Index = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    unlinked: int = 0


class RelatedRecords:
    """The related records of one list."""

    def __init__(self, name: str, entity: str, targets: Sequence[RelatedTarget]) -> None:
        self.name = name
        self.read = 0
        self.entity = entity
        self.reading = Reading()
        self.targets = targets
        self._ids: set[str] = set()

    def take(self, record: Record) -> str | None:
        """Keep a related record; return its id where another one has it."""
        facts = record[self.entity]
        self.read += 1
        identity = facts.get("id")
        if identity is not None:
            if identity in self._ids:
                return str(identity)
            self._ids.add(identity)
        for target in self.targets:
            owner = record.get(target.link, {}).get("id")
            if owner is None:
                target.unlinked += 1
            else:
                target.index.setdefault(owner, []).append(facts)
        return None

    def check_layout(self, layout: Layout, file: str | None, line: int) -> None:
        """Raise DocumentError where columns state what is computed from the related records."""
        problems = [
            _stated_twice(f"{target.key}.{short}", self.name).at(file=file, line=line or None, column=None)
            for target in self.targets
            for short in target.aggregates
            if f"{target.key}.{short}" in layout.facts
        ]
        if problems:
            raise DocumentError(problems)

    def attach(self, record: Record) -> None:
        """Give a record its related records; raise RecordError where it states them already."""
        for target in self.targets:
            facts = record.get(target.key)
            owner = facts.get("id") if facts is not None else None
            if facts is None or owner is None:
                continue
            for short in (self.name, *target.aggregates):
                if facts.get(short) is not None:
                    raise RecordError([_stated_twice(f"{target.key}.{short}", self.name)])
            facts[self.name] = target.index.get(owner, [])
            target.seen.add(owner)

    def summary(self) -> RelatedSummary:
        """Return what became of the records, once all of the main ones are read."""
        unmatched = {
            target.key: sum(len(target.index[owner]) for owner in target.index.keys() - target.seen)
            for target in self.targets
        }
        return RelatedSummary(
            self.name,
            self.read,
            unmatched,
            {target.key: target.unlinked for target in self.targets},
            self.reading,
        )


class RelatedProblems:
    """The first problems of the related records of a file: any of them stops the run."""

    def __init__(self, file: RelatedFile) -> None:
        self._file = file
        self._problems: list[Problem] = []

    def __call__(self, reject: Reject) -> None:
        """Take a record that cannot be read."""
        if len(self._problems) < _MOST_PROBLEMS:
            problem = reject.problems[0]
            self._problems.append(problem.at(file=self._file.path, line=reject.line, column=None))

    def check(self) -> None:
        """Raise DocumentError where there is a problem."""
        if self._problems:
            raise DocumentError(self._problems)


def duplicate_id(found: str) -> Problem:
    """Return what is wrong with a related record that has the id of another one."""
    message = f"two related records have the id `{found}`"
    remedy = "leave out one of them: it would be counted twice"
    return Problem("duplicate-id", message, found=found, remedy=remedy)


def read_related(program: Program, file: RelatedFile, stated: Stated) -> RelatedRecords:
    """Read the related records of a file: CSV, JSON Lines or Parquet.

    `stated` is what the user says about such files; what is about columns does not count for JSON Lines.

    A record has its own facts (`introduction.introduced_on`) and the id of what it belongs to
    (`partner.id`). Raises UsageError where no decision reads an aggregate of the list, and DocumentError
    where a record cannot be read or has the id of another.
    """
    records = related_list(program, file.name)
    problems = RelatedProblems(file)
    file_format = format_of(file.path)
    if file_format == "jsonl":
        stated = Stated(encoding=stated.encoding)

    with Path(file.path).open("rb", buffering=0) as stream:
        rows = rows_of(
            program.ruleset.model,
            program.zone,
            (records.entity,),
            stream,
            file_format,
            problems,
            check=program.check,
            name=file.path,
            stated=stated,
        )
        for number, _, record in rows:
            twice = records.take(record)
            if twice is not None:
                problems(Reject(number, [duplicate_id(twice)], ""))
    problems.check()
    records.reading = Reading.of(rows)
    return records


def related_list(program: Program, name: str) -> RelatedRecords:
    """Return the list of that name without records.

    Raises UsageError where no decision reads an aggregate of it.
    """
    model = program.ruleset.model
    keys = model.record_keys()
    read = aggregate_lists(program)
    lists = {of for _, of in read}
    if name not in lists:
        message = f"no decision reads an aggregate of `{name}`"
        nearest = nearest_name(name, lists)
        raise UsageError(
            [Problem("unknown-related", message, found=name, allowed=tuple(sorted(lists)), nearest=nearest)]
        )
    targets = [
        RelatedTarget(
            key, _of(model.entities[keys[key]], name)[1], _computed(model.entities[keys[key]], name)
        )
        for key, of in read
        if of == name
    ]
    key = targets[0].key
    return RelatedRecords(name, _of(model.entities[keys[key]], name)[0], targets)


def _of(entity: Entity, name: str) -> tuple[str, str]:
    """Return the entity of the related records and their link."""
    related = entity.related[name]
    return related.entity, related.link


def _computed(entity: Entity, name: str) -> tuple[str, ...]:
    return tuple(short for short, aggregate in entity.aggregates.items() if aggregate.of == name)


def _stated_twice(fact: str, name: str) -> Problem:
    return Problem(
        "stated-twice",
        f"`{fact}` is stated, and also the records in `{name}` that it is computed from",
        "/" + fact.replace(".", "/"),
        remedy=f"leave out the fact, or `--related {name}=FILE`",
    )
