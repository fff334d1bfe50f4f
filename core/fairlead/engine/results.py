"""What an evaluation gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from fairlead.facts.values import Money

if TYPE_CHECKING:
    from fairlead.engine.trace import Trace

__all__ = ["Cause", "Result", "RewardResult", "json_value"]


class Cause(NamedTuple):
    """Why something is unknown.

    `kind` is `absent` (subject: the fact, parameter or entity), `no_rate` (`USD>EUR`), `no_matching_row` or
    `conflict` (the decision), or without a subject `division_by_zero`, `overflow`, `currency_mismatch`,
    `no_branch`, `empty_text`.
    """

    kind: str
    subject: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}".strip()


class RewardResult(NamedTuple):
    """A reward before caps.

    `payee` is the id of the linked record; `amount`, `payable`, `reversed` are None where they are unknown.
    """

    payee: str | None
    amount: Money | None
    accrues: bool
    payable: bool | None
    reversed: bool | None


def json_value(value: Any) -> Any:
    """Return the JSON form of a decision's value: decimals are text, a reward is an object."""
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal():
            return format(value, "f")
        case Money(amount=amount, currency=currency):
            return {"amount": format(amount, "f"), "currency": currency}
        case RewardResult():
            return {member: json_value(part) for member, part in value._asdict().items()}
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case list() | tuple():
            return [json_value(item) for item in value]
    raise TypeError(f"no decision has the value `{value}`")


class Result:
    """The decisions about one record, and what is behind them.

    `decisions` maps names, in document order, to values: a boolean, an integer, text, a Decimal, Money, a
    date, a date-time, a list or a `RewardResult`; None is undetermined or in conflict. `reasons` are reason
    codes in rank order. `digest` is that of the ruleset. What is not in these is found when it is asked for.
    """

    def __init__(
        self,
        decisions: Mapping[str, Any],
        reasons: list[str],
        unknown: int,
        *,
        digest: str,
        approval: str,
        tracer: Callable[[], Trace],
        finder: Callable[[Trace], datetime | None],
    ) -> None:
        self.decisions = decisions
        self.reasons = reasons
        self.unknown = unknown
        self.digest = digest
        self.approval = approval
        self._tracer = tracer
        self._finder = finder

    def trace(self) -> Trace:
        """Return every value read and every row matched."""
        return self._trace

    @cached_property
    def _trace(self) -> Trace:
        return self._tracer()

    @property
    def undetermined(self) -> dict[str, tuple[Cause, ...]]:
        """The undetermined decisions with their causes."""
        return self._trace.undetermined if self.unknown else {}

    @property
    def conflicts(self) -> dict[str, tuple[str, ...]]:
        """The decisions in conflict with the ids of the rows that are true."""
        return self._trace.conflicts if self.unknown else {}

    @property
    def unknown_rows(self) -> dict[str, tuple[str, ...]]:
        """The ids of the rows whose condition (or points) is unknown, by decision."""
        return self._trace.unknown_rows if self.unknown else {}

    @property
    def missing(self) -> list[str]:
        """The facts that are absent and leave a row or decision unknown, sorted."""
        return self._trace.missing if self.unknown else []

    @cached_property
    def due(self) -> datetime | None:
        """The next instant at which time alone can change the result, in UTC; None for never."""
        return self._finder(self._trace)

    def as_json(self) -> dict[str, Any]:
        """Return the result as a JSON object."""
        return {
            "decisions": {name: json_value(value) for name, value in self.decisions.items()},
            "reasons": list(self.reasons),
            "undetermined": {
                name: [{"kind": cause.kind, "subject": cause.subject} for cause in causes]
                for name, causes in self.undetermined.items()
            },
            "conflicts": {name: list(rows) for name, rows in self.conflicts.items()},
            "unknown_rows": {name: list(rows) for name, rows in self.unknown_rows.items()},
            "missing": self.missing,
            "due": json_value(self.due),
            "digest": self.digest,
            "approval": self.approval,
        }
