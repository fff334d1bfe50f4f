"""What each known back end of Ibis calls the operations that Ibis leaves open."""

from __future__ import annotations

from abc import ABC, abstractmethod
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.datatypes as dt

from fairlead.columns.terms import UnsupportedError
from fairlead.facts.types import MAX_DIGITS

__all__ = ["DIALECTS", "WIDE", "Dialect", "DuckDialect", "SparkDialect"]

#: numbers beyond 64 bits; DuckDB holds them as HUGEINT, which Ibis has no name for
WIDE = dt.Decimal(38, 0)


#: the digits after the point that Spark keeps of any product
_KEPT_SCALE = 6


class Dialect(ABC):
    """A back end. Numbers are 32 or 64 bits, or `WIDE`; days and instants are numbers."""

    name = ""

    def null(self, dtype: dt.DataType) -> Any:
        """Return the unknown of a type."""
        return ibis.null(dtype)

    def to_wide(self, value: Any) -> Any:
        """Return a narrower number as a wide one."""
        return value.cast(WIDE)

    def wide_literal(self, value: int) -> Any:
        """Return a wide constant."""
        return ibis.literal(value, type=WIDE)

    def from_wide(self, value: Any, dtype: dt.DataType) -> Any:
        """Return a wide number that fits as a narrower one."""
        return value.cast(dtype)

    def decimal_from_wide(self, value: Any) -> Any:
        """Return a wide number as a decimal without digits after the point."""
        return value

    @abstractmethod
    def scaled(self, value: Any, digits: int, scale: int) -> Any:
        """Return a decimal of at most so many digits, none after the point, times 10**-scale."""

    @abstractmethod
    def units_of(self, value: Any, scale: int) -> Any:
        """Return a decimal or whole number, of at most 38 digits then, as a wide number of 10**-scale."""

    def add(self, left: Any, right: Any, dtype: dt.DataType) -> Any:
        """Return the sum of two numbers of one type that holds it."""
        return left + right if dtype == WIDE else (left + right).cast(dtype)

    def subtract(self, left: Any, right: Any, dtype: dt.DataType) -> Any:
        """Return the difference."""
        return left - right if dtype == WIDE else (left - right).cast(dtype)

    def multiply(self, left: Any, right: Any, dtype: dt.DataType) -> Any:
        """Return the product."""
        return left * right if dtype == WIDE else (left * right).cast(dtype)

    @abstractmethod
    def divide(self, left: Any, right: Any, dtype: dt.DataType) -> Any:
        """Return the whole quotient of numbers that are not negative; `right` is never 0."""

    def modulo(self, left: Any, right: Any, dtype: dt.DataType) -> Any:
        """Return the rest of that division."""
        return left % right if dtype == WIDE else (left % right).cast(dtype)

    @abstractmethod
    def from_date(self, value: Any) -> Any:
        """Return the days since 1970-01-01 of a date."""

    @abstractmethod
    def to_date(self, value: Any) -> Any:
        """Return the date of that many days since 1970-01-01."""

    @abstractmethod
    def from_instant(self, value: Any) -> Any:
        """Return the microseconds since 1970-01-01 of an instant."""

    @abstractmethod
    def to_instant(self, value: Any) -> Any:
        """Return the instant of that many microseconds since 1970-01-01."""


def _builtin(name: str, takes: tuple[dt.DataType, ...], gives: dt.DataType) -> Any:
    """Return a function of the back end as Ibis calls it."""
    # Ibis reads the number of arguments off a function
    function: Any = (lambda a: a) if len(takes) == 1 else (lambda a, b: (a, b))
    function.__name__ = name
    return ibis.udf.scalar.builtin(function, name=name, signature=(takes, gives))


_FACTORIAL = _builtin("factorial", (dt.int32,), WIDE)
_EPOCH = ibis.date("1970-01-01")
_DUCK_TO_DATE = _builtin("add", (dt.date, dt.int32), dt.date)
_DUCK_FROM_DATE = _builtin("subtract", (dt.date, dt.date), dt.int64)
_DUCK_TO_INSTANT = _builtin("make_timestamptz", (dt.int64,), dt.Timestamp("UTC"))
_DUCK_FROM_INSTANT = _builtin("epoch_us", (dt.Timestamp("UTC"),), dt.int64)
_SPARK_TO_DATE = _builtin("date_from_unix_date", (dt.int32,), dt.date)
_SPARK_FROM_DATE = _builtin("unix_date", (dt.date,), dt.int32)
_SPARK_TO_INSTANT = _builtin("timestamp_micros", (dt.int64,), dt.Timestamp("UTC"))
_SPARK_FROM_INSTANT = _builtin("unix_micros", (dt.Timestamp("UTC"),), dt.int64)


class DuckDialect(Dialect):
    """DuckDB: wide numbers are HUGEINT, whose division is exact; that of its decimals goes by doubles."""

    name = "duckdb"

    def __init__(self) -> None:
        # `factorial` is the one function whose result is a HUGEINT whatever it is given
        self._huge = _FACTORIAL(ibis.literal(0, type=dt.int32))

    def to_wide(self, value: Any) -> Any:
        """Return a narrower number as a HUGEINT."""
        return _cast_like(value.type(), WIDE)(value, self._huge)

    def wide_literal(self, value: int) -> Any:
        """Return a constant HUGEINT."""
        return _cast_like(dt.string, WIDE)(ibis.literal(str(value)), self._huge)

    def null(self, dtype: dt.DataType) -> Any:
        """Return the unknown of a type."""
        if dtype == WIDE:
            return _cast_like(dt.string, WIDE)(ibis.null(dt.string), self._huge)
        return ibis.null(dtype)

    def decimal_from_wide(self, value: Any) -> Any:
        """Return a HUGEINT as a decimal."""
        return _to_decimal(value)

    def scaled(self, value: Any, digits: int, scale: int) -> Any:
        """Return a decimal times 10**-scale."""
        one = dt.Decimal(scale + 1, scale)
        multiply = _builtin("multiply", (WIDE, one), dt.Decimal(MAX_DIGITS, scale))
        return multiply(value, ibis.literal(Decimal(1).scaleb(-scale), type=one))

    def units_of(self, value: Any, scale: int) -> Any:
        """Return a number in units of 10**-scale."""
        factor = ibis.literal(10**scale, type=dt.int64) if scale < 19 else ibis.literal(10**scale, type=WIDE)
        product = _builtin("multiply", (value.type(), factor.type()), dt.Decimal(38, scale))(value, factor)
        return _cast_like(product.type(), WIDE)(product, self._huge)

    def divide(self, left: Any, right: Any, dtype: dt.DataType) -> Any:
        """Return the exact whole quotient."""
        return _builtin("divide", (dtype, dtype), dtype)(left, right)

    def from_date(self, value: Any) -> Any:
        """Return the days since 1970-01-01."""
        return _DUCK_FROM_DATE(value, _EPOCH)

    def to_date(self, value: Any) -> Any:
        """Return the date."""
        return _DUCK_TO_DATE(_EPOCH, value.cast(dt.int32))

    def from_instant(self, value: Any) -> Any:
        """Return the microseconds since 1970-01-01."""
        return _DUCK_FROM_INSTANT(value)

    def to_instant(self, value: Any) -> Any:
        """Return the instant."""
        return _DUCK_TO_INSTANT(value.cast(dt.int64))


def _cast_like(takes: dt.DataType, gives: dt.DataType) -> Any:
    return _builtin("cast_to_type", (takes, gives), gives)


def _to_decimal(value: Any) -> Any:
    # Ibis takes the value for a decimal already and would leave out a plain cast
    zero = ibis.literal("0").cast(WIDE)
    return _builtin("cast_to_type", (WIDE, WIDE), WIDE)(value, zero)


class SparkDialect(Dialect):
    """Spark: wide numbers are DECIMAL(38, 0)."""

    name = "pyspark"

    def scaled(self, value: Any, digits: int, scale: int) -> Any:
        """Return a decimal times 10**-scale."""
        # Spark keeps fewer than the exact digits where the factors have more than 38 between them
        if digits + scale + 2 > MAX_DIGITS and scale > _KEPT_SCALE:
            raise UnsupportedError(f"an amount of {digits} digits, {scale} of them after the point")
        whole, one = dt.Decimal(digits, 0), dt.Decimal(scale + 1, scale)
        multiply = _builtin("try_multiply", (whole, one), dt.Decimal(MAX_DIGITS - 1, scale))
        made = multiply(value.cast(whole), ibis.literal(Decimal(1).scaleb(-scale), type=one))
        return made.cast(dt.Decimal(MAX_DIGITS, scale))

    def units_of(self, value: Any, scale: int) -> Any:
        """Return a number in units of 10**-scale."""
        factor = dt.Decimal(scale + 1, 0)
        multiply = _builtin("try_multiply", (value.type(), factor), dt.Decimal(38, scale))
        return multiply(value, ibis.literal(10**scale, type=factor)).cast(WIDE)

    def divide(self, left: Any, right: Any, dtype: dt.DataType) -> Any:
        """Return the exact whole quotient."""
        if dtype != WIDE:
            return _builtin("div", (dtype, dtype), dt.int64)(left, right).cast(dtype)
        # without a rest the quotient of decimals is exact
        return ((left - left % right) / right).cast(WIDE)

    def multiply(self, left: Any, right: Any, dtype: dt.DataType) -> Any:
        """Return the product."""
        return (left * right).cast(dtype)

    def add(self, left: Any, right: Any, dtype: dt.DataType) -> Any:
        """Return the sum."""
        return (left + right).cast(dtype)

    def subtract(self, left: Any, right: Any, dtype: dt.DataType) -> Any:
        """Return the difference."""
        return (left - right).cast(dtype)

    def from_date(self, value: Any) -> Any:
        """Return the days since 1970-01-01."""
        return _SPARK_FROM_DATE(value).cast(dt.int64)

    def to_date(self, value: Any) -> Any:
        """Return the date."""
        return _SPARK_TO_DATE(value.cast(dt.int32))

    def from_instant(self, value: Any) -> Any:
        """Return the microseconds since 1970-01-01."""
        return _SPARK_FROM_INSTANT(value)

    def to_instant(self, value: Any) -> Any:
        """Return the instant."""
        return _SPARK_TO_INSTANT(value.cast(dt.int64))


DIALECTS: dict[str, Dialect] = {each.name: each for each in (DuckDialect(), SparkDialect())}
