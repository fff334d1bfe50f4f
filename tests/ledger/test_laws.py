"""In whatever order things happen, the books balance, nothing is paid twice and nothing due forgotten."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.ledger.world import World, write_project

from fairlead.ledger.corrections import Corrections
from fairlead.ledger.payout import Payout
from fairlead.ledger.periods import read_period
from fairlead.problems import UsageError
from fairlead.store import Store
from fairlead.store.ledger_act import ActWriter
from fairlead.store.ledger_states import TRANSITIONS, State

YEAR = read_period("2026")
PARTNERS = ("p1", "p2", "p3")
FEE, YEAR_MAXIMUM = 50000, 750000


class Crash(Exception):
    """The program ends in the middle of an act."""


class Books(RuleBasedStateMachine):
    """The partner programme: 500.00 USD for an introduction, at most 7,500.00 for a partner in a year."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        self.store = Store.open(f"sqlite:///{folder / 'fairlead.db'}", anchor=folder / "anchor.jsonl")
        self.world = World(write_project(folder / "clinic"), self.store)
        self.now = datetime(2026, 6, 1, 9, tzinfo=UTC)
        #: introduction -> (partner, facts)
        self.introductions: dict[str, tuple[str, dict[str, Any]]] = {}
        self.paid_by_bank: dict[str, int] = dict.fromkeys(PARTNERS, 0)
        for partner in PARTNERS:
            self.world.partner(partner)

    def teardown(self) -> None:
        self.store.close()
        self._folder.cleanup()

    def _later(self) -> None:
        self.now += timedelta(hours=1)

    def _put(self, id_: str) -> None:
        partner, facts = self.introductions[id_]
        self.world.introduction(id_, "2026-03-02", partner, now=self.now, **facts)

    def _everything(self) -> Payout:
        ledger = self.world.ledger(self.now)
        ledger.accrue()
        ledger.assess()
        return Payout(ledger)

    @rule(partner=st.sampled_from(PARTNERS), count=st.integers(1, 9), verified=st.booleans())
    def introductions_come(self, partner: str, count: int, verified: bool) -> None:
        self._later()
        for _ in range(count):
            id_ = f"i{len(self.introductions) + 1:03}"
            self.introductions[id_] = (partner, {"verified": verified})
            self._put(id_)

    @precondition(lambda self: self.introductions)
    @rule(data=st.data(), verified=st.booleans())
    def a_fact_changes(self, data: st.DataObject, verified: bool) -> None:
        self._later()
        id_ = data.draw(st.sampled_from(sorted(self.introductions)))
        self.introductions[id_][1]["verified"] = verified
        self._put(id_)

    @precondition(lambda self: self.introductions)
    @rule(data=st.data(), cause=st.sampled_from(["did_not_occur", "fraud", "duplicate"]))
    def an_introduction_falls_away(self, data: st.DataObject, cause: str) -> None:
        self._later()
        id_ = data.draw(st.sampled_from(sorted(self.introductions)))
        self.introductions[id_][1]["reversal_cause"] = cause
        self._put(id_)

    @rule(partner=st.sampled_from(PARTNERS), licensed=st.booleans(), form=st.booleans())
    def a_partner_changes(self, partner: str, licensed: bool, form: bool) -> None:
        self._later()
        until = "2027-12-31" if licensed else "2026-01-31"
        self.world.partner(partner, licence_valid_until=until, has_tax_form=form)

    @rule()
    def everything_is_decided(self) -> None:
        self._later()
        self._everything()

    @rule(after=st.integers(0, 3))
    def the_program_crashes(self, after: int) -> None:
        self._later()
        written = ActWriter.write
        left = after

        def write(act: ActWriter) -> int:
            nonlocal left
            number = written(act)
            left -= 1
            if left < 0:
                raise Crash
            return number

        with pytest.MonkeyPatch.context() as patch, suppress(Crash):
            patch.setattr(ActWriter, "write", write)
            self._quarter()

    @rule()
    def a_payout_runs(self) -> None:
        self._later()
        self._quarter()

    def _quarter(self) -> None:
        payout = self._everything()
        payout.propose(YEAR, "Ana")
        payout.approve(YEAR, "Mehmet")
        payout.state(YEAR, "Ana")
        try:
            paid = payout.pay(YEAR, "Ana", on=self.now.date(), reference="bank")
        except UsageError as error:
            if error.problems[0].code != "nothing-on-statement":
                raise
            return
        for entry in paid:
            self.paid_by_bank[entry.payee] += entry.units

    @rule(data=st.data(), outcome=st.sampled_from(["rejected", "upheld"]))
    def a_statement_is_disputed(self, data: st.DataObject, outcome: str) -> None:
        self._later()
        with self.store.reading() as tx:
            open_ = [
                entry.id for entry in tx.book.entries(states=[State.ON_STATEMENT]) if entry.kind == "accrual"
            ]
        if not open_:
            return
        number = data.draw(st.sampled_from(open_))
        corrections = Corrections(self.world.ledger(self.now))
        corrections.dispute(number, "partner", "it is another amount")
        corrections.settle(number, "Mehmet", outcome, "looked at")

    @rule()
    def statements_are_made_and_not_paid(self) -> None:
        self._later()
        payout = self._everything()
        payout.propose(YEAR, "Ana")
        payout.approve(YEAR, "Mehmet")
        payout.state(YEAR, "Ana")

    @invariant()
    def the_accounts_sum_to_zero(self) -> None:
        with self.store.reading() as tx:
            sums: dict[str, int] = {}
            for balance in tx.book.balances():
                sums[balance.payee] = sums.get(balance.payee, 0) + balance.units
        assert set(sums.values()) <= {0}

    @invariant()
    def what_is_paid_is_what_the_bank_paid(self) -> None:
        with self.store.reading() as tx:
            paid = dict.fromkeys(PARTNERS, 0)
            for balance in tx.book.balances():
                if balance.account == "paid":
                    paid[balance.payee] += balance.units
        assert paid == self.paid_by_bank

    @invariant()
    def an_introduction_stands_once_and_a_partner_within_the_limit(self) -> None:
        with self.store.reading() as tx:
            entries = list(tx.book.entries())
        taken = {entry.corrects for entry in entries}
        standing = [
            entry
            for entry in entries
            if entry.kind == "accrual" and entry.state is not State.REVERSED and entry.id not in taken
        ]
        assert len({entry.subject for entry in standing}) == len(standing)
        for partner in PARTNERS:
            assert sum(entry.units for entry in standing if entry.payee == partner) <= YEAR_MAXIMUM

    @invariant()
    def states_follow_the_declared_machine(self) -> None:
        with self.store.reading() as tx:
            for entry in tx.book.entries():
                path = [movement.state for movement in tx.book.movements(entry.id)]
                assert path[0] is State.ACCRUED
                assert all(step in TRANSITIONS for step in pairwise(path))

    @rule()
    def at_last_everything_is_in_order_and_nothing_due_is_forgotten(self) -> None:
        """Mend what holds; then every introduction that stands is paid or above the limit."""
        self._later()
        for partner in PARTNERS:
            self.world.partner(partner)
        for id_, (_, facts) in self.introductions.items():
            facts["verified"] = True
            self._put(id_)
        self._later()
        for _ in range(2):
            self._quarter()
            self._later()
        with self.store.reading() as tx:
            entries = list(tx.book.entries())
            disputed = Payout(self.world.ledger(self.now)).open_disputes(tx)
        assert not disputed
        standing = {id_ for id_, (_, facts) in self.introductions.items() if "reversal_cause" not in facts}
        taken = {entry.corrects for entry in entries}
        accrued = {
            entry.subject
            for entry in entries
            if entry.kind == "accrual" and entry.id not in taken and entry.state is not State.REVERSED
        }
        assert accrued == standing
        for partner in PARTNERS:
            own = [entry for entry in entries if entry.payee == partner]
            waiting = [entry for entry in own if entry.state is State.RELEASED]
            # what is left waits for a sum above the minimum; it is nothing or less
            assert sum(entry.units for entry in waiting) < 10000
            assert all(entry.state in (State.PAID, State.REVERSED, State.RELEASED) for entry in own)


TestBooks = Books.TestCase
TestBooks.settings = settings(
    max_examples=10,
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.parametrize("boundary", range(8))
def test_a_killed_run_is_taken_up_where_it_was(
    boundary: int, make_world: Callable[..., World], tmp_path: Path
) -> None:
    world = make_world()
    world.partner()
    world.partner("p2", licence_valid_until="2026-01-31")
    for number in range(1, 13):
        world.introduction(f"i{number:02}", f"2026-03-{number:02}", "p1" if number % 3 else "p2")
    world.store.close()
    url = world.store.url
    child = os.fork()
    if child == 0:
        _run_and_die(world.folder, url, tmp_path, boundary)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) == (boundary < 6)
    with Store.open(url, anchor=tmp_path / "anchor.jsonl") as store:
        again = World(world.folder, store)
        payout = _steps(again)
        assert len(payout.pay(YEAR, "Ana", on=date(2026, 11, 21), reference="17")) in (0, 8)
        with store.reading() as tx:
            found = sorted((entry.subject, entry.units, entry.state) for entry in tx.book.entries())
        assert found == [
            (f"i{number:02}", FEE, State.PAID if number % 3 else State.HELD) for number in range(1, 13)
        ]
        assert store.verify().sound


def _steps(world: World) -> Payout:
    ledger = world.ledger()
    ledger.accrue()
    ledger.assess()
    payout = Payout(ledger)
    payout.propose(YEAR, "Ana")
    payout.approve(YEAR, "Mehmet")
    payout.state(YEAR, "Ana")
    return payout


def _run_and_die(folder: Path, url: str, tmp_path: Path, boundary: int) -> None:
    """Run the whole quarter, and be killed within the transaction of the act of this number."""
    written = ActWriter.write
    count = 0

    def write(act: ActWriter) -> int:
        nonlocal count
        number = written(act)
        if count == boundary:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1
        return number

    # never undone: the process does not live on
    pytest.MonkeyPatch().setattr(ActWriter, "write", write)
    with Store.open(url, anchor=tmp_path / "anchor.jsonl") as store:
        payout = _steps(World(folder, store))
        payout.pay(YEAR, "Ana", on=date(2026, 11, 21), reference="17")
