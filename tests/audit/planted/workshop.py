"""Planting faults: small edits of clean rulesets, and what an audit says of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from fairlead.audit.auditor import Subject, audit
from fairlead.audit.findings import Audit, Finding
from fairlead.audit.solver import DEFAULT_LIMIT
from fairlead.documents.json_text import read_document
from fairlead.engine import Program
from fairlead.engine.results import Result, RewardResult
from fairlead.facts.model import FactModel
from fairlead.ruleset.catalogue import Catalogue, Found, shipped_root
from fairlead.ruleset.policy_pack import PolicyPack, type_pack
from fairlead.ruleset.resolve import build, find_ruleset

__all__ = [
    "DAY",
    "NULL",
    "Edit",
    "Replay",
    "V",
    "add",
    "at",
    "audited",
    "findings",
    "obligation",
    "pack_of",
    "paid",
    "replays",
    "subject_of",
]

DAY = date(2026, 11, 22)
#: puts null at a path, where None takes away what stands there
NULL = object()
_ROOT = Path(__file__).parents[1]
_OWN = _ROOT / "planted"
#: fact models that no test edits, read once
_MODELS: dict[tuple[str, str], FactModel] = {}


def V(name: str) -> dict[str, str]:  # noqa: N802 - short, for tables
    """Return the expression that reads a name."""
    return {"var": name}


@dataclass(frozen=True)
class Edit:
    """A value put at a path of a document; decisions, obligations and rows may stand under name or id."""

    path: tuple[str | int, ...]
    value: Any
    new: bool = False


def at(*path_and_value: Any) -> Edit:
    """Return the edit that puts the last argument at the path of the others, below the decisions."""
    *path, value = path_and_value
    return Edit(("decisions", *path), value)


def add(*path_and_value: Any) -> Edit:
    """Return the edit that appends the last argument to the list at the path of the others."""
    *path, value = path_and_value
    return Edit(tuple(path), value, new=True)


def _step(container: Any, step: str | int) -> str | int:
    if isinstance(container, list) and isinstance(step, str):
        return next(
            place for place, each in enumerate(container) if step in (each.get("name"), each.get("id"))
        )
    return step


def edited(document: Mapping[str, Any], edits: Iterable[Edit]) -> dict[str, Any]:
    """Return a document with edits."""
    result = deepcopy(dict(document))
    for edit in edits:
        target: Any = result
        *way, last = edit.path
        for step in way:
            target = target[_step(target, step)]
        if edit.new:
            target[last].append(edit.value)
        elif edit.value is None:
            del target[last]
        elif edit.value is NULL:
            target[_step(target, last)] = None
        else:
            target[_step(target, last)] = edit.value
    return result


def _path(name: str) -> Path:
    root = _ROOT if name.startswith("planted/") else shipped_root()
    return root / f"{name}.json"


@cache
def _document(name: str) -> Any:
    return json.loads(_path(name).read_text(encoding="utf-8"))


def subject_of(name: str, edits: Iterable[Edit] = (), model_edits: Iterable[Edit] = ()) -> Subject:
    """Return a ruleset with edits, and with edits of its fact model, ready to be audited."""
    path = _path(name)
    texts = {path: json.dumps(edited(_document(name), edits))}
    model_edits = list(model_edits)
    if model_edits:
        model = _document(name)["model"]["name"]
        texts[_path(model)] = json.dumps(edited(_document(model), model_edits))
    catalogue = Catalogue([_ROOT], edited=texts)
    if not model_edits:
        catalogue.models = _MODELS
    ruleset = build(find_ruleset(path, catalogue), catalogue)
    return Subject(ruleset, Program(ruleset))


def obligation(asked: Mapping[str, Any] | None = None, **keys: Any) -> dict[str, Any]:
    """Return an obligation of a pack, about introductions unless it says another entity."""
    whole = {
        "id": "asked",
        "title": "What is asked",
        "text": "What is asked.",
        "citation": "Rule 1",
        "source": "Seen.",
        "binds": "both",
        "force": "forbid",
        "governing": "payment",
        "confidence": "high",
        "reviewed_by": None,
        **keys,
    }
    return whole if asked is None else {**whole, "property": dict(asked)}


def pack_of(
    model: FactModel, obligations: Sequence[Mapping[str, Any]], parameters: Mapping[str, Any] | None = None
) -> PolicyPack:
    """Return a pack of obligations, typed against a model."""
    value = {
        "fairlead": 1,
        "kind": "policy-pack",
        "name": "policies/planted",
        "version": "1.0.0",
        "title": "Planted",
        "about": "What planted faults are held against.",
        "model": {"name": model.name, "version": model.version},
        "parameters": dict(parameters or {}),
        "obligations": [dict(each) for each in obligations],
    }
    document = read_document(json.dumps(value), name="planted.json")
    found = Found("policies/planted", "1.0.0", "policy-pack", document, _OWN / "planted.json", True)
    return type_pack(found, model)


def audited(
    subject: Subject,
    *obligations: Mapping[str, Any],
    parameters: Mapping[str, Any] | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Audit:
    """Return the audit of a ruleset against a pack of these obligations."""
    pack = pack_of(subject.ruleset.model, obligations, parameters)
    return audit("planted", [subject], [pack], DAY, limit=limit)


def findings(subject: Subject, *obligations: Mapping[str, Any], **settings: Any) -> list[Finding]:
    """Return the findings on these obligations, without the one on gaps between packs."""
    found = audited(subject, *obligations, **settings)
    return [each for each in found.findings if each.obligation.id != "no-case-escapes"]


@dataclass(frozen=True)
class Replay:
    """A case as a program of its own decided it: the record as shown, the time and the whole result."""

    record: Mapping[str, Mapping[str, Any]]
    as_of: datetime
    result: Result = field(repr=False)

    def fact(self, name: str) -> Any:
        """Return a fact as it stands in the record, None where it is absent."""
        key, _, short = name.partition(".")
        return self.record.get(key, {}).get(short)

    def reward(self, name: str = "introduction.reward") -> RewardResult | None:
        """Return what a reward gave, None where it is undetermined."""
        found: RewardResult | None = self.result.decisions[name]
        return found


_PROGRAMS: dict[str, Program] = {}


def _program(subject: Subject) -> Program:
    """Return a program of the tests' own, made once for each ruleset."""
    digest = subject.ruleset.digest
    if digest not in _PROGRAMS:
        _PROGRAMS[digest] = Program(subject.ruleset)
    return _PROGRAMS[digest]


def replays(finding: Finding, subject: Subject) -> list[Replay]:
    """Decide the cases of a finding anew, by a program made for it."""
    program = _program(subject)
    (shown,) = finding.counterexamples
    moments = [datetime.fromisoformat(case.as_of) for case in shown.cases]
    return [
        Replay(case.record, moment, program.evaluate(case.record, as_of=moment))
        for case, moment in zip(shown.cases, moments, strict=True)
    ]


def paid(replay: Replay, name: str = "introduction.reward") -> Decimal:
    """Return what a reward pays, 0 where it does not accrue or is undetermined."""
    given = replay.reward(name)
    if given is None or not given.accrues or given.amount is None:
        return Decimal(0)
    return Decimal(given.amount.amount)


#: tells of replayed cases whether they break what was asked
Broken = Callable[[Sequence[Replay]], bool]


@dataclass(frozen=True)
class Plant:
    """A fault in a clean ruleset, what finds it, and what its case must show.

    `edits` plant it, `clean` makes the twin that has none (by default the ruleset as it is), both after
    `model`, edits of the fact model. `broken` is asked of the replayed cases and reads nothing of the audit.
    Of two cases, all facts but those of `apart` must be equal. `shown` is how many cases there are. `says` is
    the sentence, where it is worth holding.
    """

    id: str
    asked: Mapping[str, Any]
    edits: tuple[Edit, ...]
    broken: Broken
    apart: frozenset[str] = frozenset()
    clean: tuple[Edit, ...] = ()
    model: tuple[Edit, ...] = ()
    base: str = "planted/programme"
    entity: str = "introduction"
    subject: str = "introduction.reward"
    shown: int = 1
    one_time: bool = True
    says: str | None = None

    @property
    def obligation(self) -> dict[str, Any]:
        """What is asked, as an obligation."""
        return obligation(self.asked, entity=self.entity)


def only(plant: Plant, subject: Subject) -> Finding:
    """Return the finding on the subject of a plant."""
    (found,) = (each for each in findings(subject, plant.obligation) if each.subject == plant.subject)
    return found


def check_refuted(plant: Plant) -> None:
    """Hold that the fault is found, and that its case breaks what was asked."""
    subject = subject_of(plant.base, plant.edits, plant.model)
    finding = only(plant, subject)
    assert finding.verdict == "refuted", (finding.verdict, finding.why)
    if not plant.shown:
        assert plant.broken([])
        assert finding.why
        return
    cases = replays(finding, subject)
    assert len(cases) == plant.shown
    assert plant.broken(cases), [(case.record, case.result.decisions) for case in cases]
    if len(cases) == 2:
        one, other = cases
        assert unlike_facts(one, other) <= plant.apart
        assert not plant.one_time or one.as_of == other.as_of
    if plant.says is not None:
        assert finding.counterexamples[0].sentence == plant.says


def unlike_facts(one: Replay, other: Replay) -> set[str]:
    """Return what differs in two records: facts, lists of records, and records that only one has."""
    found = {key for key in {*one.record, *other.record} if (key in one.record) != (key in other.record)}
    for key in {*one.record, *other.record}:
        names = {*one.record.get(key, {}), *other.record.get(key, {})}
        found |= {
            f"{key}.{name}" for name in names if one.fact(f"{key}.{name}") != other.fact(f"{key}.{name}")
        }
    return found


def check_proved(plant: Plant) -> None:
    """Hold that the clean twin has none of it."""
    finding = only(plant, subject_of(plant.base, plant.clean))
    assert finding.verdict == "proved", (finding.verdict, finding.why, finding.counterexamples)
