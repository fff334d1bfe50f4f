"""Exact values in their three forms: JSON, internal (`fairlead.facts.types`) and public.

| type | JSON | public |
|---|---|---|
| boolean | true, false | bool |
| integer | integer | int |
| decimal | string `"0.05"`; read also from a number | Decimal |
| money | `{"amount": "500.00", "currency": "USD"}` | Money |
| text, one-of | string | str |
| date | `"2026-11-21"` | date |
| date-time | `"2026-11-21T09:00:00+03:00"`; written in UTC | datetime in UTC |
| list | list | list |

Wherever JSON is read, the public form is read too. Nothing is rounded on the way in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any, NamedTuple

from fairlead.documents.found import found_text, json_kind
from fairlead.facts import currencies
from fairlead.facts.types import (
    BooleanType,
    DateTimeType,
    DateType,
    DecimalType,
    IntegerType,
    ListType,
    MoneyType,
    OneOfType,
    TextType,
    Type,
)
from fairlead.problems import Problem, nearest_name

__all__ = [
    "ROUNDING_MODES",
    "Money",
    "UnfitValue",
    "decimal_text",
    "divide_rounded",
    "instant",
    "internal_from_json",
    "json_from_internal",
    "parse_date",
    "parse_date_time",
    "parse_units",
    "public_from_internal",
    "units_to_decimal",
]

ROUNDING_MODES = ("half_even", "half_up", "half_down", "up", "down", "floor", "ceiling")

_DECIMAL = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?"
)


class Money(NamedTuple):
    """An exact amount with its ISO 4217 currency."""

    amount: Decimal
    currency: str


class UnfitValue(Exception):
    """A value does not fit a type; it has everything that a Problem needs but the place."""

    def __init__(
        self,
        code: str,
        message: str,
        value: object,
        *,
        allowed: Iterable[str] = (),
        nearest: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.found = found_text(value)
        self.allowed = tuple(allowed)
        self.nearest = nearest
        self.remedy = remedy

    def problem(self, subject: str, pointer: str = "") -> Problem:
        """Return the problem, said of `subject`, such as `lead.budget`."""
        return Problem(
            self.code,
            f"`{subject}` {self.message}",
            pointer,
            found=self.found,
            allowed=self.allowed,
            nearest=self.nearest,
            remedy=self.remedy,
        )


def _wrong_type(wanted: str, value: object, remedy: str | None = None) -> UnfitValue:
    return UnfitValue("wrong-type", f"must be {wanted}; this is {json_kind(value)}", value, remedy=remedy)


def divide_rounded(numerator: int, denominator: int, mode: str) -> int:
    """Return `numerator` / `denominator` as an integer, rounded once by `mode`.

    The modes are those of ROUNDING_MODES. Raises ZeroDivisionError, and ValueError for another mode.
    """
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    floor, rest = divmod(numerator, denominator)
    if mode == "floor":
        return floor
    if mode == "ceiling":
        return floor + (rest > 0)
    if mode == "down":
        return floor + (rest > 0 and numerator < 0)
    if mode == "up":
        return floor + (rest > 0 and numerator > 0)
    twice = 2 * rest
    if mode == "half_even":
        return floor + (twice > denominator or (twice == denominator and floor % 2 == 1))
    if mode == "half_up":
        return floor + (twice > denominator or (twice == denominator and numerator > 0))
    if mode == "half_down":
        return floor + (twice > denominator or (twice == denominator and numerator < 0))
    raise ValueError(f"`{mode}` is not a rounding mode")


def decimal_text(units: int, scale: int) -> str:
    """Return `units` of 10**-scale as a decimal string with `scale` digits after the point."""
    digits = str(abs(units)).rjust(scale + 1, "0")
    sign = "-" if units < 0 else ""
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else sign + digits


def units_to_decimal(units: int, scale: int) -> Decimal:
    """Return the Decimal of `units` of 10**-scale, with `scale` digits after the point."""
    # by way of the text: arithmetic on decimals rounds to a context
    return Decimal(decimal_text(units, scale))


def _number_text(value: object) -> str:
    """Return a number as digits with a point, without an exponent."""
    if type(value) is str:
        return value
    if type(value) is int:
        # Python limits the digits of an integer it turns into text
        return str(value) if value.bit_length() <= 256 else "9" * 78
    if type(value) is float:
        value = Decimal(repr(value))
    if type(value) is Decimal:
        sign, digits, exponent = value.as_tuple()
        if isinstance(exponent, int) and -100 <= exponent <= 100:
            whole = "".join(map(str, digits)) + "0" * max(exponent, 0)
            places = max(-exponent, 0)
            whole = whole.rjust(places + 1, "0")
            text = f"{whole[:-places]}.{whole[-places:]}" if places else whole
            return f"-{text}" if sign else text
        if value.is_finite():
            raise UnfitValue("too-many-digits", "has more digits than any exact number may have", value)
        raise UnfitValue("not-exact", "must be a finite number", value)
    raise _wrong_type("a decimal number", value, 'write it as a string, such as "0.05"')


def parse_units(value: object, scale: int, precision: int) -> int:
    """Return a decimal number as units of 10**-scale.

    A string has the form `-12.50`; an integer, Decimal or float is taken as it is written out. Raises
    UnfitValue where the value is no number, or needs more than `scale` digits after the point or more than
    `precision` digits in all.
    """
    if type(value) is str and len(value) <= precision - scale and value.isascii() and value.isdigit():
        # most amounts are whole
        whole_units: int = int(value) * 10**scale
        return whole_units
    match = _DECIMAL.fullmatch(_number_text(value))
    if match is None:
        remedy = "write digits and a point, such as `12.50`, without separators for thousands"
        raise UnfitValue("wrong-type", "must be a decimal number", value, remedy=remedy)
    sign, whole, part = match[1], match[2].lstrip("0"), (match[3] or "").rstrip("0")
    if len(part) > scale:
        where = f"{scale} digits after the point" if scale else "no digits after the point"
        raise UnfitValue("too-many-digits", f"may have {where}; this has {len(part)}", value)
    if len(whole) > precision - scale:
        message = f"may have {precision - scale} digits before the point; this has {len(whole)}"
        raise UnfitValue("too-many-digits", message, value)
    units = int((whole + part.ljust(scale, "0")) or "0")
    return -units if sign else units


def parse_date(value: object) -> date:
    """Return the date of a text `YYYY-MM-DD`. Raises UnfitValue."""
    if type(value) is date:
        return value
    if type(value) is not str:
        raise _wrong_type("a date", value, "write it as `2026-11-21`")
    if _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise UnfitValue("out-of-range", "is not a day of the calendar", value) from None
    raise UnfitValue("wrong-type", "must be a date", value, remedy="write it as `2026-11-21`")


def instant(moment: datetime, zone: tzinfo = UTC) -> datetime:
    """Return a moment in UTC; a naive one is a clock time in `zone`.

    A clock time that the zone skips or shows twice is read with the offset from before the change: a
    skipped 02:30 is 03:30 after it, and of two the earlier counts. Raises OverflowError at the ends of the
    calendar.
    """
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone, fold=0)
    return moment.astimezone(UTC)


def parse_date_time(value: object, zone: tzinfo | None = UTC) -> datetime:
    """Return the instant, in UTC, of a text such as `2026-11-21T09:00:00+03:00`.

    A time without an offset is a clock time in `zone` (see `instant`); with None it is refused, as in rules,
    which mean the same instant in every project. Raises UnfitValue.
    """
    remedy = "write it as `2026-11-21T09:00:00+03:00`"
    moment = value
    if type(value) is str:
        if not _DATE_TIME.fullmatch(value):
            raise UnfitValue("wrong-type", "must be a date and a time", value, remedy=remedy)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise UnfitValue("out-of-range", "is not a time of the calendar", value) from None
    if type(moment) is not datetime:
        raise _wrong_type("a date and a time", value, remedy)
    if zone is None and moment.tzinfo is None:
        raise UnfitValue("wrong-literal", "has no offset, so it is no one instant", value, remedy=remedy)
    try:
        return instant(moment, zone if zone is not None else UTC)
    except (OverflowError, ValueError):
        raise UnfitValue("out-of-range", "is not between the years 1 and 9999", value) from None


def _parse_integer(type_: IntegerType, value: object) -> int:
    if type(value) is not int:
        remedy = "write it without quotes and without a point" if isinstance(value, str | float) else None
        raise _wrong_type("an integer", value, remedy)
    if not type_.low <= value <= type_.high:
        raise UnfitValue("out-of-range", f"must be from {type_.low} to {type_.high}", value)
    return value


def _parse_text(value: object) -> str:
    if type(value) is not str:
        raise _wrong_type("text", value)
    if not value:
        raise UnfitValue("wrong-type", "must not be empty", value)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise UnfitValue("invalid-text", "holds half of a surrogate pair", value) from None
    return value


def _parse_one_of(type_: OneOfType, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong_type("text", value)
    for allowed in type_.values:
        if allowed == value:
            return allowed
    raise UnfitValue(
        "unknown-value",
        "has a value that is not allowed",
        value,
        allowed=type_.values,
        nearest=nearest_name(value[:200], type_.values),
    )


def _money_members(value: object) -> tuple[object, object]:
    remedy = 'write it as {"amount": "500.00", "currency": "USD"}'
    if type(value) is Money:
        return value.amount, value.currency
    if type(value) is not dict:
        raise _wrong_type("an amount with a currency", value, remedy)
    for key in ("amount", "currency"):
        if key not in value:
            raise UnfitValue("missing-key", f"has no `{key}`", value, remedy=remedy)
    if len(value) > 2:
        other = next(key for key in value if key not in ("amount", "currency"))
        raise UnfitValue(
            "unknown-key", "may have an `amount` and a `currency` only", other, allowed=("amount", "currency")
        )
    return value["amount"], value["currency"]


def _parse_money(type_: MoneyType, value: object) -> Any:
    amount, currency = _money_members(value)
    if type(currency) is not str:
        raise _wrong_type("an amount with a currency code", currency)
    if not currencies.is_currency(currency):
        codes = currencies.currency_codes()
        remedy = "use an active ISO 4217 code in capitals"
        nearest = currency.strip().upper() if len(currency) < 10 else ""
        raise UnfitValue(
            "unknown-currency",
            "has a currency that is not known",
            currency,
            nearest=nearest if nearest in codes else None,
            remedy=remedy,
        )
    if type_.currency is not None and currency != type_.currency:
        raise UnfitValue(
            "wrong-currency", f"must be in {type_.currency}", currency, allowed=(type_.currency,)
        )
    units = parse_units(amount, type_.scale, type_.precision)
    return units if type_.currency is not None else (units, currency)


def _parse_list(
    type_: ListType, value: object, zone: tzinfo | None, low: int | None, high: int | None
) -> Any:
    if type(value) not in (list, tuple):
        raise _wrong_type("a list", value)
    assert isinstance(value, list | tuple)
    items = []
    for index, item in enumerate(value):
        if item is None or item == "" or type_.item is None:
            raise UnfitValue("wrong-type", f"has no value at position {index + 1} of the list", item)
        try:
            items.append(internal_from_json(type_.item, item, zone=zone, low=low, high=high))
        except UnfitValue as error:
            error.message = f"at position {index + 1} of the list {error.message}"
            raise
    return tuple(items)


def _within(units: int, low: int | None, high: int | None, scale: int, value: object) -> None:
    if low is not None and units < low:
        raise UnfitValue("out-of-range", f"must be at least {decimal_text(low, scale)}", value)
    if high is not None and units > high:
        raise UnfitValue("out-of-range", f"must be at most {decimal_text(high, scale)}", value)


def internal_from_json(
    type_: Type, value: object, *, zone: tzinfo | None = UTC, low: int | None = None, high: int | None = None
) -> Any:
    """Return the internal value of a JSON value that is not absent.

    `zone` is where a date-time without an offset is a clock time; with None such a date-time is refused.
    `low` and `high` bound the units of a decimal, of money, or of the items of a list of these. Raises
    UnfitValue and nothing else, whatever the value.
    """
    match type_:
        case BooleanType():
            if value is True or value is False:
                return value
            raise _wrong_type("true or false", value)
        case IntegerType():
            return _parse_integer(type_, value)
        case DecimalType():
            units = parse_units(value, type_.scale, type_.precision)
            _within(units, low, high, type_.scale, value)
            return units
        case MoneyType():
            money = _parse_money(type_, value)
            _within(money if type_.currency is not None else money[0], low, high, type_.scale, value)
            return money
        case TextType():
            return _parse_text(value)
        case OneOfType():
            return _parse_one_of(type_, value)
        case DateType():
            return parse_date(value)
        case DateTimeType():
            return parse_date_time(value, zone)
        case ListType():
            return _parse_list(type_, value, zone, low, high)
    raise TypeError(f"no values of type `{type_}`")


def _money_parts(type_: MoneyType, value: Any) -> tuple[int, int, str]:
    """Return units, scale and currency; digits beyond the currency's minor units go where they are 0."""
    units, currency = value if type_.currency is None else (value, type_.currency)
    scale = type_.scale
    least = currencies.minor_units(currency) or 0
    while scale > least and units % 10 == 0:
        units //= 10
        scale -= 1
    return units, scale, currency


def json_from_internal(type_: Type, value: Any) -> Any:
    """Return the JSON form of an internal value; absent stays None."""
    if value is None:
        return None
    match type_:
        case DecimalType():
            return decimal_text(value, type_.scale)
        case MoneyType():
            units, scale, currency = _money_parts(type_, value)
            return {"amount": decimal_text(units, scale), "currency": currency}
        case DateType():
            return value.isoformat()
        case DateTimeType():
            return value.isoformat().replace("+00:00", "Z")
        case ListType(item=Type() as item):
            return [json_from_internal(item, element) for element in value]
        case ListType():
            return []
    return value


def public_from_internal(type_: Type, value: Any) -> Any:
    """Return the Python form of an internal value; absent stays None."""
    if value is None:
        return None
    match type_:
        case DecimalType():
            return units_to_decimal(value, type_.scale)
        case MoneyType():
            units, scale, currency = _money_parts(type_, value)
            return Money(units_to_decimal(units, scale), currency)
        case ListType(item=Type() as item):
            return [public_from_internal(item, element) for element in value]
        case ListType():
            return []
    return value
