"""Touches: which code a lead came with and when, kept through merges, removed only with the person."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.store.samples import AT, HOUR, contact, lead

from fairlead.store import Store, Touch, Way


def touch(id_: str, code: str = "TA-101", *, hours: int = 0, way: Way = Way.TRACKING_CODE) -> Touch:
    return Touch(contact(id_), code, way, AT + hours * HOUR, AT + 9 * HOUR)


def test_the_touches_of_a_lead_come_in_the_order_in_which_they_were(store: Store) -> None:
    with store.transaction() as tx:
        assert tx.touches.add([touch("1", "TA-102", hours=5), touch("1"), touch("2")]) == 3
    with store.reading() as tx:
        found = tx.touches.of([contact("1"), contact("3")])
    assert found == {contact("1"): [touch("1"), touch("1", "TA-102", hours=5)]}


def test_a_touch_that_is_seen_again_is_one(store: Store) -> None:
    with store.transaction() as tx:
        assert tx.touches.add([touch("1")]) == 1
        assert tx.touches.add([touch("1", " ta-101 "), touch("1", "TA-101")]) == 0
        assert tx.touches.of([contact("1")]) == {contact("1"): [touch("1")]}


def test_an_address_is_kept_as_it_is_however_long(store: Store) -> None:
    address = touch("1", "https://clinic.example/a?partner=TA-101&x=" + "y" * 9000, way=Way.URL)
    with store.transaction() as tx:
        assert tx.touches.add([address]) == 1
        assert tx.touches.add([address]) == 0
        assert tx.touches.of([contact("1")]) == {contact("1"): [address]}


def test_the_touches_of_merged_leads_are_those_of_the_lead_that_lives_on(store: Store) -> None:
    with store.transaction() as tx:
        tx.touches.add([touch("1"), touch("2", "TA-102", hours=1), touch("3", "TA-103", hours=2)])
        tx.identity.merge(contact("1"), contact("2"), at=AT)
        tx.identity.merge(contact("2"), contact("3"), at=AT)
        found = tx.touches.of([contact("1"), contact("3")])
    expected = [touch("3"), touch("3", "TA-102", hours=1), touch("3", "TA-103", hours=2)]
    assert found == {contact("1"): expected, contact("3"): expected}


@pytest.mark.parametrize("statement", ["UPDATE touches SET code = 'TA-102'", "DELETE FROM touches"])
def test_the_database_lets_nobody_change_a_touch(store: Store, statement: str) -> None:
    with store.transaction() as tx:
        tx.touches.add([touch("1")])
    with pytest.raises(DBAPIError, match="touches is append-only"), store._engine.begin() as connection:
        connection.execute(text(statement))


def test_the_touches_of_a_forgotten_person_are_gone_and_no_others(store: Store) -> None:
    with store.transaction() as tx:
        tx.mirror.put([lead("1"), lead("2"), lead("3"), lead("4")])
        tx.touches.add([touch("1"), touch("2"), touch("3"), touch("4")])
        tx.identity.merge(contact("1"), contact("2"), at=AT)
    store.forget(contact("2"), at=AT)
    with store.transaction() as tx:
        # merged into somebody forgotten, and so forgotten as well
        tx.identity.merge(contact("3"), contact("2"), at=AT)
        assert tx.touches.add([touch("2", "TA-109"), touch("3", "TA-109")]) == 0
    with store._engine.connect() as connection:
        assert connection.execute(text("SELECT crm_id FROM touches")).scalars().all() == ["4"]


def test_what_was_merged_in_two_steps_into_a_forgotten_person_is_forgotten(store: Store) -> None:
    with store.transaction() as tx:
        tx.mirror.put([lead("1"), lead("2"), lead("3")])
        tx.touches.add([touch("1")])
        tx.identity.merge(contact("1"), contact("2"), at=AT)
    store.forget(contact("3"), at=AT)
    with store.transaction() as tx:
        tx.identity.merge(contact("2"), contact("3"), at=AT)
    with store._engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM touches")).scalar() == 0
