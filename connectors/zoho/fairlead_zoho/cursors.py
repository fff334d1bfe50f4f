"""Cursors: instants, ids and page numbers, never a locator of Zoho's."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Literal

from fairlead.plugins.failures import ConnectorError, Failure, FailureKind

__all__ = ["Cursor"]

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where reading goes on.

    What changed at or after `since` is read; None reads all. `until` is the instant up to which this pass
    will have seen everything, `after` the last id that was read, `page` the next page of deletions. In the
    phase `converted` leads are read that live on as contacts and deals.
    """

    since: str | None = None
    until: str | None = None
    after: str | None = None
    page: int = 1
    phase: Literal["records", "converted"] = "records"

    def text(self) -> str:
        """Return the cursor as it is kept."""
        members = {name: value for name, value in asdict(self).items() if value not in (None, 1, "records")}
        return json.dumps({"v": 1, **members}, separators=(",", ":"))

    @staticmethod
    def parse(text: str) -> Cursor:
        """Return the cursor that a text holds; raises ConnectorError for a text of another making."""
        try:
            members = json.loads(text)
        except ValueError:
            members = None
        if not isinstance(members, dict) or members.pop("v", None) != 1 or not _sound(members):
            message = "the cursor is none of this connector's"
            remedy = "run a full reconciliation: `fairlead sync --full`"
            raise ConnectorError(Failure(FailureKind.STOP, "bad-cursor", message, remedy=remedy))
        return Cursor(**members)


def _sound(members: dict[str, object]) -> bool:
    instants = (members.get("since"), members.get("until"))
    page = members.get("page", 1)
    return (
        set(members) <= {"since", "until", "after", "page", "phase"}
        and all(each is None or (isinstance(each, str) and _INSTANT.fullmatch(each)) for each in instants)
        and (members.get("after") is None or str(members["after"]).isdigit())
        and isinstance(page, int)
        and page >= 1
        and members.get("phase", "records") in ("records", "converted")
    )
