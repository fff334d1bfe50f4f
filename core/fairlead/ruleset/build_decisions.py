"""From the parts of a document to typed decisions."""

from __future__ import annotations

from typing import Any

from fairlead.facts.currencies import minor_units
from fairlead.facts.types import BOOLEAN, MAX_DIGITS, IntegerType, MoneyType, Type
from fairlead.logic.conversion import narrowed, widen
from fairlead.logic.scope import Scope
from fairlead.problems import nearest_name
from fairlead.ruleset.build_scorecard import build_scorecard
from fairlead.ruleset.build_table import build_table, table_type
from fairlead.ruleset.decisions import (
    CheckPart,
    DecisionPart,
    FormulaPart,
    RewardPart,
    ScorecardPart,
    TablePart,
)
from fairlead.ruleset.reading import Reading, reason_of
from fairlead.ruleset.typed import Benefit, Cap, Check, Decision, Formula, Reason, Reward

__all__ = ["build_decision", "declared_type"]


def declared_type(part: DecisionPart) -> Type:
    """Return the type a decision states or implies, before its expressions are read."""
    match part:
        case CheckPart():
            return BOOLEAN
        case RewardPart():
            return _reward_type(part)
        case ScorecardPart():
            return IntegerType()
        case TablePart():
            return table_type(part)
        case FormulaPart():
            return part.result.to_type()


def _reward_type(part: RewardPart) -> MoneyType:
    return MoneyType(part.currency, MAX_DIGITS, minor_units(part.currency) or 0)


def build_decision(
    reading: Reading, part: DecisionPart, scope: Scope, strict: bool, pointer: str
) -> Decision | None:
    """Return the typed decision, or None where something is wrong with it."""
    common = {
        "name": part.name,
        "title": part.title,
        "description": part.description if part.description is not None else {"en": ""},
        "strict": strict,
        "pointer": pointer,
    }
    match part:
        case ScorecardPart():
            return build_scorecard(reading, part, scope, pointer, common)
        case TablePart():
            return build_table(reading, part, scope, pointer, common)
        case FormulaPart():
            return _formula(reading, part, scope, pointer, common)
        case CheckPart():
            return _check(reading, part, scope, pointer, common)
        case RewardPart():
            return _reward(reading, part, scope, pointer, common)


def _formula(
    reading: Reading, part: FormulaPart, scope: Scope, pointer: str, common: dict[str, Any]
) -> Formula | None:
    """Build a formula."""
    wanted = part.result.to_type()
    reading.unbounded(part.result, f"{pointer}/result")
    value = reading.output(part.value, scope, f"{pointer}/value", part.result, wanted)
    if value is None:
        return None
    type_ = narrowed(wanted, value.type)
    return Formula(**common, type=type_, value=widen(value, type_))


def _check(
    reading: Reading, part: CheckPart, scope: Scope, pointer: str, common: dict[str, Any]
) -> Check | None:
    """Build a check."""
    requirement = reading.condition(part.requirement, scope, f"{pointer}/requirement")
    if requirement is None:
        return None
    return Check(
        **common,
        type=BOOLEAN,
        requirement=requirement,
        severity=part.severity,
        citation=part.citation,
        reason=Reason(part.reason.code, part.reason.text),
    )


def _reward(
    reading: Reading, part: RewardPart, scope: Scope, pointer: str, common: dict[str, Any]
) -> Reward | None:
    """Build a reward."""
    before = len(reading.problems)
    money = _reward_type(part)
    entity = reading.model.entities[part.name.split(".", 1)[0]]
    if part.payee not in entity.links:
        reading.refuse(
            f"{pointer}/payee",
            "unknown-link",
            f"`{part.payee}` is not a link of {entity.name}",
            found=part.payee,
            allowed=tuple(entity.links),
            nearest=nearest_name(part.payee, entity.links),
        )
    facts = reading.model.visible(entity.name)
    for index, name in enumerate(part.work):
        if name not in facts:
            reading.refuse(
                f"{pointer}/work/{index}",
                "unknown-fact",
                f"`{name}` is not a fact that {entity.name} can read",
                found=name,
                allowed=tuple(facts),
                nearest=nearest_name(name, facts),
            )
    amount = reading.expression(part.amount, scope, f"{pointer}/amount", money)
    accrues, payable, reversed_ = (
        reading.condition(getattr(part, key), scope, f"{pointer}/{key}")
        for key in ("accrues_when", "payable_when", "reversed_when")
    )
    caps = []
    for index, cap in enumerate(part.caps):
        maximum = reading.expression(cap.maximum, scope, f"{pointer}/caps/{index}/maximum", money)
        window = cap.window.model_dump() if cap.window is not None else None
        if maximum is not None:
            caps.append(Cap(cap.id, cap.per, window, maximum))
    if len(reading.problems) > before or not (amount and accrues and payable and reversed_):
        return None
    return Reward(
        **common,
        type=amount.type,
        payee=part.payee,
        amount=amount,
        accrues_when=accrues,
        payable_when=payable,
        reversed_when=reversed_,
        caps=tuple(caps),
        work=tuple(part.work),
        reason=reason_of(part.reason),
        re_rates=part.re_rates,
        benefit=_benefit(part),
    )


def _benefit(part: RewardPart) -> Benefit:
    stated = part.benefit
    return Benefit(stated.kind, stated.expires_after_months) if stated is not None else Benefit()
