"""The HTTP client that connectors share."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from fairlead.plugins import http as http_module
from fairlead.plugins.connector import ConnectorContext
from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.http import ApiClient, Quota
from fairlead.plugins.limits import Limits, RateWindow
from fairlead.plugins.recent_calls import RecentCalls

URL = "https://crm.example/leads"
GRANTED = "token-that-nobody-may-see"
FREE = Limits(windows=(), concurrent=4, read_page=100, write_batch=100)


class NoSecrets:
    def get(self, name: str) -> str | None:
        return None

    def put(self, name: str, value: str) -> None:
        raise AssertionError(name)


def classify(response: requests.Response) -> Failure | None:
    if response.status_code < 300:
        return None
    kind = {401: FailureKind.REFRESH, 429: FailureKind.RETRY, 503: FailureKind.RETRY}.get(
        response.status_code, FailureKind.STOP
    )
    wait = response.headers.get("Retry-After")
    return Failure(kind, f"http-{response.status_code}", "refused", retry_after=float(wait) if wait else None)


@dataclass
class Waits:
    """Stands in for sleeping, and keeps how long it was."""

    seconds: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@dataclass
class Tokens:
    """An authorizer whose token has a number."""

    number: int = 1
    renewals: int = 0
    can_renew: bool = True

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {GRANTED}-{self.number}"}

    def renew(self, refused: Mapping[str, str]) -> bool:
        self.renewals += 1
        self.number += self.can_renew
        return self.can_renew


@pytest.fixture
def crm() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def waits() -> Waits:
    return Waits()


Client = Callable[..., ApiClient]


@pytest.fixture
def client(waits: Waits) -> Iterator[Client]:
    made: list[ApiClient] = []

    def make(limits: Limits = FREE, **options: Any) -> ApiClient:
        quota = options.pop("quota", None)
        context = ConnectorContext(settings={}, secrets=NoSecrets(), sleep=waits, **options)
        made.append(ApiClient(context, limits, classify=classify, quota=quota))
        return made[-1]

    yield make
    for each in made:
        each.close()


def failure_of(call: Callable[[], object]) -> Failure:
    with pytest.raises(ConnectorError) as raised:
        call()
    return raised.value.failure


# answers


def test_numbers_with_a_fraction_are_decimals(crm: responses.RequestsMock, client: Client) -> None:
    crm.get(URL, body='{"amount": 0.10, "count": 3}')

    assert client().call_json("read", "GET", URL) == {"amount": Decimal("0.10"), "count": 3}


def test_an_answer_without_content_is_none(crm: responses.RequestsMock, client: Client) -> None:
    crm.get(URL, status=204)

    assert client().call_json("read", "GET", URL) is None


@pytest.mark.parametrize(
    "body", [b"<html>", b'{"a": ', b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000, b"1" * 5_000]
)
def test_what_is_not_json_is_tried_again_and_then_told(
    crm: responses.RequestsMock, client: Client, waits: Waits, body: bytes
) -> None:
    crm.get(URL, body=body)

    failure = failure_of(lambda: client().call_json("read", "GET", URL))

    assert (failure.kind, failure.code) == (FailureKind.RETRY, "not-json")
    assert failure.message == "the answer of https://crm.example/leads is not JSON"
    assert failure.remedy is not None
    assert len(waits.seconds) == 5


def test_what_is_not_json_once_is_read_when_it_comes_again(
    crm: responses.RequestsMock, client: Client
) -> None:
    crm.get(URL, body="<html>")
    crm.get(URL, body="[1]")

    assert client().call_json("read", "GET", URL) == [1]


def test_an_answer_that_is_too_large_is_refused(
    crm: responses.RequestsMock, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_module, "_MAX_ANSWER", 2**20)
    crm.get(URL, body=b" " * (2**20 + 1))
    crm.get(URL, body=b"[" + b" " * (2**20 - 2) + b"]")

    failure = failure_of(lambda: client().call("read", "GET", URL))

    assert (failure.kind, failure.code) == (FailureKind.STOP, "answer-too-large")
    assert failure.message == "the answer of https://crm.example/leads is larger than 1 MiB"
    assert client().call_json("read", "GET", URL) == []


def test_a_redirect_is_not_followed(crm: responses.RequestsMock, client: Client) -> None:
    crm.get(URL, status=302, headers={"Location": "https://elsewhere.example/"})

    failure = failure_of(lambda: client().call("read", "GET", URL, authorizer=Tokens()))

    assert failure.code == "http-302"
    assert [call.request.url for call in crm.calls] == [URL]


# retries


def test_a_failure_that_passes_is_tried_again(
    crm: responses.RequestsMock, client: Client, waits: Waits
) -> None:
    crm.get(URL, status=503)
    crm.get(URL, body=requests.ConnectionError("reset"))
    crm.get(URL, body=requests.ReadTimeout("slow"))
    crm.get(URL, json=[])
    one = client()

    assert one.call_json("read", "GET", URL) == []
    assert len(waits.seconds) == 3
    assert all(0 <= seconds <= 60 for seconds in waits.seconds)
    assert (one.usage().total, one.usage().retried, one.usage().throttled) == (4, 3, 0)


def test_a_failure_that_stays_is_told_after_six_attempts(crm: responses.RequestsMock, client: Client) -> None:
    crm.get(URL, status=503)

    assert failure_of(lambda: client().call("read", "GET", URL)).code == "http-503"
    assert len(crm.calls) == 6


def test_a_failure_that_does_not_pass_is_not_tried_again(crm: responses.RequestsMock, client: Client) -> None:
    crm.get(URL, status=400)

    assert failure_of(lambda: client().call("read", "GET", URL)).kind is FailureKind.STOP
    assert len(crm.calls) == 1


@pytest.mark.parametrize(("asked", "waited"), [("7", 7.0), ("0", 0.0), ("60", 60.0), ("-5", 0.0)])
def test_the_crm_says_how_long_to_wait(
    crm: responses.RequestsMock, client: Client, waits: Waits, asked: str, waited: float
) -> None:
    crm.get(URL, status=429, headers={"Retry-After": asked})
    crm.get(URL, json=[])
    one = client()

    one.call("read", "GET", URL)

    assert waits.seconds == [waited]
    assert one.usage().throttled == 1


def test_who_is_asked_to_wait_longer_than_a_minute_goes_on_in_the_next_run(
    crm: responses.RequestsMock, client: Client, waits: Waits
) -> None:
    crm.get(URL, status=429, headers={"Retry-After": "61"})

    assert failure_of(lambda: client().call("read", "GET", URL)).retry_after == 61
    assert waits.seconds == []


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (requests.ConnectTimeout(), FailureKind.RETRY, "timeout"),
        (requests.ReadTimeout(), FailureKind.RETRY, "timeout"),
        (requests.ConnectionError(), FailureKind.RETRY, "no-connection"),
        (requests.exceptions.ChunkedEncodingError(), FailureKind.RETRY, "no-connection"),
        (requests.exceptions.ContentDecodingError(), FailureKind.RETRY, "broken-answer"),
        (requests.exceptions.SSLError(), FailureKind.STOP, "tls"),
        (requests.exceptions.InvalidURL(), FailureKind.STOP, "bad-request"),
    ],
)
def test_calls_without_an_answer_are_classified(
    crm: responses.RequestsMock, client: Client, error: Exception, kind: FailureKind, code: str
) -> None:
    crm.get(URL, body=error)

    failure = failure_of(lambda: client().call("read", "GET", URL))

    assert (failure.kind, failure.code) == (kind, code)


# credentials


def test_credentials_are_renewed_once_and_the_call_repeated(
    crm: responses.RequestsMock, client: Client
) -> None:
    crm.get(URL, status=401)
    crm.get(URL, json=[])
    tokens = Tokens()

    assert client().call_json("read", "GET", URL, authorizer=tokens) == []
    assert tokens.renewals == 1
    assert [call.request.headers["Authorization"][-2:] for call in crm.calls] == ["-1", "-2"]


@pytest.mark.parametrize(("can_renew", "calls"), [(True, 2), (False, 1)])
def test_credentials_that_stay_refused_stop_the_run_with_a_remedy(
    crm: responses.RequestsMock, client: Client, can_renew: bool, calls: int
) -> None:
    crm.get(URL, status=401)
    tokens = Tokens(can_renew=can_renew)

    failure = failure_of(lambda: client().call("read", "GET", URL, authorizer=tokens))

    assert failure.kind is FailureKind.STOP
    assert failure.remedy == "renew the credentials, and check what they allow"
    assert (tokens.renewals, len(crm.calls)) == (1, calls)


def test_a_call_without_credentials_that_asks_for_them_stops(
    crm: responses.RequestsMock, client: Client
) -> None:
    crm.get(URL, status=401)

    assert failure_of(lambda: client().call("auth", "GET", URL)).kind is FailureKind.STOP


def test_a_login_that_fails_is_not_multiplied_by_the_retries_of_the_call(
    crm: responses.RequestsMock, client: Client
) -> None:
    login = "https://crm.example/login"
    crm.get(login, status=503)
    one = client()

    class LogsIn(Tokens):
        def headers(self) -> Mapping[str, str]:
            return {"Authorization": str(one.call_json("auth", "GET", login))}

    assert failure_of(lambda: one.call("read", "GET", URL, authorizer=LogsIn())).code == "http-503"
    assert len(crm.calls) == 6


def test_credentials_of_a_netrc_file_are_not_used(
    crm: responses.RequestsMock, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine crm.example login someone password else\n", "utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    crm.get(URL, json=[])
    crm.get(URL, json=[])
    one = client()

    one.call("auth", "GET", URL)
    one.call("read", "GET", URL, authorizer=Tokens())

    assert [call.request.headers.get("Authorization") for call in crm.calls] == [None, f"Bearer {GRANTED}-1"]


@pytest.mark.parametrize("letters", ["\n", "ş"])
def test_a_token_that_cannot_be_sent_is_told_without_it(client: Client, letters: str) -> None:
    def call() -> None:
        client().call(
            "read", "GET", "http://127.0.0.1:9/", headers={"Authorization": f"{GRANTED}{letters}{GRANTED}"}
        )

    with pytest.raises(ConnectorError) as raised:
        call()

    assert raised.value.failure.kind is FailureKind.STOP
    assert raised.value.failure.code == "bad-request"
    assert GRANTED not in "".join(traceback.format_exception(raised.value))


def test_no_secret_stands_in_an_error_or_a_log_record(
    crm: responses.RequestsMock, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    crm.get(URL, body="<html>")
    crm.get(URL, body=requests.ConnectionError(f"GET {URL}?key={GRANTED}"))
    one = client()
    for _ in range(2):
        with pytest.raises(ConnectorError) as raised:
            one.call_json(
                "read", "GET", URL, params={"key": GRANTED}, form={"secret": GRANTED}, authorizer=Tokens()
            )
        assert GRANTED not in "".join(traceback.format_exception(raised.value))
        assert GRANTED not in repr(raised.value.failure)
    assert GRANTED not in caplog.text
    assert GRANTED not in repr(one)


# bodies


def test_bodies_keep_letters_and_exact_numbers(crm: responses.RequestsMock, client: Client) -> None:
    crm.post(URL, json=[])

    client().call(
        "write", "POST", URL, body={"name": "Ayşe", "budget": Decimal("12345.67"), "fee": Decimal("250.00")}
    )

    assert crm.calls[0].request.body == '{"name": "Ayşe", "budget": 12345.67, "fee": 250}'.encode()
    assert crm.calls[0].request.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("value", "code"), [(Decimal("0.12345678901234567890"), "too-many-digits"), ("\ud800", "invalid-text")]
)
def test_values_that_cannot_be_sent_are_rejected(client: Client, value: object, code: str) -> None:
    failure = failure_of(lambda: client().call("write", "POST", URL, body=[value]))

    assert (failure.kind, failure.code) == (FailureKind.REJECT, code)


# limits


def test_a_share_of_the_daily_quota_is_left_to_others(crm: responses.RequestsMock, client: Client) -> None:
    crm.get(URL, json=[])
    limits = Limits((), 4, 100, 100, daily=20)
    one = client(limits, daily_share=0.5, used_today=7)
    for _ in range(3):
        one.call("read", "GET", URL)

    failure = failure_of(lambda: one.call("read", "GET", URL))

    assert (failure.kind, failure.code) == (FailureKind.LIMIT, "daily-share-used")
    assert failure.message.startswith("10 of the 10 calls a day that this project may make are used")
    assert len(crm.calls) == 3


def test_a_call_may_cost_more_than_one(crm: responses.RequestsMock, client: Client) -> None:
    crm.get(URL, json=[])
    one = client(Limits((), 4, 100, 100, daily=20))
    one.call("read", "GET", URL, cost=6)

    assert failure_of(lambda: one.call("read", "GET", URL, cost=5)).kind is FailureKind.LIMIT
    one.call("read", "GET", URL, cost=4)


def test_what_others_used_up_is_no_longer_there_for_us(crm: responses.RequestsMock, client: Client) -> None:
    crm.get(URL, json=[], headers={"X-Used": "99", "X-Limit": "100"})

    def quota(response: requests.Response) -> Quota:
        return Quota(int(response.headers["X-Used"]), int(response.headers["X-Limit"]))

    one = client(Limits((), 4, 100, 100, daily=20), quota=quota)
    one.call("read", "GET", URL)
    one.call("read", "GET", URL)

    failure = failure_of(lambda: one.call("read", "GET", URL, cost=2))

    assert failure.kind is FailureKind.LIMIT
    assert "the CRM counts 99 of 100" in failure.message
    assert (one.usage().daily_used, one.usage().daily_limit) == (99, 100)


def test_logging_in_is_possible_when_the_share_is_used(crm: responses.RequestsMock, client: Client) -> None:
    crm.get(URL, json=[])
    one = client(Limits((), 4, 100, 100, daily=2))
    one.call("read", "GET", URL)

    one.call("auth", "GET", URL)

    assert one.usage().calls == {"read": 1, "auth": 1}


def test_threads_together_keep_to_the_share(client: Client) -> None:
    with serving(lambda request: Response("[]")) as (url, calls):
        one = client(Limits((), 8, 100, 100, daily=20))

        def call() -> None:
            with suppress(ConnectorError):
                one.call("read", "GET", url)

        threads = [threading.Thread(target=call) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(calls) == 10


def test_windows_are_kept_ahead(client: Client) -> None:
    with serving(lambda request: Response("[]")) as (url, calls):
        one = client(Limits((RateWindow(5, 0.5),), 4, 100, 100))
        for _ in range(12):
            one.call("read", "GET", url)

    for first, sixth in zip(calls, calls[5:], strict=False):
        assert sixth - first > 0.35
    assert calls[-1] - calls[0] < 5
    assert one.usage().waited > 0.5


def test_searches_have_windows_of_their_own(client: Client) -> None:
    limits = Limits((RateWindow(100, 1),), 4, 100, 100, search_windows=(RateWindow(2, 1.0),))
    with serving(lambda request: Response("[]")) as (url, calls):
        one = client(limits)
        for _ in range(10):
            one.call("read", "GET", url)
        assert calls[-1] - calls[0] < 0.9
        for _ in range(3):
            one.call("search", "GET", url)

    assert calls[-1] - calls[-3] > 0.7


def test_what_an_earlier_process_used_of_a_window_counts(client: Client, tmp_path: Path) -> None:
    """Each command of a project is a process of its own; the CRM counts them together."""
    limits = Limits((RateWindow(4, 2.0),), 4, 100, 100, search_windows=(RateWindow(1, 2.0),))
    kept = tmp_path / "calls.log"
    with serving(lambda request: Response("[]")) as (url, calls):
        first = client(limits, recent=RecentCalls(kept))
        for _ in range(3):
            first.call("read", "GET", url)
        first.call("search", "GET", url)
        second = client(limits, recent=RecentCalls(kept))
        second.call("setup", "GET", url)
        assert calls[-1] - calls[0] < 1
        second.call("read", "GET", url)
        assert calls[-1] - calls[0] > 1.5
        third = client(limits, recent=RecentCalls(kept))
        third.call("search", "GET", url)

    assert calls[-1] - calls[3] > 1.5


def test_no_more_calls_are_under_way_than_allowed(client: Client) -> None:
    under_way, most = 0, 0
    lock = threading.Lock()

    def answer(request: Request) -> Response:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.05)
        with lock:
            under_way -= 1
        return Response("[]")

    with serving(answer) as (url, _):
        one = client(Limits((), 2, 100, 100))
        threads = [threading.Thread(target=one.call, args=("read", "GET", url)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert most == 2


class serving:  # noqa: N801 - reads as a verb
    """Serve answers on loopback; gives the address and the instants at which calls came."""

    def __init__(self, answer: Callable[[Request], Response]) -> None:
        self.times: list[float] = []

        def application(environ: dict[str, Any], start_response: Any) -> Any:
            self.times.append(time.monotonic())
            return answer(Request(environ))(environ, start_response)

        self.server = make_server("127.0.0.1", 0, application, threaded=True)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> tuple[str, list[float]]:
        self.thread.start()
        return f"http://127.0.0.1:{self.server.server_port}/", self.times

    def __exit__(self, *raised: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
