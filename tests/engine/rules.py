"""Short ways to write decisions and to run them, for the tests of this folder."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from tests.strategies import TITLE, ruleset

from fairlead.engine import Program, Result
from fairlead.facts.types import BOOLEAN, DATE, TEXT, DecimalType, IntegerType, MoneyType, Type
from fairlead.logic import factory
from fairlead.logic.terms import Literal, Term, Variable
from fairlead.ruleset.typed import (
    Check,
    Decision,
    Formula,
    Group,
    Reason,
    Reward,
    Scorecard,
    ScoreRow,
    Table,
    TableRow,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

RECORDS = Variable(BOOLEAN, "lead.records", "fact")
DATES = Variable(BOOLEAN, "lead.dates", "fact")
CHANNEL = Variable(TEXT, "lead.channel", "fact")
PAGES = Variable(IntegerType(0, 1000), "lead.pages", "fact")
SINCE = Variable(DATE, "lead.since", "fact")
BUDGET = Variable(MoneyType(None, 18, 2), "lead.budget", "fact")
FEE = Variable(MoneyType("USD", 18, 2), "lead.fee", "fact")
RATE = Variable(DecimalType(5, 2), "lead.rate", "fact")
LIMIT = Variable(IntegerType(), "parameters.limit", "parameter")
LATER = Variable(DATE, "parameters.later", "parameter")


def whole(number: int) -> Literal:
    return factory.literal(number)


def text(value: str) -> Literal:
    return Literal(TEXT, value)


def apply(operator: str, *operands: Term, **settings: Any) -> Term:
    return factory.apply(operator, operands, settings)


def read(decision: Decision) -> Variable:
    return Variable(decision.type, decision.name, "decision")


def common(name: str, type_: Type, strict: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "type": type_,
        "title": {"en": name},
        "description": TITLE,
        "strict": strict,
        "pointer": "",
    }


def reason(code: str | None) -> Reason | None:
    return Reason(code, {"en": f"because of {code}", "de": f"wegen {code}"}) if code is not None else None


def score_row(id_: str, when: Term, points: int | Term, group: str | None = None) -> ScoreRow:
    term = whole(points) if isinstance(points, int) else points
    return ScoreRow(id_, when, term, group, Reason(f"because_{id_}", {"en": f"because of {id_}"}), "")


def scorecard(
    *rows: ScoreRow,
    name: str = "lead.score",
    strict: bool = False,
    initial: int = 0,
    minimum: int | None = None,
    maximum: int | None = None,
    groups: tuple[Group, ...] = (),
    type_: Type | None = None,
) -> Scorecard:
    return Scorecard(
        **common(name, type_ or IntegerType(), strict),
        initial=initial,
        minimum=minimum,
        maximum=maximum,
        groups=groups,
        rows=rows,
    )


def row(id_: str, when: Term, then: Term | None = None, code: str | None = None) -> TableRow:
    return TableRow(id_, when, then, reason(code), "")


def table(
    policy: str,
    *rows: TableRow,
    name: str = "lead.band",
    type_: Type = TEXT,
    aggregate: str | None = None,
    otherwise: Term | None = None,
    strict: bool = False,
) -> Table:
    return Table(
        **common(name, type_, strict),
        hit_policy=policy,
        aggregate=aggregate,
        rows=rows,
        otherwise=otherwise,
        otherwise_reason=reason("otherwise") if otherwise is not None else None,
    )


def formula(value: Term, name: str = "lead.value") -> Formula:
    return Formula(**common(name, value.type), value=value)


def check(requirement: Term, name: str = "lead.ok") -> Check:
    return Check(
        **common(name, BOOLEAN),
        requirement=requirement,
        severity="error",
        citation=None,
        reason=Reason("not_ok", {"en": "it is not ok"}),
    )


def reward(
    amount: Term,
    accrues: Term,
    payable: Term | None = None,
    reversed_: Term | None = None,
    code: str | None = None,
) -> Reward:
    return Reward(
        **common("lead.reward", amount.type, strict=True),
        payee="partner",
        amount=amount,
        accrues_when=accrues,
        payable_when=payable or factory.literal(True),
        reversed_when=reversed_ or factory.literal(False),
        caps=(),
        work=(),
        reason=reason(code),
    )


def decide(
    *decisions: Decision,
    order: list[str] | None = None,
    partner: dict[str, Any] | None = None,
    as_of: date = NOON,
    rates: Any = None,
    **facts: Any,
) -> Result:
    """Decide a lead with these facts (internal values)."""
    record: dict[str, Any] = {"lead": facts}
    if partner is not None:
        record["partner"] = partner
    return Program(ruleset(list(decisions), order)).evaluate_checked(record, as_of, rates)


def value_of(term: Term, **facts: Any) -> Any:
    """Return the public value of a term, or the causes of its being unknown."""
    result = decide(formula(term), rates=facts.pop("rates", None), **facts)
    if result.decisions["lead.value"] is None:
        return {str(cause) for cause in result.undetermined["lead.value"]}
    return result.decisions["lead.value"]
