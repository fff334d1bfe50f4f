"""The mirror: what a put changed, what is related, what is gone; the same on both databases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from tests.store.samples import AT, HOUR, company, contact, lead, treatment

from fairlead.problems import StoreError
from fairlead.store import MirrorRecord, Put, RecordState, Ref, Store


def test_a_record_is_new_then_the_same_then_changed(store: Store) -> None:
    with store.transaction() as tx:
        assert tx.mirror.put_record(lead("1", partner="7", name="Ana")) is Put.NEW
        assert tx.mirror.put_record(lead("1", partner="7", name="Ana")) is Put.SAME
        assert tx.mirror.put_record(lead("1", partner="7", name="Ana B")) is Put.CHANGED


def test_a_moved_stamp_alone_is_no_change_and_is_kept(store: Store) -> None:
    with store.transaction() as tx:
        tx.mirror.put_record(lead("1", name="Ana"))
        assert tx.mirror.put_record(lead("1", name="Ana", at=AT + HOUR)) is Put.SAME
        found = tx.mirror.record("lead", "1")

    assert found is not None
    assert found.modified_at == AT + HOUR


@pytest.mark.parametrize(
    "other",
    [
        lead("1", partner="8", name="Ana"),
        lead("1", name="Ana"),
        MirrorRecord("lead", "1", Ref("leads", "1"), AT, {"channel": "whatsapp", "name": "Ana"}),
    ],
    ids=["another partner", "no partner", "another object of the CRM"],
)
def test_a_changed_link_or_object_is_a_change(store: Store, other: MirrorRecord) -> None:
    with store.transaction() as tx:
        tx.mirror.put_record(lead("1", partner="7", name="Ana"))
        assert tx.mirror.put_record(other) is Put.CHANGED


def test_a_record_comes_back_as_it_went_in(store: Store) -> None:
    facts: dict[str, Any] = {
        "name": "Zoë \x00 \ud83d half",
        "budget": {"amount": "8000", "currency": "EUR"},
        "dates": [1, None],
    }
    with store.transaction() as tx:
        tx.mirror.put_record(lead("1", partner="7", **facts))
    with store.reading() as tx:
        found = tx.mirror.record("lead", "1")

    assert found is not None
    assert found.facts == {"channel": "whatsapp", **facts}
    assert found.links == {"partner": company("7")}
    assert (found.ref, found.person, found.modified_at) == (contact("1"), contact("1"), AT)


def test_of_two_states_in_one_batch_the_later_one_stays(store: Store) -> None:
    batch = [lead("1", name="Ana"), lead("2", name="Bo"), lead("1", name="Ann"), lead("1", name="Ann")]
    with store.transaction() as tx:
        assert tx.mirror.put(batch) == [Put.NEW, Put.NEW, Put.CHANGED, Put.SAME]
        assert tx.mirror.records("lead", ["1", "2", "3"]).keys() == {"1", "2"}
        assert tx.mirror.records("lead", ["1"])["1"].facts["name"] == "Ann"


def test_related_records_are_found_by_their_link(store: Store) -> None:
    with store.transaction() as tx:
        tx.mirror.put([lead("1"), lead("2"), treatment("b", "1"), treatment("a", "1"), treatment("c", "2")])
        related = tx.mirror.related("treatment", "lead", ["1", "2", "9"])
        assert {key: [record.id for record in found] for key, found in related.items()} == {
            "1": ["a", "b"],
            "2": ["c"],
        }
        assert tx.mirror.related("treatment", "partner", ["1"]) == {}
        assert tx.mirror.pointing("treatment", "lead", ["1"]) == {"1": ["a", "b"]}


def test_a_link_that_moved_is_found_at_its_new_end_alone(store: Store) -> None:
    with store.transaction() as tx:
        tx.mirror.put([lead("1"), lead("2"), treatment("a", "1")])
        tx.mirror.put([treatment("a", "2")])
        assert tx.mirror.pointing("treatment", "lead", ["1", "2"]) == {"2": ["a"]}


def test_a_deleted_record_leaves_a_tombstone_without_facts(store: Store) -> None:
    with store.transaction() as tx:
        tx.mirror.put([lead("1", partner="7"), treatment("a", "1")])
        assert tx.mirror.delete_record("lead", "1")
        assert not tx.mirror.delete_record("lead", "1")
        assert tx.mirror.record("lead", "1") is None
        assert tx.mirror.state("lead", "1") is RecordState.DELETED
        assert tx.mirror.state("lead", "2") is None
        assert tx.mirror.pointing("lead", "partner", ["7"]) == {}
        assert tx.mirror.counts() == {"treatment": 1}
        assert tx.mirror.put_record(lead("1", partner="7")) is Put.NEW
        assert tx.mirror.state("lead", "1") is RecordState.LIVE


def test_a_crm_record_that_is_gone_takes_everything_it_embodied(store: Store) -> None:
    with store.transaction() as tx:
        tx.mirror.put([lead("1"), lead("1", entity="introduction"), lead("2")])
        tx.held.put({contact("1"): {"score": 4}}, at=AT)
        assert tx.mirror.embodied([contact("1")]) == {contact("1"): [("introduction", "1"), ("lead", "1")]}
        assert tx.mirror.delete(contact("1")) == [("introduction", "1"), ("lead", "1")]
        assert tx.mirror.delete(contact("1")) == []
        assert tx.held.get([contact("1")]) == {}
        assert tx.mirror.counts() == {"lead": 1}


def test_ids_come_in_pages_of_one_order_on_both_databases(store: Store) -> None:
    ids = ["B", "a", "ä", "b", "1", "10", "2"]
    with store.transaction() as tx:
        tx.mirror.put([lead(id_) for id_ in ids])
        assert list(tx.mirror.ids("lead", page=3)) == [["1", "10", "2"], ["B", "a", "b"], ["ä"]]
        assert list(tx.mirror.refs("contacts", page=4)) == [
            [contact("1"), contact("10"), contact("2"), contact("B")],
            [contact("a"), contact("b"), contact("ä")],
        ]
        assert list(tx.mirror.ids("partner")) == []


def test_thousands_of_records_go_in_at_once(store: Store) -> None:
    with store.transaction() as tx:
        outcomes = tx.mirror.put([lead(str(number), partner=str(number % 5)) for number in range(3500)])
    with store.reading() as tx:
        assert set(outcomes) == {Put.NEW}
        assert tx.mirror.counts() == {"lead": 3500}
        assert len(tx.mirror.records("lead", [str(number) for number in range(3500)])) == 3500
        assert len(tx.mirror.pointing("lead", "partner", ["3"])["3"]) == 700


@pytest.mark.parametrize("id_", ["", "x" * 256, "a\x00b", "a\ud800"], ids=["empty", "long", "null", "half"])
def test_an_id_that_cannot_be_one_is_refused(store: Store, id_: str) -> None:
    with pytest.raises(StoreError) as error, store.transaction() as tx:
        tx.mirror.put_record(lead(id_))
    assert [problem.code for problem in error.value.problems] == ["bad-record-id"]


def test_what_a_failed_transaction_wrote_is_undone(store: Store) -> None:
    def fail() -> None:
        with store.transaction() as tx:
            tx.mirror.put_record(lead("1"))
            tx.mirror.put_record(lead(""))

    with pytest.raises(StoreError):
        fail()
    with store.reading() as tx:
        assert tx.mirror.counts() == {}


def changed_since(store: Store, change: int) -> list[tuple[str, str]]:
    with store.reading() as tx:
        pages = list(tx.mirror.changed_since(change, ["lead", "partner"], page=2))
    assert all(1 <= len(page) <= 2 for page in pages)
    return [each for page in pages for each in page]


def test_what_changed_since_is_what_came_changed_or_went(store: Store) -> None:
    with store.transaction() as tx:
        before = tx.mirror.last_change()
        tx.mirror.put([lead(str(number), name="Ana") for number in range(1, 6)])
        after = tx.mirror.last_change()
    assert changed_since(store, before) == [("lead", str(number)) for number in range(1, 6)]
    with store.transaction() as tx:
        # another stamp is no change
        tx.mirror.put([lead("1", name="Ana", at=AT + HOUR), lead("3", name="Bea")])
        tx.mirror.delete_record("lead", "2")
        tx.mirror.put([treatment("9", "1")])
        tx.mirror.put_record(lead("3", name="Cleo"))
    assert changed_since(store, after) == [("lead", "2"), ("lead", "3")]
    with store.reading() as tx:
        assert changed_since(store, tx.mirror.last_change()) == []


def test_the_facts_of_one_entity_are_found_under_records_of_the_crm(store: Store) -> None:
    both = [
        MirrorRecord("lead", "1", Ref("people", "1"), AT, {"channel": "phone"}),
        MirrorRecord("patient", "1", Ref("people", "1"), AT, {"ward": "north"}),
        MirrorRecord("lead", "2", Ref("people", "2"), AT, {"channel": "email"}),
    ]
    with store.transaction() as tx:
        tx.mirror.put(both)
        found = tx.mirror.facts_of("lead", [Ref("people", "1"), Ref("people", "3")])

    assert found == {Ref("people", "1"): {"channel": "phone"}}


def test_facts_are_not_looked_for_among_all_records_of_an_entity(tmp_path: Path) -> None:
    plans: list[str] = []

    def explain(_: Any, cursor: Any, statement: str, parameters: Any, *__: Any) -> None:
        if "mirror.facts" in statement:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(row[3] for row in cursor.fetchall())

    with Store.open(f"sqlite:///{tmp_path / 'store.db'}", anchor=None) as opened, opened.reading() as tx:
        event.listen(Engine, "before_cursor_execute", explain)
        try:
            tx.mirror.facts_of("lead", [Ref("people", "1")])
        finally:
            event.remove(Engine, "before_cursor_execute", explain)

    assert plans[0] == "SEARCH mirror USING INDEX mirror_by_ref (crm_id=? AND object=?)"
