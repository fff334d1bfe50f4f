"""The server that sandboxes are built on: routes, a clock that can be moved, faults, a record of calls.

A sandbox listens on loopback only and keeps everything in memory. Besides the CRM's interface it serves
`/_control/…` for tests and people, and a page at `/` that shows what it holds.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
import traceback
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from markupsafe import Markup, escape
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.http import http_date
from werkzeug.routing import Map, Rule
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Request, Response

from fairlead.plugins.records import ReadQuery, Record
from fairlead.plugins.sandboxes import Sandbox, SandboxOptions
from fairlead.testing.faults import Fault, fault_from_json

__all__ = ["Call", "SandboxServer", "json_response"]

Handler = Callable[..., Response]
Action = Callable[..., Any]

#: a control request or a batch of the largest CRM stays below, in bytes
_MAX_BODY = 160 * 1024 * 1024
_SHOWN_ROWS = 200


@dataclass(frozen=True, slots=True)
class Call:
    """A call that the sandbox answered: `status` 0 is a connection that was cut."""

    method: str
    path: str
    status: int
    at: float


def json_response(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer in JSON; decimals are written as numbers."""
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    return Response(text, status=status, headers=dict(headers or {}), content_type="application/json")


class SandboxServer(Sandbox):
    """A sandbox that serves from the moment it is made.

    A subclass adds its routes in `routes()`, answers unknown paths and refused calls in the CRM's words
    through `before()`, and lists in `actions()` what a person or another integration could do in the CRM:
    edit, delete, merge. `switches` turn behaviours on and off by name. Handlers run one at a time.
    """

    #: the CRM, as the page at `/` calls it
    title = "sandbox"
    #: the CRM's object for each role of the seeded data: `lead`, `partner`, `treatment`, `interaction`
    objects: Mapping[str, str] = {}

    def __init__(self, options: SandboxOptions) -> None:
        self.options = options
        self.lock = threading.RLock()
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        #: what came in `Authorization` headers: tests look for it where it does not belong
        self.credentials_seen: set[str] = set()
        self.switches: dict[str, Any] = {}
        #: called ahead of each call of the CRM's interface, with how many there were before it
        self.on_call: Callable[[int], None] | None = None
        self.latency = 0.0
        self._offset = timedelta(0)
        self._in_flight = 0
        self.most_in_flight = 0
        self._handlers: dict[str, Handler] = {
            f"{method} {path}": handler for method, path, handler in [*self._control_routes(), *self.routes()]
        }
        self._map = _map_of(tuple(self._handlers))
        self._server = _Server(options.port, self._application)
        self._thread = threading.Thread(
            # how long `stop` waits for the server to notice
            target=self._server.serve_forever,
            args=(0.02,),
            daemon=True,
            name=self.title,
        )
        self._thread.start()

    # what a subclass gives

    @abstractmethod
    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        """Return (method, path with werkzeug's <parts>, handler) of the CRM's interface."""

    @abstractmethod
    def query(self, role: str) -> ReadQuery:
        """Return what the default mapping reads of the object in a role: stock and input fields, links."""

    @abstractmethod
    def truth(self, role: str) -> Mapping[str, Record]:
        """Return every record of a role by id, as a reader with `query(role)` is to see it."""

    def before(self, request: Request) -> Response | None:
        """Return an answer that refuses the call (credentials, limits), or None to go on."""
        return None

    def not_found(self, request: Request) -> Response:
        """Return the CRM's answer to a path that it does not have."""
        return json_response({"message": "not found"}, 404)

    def actions(self) -> Mapping[str, Action]:
        """Return what can be done by `POST /_control/do`, by name; each takes JSON members as arguments.

        The conformance kit uses these, where they are there, with values as connectors give them:

        - `create(object, values) -> id`, `edit(object, id, values)`, `delete(object, id)`
        - `edit_many(object, ids, values)`: one transaction, one modification stamp
        - `edit_late(object, id, values, seconds)`: becomes visible only now, its stamp is `seconds` old
        - `merge(object, keep, lose)`, `convert(object, id) -> {object: id}`
        - `drop_field(object, name)`, `retype_field(object, name, kind)`, `rename_field(object, name, to)`
        - `forbid(object, field, value)`: a validation rule of the account refuses this value
        - `lock(object, id, seconds)`: writes to the record fail for a while
        - `throttle(times)`, `overload(times)`, `use_up_quota()`: the next calls fail in the CRM's own words
        - `expire_credentials()`: they can be renewed; `revoke_credentials()`: they cannot
        - `webhook(object, id, deleted=False, forged=None) -> {method, url, headers, body}`: a request as the
          CRM sends it; `forged` names what is wrong with it: `signature`, `age`, `body`, `unsigned`
        """
        return {}

    def state(self) -> Any:
        """Return everything that the CRM holds, as JSON, for comparison."""
        return {}

    def tables(self) -> Iterator[tuple[str, Sequence[str], Iterable[Sequence[object]]]]:
        """Yield (title, column names, rows) for the page that a person looks at."""
        yield from ()

    # what tests and subclasses use

    @property
    def url(self) -> str:
        """The base address."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def now(self) -> datetime:
        """Return the sandbox's time."""
        return datetime.now(UTC) + self._offset

    def advance(self, seconds: float) -> None:
        """Move the sandbox's clock forward."""
        self._offset += timedelta(seconds=seconds)

    def fault(self, kind: str, **members: Any) -> Fault:
        """Commit a fault in the next calls that match; see `Fault`."""
        fault = fault_from_json({"kind": kind, **members})
        self.faults.append(fault)
        return fault

    def do(self, action: str, **members: Any) -> Any:
        """Do what a person or another integration could do in the CRM."""
        with self.lock:
            return self.actions()[action](**members)

    def count(self, method: str | None = None, path: str = "") -> int:
        """Return how many calls of the CRM's interface there were whose path contains a text."""
        return sum((method is None or call.method == method) and path in call.path for call in self.calls)

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # serving

    def _application(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = _MAX_BODY
        with self.lock:
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            response = self._answer(request)
            response.headers["Date"] = http_date(self.now())
        finally:
            with self.lock:
                self._in_flight -= 1
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        try:
            request.get_data(cache=True)
        except RequestEntityTooLarge as error:
            # what was not read would be taken for the next call
            return Response(error.description, 413, headers={"Connection": "close"})
        if request.path.startswith("/_control") or request.path == "/":
            return self._controlled(request)
        if credential := request.headers.get("Authorization", "").rpartition(" ")[2]:
            self.credentials_seen.add(credential)
        if self.latency:
            time.sleep(self.latency)
        with self.lock:
            if self.on_call is not None:
                self.on_call(len(self.calls))
            fault = next((each for each in self.faults if each.strikes(request.method, request.path)), None)
            if fault is None or fault.kind in ("reset_after", "hang_after"):
                response = self.before(request) or self._dispatch(request)
            else:
                response = _faulty(fault)
            cut = fault is not None and fault.kind.startswith(("reset", "hang"))
            status = 0 if cut else response.status_code
            self.calls.append(Call(request.method, request.path, status, time.monotonic()))
        if fault is not None and cut:
            if fault.kind.startswith("hang"):
                time.sleep(fault.seconds)
            _cut(request.environ["werkzeug.socket"])
        return response

    def _controlled(self, request: Request) -> Response:
        try:
            return self._dispatch(request)
        except (KeyError, TypeError, ValueError) as error:
            return json_response({"message": f"cannot do that: {error}"}, 400)

    def _dispatch(self, request: Request) -> Response:
        adapter = self._map.bind_to_environ(request.environ)
        try:
            endpoint, parts = adapter.match()
        except HTTPException:
            return self.not_found(request)
        with self.lock:
            return self._handlers[endpoint](request, **parts)

    # the control interface

    def _control_routes(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/", self._page),
            ("GET", "/_control", self._overview),
            ("GET", "/_control/state", lambda request: json_response(self.state())),
            ("GET", "/_control/calls", lambda request: json_response([asdict(each) for each in self.calls])),
            ("DELETE", "/_control/calls", self._forget_calls),
            ("POST", "/_control/faults", self._add_fault),
            ("DELETE", "/_control/faults", self._drop_faults),
            ("POST", "/_control/clock", self._move_clock),
            ("POST", "/_control/switches", self._set_switches),
            ("POST", "/_control/latency", self._set_latency),
            ("POST", "/_control/do", self._do),
        ]

    def _overview(self, request: Request) -> Response:
        return json_response(
            {
                "sandbox": self.title,
                "now": self.now().isoformat(),
                "calls": len(self.calls),
                "faults": [asdict(fault) for fault in self.faults if fault.times > 0],
                "switches": self.switches,
                "latency": self.latency,
                "most_in_flight": self.most_in_flight,
                "actions": sorted(self.actions()),
            }
        )

    def _forget_calls(self, request: Request) -> Response:
        self.calls.clear()
        self.most_in_flight = 0
        return json_response({})

    def _add_fault(self, request: Request) -> Response:
        fault = fault_from_json(_object(request))
        self.faults.append(fault)
        return json_response(asdict(fault))

    def _drop_faults(self, request: Request) -> Response:
        self.faults.clear()
        return json_response({})

    def _move_clock(self, request: Request) -> Response:
        self.advance(float(_object(request)["advance"]))
        return json_response({"now": self.now().isoformat()})

    def _set_switches(self, request: Request) -> Response:
        wanted = _object(request)
        unknown = sorted(set(wanted) - set(self.switches))
        if unknown:
            known = ", ".join(sorted(self.switches))
            return json_response({"message": f"no switch {', '.join(unknown)}; known are {known}"}, 400)
        self.switches.update(wanted)
        return json_response(self.switches)

    def _set_latency(self, request: Request) -> Response:
        self.latency = float(_object(request)["seconds"])
        return json_response({"seconds": self.latency})

    def _do(self, request: Request) -> Response:
        members = _object(request)
        action = members.pop("action", None)
        known = self.actions()
        if action not in known:
            return json_response({"message": f"`action` is one of {', '.join(sorted(known))}"}, 400)
        return json_response(known[action](**members))

    def _page(self, request: Request) -> Response:
        parts = [Markup("<h1>{}</h1><p>{} calls so far.</p>").format(self.title, len(self.calls))]
        for title, columns, rows in self.tables():
            head = Markup("").join(Markup("<th scope=col>{}</th>").format(name) for name in columns)
            body = Markup("").join(
                Markup("<tr>{}</tr>").format(
                    Markup("").join(Markup("<td dir=auto>{}</td>").format(_cell(value)) for value in row)
                )
                for _, row in zip(range(_SHOWN_ROWS), rows, strict=False)
            )
            parts.append(
                Markup("<h2>{}</h2><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(
                    escape(title), head, body
                )
            )
        page = _PAGE.format(title=self.title, body=Markup("").join(parts))
        return Response(page, content_type="text/html; charset=utf-8")


_PAGE = Markup(
    "<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>"
    "<style>body{{font:15px/1.4 system-ui,sans-serif;margin:2rem}}table{{border-collapse:collapse}}"
    "td,th{{border:1px solid #999;padding:.2rem .5rem;text-align:start;vertical-align:top}}</style>"
    "<body>{body}</body></html>"
)


@cache
def _map_of(endpoints: tuple[str, ...]) -> Map:
    """Return the map of endpoints, `METHOD /path`: compiling one takes longer than all else in a start."""
    rules = []
    for endpoint in endpoints:
        method, _, path = endpoint.partition(" ")
        rules.append(Rule(path, methods=[method], endpoint=endpoint))
    return Map(rules, strict_slashes=False, merge_slashes=False)


class _Connection(WSGIRequestHandler):
    """Answers the calls of one connection, which stays open until the client ends it, as those of CRMs do.

    Werkzeug's own closes it after the first, since it does not know that all of a body was read.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        """Begin; `stop` ends it."""
        super().setup()
        self.server.open[self.connection] = threading.current_thread()

    def finish(self) -> None:
        """End."""
        self.server.open.pop(self.connection, None)
        super().finish()

    def run_wsgi(self) -> None:
        """Answer one call."""
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def begin(
            status: str, headers: list[tuple[str, str]], _: object = None, /
        ) -> Callable[[bytes], object]:
            begun.append((status, headers))
            return self.wfile.write

        self.environ = self.make_environ()
        try:
            body = b"".join(self.server.app(self.environ, begin))
        except ConnectionError:
            raise
        except Exception:  # noqa: BLE001 - whoever writes a sandbox looks for what went wrong in it
            traceback.print_exc()
            begun, body = [("500 INTERNAL SERVER ERROR", [("Content-Length", "0")])], b""
        [(status, headers)] = begun
        code, _, reason = status.partition(" ")
        # without a date: answers carry that of the sandbox's clock
        self.send_response_only(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log(self, type: str, message: str, *args: Any) -> None:
        """Write nothing."""


class _Server(ThreadedWSGIServer):
    """A server that can end the connections that its clients keep open."""

    def __init__(self, port: int, application: Any) -> None:
        self.open: dict[socket.socket, threading.Thread] = {}
        super().__init__("127.0.0.1", port, application, _Connection)

    def server_close(self) -> None:
        """End what is open too, and wait for it, but for a fault that hangs."""
        super().server_close()
        for connection, thread in list(self.open.items()):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(1.0)


def _faulty(fault: Fault) -> Response:
    match fault.kind:
        case "html":
            page = "<!doctype html><title>Sorry</title><h1>We are down for maintenance</h1>"
            return Response(page, content_type="text/html")
        case "invalid_json":
            return Response('{"results": [{"id": "1", "prop', content_type="application/json")
        case "status":
            return json_response(
                fault.body if fault.body is not None else {}, fault.status, headers=fault.headers
            )
    return Response(status=500)


def _cut(connection: socket.socket) -> None:
    """Cut the connection with a reset instead of a farewell."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.shutdown(socket.SHUT_RD)
    connection.close()
    raise ConnectionResetError("a fault was asked for")


def _object(request: Request) -> dict[str, Any]:
    value = json.loads(request.get_data() or b"{}")
    if not isinstance(value, dict):
        raise ValueError("the body is to be a JSON object")
    return value


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
