"""Records of a clinic, as the tests of the store put them in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from fairlead.store import Decided, MirrorRecord, Ref, Store

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULESET = "sha256:" + "5" * 64
MODEL = "sha256:" + "6" * 64


def contact(id_: str) -> Ref:
    return Ref("contacts", id_)


def company(id_: str) -> Ref:
    return Ref("companies", id_)


def lead(
    id_: str, *, partner: str | None = None, at: datetime = AT, entity: str = "lead", **facts: Any
) -> MirrorRecord:
    links = {"partner": None if partner is None else company(partner)}
    return MirrorRecord(entity, id_, contact(id_), at, {"channel": "whatsapp", **facts}, links)


def treatment(id_: str, of: str, **facts: Any) -> MirrorRecord:
    return MirrorRecord(
        "treatment", id_, Ref("deals", id_), AT, {"cost": "9000", **facts}, {"lead": contact(of)}, contact(of)
    )


def decided(id_: str, *, inputs: Mapping[str, Any] | None = None, score: int = 40) -> Decided:
    return Decided(
        entity="lead",
        id=id_,
        person=contact(id_),
        ruleset=RULESET,
        model=MODEL,
        semantics="1",
        approval="unapproved",
        inputs={"lead.channel": "whatsapp"} if inputs is None else inputs,
        decisions={"lead.score": score, "lead.band": "warm"},
        reasons=("direct_channel",),
        clear=frozenset({"lead.band"}),
    )


def unguard(store: Store, table: str) -> None:
    """Drop the triggers that keep a table append-only, as someone who owns the database could."""
    triggers = (
        [f"DROP TRIGGER {table}_no_update", f"DROP TRIGGER {table}_no_delete"]
        if store._engine.dialect.name == "sqlite"
        else [f"DROP TRIGGER {table}_no_change ON {table}"]
    )
    with store._engine.begin() as connection:
        for statement in triggers:
            connection.execute(text(statement))
