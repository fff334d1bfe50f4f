"""Notification channels: they expire, and what they send is not signed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from fairlead.testing.server import Handler, json_response
from fairlead_zoho.sandbox.errors import item_error
from fairlead_zoho.sandbox.schema import ZONE, parse_instant

if TYPE_CHECKING:
    from fairlead_zoho.sandbox.server import ZohoSandbox

__all__ = ["Watching"]

_LONGEST = timedelta(days=7)
_DEFAULT = timedelta(hours=1)
_TOKEN_LENGTH = 256


@dataclass
class _Channel:
    id: str
    events: list[str]
    url: str
    token: str | None
    expiry: datetime


class Watching:
    """The calls that keep notification channels."""

    def __init__(self, sandbox: ZohoSandbox) -> None:
        self._sandbox = sandbox
        self._channels: dict[str, _Channel] = {}

    def routes(self) -> Iterator[tuple[str, str, Handler]]:
        """Yield the routes."""
        yield "GET", "/crm/<version>/actions/watch", self.list_
        yield "POST", "/crm/<version>/actions/watch", self.keep
        yield "PUT", "/crm/<version>/actions/watch", self.keep
        yield "DELETE", "/crm/<version>/actions/watch", self.delete

    def list_(self, request: Request, version: str) -> Response:
        """Answer `GET /actions/watch`."""
        wanted = request.args.get("channel_id")
        found = [self._shown(each) for each in self.live() if wanted in (None, each.id)]
        if not found:
            return Response(status=204)
        info = {"per_page": 200, "page": 1, "count": len(found), "more_records": False}
        return json_response({"watch": found, "info": info})

    def keep(self, request: Request, version: str) -> Response:
        """Answer `POST` and `PUT /actions/watch`."""
        items = [
            self._keep(index, sent, must_exist=request.method == "PUT")
            for index, sent in enumerate(self._sandbox.body(request).get("watch") or [])
        ]
        good = sum(item["status"] == "success" for item in items)
        done = 201 if request.method == "POST" else 200
        return json_response({"watch": items}, done if good == len(items) else 207 if good else 202)

    def delete(self, request: Request, version: str) -> Response:
        """Answer `DELETE /actions/watch`."""
        items = []
        for id_ in request.args.get("channel_ids", "").split(","):
            gone = self._channels.pop(id_, None)
            items.append(
                _success(id_, "Successfully un-subscribed from actions-watch")
                if gone
                else item_error("NOT_SUBSCRIBED", {"channel_id": id_})
            )
        return json_response({"watch": items}, 200 if any(i["status"] == "success" for i in items) else 400)

    def live(self) -> Iterator[_Channel]:
        """Yield the channels that have not expired."""
        return (each for each in self._channels.values() if each.expiry > self._sandbox.now())

    def callback(self, module: str, id_: str, operation: str, url: str, token: str | None) -> dict[str, Any]:
        """Return the request that a channel makes; there is no signature."""
        body = {
            "server_time": int(self._sandbox.now().timestamp() * 1000),
            "affected_values": [],
            "query_params": {},
            "module": module,
            "resource_uri": f"{self._sandbox.url}/crm/v8/{module}",
            "ids": [id_],
            "affected_fields": [],
            "operation": operation,
            "channel_id": "1000000068001",
            "token": token,
        }
        text = json.dumps(body)
        return {
            "method": "POST",
            "url": url,
            "headers": {"content-type": "application/json"},
            "body": text,
        }

    def _keep(self, index: int, sent: Any, *, must_exist: bool) -> dict[str, Any]:
        place = f"$.watch[{index}]"
        now = self._sandbox.now()
        for name in ("channel_id", "events", "notify_url"):
            if not sent.get(name):
                return item_error("MANDATORY_NOT_FOUND", {"api_name": name, "json_path": f"{place}.{name}"})
        id_ = str(sent["channel_id"])
        if must_exist and id_ not in {each.id for each in self.live()}:
            return item_error("NOT_SUBSCRIBED", {"channel_id": id_})
        modules = {str(event).partition(".")[0] for event in sent["events"]}
        if not modules <= set(self._sandbox.account.modules):
            return item_error("INVALID_DATA", {"api_name": "events", "json_path": f"{place}.events"})
        expiry = parse_instant(sent["channel_expiry"]) if sent.get("channel_expiry") else now + _DEFAULT
        if expiry is None or not now < expiry <= now + _LONGEST:
            details = {"api_name": "channel_expiry", "json_path": f"{place}.channel_expiry"}
            return item_error("INVALID_DATA", details)
        token = sent.get("token")
        if token is not None and len(str(token)) > _TOKEN_LENGTH:
            return item_error("INVALID_DATA", {"api_name": "token", "maximum_length": _TOKEN_LENGTH})
        self._channels[id_] = _Channel(id_, list(sent["events"]), str(sent["notify_url"]), token, expiry)
        return _success(id_, "Successfully subscribed for actions-watch of the given module")

    @staticmethod
    def _shown(channel: _Channel) -> dict[str, Any]:
        return {
            "channel_id": channel.id,
            "events": channel.events,
            "notify_url": channel.url,
            "channel_expiry": channel.expiry.astimezone(ZONE).isoformat(timespec="seconds"),
            "token": channel.token,
        }


def _success(id_: str, message: str) -> dict[str, Any]:
    return {"code": "SUCCESS", "details": {"channel_id": id_}, "message": message, "status": "success"}
