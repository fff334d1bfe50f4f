"""From the text of a CSV cell to the internal value of a fact."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import tzinfo
from typing import Any

from fairlead.facts.model import Aggregate, Fact
from fairlead.facts.types import BooleanType, IntegerType, ListType, MoneyType, TextType, Type
from fairlead.facts.values import UnfitValue, internal_from_json

__all__ = ["LIST_SEPARATOR", "CellValues"]

#: what stands between the items of a list in one cell
LIST_SEPARATOR = "|"

#: how many texts of a column are remembered with their values
_MOST_KEPT = 4096

_INTEGER = re.compile("[+-]?[0-9]{1,30}")
_MONEY = re.compile(r"(\S+)\s+([A-Za-z]{3})")


class CellValues(dict[str, Any]):
    """The internal value of each text of one column; an empty cell is absent.

    A text that was met before costs one look-up. Raises UnfitValue for a text that does not fit the fact.
    """

    __slots__ = ("_value",)

    def __init__(self, value: Callable[[str], Any]) -> None:
        super().__init__({"": None})
        self._value = value

    @classmethod
    def of(cls, fact: Fact | Aggregate, zone: tzinfo) -> CellValues:
        """Return the values of a column; naive times are clock times in `zone`."""
        kind = _TextValues if isinstance(fact.type, TextType) else cls
        return kind(_cell_value(fact, zone))

    def __missing__(self, text: str) -> Any:
        value = self._value(text)
        if len(self) < _MOST_KEPT:
            self[text] = value
        return value


class _TextValues(CellValues):
    """The texts of one column: most come once, and half surrogate pairs are not ASCII."""

    __slots__ = ()

    def __missing__(self, text: str) -> Any:
        return text if text.isascii() else self._value(text)


def _cell_value(fact: Fact | Aggregate, zone: tzinfo) -> Callable[[str], Any]:
    low, high = (fact.low, fact.high) if isinstance(fact, Fact) else (None, None)
    type_ = fact.type

    def checked(text: str) -> Any:
        if not text.strip():
            return None
        return internal_from_json(type_, _json_value(type_, text), zone=zone, low=low, high=high)

    return checked


def _json_value(type_: Type, text: str) -> Any:
    """Return the JSON value that a cell stands for."""
    if isinstance(type_, TextType):
        return text
    text = text.strip()
    match type_:
        case BooleanType():
            return _boolean(text)
        case IntegerType():
            if not _INTEGER.fullmatch(text):
                raise UnfitValue("wrong-type", "must be an integer", text, remedy="write digits only")
            return int(text)
        case MoneyType():
            parts = _MONEY.fullmatch(text)
            if parts is None:
                remedy = "write the amount and the currency, such as `8000 EUR`"
                raise UnfitValue("wrong-type", "must be an amount with a currency", text, remedy=remedy)
            return {"amount": parts[1], "currency": parts[2]}
        case ListType(item=Type() as item):
            return [_json_value(item, part) for part in text.split(LIST_SEPARATOR)]
    return text


def _boolean(text: str) -> bool:
    lower = text.lower()
    if lower not in ("true", "false"):
        raise UnfitValue("wrong-type", "must be true or false", text, allowed=("true", "false"))
    return lower == "true"
