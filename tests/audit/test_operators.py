"""Each operator as a formula: it admits exactly the value that was worked by hand, and no other."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace
from typing import Any, cast

import pytest
import z3
from tests.audit.test_encoding import fixed, state

from fairlead.audit.encoding import Facts, Space, Value
from fairlead.audit.encoding.conditions import negate
from fairlead.audit.encoding.terms import Terms
from fairlead.facts.model import Entity, Fact, FactModel
from fairlead.facts.types import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    TEXT,
    DecimalType,
    IntegerType,
    ListType,
    MoneyType,
    OneOfType,
    Type,
)
from fairlead.facts.values import internal_from_json
from fairlead.logic.from_jsonlogic import read_expression
from fairlead.logic.scope import Scope
from fairlead.logic.terms import Term, Variable
from fairlead.problems import Problem

TITLE = {"en": "title"}
USD, ANY = MoneyType("USD", 18, 2), MoneyType(None, 18, 4)
CHANNEL = OneOfType(("web", "phone", "mail"))
TYPES: dict[str, Type] = {
    "p": BOOLEAN,
    "q": BOOLEAN,
    "m": IntegerType(),
    "n": IntegerType(),
    "d": DecimalType(9, 2),
    "e": DecimalType(9, 3),
    "fee": USD,
    "cost": USD,
    "bill": ANY,
    "offer": ANY,
    "name": TEXT,
    "code": TEXT,
    "channel": CHANNEL,
    "day": DATE,
    "until": DATE,
    "at": DATE_TIME,
    "end": DATE_TIME,
    "ways": ListType(CHANNEL),
    "tags": ListType(TEXT),
}
ITEM = {"var": ""}
NAMES = [Variable(type_, f"lead.{name}", "fact") for name, type_ in TYPES.items()]


def V(name: str) -> dict[str, str]:  # noqa: N802 - short, for tables
    return {"var": f"lead.{name}"}


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def model() -> FactModel:
    facts = {
        name: Fact(f"lead.{name}", type_, None, None, TITLE, TITLE, (), None, (), True)
        for name, type_ in TYPES.items()
    }
    entities = {"lead": Entity("lead", TITLE, TITLE, {}, {}, facts, {})}
    return cast(FactModel, SimpleNamespace(entities=entities, get=lambda name: None))


def typed(expression: Any) -> Term:
    problems: list[Problem] = []
    term = read_expression(expression, Scope.of(NAMES), "", problems)
    assert not problems, problems
    assert term is not None
    return term


def holds(expression: Any, given: dict[str, Any], expected: Any) -> None:
    """Hold that with these facts, and no others, the expression is `expected` (None: unknown) alone."""
    term = typed(expression)
    space = Space()
    facts = Facts(space, model(), "lead", "x")
    value = Terms(space, lambda variable: facts.read(variable.name)).value(term)
    said = state(
        space, value, term.type, None if expected is None else internal_from_json(term.type, expected)
    )
    record = {"lead": {name: internal_from_json(TYPES[name], each) for name, each in given.items()}}
    solver = z3.Solver()
    solver.add(*fixed(space, facts, record), *space.definitions)
    assert solver.check(said) == z3.sat, "the value worked by hand is refused"
    assert solver.check(negate(said)) == z3.unsat, "another value is admitted"


MODES = ("half_even", "half_up", "half_down", "up", "down", "floor", "ceiling")
#: what each mode makes of a number, in the order of the modes
ROUNDED = {
    "2.50": (2, 3, 2, 3, 2, 2, 3),
    "3.50": (4, 4, 3, 4, 3, 3, 4),
    "-2.50": (-2, -3, -2, -3, -2, -3, -2),
    "-3.50": (-4, -4, -3, -4, -3, -4, -3),
    "2.51": (3, 3, 3, 3, 2, 2, 3),
    "2.49": (2, 2, 2, 3, 2, 2, 3),
    "-2.51": (-3, -3, -3, -3, -2, -3, -2),
    "-2.49": (-2, -2, -2, -3, -2, -3, -2),
    "0.50": (0, 1, 0, 1, 0, 0, 1),
    "-0.50": (0, -1, 0, -1, 0, -1, 0),
    "7.00": (7, 7, 7, 7, 7, 7, 7),
    "-7.00": (-7, -7, -7, -7, -7, -7, -7),
}


@pytest.mark.parametrize("number", ROUNDED)
def test_round(number: str) -> None:
    for mode, expected in zip(MODES, ROUNDED[number], strict=True):
        holds({"round": [V("d"), {"scale": 0, "rounding": mode}]}, {"d": number}, expected)


#: top, bottom, and the quotient to one digit in each mode
QUOTIENTS = [
    (1, 8, ("0.1", "0.1", "0.1", "0.2", "0.1", "0.1", "0.2")),
    (1, 4, ("0.2", "0.3", "0.2", "0.3", "0.2", "0.2", "0.3")),
    (3, 4, ("0.8", "0.8", "0.7", "0.8", "0.7", "0.7", "0.8")),
    (-1, 4, ("-0.2", "-0.3", "-0.2", "-0.3", "-0.2", "-0.3", "-0.2")),
    (1, -4, ("-0.2", "-0.3", "-0.2", "-0.3", "-0.2", "-0.3", "-0.2")),
    (-3, -4, ("0.8", "0.8", "0.7", "0.8", "0.7", "0.7", "0.8")),
    (6, 3, ("2.0",) * 7),
    (0, -3, ("0.0",) * 7),
    (5, 0, (None,) * 7),
]


@pytest.mark.parametrize(("top", "bottom", "expected"), QUOTIENTS)
def test_quotient(top: int, bottom: int, expected: tuple[str | None, ...]) -> None:
    for mode, each in zip(MODES, expected, strict=True):
        settings = {"scale": 1, "rounding": mode}
        holds({"/": [V("m"), V("n"), settings]}, {"m": top, "n": bottom}, each)


@pytest.mark.parametrize(
    ("top", "bottom", "left"), [(7, 3, 1), (-7, 3, -1), (7, -3, 1), (-7, -3, -1), (6, 3, 0), (7, 0, None)]
)
def test_remainder_has_the_sign_of_the_dividend(top: int, bottom: int, left: int | None) -> None:
    holds({"%": [V("m"), V("n")]}, {"m": top, "n": bottom}, left)


#: true, false and unknown, and what Kleene makes of two of them
TRUTH = (True, False, None)
AND = {(True, True): True, (True, None): None, (None, True): None, (None, None): None}
OR = {(False, False): False, (False, None): None, (None, False): None, (None, None): None}


@pytest.mark.parametrize(("one", "other"), list(product(TRUTH, TRUTH)))
def test_kleene(one: bool | None, other: bool | None) -> None:
    given = {name: value for name, value in (("p", one), ("q", other)) if value is not None}
    holds({"and": [V("p"), V("q")]}, given, AND.get((one, other), False))
    holds({"or": [V("p"), V("q")]}, given, OR.get((one, other), True))
    holds({"!": [V("p")]}, given, None if one is None else not one)
    equal = None if one is None or other is None else one == other
    holds({"==": [V("p"), V("q")]}, given, equal)
    holds({"!=": [V("p"), V("q")]}, given, None if equal is None else not equal)


BIG = 2**63 - 1
CASES: list[tuple[str, Any, dict[str, Any], Any]] = [
    ("if-true", {"if": [V("p"), 1, 2]}, {"p": True}, 1),
    ("if-false", {"if": [V("p"), 1, 2]}, {"p": False}, 2),
    ("if-unknown", {"if": [V("p"), 1, 1]}, {}, None),
    ("if-second", {"if": [V("p"), 1, V("q"), 2, 3]}, {"p": False, "q": True}, 2),
    ("if-first-of-an-unknown-second", {"if": [V("p"), 1, V("q"), 2, 3]}, {"p": True}, 1),
    ("if-no-branch", {"if": [V("p"), 1]}, {"p": False}, None),
    ("if-unknown-branch", {"if": [V("p"), V("m"), 2]}, {"p": True}, None),
    ("if-other-branch-unknown", {"if": [V("p"), V("m"), 2]}, {"p": False}, 2),
    ("plus", {"+": [V("m"), V("n"), 5]}, {"m": -3, "n": 10}, 12),
    ("plus-unknown", {"+": [V("m"), V("n")]}, {"m": 1}, None),
    ("plus-too-large", {"+": [V("m"), 1]}, {"m": BIG}, None),
    ("plus-scales", {"+": [V("d"), V("e")]}, {"d": "1.25", "e": "0.005"}, "1.255"),
    ("minus", {"-": [V("m"), V("n")]}, {"m": 3, "n": 10}, -7),
    ("minus-one", {"-": [V("m")]}, {"m": 3}, -3),
    ("minus-too-small", {"-": [V("m"), 2]}, {"m": -BIG}, None),
    ("times", {"*": [V("m"), V("n")]}, {"m": -3, "n": 10}, -30),
    ("times-scales", {"*": [V("d"), V("e")]}, {"d": "1.50", "e": "-0.005"}, "-0.00750"),
    ("times-money", {"*": [V("fee"), V("n")]}, {"fee": usd("2.50"), "n": 3}, usd("7.50")),
    ("times-too-large", {"*": [V("m"), 2]}, {"m": 2**62}, None),
    ("times-choice", {"*": [{"if": [V("p"), 3, 5]}, V("n")]}, {"p": False, "n": 7}, 35),
    (
        "divided-money",
        {"/": [V("fee"), V("n"), {"scale": 2, "rounding": "half_up"}]},
        {"fee": usd("10.00"), "n": 3},
        usd("3.33"),
    ),
    (
        "money-by-money",
        {"/": [V("fee"), V("cost"), {"scale": 3, "rounding": "half_even"}]},
        {"fee": usd("1.00"), "cost": usd("8.00")},
        "0.125",
    ),
    (
        "round-to-cents",
        {
            "round": [
                {"*": [V("fee"), {"decimal": "0.05"}]},
                {"scale": 2, "rounding": "half_up"},
            ]
        },
        {"fee": usd("0.10")},
        usd("0.01"),
    ),
    ("min", {"min": [V("m"), V("n"), 4]}, {"m": 7, "n": -2}, -2),
    ("min-last", {"min": [V("m"), V("n"), 4]}, {"m": 7, "n": 9}, 4),
    ("max", {"max": [V("m"), V("n"), 4]}, {"m": 7, "n": -2}, 7),
    ("max-unknown", {"max": [V("m"), V("n")]}, {"m": 7}, None),
    ("min-day", {"min": [V("day"), V("until")]}, {"day": "2026-11-22", "until": "2026-11-21"}, "2026-11-21"),
    ("less", {"<": [V("m"), V("n")]}, {"m": 2, "n": 3}, True),
    ("less-equal-numbers", {"<": [V("m"), V("n")]}, {"m": 3, "n": 3}, False),
    ("at-most", {"<=": [V("m"), V("n")]}, {"m": 3, "n": 3}, True),
    ("more", {">": [V("d"), V("e")]}, {"d": "0.01", "e": "0.009"}, True),
    ("at-least", {">=": [V("day"), V("until")]}, {"day": "2026-01-01", "until": "2026-01-02"}, False),
    ("between", {"<": [1, V("m"), 3]}, {"m": 3}, False),
    ("less-unknown", {"<": [V("m"), V("n")]}, {"m": 2}, None),
    ("equal-texts", {"==": [V("name"), V("code")]}, {"name": "a", "code": "a"}, True),
    ("unequal-texts", {"==": [V("name"), V("code")]}, {"name": "a", "code": "A"}, False),
    ("equal-choice", {"==": [V("channel"), "web"]}, {"channel": "phone"}, False),
    ("unequal-choice", {"!=": [V("channel"), "web"]}, {"channel": "phone"}, True),
    (
        "money-in-one-currency",
        {"<": [V("bill"), V("offer")]},
        {"bill": eur("1.00"), "offer": eur("1.01")},
        True,
    ),
    (
        "money-in-two-currencies",
        {"<": [V("bill"), V("offer")]},
        {"bill": usd("1.00"), "offer": eur("1.01")},
        None,
    ),
    (
        "unequal-money-in-two-currencies",
        {"!=": [V("bill"), V("offer")]},
        {"bill": usd("1.00"), "offer": eur("1.00")},
        None,
    ),
    (
        "equal-money",
        {"==": [V("bill"), V("offer")]},
        {"bill": usd("1.00"), "offer": usd("1.00")},
        True,
    ),
    (
        "money-beside-a-fixed-currency",
        {">=": [V("bill"), V("fee")]},
        {"bill": usd("2.00"), "fee": usd("2.00")},
        True,
    ),
    ("money-beside-another", {">=": [V("bill"), V("fee")]}, {"bill": eur("2.00"), "fee": usd("2.00")}, None),
    ("in-list", {"in": [V("m"), [1, 3, 5]]}, {"m": 3}, True),
    ("not-in-list", {"in": [V("m"), [1, 3, 5]]}, {"m": 4}, False),
    ("in-an-empty-list", {"in": [V("m"), []]}, {"m": 4}, False),
    ("in-list-unknown", {"in": [V("m"), [1, 3, 5]]}, {}, None),
    ("in-list-with-an-unknown", {"in": [1, [V("m"), 1]]}, {}, None),
    ("in-fact", {"in": ["web", V("ways")]}, {"ways": ["mail", "web"]}, True),
    ("not-in-fact", {"in": ["phone", V("ways")]}, {"ways": ["mail", "web"]}, False),
    ("in-absent-fact", {"in": ["phone", V("ways")]}, {}, None),
    ("in-free-list", {"in": ["b", V("tags")]}, {"tags": ["a", "b"]}, True),
    ("not-in-free-list", {"in": ["c", V("tags")]}, {"tags": ["a", "b"]}, False),
    ("text-in-text", {"in": ["ell", "hello"]}, {}, True),
    ("text-not-in-text", {"in": ["elo", "hello"]}, {}, False),
    ("absent", {"absent": "lead.m"}, {}, True),
    ("present", {"absent": "lead.m"}, {"m": 0}, False),
    ("fallback", {"var": ["lead.m", 7]}, {}, 7),
    ("no-fallback-needed", {"var": ["lead.m", 7]}, {"m": 0}, 0),
    ("missing", {"in": ["lead.m", {"missing": ["lead.m", "lead.n"]}]}, {"n": 1}, True),
    ("not-missing", {"in": ["lead.n", {"missing": ["lead.m", "lead.n"]}]}, {"n": 1}, False),
    (
        "missing-some-too-few",
        {"in": ["lead.m", {"missing_some": [2, ["lead.m", "lead.n", "lead.d"]]}]},
        {"n": 1},
        True,
    ),
    (
        "missing-some-enough",
        {"in": ["lead.m", {"missing_some": [2, ["lead.m", "lead.n", "lead.d"]]}]},
        {"n": 1, "d": "1.00"},
        False,
    ),
    ("all", {"all": [V("ways"), {"!=": [ITEM, "web"]}]}, {"ways": ["mail", "phone"]}, True),
    ("not-all", {"all": [V("ways"), {"!=": [ITEM, "web"]}]}, {"ways": ["mail", "web"]}, False),
    ("all-of-nothing", {"all": [V("ways"), {"!=": [ITEM, "web"]}]}, {"ways": []}, False),
    ("some", {"some": [V("ways"), {"==": [ITEM, "web"]}]}, {"ways": ["mail", "web"]}, True),
    ("some-of-nothing", {"some": [V("ways"), {"==": [ITEM, "web"]}]}, {"ways": []}, False),
    ("none", {"none": [V("ways"), {"==": [ITEM, "web"]}]}, {"ways": ["mail"]}, True),
    ("not-none", {"none": [V("ways"), {"==": [ITEM, "web"]}]}, {"ways": ["web"]}, False),
    ("some-unknown", {"some": [[1, 2], {"==": [ITEM, V("m")]}]}, {}, None),
    ("some-settled-by-one", {"some": [[1, 2], {"or": [{"==": [ITEM, 1]}, V("p")]}]}, {}, True),
    ("all-settled-by-one", {"all": [[1, 2], {"and": [{"==": [ITEM, 1]}, V("p")]}]}, {}, False),
    (
        "days-between",
        {"days_between": [V("day"), V("until")]},
        {"day": "2026-11-01", "until": "2026-11-22"},
        21,
    ),
    (
        "days-back",
        {"days_between": [V("day"), V("until")]},
        {"day": "2026-11-22", "until": "2026-11-01"},
        -21,
    ),
    (
        "days-across-a-leap-day",
        {"days_between": [V("day"), V("until")]},
        {"day": "2028-02-28", "until": "2028-03-01"},
        2,
    ),
    ("fallback-unknown", {"var": ["lead.m", V("n")]}, {}, None),
    ("at-most-unknown", {"<=": [V("m"), V("n")]}, {"n": 2}, None),
    ("more-unknown", {">": [V("m"), V("n")]}, {"n": 2}, None),
    ("min-unknown", {"min": [V("m"), V("n")]}, {"n": 7}, None),
    ("round-unknown", {"round": [V("d"), {"scale": 0, "rounding": "up"}]}, {}, None),
    ("widened-unknown", {"==": [V("d"), V("e")]}, {"e": "0.000"}, None),
    ("widened-sum-unknown", {"+": [V("m"), V("e")]}, {"e": "0.000"}, None),
    ("days-unknown", {"days_between": [V("day"), V("until")]}, {"day": "2026-11-22"}, None),
    ("hours-unknown", {"hours_between": [V("at"), V("end")]}, {"end": "2026-11-22T09:00:00Z"}, None),
    ("minutes-unknown", {"minutes_between": [V("at"), V("end")]}, {"at": "2026-11-22T09:00:00Z"}, None),
    ("seconds-unknown", {"seconds_between": [V("at"), V("end")]}, {"at": "2026-11-22T09:00:00Z"}, None),
    ("add-months-unknown", {"add_months": [V("day"), V("n")]}, {"day": "2026-11-22"}, None),
    ("joined-unknown", {"==": [{"cat": [V("name"), "-"]}, "a-"]}, {}, None),
    ("cut-unknown", {"==": [{"substr": [V("name"), 0, 1]}, "a"]}, {}, None),
    ("in-a-list-of-facts", {"in": [3, [V("m"), 1]]}, {"m": 3}, True),
    ("not-in-a-list-of-facts", {"in": [4, [V("m"), 1]]}, {"m": 3}, False),
    (
        "add-hours",
        {"add_hours": [V("at"), V("n")]},
        {"at": "2026-11-22T23:30:00Z", "n": 2},
        "2026-11-23T01:30:00Z",
    ),
    (
        "add-hours-back",
        {"add_hours": [V("at"), V("n")]},
        {"at": "2026-11-22T01:00:00Z", "n": -2},
        "2026-11-21T23:00:00Z",
    ),
    ("add-hours-too-far", {"add_hours": [V("at"), V("n")]}, {"at": "9999-12-31T23:30:00Z", "n": 1}, None),
    ("add-hours-unknown", {"add_hours": [V("at"), V("n")]}, {"n": 1}, None),
    ("add-days", {"add_days": [V("day"), V("n")]}, {"day": "2026-12-30", "n": 3}, "2027-01-02"),
    ("add-days-back", {"add_days": [V("day"), V("n")]}, {"day": "2026-01-01", "n": -1}, "2025-12-31"),
    ("add-days-too-far", {"add_days": [V("day"), V("n")]}, {"day": "9999-12-31", "n": 1}, None),
    ("add-days-too-early", {"add_days": [V("day"), V("n")]}, {"day": "0001-01-01", "n": -1}, None),
]


def moments(start: str, end: str) -> dict[str, str]:
    return {"at": start, "end": end}


NINE, ELEVEN = "2026-11-22T09:00:00Z", "2026-11-22T11:00:00Z"
ELAPSED = [
    ("hours", moments(NINE, "2026-11-22T10:59:59Z"), 1),
    ("hours", moments(NINE, ELEVEN), 2),
    ("hours", moments(ELEVEN, "2026-11-22T10:59:59Z"), -1),
    ("hours", moments(ELEVEN, NINE), -2),
    ("minutes", moments(NINE, "2026-11-22T09:01:59Z"), 1),
    ("minutes", moments("2026-11-22T09:00:01Z", NINE), -1),
    ("seconds", moments(NINE, "2026-11-22T09:00:01.999999Z"), 1),
    ("seconds", moments("2026-11-22T09:00:00.000001Z", NINE), -1),
    ("hours", moments(NINE, "2026-11-22T12:00:00+03:00"), 0),
]


@pytest.mark.parametrize(("unit", "given", "expected"), ELAPSED)
def test_elapsed_time_is_rounded_down(unit: str, given: dict[str, str], expected: int) -> None:
    holds({f"{unit}_between": [V("at"), V("end")]}, given, expected)


MONTHS = [
    ("2026-01-31", 1, "2026-02-28"),
    ("2028-01-31", 1, "2028-02-29"),
    ("2028-02-29", 12, "2029-02-28"),
    ("2028-02-29", 48, "2032-02-29"),
    ("1900-01-31", 1, "1900-02-28"),
    ("2000-01-30", 1, "2000-02-29"),
    ("2026-03-31", -1, "2026-02-28"),
    ("2026-03-31", -13, "2025-02-28"),
    ("2026-12-15", 1, "2027-01-15"),
    ("2026-05-31", 1, "2026-06-30"),
    ("2026-11-22", 0, "2026-11-22"),
    ("9999-12-01", 1, None),
    ("0001-01-31", -1, None),
]


@pytest.mark.parametrize(("day", "count", "expected"), MONTHS)
def test_adding_months_clamps(day: str, count: int, expected: str | None) -> None:
    holds({"add_months": [V("day"), V("n")]}, {"day": day, "n": count}, expected)


@pytest.mark.parametrize(
    ("expression", "given", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_operator(expression: Any, given: dict[str, Any], expected: Any) -> None:
    holds(expression, given, expected)


def test_money_in_its_own_currency_is_converted_to_itself() -> None:
    settings = {"currency": "USD", "rounding": "half_even"}
    converted = {"convert": [V("bill"), V("day"), settings]}
    holds(converted, {"bill": usd("12.34"), "day": "2026-11-22"}, usd("12.34"))
    holds(converted, {"bill": usd("12.34")}, None)


@pytest.mark.parametrize(
    ("amount", "expected"), [("0.1250", "0.12"), ("0.1350", "0.14"), ("-0.1250", "-0.12")]
)
def test_conversion_rounds_once(amount: str, expected: str) -> None:
    settings = {"currency": "USD", "rounding": "half_even"}
    holds(
        {"convert": [V("bill"), V("day"), settings]},
        {"bill": usd(amount), "day": "2026-11-22"},
        usd(expected),
    )


def test_equal_texts_are_joined_and_cut_alike() -> None:
    """Of joined and cut texts only this is known, besides whether they are."""
    given = {"name": "ab", "code": "ab"}
    joined = [{"cat": [V("name"), "-"]}, {"cat": [V("code"), "-"]}]
    holds({"==": joined}, given, True)
    holds({"==": joined}, {"name": "ab"}, None)
    holds({"==": [{"cat": [V("name"), "-"]}, {"cat": [V("name"), "-"]}]}, {"name": "ab"}, True)


def test_a_cut_text_is_the_same_of_equal_texts_where_anything_is_left() -> None:
    """Whether anything is left is not computed: the cut may be unknown, and is never unequal."""
    term = typed({"==": [{"substr": [V("name"), 0, 1]}, {"substr": [V("code"), 0, 1]}]})
    space = Space()
    facts = Facts(space, model(), "lead", "x")
    value = Terms(space, lambda variable: facts.read(variable.name)).value(term)
    solver = z3.Solver()
    record = {"lead": {"name": "ab", "code": "ab"}}
    solver.add(*fixed(space, facts, record), *space.definitions)
    assert solver.check(value.known, value.term) == z3.sat
    assert solver.check(value.known, negate(value.term)) == z3.unsat
    assert solver.check(negate(value.known)) == z3.sat


def test_an_unknown_condition_of_a_known_choice_stays_unknown() -> None:
    value = Terms(Space(), lambda variable: Value(z3.BoolVal(False), z3.BoolVal(False))).value(
        typed({"if": [V("p"), True, True]})
    )
    assert z3.is_false(value.known)
