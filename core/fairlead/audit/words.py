"""Cases in business words, from the fact model's own titles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from fairlead.engine.results import RewardResult
from fairlead.facts.model import FactModel
from fairlead.facts.values import Money
from fairlead.logic.terms import Term
from fairlead.logic.to_english import to_english
from fairlead.ruleset.typed import Parameter, Ruleset

__all__ = [
    "case_words",
    "condition_words",
    "joined",
    "reward_words",
    "sentence_case",
    "title_of",
    "value_words",
]

Texts = Mapping[str, str]

#: a date-time as JSON has it
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z")


def title_of(model: FactModel, name: str) -> Texts:
    """Return the title of a fact by its name in a record, or of the record of a key."""
    key, _, short = name.partition(".")
    entity = model.entities[model.record_keys()[key]]
    if not short:
        return entity.title
    fact = entity.get(short)
    assert fact is not None
    return fact.title


def value_words(value: Any) -> str:
    """Return a JSON value, or a value that the engine gave, as a person writes it."""
    match value:
        case None:
            return "not known"
        case True:
            return "yes"
        case False:
            return "no"
        case int():
            return f"{value:,}"
        case Money(amount=amount, currency=currency):
            return f"{_amount(amount)} {currency}"
        case {"amount": str(amount), "currency": str(currency)}:
            return f"{_amount(Decimal(amount))} {currency}"
        case Decimal():
            return _amount(value)
        case list() | tuple():
            return joined([value_words(item) for item in value]) or "none"
        case datetime():
            return _moment(value)
        case str() if _INSTANT.fullmatch(value):
            return _moment(datetime.fromisoformat(value))
        case str():
            return value.replace("_", " ") if value.isascii() and value.islower() else value
    return str(value)


def _moment(value: datetime) -> str:
    utc = value.astimezone(UTC)
    if utc.microsecond:
        return f"{utc:%Y-%m-%d %H:%M:%S.%f} UTC"
    return f"{utc:%Y-%m-%d %H:%M:%S} UTC" if utc.second else f"{utc:%Y-%m-%d %H:%M} UTC"


def _amount(amount: Decimal) -> str:
    whole = amount == amount.to_integral_value()
    return f"{amount:,.0f}" if whole else f"{amount:,}"


def reward_words(reward: RewardResult | None, name: str = "reward") -> str:
    """Return what a reward gives."""
    if reward is None:
        return f"{name} undetermined"
    if not reward.accrues:
        return f"no {name}"
    states = []
    if reward.payable is not True:
        states.append("not payable" if reward.payable is False else "payable or not is unknown")
    if reward.reversed is True:
        states.append("taken back")
    return f"{name} {value_words(reward.amount)}" + (f" ({', '.join(states)})" if states else "")


def case_words(model: FactModel, facts: Iterable[tuple[str, Any]], language: str = "en") -> str:
    """Return facts and their values, `title: value`, one after the other."""
    parts = []
    for name, value in facts:
        title = title_of(model, name)
        text = title.get(language) or title["en"]
        if "." not in name:
            parts.append(f"{text} {'on record' if value else 'not on record'}")
        else:
            parts.append(f"{text}: {value_words(value)}")
    return ", ".join(parts)


def sentence_case(text: str) -> str:
    """Return a text that begins with a capital."""
    return text[:1].upper() + text[1:]


def condition_words(ruleset: Ruleset, term: Term, figures: Mapping[str, Parameter]) -> str:
    """Return a condition of a policy pack in English, with the titles of facts and figures."""

    def words(name: str) -> str:
        if name.startswith("parameters."):
            return figures[name.partition(".")[2]].title["en"]
        return title_of(ruleset.model, name)["en"]

    return to_english(term, words)


def joined(items: list[str]) -> str:
    """Return items as an enumeration in a sentence."""
    if len(items) <= 1:
        return "".join(items)
    return ", ".join(items[:-1]) + f" and {items[-1]}"
