"""From the cells of an export to the internal values of facts, as a mapping says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from fairlead.facts.model import Aggregate, Fact
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
from fairlead.facts.values import UnfitValue, internal_from_json, parse_date_time
from fairlead.files.notation import PLAIN, Notation, amount_parts, date_text, number_text
from fairlead.problems import nearest_name

__all__ = ["ColumnReading", "Values", "filled", "joined", "value_of"]

#: how many texts of a column are remembered with their values
_MOST_KEPT = 4096
#: how many unmapped option values of a column are remembered
_MOST_UNMAPPED = 50

_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Values(dict[Any, Any]):
    """The value for each cell, or for each few cells that make one fact; made once for those that return."""

    __slots__ = ("_value",)

    def __init__(self, value: Callable[[Any], Any]) -> None:
        super().__init__()
        self._value = value

    def __missing__(self, cells: Any) -> Any:
        value = self._value(cells)
        if len(self) < _MOST_KEPT:
            self[cells] = value
        return value


@dataclass(frozen=True)
class ColumnReading:
    """How the texts of one column are read; texts of options are compared without regard to case."""

    notation: Notation = PLAIN
    options: Mapping[str, Any] = field(default_factory=dict)
    others_absent: bool = False
    currency: str | None = None
    separator: str = ";"
    unmapped: set[str] = field(default_factory=set)


def value_of(fact: Fact | Aggregate, reading: ColumnReading, zone: tzinfo) -> Callable[[Any], Any]:
    """Return the function from a cell to the internal value; it raises UnfitValue.

    For money it also takes the pair of an amount and its currency.
    """
    low, high = (fact.low, fact.high) if isinstance(fact, Fact) else (None, None)
    type_ = fact.type

    def value(cells: Any) -> Any:
        text, currency = cells if type(cells) is tuple else (cells, None)
        text = text.strip()
        if not text:
            return None
        if not text.isascii():
            _check_text(text)
        own = reading if currency is None else _in_currency(reading, currency.strip())
        json_value = _json_value(type_, text, own, zone)
        if json_value is None:
            return None
        return internal_from_json(type_, json_value, zone=zone, low=low, high=high)

    return value


def filled(cells: Any) -> bool:
    """Tell whether any of the cells holds something."""
    return any(cell.strip() for cell in (cells if type(cells) is tuple else (cells,)))


def joined(fact: Fact | Aggregate, reading: ColumnReading, zone: tzinfo) -> Callable[[Any], Any]:
    """Return the function from several cells to the value of their texts, with spaces between them."""
    value = value_of(fact, reading, zone)

    def together(cells: Any) -> Any:
        parts = cells if type(cells) is tuple else (cells,)
        return value(" ".join(part for cell in parts if (part := cell.strip())))

    return together


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UnfitValue("invalid-text", "holds half of a surrogate pair", text) from None


def _in_currency(reading: ColumnReading, currency: str) -> ColumnReading:
    if not currency:
        return reading
    return ColumnReading(notation=reading.notation, currency=currency.upper())


def _json_value(type_: Type, text: str, reading: ColumnReading, zone: tzinfo) -> Any:
    """Return the JSON value that a text stands for, None where it is absent."""
    if isinstance(type_, ListType):
        assert type_.item is not None
        parts = [part for part in (part.strip() for part in text.split(reading.separator)) if part]
        items = [_json_value(type_.item, part, reading, zone) for part in parts]
        return [item for item in items if item is not None] or None
    if reading.options:
        found = reading.options.get(text.casefold(), reading)
        if found is not reading:
            return found
    unmapped = _Unmapped(text, reading)
    match type_:
        case BooleanType():
            known = _BOOLEANS.get(text.casefold())
            return known if known is not None else unmapped.value(tuple(_BOOLEANS))
        case OneOfType(values=values):
            plain = text.casefold().replace(" ", "_").replace("-", "_")
            return plain if plain in values else text if text in values else unmapped.value(values)
        case TextType():
            return unmapped.value(tuple(reading.options)) if reading.others_absent else text
        case IntegerType():
            return _integer(text, reading)
        case DecimalType():
            return number_text(text, reading.notation.decimal)
        case MoneyType():
            return _money(type_, text, reading)
        case DateType():
            return _day(date_text(text, reading.notation), zone)
        case DateTimeType():
            return date_text(text, reading.notation)
    raise TypeError(f"no values of type `{type_}`")


class _Unmapped:
    """A text that is none of the options."""

    def __init__(self, text: str, reading: ColumnReading) -> None:
        self._text = text
        self._reading = reading

    def value(self, allowed: tuple[str, ...]) -> None:
        """Return None where others are absent, and remember the text; else raise UnfitValue."""
        if not self._reading.others_absent:
            known = dict.fromkeys((*allowed, *self._reading.options))
            raise UnfitValue(
                "unknown-value",
                "has an option value that is not mapped",
                self._text,
                allowed=known,
                nearest=nearest_name(self._text[:200], known),
                remedy="add it to `values` in the mapping",
            )
        if len(self._reading.unmapped) < _MOST_UNMAPPED:
            self._reading.unmapped.add(self._text)


def _integer(text: str, reading: ColumnReading) -> int:
    whole, _, part = number_text(text, reading.notation.decimal).partition(".")
    if part.strip("0") or len(whole) > 30:
        raise UnfitValue("wrong-type", "must be an integer", text)
    return int(whole)


def _money(type_: MoneyType, text: str, reading: ColumnReading) -> dict[str, str]:
    digits, own = amount_parts(text)
    stated = reading.currency or type_.currency
    if own is not None and stated is not None and own != stated:
        message = f"states another currency than {stated}"
        raise UnfitValue("wrong-currency", message, text, allowed=(stated,))
    currency = own or stated
    if currency is None:
        remedy = "state `currency` or `currency_column` in the mapping"
        raise UnfitValue("wrong-type", "must be an amount with a currency", text, remedy=remedy)
    return {"amount": number_text(digits, reading.notation.decimal), "currency": currency}


def _day(text: str, zone: tzinfo) -> str:
    """Return the day of a date or date-time; with an offset it is the day in `zone`."""
    day, mark, time = text.partition("T")
    if mark and ("Z" in time or "+" in time or "-" in time):
        return parse_date_time(text, zone).astimezone(zone).date().isoformat()
    return day
