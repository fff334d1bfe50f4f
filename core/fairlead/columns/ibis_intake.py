"""Reading the columns of an Ibis table as facts: their form in the algebra, and tests that they fit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import tzinfo
from functools import reduce
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from fairlead.columns.algebra import Algebra
from fairlead.columns.arithmetic import FIRST_DAY, FIRST_INSTANT, LAST_DAY, LAST_INSTANT
from fairlead.columns.dialects import WIDE, Dialect
from fairlead.columns.intake import column_name
from fairlead.columns.nodes import Kind
from fairlead.columns.on_ibis import IbisEmitter, integer_type
from fairlead.columns.plan import AS_OF, AS_OF_DATE
from fairlead.columns.values import shape_of
from fairlead.columns.zones import day_of, start_of
from fairlead.facts.currencies import currency_codes
from fairlead.facts.model import Aggregate, Fact
from fairlead.facts.types import (
    MAX_DIGITS,
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
from fairlead.problems import Problem, UsageError

__all__ = ["IbisIntake", "with_moments"]

#: a moment as the table has it, before it is known to be one of the calendar
_DAY, _INSTANT = "#given_day", "#given_instant"


class IbisIntake:
    """Brings columns of a table into the form of the algebra, with tests that their values fit."""

    def __init__(self, table: ir.Table, dialect: Dialect, *, check: bool) -> None:
        self._table = table
        self._check = check
        self._dialect = dialect
        self.parts: dict[str, Any] = {}
        self.tests: list[Any] = []

    def misfit(self) -> Any:
        """Return the test that a value does not fit."""
        if not self.tests:
            return ibis.literal(value=False)
        return ~reduce(lambda a, b: a & b, (ibis.coalesce(test, True) for test in self.tests))

    def take(self, facts: Mapping[str, Fact | Aggregate], read: Collection[str]) -> None:
        """Read the columns of facts; raise UsageError with those whose types do not go.

        Of facts that are not among the `read` ones it is only asked where they are.
        """
        problems = []
        for name, fact in facts.items():
            column = self._table[name]
            low, high = (fact.low, fact.high) if isinstance(fact, Fact) else (None, None)
            if not self._read(name, fact.type, column, low, high):
                message = f"the column `{name}` is {column.type()}, and the fact is {_type_name(fact.type)}"
                problems.append(Problem("wrong-type", message, found=str(column.type())))
            elif name not in read:
                asked = column.nullif("") if column.type().is_string() else column
                self.parts |= {column_name(name, shape.part): asked for shape in shape_of(fact.type)}
        if problems:
            raise UsageError(problems)

    def moment(self, name: str) -> None:
        """Read the column of dates or instants that rows are decided as of (see `with_moments`).

        Raises UsageError for another type.
        """
        column = self._table[name]
        held = column.type()
        if held.is_date():
            self.parts[_DAY] = self._dialect.from_date(column).cast(dt.int32)
        elif held.is_timestamp() and held.timezone is not None:
            self.parts[_INSTANT] = self._dialect.from_instant(column)
        else:
            message = f"the column `{name}` is {held}, and rows are decided as of dates or of instants"
            remedy = "give dates, or date-times with a zone"
            raise UsageError([Problem("wrong-type", message, found=str(held), remedy=remedy)])

    def presence(self, entities: Iterable[str], facts: Mapping[str, Any]) -> None:
        """Add the columns that tell which entities a row has."""
        for entity in entities:
            known = [self._there(name) for name in facts if name.startswith(f"{entity}.")]
            own = reduce(lambda a, b: a | b, known) if known else ibis.literal(value=False)
            self.parts[column_name(f"{entity}.", "value")] = own

    def _there(self, name: str) -> Any:
        column = self._table[name]
        return column.notnull() & (column != "") if column.type().is_string() else column.notnull()

    def _keep(self, name: str, part: str, value: Any) -> bool:
        self.parts[column_name(name, part)] = value
        return True

    def _read(self, name: str, type_: Type, column: Any, low: int | None, high: int | None) -> bool:
        held = column.type()
        match type_:
            case BooleanType():
                return held.is_boolean() and self._keep(name, "value", column)
            case IntegerType():
                return held.is_integer() and self._integer(name, type_, column)
            case DecimalType():
                units = self._units(column, type_.scale, type_.precision, low, high)
                return units is not None and self._keep(name, "value", units)
            case MoneyType():
                return self._money(name, type_, column, low, high)
            case TextType():
                return held.is_string() and self._keep(name, "value", column.nullif(""))
            case OneOfType(values=values):
                if not held.is_string():
                    return False
                if not self._check:
                    return self._keep(name, "value", column)
                text = column.nullif("")
                self.tests.append(text.isin(list(values)))
                return self._keep(name, "value", text)
            case DateType():
                return held.is_date() and self._bounded(
                    name, self._dialect.from_date(column).cast(dt.int32), FIRST_DAY, LAST_DAY
                )
            case DateTimeType():
                # a time without a zone would be read in that of the session
                if not held.is_timestamp() or held.timezone is None:
                    return False
                moment = self._dialect.from_instant(column)
                return self._bounded(name, moment, FIRST_INSTANT, LAST_INSTANT)
            case ListType(item=Type() as item):
                return self._list(name, item, column)
        return False

    def _bounded(self, name: str, number: Any, low: int, high: int) -> bool:
        self.tests.append(number.between(low, high))
        return self._keep(name, "value", number)

    def _integer(self, name: str, type_: IntegerType, column: Any) -> bool:

        least, most = column.type().bounds
        if type_.low > least or most > type_.high:
            self.tests.append(column.between(max(type_.low, least), min(type_.high, most)))
        wanted = integer_type(type_.low, type_.high)
        return self._keep(name, "value", column if column.type() == wanted else column.try_cast(wanted))

    def _units(
        self, column: Any, scale: int, precision: int, low: int | None, high: int | None
    ) -> Any | None:

        held = column.type()
        if held.is_integer():
            gained, digits = scale, 19
        elif held.is_decimal() and held.scale is not None and held.scale <= scale:
            gained, digits = scale - held.scale, held.precision or 38
        else:
            return None
        if digits + gained > MAX_DIGITS:
            # what the factor would carry beyond 38 digits is no value of the fact either
            limit = ibis.literal(10 ** (precision - scale), type=dt.Decimal(MAX_DIGITS, 0))
            inside = (column < limit) & (column > -limit)
            self.tests.append(inside)
            column = ibis.cases((inside, column), else_=self._dialect.null(held))
        units = self._dialect.units_of(column, scale)
        most = 10**precision - 1
        least = max(-most, low if low is not None else -most)
        most = min(most, high if high is not None else most)
        self.tests.append(units.between(self._dialect.wide_literal(least), self._dialect.wide_literal(most)))
        wanted = integer_type(-(10**precision) + 1, 10**precision - 1)
        if wanted == WIDE:
            return units
        return self._dialect.from_wide(units, wanted)

    def _money(self, name: str, type_: MoneyType, column: Any, low: int | None, high: int | None) -> bool:
        held = column.type()
        if not held.is_struct() or set(held.names) != {"amount", "currency"}:
            return False
        units = self._units(column["amount"], type_.scale, type_.precision, low, high)
        if units is None:
            return False
        currency = column["currency"]
        codes = [type_.currency] if type_.currency is not None else sorted(currency_codes())
        self.tests.append(
            column.isnull() | (column["amount"].notnull() & currency.isin(codes)).fill_null(False)
        )
        if type_.currency is not None:
            return self._keep(name, "value", units)
        return self._keep(name, "units", units) and self._keep(name, "currency", currency)

    def _list(self, name: str, item: Type, column: Any) -> bool:

        held = column.type()
        if not held.is_array():
            return False
        inner = held.value_type
        match item:
            case TextType() if inner.is_string():
                self.tests.append(column.filter(lambda each: each.isnull() | (each == "")).length() == 0)
            case OneOfType(values=values) if inner.is_string():
                self.tests.append(
                    column.filter(lambda each: each.isnull() | ~each.isin(list(values))).length() == 0
                )
            case BooleanType() if inner.is_boolean():
                self.tests.append(column.filter(lambda each: each.isnull()).length() == 0)
            case IntegerType(low=low, high=high) if inner == integer_type(low, high):
                outside = column.filter(lambda each: each.isnull() | ~each.between(low, high))
                self.tests.append(outside.length() == 0)
            case _:
                return False
        return self._keep(name, "value", column)


def with_moments(table: ir.Table, zone: tzinfo, dialect: Dialect) -> ir.Table:
    """Return a table with each row's own instant and day in the place of the moment that was read.

    A row without one, or with one whose instant or day in the zone is not known, is a `misfit`.
    """
    on = Algebra()
    if _DAY in table.columns:
        given = on.fact(_DAY, "value", Kind.NUMBER, (-(2**31), 2**31 - 1))
        day, moment = on.within(given, FIRST_DAY, LAST_DAY), start_of(on, given, zone)
    else:
        given = on.fact(_INSTANT, "value", Kind.NUMBER, (-(2**63), 2**63 - 1))
        day, moment = day_of(on, given, zone), on.within(given, FIRST_INSTANT, LAST_INSTANT)
    emitter = IbisEmitter(table, {given.extra: given.extra[0]}, dialect)
    # what is then bounded becomes a column of its own: a zone has hundreds of steps to write out
    emitter.run([moment, day, *moment.args, *day.args])
    made = {AS_OF: emitter.column(moment).cast(dt.int64), AS_OF_DATE: emitter.column(day).cast(dt.int32)}
    kept = [each for each in table.columns if each not in (_DAY, _INSTANT, "misfit")]
    read = emitter.table.mutate(**{column_name(each, "value"): value for each, value in made.items()})
    own = {column_name(each, "value"): read[column_name(each, "value")] for each in made}
    lacking = reduce(lambda a, b: a | b, (each.isnull() for each in own.values()))
    return read.select(**{name: read[name] for name in kept}, **own, misfit=read["misfit"] | lacking)


def _type_name(type_: Type) -> str:
    return "one of its values" if isinstance(type_, OneOfType) else str(type_)
