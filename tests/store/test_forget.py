"""Forgetting a person: the key is gone, nothing of the person is left in the files, the chain still holds."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from tests.postgresql import Server
from tests.store.samples import AT, HOUR, company, contact, decided, lead, treatment

from fairlead.problems import UsageError
from fairlead.store import Due, Forgotten, Put, RecordState, Refusal, Stage, Store, Want, Wanted

#: nothing else in a database looks like these
PERSONAL = ("Quintero-Xylander", "quintero.x@example.org", "rhinoplasty-7719", "31.02.2026-quintero")


def fill(store: Store, others: int = 1) -> None:
    """Keep everything that a store can hold about the person `1`, among other people."""
    with store.transaction() as tx:
        tx.mirror.put(
            [
                *(lead(f"a{number}", name=f"Somebody {number}" * 9) for number in range(others)),
                lead("1", partner="7", name=PERSONAL[0], email=PERSONAL[1]),
                lead("1", entity="introduction", verified=True, name=PERSONAL[0]),
                treatment("d1", "1", procedure=PERSONAL[2]),
                *(lead(f"b{number}", name=f"Somebody {number}" * 9) for number in range(others)),
                treatment("d2", "b0", procedure="dental"),
            ]
        )
        tx.mirror.put([lead("1", partner="7", name=PERSONAL[0], email=PERSONAL[1], channel="phone")])
        tx.held.put({contact("1"): {"note": PERSONAL[0]}, contact("b0"): {"score": 1}}, at=AT)
        tx.outbox.queue(
            [Wanted(contact("1"), {"note": PERSONAL[2]}), Wanted(contact("b0"), {"score": 2})], at=AT
        )
        tx.rejects.record(
            Stage.READ, contact("1"), Refusal("bad-date", "no date", input={"born": PERSONAL[3]}), at=AT
        )
        tx.due.set([Due("lead", "1", AT), Due("lead", "b0", AT)])
        inputs = {"name": PERSONAL[0], "procedure": PERSONAL[2]}
        tx.log.append([decided("b0"), decided("1", inputs=inputs), decided("b0")], run=None, at=AT)


def files_with(needle: str, *folders: Path) -> list[str]:
    """The files that hold a text, in any of the forms that a database could write it in."""
    forms = [needle.encode(), needle.encode("utf-16-le"), needle.encode().hex().encode()]
    return [
        str(path)
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and any(form in path.read_bytes() for form in forms)
    ]


def test_forgetting_removes_what_is_stored_of_the_person_and_nothing_else(store: Store) -> None:
    fill(store)

    assert store.forget(contact("1"), at=AT + HOUR) == Forgotten(
        people=(contact("1"),), records=3, held=1, queued=1, rejects=1, keys=1, residue=None
    )
    with store.reading() as tx:
        assert tx.mirror.counts() == {"lead": 2, "treatment": 1}
        assert tx.mirror.state("lead", "1") is RecordState.FORGOTTEN
        assert tx.mirror.state("treatment", "d1") is RecordState.FORGOTTEN
        assert tx.mirror.pointing("lead", "partner", ["7"]) == {}
        assert tx.held.get([contact("1"), contact("b0")]) == {contact("b0"): {"score": 1}}
        assert tx.outbox.objects() == ["contacts"]
        assert list(tx.rejects.entries(None)) == []
        assert list(tx.due.before(AT)) == [[Due("lead", "b0", AT)]]


def test_the_chain_still_verifies_and_the_entry_says_that_its_inputs_are_erased(store: Store) -> None:
    fill(store)
    store.forget(contact("1"), at=AT + HOUR)

    assert store.verify().sound
    with store.reading() as tx:
        first, erased, third = tx.log.entries()
    assert (erased.note, erased.inputs, erased.reasons) == ("inputs erased", None, ())
    assert erased.decisions == {"lead.band": "warm"}
    assert first.inputs == third.inputs == {"lead.channel": "whatsapp"}


def test_nothing_is_taken_up_again_about_the_person(store: Store) -> None:
    fill(store)
    store.forget(contact("1"), at=AT + HOUR)
    with store.transaction() as tx:
        assert tx.mirror.put([lead("1", name="Ana"), lead("2")]) == [Put.FORGOTTEN, Put.NEW]
        assert tx.mirror.put_record(treatment("d9", "1")) is Put.FORGOTTEN
        assert tx.mirror.state("treatment", "d9") is None
        tx.held.put({contact("1"): {"score": 1}}, at=AT)
        assert tx.held.get([contact("1")]) == {}
        assert tx.outbox.queue([Wanted(contact("1"), {"score": 1})], at=AT) == [Want.UNCHANGED]
        assert tx.outbox.objects() == ["contacts"]
        assert [item.ref for item in tx.outbox.take("contacts", limit=9, at=AT)] == [contact("b0")]


def test_forgetting_twice_removes_nothing_more(store: Store) -> None:
    fill(store)
    store.forget(contact("1"), at=AT)
    assert store.forget(contact("1"), at=AT) == Forgotten((contact("1"),), 0, 0, 0, 0, 0)


def test_an_unknown_person_is_named(store: Store) -> None:
    fill(store)
    with pytest.raises(UsageError) as error:
        store.forget(contact("12"), at=AT)
    [problem] = error.value.problems
    assert (problem.code, problem.found) == ("unknown-person", "contacts/12")


def test_a_person_who_was_only_ever_rejected_can_be_forgotten(store: Store) -> None:
    with store.transaction() as tx:
        refusal = Refusal("bad-date", "no date", input={"born": PERSONAL[3]})
        tx.rejects.record(Stage.READ, contact("1"), refusal, at=AT)
    assert store.forget(contact("1"), at=AT).rejects == 1


def test_ids_that_were_merged_are_forgotten_together(store: Store) -> None:
    with store.transaction() as tx:
        tx.mirror.put([lead("1"), lead("2")])
        tx.log.append([decided("1"), decided("2")], run=None, at=AT)
        tx.identity.merge(contact("1"), contact("2"), at=AT)
    forgotten = store.forget(contact("1"), at=AT)
    assert (forgotten.people, forgotten.keys) == ((contact("2"), contact("1")), 2)
    with store.reading() as tx:
        assert [entry.erased for entry in tx.log.entries()] == [True, True]


def test_a_partner_is_a_person_too(store: Store) -> None:
    with store.transaction() as tx:
        tx.held.put({company("7"): {"tier": "gold"}}, at=AT)
    assert store.forget(company("7"), at=AT).held == 1


@pytest.mark.parametrize("others", [1, 1500], ids=["few people", "many people"])
def test_no_file_of_an_sqlite_store_holds_a_forgotten_value(tmp_path: Path, others: int) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'fairlead.db'}", anchor=tmp_path / "anchor.jsonl")
    fill(store, others)
    with store._engine.connect() as connection:
        [key] = connection.execute(text("SELECT key FROM person_keys WHERE crm_id = '1'")).scalars()
    assert all(files_with(needle, tmp_path) for needle in PERSONAL)

    assert store.forget(contact("1"), at=AT).residue is None
    assert [files_with(needle, tmp_path) for needle in PERSONAL] == [[], [], [], []]
    assert not any(key in path.read_bytes() for path in tmp_path.iterdir())
    store.close()
    assert [files_with(needle, tmp_path) for needle in PERSONAL] == [[], [], [], []]


def test_nothing_that_the_tree_of_sqlite_copied_is_left(tmp_path: Path) -> None:
    # records of many sizes, moved between pages as they grow and shrink
    store = Store.open(f"sqlite:///{tmp_path / 'fairlead.db'}", anchor=None)
    dice = random.Random(5)  # noqa: S311 - sizes, no secrets
    people = [f"{number:04}" for number in range(200)]

    def values(id_: str) -> dict[str, str]:
        return {"name": f"name-{id_}-end", "text": "x" * dice.choice([1, 300, 900, 2500, 6000])}

    for _ in range(3):
        dice.shuffle(people)
        for start in range(0, len(people), 50):
            part = people[start : start + 50]
            with store.transaction() as tx:
                tx.mirror.put([replace(lead(id_), facts=values(id_)) for id_ in part])
                tx.held.put({contact(id_): values(id_) for id_ in part}, at=AT)
                tx.outbox.queue([Wanted(contact(id_), values(id_)) for id_ in part], at=AT)
                for id_ in part:
                    refusal = Refusal("bad", "bad", input=values(id_))
                    tx.rejects.record(Stage.EVALUATE, contact(id_), refusal, at=AT)
    gone = people[::4]
    with store.transaction() as tx:
        for id_ in gone:
            tx.identity.forget(contact(id_), at=AT)
    with store._engine.connect() as connection:
        assert connection.execute(text("PRAGMA freelist_count")).scalar_one() > 0
    assert store.overwrite()
    with store._engine.connect() as connection:
        assert connection.execute(text("PRAGMA freelist_count")).scalar_one() == 0
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert [id_ for id_ in gone if f"name-{id_}-end".encode() in content] == []
    store.close()


@pytest.fixture
def database(server: Server) -> Iterator[tuple[str, Path]]:
    """A new database on the server: its URL and the folder of its tables."""
    engine = create_engine(server.url(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE apart"))
        number = connection.execute(text("SELECT oid FROM pg_database WHERE datname = 'apart'")).scalar()
        yield server.url(database="apart"), server.data / "base" / str(number)
        connection.execute(text("DROP DATABASE apart WITH (FORCE)"))
    engine.dispose()


def test_no_table_of_a_postgresql_store_holds_a_forgotten_value(
    database: tuple[str, Path], anchor: Path
) -> None:
    url, tables = database
    with Store.open(url, anchor=anchor) as store:
        fill(store, 20)
        autocommit = store._engine.execution_options(isolation_level="AUTOCOMMIT")
        with autocommit.connect() as connection:
            connection.execute(text("ANALYZE"))
            connection.execute(text("CHECKPOINT"))
            assert all(files_with(needle, tables) for needle in PERSONAL)
            assert store.forget(contact("1"), at=AT).residue is None
            connection.execute(text("CHECKPOINT"))
            assert [files_with(needle, tables) for needle in PERSONAL] == [[], [], [], []]


def test_a_reader_that_keeps_the_old_state_is_told_of(open_store: Callable[[], Store], url: str) -> None:
    store = open_store()
    fill(store)
    reader = open_store()
    with reader.reading() as tx:
        assert tx.mirror.record("lead", "1") is not None
        forgotten = store.forget(contact("1"), at=AT)
        assert forgotten.residue is not None
        assert forgotten.residue.code == "not-overwritten"
    assert store.forget(contact("1"), at=AT).residue is None
