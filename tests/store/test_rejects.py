"""Rejects: one per record and stage, with the newest reason, until it succeeds or a person retires it."""

from __future__ import annotations

import pytest
from tests.store.samples import AT, HOUR, contact, lead

from fairlead.problems import UsageError
from fairlead.store import Refusal, RejectState, Stage, Store

NO_DATE = Refusal("bad-date", "the date cannot be read", "created_at", {"created_at": "31.02.2026"})


def test_a_repeated_reject_counts_its_attempts(store: Store) -> None:
    with store.transaction() as tx:
        tx.rejects.record(Stage.READ, contact("1"), NO_DATE, at=AT)
        tx.rejects.record(Stage.READ, contact("1"), Refusal("bad-option", "unknown option"), at=AT + HOUR)
        [reject] = tx.rejects.entries()
    assert (reject.code, reject.message, reject.field) == ("bad-option", "unknown option", None)
    assert (reject.attempts, reject.first_seen, reject.last_seen) == (2, AT, AT + HOUR)


def test_a_reject_keeps_its_input_until_the_record_can_be_read(store: Store) -> None:
    with store.transaction() as tx:
        reject = tx.rejects.record(Stage.READ, contact("1"), NO_DATE, at=AT)
        assert reject.input == {"created_at": "31.02.2026"}
        tx.mirror.put_record(lead("1"))
        [resolved] = tx.rejects.entries(None)
    assert (resolved.state, resolved.input) == (RejectState.RESOLVED, None)


def test_the_stages_and_entities_of_a_record_have_their_own_rejects(store: Store) -> None:
    with store.transaction() as tx:
        tx.rejects.record(Stage.READ, contact("1"), NO_DATE, at=AT)
        tx.rejects.record(Stage.EVALUATE, contact("1"), NO_DATE, at=AT, entity="lead")
        tx.rejects.record(Stage.EVALUATE, contact("1"), NO_DATE, at=AT, entity="introduction")
        assert tx.rejects.resolve(Stage.EVALUATE, [contact("1")], entity="lead") == 1
        left = [(reject.stage, reject.entity) for reject in tx.rejects.entries()]
    assert left == [(Stage.READ, ""), (Stage.EVALUATE, "introduction")]


def test_a_reject_that_comes_back_is_open_and_begins_anew(store: Store) -> None:
    with store.transaction() as tx:
        tx.rejects.record(Stage.READ, contact("1"), NO_DATE, at=AT)
        tx.rejects.resolve(None, [contact("1")])
        reject = tx.rejects.record(Stage.READ, contact("1"), NO_DATE, at=AT + HOUR)
    assert (reject.state, reject.attempts, reject.first_seen) == (RejectState.OPEN, 1, AT + HOUR)


def test_a_retired_reject_stays_retired_until_the_reason_changes(store: Store) -> None:
    with store.transaction() as tx:
        reject = tx.rejects.record(Stage.READ, contact("1"), NO_DATE, at=AT)
        retired = tx.rejects.retire(reject.id, who="Mara", reason="a test record", at=AT)
        assert (retired.retired_by, retired.retired_because) == ("Mara", "a test record")
        again = tx.rejects.record(Stage.READ, contact("1"), NO_DATE, at=AT)
        assert (again.state, again.attempts) == (RejectState.RETIRED, 2)
        other = tx.rejects.record(Stage.READ, contact("1"), Refusal("gone", "it is gone"), at=AT)
        assert (other.state, other.retired_by) == (RejectState.OPEN, None)


def test_only_an_open_reject_is_retired_by_a_person_for_a_reason(store: Store) -> None:
    with store.transaction() as tx:
        reject = tx.rejects.record(Stage.READ, contact("1"), NO_DATE, at=AT)
        for id_, who, reason, code in (
            (reject.id + 1, "Mara", "a test record", "unknown-reject"),
            (reject.id, "  ", "a test record", "empty-value"),
            (reject.id, "Mara", "", "empty-value"),
        ):
            with pytest.raises(UsageError) as error:
                tx.rejects.retire(id_, who=who, reason=reason, at=AT)
            assert [problem.code for problem in error.value.problems] == [code]
        tx.rejects.resolve(None, [contact("1")])
        with pytest.raises(UsageError, match="is resolved"):
            tx.rejects.retire(reject.id, who="Mara", reason="a test record", at=AT)


def test_many_rejects_are_told_in_order(store: Store) -> None:
    with store.transaction() as tx:
        for number in range(1200):
            tx.rejects.record(Stage.READ, contact(str(number)), NO_DATE, at=AT)
        assert [reject.ref.id for reject in tx.rejects.entries()] == [str(number) for number in range(1200)]


def test_texts_that_a_database_cannot_hold_are_made_harmless(store: Store) -> None:
    with store.transaction() as tx:
        refusal = Refusal("bad\x00code", "half \ud800 of it", "f\x00")
        reject = tx.rejects.record(Stage.READ, contact("1"), refusal, at=AT)
    assert (reject.code, reject.message, reject.field) == ("bad\ufffdcode", "half \ufffd of it", "f\ufffd")
