"""Access tokens: shared, renewed ahead of time, never more of them than Zoho gives."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import responses
from tests.connectors.zoho.desk import Desk, Secrets

from fairlead.plugins.connector import ConnectorContext
from fairlead.plugins.failures import ConnectorError, FailureKind
from fairlead.plugins.recent_calls import RecentCalls
from fairlead_zoho.auth import ZohoAuth, accounts_url
from fairlead_zoho.client import ZohoClient

LOOPBACK = "http://127.0.0.1:9"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Accounts:
    """Answers as an accounts server does."""

    def __init__(self, **answer: Any) -> None:
        self.asked: list[Mapping[str, str]] = []
        self.answer = {"api_domain": LOOPBACK, "expires_in": 3600, **answer}

    def __call__(self, form: Mapping[str, str]) -> Any:
        self.asked.append(form)
        return {"access_token": f"token-{len(self.asked)}", **self.answer}


def opened(
    ask: Any,
    clock: Clock,
    accounts: str = LOOPBACK,
    *,
    recent: RecentCalls | None = None,
    memory: dict[str, Any] | None = None,
    **secrets: str,
) -> ZohoAuth:
    values = {
        "ZOHO_CLIENT_ID": "id",
        "ZOHO_CLIENT_SECRET": "secret",
        "ZOHO_REFRESH_TOKEN": "refresh",
        **secrets,
    }
    context = ConnectorContext(
        settings={},
        secrets=Secrets(values),
        clock=clock,
        recent=recent or RecentCalls(),
        memory={} if memory is None else memory,
    )
    return ZohoAuth(context, accounts, ask)


def sent(auth: ZohoAuth) -> str:
    return auth.headers()["Authorization"]


@responses.activate
def test_the_header_is_zohos_own_and_the_form_stands_in_the_body() -> None:
    token = {"access_token": "token-1", "api_domain": "https://www.zohoapis.eu", "expires_in": 3600}
    asked = responses.post("https://accounts.zoho.eu/oauth/v2/token", json=token)
    got = responses.get("https://www.zohoapis.eu/crm/v8/org", json={"org": []})
    values = {"ZOHO_CLIENT_ID": "id", "ZOHO_CLIENT_SECRET": "secret", "ZOHO_REFRESH_TOKEN": "refresh"}
    client = ZohoClient(ConnectorContext(settings={"data_centre": "eu"}, secrets=Secrets(values)))

    client.json("setup", "GET", "/org")

    assert got.calls[0].request.headers["Authorization"] == "Zoho-oauthtoken token-1"
    assert asked.calls[0].request.url == "https://accounts.zoho.eu/oauth/v2/token"
    assert asked.calls[0].request.body == (
        "grant_type=refresh_token&client_id=id&client_secret=secret&refresh_token=refresh"
    )
    client.close()


def test_a_token_is_renewed_five_minutes_ahead_of_its_end() -> None:
    accounts, clock = Accounts(), Clock()
    auth = opened(accounts, clock)

    assert sent(auth) == "Zoho-oauthtoken token-1"
    clock.now += timedelta(seconds=3299)
    assert sent(auth) == "Zoho-oauthtoken token-1"
    clock.now += timedelta(seconds=1)
    assert sent(auth) == "Zoho-oauthtoken token-2"


def test_threads_share_one_renewal() -> None:
    accounts, clock = Accounts(), Clock()
    auth = opened(accounts, clock)
    refused = auth.headers()
    barrier = threading.Barrier(8)

    def renew(_: int) -> str:
        barrier.wait()
        auth.renew(refused)
        return sent(auth)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(renew, range(8))) == {"Zoho-oauthtoken token-2"}
    assert len(accounts.asked) == 2


def test_the_tenth_token_in_ten_minutes_is_not_asked_for() -> None:
    accounts, clock = Accounts(), Clock()
    auth = opened(accounts, clock)
    for _ in range(9):
        auth.renew(auth.headers())
        clock.now += timedelta(seconds=1)
        if len(accounts.asked) == 9:
            break

    with pytest.raises(ConnectorError) as raised:
        auth.renew(auth.headers())

    assert raised.value.failure.kind is FailureKind.RETRY
    assert raised.value.failure.code == "too-many-tokens"
    assert len(accounts.asked) == 9
    clock.now += timedelta(minutes=10)
    auth.renew(auth.headers())


def test_the_tokens_of_earlier_runs_count(tmp_path: Path) -> None:
    """Each run gets a token of its own, and Zoho counts those of all."""
    accounts, clock = Accounts(), Clock()
    for _ in range(9):
        RecentCalls(tmp_path / "calls.log", lambda: clock().timestamp()).note("auth")
        clock.now += timedelta(seconds=20)
    recent = RecentCalls(tmp_path / "calls.log", lambda: clock().timestamp())

    with pytest.raises(ConnectorError) as raised:
        opened(accounts, clock, recent=recent).headers()

    failure = raised.value.failure
    assert (failure.code, failure.retry_after) == ("too-many-tokens", 420)  # 600 - 9 x 20
    clock.now += timedelta(seconds=421)
    assert sent(opened(accounts, clock, recent=recent)) == "Zoho-oauthtoken token-1"


@pytest.mark.parametrize(
    "domain",
    [
        "https://www.zohoapis.com",
        "https://www.zohoapis.com.cn",
        "https://sandbox.zohoapis.eu",
        "https://developer.zohoapis.sa",
    ],
)
def test_the_interface_is_where_the_accounts_server_says(domain: str) -> None:
    auth = opened(Accounts(api_domain=domain), Clock(), "https://accounts.zoho.com")

    assert auth.api() == domain


@pytest.mark.parametrize(
    "domain",
    [
        "https://www.zohoapis.com.evil.example",
        "https://evil.example/www.zohoapis.com",
        "http://www.zohoapis.com",
        "https://www.zohoapis.com@evil.example",
        "https://www.zohoapis.com:8443",
        "http://127.0.0.1:9",  # loopback is for sandboxes alone
    ],
)
def test_a_token_goes_to_no_other_host(domain: str) -> None:
    auth = opened(Accounts(api_domain=domain), Clock(), "https://accounts.zoho.com")

    with pytest.raises(ConnectorError) as raised:
        auth.headers()

    assert raised.value.failure.code == "foreign-api-domain"


def test_each_data_centre_has_its_accounts_server() -> None:
    assert accounts_url({"data_centre": "ca"}) == "https://accounts.zohocloud.ca"
    assert accounts_url({"data_centre": "com.au"}) == "https://accounts.zoho.com.au"
    assert (
        accounts_url({"data_centre": "eu", "accounts_url": "http://localhost:8080/"})
        == "http://localhost:8080"
    )
    with pytest.raises(ConnectorError) as raised:
        accounts_url({"data_centre": "eu", "accounts_url": "https://accounts.evil.example"})
    assert raised.value.failure.code == "foreign-accounts-url"


@pytest.mark.parametrize("name", ["ZOHO_CLIENT_ID", "ZOHO_CLIENT_SECRET", "ZOHO_REFRESH_TOKEN"])
def test_a_missing_secret_is_named(name: str) -> None:
    missing: dict[str, Any] = {name: ""}
    auth = opened(Accounts(), Clock(), recent=None, **missing)

    with pytest.raises(ConnectorError) as raised:
        auth.headers()

    assert (raised.value.failure.code, raised.value.failure.kind) == ("missing-secret", FailureKind.STOP)
    assert f"`{name}`" in raised.value.failure.message


def test_an_error_under_http_200_ends_the_run(desk: Desk) -> None:
    desk.sandbox.switches["other_data_centre"] = True

    with pytest.raises(ConnectorError) as raised:
        desk.pages(desk.query())

    assert (raised.value.failure.kind, raised.value.failure.code) == (FailureKind.STOP, "invalid_code")
    assert desk.calls("POST", "/oauth/v2/token") == 1


def test_the_sandbox_gives_ten_tokens_in_ten_minutes(desk: Desk) -> None:
    def ask() -> int:
        desk._token = None
        try:
            desk.call("GET", "/org")
        except KeyError:  # there is no token in the answer
            return 400
        return 200

    assert [ask() for _ in range(11)] == [200] * 10 + [400]
    desk.sandbox.advance(600)
    assert ask() == 200


def test_a_token_that_ends_under_way_is_renewed_once(desk: Desk) -> None:
    desk.pages(desk.query())
    desk.sandbox.do("expire_credentials")

    found, _ = desk.read(desk.query())

    assert len(found) == 60
    assert desk.calls("POST", "/oauth/v2/token") == 2


def test_check_names_the_scope_that_is_missing(desk: Desk) -> None:
    assert desk.connector.check() == []
    desk.sandbox.switches["missing_scope"] = "coql"

    (problem,) = desk.connector.check()

    assert problem.code == "missing-scope"
    assert "`ZohoCRM.coql.READ`" in str(problem.remedy)


def test_check_names_a_permission_that_is_missing(desk: Desk) -> None:
    desk.sandbox.switches["forbidden_module"] = "Leads"

    (problem,) = desk.connector.check()

    assert "NO_PERMISSION" in problem.message
    assert "profile" in str(problem.remedy)


def test_the_runs_of_one_process_share_a_token_while_it_lives() -> None:
    clock, accounts, memory = Clock(), Accounts(), dict[str, Any]()
    first = sent(opened(accounts, clock, memory=memory))
    assert sent(opened(accounts, clock, memory=memory)) == first
    # another account's secrets get a token of their own
    other: dict[str, Any] = {"ZOHO_REFRESH_TOKEN": "other"}
    assert sent(opened(accounts, clock, memory=memory, **other)).endswith(" token-2")
    clock.now += timedelta(minutes=56)
    assert sent(opened(accounts, clock, memory=memory)).endswith(" token-3")
    assert "refresh" not in str(list(memory))
