"""The related list of e-mails: ten to a call, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from fairlead.testing.server import Handler, json_response
from fairlead_zoho.sandbox.errors import Refusal
from fairlead_zoho.sandbox.schema import ZONE

if TYPE_CHECKING:
    from fairlead_zoho.sandbox.server import ZohoSandbox

__all__ = ["Emails"]

_PAGE = 10
_ACTIVE = "Last_Activity_Time"


class Emails:
    """The e-mails of leads, by the lead's id."""

    def __init__(self, sandbox: ZohoSandbox) -> None:
        self._sandbox = sandbox
        self._account = sandbox.account

    def routes(self) -> Iterator[tuple[str, str, Handler]]:
        """Yield the routes."""
        yield "GET", "/crm/<version>/<module>/<int:record>/Emails", self.of_record

    def add(self, id: str, sent: bool, draft: bool = False) -> None:  # noqa: A002 - as control requests name it
        """Send or receive an e-mail: the lead had activity, and was not modified."""
        now = self._sandbox.stamp()
        row = self._account.tables["Leads"].rows[int(id)]
        self._account.emails.setdefault(row.id, []).append((None if draft else now, sent))
        row.values[_ACTIVE] = now

    def of_record(self, request: Request, version: str, module: str, record: int) -> Response:
        """Answer `GET /{module}/{id}/Emails`."""
        self._account.module(module)
        if record not in self._account.tables[module].rows:
            raise Refusal(400, "INVALID_DATA", {"resource_path_index": 1})
        kept = self._account.emails.get(record, [])
        start = int(request.args.get("index") or 0)
        newest_first = list(enumerate(kept))[::-1]
        page = newest_first[start : start + _PAGE]
        if not page:
            return Response(status=204)
        more = start + _PAGE < len(kept)
        info = {
            "per_page": _PAGE,
            "count": len(page),
            "next_index": str(start + _PAGE) if more else None,
            "prev_index": None,
            "more_records": more,
        }
        emails = [self._told(record, number, *each) for number, each in page]
        return json_response({"Emails": emails, "info": info})

    @staticmethod
    def _told(record: int, number: int, at: datetime | None, sent: bool) -> dict[str, Any]:
        return {
            "message_id": f"{record:x}{number:04x}",
            "subject": "Your enquiry",
            "sent": sent,
            "read": True,
            "time": at.astimezone(ZONE).isoformat(timespec="seconds") if at is not None else None,
            "from": {"user_name": None, "email": "clinic@example.com" if sent else "patient@example.com"},
            "to": [{"user_name": None, "email": "patient@example.com" if sent else "clinic@example.com"}],
            "has_attachment": False,
        }
