"""The JSON shape of overlays of fact models."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from fairlead.documents.shapes import DocumentModel, DocumentName, Name, SemanticVersion, shape_error
from fairlead.documents.texts import Texts
from fairlead.facts.document import (
    AggregateDeclaration,
    DocumentReference,
    EntityDeclaration,
    FactDeclaration,
    LinkDeclaration,
    RelatedDeclaration,
)

__all__ = [
    "AggregateChange",
    "Change",
    "EntityChange",
    "FactChange",
    "FactModelOverlay",
    "LabelChange",
    "LinkChange",
    "RelatedChange",
]


class _Change(DocumentModel):
    """What all changes of an overlay have; a subclass adds `what` and `value`."""

    action: Literal["add", "replace", "remove"]
    id: Name
    value: Any = None

    @model_validator(mode="after")
    def _value_where_needed(self) -> _Change:
        if self.action == "remove" and self.value is not None:
            raise shape_error("unexpected-key", "`remove` takes no `value`", below=("value",))
        if self.action != "remove" and self.value is None:
            message = f"the key `value` is missing: `{self.action}` needs it"
            raise shape_error("missing-key", message, below=("value",))
        return self


class FactChange(_Change):
    """Adds, replaces or removes a fact."""

    what: Literal["fact"]
    entity: Name
    value: FactDeclaration | None = None


class AggregateChange(_Change):
    """Adds, replaces or removes an aggregate."""

    what: Literal["aggregate"]
    entity: Name
    value: AggregateDeclaration | None = None


class LinkChange(_Change):
    """Adds, replaces or removes a to-one link."""

    what: Literal["link"]
    entity: Name
    value: LinkDeclaration | None = None


class RelatedChange(_Change):
    """Adds, replaces or removes a to-many list."""

    what: Literal["related"]
    entity: Name
    value: RelatedDeclaration | None = None


class EntityChange(_Change):
    """Adds, replaces or removes an entity."""

    what: Literal["entity"]
    value: EntityDeclaration | None = None


class LabelChange(_Change):
    """Adds, replaces or removes the declaration of a label."""

    what: Literal["label"]
    value: Texts | None = None


Change = Annotated[
    FactChange | AggregateChange | LinkChange | RelatedChange | EntityChange | LabelChange,
    Field(discriminator="what"),
]


class FactModelOverlay(DocumentModel):
    """A client's changes to a fact model; the result has the overlay's name and version."""

    fairlead: Literal[1]
    kind: Literal["fact-model-overlay"]
    name: DocumentName
    version: SemanticVersion
    title: Texts | None = None
    about: Texts | None = None
    extends: DocumentReference
    changes: list[Change]
