"""Merges and conversions: an id lives on under another, and nothing about it is lost or doubled."""

from __future__ import annotations

from tests.store.samples import AT, HOUR, company, contact, lead, treatment

from fairlead.store import Due, Put, RecordState, Ref, Refusal, Stage, Store, Wanted


def test_an_id_that_was_never_merged_is_itself(store: Store) -> None:
    with store.reading() as tx:
        assert tx.identity.resolve(contact("1")) == contact("1")
        assert tx.identity.resolve_all([contact("1")]) == {}


def test_merges_on_merges_lead_to_the_id_that_lives(store: Store) -> None:
    with store.transaction() as tx:
        assert tx.identity.merge(contact("1"), contact("2"), at=AT) is not None
        assert tx.identity.merge(contact("2"), contact("3"), at=AT) is not None
        assert tx.identity.merge(contact("1"), contact("3"), at=AT) is None
        assert tx.identity.merge(contact("3"), contact("1"), at=AT) is None
        assert tx.identity.resolve(contact("1")) == contact("3")
        assert tx.identity.aliases_of(contact("3")) == [contact("1"), contact("2")]
        assert tx.identity.ids_of([contact("4"), contact("3")]) == {"4": "4", "3": "3", "1": "3", "2": "3"}


def test_links_and_persons_follow_a_merge_and_the_next_put_says_changed(store: Store) -> None:
    with store.transaction() as tx:
        tx.mirror.put([lead("1"), lead("2"), treatment("a", "1")])
        tx.identity.merge(contact("1"), contact("2"), at=AT)
        [found] = tx.mirror.related("treatment", "lead", ["2"])["2"]
        assert (found.links, found.person) == ({"lead": contact("2")}, contact("2"))
        assert tx.mirror.pointing("treatment", "lead", ["1"]) == {}
        assert tx.mirror.put_record(treatment("a", "2")) is Put.CHANGED
        assert tx.mirror.put_record(treatment("a", "2")) is Put.SAME


def test_a_link_to_the_other_object_with_that_id_stays(store: Store) -> None:
    with store.transaction() as tx:
        tx.mirror.put_record(lead("9", partner="1"))
        tx.identity.merge(contact("1"), contact("2"), at=AT)
        found = tx.mirror.record("lead", "9")
    assert found is not None
    assert found.links == {"partner": company("1")}


def test_a_link_that_still_names_the_old_id_is_kept_to_the_new_one(store: Store) -> None:
    with store.transaction() as tx:
        tx.identity.merge(company("7"), company("8"), at=AT)
        tx.mirror.put_record(lead("1", partner="7"))
        assert tx.mirror.pointing("lead", "partner", ["7", "8"]) == {"8": ["1"]}
        assert tx.mirror.put_record(lead("1", partner="8")) is Put.SAME


def test_an_introduction_moves_with_the_merge_unless_the_other_has_one(store: Store) -> None:
    with store.transaction() as tx:
        tx.mirror.put([lead("1"), lead("1", entity="introduction", verified=True), lead("2")])
        tx.due.set([Due("introduction", "1", AT), Due("lead", "1", AT)])
        tx.identity.merge(contact("1"), contact("2"), at=AT)
        found = tx.mirror.record("introduction", "2")
        assert found is not None
        assert (found.facts["verified"], found.ref) == (True, contact("2"))
        assert tx.mirror.counts() == {"introduction": 1, "lead": 1}
        assert list(tx.due.before(AT)) == [[Due("introduction", "2", AT)]]


def test_a_tombstone_gives_way_to_a_record_that_lives(store: Store) -> None:
    with store.transaction() as tx:
        tx.mirror.put([lead("1", name="Ana"), lead("2")])
        tx.mirror.delete_record("lead", "2")
        tx.identity.merge(contact("1"), contact("2"), at=AT)
        found = tx.mirror.record("lead", "2")
    assert found is not None
    assert found.facts["name"] == "Ana"


def test_a_converted_lead_lives_on_as_a_contact(store: Store) -> None:
    with store.transaction() as tx:
        tx.identity.merge(Ref("Lead", "00Q1"), Ref("Contact", "0031"), at=AT)
        assert tx.identity.resolve(Ref("Lead", "00Q1")) == Ref("Contact", "0031")


def test_what_waited_for_the_old_id_goes(store: Store) -> None:
    with store.transaction() as tx:
        tx.held.put({contact("1"): {"score": 1}}, at=AT)
        tx.outbox.queue([Wanted(contact("1"), {"score": 2})], at=AT)
        tx.rejects.record(Stage.READ, contact("1"), Refusal("bad-date", "no date"), at=AT)
        tx.identity.merge(contact("1"), contact("2"), at=AT)
        assert tx.held.get([contact("1")]) == {}
        assert tx.outbox.take("contacts", limit=10, at=AT) == []
        assert list(tx.rejects.entries()) == []


def test_who_is_merged_into_a_forgotten_person_is_forgotten(store: Store) -> None:
    with store.transaction() as tx:
        tx.mirror.put([lead("1", name="Ana"), lead("2", name="Ana")])
    store.forget(contact("2"), at=AT)
    with store.transaction() as tx:
        tx.identity.merge(contact("1"), contact("2"), at=AT + HOUR)
        assert tx.mirror.counts() == {}
        assert tx.mirror.state("lead", "2") is RecordState.FORGOTTEN
        assert tx.mirror.put_record(lead("1", name="Ana")) is Put.FORGOTTEN
