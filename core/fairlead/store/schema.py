"""The tables. Texts compare by code point in both databases, so that keyset pages have one order."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects import postgresql

__all__ = [
    "PERSONAL",
    "aliases",
    "archive",
    "codes",
    "cursors",
    "decision_log",
    "due",
    "forgotten",
    "held",
    "links",
    "metadata",
    "mirror",
    "outbox",
    "person_keys",
    "rejects",
    "runs",
    "store",
]

metadata = MetaData()

_TEXT = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
#: microseconds since 1970, UTC
_INSTANT = BigInteger()
#: a JSON value as `stored_values.json_text` writes it
_JSON = Text()
_SERIAL = BigInteger().with_variant(Integer(), "sqlite")

store = Table(
    "store",
    metadata,
    Column("version", Integer, nullable=False),
    Column("id", _TEXT, nullable=False),
    Column("created_at", _INSTANT, nullable=False),
)

mirror = Table(
    "mirror",
    metadata,
    Column("entity", _TEXT, primary_key=True),
    Column("id", _TEXT, primary_key=True),
    Column("object", _TEXT, nullable=False),
    Column("crm_id", _TEXT, nullable=False),
    Column("person_object", _TEXT, nullable=False),
    Column("person_id", _TEXT, nullable=False),
    Column("state", _TEXT, nullable=False),
    Column("modified_at", _INSTANT, nullable=False),
    Column("fingerprint", _TEXT, nullable=False),
    Column("facts", _JSON),
    # counts up with each change to the mirror: what changed since is found by it
    Column("change", BigInteger, nullable=False, server_default="0"),
    Index("mirror_by_change", "change"),
    Index("mirror_by_ref", "crm_id", "object"),
    Index("mirror_by_person", "person_id", "person_object"),
)

links = Table(
    "links",
    metadata,
    Column("entity", _TEXT, primary_key=True),
    Column("id", _TEXT, primary_key=True),
    Column("link", _TEXT, primary_key=True),
    Column("target_object", _TEXT, nullable=False),
    Column("target_id", _TEXT, nullable=False),
    ForeignKeyConstraint(
        ["entity", "id"], ["mirror.entity", "mirror.id"], ondelete="CASCADE", onupdate="CASCADE"
    ),
    Index("links_by_target", "target_id", "entity", "link"),
    sqlite_with_rowid=False,
)

held = Table(
    "held",
    metadata,
    Column("object", _TEXT, primary_key=True),
    Column("crm_id", _TEXT, primary_key=True),
    Column("fields", _JSON, nullable=False),
    Column("at", _INSTANT, nullable=False),
)

aliases = Table(
    "aliases",
    metadata,
    Column("object", _TEXT, primary_key=True),
    Column("crm_id", _TEXT, primary_key=True),
    Column("to_object", _TEXT, nullable=False),
    Column("to_id", _TEXT, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Index("aliases_by_target", "to_id", "to_object"),
)

forgotten = Table(
    "forgotten",
    metadata,
    Column("object", _TEXT, primary_key=True),
    Column("crm_id", _TEXT, primary_key=True),
    Column("at", _INSTANT, nullable=False),
)

cursors = Table(
    "cursors",
    metadata,
    Column("object", _TEXT, primary_key=True),
    Column("kind", _TEXT, primary_key=True),
    Column("cursor", _TEXT, nullable=False),
    Column("at", _INSTANT, nullable=False),
)

due = Table(
    "due",
    metadata,
    Column("entity", _TEXT, primary_key=True),
    Column("id", _TEXT, primary_key=True),
    Column("due_at", _INSTANT, nullable=False),
    Index("due_by_instant", "due_at", "entity", "id"),
)

codes = Table(
    "codes",
    metadata,
    # in upper case; `shown` as it was written first
    Column("code", _TEXT, primary_key=True),
    Column("shown", _TEXT, nullable=False),
    Column("object", _TEXT, nullable=False),
    Column("crm_id", _TEXT, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Index("codes_by_ref", "crm_id", "object"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("position", _SERIAL, primary_key=True),
    Column("object", _TEXT, nullable=False),
    Column("crm_id", _TEXT, nullable=False),
    Column("state", _TEXT, nullable=False),
    Column("fields", _JSON, nullable=False),
    # what a write may have changed in the CRM although nobody heard of it
    Column("uncertain", _JSON, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("queued_at", _INSTANT, nullable=False),
    Column("tried_at", _INSTANT),
    Index("outbox_by_ref", "crm_id", "object", unique=True),
    Index("outbox_by_state", "state", "object", "position"),
    sqlite_autoincrement=True,
)

rejects = Table(
    "rejects",
    metadata,
    Column("id", _SERIAL, primary_key=True),
    Column("stage", _TEXT, nullable=False),
    Column("object", _TEXT, nullable=False),
    Column("crm_id", _TEXT, nullable=False),
    Column("entity", _TEXT, nullable=False),
    Column("code", _TEXT, nullable=False),
    Column("message", _TEXT, nullable=False),
    Column("field", _TEXT),
    Column("input", _JSON),
    Column("attempts", Integer, nullable=False),
    Column("first_seen", _INSTANT, nullable=False),
    Column("last_seen", _INSTANT, nullable=False),
    Column("state", _TEXT, nullable=False),
    Column("retired_by", _TEXT),
    Column("retired_because", _TEXT),
    Column("retired_at", _INSTANT),
    Index("rejects_by_ref", "crm_id", "object", "stage", "entity", unique=True),
    Index("rejects_by_state", "state", "id"),
    sqlite_autoincrement=True,
)

runs = Table(
    "runs",
    metadata,
    Column("id", _SERIAL, primary_key=True),
    Column("kind", _TEXT, nullable=False),
    Column("started", _INSTANT, nullable=False),
    Column("ended", _INSTANT),
    Column("state", _TEXT, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("calls_at", _INSTANT, nullable=False),
    Column("report", _JSON),
    Index("runs_by_calls", "calls_at"),
    sqlite_autoincrement=True,
)

person_keys = Table(
    "person_keys",
    metadata,
    Column("key_id", _TEXT, primary_key=True),
    Column("object", _TEXT, nullable=False),
    Column("crm_id", _TEXT, nullable=False),
    # 32 bytes; NULL once the person was forgotten
    Column("key", LargeBinary),
    Column("made_at", _INSTANT, nullable=False),
    Column("destroyed_at", _INSTANT),
    Index("person_keys_by_ref", "crm_id", "object", unique=True),
)

decision_log = Table(
    "decision_log",
    metadata,
    Column("seq", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False),
    Column("at", _INSTANT, nullable=False),
    Column("run", _SERIAL, ForeignKey("runs.id")),
    Column("entity", _TEXT, nullable=False),
    Column("id", _TEXT, nullable=False),
    Column("person", _TEXT, ForeignKey("person_keys.key_id"), nullable=False),
    Column("ruleset", _TEXT, nullable=False),
    Column("model", _TEXT, nullable=False),
    Column("semantics", _TEXT, nullable=False),
    Column("approval", _TEXT, nullable=False),
    Column("decisions", _JSON, nullable=False),
    # nonce and ciphertext of inputs, reasons and the other decisions
    Column("sealed", LargeBinary, nullable=False),
    Column("previous", _TEXT, nullable=False),
    Column("hash", _TEXT, nullable=False),
    Index("decision_log_by_record", "id", "entity", "seq"),
)

archive = Table(
    "archive",
    metadata,
    Column("digest", _TEXT, primary_key=True),
    Column("document", LargeBinary, nullable=False),
    Column("at", _INSTANT, nullable=False),
)

#: the columns that may hold what a person can be known by, or a person's key
PERSONAL = (
    mirror.c.facts,
    held.c.fields,
    outbox.c.fields,
    rejects.c.message,
    rejects.c.input,
    person_keys.c.key,
)
