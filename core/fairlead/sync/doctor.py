"""What keeps a project from syncing, and how well each fact is covered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from fairlead.plugins.failures import ConnectorError, FailureKind
from fairlead.plugins.fields import ObjectInfo
from fairlead.plugins.records import Link, ReadQuery, Record
from fairlead.problems import Problem
from fairlead.sync.account import compare
from fairlead.sync.mapping import Unmapped
from fairlead.sync.session import Session, as_problem

__all__ = ["Coverage", "Diagnosis", "diagnose"]

#: records that are looked at for each object
SAMPLE = 500


@dataclass(frozen=True, slots=True)
class Coverage:
    """In how many of the sampled records that embody its entity a fact is filled."""

    fact: str
    filled: int
    records: int


@dataclass
class Diagnosis:
    """What was found.

    `problems` keep the project from syncing, `notes` do not. `unmapped` are option values, by object and
    field, with the number of sampled records that hold them. `unreadable` counts sampled records that would
    be rejected, by reason. `account` is the account that the credentials are of, where the CRM tells.
    """

    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    coverage: list[Coverage] = field(default_factory=list)
    unmapped: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    unreadable: Counter[str] = field(default_factory=Counter)
    sampled: dict[str, int] = field(default_factory=dict)
    account: str | None = None


def diagnose(session: Session, *, sample: int = SAMPLE) -> Diagnosis:
    """Look at credentials, permissions, objects, fields, option values and some records; write nothing."""
    found = Diagnosis()
    try:
        found.problems += session.connector.check()
        if found.problems:
            # without these nothing else can be asked
            return found
        objects = {each.name: each for each in session.connector.describe(session.mapping.described)}
        compared = compare(session, objects)
        found.problems += compared.problems
        found.notes += [*compared.notes, *session.connector.notes()]
        found.account = session.connector.account()
        _look_at_records(session, objects, found, sample)
    except ConnectorError as error:
        found.problems.append(as_problem(error.failure))
    return found


def _look_at_records(
    session: Session, objects: Mapping[str, ObjectInfo], found: Diagnosis, sample: int
) -> None:
    filled: Counter[str] = Counter()
    embodied: Counter[str] = Counter()
    for name in session.mapping.objects:
        if name not in objects:
            continue
        described = objects[name]
        query = session.mapping.query(name)
        known = tuple(each for each in query.fields if described.field(each) is not None)
        options = session.mapping.unmapped_options(described)
        seen: dict[str, Counter[str]] = {field_name: Counter() for field_name in options}
        asked = replace(query, fields=known, links=tuple(_links(session, query, described)))
        records = _sample(session, asked, found, sample)
        found.sampled[name] = len(records)
        for record in records:
            for field_name, values in options.items():
                value = record.values.get(field_name)
                if isinstance(value, str) and value in values:
                    seen[field_name][value] += 1
            if not session.mapping.in_scope(record):
                continue
            try:
                mapped = session.mapping.map(record)
            except Unmapped as unmapped:
                found.unreadable[unmapped.problems[0].message] += 1
                continue
            for each in mapped:
                embodied[each.entity] += 1
                for short in each.facts:
                    filled[f"{each.entity}.{short}"] += 1
        for field_name, values in options.items():
            found.unmapped[name, field_name] = {value: seen[field_name][value] for value in values}
    found.coverage += list(_coverage(session, filled, embodied))


def _links(session: Session, query: ReadQuery, described: ObjectInfo) -> Iterator[Link]:
    """Yield the links that can be read as far as the fields of the object tell."""
    by_label = session.connector.capabilities().labelled_links
    for link in query.links:
        if by_label or link.via is None or described.field(link.via) is not None:
            yield link


def _sample(session: Session, query: ReadQuery, found: Diagnosis, sample: int) -> list[Record]:
    """Return some records; where a link cannot be read, that is a problem, and the others are read."""

    def read(asked: ReadQuery) -> list[Record]:
        pages = session.connector.read_changes(asked, None)
        return list(islice((record for page in pages for record in page.records), sample))

    try:
        return read(query)
    except ConnectorError as error:
        if error.failure.kind is not FailureKind.STOP or not query.links:
            raise
        found.problems.append(as_problem(error.failure))
        return read(replace(query, links=()))


def _coverage(session: Session, filled: Counter[str], embodied: Counter[str]) -> Iterator[Coverage]:
    # an entity that several objects embody is one: its records are counted together
    facts = {
        f"{entity}.{short}": entity
        for part in session.mapping.document.objects.values()
        for entity, each in part.entities.items()
        for short in each.facts
    }
    for fact, entity in facts.items():
        yield Coverage(fact, filled[fact], embodied[entity])
