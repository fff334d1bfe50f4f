"""A trace in plain English, for the person who asks why."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from fairlead.documents.texts import pick
from fairlead.engine.results import Cause, RewardResult
from fairlead.engine.trace import DecisionTrace, RowTrace, Trace
from fairlead.facts.types import BOOLEAN
from fairlead.facts.values import Money
from fairlead.logic.terms import Term
from fairlead.logic.to_english import to_english
from fairlead.ruleset.typed import Check, Formula, Reward, Ruleset, Scorecard, ScoreRow, Table, TableRow

__all__ = ["explain", "value_in_words"]

_CAUSES = {
    "division_by_zero": "something is divided by zero",
    "overflow": "a result is too large",
    "currency_mismatch": "amounts in different currencies are compared",
    "no_branch": "no case applies",
    "empty_text": "nothing is left of a text",
}


def explain(
    ruleset: Ruleset, trace: Trace, language: str = "en", only: Collection[str] | None = None
) -> list[str]:
    """Return the lines that explain a trace: per decision its value, then what counted and what did not.

    The reasons are in `language` where the ruleset has them, the conditions in English. `only` names the
    decisions to explain; without it, all of them.
    """
    return list(_Explanation(ruleset, trace, language).lines(only))


def value_in_words(value: Any) -> str:
    """Return a public value as words."""
    match value:
        case None:
            return "not known"
        case bool():
            return "yes" if value else "no"
        case Money(amount=amount, currency=currency):
            return f"{amount:f} {currency}"
        case Decimal():
            return f"{value:f}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M} UTC"
        case date():
            return value.isoformat()
        case list() | tuple():
            return ", ".join(value_in_words(item) for item in value) or "nothing"
    return str(value)


class _Explanation:
    def __init__(self, ruleset: Ruleset, trace: Trace, language: str) -> None:
        self._ruleset = ruleset
        self._trace = trace
        self._language = language

    def lines(self, only: Collection[str] | None) -> Iterator[str]:
        """Yield the lines of all decisions, or of those named."""
        for name, decision in self._trace.decisions.items():
            if only is None or name in only:
                yield from self._decision(decision)

    def title(self, name: str, entity: str) -> str:
        """Return the words for a name in a decision about `entity`."""
        if name.startswith("parameters."):
            return pick(self._ruleset.parameters[name.partition(".")[2]].title, self._language)
        if name in self._trace.decisions:
            return pick(self._ruleset.decision(name).title, self._language)
        times = {"as_of": "the time of the evaluation", "as_of_date": "the day of the evaluation"}
        if name in times:
            return times[name]
        fact = self._ruleset.model.find(entity, name) if entity in self._ruleset.model.entities else None
        return pick(fact.title, self._language) if fact is not None else name

    def _decision(self, trace: DecisionTrace) -> Iterator[str]:
        decision = self._ruleset.decision(trace.name)
        title = pick(decision.title, self._language)
        yield f"{title} ({trace.name}): {self._outcome(trace)}"
        match decision:
            case Scorecard():
                yield from self._scorecard(decision, trace)
            case Table():
                yield from self._table(decision, trace)
            case Check():
                yield from self._check(decision, trace)
            case Formula():
                yield f"  it is {self._condition(decision.value, trace)}"
            case Reward():
                yield from self._reward(trace)
        if trace.facts:
            known = ", ".join(f"{name} = {value_in_words(value)}" for name, value in trace.facts.items())
            yield f"  facts read: {known}"

    def _outcome(self, trace: DecisionTrace) -> str:
        if trace.status == "conflict":
            rows = ", ".join(f"`{row.id}`" for row in trace.rows if row.state == "true")
            return f"in conflict: the rows {rows} are true together"
        if trace.status == "undetermined":
            return f"undetermined, because {self._why(trace.causes, trace.name)}"
        if isinstance(trace.value, RewardResult):
            return self._reward_value(trace.value)
        if trace.kind == "check":
            return "passed" if trace.value else "failed"
        return value_in_words(trace.value)

    def _reward_value(self, value: RewardResult) -> str:
        if not value.accrues:
            return "nothing is earned"
        return f"{value_in_words(value.amount)} to {value.payee}"

    def _why(self, causes: tuple[Cause, ...], decision: str) -> str:
        entity = decision.partition(".")[0]
        return "; ".join(self._cause(cause, entity) for cause in causes) or "something in it is unknown"

    def _cause(self, cause: Cause, entity: str) -> str:
        match cause.kind:
            case "absent":
                return self._absent(cause.subject, entity)
            case "no_rate":
                source, _, target = cause.subject.partition(">")
                return f"there is no rate from {source} to {target}"
            case "no_matching_row":
                return f"no row of `{cause.subject}` matches"
            case "conflict":
                return f"`{cause.subject}` is in conflict"
        return _CAUSES.get(cause.kind, cause.kind)

    def _absent(self, name: str, entity: str) -> str:
        title = self.title(name, entity)
        if title == name:
            return f"`{name}` is not known"
        # the title of a boolean is a clause
        boolean = self._ruleset.model.visible(entity).get(name) == BOOLEAN
        return f"{'whether ' if boolean else ''}{title} (`{name}`) is not known"

    def _condition(self, term: Term, trace: DecisionTrace) -> str:
        """Return a condition as words, with the values of the decisions and settings it reads."""
        entity = trace.name.partition(".")[0]

        def words(name: str) -> str:
            title, value = self.title(name, entity), trace.inputs.get(name)
            return title if value is None or isinstance(value, bool) else f"{title} ({value_in_words(value)})"

        return to_english(term, words)

    def _words_of(self, row: ScoreRow | TableRow, trace: DecisionTrace) -> str:
        if row.reason is not None:
            return f"{pick(row.reason.text, self._language)} [{row.reason.code}]"
        return f"{self._condition(row.when, trace)} [row `{row.id}`]"

    def _scorecard(self, decision: Scorecard, trace: DecisionTrace) -> Iterator[str]:
        rows: Mapping[str, ScoreRow] = {row.id: row for row in decision.rows}
        for row in _by_points(trace.rows):
            yield f"  {_signed(row.output)}  {self._words_of(rows[row.id], trace)}"
        for group in trace.groups:
            if group.before != group.after:
                yield (
                    f"  the points of group `{group.id}` come to {value_in_words(group.before)}, "
                    f"bounded to {value_in_words(group.after)}"
                )
        if trace.status == "determined" and trace.before_caps != trace.value:
            yield f"  the points come to {value_in_words(trace.before_caps)}, bounded to {trace.value}"
        yield from self._others(decision, trace, rows)

    def _table(self, decision: Table, trace: DecisionTrace) -> Iterator[str]:
        rows: Mapping[str, TableRow] = {row.id: row for row in decision.rows}
        true = [row for row in trace.rows if row.state == "true"]
        for row in true:
            output = f" gives {value_in_words(row.output)}" if rows[row.id].then is not None else " counts"
            given = rows[row.id].reason
            told = f" ({pick(given.text, self._language)} [{given.code}])" if given is not None else ""
            yield f"  row `{row.id}`{output}: {self._condition(rows[row.id].when, trace)}{told}"
        if not true and trace.status == "determined" and "otherwise" in self._trace_parts(trace.name):
            yield "  no row is true, so what is stated for `otherwise` holds"
        yield from self._others(decision, trace, rows)

    def _trace_parts(self, name: str) -> Mapping[str, Any]:
        return self._trace.recording.nodes[name].parts

    def _others(
        self, decision: Scorecard | Table, trace: DecisionTrace, rows: Mapping[str, ScoreRow | TableRow]
    ) -> Iterator[str]:
        for row in trace.rows:
            if row.state == "unknown":
                why = self._why(row.causes, decision.name)
                yield f"  ?  {self._words_of(rows[row.id], trace)}: unknown, because {why}"
        false = [row.id for row in trace.rows if row.state == "false"]
        if false:
            yield f"  not so: {', '.join(f'`{row}`' for row in false)}"

    def _check(self, decision: Check, trace: DecisionTrace) -> Iterator[str]:
        yield f"  required ({decision.severity}): {self._condition(decision.requirement, trace)}"
        if trace.value is False:
            yield f"  {pick(decision.reason.text, self._language)} [{decision.reason.code}]"

    def _reward(self, trace: DecisionTrace) -> Iterator[str]:
        if isinstance(trace.value, RewardResult):
            for part, state in (("payable", trace.value.payable), ("reversed", trace.value.reversed)):
                yield f"  {part}: {value_in_words(state)}"
            for row in trace.rows:
                if row.causes:
                    yield f"  ?  `{row.id}` is unknown, because {self._why(row.causes, trace.name)}"


def _by_points(rows: tuple[RowTrace, ...]) -> list[RowTrace]:
    return sorted((row for row in rows if row.state == "true"), key=lambda row: -row.output)


def _signed(points: Any) -> str:
    return f"{points:+f}" if isinstance(points, Decimal) else f"{points:+d}"
