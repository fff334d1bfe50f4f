"""Verification finds what was done to the log behind the store's back, and says where."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.store.samples import AT, decided, unguard

from fairlead.store import FindingKind, RunState, Store
from fairlead.store.chain import entry_hash
from fairlead.store.schema import decision_log

#: what the test writes and what it anchors: entries 1 to 20 anchored at 10 and 20, entries 21 to 24 after it
WRITTEN, ANCHORED = 24, 20


@pytest.fixture
def log(store: Store) -> Store:
    for number in range(1, WRITTEN, 2):
        with store.transaction() as tx:
            tx.log.append([decided(str(number)), decided(str(number + 1))], run=None, at=AT)
    unguard(store, "decision_log")
    return store


def change(store: Store, *statements: str) -> None:
    with store._engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def rehash(store: Store, first: int, last: int = WRITTEN) -> None:
    """Give entries hashes that fit, as somebody who knows how would."""
    with store._engine.begin() as connection:
        rows = connection.execute(
            decision_log.select().where(decision_log.c.seq >= first - 1).order_by(decision_log.c.seq)
        ).all()
        previous = rows[0].hash if rows[0].seq == first - 1 else None
        for row in rows:
            if first <= row.seq <= last:
                previous = previous or row.previous
                connection.execute(
                    decision_log.update().where(decision_log.c.seq == row.seq).values(previous=previous)
                )
                fresh = connection.execute(decision_log.select().where(decision_log.c.seq == row.seq)).one()
                previous = entry_hash(fresh)
                connection.execute(
                    decision_log.update().where(decision_log.c.seq == row.seq).values(hash=previous)
                )


def found(store: Store) -> list[tuple[str, int | None]]:
    return [(finding.kind.value, finding.seq) for finding in store.verify().findings]


def test_a_log_that_nobody_touched_is_sound(log: Store) -> None:
    verification = log.verify()

    assert (verification.sound, verification.findings, verification.found) == (True, (), 0)
    assert (verification.head.count, verification.anchors, verification.unanchored) == (WRITTEN, 3, 4)
    assert verification.first_anchor is not None
    assert verification.last_anchor is not None
    assert verification.first_anchor.head.count == 0
    assert verification.last_anchor.head.count == ANCHORED


@pytest.mark.parametrize(
    "edit",
    [
        "at = at + 1",
        "run = 1",
        "entity = 'partner'",
        "id = '99'",
        "person = (SELECT person FROM decision_log WHERE seq = 8)",
        "ruleset = 'sha256:1'",
        "model = 'sha256:1'",
        "semantics = '2'",
        "approval = 'approved'",
        "decisions = '{}'",
        "sealed = (SELECT sealed FROM decision_log WHERE seq = 8)",
        "hash = 'sha256:1'",
    ],
)
def test_an_edited_member_is_found_at_its_entry(log: Store, edit: str) -> None:
    with log.transaction() as tx:
        tx.runs.start("sync", at=AT)
    change(log, f"UPDATE decision_log SET {edit} WHERE seq = 7")  # noqa: S608 - literals of the test

    kind, seq = found(log)[0]
    assert (kind, seq) == ("edited", 7)


def test_an_edited_link_is_found_at_its_entry(log: Store) -> None:
    change(log, "UPDATE decision_log SET previous = 'sha256:1' WHERE seq = 7")
    assert found(log) == [("unlinked", 7), ("edited", 7)]


def test_an_edit_with_a_hash_that_fits_breaks_the_next_link(log: Store) -> None:
    change(log, "UPDATE decision_log SET decisions = '{}' WHERE seq = 7")
    rehash(log, 7, 7)
    assert found(log) == [("unlinked", 8)]


def test_a_log_that_was_rewritten_with_fitting_hashes_does_not_fit_its_anchors(log: Store) -> None:
    change(log, "UPDATE decision_log SET decisions = '{}' WHERE seq = 7")
    rehash(log, 7)
    verification = log.verify()
    assert [(finding.kind, finding.seq, finding.anchor_line) for finding in verification.findings] == [
        (FindingKind.REWRITTEN, 10, 2),
        (FindingKind.REWRITTEN, 20, 3),
    ]


@pytest.mark.parametrize(
    ("removed", "message"),
    [("seq = 7", "entry 7 is missing"), ("seq BETWEEN 7 AND 9", "entry 7 to 9 is missing")],
    ids=["one", "three"],
)
def test_removed_entries_are_found_in_their_place(log: Store, removed: str, message: str) -> None:
    change(log, f"DELETE FROM decision_log WHERE {removed}")  # noqa: S608 - literals of the test
    [finding] = log.verify().findings
    assert (finding.kind, finding.seq, finding.message) == (FindingKind.REMOVED, 7, message)


def test_a_removed_beginning_is_found(log: Store) -> None:
    change(log, "DELETE FROM decision_log WHERE seq <= 2")
    assert found(log) == [("removed", 1)]


def test_a_removed_entry_with_the_others_closed_up_is_found(log: Store) -> None:
    change(log, "DELETE FROM decision_log WHERE seq = 23")
    change(log, "UPDATE decision_log SET seq = 23 WHERE seq = 24")
    findings = log.verify().findings
    assert [(finding.kind, finding.seq) for finding in findings] == [
        (FindingKind.UNLINKED, 23),
        (FindingKind.MOVED, 23),
    ]
    assert findings[1].message == "entry 23 was written as entry 24"


def test_reordered_entries_are_found_with_their_old_places(log: Store) -> None:
    for old, new in ((7, 1000), (12, 7), (1000, 12)):
        change(log, f"UPDATE decision_log SET seq = {new} WHERE seq = {old}")  # noqa: S608 - numbers
    moved = [finding for finding in log.verify().findings if finding.kind is FindingKind.MOVED]
    assert [(finding.seq, finding.message) for finding in moved] == [
        (7, "entry 7 was written as entry 12"),
        (12, "entry 12 was written as entry 7"),
    ]


COPY = (
    "INSERT INTO decision_log SELECT {seq}, at, run, entity, id, person, ruleset, model, semantics, "
    "approval, decisions, sealed, previous, hash FROM decision_log WHERE seq = 24"
)


def test_an_inserted_entry_that_shifts_the_others_is_found(log: Store) -> None:
    change(log, "UPDATE decision_log SET seq = seq + 1000 WHERE seq >= 23")
    change(log, "UPDATE decision_log SET seq = seq - 999 WHERE seq >= 1000")
    change(log, COPY.format(seq=23).replace("seq = 24", "seq = 22"))
    # the copy of entry 22 has the hash that old entry 23 follows from
    assert found(log) == [("unlinked", 23), ("moved", 23), ("moved", 24), ("moved", 25)]


def test_an_entry_put_at_the_end_is_found(log: Store) -> None:
    change(log, COPY.format(seq=25))
    assert found(log) == [("unlinked", 25), ("moved", 25)]


def test_an_entry_put_before_the_first_is_found(log: Store) -> None:
    change(log, COPY.format(seq=0), COPY.format(seq=-3))
    assert found(log) == [("inserted", -3), ("inserted", 0)]


def test_a_cut_end_is_found_by_the_anchor(log: Store) -> None:
    change(log, "DELETE FROM decision_log WHERE seq > 15")
    [finding] = log.verify().findings
    assert (finding.kind, finding.seq, finding.anchor_line) == (FindingKind.CUT, 16, 3)
    assert finding.message.startswith("the log ends with entry 15; on ")
    assert finding.message.endswith(" it had 20")


def test_a_log_that_was_emptied_is_found_by_the_anchor(log: Store) -> None:
    change(log, "DELETE FROM decision_log")
    assert found(log) == [("cut", 1), ("cut", 1)]


def test_a_cut_end_that_others_were_written_over_is_found_by_the_anchor(log: Store) -> None:
    change(log, "DELETE FROM decision_log WHERE seq > 15")
    with log.transaction() as tx:
        tx.log.append([decided(str(number)) for number in range(30)], run=None, at=AT)
    assert found(log) == [("rewritten", 20)]


def test_a_store_that_was_restored_from_a_backup_is_older_than_its_anchor(
    tmp_path: Path, anchor: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'fairlead.db'}"
    with Store.open(url, anchor=anchor) as store, store.transaction() as tx:
        tx.log.append([decided("1"), decided("2")], run=None, at=AT)
    shutil.copy(tmp_path / "fairlead.db", tmp_path / "backup.db")
    with Store.open(url, anchor=anchor) as store, store.transaction() as tx:
        tx.log.append([decided("3")], run=None, at=AT)
    shutil.copy(tmp_path / "backup.db", tmp_path / "fairlead.db")
    with Store.open(url, anchor=anchor) as store:
        assert found(store) == [("cut", 3)]


def test_a_crash_between_commit_and_anchor_is_no_finding(open_store: Callable[[], Store]) -> None:
    store = open_store()
    store._write_anchor = lambda head: None  # type: ignore[method-assign]
    with store.transaction() as tx:
        run = tx.runs.start("sync", at=AT)
        tx.log.append([decided("1"), decided("2")], run=run, at=AT)
        tx.runs.end(run, RunState.DONE, {}, at=AT)
    verification = open_store().verify()
    assert (verification.sound, verification.unanchored, verification.anchors) == (True, 2, 1)


def test_a_line_that_a_crash_cut_short_is_no_finding_and_the_next_one_is_whole(
    log: Store, anchor: Path
) -> None:
    whole = anchor.read_bytes()
    anchor.write_bytes(whole + whole.splitlines()[1][:40])
    assert log.verify().sound
    log.close()
    lines = anchor.read_text().splitlines()
    assert len(lines) == 5
    assert json.loads(lines[-1])["count"] == WRITTEN
    assert log.verify().anchors == 4


def test_a_gone_anchor_file_is_a_finding(log: Store, anchor: Path) -> None:
    anchor.unlink()
    assert found(log) == [("no-anchor", None)]


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        "{}",
        '{"at":"2026-11-21","count":-1,"hash":"x","store":"y"}',
        '{"at":"2026-11-21","count":"3","hash":"x","store":"y"}',
        '{"at":1,"count":3,"hash":"x","store":"y"}',
        '{"at":"2026-11-21","count":3,"hash":"sha256:1","store":"another"}',
        "[[[[[[}",
        '"\\ud800}',
        "x" * 5000 + "}",
    ],
    ids=range(9),
)
def test_a_line_that_is_no_anchor_of_this_store_is_a_finding(log: Store, anchor: Path, line: str) -> None:
    with anchor.open("a") as stream:
        stream.write(line + "\n")
    kinds = {finding.kind for finding in log.verify().findings}
    assert kinds == {FindingKind.BAD_ANCHOR}
    assert log.verify().findings[0].anchor_line == 4


@pytest.mark.parametrize("value", ["'text'", "1.5", "x'ff'", "9e300"])
@pytest.mark.parametrize("member", ["at", "sealed", "decisions", "run", "previous"])
def test_a_member_of_another_kind_is_a_finding_and_no_crash(
    tmp_path: Path, anchor: Path, member: str, value: str
) -> None:
    # SQLite alone lets a column hold anything
    with Store.open(f"sqlite:///{tmp_path / 'fairlead.db'}", anchor=anchor) as store:
        with store.transaction() as tx:
            tx.log.append([decided("1"), decided("2")], run=None, at=AT)
        unguard(store, "decision_log")
        with store._engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            connection.exec_driver_sql("BEGIN")
            connection.execute(
                text(f"UPDATE decision_log SET {member} = {value} WHERE seq = 1")  # noqa: S608
            )
            connection.commit()
            connection.invalidate()
        assert ("edited", 1) in found(store)


def test_many_findings_are_counted_and_the_first_thousand_listed(store: Store) -> None:
    with store.transaction() as tx:
        tx.log.append([decided("1") for _ in range(1200)], run=None, at=AT)
    unguard(store, "decision_log")
    change(store, "UPDATE decision_log SET approval = 'x'")
    verification = store.verify()
    assert (verification.found, len(verification.findings)) == (1200, 1000)


def test_progress_is_told(store: Store) -> None:
    with store.transaction() as tx:
        tx.log.append([decided("1") for _ in range(2500)], run=None, at=AT)
    told: list[int] = []
    store.verify(progress=told.append)
    assert told == [1000, 2000]


def test_a_store_without_an_anchor_is_checked_by_its_chain_alone(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'fairlead.db'}", anchor=None) as store:
        with store.transaction() as tx:
            tx.log.append([decided("1")], run=None, at=AT)
        verification = store.verify()
    assert (verification.sound, verification.anchors, verification.unanchored) == (True, None, 1)
