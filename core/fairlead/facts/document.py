"""The JSON shape of fact models.

A type is declared by flat keys beside the other keys of what has the type: `type` and, by type,
`minimum`, `maximum`, `precision`, `scale`, `currency`, `values` or `items`.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from fairlead.documents.shapes import DocumentModel, DocumentName, Name, SemanticVersion, shape_error
from fairlead.documents.texts import Texts
from fairlead.facts import currencies
from fairlead.facts.types import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    INT64_HIGH,
    INT64_LOW,
    MAX_DIGITS,
    TEXT,
    DecimalType,
    IntegerType,
    ListType,
    MoneyType,
    OneOfType,
    Type,
)
from fairlead.facts.values import UnfitValue, parse_units
from fairlead.problems import nearest_name

__all__ = [
    "AggregateDeclaration",
    "BooleanKeys",
    "DateKeys",
    "DateTimeKeys",
    "DecimalKeys",
    "DecimalText",
    "DocumentReference",
    "EntityDeclaration",
    "FactDeclaration",
    "FactKeys",
    "FactModelDocument",
    "IntegerKeys",
    "LinkDeclaration",
    "ListKeys",
    "MoneyKeys",
    "OneOfKeys",
    "RelatedDeclaration",
    "TextKeys",
    "TypeDeclaration",
    "TypeKeys",
]

#: digits after the point of money whose currency each record states: the most that ISO 4217 has
_MONEY_SCALE = 4
_MONEY_PRECISION = 18

Bounds = tuple[int | None, int | None]


def _decimal_text(text: str) -> str:
    try:
        parse_units(text, MAX_DIGITS, 2 * MAX_DIGITS)
    except UnfitValue as unfit:
        raise shape_error(
            "invalid-value", f"this {unfit.message}", found=unfit.found, remedy=unfit.remedy
        ) from None
    return text


#: an exact number written as a string
DecimalText = Annotated[
    str,
    AfterValidator(_decimal_text),
    WithJsonSchema({"type": "string", "pattern": "^-?[0-9]+([.][0-9]+)?$"}),
]

Precision = Annotated[int, Field(ge=1, le=MAX_DIGITS)]
Scale = Annotated[int, Field(ge=0, le=MAX_DIGITS)]
Int64 = Annotated[int, Field(ge=INT64_LOW, le=INT64_HIGH)]


class TypeKeys(DocumentModel):
    """The keys that declare a type; one subclass for each."""

    @abstractmethod
    def to_type(self) -> Type:
        """Return the declared type."""

    def bounds(self) -> Bounds:
        """Return the least and greatest units of a decimal, of money, or of the items of a list of these.

        None stands for no bound. The bounds of an integer are part of its type.
        """
        return None, None


class BooleanKeys(TypeKeys):
    """Declares a boolean."""

    type: Literal["boolean"]

    def to_type(self) -> Type:
        """Return the declared type."""
        return BOOLEAN


class IntegerKeys(TypeKeys):
    """Declares an integer; without bounds it has 64 bits."""

    type: Literal["integer"]
    minimum: Int64 | None = None
    maximum: Int64 | None = None

    @model_validator(mode="after")
    def _consistent(self) -> IntegerKeys:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise _inverted(str(self.minimum), str(self.maximum))
        return self

    def to_type(self) -> Type:
        """Return the declared type."""
        low = INT64_LOW if self.minimum is None else self.minimum
        return IntegerType(low, INT64_HIGH if self.maximum is None else self.maximum)


def _inverted(minimum: str, maximum: str) -> Exception:
    message = f"the minimum {minimum} is above the maximum {maximum}"
    return shape_error("inconsistent-range", message, below=("minimum",), found=minimum)


def _exact_bounds(minimum: str | None, maximum: str | None, precision: int, scale: int) -> Bounds:
    units: list[int | None] = []
    for key, text in (("minimum", minimum), ("maximum", maximum)):
        try:
            units.append(None if text is None else parse_units(text, scale, precision))
        except UnfitValue as unfit:
            message = f"the {key} {unfit.message}"
            raise shape_error("inconsistent-range", message, below=(key,), found=text) from None
    low, high = units
    if low is not None and high is not None and low > high:
        raise _inverted(str(minimum), str(maximum))
    return low, high


def _check_scale(precision: int, scale: int) -> None:
    if scale > precision:
        message = f"the scale {scale} is above the precision {precision}"
        raise shape_error("inconsistent-range", message, below=("scale",), found=str(scale))


class DecimalKeys(TypeKeys):
    """Declares an exact number: `precision` digits in all, `scale` of them after the point."""

    type: Literal["decimal"]
    precision: Precision
    scale: Scale
    minimum: DecimalText | None = None
    maximum: DecimalText | None = None

    @model_validator(mode="after")
    def _consistent(self) -> DecimalKeys:
        _check_scale(self.precision, self.scale)
        self.bounds()
        return self

    def to_type(self) -> Type:
        """Return the declared type."""
        return DecimalType(self.precision, self.scale)

    def bounds(self) -> Bounds:
        """Return the least and greatest units, None for no bound."""
        return _exact_bounds(self.minimum, self.maximum, self.precision, self.scale)


class MoneyKeys(TypeKeys):
    """Declares money; without `currency` each value brings its own.

    The scale is by default that of the currency (ISO 4217 minor units), or 4 without one.
    """

    type: Literal["money"]
    currency: str | None = None
    precision: Precision = _MONEY_PRECISION
    scale: Scale | None = None
    minimum: DecimalText | None = None
    maximum: DecimalText | None = None

    @model_validator(mode="after")
    def _consistent(self) -> MoneyKeys:
        if self.currency is not None and not currencies.is_currency(self.currency):
            raise shape_error(
                "unknown-currency",
                f"`{self.currency}` is not an active ISO 4217 currency",
                below=("currency",),
                found=self.currency,
                nearest=nearest_name(self.currency.upper(), sorted(currencies.currency_codes())),
                remedy="use a code in capitals, such as `USD`",
            )
        _check_scale(self.precision, self._scale())
        self.bounds()
        return self

    def _scale(self) -> int:
        if self.scale is not None:
            return self.scale
        units = None if self.currency is None else currencies.minor_units(self.currency)
        return _MONEY_SCALE if units is None else units

    def to_type(self) -> Type:
        """Return the declared type."""
        return MoneyType(self.currency, self.precision, self._scale())

    def bounds(self) -> Bounds:
        """Return the least and greatest units, None for no bound."""
        return _exact_bounds(self.minimum, self.maximum, self.precision, self._scale())


class TextKeys(TypeKeys):
    """Declares a text."""

    type: Literal["text"]

    def to_type(self) -> Type:
        """Return the declared type."""
        return TEXT


class OneOfKeys(TypeKeys):
    """Declares a choice among listed texts."""

    type: Literal["one_of"]
    values: Annotated[list[str], Field(min_length=1)]

    @model_validator(mode="after")
    def _distinct(self) -> OneOfKeys:
        seen: set[str] = set()
        for index, value in enumerate(self.values):
            if not value:
                raise shape_error("empty-value", "a value must not be empty", below=("values", index))
            if value in seen:
                message = f"the value `{value}` is listed twice"
                raise shape_error("duplicate-id", message, below=("values", index), found=value)
            seen.add(value)
        return self

    def to_type(self) -> Type:
        """Return the declared type."""
        return OneOfType(tuple(self.values))


class DateKeys(TypeKeys):
    """Declares a calendar day."""

    type: Literal["date"]

    def to_type(self) -> Type:
        """Return the declared type."""
        return DATE


class DateTimeKeys(TypeKeys):
    """Declares an instant."""

    type: Literal["date_time"]

    def to_type(self) -> Type:
        """Return the declared type."""
        return DATE_TIME


#: the declaration of what a list holds: any type but another list
ItemDeclaration = Annotated[
    BooleanKeys | IntegerKeys | DecimalKeys | MoneyKeys | TextKeys | OneOfKeys | DateKeys | DateTimeKeys,
    Field(discriminator="type"),
]


class ListKeys(TypeKeys):
    """Declares a list of values of one type."""

    type: Literal["list"]
    items: ItemDeclaration

    def to_type(self) -> Type:
        """Return the declared type."""
        return ListType(self.items.to_type())

    def bounds(self) -> Bounds:
        """Return the least and greatest units of the items, None for no bound."""
        return self.items.bounds()


#: a type on its own: type keys and nothing else
TypeDeclaration = Annotated[
    BooleanKeys
    | IntegerKeys
    | DecimalKeys
    | MoneyKeys
    | TextKeys
    | OneOfKeys
    | DateKeys
    | DateTimeKeys
    | ListKeys,
    Field(discriminator="type"),
]


class Described(DocumentModel):
    """The keys of everything that stands in the catalogue of facts."""

    title: Texts
    description: Texts
    labels: list[Name]
    reviewed_by: str | None


class FactKeys(Described):
    """The keys that a fact has beside its type.

    `reviewed_by` names who reviewed the labels, null for nobody yet. `derived_from` lists the full names of
    the facts that this one is computed from outside Fairlead.
    """

    derived_from: list[str] = Field(default_factory=list)
    known_at_decision: bool = True


class BooleanFact(BooleanKeys, FactKeys):
    """A fact that is a boolean."""


class IntegerFact(IntegerKeys, FactKeys):
    """A fact that is an integer."""


class DecimalFact(DecimalKeys, FactKeys):
    """A fact that is a decimal."""


class MoneyFact(MoneyKeys, FactKeys):
    """A fact that is money."""


class TextFact(TextKeys, FactKeys):
    """A fact that is a text."""


class OneOfFact(OneOfKeys, FactKeys):
    """A fact that is one of listed texts."""


class DateFact(DateKeys, FactKeys):
    """A fact that is a date."""


class DateTimeFact(DateTimeKeys, FactKeys):
    """A fact that is a date-time."""


class ListFact(ListKeys, FactKeys):
    """A fact that is a list."""


FactDeclaration = Annotated[
    BooleanFact
    | IntegerFact
    | DecimalFact
    | MoneyFact
    | TextFact
    | OneOfFact
    | DateFact
    | DateTimeFact
    | ListFact,
    Field(discriminator="type"),
]


class LinkDeclaration(DocumentModel):
    """A to-one link: a record carries the linked record under the link's name."""

    entity: Name
    description: Texts


class RelatedDeclaration(DocumentModel):
    """A to-many list: the records of `entity` whose to-one `link` leads here."""

    entity: Name
    link: Name
    description: Texts


class CalendarWindow(DocumentModel):
    """The calendar year, quarter or month that the date of evaluation lies in."""

    kind: Literal["calendar"]
    unit: Literal["year", "quarter", "month"]
    on: str


class RollingWindow(DocumentModel):
    """The last `days` days or `months` months, the date of evaluation included."""

    kind: Literal["rolling"]
    days: Annotated[int, Field(ge=1, le=36_600)] | None = None
    months: Annotated[int, Field(ge=1, le=1_200)] | None = None
    on: str

    @model_validator(mode="after")
    def _one_length(self) -> RollingWindow:
        if self.days is None and self.months is None:
            raise shape_error("missing-key", "the key `days` or `months` is missing", below=("days",))
        if self.days is not None and self.months is not None:
            raise shape_error("unexpected-key", "`months` stands beside `days`", below=("months",))
        return self


class AggregateDeclaration(Described):
    """A value computed from related records.

    `of` names the related list and `value` the fact to add up or compare; `where` is an expression about
    one related record.
    """

    function: Literal["count", "sum", "exists", "earliest", "latest"]
    of: Name
    value: str | None = None
    where: Any = None
    window: Annotated[CalendarWindow | RollingWindow, Field(discriminator="kind")] | None = None

    @model_validator(mode="after")
    def _value_where_needed(self) -> AggregateDeclaration:
        needs_value = self.function in ("sum", "earliest", "latest")
        if needs_value and self.value is None:
            message = f"the key `value` is missing: `{self.function}` needs a fact"
            raise shape_error("missing-key", message, below=("value",))
        if not needs_value and self.value is not None:
            message = f"`{self.function}` takes no `value`"
            raise shape_error("unexpected-key", message, below=("value",))
        return self


class EntityDeclaration(DocumentModel):
    """A kind of record."""

    title: Texts
    description: Texts
    links: dict[Name, LinkDeclaration] = Field(default_factory=dict)
    related: dict[Name, RelatedDeclaration] = Field(default_factory=dict)
    facts: dict[Name, FactDeclaration]
    aggregates: dict[Name, AggregateDeclaration] = Field(default_factory=dict)


class FactModelDocument(DocumentModel):
    """A fact model: entities with their links, facts and aggregates; `labels` declares every label."""

    fairlead: Literal[1]
    kind: Literal["fact-model"]
    name: DocumentName
    version: SemanticVersion
    title: Texts
    about: Texts
    labels: dict[Name, Texts] = Field(default_factory=dict)
    entities: dict[Name, EntityDeclaration]


class DocumentReference(DocumentModel):
    """The name and version of another document."""

    name: DocumentName
    version: SemanticVersion
