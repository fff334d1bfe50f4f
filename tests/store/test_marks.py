"""Marks: who may be there twice is told without keeping what tells it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from sqlalchemy import text
from tests.store.samples import AT, contact, lead
from tests.store.test_forget import files_with

from fairlead.store import Ref, Store

Found = list[tuple[Ref, Ref, tuple[str, ...]]]

ANA = ("email", "ana.quintero@example.org")
PHONE = ("phone", "+442079460012")
NAME = ("name_and_birth_year", "1984 ana quintero")


def put(store: Store, **keys: Iterable[tuple[str, str]]) -> Found:
    """Put the keys of the leads `l1`, `l2` and so on."""
    of: Mapping[Ref, Iterable[tuple[str, str]]] = {contact(name[1:]): each for name, each in keys.items()}
    with store.transaction() as tx:
        return tx.marks.put(of)


def suspected(store: Store, id_: str) -> list[tuple[Ref, tuple[str, ...]]]:
    with store.reading() as tx:
        return tx.marks.suspected(contact(id_))


def test_two_who_share_something_are_told_once_with_all_that_they_share(store: Store) -> None:
    assert put(store, l1=[NAME, PHONE, ANA]) == []
    assert put(store, l2=[ANA, NAME]) == [(contact("2"), contact("1"), ("email", "name_and_birth_year"))]
    assert put(store, l1=[NAME, PHONE, ANA], l2=[ANA, NAME]) == []
    assert suspected(store, "1") == [(contact("2"), ("email", "name_and_birth_year"))]
    assert suspected(store, "2") == [(contact("1"), ("email", "name_and_birth_year"))]
    assert suspected(store, "3") == []


def test_that_two_share_one_thing_more_is_not_told_again(store: Store) -> None:
    put(store, l1=[ANA, PHONE], l2=[ANA])

    assert put(store, l2=[ANA, PHONE]) == []
    assert suspected(store, "2") == [(contact("1"), ("email", "phone"))]


def test_of_three_that_share_one_thing_two_are_told(store: Store) -> None:
    assert put(store, l5=[PHONE], l7=[PHONE], l6=[PHONE]) == [
        (contact("6"), contact("5"), ("phone",)),
        (contact("7"), contact("5"), ("phone",)),
    ]
    # the newcomer is told, not those who were there, though its id is the lowest
    assert put(store, l1=[PHONE]) == [(contact("1"), contact("5"), ("phone",))]


def test_one_may_share_different_things_with_two_others(store: Store) -> None:
    assert put(store, l1=[ANA], l2=[PHONE]) == []
    assert put(store, l3=[ANA, PHONE]) == [
        (contact("3"), contact("1"), ("email",)),
        (contact("3"), contact("2"), ("phone",)),
    ]


def test_the_same_text_in_another_kind_is_another_thing(store: Store) -> None:
    assert put(store, l1=[("email", "x")], l2=[("phone", "x")]) == []


def test_who_no_longer_has_it_no_longer_shares_it(store: Store) -> None:
    put(store, l1=[ANA], l2=[ANA])
    put(store, l2=[])
    assert suspected(store, "1") == []
    assert put(store, l2=[ANA]) == [(contact("2"), contact("1"), ("email",))]


def test_a_record_that_is_gone_is_suspected_of_nothing(store: Store) -> None:
    with store.transaction() as tx:
        tx.mirror.put([lead("1"), lead("2")])
    put(store, l1=[ANA], l2=[ANA])
    with store.transaction() as tx:
        tx.mirror.delete(contact("2"))
    assert suspected(store, "1") == []


def test_a_merged_record_is_told_by_what_both_were_told_by(store: Store) -> None:
    put(store, l1=[ANA, PHONE], l2=[PHONE], l3=[ANA])
    with store.transaction() as tx:
        tx.identity.merge(contact("1"), contact("2"), at=AT)
    assert suspected(store, "2") == suspected(store, "1") == [(contact("3"), ("email",))]
    assert suspected(store, "3") == [(contact("2"), ("email",))]


def test_nothing_is_kept_of_the_forgotten(store: Store) -> None:
    with store.transaction() as tx:
        tx.mirror.put([lead("1"), lead("2")])
    put(store, l1=[ANA], l2=[ANA])
    store.forget(contact("2"), at=AT)
    assert suspected(store, "1") == []
    assert put(store, l2=[ANA]) == []
    with store._engine.connect() as connection:
        assert connection.execute(text("SELECT crm_id FROM person_marks")).scalars().all() == ["1"]


def test_what_the_marks_are_of_stands_nowhere_in_the_store(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'fairlead.db'}", anchor=None) as store:
        put(store, l1=[ANA, PHONE, NAME])
        for _, key in (ANA, PHONE, NAME):
            assert files_with(key, tmp_path) == []


def test_two_stores_have_different_marks_of_the_same(tmp_path: Path) -> None:
    marks = []
    for name in ("a", "b"):
        with Store.open(f"sqlite:///{tmp_path / name}.db", anchor=None) as store:
            put(store, l1=[ANA])
            with store._engine.connect() as connection:
                marks.append(connection.execute(text("SELECT mark FROM person_marks")).scalar_one())
    assert len(set(marks)) == 2
    assert {len(mark) for mark in marks} == {64}
