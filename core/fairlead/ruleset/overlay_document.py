"""The shape of ruleset overlays."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from fairlead.documents.found import found_text, json_kind
from fairlead.documents.json_text import Document
from fairlead.documents.shapes import DocumentModel, DocumentName, Name, SemanticVersion, shape_error
from fairlead.documents.texts import Texts
from fairlead.facts.document import DocumentReference
from fairlead.problems import nearest_name
from fairlead.ruleset.consistency import PAYING, overlay_problems
from fairlead.ruleset.decisions import DecisionPart, GroupPart, ScoreRowPart, TableRowPart
from fairlead.ruleset.document import ParameterPart, check_form
from fairlead.ruleset.parts import Effective, FullName, Identifier
from fairlead.ruleset.programme_parts import AttributionPart, SettlementPart

__all__ = [
    "AddAttribution",
    "AddDecision",
    "AddGroup",
    "AddParameter",
    "AddRow",
    "AddSettlement",
    "After",
    "Before",
    "ChangePart",
    "RemoveAttribution",
    "RemoveDecision",
    "RemoveGroup",
    "RemoveParameter",
    "RemoveRow",
    "RemoveSettlement",
    "ReplaceAttribution",
    "ReplaceDecision",
    "ReplaceGroup",
    "ReplaceParameter",
    "ReplaceRow",
    "ReplaceSettlement",
    "RulesetOverlayDocument",
    "check_ruleset_overlay",
]


class Before(DocumentModel):
    """The place right before another."""

    before: str = Field(min_length=1, description="The id that it stands before.")


class After(DocumentModel):
    """The place right after another."""

    after: str = Field(min_length=1, description="The id that it stands after.")


_POSITION_REMEDY = 'write "first", "last", {"before": id} or {"after": id}'


def _position(value: Any) -> Any:
    if isinstance(value, str) and value not in ("first", "last"):
        raise shape_error(
            "unknown-value",
            f"`{found_text(value)}` is not a position",
            found=found_text(value),
            allowed=("first", "last"),
            nearest=nearest_name(value, ("first", "last")),
            remedy=_POSITION_REMEDY,
        )
    if not isinstance(value, dict | str) or (isinstance(value, dict) and len(value) != 1):
        raise shape_error(
            "wrong-type",
            f"a position is expected here; this is {json_kind(value)}",
            found=found_text(value),
            remedy=_POSITION_REMEDY,
        )
    return value


def _position_tag(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    return "After" if "after" in value else "Before"


Position = Annotated[
    Annotated[Literal["first", "last"], Tag("text")]
    | Annotated[Before, Tag("Before")]
    | Annotated[After, Tag("After")],
    Discriminator(_position_tag),
    BeforeValidator(_position),
]


def _row_tag(value: Any) -> str:
    return "ScoreRowPart" if isinstance(value, dict) and "points" in value else "TableRowPart"


RowPart = Annotated[
    Annotated[ScoreRowPart, Tag("ScoreRowPart")] | Annotated[TableRowPart, Tag("TableRowPart")],
    Discriminator(_row_tag),
]


class AddRow(DocumentModel):
    """Add a row to a scorecard or table."""

    action: Literal["add"]
    what: Literal["row"]
    decision: FullName = Field(description="The decision that gets the row.")
    value: RowPart = Field(description="The row.")
    position: Position = Field(description="Where it stands among the rows.")


class ReplaceRow(DocumentModel):
    """Put another row in a row's place."""

    action: Literal["replace"]
    what: Literal["row"]
    decision: FullName = Field(description="The row's decision.")
    id: Identifier = Field(description="The row.")
    value: RowPart = Field(description="The new row, with the same id.")


class RemoveRow(DocumentModel):
    """Take a row out."""

    action: Literal["remove"]
    what: Literal["row"]
    decision: FullName = Field(description="The row's decision.")
    id: Identifier = Field(description="The row.")


class AddGroup(DocumentModel):
    """Add a group to a scorecard."""

    action: Literal["add"]
    what: Literal["group"]
    decision: FullName = Field(description="The scorecard.")
    value: GroupPart = Field(description="The group.")


class ReplaceGroup(DocumentModel):
    """Put another group in a group's place."""

    action: Literal["replace"]
    what: Literal["group"]
    decision: FullName = Field(description="The scorecard.")
    id: Identifier = Field(description="The group.")
    value: GroupPart = Field(description="The new group, with the same id.")


class RemoveGroup(DocumentModel):
    """Take a group out."""

    action: Literal["remove"]
    what: Literal["group"]
    decision: FullName = Field(description="The scorecard.")
    id: Identifier = Field(description="The group.")


class AddParameter(DocumentModel):
    """Add a parameter."""

    action: Literal["add"]
    what: Literal["parameter"]
    id: Name = Field(description="The parameter's name.")
    value: ParameterPart = Field(description="The parameter.")


class ReplaceParameter(DocumentModel):
    """Put another parameter in a parameter's place."""

    action: Literal["replace"]
    what: Literal["parameter"]
    id: Name = Field(description="The parameter's name.")
    value: ParameterPart = Field(description="The new parameter.")


class RemoveParameter(DocumentModel):
    """Take a parameter out."""

    action: Literal["remove"]
    what: Literal["parameter"]
    id: Name = Field(description="The parameter's name.")


class AddDecision(DocumentModel):
    """Add a decision."""

    action: Literal["add"]
    what: Literal["decision"]
    value: DecisionPart = Field(description="The decision.")
    position: Position = Field(description="Where it stands among the decisions.")


class ReplaceDecision(DocumentModel):
    """Put another decision in a decision's place."""

    action: Literal["replace"]
    what: Literal["decision"]
    id: FullName = Field(description="The decision.")
    value: DecisionPart = Field(description="The new decision, with the same name.")


class RemoveDecision(DocumentModel):
    """Take a decision out."""

    action: Literal["remove"]
    what: Literal["decision"]
    id: FullName = Field(description="The decision.")


class AddAttribution(DocumentModel):
    """Say who introduced a patient, where nothing was said."""

    action: Literal["add"]
    what: Literal["attribution"]
    value: AttributionPart = Field(description="The attribution.")


class ReplaceAttribution(DocumentModel):
    """Put another attribution in its place."""

    action: Literal["replace"]
    what: Literal["attribution"]
    value: AttributionPart = Field(description="The new attribution, whole.")


class RemoveAttribution(DocumentModel):
    """Take the attribution out."""

    action: Literal["remove"]
    what: Literal["attribution"]


class AddSettlement(DocumentModel):
    """Say when is paid, where nothing was said."""

    action: Literal["add"]
    what: Literal["settlement"]
    value: SettlementPart = Field(description="The settlement.")


class ReplaceSettlement(DocumentModel):
    """Put another settlement in its place."""

    action: Literal["replace"]
    what: Literal["settlement"]
    value: SettlementPart = Field(description="The new settlement, whole.")


class RemoveSettlement(DocumentModel):
    """Take the settlement out."""

    action: Literal["remove"]
    what: Literal["settlement"]


_ACTIONS = ("add", "replace", "remove")
_WHATS = ("row", "group", "parameter", "decision", *PAYING)


def _change(value: Any) -> Any:
    if not isinstance(value, dict):
        raise shape_error(
            "wrong-type", f"a change is an object; this is {json_kind(value)}", found=found_text(value)
        )
    for key, allowed in (("action", _ACTIONS), ("what", _WHATS)):
        if key not in value:
            raise shape_error("missing-key", f"the key `{key}` is missing", below=(key,), allowed=allowed)
        found = value[key]
        if found not in allowed:
            raise shape_error(
                "unknown-value",
                f"`{found_text(found)}` is not one of the values allowed here",
                below=(key,),
                found=found_text(found),
                allowed=allowed,
                nearest=nearest_name(found, allowed) if isinstance(found, str) else None,
            )
    return value


def _change_tag(value: Any) -> str:
    return f"{value['action'].capitalize()}{value['what'].capitalize()}"


#: one change of an overlay, told apart by `action` and `what`
ChangePart = Annotated[
    Annotated[AddRow, Tag("AddRow")]
    | Annotated[ReplaceRow, Tag("ReplaceRow")]
    | Annotated[RemoveRow, Tag("RemoveRow")]
    | Annotated[AddGroup, Tag("AddGroup")]
    | Annotated[ReplaceGroup, Tag("ReplaceGroup")]
    | Annotated[RemoveGroup, Tag("RemoveGroup")]
    | Annotated[AddParameter, Tag("AddParameter")]
    | Annotated[ReplaceParameter, Tag("ReplaceParameter")]
    | Annotated[RemoveParameter, Tag("RemoveParameter")]
    | Annotated[AddDecision, Tag("AddDecision")]
    | Annotated[ReplaceDecision, Tag("ReplaceDecision")]
    | Annotated[RemoveDecision, Tag("RemoveDecision")]
    | Annotated[AddAttribution, Tag("AddAttribution")]
    | Annotated[ReplaceAttribution, Tag("ReplaceAttribution")]
    | Annotated[RemoveAttribution, Tag("RemoveAttribution")]
    | Annotated[AddSettlement, Tag("AddSettlement")]
    | Annotated[ReplaceSettlement, Tag("ReplaceSettlement")]
    | Annotated[RemoveSettlement, Tag("RemoveSettlement")],
    Discriminator(_change_tag),
    BeforeValidator(_change),
]


class RulesetOverlayDocument(DocumentModel):
    """Changes to a ruleset: rows, groups, parameters and decisions by id; its attribution and settlement."""

    fairlead: Literal[1] = Field(description="The version of the document format.")
    kind: Literal["ruleset-overlay"]
    name: DocumentName = Field(description="The path below the rulesets folder, without `.json`.")
    version: SemanticVersion = Field(description="The version of this document.")
    title: Texts = Field(description="What the resulting ruleset is called.")
    about: Texts = Field(description="What it changes, for whom, and why.")
    extends: DocumentReference = Field(description="The ruleset, or overlay, that is changed.")
    model: DocumentReference | None = Field(
        default=None, description="The fact model to read instead; left out, that of the extended ruleset."
    )
    effective: Effective | None = Field(
        default=None, description="When this version is in force; left out, as the extended ruleset."
    )
    changes: list[ChangePart] = Field(description="The changes, applied in this order.")


def check_ruleset_overlay(document: Document) -> RulesetOverlayDocument:
    """Return an overlay as written; raise DocumentError with every problem of its form."""
    return check_form(RulesetOverlayDocument, document, overlay_problems)
