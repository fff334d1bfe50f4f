"""The tables of who brought a lead and of who may be there twice, with the keyed marks of people.

A touch is never changed, and removed only with the person that it is about: the database sees to both.
"""

from __future__ import annotations

import secrets

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    insert,
    text,
)
from sqlalchemy.dialects import postgresql

from fairlead.store.statements import create_tables

__all__ = ["attribution_metadata", "create_attribution", "mark_key", "person_marks", "touches"]

attribution_metadata = MetaData()

_TEXT = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
#: microseconds since 1970, UTC
_INSTANT = BigInteger()
_KEY_BYTES = 32

#: a lead came with a code; the lead stands under the id that it had then
touches = Table(
    "touches",
    attribution_metadata,
    Column("object", _TEXT, primary_key=True),
    Column("crm_id", _TEXT, primary_key=True),
    Column("code_key", _TEXT, primary_key=True),
    Column("at", _INSTANT, primary_key=True),
    Column("code", _TEXT, nullable=False),
    Column("way", _TEXT, nullable=False),
    Column("seen_at", _INSTANT, nullable=False),
    Index("touches_by_ref", "crm_id", "object"),
)

#: what people can be told to be the same by, as keyed marks
person_marks = Table(
    "person_marks",
    attribution_metadata,
    Column("object", _TEXT, primary_key=True),
    Column("crm_id", _TEXT, primary_key=True),
    Column("kind", _TEXT, primary_key=True),
    Column("mark", _TEXT, primary_key=True),
    Index("person_marks_by_mark", "mark"),
)

#: one row: the key of the marks of this store, and of no other
mark_key = Table("mark_key", attribution_metadata, Column("key", LargeBinary, nullable=False))

_PERSONAL = (touches.c.code, touches.c.code_key, person_marks.c.mark)

_SQLITE_GUARDS = (
    """
    CREATE TRIGGER touches_no_update BEFORE UPDATE ON touches
    BEGIN SELECT RAISE(ABORT, 'touches is append-only'); END
    """,
    """
    CREATE TRIGGER touches_no_delete BEFORE DELETE ON touches
    WHEN NOT EXISTS (SELECT 1 FROM forgotten WHERE object = OLD.object AND crm_id = OLD.crm_id)
    BEGIN SELECT RAISE(ABORT, 'touches is append-only'); END
    """,
)

_POSTGRESQL_GUARDS = (
    """
    CREATE FUNCTION touches_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'touches is append-only'; END $$
    """,
    """
    CREATE FUNCTION touches_of_the_forgotten() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN
      IF EXISTS (SELECT 1 FROM forgotten WHERE object = OLD.object AND crm_id = OLD.crm_id) THEN
        RETURN OLD;
      END IF;
      RAISE EXCEPTION 'touches is append-only';
    END $$
    """,
    """
    CREATE TRIGGER touches_no_change BEFORE UPDATE OR TRUNCATE ON touches
    FOR EACH STATEMENT EXECUTE FUNCTION touches_is_append_only()
    """,
    """
    CREATE TRIGGER touches_no_delete BEFORE DELETE ON touches
    FOR EACH ROW EXECUTE FUNCTION touches_of_the_forgotten()
    """,
)


def create_attribution(connection: Connection) -> None:
    """Make the tables with their guards, and the key of the marks."""
    create_tables(connection, attribution_metadata)
    on_postgresql = connection.dialect.name == "postgresql"
    for statement in _POSTGRESQL_GUARDS if on_postgresql else _SQLITE_GUARDS:
        connection.execute(text(statement))
    if on_postgresql:
        # the planner's samples would keep values that were forgotten
        for column in _PERSONAL:
            statement = f"ALTER TABLE {column.table.name} ALTER COLUMN {column.name} SET STATISTICS 0"
            connection.execute(text(statement))
    connection.execute(insert(mark_key).values(key=secrets.token_bytes(_KEY_BYTES)))
