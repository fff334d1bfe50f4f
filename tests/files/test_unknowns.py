"""What a file's lines say of the unknown is what a trace of each record says, found without one."""

import datetime as dt
import random
from typing import Any

import pytest

import fairlead
from fairlead.engine import Program, Trace
from fairlead.files.unknowns import Unknown, Unknowns
from fairlead.ruleset.catalogue import shipped_root

AS_OF = dt.date(2026, 11, 21)
RULESETS = sorted({path.stem for path in (shipped_root() / "medical-travel").glob("*.json")} - {"facts"})
DAYS = ["2025-12-31", "2026-01-01", "2026-11-02", "2026-11-21"]
TIMES = [f"{day}T10:00:00Z" for day in DAYS]


def anything(fact: Any, rng: random.Random) -> Any:
    """A value of a fact as JSON, from few, so that kinds of records come again."""
    match str(fact.type).split(" ")[0].split("(")[0]:
        case "boolean":
            return rng.random() < 0.5
        case "integer":
            return rng.choice([n for n in (0, 1, 5, 15) if fact.type.low <= n <= fact.type.high])
        case "decimal":
            return "0.5"
        case "money":
            return {"amount": rng.choice(["500.00", "600.00"]), "currency": fact.type.currency or "USD"}
        case "one":
            return rng.choice(fact.type.values[:3])
        case "date":
            return rng.choice(DAYS)
        case "date-time":
            return rng.choice(TIMES)
        case "text":
            return rng.choice(["A", "B"])
        case "list":
            return [rng.choice(getattr(fact.type.item, "values", ("de", "en"))[:3])]
    raise AssertionError(fact)


def records(program: Program, count: int) -> list[dict[str, Any]]:
    rng = random.Random(7)  # noqa: S311 - seeded records are no secrets
    read = {
        variable.name
        for nodes in program.trace({}, AS_OF).recording.nodes.values()
        for variable in nodes.variables()
        if variable.origin == "fact"
    }
    model, keys = program.ruleset.model, program.ruleset.model.record_keys()
    found = []
    for _ in range(count):
        record: dict[str, Any] = {}
        absent = rng.choice([0.1, 0.5, 0.9])
        for name in sorted(read):
            key, _, short = name.partition(".")
            if rng.random() > absent:
                fact = model.entities[keys[key]].get(short)
                record.setdefault(key, {})[short] = anything(fact, rng)
        for name in program.decisions:
            if rng.random() < 0.9:
                record.setdefault(name.partition(".")[0], {})
        found.append(record)
    return found


def told(unknown: Unknown) -> Any:
    return (
        {name: [tuple(cause) for cause in causes] for name, causes in unknown.undetermined.items()},
        dict(unknown.conflicts),
        dict(unknown.unknown_rows),
        list(unknown.missing),
        unknown.due,
    )


@pytest.mark.parametrize(
    "name",
    ["lead-scoring", "partner-programme", "partner-tiers-as-published", "ethics-checks"],
)
def test_each_result_says_what_its_trace_says(name: str) -> None:
    program = fairlead.load(f"medical-travel/{name}", as_of=AS_OF)
    run = program.runner(AS_OF)
    unknowns = Unknowns(program, AS_OF, told)

    for raw in records(program, 400):
        record = program.check(raw)
        decisions, _, mask = run(record)
        result = program.evaluate(raw, AS_OF)

        assert unknowns(record, decisions, mask) == (
            {name: [tuple(cause) for cause in causes] for name, causes in result.undetermined.items()},
            result.conflicts,
            result.unknown_rows,
            result.missing,
            result.due,
        ), raw


def with_related(raw: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """The record with related introductions and treatments in the place of what is computed from them."""
    changed = {key: dict(facts) for key, facts in raw.items()}
    partner = changed.get("partner")
    if partner is None or rng.random() < 0.2:
        return changed
    for name in list(partner):
        if name.endswith(("_this_year", "_this_quarter", "_last_12_months", "_introduction_on")):
            del partner[name]
    partner["introductions"] = [
        {
            "id": f"I-{number}",
            **({"introduced_on": rng.choice(DAYS)} if rng.random() < 0.8 else {}),
            **({"file_complete": rng.random() < 0.5} if rng.random() < 0.5 else {}),
        }
        for number in range(rng.choice([0, 1, 3, 20]))
    ]
    partner["treatments"] = [{"discharged_on": rng.choice(DAYS), "completed": rng.random() < 0.9}]
    return changed


@pytest.mark.parametrize("name", RULESETS)
def test_what_does_not_show_the_due_instant_needs_no_trace_for_it(name: str) -> None:
    program = fairlead.load(f"medical-travel/{name}", as_of=AS_OF)
    run = program.runner(AS_OF)
    unknowns = Unknowns(program, AS_OF, told, with_due=False)
    rng = random.Random(3)  # noqa: S311 - seeded records are no secrets

    for plain in records(program, 60):
        raw = with_related(plain, rng)
        record = program.check(raw)
        decisions, _, mask = run(record)
        result = program.evaluate(raw, AS_OF)

        assert unknowns(record, decisions, mask)[:4] == (
            {name: [tuple(cause) for cause in causes] for name, causes in result.undetermined.items()},
            result.conflicts,
            result.unknown_rows,
            result.missing,
        ), raw


@pytest.mark.parametrize("days", [[], ["2026-01-01"], ["2025-01-01", "2026-01-01", None]])
def test_aggregates_of_related_records_are_computed_for_each_record(days: list[str | None]) -> None:
    program = fairlead.load("medical-travel/partner-programme", as_of=AS_OF)
    introductions = [{"id": f"I-{place}", "introduced_on": day} for place, day in enumerate(days)]
    raw = {"partner": {"id": "TA-101", "introductions": introductions}}
    record = program.check(raw)
    decisions, _, mask = program.runner(AS_OF)(record)
    result = program.evaluate(raw, AS_OF)

    unknown = Unknowns(program, AS_OF, lambda found: found)(record, decisions, mask)

    assert unknown.missing == tuple(result.missing)
    assert unknown.due == result.due
    assert dict(unknown.undetermined) == result.undetermined


def test_a_trace_is_made_once_for_records_that_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    program = fairlead.load("medical-travel/lead-scoring", as_of=AS_OF)
    run = program.runner(AS_OF)
    unknowns = Unknowns(program, AS_OF, told)
    traced: list[Any] = []
    trace = program.trace

    def counted(*given: Any) -> Trace:
        traced.append(given)
        return trace(*given)

    monkeypatch.setattr(program, "trace", counted)

    for number in range(500):
        budget = {"amount": str(1000 + number), "currency": "EUR"}
        record = program.check({"lead": {"id": f"L-{number}", "channel": "phone", "budget": budget}})
        decisions, _, mask = run(record)
        unknowns(record, decisions, mask)

    assert len(traced) == 1
