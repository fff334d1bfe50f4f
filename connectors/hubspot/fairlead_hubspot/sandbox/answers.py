"""How the sandbox answers: times on the wire, refusals in HubSpot's words."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from fairlead.testing.server import json_response

__all__ = ["Refusal", "body_of", "inputs_of", "iso", "to_ms"]


class Refusal(Exception):
    """A call that is answered with an error; `members` are added to HubSpot's usual ones."""

    def __init__(
        self,
        status: int,
        category: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
        context: Mapping[str, Any] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.detail: dict[str, Any] = {"status": "error", "category": category, "message": message}
        if errors:
            self.detail["errors"] = [dict(each) for each in errors]
        if context:
            self.detail["context"] = dict(context)
        self.detail.update(members)

    def response(self) -> Response:
        """Return the answer to a call that is refused as a whole."""
        return json_response(
            {**self.detail, "correlationId": str(uuid.uuid4())}, self.status, headers=self.headers
        )


def iso(ms: int) -> str:
    """Return an instant as HubSpot writes it: UTC, with thousandths only where there are any."""
    instant = datetime.fromtimestamp(ms / 1000, UTC)
    return instant.isoformat(timespec="milliseconds" if ms % 1000 else "seconds").replace("+00:00", "Z")


def to_ms(instant: datetime) -> int:
    """Return an instant in thousandths of a second since 1970."""
    return round(instant.timestamp() * 1000)


def body_of(request: Request) -> dict[str, Any]:
    """Return the JSON object that a call sends; refuses anything else."""
    value = request.get_json(force=True, silent=True)
    if not isinstance(value, dict):
        raise Refusal(400, "VALIDATION_ERROR", "Invalid input JSON: unable to parse the request body")
    return value


def inputs_of(request: Request, most: int) -> list[dict[str, Any]]:
    """Return the inputs of a batch call; refuses more than `most`."""
    inputs = body_of(request).get("inputs")
    if not isinstance(inputs, list) or not inputs:
        raise Refusal(400, "VALIDATION_ERROR", "Invalid input: inputs must not be empty")
    if len(inputs) > most:
        message = f"Invalid request: {len(inputs)} inputs given, the maximum is {most}"
        raise Refusal(400, "VALIDATION_ERROR", message)
    return inputs
