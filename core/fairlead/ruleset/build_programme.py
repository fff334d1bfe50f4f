"""From the parts by which rewards are attributed and settled to their typed form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairlead.facts.types import MoneyType
from fairlead.logic.from_jsonlogic import read_expression
from fairlead.logic.scope import Scope
from fairlead.logic.terms import Literal, Term, Variable
from fairlead.problems import Problem
from fairlead.ruleset.decisions import RewardPart
from fairlead.ruleset.document import RulesetBody
from fairlead.ruleset.names import PARAMETERS, settings_of
from fairlead.ruleset.programme_parts import AttributionPart
from fairlead.ruleset.typed import Attribution, Parameter, Settlement

__all__ = ["build_attribution", "build_settlement"]


def build_attribution(part: AttributionPart | None) -> Attribution | None:
    """Return the typed attribution, or None where a ruleset states none."""
    if part is None:
        return None
    return Attribution(
        by=tuple(part.by),
        url_parameter=part.url_parameter,
        window_days=part.window_days,
        touch=part.touch,
        ties=part.ties,
        late_code_days=part.late_code_days,
        holds=tuple(part.holds),
    )


def build_settlement(
    body: RulesetBody, parameters: Mapping[str, Parameter], problems: list[Problem]
) -> Settlement | None:
    """Return the typed settlement, or None where a ruleset states none or something is wrong with it.

    What is wrong is added to `problems`: an amount must be in a currency of the ruleset's rewards, and is
    never below 0.
    """
    part = body.settlement
    if part is None:
        return None
    currencies = list(dict.fromkeys(each.currency for each in body.decisions if isinstance(each, RewardPart)))
    before = len(problems)
    amounts: dict[str, Term | None] = {}
    for key in ("minimum_payout", "reportable_from"):
        raw = getattr(part, key)
        pointer = f"/settlement/{key}"
        amounts[key] = None
        if raw is not None:
            term = read_expression(raw, Scope.of(settings_of(parameters)), pointer, problems)
            amounts[key] = term
            if term is not None:
                problems.extend(_amount_problems(term, currencies, parameters, pointer))
    if len(problems) > before:
        return None
    return Settlement(
        period=part.period, dispute_days=part.dispute_days, tax_form_needed=part.tax_form_needed, **amounts
    )


def _amount_problems(
    term: Term, currencies: Sequence[str], parameters: Mapping[str, Parameter], pointer: str
) -> list[Problem]:
    found = str(term.type)
    if not isinstance(term.type, MoneyType):
        remedy = 'name a parameter of the type `money`, or write {"money": ["100.00", "USD"]}'
        return [
            Problem(
                "wrong-type", f"an amount is expected, found {found}", pointer, found=found, remedy=remedy
            )
        ]
    if term.type.currency not in currencies:
        return [
            Problem(
                "wrong-currency",
                f"this is {found}, the rewards are in {', '.join(currencies)}",
                pointer,
                found=term.type.currency or found,
                allowed=tuple(currencies),
                remedy="state it in the currency of the rewards that are paid out",
            )
        ]
    values = []
    if isinstance(term, Literal):
        values = [term.value]
    elif isinstance(term, Variable):
        values = [value for _, value in parameters[term.name.removeprefix(PARAMETERS)].values]
    if any(value < 0 for value in values):
        return [Problem("value-out-of-range", "this amount is below 0", pointer)]
    return []
