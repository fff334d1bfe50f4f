"""Credentials: a key that stays, access tokens that are renewed, and what a person is told about either."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.connectors.hubspot.desk import Desk

from fairlead.plugins.failures import ConnectorError, FailureKind


def test_an_access_token_is_renewed_ahead_of_its_end(desk: Desk) -> None:
    """Tokens live 1,800 seconds: after 1,500 the first one is still used, after 1,690 a new one, no 401."""
    for seconds, logins in ((0, 1), (1_500, 1), (190, 2)):
        desk.sandbox.advance(seconds)
        desk.connector.describe(["deals"])
        assert desk.calls("/oauth/2026-09/token") == logins
    assert all(call.status == 200 for call in desk.sandbox.calls)


def test_a_token_that_is_refused_is_renewed_once(desk: Desk) -> None:
    desk.connector.describe(["deals"])
    desk.sandbox.do("expire_credentials")

    assert desk.connector.describe(["deals"])
    assert [call.status for call in desk.sandbox.calls].count(401) == 1
    assert desk.calls("/oauth/2026-09/token") == 2


def test_an_app_that_was_uninstalled_ends_the_run(desk: Desk) -> None:
    desk.connector.describe(["deals"])
    desk.sandbox.do("revoke_credentials")
    with pytest.raises(ConnectorError) as caught:
        desk.connector.describe(["deals"])

    assert caught.value.failure.kind is FailureKind.STOP
    assert caught.value.failure.code == "BAD_REFRESH_TOKEN"
    assert caught.value.failure.remedy is not None


def test_a_service_key_works_alone_and_is_never_renewed(desk: Desk) -> None:
    connector = desk.open(desk.sandbox.static_secrets())

    assert connector.describe(["deals"])
    desk.sandbox.do("revoke_credentials")
    with pytest.raises(ConnectorError) as caught:
        connector.describe(["deals"])
    assert caught.value.failure.kind is FailureKind.STOP
    assert desk.calls("/oauth/") == 0


@pytest.mark.parametrize(
    ("plan", "calls", "daily"),
    [
        ("starter", 96, 250_000),
        ("professional", 182, 625_000),
        ("enterprise", 182, 1_000_000),
        ("increased", 240, 1_000_000),
    ],
)
def test_the_plan_decides_the_limits_of_a_service_key(desk: Desk, plan: str, calls: int, daily: int) -> None:
    """Of 100, 190, 190 and 250 calls in ten seconds, 96 % are used."""
    limits = desk.open(desk.sandbox.static_secrets(), plan=plan).limits()

    assert (limits.windows[0].calls, limits.windows[0].seconds, limits.daily) == (calls, 10.0, daily)


def test_an_app_has_110_calls_in_ten_seconds_and_no_daily_quota(desk: Desk) -> None:
    limits = desk.connector.limits()

    assert (limits.windows[0].calls, limits.daily) == (105, None)
    assert (limits.read_page, limits.write_batch) == (200, 100)


def test_webhooks_need_the_secret_of_the_app(desk: Desk) -> None:
    assert desk.connector.capabilities().webhooks
    assert not desk.open(desk.sandbox.static_secrets()).capabilities().webhooks


def test_nothing_is_wrong_with_a_good_account(desk: Desk) -> None:
    before = desk.sandbox.state()

    assert desk.connector.check() == []
    assert desk.open(desk.sandbox.static_secrets()).check() == []
    assert desk.sandbox.state() == before


def test_missing_credentials_are_told_by_name(desk: Desk) -> None:
    (problem,) = desk.open({}).check()

    assert problem.code == "missing-secret"
    assert problem.remedy is not None
    assert "`HUBSPOT_TOKEN`" in problem.remedy


def test_another_account_is_told_with_both_numbers(desk: Desk) -> None:
    (problem,) = desk.open(account_id=7).check()

    assert problem.code == "wrong-account"
    assert "48112903" in problem.message
    assert "account 7" in problem.message


@pytest.mark.parametrize(
    "scope",
    [
        "crm.objects.contacts.read",
        "crm.objects.contacts.write",
        "crm.schemas.companies.read",
        "crm.schemas.companies.write",
        "crm.objects.deals.read",
    ],
)
def test_each_missing_scope_is_told(desk: Desk, scope: str) -> None:
    """A scope to write shows in a batch without inputs, which writes nothing."""
    before = desk.sandbox.state()
    desk.sandbox.do("drop_scope", scope=scope)

    (problem,) = desk.connector.check()

    assert problem.code == "missing-scope"
    assert f"`{scope}`" in problem.message
    assert desk.sandbox.state() == before


def test_an_outage_ends_the_check(desk: Desk) -> None:
    desk.sandbox.fault("status", times=1_000)
    (problem,) = desk.connector.check()

    assert problem.code == "crm-unreachable"
    assert len(desk.sandbox.calls) <= 7


def test_no_secret_stands_in_what_a_person_may_see(desk: Desk) -> None:
    connector = desk.open()
    connector.describe(["deals"])
    said = repr(connector) + repr(vars(connector)) + repr(vars(connector._client))
    for secret in (*desk.sandbox.secrets().values(), *desk.sandbox.gate._access):
        assert secret not in said


def test_a_run_that_outlasts_its_token_goes_on(desk: Desk) -> None:
    desk.sandbox.switches["search_lag_create"] = 0
    for _ in range(3):
        assert len(desk.read()) == 40
        desk.sandbox.advance(timedelta(minutes=31).total_seconds())
    assert desk.calls("/oauth/2026-09/token") == 3


def test_the_account_is_the_tokens_where_the_settings_name_none(desk: Desk) -> None:
    connector = desk.open(account_id=None)

    assert connector.check() == []
    assert connector.account() == "48112903"


def test_an_answer_without_an_account_is_no_account(desk: Desk) -> None:
    desk.sandbox.fault("invalid_json", path="/account-info", times=99)

    (problem,) = desk.open(account_id=None).check()

    assert problem.code == "crm-unreachable"
