"""Signed documents: a payload with its signatures, the same form for approvals, reports and the register.

A signature (Ed25519) is over the RFC 8785 form of the payload together with who signs, by what name, in which
role, with which key and when, so that none of these can be changed afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, get_args

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import AfterValidator, Field

from fairlead.documents.canonical import canonical_bytes, digest
from fairlead.documents.found import found_text
from fairlead.documents.json_text import Document
from fairlead.documents.shapes import DocumentModel, check_shape, shape_error
from fairlead.project.keys import decoded, is_signed_by, key_id, public_text, sign_bytes
from fairlead.ruleset.parts import Identifier

__all__ = [
    "ROLES",
    "Envelope",
    "KeyId",
    "Moment",
    "PersonName",
    "Role",
    "SignaturePart",
    "SignaturesDocument",
    "SignedDocument",
    "Signer",
    "is_genuine",
    "moment_text",
    "read_envelope",
    "sign",
    "signatures_json",
]

Role = Literal["author", "compliance", "legal", "approver", "payer", "registrar"]
#: what people can be to a project
ROLES: tuple[str, ...] = get_args(Role)

_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def moment_text(moment: datetime) -> str:
    """Return an instant as it is written in signatures: UTC, to the second."""
    return moment.astimezone(UTC).strftime(_MOMENT)


def _is_moment(text: str) -> str:
    try:
        moment = datetime.strptime(text, _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        moment = None
    if moment is None or moment_text(moment) != text:
        raise shape_error(
            "invalid-value",
            f"`{found_text(text)}` is not an instant",
            found=found_text(text),
            remedy="an instant is written in UTC, such as `2026-11-22T09:30:00Z`",
        )
    return text


def _is_signature(text: str) -> str:
    if decoded(text, 64) is None:
        shown = found_text(text)
        raise shape_error("invalid-value", f"`{shown}` is not a signature in base64", found=shown)
    return text


Moment = Annotated[str, AfterValidator(_is_moment)]
KeyId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
PersonName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class SignaturePart(DocumentModel):
    """One signature with all that it vouches for besides the payload."""

    person: Identifier = Field(description="The id of the person in the register.")
    name: PersonName = Field(description="The person's name.")
    role: Role = Field(description="What the person signs as.")
    key: KeyId = Field(description="The id of the key.")
    at: Moment = Field(description="When it was signed.")
    signature: Annotated[str, AfterValidator(_is_signature)] = Field(description="Ed25519, in base64.")

    @property
    def moment(self) -> datetime:
        """When it was signed."""
        return datetime.strptime(self.at, _MOMENT).replace(tzinfo=UTC)

    @property
    def day(self) -> date:
        """The day on which it was signed, in UTC."""
        return self.moment.date()


class SignedDocument(DocumentModel):
    """A payload with the signatures over it."""

    fairlead: Literal[1] = Field(description="The version of the document format.")
    kind: Literal["signed"]
    payload: dict[str, Any] = Field(description="What is signed.")
    signatures: Annotated[list[SignaturePart], Field(min_length=1)] = Field(description="Who signed it.")


class SignaturesDocument(DocumentModel):
    """Signatures that stand beside what they sign: in a page, whose report is the payload."""

    fairlead: Literal[1] = Field(description="The version of the document format.")
    kind: Literal["signatures"]
    signatures: Annotated[list[SignaturePart], Field(min_length=1)] = Field(description="Who signed it.")


@dataclass(frozen=True)
class Envelope:
    """A payload with its signatures, as read; nothing is verified yet."""

    payload: Mapping[str, Any]
    signatures: tuple[SignaturePart, ...]

    @property
    def digest(self) -> str:
        """The digest of the payload."""
        return digest(self.payload)

    def with_signature(self, added: SignaturePart) -> Envelope:
        """Return the same payload with one more signature."""
        return Envelope(self.payload, (*self.signatures, added))

    def as_json(self) -> dict[str, Any]:
        """Return the document of kind `signed`."""
        return {
            "fairlead": 1,
            "kind": "signed",
            "payload": dict(self.payload),
            "signatures": signatures_json(self.signatures),
        }

    def text(self) -> str:
        """Return the text of the document's file."""
        return json.dumps(self.as_json(), indent=2, ensure_ascii=False) + "\n"


def signatures_json(signatures: Iterable[SignaturePart]) -> list[dict[str, Any]]:
    """Return signatures as JSON."""
    return [each.model_dump() for each in signatures]


@dataclass(frozen=True)
class Signer:
    """A person who signs, with the private key."""

    person: str
    name: str
    private: Ed25519PrivateKey

    @property
    def public(self) -> str:
        """The public key, in base64."""
        return public_text(self.private)


def sign(payload: Mapping[str, Any], signer: Signer, role: Role, at: datetime) -> SignaturePart:
    """Return a person's signature over a payload. `at` is the caller's time; there is no clock here."""
    unsigned = {
        "person": signer.person,
        "name": signer.name,
        "role": role,
        "key": key_id(signer.public),
        "at": moment_text(at),
    }
    signature = sign_bytes(signer.private, _signed_bytes(payload, unsigned))
    return SignaturePart.model_validate({**unsigned, "signature": signature})


def is_genuine(payload: Mapping[str, Any], signature: SignaturePart, public: str) -> bool:
    """Tell whether a signature was made over this payload with the private key of `public`."""
    if signature.key != key_id(public):
        return False
    unsigned = signature.model_dump(exclude={"signature"})
    return is_signed_by(public, signature.signature, _signed_bytes(payload, unsigned))


def _signed_bytes(payload: Mapping[str, Any], unsigned: Mapping[str, Any]) -> bytes:
    # the kind keeps a signature from being one of anything else that a key may ever sign
    return canonical_bytes({"fairlead": 1, "kind": "signature", "payload": payload, **unsigned})


def read_envelope(document: Document) -> Envelope:
    """Return a signed document as read. Raises DocumentError with every problem of its form."""
    shape = check_shape(SignedDocument, document)
    # as written, so that what is signed is what is read
    return Envelope(document.value["payload"], tuple(shape.signatures))
