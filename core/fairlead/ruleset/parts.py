"""The small pieces that the documents of this package are made of."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from fairlead.documents.found import found_text, json_kind
from fairlead.documents.shapes import DocumentModel, Name, shape_error
from fairlead.documents.texts import Texts
from fairlead.facts import currencies
from fairlead.facts.types import INT64_HIGH, INT64_LOW, MAX_DIGITS
from fairlead.problems import nearest_name

__all__ = [
    "EXPRESSION_MARK",
    "CurrencyCode",
    "Day",
    "DigestText",
    "Effective",
    "Expression",
    "Factor",
    "FullName",
    "Identifier",
    "Moment",
    "Number",
    "ReasonPart",
    "ValueJson",
    "check_currency",
]

#: `fairlead.ruleset.schema` puts the reference to the expression definition where this mark stands
EXPRESSION_MARK = {"$comment": "fairlead expression"}

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,37})(\.[0-9]{1,38})?")
_FULL_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}\.[a-z][a-z0-9_]{0,62}")
_IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)


def _schema(pattern: re.Pattern[str]) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^({pattern.pattern})$"}


def _full_name(text: str) -> str:
    if not _FULL_NAME.fullmatch(text):
        raise shape_error(
            "bad-name",
            f"`{found_text(text)}` is not the name of a fact or decision",
            found=found_text(text),
            remedy="write the entity, a point and the name, such as `lead.score`",
        )
    return text


def _identifier(text: str) -> str:
    if not _IDENTIFIER.fullmatch(text):
        raise shape_error(
            "bad-name",
            f"`{found_text(text)}` is not an id",
            found=found_text(text),
            remedy="use lower-case letters, digits, `_` and `-`, at most 63 of them",
        )
    return text


def _digest(text: str) -> str:
    if not _DIGEST.fullmatch(text):
        raise shape_error(
            "invalid-value",
            f"`{found_text(text)}` is not a digest",
            found=found_text(text),
            remedy="a digest is `sha256:` and 64 hexadecimal digits",
        )
    return text


def _day(value: Any) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise shape_error(
        "invalid-value" if isinstance(value, str) else "wrong-type",
        f"{_shown(value)} is not a date",
        found=found_text(value),
        remedy="write a date such as `2026-01-31`",
    )


def check_currency(code: str) -> str:
    """Return the code of an active currency of ISO 4217; refuse any other."""
    if not currencies.is_currency(code):
        raise shape_error(
            "unknown-currency",
            f"`{found_text(code)}` is not an active ISO 4217 currency",
            found=found_text(code),
            nearest=nearest_name(code.upper(), sorted(currencies.currency_codes())),
            remedy="use a code in capitals, such as `USD`",
        )
    return code


def _moment(value: Any) -> date | datetime:
    if isinstance(value, str) and not _DAY.fullmatch(value) and _MOMENT.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    elif isinstance(value, str) and _DAY.fullmatch(value):
        return _day(value)
    raise shape_error(
        "invalid-value" if isinstance(value, str) else "wrong-type",
        f"{_shown(value)} is not a date or date-time",
        found=found_text(value),
        remedy="write a date such as `2026-01-31`, or a date-time such as `2026-01-31T09:00:00+03:00`",
    )


def _number(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        if not INT64_LOW <= value <= INT64_HIGH:
            raise shape_error(
                "value-out-of-range", "a whole number must fit 64 bits", found=found_text(value)
            )
        return value
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        if len(value.lstrip("-").replace(".", "").lstrip("0")) > MAX_DIGITS:
            raise shape_error(
                "too-many-digits", f"a number has at most {MAX_DIGITS} digits", found=found_text(value)
            )
        return value
    raise shape_error(
        "invalid-value" if isinstance(value, str | float) else "wrong-type",
        f"{_shown(value)} is not an exact number",
        found=found_text(value),
        remedy='write a whole number such as 5, or a decimal as a string such as "2.5"',
    )


def _factor(value: int | str) -> int | str:
    if not 0 <= Decimal(value) <= 1:
        raise shape_error(
            "invalid-value",
            f"the factor `{value}` is not between 0 and 1",
            found=str(value),
            remedy='write the share that is left, such as "0.5"',
        )
    return value


def _value_json(value: Any) -> Any:
    if value is None:
        raise shape_error("wrong-type", "a value is expected; this is null", found="null")
    return value


def _shown(value: Any) -> str:
    return f"`{found_text(value)}`" if isinstance(value, str | int | float) else json_kind(value)


#: `entity.name`: a fact, an aggregate or a decision
FullName = Annotated[str, AfterValidator(_full_name), WithJsonSchema(_schema(_FULL_NAME))]
#: the id of a row, group or cap
Identifier = Annotated[str, AfterValidator(_identifier), WithJsonSchema(_schema(_IDENTIFIER))]
#: the digest of a document
DigestText = Annotated[str, AfterValidator(_digest), WithJsonSchema(_schema(_DIGEST))]
#: an active currency of ISO 4217
CurrencyCode = Annotated[
    str, AfterValidator(check_currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})
]
#: a calendar day
Day = Annotated[
    date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date", **_schema(_DAY)})
]
#: a calendar day, or an instant; an instant without an offset is in the project's zone
Moment = Annotated[date | datetime, BeforeValidator(_moment), WithJsonSchema(_schema(_MOMENT))]
#: an exact number: a JSON integer, or a decimal string
Number = Annotated[
    int | str,
    BeforeValidator(_number),
    WithJsonSchema({"anyOf": [{"type": "integer"}, _schema(_DECIMAL)]}),
]
#: an exact number between 0 and 1
Factor = Annotated[Number, AfterValidator(_factor)]
#: an expression in JSONLogic's notation, as written; it is checked when the ruleset is built
Expression = Annotated[Any, WithJsonSchema(EXPRESSION_MARK)]
#: a value as a record writes it; it is checked against its declared type when the ruleset is built
ValueJson = Annotated[
    Any,
    BeforeValidator(_value_json),
    WithJsonSchema({"type": ["boolean", "number", "string", "object", "array"]}),
]


class Effective(DocumentModel):
    """When a version is in force: from the first day on, up to and without the last.

    Without `to` (or with null) a version is in force until the next one begins.
    """

    first: Day = Field(alias="from", description="The first day in force.")
    to: Day | None = Field(default=None, description="The first day no longer in force.")


class ReasonPart(DocumentModel):
    """Why a row counted: a code for machines, a text for people."""

    code: Name = Field(description="The reason code, stable over versions.")
    text: Texts = Field(description="The reason in words.")
