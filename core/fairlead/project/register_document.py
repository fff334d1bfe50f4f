"""The shape of the register of people: a list of signed changes, each bound to the one before it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from fairlead.documents.found import found_text
from fairlead.documents.shapes import DocumentModel, shape_error
from fairlead.project.envelope import KeyId, PersonName, Role, SignedDocument
from fairlead.project.keys import decoded
from fairlead.ruleset.parts import Day, DigestText, Identifier

__all__ = [
    "AddKey",
    "AddPerson",
    "Change",
    "KeyPart",
    "RegisterDocument",
    "RegisterEntry",
    "RevokeKey",
    "SetRoles",
]


def _is_public(text: str) -> str:
    if decoded(text, 32) is None:
        shown = found_text(text)
        raise shape_error("bad-key", f"`{shown}` is not a public key in base64", found=shown)
    return text


def _each_once(roles: list[Role]) -> list[Role]:
    for position, role in enumerate(roles):
        if role in roles[:position]:
            raise shape_error("duplicate-name", f"`{role}` is listed twice", below=(position,), found=role)
    return roles


Roles = Annotated[list[Role], AfterValidator(_each_once)]


class KeyPart(DocumentModel):
    """A public key and the days on which it may sign."""

    public: Annotated[str, AfterValidator(_is_public)] = Field(
        description="The 32 bytes of the Ed25519 public key, in base64."
    )
    valid_from: Day = Field(description="The first day, in UTC.")
    valid_until: Day | None = Field(default=None, description="The last day; left out, no end.")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> KeyPart:
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise shape_error(
                "inconsistent-range", "the key ends to be valid before it begins", below=("valid_until",)
            )
        return self

    def covers(self, day: date) -> bool:
        """Tell whether the key may sign on a day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


class AddPerson(DocumentModel):
    """A person comes in, with a key."""

    action: Literal["add-person"]
    person: Identifier = Field(description="The person's id.")
    name: PersonName = Field(description="The person's name.")
    roles: Roles = Field(description="What the person may sign as.")
    key: KeyPart = Field(description="The person's first key.")


class AddKey(DocumentModel):
    """A person gets a further key."""

    action: Literal["add-key"]
    person: Identifier = Field(description="The person's id.")
    key: KeyPart = Field(description="The key.")


class SetRoles(DocumentModel):
    """A person's roles change, from then on."""

    action: Literal["set-roles"]
    person: Identifier = Field(description="The person's id.")
    roles: Roles = Field(description="What the person may sign as from now on; none where the list is empty.")


class RevokeKey(DocumentModel):
    """A key may sign no more."""

    action: Literal["revoke-key"]
    person: Identifier = Field(description="The person's id.")
    key: KeyId = Field(description="The id of the key.")
    revoked_on: Day = Field(description="Nothing that was signed on this day or later counts.")
    reason: Annotated[str, Field(min_length=1)] = Field(description="Why.")
    known: list[DigestText] | None = Field(
        default=None,
        description="Where others may hold the key: the payloads it signed that still count. A date in a "
        "signature is its signer's word.",
    )


Change = Annotated[AddPerson | AddKey | SetRoles | RevokeKey, Field(discriminator="action")]


class RegisterEntry(DocumentModel):
    """What an entry's signature is over: its number, the digest of the entry before it, and the change."""

    fairlead: Literal[1] = Field(description="The version of the document format.")
    kind: Literal["register-entry"]
    number: int = Field(ge=0, description="Its place in the register, from 0.")
    previous: DigestText | None = Field(description="The digest of the entry before it; null for the first.")
    change: Change = Field(description="The change.")


class RegisterDocument(DocumentModel):
    """A register of people and their keys."""

    fairlead: Literal[1] = Field(description="The version of the document format.")
    kind: Literal["register"]
    entries: Annotated[list[SignedDocument], Field(min_length=1)] = Field(
        description="The changes, oldest first, each signed."
    )
