"""The shape of CRM mappings: from a CRM's objects and fields to entities and facts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from fairlead.documents.json_text import Document
from fairlead.documents.shapes import DocumentModel, DocumentName, SemanticVersion, check_shape, shape_error
from fairlead.documents.texts import Texts
from fairlead.ruleset.parts import CurrencyCode

__all__ = [
    "AfterConversion",
    "CrmMappingDocument",
    "EntityPart",
    "FactSource",
    "ObjectPart",
    "Only",
    "SamePerson",
    "check_crm_mapping",
]

FieldName = Annotated[str, Field(min_length=1, max_length=255)]
FieldNames = Annotated[list[FieldName], Field(min_length=1)]
ShortName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=100)]
OptionValue = str | bool | int | None


class FactSource(DocumentModel):
    """Where one fact comes from: exactly one of `field`, `fields` and `constant` is there."""

    field: FieldName | None = Field(default=None, description="The API name of the field.")
    fields: FieldNames | None = Field(
        default=None, description="Fields whose texts make one text, with a space between them."
    )
    constant: OptionValue = Field(default=None, description="The value itself, where the entity is there.")
    values: dict[str, OptionValue] | None = Field(
        default=None, description="From option values to values of the fact; null is absent."
    )
    other: Literal["refused", "absent"] = Field(
        default="refused", description="What an option value is that `values` does not have."
    )
    currency: CurrencyCode | None = Field(default=None, description="The currency of amounts.")
    currency_field: FieldName | None = Field(default=None, description="The field with the currency.")

    @model_validator(mode="after")
    def _one_source(self) -> FactSource:
        named = [key for key in ("field", "fields", "constant") if getattr(self, key) is not None]
        if len(named) != 1:
            message = "exactly one of `field`, `fields` and `constant` is needed"
            if not named:
                raise shape_error("missing-key", message, below=("field",))
            raise shape_error("unexpected-key", message, below=(named[1],), found=named[1])
        return self


class ObjectLink(DocumentModel):
    """How records of an object point to those of another."""

    object: FieldName = Field(description="The object that the link points to.")
    via: FieldName | None = Field(
        default=None, description="The lookup field or the association's label; null is the CRM's own."
    )


class Only(DocumentModel):
    """Records with one of these values in a field; the others are passed over."""

    field: FieldName = Field(description="The API name of the field.")
    values: Annotated[list[str | bool | int], Field(min_length=1)] = Field(description="The values.")


class EntityPart(DocumentModel):
    """One entity that a record embodies."""

    present: FieldNames | None = Field(
        default=None, description="The entity is there where one of these fields is filled."
    )
    facts: dict[ShortName, FactSource] = Field(description="The facts with the fields they are read from.")
    links: dict[ShortName, ShortName] = Field(
        default_factory=dict,
        description="To a link of the object, or to `record`: the entity that the same record embodies.",
    )


class AfterConversion(DocumentModel):
    """Where results go once a record was converted and can no longer be written to."""

    object: FieldName = Field(description="The object of the record that it became.")
    entities: Annotated[list[ShortName], Field(min_length=1)] = Field(
        description="The entities whose results go there; those of the others end with the conversion."
    )


class SamePerson(DocumentModel):
    """Fields that tell whether two records are of one person; `name` and `born` go together.

    They are compared and not kept: no fact is made of them.
    """

    email: FieldNames | None = Field(default=None, description="Fields with e-mail addresses.")
    phone: FieldNames | None = Field(
        default=None,
        description="Fields with telephone numbers; one without its country is of the fact `country`.",
    )
    name: FieldNames | None = Field(
        default=None, description="Fields whose texts make the name, with a space between them."
    )
    born: FieldName | None = Field(default=None, description="The field with the date or year of birth.")

    @model_validator(mode="after")
    def _name_with_birth(self) -> SamePerson:
        if (self.name is None) != (self.born is None):
            missing = "name" if self.name is None else "born"
            raise shape_error("missing-key", "`name` and `born` are compared together", below=(missing,))
        return self


class ObjectPart(DocumentModel):
    """One object of the CRM."""

    only: Only | None = Field(default=None, description="The records that are read.")
    links: dict[ShortName, ObjectLink] = Field(default_factory=dict, description="Links to other objects.")
    entities: Annotated[dict[ShortName, EntityPart], Field(min_length=1)] = Field(
        description="The entities that each record embodies, the main one first."
    )
    same_person: SamePerson | None = Field(
        default=None, description="What tells that two records of people are of one person."
    )
    after_conversion: AfterConversion | None = Field(
        default=None, description="Where results go once a record was converted into another."
    )


class TrackingCode(DocumentModel):
    """The fields that hold a partner's code, and the code that a lead came with."""

    partner: FieldName = Field(description="The field of the partner's object.")
    lead: FieldName = Field(description="The field of the lead's object.")
    prefix: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9-]{0,9}$")] = Field(
        default="TA-", description="What new codes begin with."
    )


class Overridable(DocumentModel):
    """A decision that people may override, and what no override may hide."""

    decision: Annotated[str, Field(min_length=1)] = Field(description="The name of the decision.")
    never_over: list[str] = Field(
        default_factory=list, description="Values that stand against any override, where they are decided."
    )


class CrmMappingDocument(DocumentModel):
    """How the objects of a CRM become entities."""

    fairlead: Literal[1] = Field(description="The version of the document format.")
    kind: Literal["crm-mapping"]
    name: DocumentName = Field(description="The path of the file without `.json`.")
    version: SemanticVersion = Field(description="The version of this document.")
    connector: Annotated[str, Field(min_length=1)] = Field(description="The connector that it is for.")
    title: Texts = Field(description="What the mapping is called.")
    about: Texts = Field(description="What embodies an introduction, and the choices made.")
    objects: Annotated[dict[FieldName, ObjectPart], Field(min_length=1)] = Field(
        description="The objects by API name."
    )
    results: dict[str, FieldName | None] = Field(
        default_factory=dict,
        description="Fields for decisions that go elsewhere than by default; null writes nothing.",
    )
    overrides: list[str | Overridable] = Field(
        default_factory=list, description="Decisions that people may override in fields of their own."
    )
    tracking_code: TrackingCode | None = Field(default=None, description="Where tracking codes stand.")

    @property
    def overridden(self) -> dict[str, tuple[str, ...]]:
        """The decisions that people may override, with the values that stand against any override."""
        return {each.decision: tuple(each.never_over) for each in map(_overridable, self.overrides)}


def _overridable(listed: str | Overridable) -> Overridable:
    return Overridable(decision=listed) if isinstance(listed, str) else listed


def check_crm_mapping(document: Document) -> CrmMappingDocument:
    """Return a mapping; raise DocumentError with every problem of its form."""
    return check_shape(CrmMappingDocument, document)
