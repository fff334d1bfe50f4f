"""What keeps a project from syncing, and how well each fact is covered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from fairlead.plugins.failures import ConnectorError
from fairlead.plugins.fields import ObjectInfo
from fairlead.problems import Problem
from fairlead.sync.mapping import Unmapped
from fairlead.sync.provisioning import provisioned_specs
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
    be rejected, by reason.
    """

    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    coverage: list[Coverage] = field(default_factory=list)
    unmapped: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    unreadable: Counter[str] = field(default_factory=Counter)
    sampled: dict[str, int] = field(default_factory=dict)


def diagnose(session: Session, *, sample: int = SAMPLE) -> Diagnosis:
    """Look at credentials, permissions, objects, fields, option values and some records; write nothing."""
    found = Diagnosis()
    try:
        found.problems += session.connector.check()
        if found.problems:
            # without these nothing else can be asked
            return found
        objects = {each.name: each for each in session.connector.describe(session.mapping.objects)}
        lacking = _lacking(session, objects)
        ours = {name for names in lacking.values() for name in names}
        found.problems += [
            problem
            for problem in session.mapping.kind_problems(list(objects.values()))
            if problem.code != "unknown-field" or problem.found not in ours
        ]
        found.problems += _missing(lacking)
        _look_at_records(session, objects, found, sample)
    except ConnectorError as error:
        found.problems.append(as_problem(error.failure))
    return found


def _lacking(session: Session, objects: Mapping[str, ObjectInfo]) -> dict[str, list[str]]:
    """Return the fields of ours that are not there, by object."""
    lacking: dict[str, list[str]] = {}
    for spec in provisioned_specs(session):
        described = objects.get(spec.object)
        if described is not None and described.field(spec.name) is None:
            lacking.setdefault(spec.object, []).append(spec.name)
    return lacking


def _missing(lacking: Mapping[str, list[str]]) -> list[Problem]:
    """Return one problem for each object that lacks fields of ours."""
    return [
        Problem(
            "missing-result-field",
            f"`{object_}` lacks {len(names)} of our fields, or the integration user cannot see them: "
            + ", ".join(f"`{name}`" for name in names[:6])
            + (f" and {len(names) - 6} more" if len(names) > 6 else ""),
            found=names[0],
            remedy="run `fairlead provision --dry-run`, then `fairlead provision`",
        )
        for object_, names in lacking.items()
    ]


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
        pages = session.connector.read_changes(type(query)(name, known, query.links), None)
        records = list(islice((record for page in pages for record in page.records), sample))
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


def _coverage(session: Session, filled: Counter[str], embodied: Counter[str]) -> Iterator[Coverage]:
    for object_ in session.mapping.objects:
        for entity, part in session.mapping.document.objects[object_].entities.items():
            for short in part.facts:
                fact = f"{entity}.{short}"
                yield Coverage(fact, filled[fact], embodied[entity])
