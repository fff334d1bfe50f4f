"""The types of facts, decisions and expressions.

Every value inside Fairlead has one internal form, the same in all back ends:

| type | internal value |
|---|---|
| boolean | bool |
| integer | int within `low`..`high`, never outside 64 bits |
| decimal | int: the number of units of 10**-scale |
| money in one currency | int: the number of units of 10**-scale of that currency |
| money in any currency | `(units, currency)`, units of 10**-scale |
| text, one-of | str, never empty |
| date | datetime.date |
| date-time | datetime.datetime, aware, in UTC |
| list | tuple of internal values, never absent ones |

Absent is None everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "BOOLEAN",
    "DATE",
    "DATE_TIME",
    "INT64_HIGH",
    "INT64_LOW",
    "MAX_DIGITS",
    "TEXT",
    "BooleanType",
    "DateTimeType",
    "DateType",
    "DecimalType",
    "IntegerType",
    "ListType",
    "MoneyType",
    "OneOfType",
    "TextType",
    "Type",
]

INT64_LOW = -(2**63)
INT64_HIGH = 2**63 - 1
#: the most digits an exact number may have: the limit that DuckDB, Spark and Arrow decimals share
MAX_DIGITS = 38


@dataclass(frozen=True, slots=True)
class Type:
    """Base of all types; `str(type)` is the name a user reads."""


@dataclass(frozen=True, slots=True)
class BooleanType(Type):
    """True or false."""

    def __str__(self) -> str:
        return "boolean"


@dataclass(frozen=True, slots=True)
class IntegerType(Type):
    """A whole number between `low` and `high`, both included; at most 64 bits."""

    low: int = INT64_LOW
    high: int = INT64_HIGH

    def __str__(self) -> str:
        return "integer"


@dataclass(frozen=True, slots=True)
class DecimalType(Type):
    """An exact number with `precision` digits in all, `scale` of them after the point."""

    precision: int
    scale: int

    def __str__(self) -> str:
        return f"decimal({self.precision}, {self.scale})"


@dataclass(frozen=True, slots=True)
class MoneyType(Type):
    """An exact amount with a currency; `currency` None means each value brings its own."""

    currency: str | None
    precision: int
    scale: int

    def __str__(self) -> str:
        return f"money in {self.currency}" if self.currency else "money"


@dataclass(frozen=True, slots=True)
class TextType(Type):
    """Text; the empty text is absent."""

    def __str__(self) -> str:
        return "text"


@dataclass(frozen=True, slots=True)
class OneOfType(Type):
    """One of the listed texts, in their declared order."""

    values: tuple[str, ...]

    def __str__(self) -> str:
        return "one of " + ", ".join(f"`{value}`" for value in self.values)


@dataclass(frozen=True, slots=True)
class DateType(Type):
    """A calendar day."""

    def __str__(self) -> str:
        return "date"


@dataclass(frozen=True, slots=True)
class DateTimeType(Type):
    """An instant, to the microsecond."""

    def __str__(self) -> str:
        return "date-time"


@dataclass(frozen=True, slots=True)
class ListType(Type):
    """A list; `item` None is the type of the empty list literal, which fits any list."""

    item: Type | None

    def __str__(self) -> str:
        return f"list of {self.item}" if self.item is not None else "empty list"


BOOLEAN = BooleanType()
TEXT = TextType()
DATE = DateType()
DATE_TIME = DateTimeType()
