"""Cases: overload, lost connections and broken answers are outlived, and each write took effect once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import get_args

import pytest

from fairlead.plugins.failures import FailureKind
from fairlead.plugins.records import Change, LinkChange, Task
from fairlead.testing.conformance.reading import difference, expect
from fairlead.testing.conformance.rig import Cases, Rig
from fairlead.testing.conformance.stage import BULK, Stage, all_failed, all_written
from fairlead.testing.faults import FaultKind

__all__ = ["TroubleCases"]

_FAULTS: tuple[FaultKind, ...] = get_args(FaultKind)
#: calls of one operation that are hit in turn; more would only repeat the same code
_MOST_CALLS = 5
#: seconds to connect and to wait for an answer: short, so that a silent CRM is soon given up
_TIMEOUT = (2.0, 0.5)
_SILENCE = 0.8
_ALWAYS = 10_000


class TroubleCases(Cases):
    """The CRM, or what stands between, has a bad day."""

    @pytest.mark.parametrize("fault", _FAULTS)
    def test_reading_outlives_a_fault_in_any_call(self, rig: Rig, fault: FaultKind) -> None:
        """Whichever call of a full read is hit once, everything is read."""
        stage = rig.start(leads=30, partners=4, timeout=_TIMEOUT)
        calls = stage.calls_of(stage.read)
        for number in range(min(calls, _MOST_CALLS)):
            stage.sandbox.fault(fault, skip=number, seconds=_SILENCE)
            outcome = rig.attempt(stage.read)
            stage.sandbox.faults.clear()
            where = f"call {number + 1} of {calls} was hit by `{fault}`"
            expect(outcome.failure is None, f"{where}: it was not tried again, but failed: {outcome.failure}")
            said = difference(outcome.value.latest if outcome.value else {}, stage.truth())
            expect(not said, f"{where}, and what was read differs:\n{said}")

    @pytest.mark.parametrize("fault", _FAULTS)
    def test_a_write_outlives_a_fault_in_any_call(self, rig: Rig, fault: FaultKind) -> None:
        """Whichever call is hit, before or after it took effect, each value is there and no record is new."""
        stage = rig.start(leads=30, partners=4, timeout=_TIMEOUT)
        field = stage.field()
        ids = stage.ids(4)
        known = set(stage.truth())
        first = stage.changes(field, dict.fromkeys(ids, "first"))
        calls = stage.calls_of(lambda: stage.write(first))
        for number in range(min(calls, _MOST_CALLS)):
            wanted = {id_: f"{fault} {number} {id_}" for id_ in ids}
            stage.sandbox.fault(fault, skip=number, seconds=_SILENCE)
            outcome = rig.attempt(stage.write, stage.changes(field, wanted))
            stage.sandbox.faults.clear()
            expect(
                outcome.failure is None,
                f"call {number + 1} of {calls} was hit by `{fault}`: {outcome.failure}",
            )
            all_written(outcome.value or ())
            stage.holds(field, dict(wanted))
            expect(set(stage.truth()) == known, f"`{fault}` during a write made or removed records")

    @pytest.mark.parametrize("fault", ["status", "html", "reset_before", "reset_after"])
    def test_a_link_is_written_through_a_fault_in_any_call(self, rig: Rig, fault: FaultKind) -> None:
        """Whichever call is hit, the link holds the one record that it was pointed to."""
        stage = rig.start(leads=30, partners=4, timeout=_TIMEOUT)
        link = next((each for each in stage.query().links if each.target == stage.object("partner")), None)
        if link is None:
            pytest.skip("the mapping has no link from a lead to a partner")
        (id_,) = stage.ids(1)
        partners = stage.ids(4, "partner")

        def point(number: int) -> None:
            change = LinkChange(stage.object(), id_, link, partners[number % 4])
            all_written(stage.connector.write_links([change]))

        calls = stage.calls_of(lambda: point(0))
        for number in range(min(calls, _MOST_CALLS)):
            stage.sandbox.fault(fault, skip=number)
            outcome = rig.attempt(point, number + 1)
            stage.sandbox.faults.clear()
            where = f"call {number + 1} of {calls} was hit by `{fault}`"
            expect(outcome.failure is None, f"{where}: {outcome.failure}")
            found = stage.truth()[id_].links.get(link.name)
            expect(found == (partners[(number + 1) % 4],), f"{where}, and the link holds {found}")

    @pytest.mark.parametrize("fault", ["status", "html", "reset_before", "reset_after"])
    def test_deletions_are_read_through_a_fault_in_any_call(self, rig: Rig, fault: FaultKind) -> None:
        """Whichever call is hit, every deletion is read."""
        stage = rig.start(leads=30, partners=4, timeout=_TIMEOUT)
        if not stage.connector.capabilities().deletions:
            pytest.skip("the connector says that it cannot read deletions")
        stage.need("delete")
        gone = stage.ids(3)
        for id_ in gone:
            stage.do("delete", stage.object(), id_)
        stage.settle()
        calls = stage.calls_of(stage.deletions)
        for number in range(min(calls, _MOST_CALLS)):
            stage.sandbox.fault(fault, skip=number)
            outcome = rig.attempt(stage.deletions)
            stage.sandbox.faults.clear()
            where = f"call {number + 1} of {calls} was hit by `{fault}`"
            expect(outcome.failure is None, f"{where}: {outcome.failure}")
            lost = sorted(set(gone) - set(outcome.value.by_id if outcome.value else ()))
            expect(not lost, f"{where}, and deletions were lost: {', '.join(lost)}")

    @pytest.mark.parametrize("fault", ["status", "reset_before", "reset_after"])
    def test_a_task_is_created_once_through_a_fault_in_any_call(self, rig: Rig, fault: FaultKind) -> None:
        """Whichever call is hit, the task is there once: an answer that was lost does not make a second."""
        stage = rig.start(leads=30, partners=4, timeout=_TIMEOUT)
        if not stage.connector.capabilities().tasks:
            pytest.skip("the connector says that it creates no tasks")
        (id_,) = stage.ids(1)

        def create(number: int) -> None:
            due = stage.sandbox.now() + timedelta(hours=4)
            task = Task(stage.object(), id_, f"kit/{number}", f"Call {number}!", "Score 70", due)
            all_written(stage.connector.create_tasks([task]))

        create(1_000)
        before = len(stage.sandbox.calls)
        create(1_001)
        calls = len(stage.sandbox.calls) - before
        once = json.dumps(stage.sandbox.state(), default=str).count("Call 1001!")
        for number in range(min(calls, _MOST_CALLS)):
            stage.sandbox.fault(fault, skip=number)
            outcome = rig.attempt(create, number)
            stage.sandbox.faults.clear()
            where = f"call {number + 1} of {calls} was hit by `{fault}`"
            expect(outcome.failure is None, f"{where}: {outcome.failure}")
            found = json.dumps(stage.sandbox.state(), default=str).count(f"Call {number}!")
            expect(found == once, f"{where}, and the task is there {found / once:g} times")

    @pytest.mark.parametrize("fault", ["invalid_json", "reset_after"])
    def test_a_bulk_read_outlives_a_fault_in_any_call(self, rig: Rig, fault: FaultKind) -> None:
        """Whichever call of a first load is hit, every record is read."""
        if not rig.capabilities().bulk_read:
            pytest.skip("the connector has no bulk interface for reading")
        stage = rig.start_with_pages()
        calls = stage.calls_of(stage.read)
        truth = stage.truth()
        for number in range(min(calls, _MOST_CALLS)):
            stage.sandbox.fault(fault, skip=number)
            outcome = rig.attempt(stage.read)
            stage.sandbox.faults.clear()
            where = f"call {number + 1} of {calls} was hit by `{fault}`"
            expect(outcome.failure is None, f"{where}: {outcome.failure}")
            said = difference(outcome.value.latest if outcome.value else {}, truth)
            expect(not said, f"{where}, and what was read differs:\n{said}")

    @pytest.mark.parametrize("fault", ["status", "reset_after"])
    def test_a_bulk_write_outlives_a_fault_in_any_call(self, rig: Rig, fault: FaultKind) -> None:
        """Whichever call of a job is hit, every value is there, and each result says so."""
        if not rig.capabilities().bulk_write:
            pytest.skip("the connector has no bulk interface for writing")
        stage = rig.start(leads=BULK + 50, timeout=(5.0, 120.0))
        field = stage.field()
        ids = stage.ids(BULK)
        first = stage.changes(field, dict.fromkeys(ids, "first"))
        calls = stage.calls_of(lambda: stage.write(first))
        for number in range(min(calls, _MOST_CALLS)):
            stage.sandbox.fault(fault, skip=number)
            outcome = rig.attempt(stage.write, stage.changes(field, dict.fromkeys(ids, f"{number}")))
            stage.sandbox.faults.clear()
            where = f"call {number + 1} of {calls} was hit by `{fault}`"
            expect(outcome.failure is None, f"{where}: {outcome.failure}")
            all_written(outcome.value or ())
            stage.holds(field, dict.fromkeys(ids[:: BULK // 100], f"{number}"))

    @pytest.mark.parametrize("fault", ["status", "html", "invalid_json", "reset_before", "hang_before"])
    def test_trouble_that_stays_is_told_and_does_no_harm(self, rig: Rig, fault: FaultKind) -> None:
        """Reading raises, each change fails, both as RETRY; afterwards everything works again."""
        stage = rig.start(leads=30, partners=4, timeout=(2.0, 0.3))
        field = stage.field()
        changes = stage.changes(field, dict.fromkeys(stage.ids(3), "after all"))
        stage.read()
        stage.sandbox.fault(fault, times=_ALWAYS, seconds=0.4)
        read = rig.attempt(stage.read)
        expect(read.failure is not None, f"every call is hit by `{fault}`, and reading says nothing")
        kind = read.failure.kind if read.failure else None
        expect(kind is FailureKind.RETRY, f"it may pass: RETRY; it was told as {kind and kind.name}")
        _each_fails(rig, stage, changes, FailureKind.RETRY)
        made = len(stage.sandbox.calls)
        expect(made < 200, f"{made} calls to a CRM that answers none: stop after a few attempts")
        stage.sandbox.faults.clear()
        stage.settle()
        said = difference(stage.read().latest, stage.truth())
        expect(not said, f"the trouble is over, and what is read differs:\n{said}")
        all_written(stage.write(changes))
        stage.holds(field, {change.id: "after all" for change in changes})

    @pytest.mark.parametrize("action", ["throttle", "overload"])
    def test_refusals_that_pass_are_waited_for(self, rig: Rig, stage: Stage, action: str) -> None:
        """Too many calls, or too much load: the connector waits and goes on, reading and writing."""
        stage.need(action)
        field = stage.field()
        wanted = dict.fromkeys(stage.ids(3), f"through {action}")
        stage.read()
        stage.do(action, 2)
        outcome = rig.attempt(stage.read)
        expect(outcome.failure is None, f"two calls were refused, and reading gave up: {outcome.failure}")
        said = difference(outcome.value.latest if outcome.value else {}, stage.truth())
        expect(not said, f"two calls were refused, and what was read differs:\n{said}")
        stage.do(action, 2)
        all_written(rig.attempt(stage.write, stage.changes(field, dict(wanted))).value or ())
        stage.holds(field, dict(wanted))

    def test_a_quota_that_is_used_up_ends_the_run_as_a_limit(self, rig: Rig, stage: Stage) -> None:
        """Reading raises LIMIT and each change carries it, without trying on."""
        stage.need("use_up_quota")
        field = stage.field()
        changes = stage.changes(field, dict.fromkeys(stage.ids(3), "never"))
        stage.do("use_up_quota")
        before = len(stage.sandbox.calls)
        read = rig.attempt(stage.read)
        kind = read.failure.kind if read.failure else None
        expect(kind is FailureKind.LIMIT, f"the quota is used up: LIMIT; told as {kind}: {read.failure}")
        _each_fails(rig, stage, changes, FailureKind.LIMIT)
        made = len(stage.sandbox.calls) - before
        expect(made <= 6, f"{made} calls after the quota was used up: it does not come back by asking again")


def _each_fails(rig: Rig, stage: Stage, changes: list[Change], kind: FailureKind) -> None:
    __tracebackhide__ = True
    outcome = rig.attempt(stage.write, changes)
    expect(
        outcome.failure is None,
        f"`write` raised where each change is to have its own result with the failure: {outcome.failure}",
    )
    all_failed(outcome.value or (), kind)
