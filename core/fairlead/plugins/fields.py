"""Objects and fields of a CRM: what there is, and what is to be created."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from fairlead.plugins.failures import Failure

__all__ = [
    "FieldInfo",
    "FieldKind",
    "FieldSpec",
    "ObjectInfo",
    "Option",
    "Purpose",
    "SetupStep",
    "StepAction",
]


class FieldKind(StrEnum):
    """What a field holds, over all CRMs.

    `LINK` points to records of another object, `OTHER` is what Fairlead neither reads nor writes.
    """

    TEXT = "text"
    LONG_TEXT = "long_text"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    DATE_TIME = "date_time"
    ONE_OF = "one_of"
    MANY_OF = "many_of"
    LINK = "link"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Option:
    """A value of a pick list: `value` is stored, `label` is shown."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """A field as the CRM describes it to the integration user.

    `writable` is false where the CRM computes the value or the user may not write it. `length` counts
    characters, `scale` the digits after the decimal sign; None is unknown. `links_to` names the objects that
    a link points to.
    """

    name: str
    label: str
    kind: FieldKind
    options: tuple[Option, ...] = ()
    writable: bool = True
    custom: bool = False
    unique: bool = False
    length: int | None = None
    scale: int | None = None
    links_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object (HubSpot object type, Salesforce sObject, Zoho module) with its fields."""

    name: str
    label: str
    fields: tuple[FieldInfo, ...]

    def field(self, name: str) -> FieldInfo | None:
        """Return the field with an API name, or None."""
        return next((field for field in self.fields if field.name == name), None)


#: who fills a field: Fairlead, people as input to the rules, or people against a result
Purpose = Literal["result", "input", "override"]


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field of ours that a CRM is to have.

    `name` is the API name as mappings write it. `length` is that of texts, `precision` and `scale` those of
    decimals. `links_to` is the object that a link points to.
    """

    object: str
    name: str
    label: str
    kind: FieldKind
    purpose: Purpose
    description: str = ""
    options: tuple[Option, ...] = ()
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    unique: bool = False
    links_to: str | None = None


#: `create`, `change`, `remove` and `grant` alter the CRM; `exists` found it as wanted; `explain` is for a
#: person to do, because the interface does not allow it
StepAction = Literal["create", "change", "remove", "grant", "exists", "explain"]


@dataclass(frozen=True, slots=True)
class SetupStep:
    """One thing that provisioning does, would do (`done` is false) or failed to do (`failure`).

    `target` names what is touched (`contacts.fairlead_score`, `permission set Fairlead`), `detail` says it
    in words. `spec` is there for fields; `name` is then the API name that the CRM gave it.
    """

    action: StepAction
    target: str
    detail: str
    done: bool
    spec: FieldSpec | None = None
    name: str | None = None
    failure: Failure | None = None
