"""Cases: the connector counts its calls, keeps to the limits, and never provokes a refusal."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from fairlead.plugins.failures import FailureKind
from fairlead.testing.conformance.reading import expect, read_through
from fairlead.testing.conformance.rig import Cases, Rig
from fairlead.testing.conformance.stage import Stage, all_written

__all__ = ["LoadCases"]

_THREADS = 6
#: the burst ends after the calls of the fullest window and some more, or after this many seconds
_LONGEST_BURST = 12.0


class LoadCases(Cases):
    """Limits are on."""

    def test_usage_counts_every_call(self, stage: Stage) -> None:
        """What the connector says it sent is what the sandbox received, refused and lost calls included."""
        field = stage.field()
        stage.read()
        stage.write(stage.changes(field, dict.fromkeys(stage.ids(3), "counted")))
        stage.sandbox.fault("status", times=1)
        stage.read()
        stage.sandbox.fault("reset_after", times=1)
        stage.read()
        usage, sent = stage.connector.usage(), len(stage.sandbox.calls)
        expect(usage.total == sent, f"`usage` counts {usage.total} calls, the sandbox received {sent}")
        expect(
            usage.retried >= 2,
            f"two calls failed and were sent again; `usage` counts {usage.retried} retries",
        )

    def test_an_incremental_run_costs_the_same_in_a_larger_account(self, rig: Rig) -> None:
        """The calls that read a few changes do not grow with the records that did not change."""
        made: list[int] = []
        for leads in (60, 1_500):
            stage = rig.start(leads=leads)
            stage.need("edit")
            field = stage.field()
            cursor = stage.read().cursor
            stage.settle()
            for id_ in stage.ids(5):
                stage.do("edit", stage.object(), id_, {field: "changed"})
            stage.settle()
            before = len(stage.sandbox.calls)
            stage.read(cursor)
            made.append(len(stage.sandbox.calls) - before)
        expect(
            made[1] <= made[0] + 1,
            f"5 changes cost {made[0]} calls among 60 records and {made[1]} among 1,500",
        )

    def test_a_share_of_the_quota_is_left_to_others(self, rig: Rig, stage: Stage) -> None:
        """With nothing left of its share of a day, a run ends as LIMIT before it calls."""
        if stage.connector.limits().daily is None:
            pytest.skip("the CRM has no daily quota")
        connector = rig.open(stage.sandbox, daily_share=0.0)
        outcome = rig.attempt(read_through, connector, stage.query())
        kind = outcome.failure.kind if outcome.failure else None
        expect(kind is FailureKind.LIMIT, f"nothing is left of the share: LIMIT, not {outcome.failure}")
        calls = {kind: count for kind, count in connector.usage().calls.items() if kind != "auth"}
        expect(not calls, f"nothing was left of the share, and calls were made: {calls}")

    def test_a_burst_provokes_no_refusal(self, rig: Rig) -> None:
        """Threads that read and write as fast as they may stay below the CRM's rate and concurrency."""
        stage = rig.start(limits=True)
        limits = stage.connector.limits()
        field = stage.field()
        enough = max((window.calls for window in limits.windows), default=100) + 20
        until = time.monotonic() + _LONGEST_BURST
        stage.sandbox.latency = 0.01
        ids = stage.ids(_THREADS * 2)

        def work(number: int) -> None:
            mine = ids[number * 2 : number * 2 + 2]
            while time.monotonic() < until and len(stage.sandbox.calls) < enough:
                changes = stage.changes(field, dict.fromkeys(mine, f"{time.monotonic()}"))
                read = rig.attempt(stage.connector.read, stage.query(), mine)
                expect(read.failure is None, f"reading failed in the burst: {read.failure}")
                all_written(rig.attempt(stage.write, changes).value or ())
                if number == 0:
                    stage.read()

        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(work, range(_THREADS)))
        # not every CRM says 429 of too many calls: nothing else makes a call repeat here
        calls, retried = stage.sandbox.calls, stage.connector.usage().retried
        refused = max(sum(call.status == 429 for call in calls), retried)
        expect(
            refused == 0,
            f"{refused} of {len(calls)} calls were refused as too many: the windows of `limits` are to "
            "stay a little below the CRM's",
        )
        most = stage.sandbox.most_in_flight
        expect(
            most <= limits.concurrent,
            f"{most} calls were under way at once; `limits` allows {limits.concurrent}",
        )
