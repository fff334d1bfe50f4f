"""Refusals in Zoho's words."""

from __future__ import annotations

from typing import Any

__all__ = ["Refusal", "item_error"]

_MESSAGES = {
    "ALREADY_MODIFIED": "the record has been already modified",
    "AMBIGUITY_DURING_PROCESSING": "page and page_token cannot be given together",
    "AUTHENTICATION_FAILURE": "Authentication failed",
    "DISCRETE_PAGINATION_LIMIT_EXCEEDED": "page based paging ends at 2000 records",
    "DUPLICATE_DATA": "duplicate data",
    "EXPIRED_VALUE": "the page token has expired",
    "ID_ALREADY_CONVERTED": "id already converted",
    "INTERNAL_ERROR": "Internal Server Error",
    "INVALID_DATA": "invalid data",
    "INVALID_MODULE": "the module name given seems to be invalid",
    "INVALID_REQUEST_METHOD": "The http request method type is not a valid one",
    "INVALID_TOKEN": "invalid oauth token",
    "INVALID_URL_PATTERN": "Please check if the URL trying to access is a correct one",
    "LIMIT_EXCEEDED": "the limit is exceeded",
    "MANDATORY_NOT_FOUND": "required field not found",
    "NO_PERMISSION": "permission denied",
    "NOT_SUBSCRIBED": "the channel is not subscribed",
    "OAUTH_SCOPE_MISMATCH": "invalid oauth scope to access this URL",
    "PAGINATION_LIMIT_EXCEEDED": "paging ends at 100000 records",
    "RECORD_LOCKED": "the record is locked",
    "REQUIRED_PARAM_MISSING": "One of the expected parameter is missing",
    "TOKEN_BOUND_DATA_MISMATCH": "the page token belongs to another request",
    "TOO_MANY_REQUESTS": "too many requests",
}


class Refusal(Exception):
    """A call is refused as a whole."""

    def __init__(
        self, status: int, code: str, details: dict[str, Any] | None = None, message: str | None = None
    ) -> None:
        super().__init__(code)
        self.status = status
        self.body = item_error(code, details, message)


def item_error(
    code: str, details: dict[str, Any] | None = None, message: str | None = None
) -> dict[str, Any]:
    """Return an error as it stands for a call, or for one item of it."""
    return {
        "code": code,
        "details": details or {},
        "message": message or _MESSAGES.get(code, code.lower().replace("_", " ")),
        "status": "error",
    }
