"""The sandbox server: faults where they were asked for, a clock, actions, and control over HTTP."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests
from werkzeug.wrappers import Request, Response

from fairlead.plugins.records import ReadQuery, Record
from fairlead.plugins.sandboxes import SandboxOptions
from fairlead.testing import server as server_module
from fairlead.testing.server import Action, Handler, SandboxServer, json_response


class Counter(SandboxServer):
    """A CRM that can count."""

    title = "Counter <b>"
    objects: Mapping[str, str] = {"lead": "numbers"}

    def __init__(self) -> None:
        self.number = 0
        super().__init__(SandboxOptions())
        self.switches["twice"] = False

    def settings(self) -> Mapping[str, object]:
        return {"url": self.url}

    def secrets(self) -> Mapping[str, str]:
        return {}

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        return [
            ("GET", "/number", lambda request: json_response({"number": self.number})),
            ("POST", "/number", self._count),
            ("GET", "/numbers/<name>", lambda request, name: json_response({"name": name})),
            ("GET", "/slow", self._slow),
            ("GET", "/broken", lambda request: json_response({"number": 1 // 0})),
        ]

    def _count(self, request: Request) -> Response:
        self.number += 2 if self.switches["twice"] else 1
        return json_response({"number": self.number}, 201, {"X-Counted": "yes"})

    def _slow(self, request: Request) -> Response:
        return json_response({})

    def actions(self) -> Mapping[str, Action]:
        return {"set": self._set}

    def _set(self, number: int) -> int:
        if number < 0:
            raise ValueError("a number below zero")
        self.number = number
        return number

    def before(self, request: Request) -> Response | None:
        return json_response({"refused": True}, 403) if request.headers.get("X-Refuse") else None

    def query(self, role: str) -> ReadQuery:
        return ReadQuery("numbers", ())

    def truth(self, role: str) -> Mapping[str, Record]:
        return {}

    def state(self) -> Any:
        return {"number": self.number, "price": Decimal("0.1"), "at": datetime(2026, 1, 2, tzinfo=UTC)}

    def tables(self) -> Iterator[tuple[str, Sequence[str], Iterable[Sequence[object]]]]:
        yield "Numbers & more", ("number", "name"), [(self.number, "<script>"), (None, "أحمد")]


@pytest.fixture
def counter() -> Iterator[Counter]:
    server = Counter()
    yield server
    server.stop()


def get(server: SandboxServer, path: str, **options: Any) -> requests.Response:
    return requests.get(server.url + path, timeout=5, **options)


def post(server: SandboxServer, path: str, value: object, **options: Any) -> requests.Response:
    return requests.post(server.url + path, json=value, timeout=5, **options)


def test_it_listens_on_loopback_only(counter: Counter) -> None:
    assert counter.url.startswith("http://127.0.0.1:")


def test_routes_answer_and_calls_are_kept(counter: Counter) -> None:
    assert post(counter, "/number", {}).headers["X-Counted"] == "yes"
    assert get(counter, "/numbers/a%20b").json() == {"name": "a b"}
    assert get(counter, "/nowhere").status_code == 404
    assert get(counter, "/number", headers={"X-Refuse": "1"}).status_code == 403

    kept = [(call.method, call.path, call.status) for call in counter.calls]
    assert kept == [
        ("POST", "/number", 201),
        ("GET", "/numbers/a b", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/number", 403),
    ]
    assert counter.count("GET", "/number") == 2
    assert counter.count(path="numbers") == 1


def test_credentials_that_came_in_are_kept_for_tests_to_look_for(counter: Counter) -> None:
    get(counter, "/number", headers={"Authorization": "Bearer token-1"})
    get(counter, "/number")

    assert counter.credentials_seen == {"token-1"}


@pytest.mark.parametrize(
    ("kind", "raised", "counted"),
    [
        ("reset_before", requests.ConnectionError, 0),
        ("reset_after", requests.ConnectionError, 1),
        ("hang_before", requests.ReadTimeout, 0),
        ("hang_after", requests.ReadTimeout, 1),
    ],
)
def test_a_call_is_lost_before_or_after_it_took_effect(
    counter: Counter, kind: str, raised: type[Exception], counted: int
) -> None:
    counter.fault(kind, method="POST", seconds=0.4)

    with pytest.raises(raised):
        requests.post(counter.url + "/number", json={}, timeout=(2, 0.2))

    assert counter.number == counted
    assert [call.status for call in counter.calls] == [0]
    assert post(counter, "/number", {}).json() == {"number": counted + 1}


def test_a_silence_shorter_than_the_patience_of_the_caller_ends_in_a_cut(counter: Counter) -> None:
    counter.fault("hang_after", seconds=0.1)
    began = time.monotonic()

    with pytest.raises(requests.ConnectionError):
        post(counter, "/number", {})

    assert time.monotonic() - began >= 0.1


def test_answers_that_are_no_json_come_with_status_200(counter: Counter) -> None:
    counter.fault("html")
    counter.fault("invalid_json")

    page, broken = get(counter, "/number"), get(counter, "/number")

    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html")
    assert broken.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        broken.json()


def test_a_status_comes_with_its_body_and_headers_and_does_nothing(counter: Counter) -> None:
    counter.fault("status", status=423, body={"locked": True}, headers={"Retry-After": "2"})

    answer = post(counter, "/number", {})

    assert (answer.status_code, answer.json(), answer.headers["Retry-After"]) == (423, {"locked": True}, "2")
    assert counter.number == 0


def test_a_fault_strikes_the_calls_that_it_names(counter: Counter) -> None:
    counter.fault("status", method="GET", path=r"^/number$", skip=1, times=2)

    seen = [get(counter, "/number").status_code for _ in range(4)]
    others = [get(counter, "/numbers/1").status_code, post(counter, "/number", {}).status_code]

    assert seen == [200, 503, 503, 200]
    assert others == [200, 201]


def test_the_clock_moves_on_request(counter: Counter) -> None:
    before = counter.now()

    moved = post(counter, "/_control/clock", {"advance": 86_400}).json()

    assert 86_400 <= (datetime.fromisoformat(moved["now"]) - before).total_seconds() < 86_460
    assert counter.now().tzinfo is not None


def test_everything_can_be_controlled_over_http(counter: Counter) -> None:
    assert post(counter, "/_control/do", {"action": "set", "number": 5}).json() == 5
    assert post(counter, "/_control/switches", {"twice": True}).json() == {"twice": True}
    assert post(counter, "/number", {}).json() == {"number": 7}
    assert post(counter, "/_control/faults", {"kind": "html", "times": 3}).json()["times"] == 3
    assert post(counter, "/_control/latency", {"seconds": 0.01}).json() == {"seconds": 0.01}
    overview = get(counter, "/_control").json()
    assert (overview["sandbox"], overview["calls"], overview["actions"]) == ("Counter <b>", 1, ["set"])
    assert [fault["kind"] for fault in overview["faults"]] == ["html"]
    requests.delete(counter.url + "/_control/faults", timeout=5)
    assert get(counter, "/number").json() == {"number": 7}
    assert [call["path"] for call in get(counter, "/_control/calls").json()] == ["/number", "/number"]
    requests.delete(counter.url + "/_control/calls", timeout=5)
    assert counter.calls == []
    assert get(counter, "/_control/state").json() == {
        "number": 7,
        "price": 0.1,
        "at": "2026-01-02T00:00:00+00:00",
    }


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("/_control/do", {"action": "fly"}, "`action` is one of set"),
        ("/_control/do", {"action": "set", "number": -1}, "a number below zero"),
        ("/_control/do", {"action": "set", "colour": "red"}, "colour"),
        ("/_control/do", [1], "the body is to be a JSON object"),
        ("/_control/faults", {"kind": "earthquake"}, "`kind` is one of hang_after"),
        ("/_control/faults", {"kind": "html", "tims": 2}, "unknown members: tims"),
        ("/_control/faults", {"kind": "html", "path": "("}, "`path` is a regular expression"),
        ("/_control/faults", {"kind": "html", "times": "two"}, "`times` is a number"),
        ("/_control/switches", {"thrice": True}, "no switch thrice; known are twice"),
        ("/_control/clock", {}, "advance"),
        ("/_control/clock", {"advance": "soon"}, "soon"),
        ("/_control/latency", {"seconds": None}, "cannot do that"),
    ],
)
def test_a_wrong_control_request_is_told_so(counter: Counter, path: str, value: object, says: str) -> None:
    answer = post(counter, path, value)

    assert answer.status_code == 400
    assert says in answer.json()["message"]


def test_the_page_shows_the_tables_and_escapes_what_is_in_them(counter: Counter) -> None:
    page = get(counter, "/").text

    assert "<h1>Counter &lt;b&gt;</h1>" in page
    assert "<h2>Numbers &amp; more</h2>" in page
    assert "<td dir=auto>&lt;script&gt;</td>" in page
    assert "<td dir=auto></td><td dir=auto>أحمد</td>" in page


def test_a_body_that_is_too_large_is_refused(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "_MAX_BODY", 1_000)

    assert requests.post(counter.url + "/number", data=b" " * 2_000, timeout=5).status_code == 413
    assert counter.number == 0


def test_calls_under_way_at_once_are_counted(counter: Counter) -> None:
    counter.latency = 0.5
    threads = [threading.Thread(target=get, args=(counter, "/slow")) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counter.most_in_flight == 3


def test_something_may_happen_ahead_of_a_call(counter: Counter) -> None:
    def act(before: int) -> None:
        if before == 1:
            counter.number = 40

    counter.on_call = act

    assert [get(counter, "/number").json()["number"] for _ in range(3)] == [0, 40, 40]


def test_it_stops_soon_and_for_good() -> None:
    server = Counter()
    port = int(server.url.rpartition(":")[2])
    began = time.monotonic()

    server.stop()

    assert time.monotonic() - began < 0.4
    with pytest.raises(OSError, match="refused"):
        http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()


def test_calls_of_one_client_come_over_one_connection(counter: Counter) -> None:
    with requests.Session() as session:
        for _ in range(3):
            session.post(counter.url + "/number", json={}, timeout=5)

        assert len(counter._server.open) == 1
    assert counter.number == 3


def test_a_body_that_was_not_read_is_not_taken_for_a_call(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "_MAX_BODY", 1_000)
    call = b"POST /number HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"

    with requests.Session() as session:
        assert session.post(counter.url + "/number", data=call * 100, timeout=5).status_code == 413
        assert session.get(counter.url + "/number", timeout=5).json() == {"number": 0}


def test_a_mistake_of_the_sandbox_is_an_answer_and_told(
    counter: Counter, capfd: pytest.CaptureFixture[str]
) -> None:
    assert get(counter, "/broken").status_code == 500
    assert "ZeroDivisionError" in capfd.readouterr().err
    assert get(counter, "/number").json() == {"number": 0}


def test_a_stopped_one_answers_no_more_on_a_connection_that_was_open() -> None:
    server = Counter()
    with requests.Session() as session:
        session.get(server.url + "/number", timeout=5)
        server.stop()

        with pytest.raises(requests.ConnectionError):
            session.get(server.url + "/number", timeout=5)
