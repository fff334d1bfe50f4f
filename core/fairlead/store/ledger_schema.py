"""The tables of the ledger: append-only, and kept in balance by the database itself.

A movement takes the whole amount of an entry out of one account and into another, in one row: it sums to
zero by construction. An entry's accounts are its states, so that the sum of an account is what is in that
state. Keys see to it that a movement moves just the entry's amount, leaves a state that was entered, once,
enters none twice, and is one of the declared transitions.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql

__all__ = [
    "LEDGER_TABLES",
    "acts",
    "attributions",
    "entries",
    "holds",
    "ledger_metadata",
    "movements",
    "transitions",
]

ledger_metadata = MetaData()

_TEXT = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
#: microseconds since 1970, UTC
_INSTANT = BigInteger()
#: a JSON value as `stored_values.json_text` writes it
_JSON = Text()
_SERIAL = BigInteger().with_variant(Integer(), "sqlite")

#: what one person or run did at one time; each is an entry of the decision log as well
acts = Table(
    "ledger_acts",
    ledger_metadata,
    Column("id", _SERIAL, primary_key=True, autoincrement=False),
    Column("at", _INSTANT, nullable=False),
    Column("kind", _TEXT, nullable=False),
    Column("actor", _TEXT, nullable=False),
    Column("reason", _TEXT, nullable=False),
    # what makes doing the same twice one act; NULL where doing it again is another act
    Column("key", _TEXT, unique=True),
    Column("content", _JSON, nullable=False),
    # over the content and every row that the act wrote
    Column("digest", _TEXT, nullable=False),
    Column("log_seq", BigInteger, nullable=False),
    Index("ledger_acts_by_kind", "kind", "id"),
)

#: whom an introduction belongs to: one payee for each revision
attributions = Table(
    "ledger_attributions",
    ledger_metadata,
    Column("entity", _TEXT, primary_key=True),
    Column("subject", _TEXT, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("payee", _TEXT, nullable=False),
    Column("act", ForeignKey("ledger_acts.id"), nullable=False),
    # how it was found: way, touch, code; who chose it and why
    Column("content", _JSON, nullable=False),
    UniqueConstraint("entity", "subject", "revision", "payee"),
    Index("ledger_attributions_by_act", "act"),
)

entries = Table(
    "ledger_entries",
    ledger_metadata,
    Column("id", _SERIAL, primary_key=True, autoincrement=False),
    Column("act", ForeignKey("ledger_acts.id"), nullable=False),
    Column("kind", _TEXT, nullable=False),
    Column("programme", _TEXT, nullable=False),
    Column("reward", _TEXT, nullable=False),
    Column("entity", _TEXT, nullable=False),
    Column("subject", _TEXT, nullable=False),
    Column("revision", Integer, nullable=False),
    # 0 for an accrual; re-ratings are counted from 1; a correction has that of what it takes back
    Column("round", Integer, nullable=False),
    Column("payee", _TEXT, nullable=False),
    Column("patient", _TEXT, nullable=False),
    # the day that selects the version and the period, as ISO text
    Column("day", _TEXT, nullable=False),
    Column("currency", _TEXT, nullable=False),
    # minor units of the currency; below zero where money is taken back
    Column("units", BigInteger, nullable=False),
    # before limits
    Column("asked", BigInteger, nullable=False),
    # the entry that this one takes back, and its units
    Column("corrects", _SERIAL, unique=True),
    Column("corrected_units", BigInteger),
    # ruleset, limits that cut it, facts that the amount rests on and that concern no person, and so on
    Column("content", _JSON, nullable=False),
    # the entry of the decision log with the inputs; NULL for an opening balance
    Column("decision", BigInteger),
    UniqueConstraint("programme", "reward", "entity", "subject", "revision", "round", "kind"),
    UniqueConstraint("id", "units"),
    UniqueConstraint("id", "units", "currency", "payee"),
    ForeignKeyConstraint(
        ["entity", "subject", "revision", "payee"],
        [
            "ledger_attributions.entity",
            "ledger_attributions.subject",
            "ledger_attributions.revision",
            "ledger_attributions.payee",
        ],
    ),
    ForeignKeyConstraint(
        ["corrects", "corrected_units", "currency", "payee"],
        [
            "ledger_entries.id",
            "ledger_entries.units",
            "ledger_entries.currency",
            "ledger_entries.payee",
        ],
    ),
    CheckConstraint("kind IN ('accrual', 'correction', 're_rating', 'opening', 'redemption', 'expiry')"),
    CheckConstraint("kind NOT IN ('redemption', 'expiry') OR units < 0"),
    CheckConstraint("(kind = 'correction') = (corrects IS NOT NULL)"),
    CheckConstraint("corrects IS NULL OR corrected_units = -units"),
    CheckConstraint("kind = 'correction' OR (kind = 're_rating') = (round > 0)"),
    CheckConstraint("kind <> 'accrual' OR (units >= 0 AND units <= asked)"),
    Index("ledger_entries_by_act", "act"),
    Index("ledger_entries_by_subject", "entity", "subject"),
    Index("ledger_entries_by_payee", "payee", "day"),
    Index("ledger_entries_by_patient", "patient"),
)

#: the declared machine: which state may follow which
transitions = Table(
    "ledger_transitions",
    ledger_metadata,
    Column("from_state", _TEXT, primary_key=True),
    Column("state", _TEXT, primary_key=True),
)

movements = Table(
    "ledger_movements",
    ledger_metadata,
    Column("id", _SERIAL, primary_key=True, autoincrement=False),
    Column("act", ForeignKey("ledger_acts.id"), nullable=False),
    Column("entry", _SERIAL, nullable=False),
    # NULL for the first, which comes from the expense, or from the opening balance
    Column("from_state", _TEXT),
    Column("state", _TEXT, nullable=False),
    Column("units", BigInteger, nullable=False),
    UniqueConstraint("entry", "state"),
    UniqueConstraint("entry", "from_state"),
    ForeignKeyConstraint(["entry", "units"], ["ledger_entries.id", "ledger_entries.units"]),
    ForeignKeyConstraint(["entry", "from_state"], ["ledger_movements.entry", "ledger_movements.state"]),
    ForeignKeyConstraint(
        ["from_state", "state"], ["ledger_transitions.from_state", "ledger_transitions.state"]
    ),
    CheckConstraint("from_state IS NOT NULL OR state IN ('accrued', 'paid')"),
    Index("ledger_movements_by_state", "state", "entry"),
    Index("ledger_movements_by_act", "act"),
)

#: why an entry is held; the newest row of an entry counts, and an empty list holds nothing
holds = Table(
    "ledger_holds",
    ledger_metadata,
    Column("entry", ForeignKey("ledger_entries.id"), primary_key=True),
    Column("act", ForeignKey("ledger_acts.id"), primary_key=True),
    Column("reasons", _JSON, nullable=False),
    Index("ledger_holds_by_act", "act"),
)

#: all of them are append-only
LEDGER_TABLES = (acts, attributions, entries, transitions, movements, holds)
