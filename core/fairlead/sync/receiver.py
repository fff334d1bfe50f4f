"""The receiver of webhooks: checks that a request is the CRM's, and keeps the ids to read again."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from fairlead.plugins.connector import Connector
from fairlead.plugins.failures import ConnectorError
from fairlead.plugins.webhooks import WebhookError, WebhookRequest
from fairlead.project.settings import WebhookSettings

__all__ = ["Receiver"]

#: the largest delivery of the three CRMs stays far below, in bytes
_MOST_BYTES = 1024 * 1024
#: ids that wait to be read again; beyond, the next scheduled run reads them all the same
_MOST_WAITING = 100_000


class Receiver:
    """Listens for the CRM's announcements; put a reverse proxy with TLS before it.

    `announced` is set when there is something to read again. `refused` is told when a request is not the
    CRM's.
    """

    def __init__(
        self, connector: Connector, settings: WebhookSettings, refused: Callable[[str], None]
    ) -> None:
        self.announced = threading.Event()
        self._connector = connector
        self._settings = settings
        self._refused = refused
        self._lock = threading.Lock()
        self._waiting: dict[str, set[str]] = defaultdict(set)
        self._server: BaseWSGIServer = make_server(
            settings.host, settings.port, self._application, threaded=True, request_handler=_Quiet
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True, name="webhooks")
        self._thread.start()

    def take(self) -> dict[str, list[str]]:
        """Return the ids to read again, by object, and forget them."""
        with self._lock:
            self.announced.clear()
            taken = {name: sorted(ids) for name, ids in self._waiting.items() if ids}
            self._waiting.clear()
            return taken

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _application(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = _MOST_BYTES
        return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.method != "POST":
            return Response("only announcements are taken here\n", status=405)
        try:
            body = request.get_data()
        except RequestEntityTooLarge:
            return Response("too large\n", status=413)
        try:
            reply = self._connector.receive(
                WebhookRequest(request.method, self._public_url(request), _headers(request), body)
            )
        except WebhookError as error:
            self._refused(str(error))
            # whoever forges requests learns nothing from the answer
            return Response("refused\n", status=401)
        except ConnectorError as error:
            self._refused(str(error))
            return Response("not configured\n", status=503)
        with self._lock:
            for event in reply.events:
                if sum(map(len, self._waiting.values())) < _MOST_WAITING:
                    self._waiting[event.object].add(event.id)
        if reply.events:
            self.announced.set()
        return Response(reply.body, status=reply.status, content_type=reply.content_type)

    def _public_url(self, request: Request) -> str:
        """Return the address that the CRM called: the proxy's, with this request's path and query."""
        base = self._settings.public_url.rstrip("/")
        path = request.environ.get("RAW_URI") or request.full_path.rstrip("?")
        root = base.partition("://")[2].partition("/")[2]
        # where the proxy hands on the whole path, the base address holds its beginning already
        if root and path.lstrip("/").startswith(root):
            base = base[: -len(root)].rstrip("/")
        return base + path if path != "/" else self._settings.public_url


def _headers(request: Request) -> Mapping[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Write nothing: an address may hold a token."""
