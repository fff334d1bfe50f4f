"""The operators of the language: one table that the reader, the printer, the docs and the schema share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.logic import typing_rules as rules
from fairlead.logic.terms import Term

__all__ = ["ALIASES", "LEFT_OUT", "OPERATORS", "Operator"]


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator: how it is written, typed and said.

    `most` None means any number of operands. `options` names the members of the last, literal operand
    that states its settings. `english` is the sentence form (`{0}`, `{1}`, … or `{all}` joined by `joint`).
    `unknown` says when the result is unknown.
    """

    name: str
    least: int
    most: int | None
    rule: Callable[[str, Sequence[Term], Mapping[str, Any]], Term]
    summary: str
    english: str
    unknown: str
    example: Any
    joint: str = ", "
    options: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


_ANY = "where any operand is"
_DIVIDES = "where any operand is, or by zero"
_CURRENCY = "where any operand is, or the currencies differ"

_LEAD_AGE = [{"var": "lead.created_on"}, {"var": "as_of_date"}]

_TABLE = (
    Operator(
        "and",
        1,
        None,
        rules.boolean,
        "True where all operands are true, false where any is false.",
        "{all}",
        "where no operand is false and any is unknown",
        {"and": [{"var": "lead.submitted_medical_records"}, {"var": "lead.asked_for_specific_dates"}]},
        joint=" and ",
    ),
    Operator(
        "or",
        1,
        None,
        rules.boolean,
        "True where any operand is true, false where all are false.",
        "{all}",
        "where no operand is true and any is unknown",
        {"or": [{"var": "lead.submitted_medical_records"}, {"var": "lead.asked_for_specific_dates"}]},
        joint=" or ",
    ),
    Operator(
        "!",
        1,
        1,
        rules.boolean,
        "True where the operand is false.",
        "it is not so that {0}",
        "where the operand is",
        {"!": [{"var": "lead.asked_for_specific_dates"}]},
    ),
    Operator(
        "if",
        1,
        None,
        rules.branch,
        "Condition, value, condition, value, …, and perhaps a last value for otherwise: the value after the "
        "first condition that is true.",
        "",
        "where a condition that is reached is, where the chosen value is, or where nothing is chosen",
        {"if": [{"var": "lead.submitted_medical_records"}, "warm", "cold"]},
        aliases=("?:",),
    ),
    Operator(
        "==",
        2,
        2,
        rules.equality,
        "True where both are the same value of one type.",
        "{0} is {1}",
        _CURRENCY,
        {"==": [{"var": "lead.channel"}, "phone"]},
        aliases=("===",),
    ),
    Operator(
        "!=",
        2,
        2,
        rules.equality,
        "True where the two differ.",
        "{0} is not {1}",
        _CURRENCY,
        {"!=": [{"var": "lead.channel"}, "web_form"]},
        aliases=("!==",),
    ),
    Operator(
        "<",
        2,
        3,
        rules.order,
        "True where the first is smaller or earlier; three operands make a chain.",
        "{0} is less than {1}",
        _CURRENCY,
        {"<": [{"var": "lead.pages_read"}, 5]},
    ),
    Operator(
        "<=",
        2,
        3,
        rules.order,
        "True where the first is smaller, earlier or equal; three make a chain.",
        "{0} is at most {1}",
        _CURRENCY,
        {"<=": [1, {"var": "lead.pages_read"}, 5]},
    ),
    Operator(
        ">",
        2,
        3,
        rules.order,
        "True where the first is larger or later; three operands make a chain.",
        "{0} is more than {1}",
        _CURRENCY,
        {">": [{"var": "lead.pages_read"}, 5]},
    ),
    Operator(
        ">=",
        2,
        3,
        rules.order,
        "True where the first is larger, later or equal; three make a chain.",
        "{0} is at least {1}",
        _CURRENCY,
        {">=": [{"var": "lead.pages_read"}, 5]},
    ),
    Operator(
        "in",
        2,
        2,
        rules.member,
        "True where the value is in the list; with two texts, where the first stands inside the second.",
        "{0} is one of {1}",
        _CURRENCY,
        {"in": [{"var": "lead.channel"}, ["whatsapp", "phone"]]},
    ),
    Operator(
        "+",
        1,
        None,
        rules.addition,
        "The sum of numbers, or of money in one currency.",
        "{all}",
        "where any operand is, or outside 64 bits",
        {"+": [{"var": "lead.pages_read"}, 1]},
        joint=" plus ",
    ),
    Operator(
        "-",
        1,
        2,
        rules.subtraction,
        "The first less the second; with one operand its negative.",
        "{0} minus {1}",
        "where any operand is, or outside 64 bits",
        {"-": [{"var": "lead.pages_read"}, 1]},
    ),
    Operator(
        "*",
        1,
        None,
        rules.product,
        "The exact product; the digits after the point add up and nothing is rounded.",
        "{all}",
        "where any operand is, or outside 64 bits",
        {"*": [{"var": "lead.pages_read"}, {"decimal": "0.05"}]},
        joint=" times ",
    ),
    Operator(
        "/",
        2,
        2,
        rules.division,
        "The exact quotient, rounded once to the scale and by the mode that the last operand names.",
        "{0} divided by {1}, rounded to {scale} ({rounding})",
        _DIVIDES,
        {"/": [{"var": "lead.pages_read"}, 3, {"scale": 2, "rounding": "half_even"}]},
        options=("scale", "rounding"),
    ),
    Operator(
        "%",
        2,
        2,
        rules.remainder,
        "What is left after a division that truncates; it has the sign of the first operand.",
        "the remainder of {0} divided by {1}",
        _DIVIDES,
        {"%": [{"var": "lead.pages_read"}, 2]},
    ),
    Operator(
        "min",
        1,
        None,
        rules.extreme,
        "The smallest or earliest.",
        "the smallest of {all}",
        _ANY,
        {"min": [{"var": "lead.pages_read"}, 10]},
    ),
    Operator(
        "max",
        1,
        None,
        rules.extreme,
        "The largest or latest.",
        "the largest of {all}",
        _ANY,
        {"max": [{"var": "lead.pages_read"}, 1]},
    ),
    Operator(
        "round",
        1,
        1,
        rules.rounding,
        "The value with fewer digits after the point; a plain number rounded to none becomes an integer.",
        "{0} rounded to {scale} ({rounding})",
        _ANY,
        {
            "round": [
                {"*": [{"var": "lead.pages_read"}, {"decimal": "0.125"}]},
                {"scale": 2, "rounding": "half_up"},
            ]
        },
        options=("scale", "rounding"),
    ),
    Operator(
        "cat",
        1,
        None,
        rules.concatenation,
        "The texts, one after the other.",
        "{all}",
        _ANY,
        {"cat": ["TA-", {"var": "lead.language"}]},
        joint=" followed by ",
    ),
    Operator(
        "substr",
        2,
        3,
        rules.substring,
        "Part of a text: start, and perhaps length, in characters; negative numbers count from the end.",
        "part of {0}",
        "where any operand is, or where nothing is left of the text",
        {"substr": [{"var": "lead.language"}, 0, 2]},
    ),
    Operator(
        "absent",
        1,
        1,
        rules.absence,
        "True where the named fact is absent, or the named decision undetermined. Always known.",
        "{0} is not known",
        "never",
        {"absent": "lead.budget"},
    ),
    Operator(
        "days_between",
        2,
        2,
        rules.days,
        "Whole days from the first date to the second.",
        "the number of days from {0} to {1}",
        _ANY,
        {"days_between": _LEAD_AGE},
    ),
    Operator(
        "hours_between",
        2,
        2,
        rules.elapsed,
        "Whole hours from the first instant to the second, rounded down.",
        "the number of hours from {0} to {1}",
        _ANY,
        {"hours_between": [{"var": "lead.created_at"}, {"var": "as_of"}]},
    ),
    Operator(
        "minutes_between",
        2,
        2,
        rules.elapsed,
        "Whole minutes from the first instant to the second, rounded down.",
        "the number of minutes from {0} to {1}",
        _ANY,
        {"minutes_between": [{"var": "lead.created_at"}, {"var": "as_of"}]},
    ),
    Operator(
        "seconds_between",
        2,
        2,
        rules.elapsed,
        "Whole seconds from the first instant to the second, rounded down.",
        "the number of seconds from {0} to {1}",
        _ANY,
        {"seconds_between": [{"var": "lead.created_at"}, {"var": "as_of"}]},
    ),
    Operator(
        "add_days",
        2,
        2,
        rules.shift,
        "The date that many days later; a negative number goes back.",
        "as many days after {0} as {1}",
        "where any operand is, or outside the years 1 to 9999",
        {"add_days": [{"var": "lead.created_on"}, 30]},
    ),
    Operator(
        "add_hours",
        2,
        2,
        rules.later_instant,
        "The instant that many hours later; a negative number goes back.",
        "as many hours after {0} as {1}",
        "where any operand is, or outside the years 1 to 9999",
        {"add_hours": [{"var": "lead.created_at"}, 24]},
    ),
    Operator(
        "add_months",
        2,
        2,
        rules.shift,
        "The date that many months later; a day that the month lacks becomes its last.",
        "as many months after {0} as {1}",
        "where any operand is, or outside the years 1 to 9999",
        {"add_months": [{"var": "lead.created_on"}, 12]},
    ),
    Operator(
        "convert",
        2,
        2,
        rules.conversion,
        "Money in another currency at the rate in force on a date, rounded to that currency's smallest unit.",
        "{0} in {currency} at the rate of {1} ({rounding})",
        "where any operand is, or no rate is known",
        {
            "convert": [
                {"var": "lead.budget"},
                {"var": "as_of_date"},
                {"currency": "EUR", "rounding": "half_even"},
            ]
        },
        options=("currency", "rounding"),
    ),
)

#: operators by name, in the order of the language reference
OPERATORS: Mapping[str, Operator] = {operator.name: operator for operator in _TABLE}

#: another spelling -> the operator's name
ALIASES: Mapping[str, str] = {alias: op.name for op in _TABLE for alias in op.aliases}

#: JSONLogic operators that the profile leaves out, with the reason a user reads
LEFT_OUT: Mapping[str, str] = {
    "reduce": "a fold over a list has no bound that can be proved; declare an aggregate (count, sum, exists, "
    "earliest, latest) in the fact model",
    "filter": "a list is only asked, never built: use `all`, `some` or `none`, or an aggregate with a filter",
    "map": "a list is only asked, never built: use `all`, `some` or `none`, or an aggregate",
    "merge": "a list is only asked, never built: write the items as one list, or use `or`",
    "!!": "nothing but true counts as true: compare, or ask whether a fact is `absent`",
    "log": "a rule has no side effects",
    "method": "a rule calls no code",
}
