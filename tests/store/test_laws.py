"""Laws of the store, over random sequences of what can be done with it."""

from __future__ import annotations

import tempfile
from dataclasses import fields, replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.store.samples import AT, contact, decided

from fairlead.store import Queued, Refusal, Store, Wanted
from fairlead.store.chain import entry_hash
from fairlead.store.decision_log import _Row
from fairlead.store.stored_values import json_text, json_value

PEOPLE = st.sampled_from(["1", "2", "3"])
FIELDS = st.dictionaries(
    st.sampled_from(["score", "band", "note"]), st.sampled_from([None, 1, True, "1", "warm"]), max_size=3
)
FULL = FIELDS.map(lambda values: {"score": None, "band": None, "note": None} | values)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_a_json_value_is_stored_as_one_text_and_comes_back(value: object) -> None:
    stored = json_text(value)
    assert stored.isascii()
    assert json_value(stored) == value
    assert json_text(json_value(stored)) == stored


class Log(RuleBasedStateMachine):
    """Whatever is appended and forgotten in whatever order, the log verifies and says what it still can."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.url = f"sqlite:///{self.folder.name}/fairlead.db"
        self.anchor = Path(self.folder.name) / "anchor.jsonl"
        self.store = Store.open(self.url, anchor=self.anchor, anchor_every=3)
        self.written: list[str] = []
        self.gone: set[str] = set()

    @rule(people=st.lists(PEOPLE, min_size=1, max_size=3))
    def append(self, people: list[str]) -> None:
        kept = [person for person in people if person not in self.gone]
        with self.store.transaction() as tx:
            tx.log.append([decided(person) for person in kept], run=None, at=AT)
        self.written += kept

    @rule(person=PEOPLE)
    def forget(self, person: str) -> None:
        if person in self.written:
            self.store.forget(contact(person), at=AT)
            self.gone.add(person)

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = Store.open(self.url, anchor=self.anchor, anchor_every=3)

    @invariant()
    def verifies_and_tells_what_it_may(self) -> None:
        verification = self.store.verify()
        assert verification.findings == ()
        assert verification.unanchored < 3
        with self.store.reading() as tx:
            entries = list(tx.log.entries())
        assert [entry.id for entry in entries] == self.written
        for entry in entries:
            assert entry.erased == (entry.id in self.gone)
            assert entry.decisions.get("lead.score") == (None if entry.erased else 40)

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


class Writes(RuleBasedStateMachine):
    """A CRM that may or may not have taken a write holds, in the end, the newest desired state.

    Whatever crashes between the steps: nothing is lost, and nothing else is written.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store.open(f"sqlite:///{self.folder.name}/fairlead.db", anchor=None)
        self.crm: dict[str, dict[str, object]] = {person: {} for person in ("1", "2", "3")}
        self.desired: dict[str, dict[str, object]] = {}

    @rule(person=PEOPLE, values=FULL)
    def want(self, person: str, values: dict[str, object]) -> None:
        with self.store.transaction() as tx:
            tx.outbox.queue([Wanted(contact(person), values)], at=AT)
        self.desired[person] = values

    @rule(took=st.booleans(), heard=st.sampled_from(["written", "rejected", "deferred", "crash"]))
    def write(self, took: bool, heard: str) -> None:
        for item in self.take(1):
            if took or heard == "written":
                self.crm[item.ref.id] |= item.values
            with self.store.transaction() as tx:
                if heard == "written":
                    tx.outbox.written([item], at=AT)
                elif heard == "rejected":
                    tx.outbox.rejected([(item, Refusal("busy", "it was busy"))], at=AT)
                elif heard == "deferred":
                    tx.outbox.deferred([item])

    @rule(person=PEOPLE, values=FULL)
    def want_between_taking_and_reporting(self, person: str, values: dict[str, object]) -> None:
        taken = self.take(3)
        self.want(person, values)
        for item in taken:
            self.crm[item.ref.id] |= item.values
        with self.store.transaction() as tx:
            tx.outbox.written(taken, at=AT)

    def take(self, limit: int) -> list[Queued]:
        with self.store.transaction() as tx:
            return tx.outbox.take("contacts", limit=limit, at=AT)

    @invariant()
    def a_run_that_ends_well_leaves_what_is_desired(self) -> None:
        # tried on copies: the run itself is undone
        crm = {person: dict(values) for person, values in self.crm.items()}
        try:
            with self.store.transaction() as tx:
                tx.outbox.reopen()
                for item in tx.outbox.take("contacts", limit=9, at=AT):
                    crm[item.ref.id] |= item.values
                raise _Undone
        except _Undone:
            pass
        for person, values in self.desired.items():
            assert {name: crm[person].get(name) for name in values} == values
            assert [type(crm[person].get(name)) for name in values] == [type(v) for v in values.values()]

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


class _Undone(Exception):
    """Ends a trial run."""


def test_any_sequence_of_appending_and_forgetting_leaves_a_sound_log() -> None:
    run_state_machine_as_test(Log, settings=settings(max_examples=15, stateful_step_count=12, deadline=None))


def test_the_newest_desired_state_wins_whatever_crashes() -> None:
    run_state_machine_as_test(
        Writes, settings=settings(max_examples=25, stateful_step_count=15, deadline=None)
    )


def test_every_member_of_an_entry_is_covered_by_its_hash() -> None:
    row = _Row(1, 2, 3, "lead", "1", "key", "r", "m", "1", "unapproved", "{}", b"sealed", "sha256:0")
    before = entry_hash(row)
    for member in fields(row):
        if member.name == "hash":
            continue
        other = replace(row)
        value = getattr(row, member.name)
        setattr(other, member.name, value * 2 if isinstance(value, bytes | str) else value + 1)
        assert entry_hash(other) != before, member.name
