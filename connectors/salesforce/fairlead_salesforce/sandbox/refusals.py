"""What the org refuses, in Salesforce's words."""

from __future__ import annotations

from typing import Any

__all__ = ["Refused"]


class Refused(Exception):
    """A call or one record is refused: `code` and `message` as Salesforce gives them."""

    def __init__(
        self,
        code: str,
        message: str,
        fields: tuple[str, ...] = (),
        status: int = 400,
        more: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fields = fields
        self.status = status
        self.more = more or {}

    def as_answer(self) -> list[dict[str, Any]]:
        """Return the body of a refused call."""
        error: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields:
            error["fields"] = list(self.fields)
        return [error | self.more]

    def as_item(self) -> dict[str, Any]:
        """Return the member of `errors` of one record in a batch."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields)} | self.more
