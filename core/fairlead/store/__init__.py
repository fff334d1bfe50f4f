"""The store: mirror, cursors, outbox, rejects, runs, decision log, and archive of documents by digest.

`Store.open` opens it; `with store.transaction() as tx` gives its parts: `tx.mirror`, `tx.held`,
`tx.identity`, `tx.outbox`, `tx.rejects`, `tx.cursors`, `tx.codes`, `tx.due`, `tx.runs`,
`tx.log`, `tx.archive`, `tx.touches`, `tx.marks`.
"""

from fairlead.store.cursors import CHANGES, DELETIONS
from fairlead.store.records import (
    Alias,
    Decided,
    Due,
    Forgotten,
    LogEntry,
    MirrorRecord,
    OutboxState,
    Put,
    Queued,
    RecordState,
    Ref,
    Refusal,
    Reject,
    RejectState,
    Run,
    RunState,
    Stage,
    Touch,
    Want,
    Wanted,
    Way,
)
from fairlead.store.rehearsal import rehearsal
from fairlead.store.store import Store
from fairlead.store.transaction import Transaction
from fairlead.store.verification import Finding, FindingKind, Verification

__all__ = [
    "CHANGES",
    "DELETIONS",
    "Alias",
    "Decided",
    "Due",
    "Finding",
    "FindingKind",
    "Forgotten",
    "LogEntry",
    "MirrorRecord",
    "OutboxState",
    "Put",
    "Queued",
    "RecordState",
    "Ref",
    "Refusal",
    "Reject",
    "RejectState",
    "Run",
    "RunState",
    "Stage",
    "Store",
    "Touch",
    "Transaction",
    "Verification",
    "Want",
    "Wanted",
    "Way",
    "rehearsal",
]
