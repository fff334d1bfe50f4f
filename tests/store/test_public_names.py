"""What the store shows to the layers above; no name or value of the database library is among it."""

from __future__ import annotations

from fairlead import store


def test_the_public_names_are_these() -> None:
    assert sorted(store.__all__, key=str.lower) == [
        "Alias",
        "CHANGES",
        "Decided",
        "DELETIONS",
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
        "rehearsal",
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
    ]
