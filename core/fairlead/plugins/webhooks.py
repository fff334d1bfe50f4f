"""What arrives by webhook: never data, only ids to read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["WebhookError", "WebhookEvent", "WebhookReply", "WebhookRequest"]


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A request as it came in.

    `url` is the public address that the CRM called, rebuilt from the configured base address. Names of
    `headers` are lower case. `body` is unread.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """A record that changed, was made or was deleted, as far as the CRM says."""

    object: str
    id: str
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class WebhookReply:
    """What was announced, and the answer that the CRM waits for."""

    events: tuple[WebhookEvent, ...]
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    body: bytes = b""


class WebhookError(Exception):
    """A request is not the CRM's: unsigned, forged, too old or not readable. The text names no secret."""
