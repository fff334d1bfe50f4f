"""A process that is killed at any step loses nothing and doubles nothing.

Each test does the same work on two alike accounts: once in peace, and once killed with SIGKILL and started
again. CRM and store then hold the same, but for run ids, instants and attempts.
"""

from __future__ import annotations

import os
import random
import re
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.postgresql import Server, new_schema
from tests.sync.accounts import at, people_work, renewed, standing_still
from tests.sync.clinic import Clinic
from tests.sync.crash_child import BEFORE_ANCHOR
from tests.sync.forks import Forks, crm_state, differences, store_state, with_tasks_named
from tests.sync.kept import keep

from fairlead.sync.place import STORE_URL

OpenClinic = Callable[..., Clinic]

CRMS = ("acme", "hubspot", "salesforce", "zoho")
#: calls that write records, links or tasks to a CRM
_WRITES = re.compile(
    r"^(PATCH|PUT) |/batch/(update|upsert|create|associate)|/composite/sobjects|POST .*/Tasks$"
)
#: seconds between what people do, and between the runs after it
_ROUND, _RUN = 600, 60


@dataclass
class Work:
    """What is done on one account: runs that may be killed."""

    clinic: Clinic
    forks: Forks

    def run(self, seconds: float) -> int:
        """Run at an instant to the end; return the number of steps."""
        at(self.clinic, seconds)
        return self.forks.done(self.clinic)

    def settle(self, seconds: float) -> None:
        """Run once more, so that the mirror has seen what was written: nothing is left to write."""
        before = self.written()
        self.run(seconds)
        assert self.written() == before

    def written(self) -> list[str]:
        """The calls so far that wrote something to the CRM."""
        return [
            said for call in self.clinic.sandbox.calls if _WRITES.search(said := f"{call.method} {call.path}")
        ]

    def state(self) -> dict[str, str]:
        """What the CRM and the store hold."""
        return {**crm_state(self.clinic), **store_state(self.clinic)}

    def differences(self, state: Mapping[str, str]) -> dict[str, tuple[str, str]]:
        """What is not as in another state."""
        return differences(self.state(), state)

    def begin(self) -> None:
        """Create the fields of ours in a fresh account."""
        self.forks.done(self.clinic, "provision")
        self.clinic.sandbox.calls.clear()


@pytest.fixture
def open_work(
    request: pytest.FixtureRequest, open_clinic: OpenClinic, forks: Forks
) -> Callable[[str, int], Work]:
    """Open accounts of a CRM, with a store in SQLite or in PostgreSQL."""

    def make(crm: str, leads: int) -> Work:
        name, _, database = crm.partition(" on ")
        clinic = open_clinic(name, leads=leads, partners=9, limits=False, settings="tasks = true\n")
        if database:
            server: Server = request.getfixturevalue("server")
            clinic.environment = {**clinic.environment, STORE_URL: server.url(schema=new_schema(server))}
        work = Work(standing_still(clinic), forks)
        work.begin()
        return work

    return make


OpenWork = Callable[[str, int], Work]


def first_sync(work: Work, first: Callable[[], object]) -> None:
    """Read and write everything: a first run, one that goes on after it, one that finds nothing to do."""
    at(work.clinic, _RUN)
    first()
    work.run(2 * _RUN)
    work.settle(3 * _RUN)


def peaceful(work: Work) -> tuple[int, list[int], dict[str, str]]:
    """Sync without being killed: the number of steps, which calls wrote to the CRM, and the state."""
    steps = 0

    def first() -> None:
        nonlocal steps
        steps = work.forks.done(work.clinic)

    before = len(work.clinic.sandbox.calls)
    first_sync(work, first)
    calls = [f"{call.method} {call.path}" for call in work.clinic.sandbox.calls[before:]]
    return steps, [number for number, call in enumerate(calls) if _WRITES.search(call)], work.state()


def test_a_first_sync_killed_at_every_boundary_between_steps(open_work: OpenWork, tmp_path: Path) -> None:
    # the boundaries are the sync's own; the other CRMs' later syncs are killed at every one of them below
    work = open_work("hubspot", 15)
    fresh = keep(work.clinic, tmp_path / "fresh")
    steps, _, state = peaceful(work)
    assert steps >= 15
    for step in range(1, steps + 1):
        fresh.restore()

        first_sync(work, lambda: work.forks.killed(work.clinic, step))  # noqa: B023 - called at once

        assert work.differences(state) == {}, step


@pytest.mark.parametrize("crm", CRMS)
def test_a_first_sync_killed_during_every_call_that_writes(
    open_work: OpenWork, crm: str, tmp_path: Path
) -> None:
    # more than one batch of each CRM
    work = open_work(crm, 210 if crm == "salesforce" else 130)
    fresh = keep(work.clinic, tmp_path / "fresh")
    _, writes, state = peaceful(work)
    assert len(writes) >= 3
    for number in writes:
        fresh.restore()

        first_sync(work, lambda: work.forks.killed_during_call(work.clinic, number))  # noqa: B023 - called at once

        assert work.differences(state) == {}, number


@pytest.mark.parametrize("crm", ["hubspot", "zoho", "salesforce on postgresql"])
def test_a_sync_of_what_people_did_killed_at_every_boundary(open_work: OpenWork, crm: str) -> None:
    """Two alike accounts live on side by side; in one of them each sync is killed, and killed again."""
    peace, killed = open_work(crm, 60), open_work(crm, 60)
    for work in (peace, killed):
        work.run(_RUN)
        work.settle(2 * _RUN)
    left: set[int] | None = None
    round_ = kills = 0
    while left is None or left:
        round_ += 1
        began = round_ * _ROUND
        for work in (peace, killed):
            at(work.clinic, began)
            people_work(work.clinic, round_)
        steps = peace.run(began + _RUN)
        # what the first run wrote (a partner, a code) is read by the second
        peace.run(began + 2 * _RUN)
        if left is None:
            left = set(range(1, steps + 1))
            # the most that leaves something to strike in a seventh round
            kills = (steps - 1) // 6
        left = {step for step in left if step <= steps}

        at(killed.clinic, began + _RUN)
        for step in [*sorted(left - {max(left)})[: kills - 1], max(left)]:
            # the later of these runs may have fewer steps: then its step comes in a later round
            if killed.forks.ended(killed.clinic, step) == -9:
                left -= {step}
        killed.run(began + 2 * _RUN)
        killed.run(began + 3 * _RUN)

        assert killed.differences(peace.state()) == {}, round_
    assert round_ >= 7
    for work in (peace, killed):
        work.settle((round_ + 1) * _ROUND)


def test_only_the_numbers_of_tasks_are_left_out_of_the_comparison() -> None:
    call, mail = {"key": "hot-1", "body": "call"}, {"key": "hot-2", "body": "mail"}
    one = {"records": {"tasks": {"66": call, "67": mail}}, "associations": [["66", "81"], ["67", "82"]]}
    renumbered = {
        "records": {"tasks": {"66": mail, "67": call}},
        "associations": [["66", "82"], ["67", "81"]],
    }
    crossed = {"records": {"tasks": {"66": call, "67": mail}}, "associations": [["66", "82"], ["67", "81"]]}
    doubled = {
        "records": {"tasks": {"66": call, "67": mail, "68": call}},
        "associations": [["66", "81"], ["67", "82"], ["68", "81"]],
    }

    assert with_tasks_named(renumbered) == with_tasks_named(one)
    assert with_tasks_named(crossed) != with_tasks_named(one)
    assert with_tasks_named(doubled) != with_tasks_named(one)


@pytest.mark.parametrize("crm", CRMS)
def test_killed_at_random_instants(open_work: OpenWork, crm: str) -> None:
    chance = random.Random(crm)  # noqa: S311 - instants, no secrets
    work = open_work(crm, 130)
    _, _, state = peaceful(work)
    renewed(work.clinic)
    work.begin()

    ended: list[int] = []

    def killed_often() -> None:
        # calls that take a while let the instants fall between them too
        work.clinic.sandbox.latency = 0.02
        # a busy machine begins later and a quick one ends sooner: instants go on until enough have struck
        for attempt in range(40):
            if attempt >= 8 and ended.count(-signal.SIGKILL) >= 3:
                break
            process = work.forks.start(work.clinic)
            time.sleep(chance.uniform(0.05, 0.8))
            # it may have ended just now
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
            ended.append(work.forks.result()[0])
        work.clinic.sandbox.latency = 0.0

    first_sync(work, killed_often)

    assert ended.count(-signal.SIGKILL) >= 3
    assert work.differences(state) == {}


@pytest.mark.parametrize("crm", ["acme", "acme on postgresql"])
def test_the_log_is_sound_after_a_crash_between_its_commit_and_its_anchor(
    open_work: OpenWork, crm: str
) -> None:
    work = open_work(crm, 15)
    _, _, state = peaceful(work)
    renewed(work.clinic)
    # the file of the anchor is made by the first run that opens the store
    with work.clinic.store():
        pass
    work.begin()

    at(work.clinic, _RUN)
    work.forks.killed(work.clinic, BEFORE_ANCHOR)
    store = work.clinic.store()
    after_crash = store.verify()
    store.close()
    work.run(2 * _RUN)
    work.settle(3 * _RUN)

    # 15 leads and 9 partners were decided; nothing outside the database vouched for them yet
    assert (after_crash.sound, after_crash.unanchored) == (True, after_crash.head.count)
    assert after_crash.head.count >= 24
    with work.clinic.store() as again:
        assert (again.verify().sound, again.verify().unanchored) == (True, 0)
    assert work.differences(state) == {}


def test_a_second_run_at_once_is_refused(open_work: OpenWork, forks: Forks, acme_installed: Path) -> None:
    work = open_work("acme", 15)
    others = Forks(acme_installed)
    # with everything loaded it asks before the call of the first run is given up
    others.done(work.clinic, "provision")
    under_way, refused = threading.Event(), threading.Event()

    def called(before: int) -> None:
        under_way.set()
        refused.wait(60)

    work.clinic.sandbox.on_call = called
    forks.start(work.clinic)
    assert under_way.wait(60)

    others.start(work.clinic)
    _, said = others.result()
    refused.set()
    others.close()

    assert "already-running" in said
    assert forks.result()[1].split()[0] == "done"
