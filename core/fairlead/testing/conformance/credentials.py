"""Cases: credentials that expire are renewed once, revoked ones end the run, and none is ever told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from fairlead.plugins.failures import Failure, FailureKind
from fairlead.plugins.records import Page
from fairlead.testing.conformance.reading import difference, expect, read_through
from fairlead.testing.conformance.rig import Cases, Rig
from fairlead.testing.conformance.stage import BULK, Stage, all_written

__all__ = ["CredentialCases"]


class CredentialCases(Cases):
    """Tokens end in the middle of a run."""

    def test_credentials_that_expire_while_reading_are_renewed(self, rig: Rig) -> None:
        """Expired between two pages, reading goes on as if nothing had been."""
        stage = rig.start_with_pages()
        stage.need("expire_credentials")

        def expire(page: Page) -> None:
            stage.do("expire_credentials")

        found = read_through(stage.connector, stage.query(), after_first=expire)
        said = difference(found.latest, stage.truth())
        expect(not said, f"the credentials expired between two pages, and what was read differs:\n{said}")

    def test_credentials_that_expire_while_writing_are_renewed(self, rig: Rig, stage: Stage) -> None:
        """Expired before a batch, it is written, with one renewal however often that happens."""
        stage.need("expire_credentials")
        field = stage.field()
        for number in range(3):
            wanted = {id_: f"{number} {id_}" for id_ in stage.ids(3)}
            stage.do("expire_credentials")
            before = len(stage.sandbox.calls)
            outcome = rig.attempt(stage.write, stage.changes(field, dict(wanted)))
            expect(outcome.failure is None, f"the credentials were not renewed: {outcome.failure}")
            all_written(outcome.value or ())
            made = len(stage.sandbox.calls) - before
            expect(made <= 8, f"{made} calls to write one batch with credentials that had expired")
            stage.holds(field, dict(wanted))

    def test_credentials_that_expire_ahead_of_any_call_are_renewed(self, rig: Rig) -> None:
        """Whichever call of a read or a write finds them expired, everything is read and written."""
        stage = rig.start(leads=30, partners=4)
        stage.need("expire_credentials")
        field = stage.field()
        wanted = dict.fromkeys(stage.ids(4), "first")
        reads = stage.calls_of(stage.read)
        writes = stage.calls_of(lambda: stage.write(stage.changes(field, dict(wanted))))
        for number in range(min(reads, 6)):
            stage.at_call(number, "expire_credentials")
            outcome = rig.attempt(stage.read)
            where = f"expired ahead of call {number + 1} of {reads}"
            expect(outcome.failure is None, f"{where}, and not renewed: {outcome.failure}")
            said = difference(outcome.value.latest if outcome.value else {}, stage.truth())
            expect(not said, f"{where}, and what was read differs:\n{said}")
        for number in range(min(writes, 6)):
            stage.at_call(number, "expire_credentials")
            wanted = dict.fromkeys(wanted, f"call {number}")
            all_written(rig.attempt(stage.write, stage.changes(field, dict(wanted))).value or ())
            stage.holds(field, dict(wanted))

    def test_credentials_that_expire_during_a_bulk_job_are_renewed(self, rig: Rig) -> None:
        """A job lasts longer than a session may: it goes on with a new one."""
        can = rig.capabilities()
        if not (can.bulk_read and can.bulk_write):
            pytest.skip("the connector has no bulk interface")
        stage = rig.start(leads=BULK + 50, timeout=(5.0, 120.0))
        stage.need("expire_credentials")
        field = stage.field()
        ids = stage.ids(BULK)
        reads = stage.calls_of(stage.read)
        stage.at_call(reads // 2, "expire_credentials")
        said = difference(stage.read().latest, stage.truth())
        expect(not said, f"expired during a bulk read, and what was read differs:\n{said}")
        writes = stage.calls_of(lambda: stage.write(stage.changes(field, dict.fromkeys(ids, "first"))))
        for number in range(1, min(writes, 6)):
            stage.at_call(number, "expire_credentials")
            outcome = rig.attempt(stage.write, stage.changes(field, dict.fromkeys(ids, f"{number}")))
            all_written(outcome.value or ())
            stage.holds(field, dict.fromkeys(ids[:: BULK // 100], f"{number}"))

    def test_threads_renew_expired_credentials_together(self, rig: Rig) -> None:
        """Several threads find them expired at once: one renews, where a token is good for one renewal."""
        stage = rig.start(leads=60)
        stage.need("expire_credentials")
        stage.read()
        ids = stage.ids(4)
        for _ in range(2):
            before = stage.connector.usage().calls.get("auth", 0)
            stage.do("expire_credentials")
            stage.sandbox.latency = 0.02
            with ThreadPoolExecutor(4) as pool:
                found = list(pool.map(lambda id_: stage.connector.read(stage.query(), [id_]), ids))
            expect([each[0].id for each in found] == ids, "threads read other records than they asked for")
            made = stage.connector.usage().calls.get("auth", 0) - before
            expect(made <= 2, f"{made} calls to renew credentials that expired once: renew under a lock")

    def test_revoked_credentials_end_the_run_with_a_remedy(self, rig: Rig, stage: Stage) -> None:
        """Reading raises STOP and each change carries it; a remedy says what a person can do."""
        stage.need("revoke_credentials")
        field = stage.field()
        changes = stage.changes(field, dict.fromkeys(stage.ids(3), "never"))
        stage.do("revoke_credentials")
        before = len(stage.sandbox.calls)
        _is_stop(rig.attempt(stage.read).failure)
        outcome = rig.attempt(stage.write, changes)
        expect(outcome.failure is None, f"`write` raised; each change carries the failure: {outcome.failure}")
        for result in outcome.value or ():
            _is_stop(result.failure)
        made = len(stage.sandbox.calls) - before
        expect(made <= 12, f"{made} calls with credentials that were revoked: they do not come back")

    def test_check_tells_of_revoked_credentials(self, rig: Rig, stage: Stage) -> None:
        """A new run finds out before it starts, with a remedy."""
        stage.need("revoke_credentials")
        stage.do("revoke_credentials")
        opened = rig.attempt(stage.reopen)
        if opened.value is None:
            _is_stop(opened.failure)
            return
        outcome = rig.attempt(opened.value.check)
        if outcome.failure is not None:
            _is_stop(outcome.failure)
            return
        problems = outcome.value or []
        expect(bool(problems), "the credentials were revoked, and `check` finds nothing wrong")
        expect(
            any(problem.remedy for problem in problems),
            f"the credentials were revoked; no problem names a remedy: {problems[0]}",
        )

    def test_secrets_are_in_no_error(self, rig: Rig, stage: Stage) -> None:
        """Whatever goes wrong, no secret stands in what is raised, returned or logged.

        All other cases look for secrets too; this one makes every call fail, those of a login too.
        """
        changes = stage.changes(stage.field(), {stage.ids(1)[0]: "a value"})
        for fault, named in (
            ("status", {"status": 400}),
            ("status", {"status": 401}),
            ("status", {"status": 403}),
            ("status", {"status": 404}),
            ("status", {"status": 500}),
            ("html", {}),
            ("invalid_json", {}),
            ("reset_before", {}),
        ):
            stage.sandbox.fault(fault, times=1_000, **named)
            for connector in (stage.connector, rig.attempt(stage.reopen).value):
                if connector is not None:
                    rig.attempt(connector.check)
                    rig.attempt(read_through, connector, stage.query())
                    rig.attempt(stage.write, changes, connector)
            stage.sandbox.faults.clear()


def _is_stop(failure: Failure | None) -> None:
    __tracebackhide__ = True
    expect(failure is not None, "the credentials were revoked, and nothing says so")
    assert failure is not None
    expect(
        failure.kind is FailureKind.STOP, f"revoked credentials are STOP, not {failure.kind.name}: {failure}"
    )
    expect(bool(failure.remedy), f"the failure names no remedy: {failure}")
