"""One key per person: what the decision log says of a person can be read only while the key exists."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, select

from fairlead.documents.canonical import canonical_bytes
from fairlead.problems import Problem, StoreError, UsageError
from fairlead.store.records import Ref
from fairlead.store.schema import person_keys
from fairlead.store.statements import any_of, any_ref, insert_rows
from fairlead.store.stored_values import json_text, json_value, micros

__all__ = ["PersonKey", "keys_by_id", "keys_of", "seal", "unseal"]

_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class PersonKey:
    """The id of a person's key, and the cipher; None once the person was forgotten."""

    id: str
    cipher: AESGCM | None


def keys_of(connection: Connection, people: Iterable[Ref], *, at: datetime) -> dict[Ref, PersonKey]:
    """Return the keys of these people; who has none yet is given one. Keys are AES-256, random.

    Raises UsageError for a person who was forgotten.
    """
    wanted = set(people)
    query = select(person_keys.c.object, person_keys.c.crm_id, person_keys.c.key_id, person_keys.c.key)
    found = {
        Ref(object_, crm_id): _person_key(key_id, key)
        for condition in any_ref(connection, (person_keys.c.object, person_keys.c.crm_id), wanted)
        for object_, crm_id, key_id, key in connection.execute(query.where(condition)).all()
    }
    erased = sorted(person for person, key in found.items() if key.cipher is None)
    if erased:
        raise UsageError(
            [
                Problem(
                    "person-forgotten",
                    f"`{erased[0]}` was forgotten: nothing more is recorded about this person",
                    found=str(erased[0]),
                    remedy="a person who comes back gets a new record in the CRM",
                )
            ]
        )
    rows: list[dict[str, Any]] = [
        {
            "key_id": secrets.token_hex(16),
            "object": person.object,
            "crm_id": person.id,
            "key": AESGCM.generate_key(256),
            "made_at": micros(at),
        }
        for person in sorted(wanted - set(found))
    ]
    insert_rows(connection, person_keys, rows)
    return found | {Ref(row["object"], row["crm_id"]): _person_key(row["key_id"], row["key"]) for row in rows}


def keys_by_id(connection: Connection, ids: Iterable[str]) -> dict[str, PersonKey]:
    """Return the keys of these ids."""
    query = select(person_keys.c.key_id, person_keys.c.key)
    return {
        key_id: _person_key(key_id, key)
        for key_id, key in connection.execute(
            query.where(any_of(connection, person_keys.c.key_id, ids))
        ).all()
    }


def _person_key(key_id: str, key: bytes | None) -> PersonKey:
    return PersonKey(key_id, None if key is None else AESGCM(bytes(key)))


def seal(key: PersonKey, content: Mapping[str, Any], *, seq: int, entity: str, id_: str) -> bytes:
    """Return nonce and ciphertext (AES-256-GCM); they belong to this place in the log and to no other."""
    assert key.cipher is not None
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + key.cipher.encrypt(nonce, json_text(content).encode(), _place(key, seq, entity, id_))


def unseal(key: PersonKey | None, sealed: bytes, *, seq: int, entity: str, id_: str) -> dict[str, Any] | None:
    """Return what was sealed; None where the person was forgotten.

    Raises StoreError where key and ciphertext do not belong together.
    """
    if key is not None and key.cipher is None:
        return None
    nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        if key is None or key.cipher is None:
            raise InvalidTag
        content = key.cipher.decrypt(nonce, ciphertext, _place(key, seq, entity, id_))
    except (InvalidTag, ValueError):
        raise StoreError(
            [
                Problem(
                    "log-damaged",
                    f"entry {seq} of the decision log cannot be read with its person's key",
                    found=f"entry {seq}",
                    remedy="run `fairlead log verify` to see what was changed",
                )
            ]
        ) from None
    opened: dict[str, Any] = json_value(content.decode())
    return opened


def _place(key: PersonKey, seq: int, entity: str, id_: str) -> bytes:
    return canonical_bytes({"seq": seq, "entity": entity, "id": id_, "person": key.id})
