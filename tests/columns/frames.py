"""Checked records as the facts that a plan reads, and results of tables as the row engine would give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl
from tests.strategies import RATES

from fairlead.columns.backends import names_of, run_plan
from fairlead.columns.evaluation import decoded, further_columns
from fairlead.columns.intake import Taken, internal_dtype, part_of
from fairlead.columns.plan import AS_OF, AS_OF_DATE, Plan, make_plan
from fairlead.columns.values import shape_of
from fairlead.engine import Program
from fairlead.engine.results import RewardResult
from fairlead.facts.types import BOOLEAN
from fairlead.facts.values import Money
from fairlead.ruleset.typed import Reward, Ruleset

Record = Mapping[str, Mapping[str, Any]]


def taken_of(plan: Plan, records: Sequence[Record], moments: Sequence[datetime] = ()) -> Taken:
    """Return the facts of checked records, a row for each, with the moments of those that have their own."""
    own: dict[str, list[Any]] = {AS_OF: list(moments), AS_OF_DATE: [moment.date() for moment in moments]}
    names = names_of(plan)
    # a plan may read no fact at all, and a frame without columns has no rows
    series = [pl.Series("#row", range(len(records)), dtype=pl.Int64)]
    longest: dict[str, int] = {}
    for name, type_ in {**plan.facts, **{f"{entity}.": BOOLEAN for entity in plan.present}}.items():
        key, _, short = name.partition(".")
        values = [record.get(key, {}).get(short) if short else key in record for record in records]
        values = own.get(name, values)
        for place, shape in enumerate(shape_of(type_)):
            parts = [part_of(type_, value, place) for value in values]
            series.append(pl.Series(names[name, shape.part], parts, dtype=internal_dtype(shape)))
            if any(isinstance(part, list) for part in parts):
                longest[name] = max(len(part) for part in parts if part is not None)
    return Taken(pl.DataFrame(series), longest=longest)


def evaluated(
    engine: str, plan: Plan, records: Sequence[Record], moments: Sequence[datetime] = ()
) -> list[dict[str, Any]]:
    """Return the results of records, with the names of reasons, and the causes of what is unknown."""
    further = further_columns(plan, "names", "causes")
    frame = run_plan(engine, plan, taken_of(plan, records, moments), plan.outputs, further)
    return decoded(frame, plan, "names", "causes").to_dicts()


def plain(value: Any) -> Any:
    """Return a value with money as a pair; the digits after the point of an amount are no part of it."""
    match value:
        case Money(amount=amount, currency=currency) | {"amount": amount, "currency": currency}:
            return amount.normalize(), currency
        case list():
            return [plain(item) for item in value]
    return value


def wanted(ruleset: Ruleset, program: Program, record: Record, as_of: datetime) -> dict[str, Any]:
    """Return what the row engine says, in the columns of a table."""
    result = program.evaluate_checked(record, as_of, RATES)
    row: dict[str, Any] = {}
    for decision in ruleset.decisions:
        value = result.decisions.get(decision.name)
        if isinstance(decision, Reward):
            assert value is None or isinstance(value, RewardResult)
            row[decision.name] = plain(value.amount) if value is not None else None
            for member in ("payee", "accrues", "payable", "reversed"):
                row[f"{decision.name}.{member}"] = getattr(value, member) if value is not None else None
        else:
            row[decision.name] = plain(value)
    row["reasons"] = result.reasons
    row["undetermined"] = sorted(result.undetermined)
    for name, rows in (("conflicts", result.conflicts), ("unknown_rows", result.unknown_rows)):
        row[name] = sorted(f"{decision}/{row_id}" for decision, ids in rows.items() for row_id in ids)
    row["causes"] = [
        {"decision": name, "kind": cause.kind, "subject": cause.subject}
        for name, causes in result.undetermined.items()
        for cause in causes
    ]
    row["missing"] = result.missing
    return row


def found(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of results in the same form."""
    unordered = ("undetermined", "conflicts", "unknown_rows")
    return {name: sorted(value) if name in unordered else plain(value) for name, value in row.items()}


def assert_agreement(
    engine: str, ruleset: Ruleset, records: Sequence[Record], as_of: datetime | Sequence[datetime]
) -> None:
    """Check that an engine for tables gives what the row engine gives for each record.

    `as_of` is one moment, or one for each record.
    """
    program = Program(ruleset)
    if isinstance(as_of, datetime):
        plan = make_plan(ruleset, as_of, as_of.astimezone(UTC).date(), entities=None, rates=RATES)
        moments, rows = [as_of] * len(records), evaluated(engine, plan, records)
    else:
        plan = make_plan(ruleset, None, None, entities=None, rates=RATES)
        moments, rows = list(as_of), evaluated(engine, plan, records, as_of)
    assert len(rows) == len(records)
    for record, row, moment in zip(records, rows, moments, strict=True):
        expected, given = wanted(ruleset, program, record, moment), found(row)
        assert given == expected, record
        # true is 1 and 1.0 is 1 to Python, but not to who reads the column
        assert {name: type(value) for name, value in given.items()} == {
            name: type(value) for name, value in expected.items()
        }
        scales = {name: value.as_tuple().exponent for name, value in row.items() if type(value) is Decimal}
        assert scales == {
            name: value.as_tuple().exponent for name, value in expected.items() if type(value) is Decimal
        }
