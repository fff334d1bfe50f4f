"""A ruleset ready to run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, tzinfo
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from fairlead.documents.found import found_text
from fairlead.engine.aggregates import Aggregates
from fairlead.engine.codegen import Generated, generate
from fairlead.engine.due import Due, start_of_day
from fairlead.engine.marks import Marks
from fairlead.engine.nodes import number_decisions
from fairlead.engine.recording import Recording
from fairlead.engine.results import Result
from fairlead.engine.runtime import Rates
from fairlead.engine.trace import Trace
from fairlead.facts.check import Check, compile_check
from fairlead.facts.values import instant
from fairlead.problems import Problem, UsageError, nearest_name
from fairlead.ruleset.typed import Ruleset

__all__ = ["Checked", "Program", "Run"]

#: a checked record: entity or link -> fact -> internal value
Checked = Mapping[str, Mapping[str, Any]]
#: from a checked record to (decisions, reason codes, mask of what is unknown)
Run = Callable[[Checked], tuple[dict[str, Any], list[str], int]]

#: runners kept for other times than the last one asked for
_KEPT_RUNNERS = 64


class Program:
    """A compiled ruleset.

    `zone` is the time zone in which days begin and end. With `select`, only the named decisions and those
    they read are compiled. Raises UsageError for an unknown zone or decision.
    """

    approval = "unapproved"

    def __init__(
        self, ruleset: Ruleset, zone: str | tzinfo = "UTC", select: Iterable[str] | None = None
    ) -> None:
        self.ruleset = ruleset
        self.zone = _zone(zone)
        chosen = None if select is None else [select] if isinstance(select, str) else list(select)
        _check_selection(ruleset, chosen)
        nodes, _ = number_decisions(ruleset, chosen)
        self._nodes = {item.decision.name: item for item in nodes}
        self._generated = generate(ruleset, nodes)
        variables = [variable for item in nodes for variable in item.variables()]
        read = {variable.name for variable in variables if variable.origin == "time"}
        self._aggregates = Aggregates(
            ruleset.model,
            ruleset.aggregate_filters,
            dict.fromkeys(variable.name for variable in variables if variable.origin == "fact"),
        )
        self._reads_day = "as_of_date" in read or self._aggregates.reads_day
        self._reads_instant = "as_of" in read or self._aggregates.reads_instant
        self._runners: dict[tuple[Any, ...], Run] = {}
        #: the time that was asked for last: of many records in a row it is the same
        self._last: tuple[date, Run] | None = None

    @property
    def name(self) -> str:
        """The ruleset's name."""
        return self.ruleset.name

    @property
    def digest(self) -> str:
        """The ruleset's digest."""
        return self.ruleset.digest

    @property
    def decisions(self) -> tuple[str, ...]:
        """The compiled decisions, in document order."""
        return tuple(name for name in self.ruleset.document_order if name in self._nodes)

    @property
    def reads_time(self) -> bool:
        """Tell whether the day or the instant can change a result, apart from parameters and versions."""
        return self._reads_day or self._reads_instant

    def reads(self, decision: str) -> frozenset[str]:
        """Return the facts and aggregates that a decision reads, itself or through other decisions.

        Names begin with the key of the record that they stand under: the entity, or a link of it.
        """
        found: set[str] = set()
        waiting, seen = [decision], {decision}
        while waiting:
            for variable in self._nodes[waiting.pop()].variables():
                if variable.origin == "fact":
                    found.add(variable.name)
                elif variable.origin == "decision" and variable.name not in seen:
                    seen.add(variable.name)
                    waiting.append(variable.name)
        return frozenset(found)

    def next_change(self, as_of: date | datetime) -> datetime | None:
        """Return the next instant at which a parameter or the ruleset's validity changes; None for never."""
        moment, day = self._time(as_of)
        changes = [self._moment(each) for each in self._calendar_changes(day)]
        return min((each for each in changes if each is not None and each > moment), default=None)

    @property
    def marks(self) -> Marks:
        """What the bits mean that a runner gives back."""
        return self._generated.marks

    @cached_property
    def check(self) -> Check:
        """The function from a raw record (JSON values) to a checked one; it raises RecordError."""
        return compile_check(self.ruleset.model, self.zone)

    def runner(self, as_of: date | datetime, rates: Rates | None = None) -> Run:
        """Return the function that decides checked records as of an instant, or the start of a day."""
        if rates is None and self._last is not None and self._last[0] == as_of:
            return self._last[1]
        moment, day = self._time(as_of)
        values = self._parameters_on(day)
        key = (
            day if self._reads_day else None,
            moment if self._reads_instant else None,
            *values.values(),
        )
        run = self._runners.get(key) if rates is None else None
        if run is None:
            made = self._generated.make(moment, day, rates, *values.values())
            run = self._aggregates.computing(made, moment, day)
            if rates is None:
                if len(self._runners) >= _KEPT_RUNNERS:
                    self._runners.clear()
                self._runners[key] = run
        if rates is None:
            self._last = as_of, run
        return run

    def evaluate(
        self, record: Mapping[str, Any], as_of: date | datetime, rates: Rates | None = None
    ) -> Result:
        """Check a raw record and decide it; raises RecordError with everything wrong with it."""
        return self.evaluate_checked(self.check(record), as_of, rates)

    def evaluate_checked(
        self, checked: Checked, as_of: date | datetime, rates: Rates | None = None
    ) -> Result:
        """Decide a checked record."""
        decisions, reasons, unknown = self.runner(as_of, rates)(checked)
        return Result(
            decisions,
            reasons,
            unknown,
            digest=self.digest,
            approval=self.approval,
            tracer=lambda: self.trace(checked, as_of, rates),
            finder=self.due,
        )

    def evaluate_table(self, table: Any, as_of: date | datetime | str, **options: Any) -> Any:
        """Decide every row of a table (Arrow, Polars or pandas) whose columns are named after facts.

        It gives the same as `evaluate` for each row, all at once, as of one moment or, given the name of a
        column, as of each row's own; options and errors are those of `fairlead.columns.evaluate_table`. Needs
        the extra `columns`.
        """
        from fairlead.columns import evaluate_table

        settings = {"select": self.decisions, "zone": self.zone, **options}
        return evaluate_table(self.ruleset, table, as_of=as_of, **settings)

    def query(self, table: Any, as_of: date | datetime | str, **options: Any) -> Any:
        """Return the decisions about every row of an Ibis table as an expression; nothing is run.

        It gives the same as `evaluate` for each row, as of one moment or, given the name of a column, as of
        each row's own; options and errors are those of `fairlead.columns.query`. Needs the extra `columns`.
        """
        from fairlead.columns import query

        settings = {"select": self.decisions, "zone": self.zone, **options}
        return query(self.ruleset, table, as_of, **settings)

    def aggregating(self, as_of: date | datetime) -> Callable[[Checked], Checked]:
        """Return the function from a checked record to the same with the aggregates of its related records.

        An aggregate that cannot be computed is absent; the given record is never changed.
        """
        return self._aggregates.bound(*self._time(as_of))

    def trace(self, checked: Checked, as_of: date | datetime, rates: Rates | None = None) -> Trace:
        """Decide a checked record and keep every value read and every row's state."""
        moment, day = self._time(as_of)
        values = self._parameters_on(day)
        record = self._aggregates.bound(moment, day)(checked)
        run = self._tracing.make(moment, day, rates, *values.values())
        decisions, reasons, unknown, recorded = run(record)
        recording = Recording(
            nodes=self._nodes,
            marks=self._tracing.marks,
            record=record,
            parameters=values,
            as_of=moment,
            as_of_date=day,
            rates=rates,
            values=recorded,
            mask=unknown,
        )
        return Trace(recording, decisions, reasons, self.digest)

    def due(self, trace: Trace) -> datetime | None:
        """Return the next instant, in UTC, at which time alone can change what was traced; None for never.

        It is exact for comparisons of elapsed days, hours, minutes and seconds and of shifted dates;
        elsewhere it may be early, never late.
        """
        recording = trace.recording
        found: list[date | datetime] = list(self._calendar_changes(recording.as_of_date))
        found += self._aggregates.due(recording.record, recording.as_of, recording.as_of_date)
        moments = [self._moment(moment) for moment in found]
        moments.append(Due(recording, self.zone).moment())
        return min(
            (moment for moment in moments if moment is not None and moment > recording.as_of), default=None
        )

    @cached_property
    def _tracing(self) -> Generated:
        return generate(self.ruleset, tuple(self._nodes.values()), tracing=True)

    def _parameters_on(self, day: date) -> dict[str, Any]:
        """Return the values that the generated function takes, by full name, in its order."""
        parameters = self.ruleset.parameters
        return {name: parameters[name.partition(".")[2]].on(day) for name in self._generated.parameters}

    def _calendar_changes(self, day: date) -> Iterable[date]:
        """Yield the days on which a parameter changes or the ruleset begins or ends to be in force."""
        for name in self._generated.parameters:
            for first, _ in self.ruleset.parameters[name.partition(".")[2]].values:
                if first is not None and first > day:
                    yield first
        for limit in (self.ruleset.effective_from, self.ruleset.effective_to):
            if limit is not None and limit > day:
                yield limit

    def _moment(self, value: date | datetime) -> datetime | None:
        if isinstance(value, datetime):
            return value
        try:
            return start_of_day(value, self.zone)
        except OverflowError:
            return None

    def _time(self, as_of: object) -> tuple[datetime, date]:
        """Return the instant in UTC and its day in the zone."""
        if not isinstance(as_of, date):
            message = "`as_of` is a date or a date-time"
            remedy = "pass datetime.date(2026, 11, 21)"
            raise UsageError([Problem("wrong-usage", message, found=found_text(as_of), remedy=remedy)])
        try:
            if isinstance(as_of, datetime):
                moment = instant(as_of, self.zone)
                return moment, moment.astimezone(self.zone).date()
            return start_of_day(as_of, self.zone), as_of
        except OverflowError:
            message = f"`{as_of}` is too near the end of the calendar to be decided as of"
            raise UsageError([Problem("out-of-range", message, found=str(as_of))]) from None


def _zone(zone: str | tzinfo) -> tzinfo:
    if isinstance(zone, tzinfo):
        return zone
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problem = Problem(
            "unknown-zone",
            f"`{zone}` is not a time zone",
            found=zone,
            nearest=nearest_name(zone[:100], available_timezones()),
            remedy="use a name of the IANA time zone database, such as `Europe/Istanbul`",
        )
        raise UsageError([problem]) from None


def _check_selection(ruleset: Ruleset, select: list[str] | None) -> None:
    known = ruleset.document_order
    problems = [
        Problem(
            "unknown-decision",
            f"`{name}` is not a decision of `{ruleset.name}`",
            found=name,
            allowed=tuple(known),
            nearest=nearest_name(name, known),
        )
        for name in select or ()
        if name not in known
    ]
    if problems:
        raise UsageError(problems)
