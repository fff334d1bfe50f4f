"""One classification of failures for all connectors."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["ConnectorError", "Failure", "FailureKind", "missing_setting"]


class FailureKind(StrEnum):
    """What is to be done about a failure.

    RETRY    the same call may succeed later: overload, a lock, a lost connection
    REFRESH  the credentials are no longer valid: renew them once, then repeat the call
    ADOPT    the record exists already under another id: take that id and update it
    REJECT   this record cannot be written as it is: keep it with the reason, go on with the others
    GONE     the record was deleted or is out of reach: mark it deleted
    LIMIT    the daily quota is used up: stop, go on in the next run
    STOP     nothing will work until a person changes something: end the run
    """

    RETRY = "retry"
    REFRESH = "refresh"
    ADOPT = "adopt"
    REJECT = "reject"
    GONE = "gone"
    LIMIT = "limit"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure of a call or of one record in a batch.

    `code` is the CRM's own (`INVALID_OPTION`), `message` what a person reads: never a secret, never a value
    of a record. `field` names the field at fault, `other_id` the record to adopt, `retry_after` the seconds
    that the CRM asks to wait. `remedy` says what a person can do.
    """

    kind: FailureKind
    code: str
    message: str
    field: str | None = None
    other_id: str | None = None
    retry_after: float | None = None
    remedy: str | None = None

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]" + (f"; remedy: {self.remedy}" if self.remedy else "")


def missing_setting(name: str, example: str, message: str, where: str) -> Failure:
    """Return the failure (STOP) of a connector that cannot be opened without a setting.

    `where` says where a person finds its value.
    """
    written = f'`{name} = "{example}"` under `[connector.settings]` in fairlead.toml'
    remedy = f"write {written}, or give `--setting {name}={example}` to `fairlead init`; it is {where}"
    return Failure(FailureKind.STOP, "missing-setting", message, field=name, remedy=remedy)


class ConnectorError(Exception):
    """A call failed as a whole, after the retries that its kind allows."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure
