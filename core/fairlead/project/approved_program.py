"""A program that runs under an approval, on the days that the approval covers and on no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, tzinfo

from fairlead.engine import Program
from fairlead.project.approvals import Approval
from fairlead.ruleset.typed import Ruleset

__all__ = ["ApprovedProgram"]


class ApprovedProgram(Program):
    """A compiled ruleset with its approval.

    `check` raises UsageError for a day on which the approval does not let the ruleset run; it is asked once
    for each day that is decided.
    """

    def __init__(
        self,
        ruleset: Ruleset,
        zone: tzinfo,
        select: Iterable[str] | None,
        approval: Approval,
        check: Callable[[date], None],
    ) -> None:
        super().__init__(ruleset, zone=zone, select=select)
        self.approval = approval.text
        #: the digests of the mappings that were approved with the ruleset
        self.mappings = frozenset(each.digest for each in approval.document.mappings)
        self._check_day = check
        self._days: set[date] = set()

    def _time(self, as_of: object) -> tuple[datetime, date]:
        moment, day = super()._time(as_of)
        if day not in self._days:
            self._check_day(day)
            self._days.add(day)
        return moment, day
