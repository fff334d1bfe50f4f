"""The outbox: the newest desired state wins, and a crash between taking and reporting loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.store.samples import AT, HOUR, company, contact

from fairlead.store import OutboxState, Queued, Ref, Refusal, RejectState, Stage, Store, Want, Wanted

REFUSED = Refusal("INVALID_OPTION", "`gold` is no option", field="segment")


def queue(store: Store, ref: Ref, **values: Any) -> Want:
    with store.transaction() as tx:
        return tx.outbox.queue([Wanted(ref, values)], at=AT)[0]


def take(store: Store, *, after: int = 0, limit: int = 10) -> list[Queued]:
    with store.transaction() as tx:
        return tx.outbox.take("contacts", limit=limit, at=AT, after=after)


def written(store: Store, *items: Queued) -> None:
    with store.transaction() as tx:
        tx.outbox.written(items, at=AT)


def hold(store: Store, ref: Ref, **values: Any) -> None:
    with store.transaction() as tx:
        tx.held.put({ref: values}, at=AT)


def held(store: Store, ref: Ref) -> dict[str, Any] | None:
    with store.reading() as tx:
        return tx.held.get([ref]).get(ref)


def test_only_what_differs_is_queued(store: Store) -> None:
    hold(store, contact("1"), score=40, band="warm", reasons=None)

    assert queue(store, contact("1"), score=40, band="warm") is Want.UNCHANGED
    assert queue(store, contact("1"), score=55, band="warm", reasons=None) is Want.QUEUED
    assert [item.values for item in take(store)] == [{"score": 55}]


@pytest.mark.parametrize(
    ("known", "wanted"), [(True, 1), (0, False), ("1", 1), (None, ""), ([1], [True])], ids=str
)
def test_values_of_another_type_differ(store: Store, known: Any, wanted: Any) -> None:
    hold(store, contact("1"), value=known)
    assert queue(store, contact("1"), value=wanted) is Want.QUEUED


def test_the_newest_desired_state_wins(store: Store) -> None:
    queue(store, contact("1"), score=40)
    queue(store, contact("1"), score=55)

    assert [item.values for item in take(store)] == [{"score": 55}]


def test_a_pending_write_that_is_no_longer_wanted_is_withdrawn(store: Store) -> None:
    hold(store, contact("1"), score=40)
    queue(store, contact("1"), score=55)

    assert queue(store, contact("1"), score=40) is Want.UNCHANGED
    assert take(store) == []


def test_written_values_are_held_and_leave_the_outbox(store: Store) -> None:
    hold(store, contact("1"), band="warm")
    queue(store, contact("1"), score=55, band="warm")
    written(store, *take(store))

    assert held(store, contact("1")) == {"band": "warm", "score": 55}
    assert queue(store, contact("1"), score=55, band="warm") is Want.UNCHANGED
    assert take(store) == []


def test_batches_come_in_order_and_by_object(store: Store) -> None:
    with store.transaction() as tx:
        tx.outbox.queue(
            [Wanted(contact(id_), {"score": 1}) for id_ in ("3", "1", "2")]
            + [Wanted(company("9"), {"tier": "gold"})],
            at=AT,
        )
        assert tx.outbox.objects() == ["companies", "contacts"]
    first = take(store, limit=2)
    second = take(store, limit=2, after=first[-1].position)

    assert [item.ref.id for item in first] == ["3", "1"]
    assert [item.ref.id for item in second] == ["2"]


def test_a_crash_after_taking_leaves_the_write_pending(store: Store, open_store: Callable[[], Store]) -> None:
    queue(store, contact("1"), score=55)
    take(store)

    again = take(open_store())
    assert [(item.values, item.attempts) for item in again] == [({"score": 55}, 2)]


def test_a_field_that_an_unheard_write_may_have_changed_is_put_right(store: Store) -> None:
    hold(store, contact("1"), score=40, segment="b")
    queue(store, contact("1"), score=55, segment="a")
    take(store)
    # the CRM may have taken segment `a`; it is wanted as it was before
    assert queue(store, contact("1"), score=60, segment="b") is Want.QUEUED
    assert [item.values for item in take(store)] == [{"score": 60, "segment": "b"}]


def test_an_unheard_write_is_put_right_also_where_nothing_seems_to_differ(store: Store) -> None:
    hold(store, contact("1"), score=40)
    queue(store, contact("1"), score=55, note="x")
    take(store)

    assert queue(store, contact("1"), score=40) is Want.QUEUED
    assert [item.values for item in take(store)] == [{"score": 40, "note": None}]


def test_a_newer_state_stays_queued_when_the_older_write_is_reported(store: Store) -> None:
    queue(store, contact("1"), score=55)
    [older] = take(store)
    queue(store, contact("1"), score=60)
    written(store, older)

    assert held(store, contact("1")) == {"score": 55}
    assert [item.values for item in take(store)] == [{"score": 60}]


def test_a_rejected_write_waits_for_the_next_run_and_its_reject_is_resolved(store: Store) -> None:
    queue(store, contact("1"), segment="gold")
    [item] = take(store)
    with store.transaction() as tx:
        [reject] = tx.outbox.rejected([(item, REFUSED)], at=AT)
        assert (reject.stage, reject.code, reject.field) == (Stage.WRITE, "INVALID_OPTION", "segment")
        assert tx.outbox.counts()[OutboxState.REJECTED] == 1
        assert tx.outbox.take("contacts", limit=10, at=AT) == []
        assert tx.outbox.reopen() == 1
    [again] = take(store)
    assert again.attempts == 2
    written(store, again)
    with store.reading() as tx:
        assert tx.rejects.counts() == {
            RejectState.OPEN: 0,
            RejectState.RESOLVED: 1,
            RejectState.RETIRED: 0,
        }


def test_a_deferred_write_waits_for_the_next_run(store: Store) -> None:
    queue(store, contact("1"), score=55)
    with store.transaction() as tx:
        tx.outbox.deferred(tx.outbox.take("contacts", limit=10, at=AT))
        assert tx.outbox.counts() == {
            OutboxState.PENDING: 0,
            OutboxState.DEFERRED: 1,
            OutboxState.REJECTED: 0,
            OutboxState.RETIRED: 0,
        }
        assert tx.outbox.take("contacts", limit=10, at=AT) == []
        assert tx.outbox.reopen() == 1
    assert len(take(store)) == 1


def test_a_retired_state_is_not_tried_again_and_another_one_is(store: Store) -> None:
    queue(store, contact("1"), segment="gold")
    with store.transaction() as tx:
        [reject] = tx.outbox.rejected([(tx.outbox.take("contacts", limit=1, at=AT)[0], REFUSED)], at=AT)
        tx.rejects.retire(reject.id, who="Mara", reason="the option will not come", at=AT + HOUR)
        assert tx.outbox.reopen() == 0
    assert queue(store, contact("1"), segment="gold") is Want.RETIRED
    assert take(store) == []
    assert queue(store, contact("1"), segment="silver") is Want.QUEUED
    assert [item.values for item in take(store)] == [{"segment": "silver"}]


def test_of_two_states_in_one_call_the_later_one_counts(store: Store) -> None:
    hold(store, contact("1"), score=40)
    with store.transaction() as tx:
        wanted = [Wanted(contact("1"), {"score": 55}), Wanted(contact("1"), {"score": 40})]
        assert tx.outbox.queue(wanted, at=AT) == [Want.UNCHANGED, Want.UNCHANGED]
    assert take(store) == []
