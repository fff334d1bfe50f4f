"""The shape of decisions: scorecards, tables, formulas, checks and rewards."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema

from fairlead.documents.found import found_text, json_kind
from fairlead.documents.shapes import DocumentModel, Name, shape_error
from fairlead.documents.texts import Texts
from fairlead.facts.document import TypeDeclaration
from fairlead.problems import nearest_name
from fairlead.ruleset.parts import (
    EXPRESSION_MARK,
    Expression,
    Factor,
    FullName,
    Identifier,
    Number,
    ReasonPart,
)
from fairlead.ruleset.programme_parts import BenefitPart, RewardCurrency

__all__ = [
    "CELL_RANGE_KEYS",
    "CapPart",
    "CapWindow",
    "CheckPart",
    "DecayPart",
    "DecayStep",
    "DecisionPart",
    "FormulaPart",
    "GroupPart",
    "OtherwisePart",
    "RewardPart",
    "ScoreRowPart",
    "ScorecardPart",
    "TablePart",
    "TableRowPart",
]

#: the keys of a range in a table cell
CELL_RANGE_KEYS = ("at_least", "above", "at_most", "below")
#: the objects that stand for one value
_LITERAL_KEYS = ("decimal", "date", "date_time", "money")

_SCALAR = {"type": ["boolean", "number", "string"]}
_LITERAL_SCHEMA = {
    "anyOf": [
        _SCALAR,
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
            "properties": dict.fromkeys(_LITERAL_KEYS, True),
        },
    ]
}
_RANGE_SCHEMA = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": False,
    "properties": dict.fromkeys(CELL_RANGE_KEYS, _LITERAL_SCHEMA),
    "not": {"anyOf": [{"required": ["at_least", "above"]}, {"required": ["at_most", "below"]}]},
}


def _check_literal(value: Any, below: tuple[str | int, ...]) -> None:
    if isinstance(value, bool | int | float | str):
        return
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in _LITERAL_KEYS:
        return
    raise shape_error(
        "wrong-type",
        f"a value is expected here; this is {json_kind(value)}",
        below=below,
        found=found_text(value),
        remedy='write a value such as 5, "gold", {"date": "2026-01-31"} or {"money": ["500.00", "USD"]}',
    )


def _check_range(value: dict[str, Any]) -> None:
    for key in value:
        if key not in CELL_RANGE_KEYS:
            raise shape_error(
                "unknown-key",
                f"a cell has no key `{found_text(key)}`",
                below=(key,),
                found=found_text(key),
                allowed=CELL_RANGE_KEYS,
            )
    for one, other in (("at_least", "above"), ("at_most", "below")):
        if one in value and other in value:
            raise shape_error(
                "unexpected-key",
                f"a cell has either `{one}` or `{other}`, not both",
                below=(other,),
                found=other,
                remedy="keep one of the two",
            )
    for key, bound in value.items():
        _check_literal(bound, (key,))


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        if not value:
            raise shape_error("empty-value", "the list of values is empty", remedy="name at least one value")
        for index, item in enumerate(value):
            _check_literal(item, (index,))
    elif isinstance(value, dict) and not (len(value) == 1 and next(iter(value)) in _LITERAL_KEYS):
        if not value:
            raise shape_error("empty-value", "the cell is empty", allowed=CELL_RANGE_KEYS)
        _check_range(value)
    else:
        _check_literal(value, ())
    return value


#: a condition on one fact: a value it equals, a list it is one of, or a range
Cell = Annotated[
    Any,
    BeforeValidator(_cell),
    WithJsonSchema(
        {
            "anyOf": [
                _LITERAL_SCHEMA,
                {"type": "array", "minItems": 1, "items": _LITERAL_SCHEMA},
                _RANGE_SCHEMA,
            ],
            "description": "A value the fact equals, a list of values it is one of, or a range.",
        }
    ),
]

#: points: an exact number, or an expression that yields one
Points = Annotated[
    Any,
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}, EXPRESSION_MARK]}),
]


class _Decision(DocumentModel):
    name: FullName = Field(description="The decision's name: its entity, a point and the result.")
    title: Texts = Field(description="What the result is called.")
    description: Texts | None = Field(default=None, description="What the result means.")


#: more days than the years 1 to 9999 have
_MOST_DAYS = 3_660_000


class DecayStep(DocumentModel):
    """From so many days on, this share of the points is left."""

    after_days: Annotated[int, Field(ge=0, le=_MOST_DAYS)] = Field(description="Whole days since the date.")
    factor: Factor = Field(description="The share of the points that is left, between 0 and 1.")


class DecayPart(DocumentModel):
    """Points that fade with time, in steps."""

    since: FullName = Field(description="The date fact that the days are counted from.")
    steps: list[DecayStep] = Field(min_length=1, description="The steps, days ascending.")


class ScoreRowPart(DocumentModel):
    """A row of a scorecard: where `when` is true, its points count."""

    id: Identifier = Field(description="The row's id within the decision.")
    when: Expression = Field(description="The condition.")
    points: Points = Field(description="The points: a number, or an expression.")
    group: Identifier | None = Field(default=None, description="The group whose bounds hold for the row.")
    decay: DecayPart | None = Field(default=None, description="How the points fade.")
    reason: ReasonPart = Field(description="Why the row counted.")


class GroupPart(DocumentModel):
    """Bounds on the points of several rows together."""

    id: Identifier = Field(description="The group's id within the decision.")
    minimum: Number | None = Field(default=None, description="The least points of the group.")
    maximum: Number | None = Field(default=None, description="The most points of the group.")


class ScorecardPart(_Decision):
    """Points added up."""

    kind: Literal["scorecard"]
    initial: Number = Field(default=0, description="The points to begin with.")
    minimum: Number | None = Field(default=None, description="The least score.")
    maximum: Number | None = Field(default=None, description="The highest score.")
    groups: list[GroupPart] = Field(default=[], description="Groups of rows with bounds of their own.")
    rows: list[ScoreRowPart] = Field(min_length=1, description="The rows.")


class TableRowPart(DocumentModel):
    """A row of a decision table: it matches where all its cells and its `when` are true."""

    id: Identifier = Field(description="The row's id within the decision.")
    cells: Annotated[dict[str, Cell], Field(min_length=1)] | None = Field(
        default=None, description="Conditions by the name of what they read."
    )
    when: Expression = Field(default=None, description="A condition besides the cells.")
    then: Expression = Field(default=None, description="The output; left out under collect count.")
    reason: ReasonPart | None = Field(default=None, description="Why the row counted.")


class OtherwisePart(DocumentModel):
    """The output where no row matches."""

    then: Expression = Field(description="The output.")
    reason: ReasonPart | None = Field(default=None, description="Why.")


def _otherwise(value: Any) -> Any:
    if isinstance(value, str) and value != "undetermined":
        raise shape_error(
            "unknown-value",
            f"`{found_text(value)}` is not one of the values allowed here",
            found=found_text(value),
            allowed=("undetermined",),
            nearest=nearest_name(value, ("undetermined",)),
            remedy='write "undetermined", or an object with `then`',
        )
    return value


# the tags are the names that problems are told apart by: a model's own name, or any other
Otherwise = Annotated[
    Annotated[Literal["undetermined"], Tag("text")] | Annotated[OtherwisePart, Tag("OtherwisePart")],
    Discriminator(lambda value: "text" if isinstance(value, str) else "OtherwisePart"),
    BeforeValidator(_otherwise),
]


class TablePart(_Decision):
    """A decision table."""

    kind: Literal["table"]
    result: TypeDeclaration = Field(description="The type of the output.")
    hit_policy: Literal["unique", "first", "any", "collect"] = Field(
        description="What holds where several rows match."
    )
    aggregate: Literal["sum", "min", "max", "count"] | None = Field(
        default=None, description="How collected outputs become one; under collect alone."
    )
    rows: list[TableRowPart] = Field(min_length=1, description="The rows.")
    otherwise: Otherwise | None = Field(
        default=None, description="The output where no row matches, or `undetermined`."
    )


class FormulaPart(_Decision):
    """One expression."""

    kind: Literal["formula"]
    result: TypeDeclaration = Field(description="The type of the value.")
    value: Expression = Field(description="The expression.")


class CheckPart(_Decision):
    """A requirement that is passed or failed."""

    kind: Literal["check"]
    requirement: Expression = Field(description="What must be true.")
    severity: Literal["error", "warning", "info"] = Field(description="How bad it is to fail.")
    citation: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="Where the requirement comes from."
    )
    reason: ReasonPart = Field(description="The reason given where the check fails.")


class CapWindow(DocumentModel):
    """A calendar period in a cap."""

    kind: Literal["calendar"]
    unit: Literal["year", "quarter", "month"] = Field(description="The period.")


class CapPart(DocumentModel):
    """A bound on what is paid."""

    id: Identifier = Field(description="The cap's id within the reward.")
    per: Literal["payee", "patient", "introduction", "programme"] = Field(
        description="What the bound holds for."
    )
    window: CapWindow | None = Field(default=None, description="The period; left out, all time.")
    maximum: Expression = Field(description="The most that is paid, in the reward's currency.")


class RewardPart(_Decision):
    """What an introduction earns: the one block that the ledger executes."""

    kind: Literal["reward"]
    currency: RewardCurrency = Field(
        description="The currency of the amount, by ISO 4217; `PTS` where the benefit is points."
    )
    benefit: BenefitPart | None = Field(default=None, description="What is given; left out, money.")
    payee: Name = Field(description="The link to who is paid.")
    amount: Expression = Field(description="The amount before caps.")
    accrues_when: Expression = Field(description="When the reward is earned.")
    payable_when: Expression = Field(description="When it may be paid.")
    reversed_when: Expression = Field(description="When it is taken back.")
    caps: list[CapPart] = Field(default=[], description="Bounds on what is paid.")
    work: list[FullName] = Field(description="The facts that define equal work.")
    re_rates: bool = Field(
        default=False,
        description="Whether earlier introductions of a period are paid anew at the rate of the latest.",
    )
    reason: ReasonPart | None = Field(default=None, description="Why the reward is earned.")


#: any decision, told apart by `kind`
DecisionPart = Annotated[
    ScorecardPart | TablePart | FormulaPart | CheckPart | RewardPart, Field(discriminator="kind")
]
