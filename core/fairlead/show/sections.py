"""From one typed decision to the section that shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from fairlead.facts.types import BooleanType, IntegerType
from fairlead.logic.terms import Apply, Literal, Term
from fairlead.ruleset.typed import (
    Check,
    Decision,
    Formula,
    Reason,
    Reward,
    Ruleset,
    Scorecard,
    ScoreRow,
    Table,
    TableRow,
)
from fairlead.show.content import Block, Field, Fields, Grid, Paragraph, Phrase, Section, Span, Value
from fairlead.show.notation import bare
from fairlead.show.paying import benefit_words
from fairlead.show.wording import Wording

__all__ = ["KINDS", "DecisionSections", "terms_of"]

#: the key of the kind of each decision, as documents write it
KINDS: Mapping[type[Decision], str] = {
    Scorecard: "scorecard",
    Table: "table",
    Formula: "formula",
    Check: "check",
    Reward: "reward",
}

_BLANK = Value(Phrase.plain("–"), is_blank=True)


def terms_of(decision: Decision) -> list[Term]:
    """Return all expressions of a decision, in document order."""
    found: list[Term | None] = []
    match decision:
        case Scorecard(rows=score_rows):
            found += [term for row in score_rows for term in (row.when, row.points)]
        case Table(rows=table_rows):
            found += [term for row in table_rows for term in (row.when, row.then)]
            found.append(decision.otherwise)
        case Formula(value=value):
            found.append(value)
        case Check(requirement=requirement):
            found.append(requirement)
        case Reward():
            found += [decision.amount, decision.accrues_when, decision.payable_when, decision.reversed_when]
            found += [cap.maximum for cap in decision.caps]
    return [term for term in found if term is not None]


class DecisionSections:
    """The sections of the decisions of a ruleset, in the words of one language.

    What the typed decision no longer tells apart (cells, decay, bounds as written) is read from the resolved
    document.
    """

    def __init__(self, ruleset: Ruleset, wording: Wording) -> None:
        self._ruleset = ruleset
        self._words = wording
        self._parts: Mapping[str, Mapping[str, Any]] = {
            part["name"]: part for part in ruleset.document["decisions"]
        }

    def section(self, decision: Decision) -> Section:
        """Return the section of a decision."""
        kind = KINDS[type(decision)]
        blocks: list[Block] = []
        # a decision without a description has an empty one
        if decision.description["en"]:
            blocks.append(Paragraph(self._words.text(decision.description)))
        match decision:
            case Scorecard():
                blocks += self._scorecard(decision)
            case Table():
                blocks += self._table(decision)
            case Formula():
                blocks += self._formula(decision)
            case Check():
                blocks += self._check(decision)
            case Reward():
                blocks += self._reward(decision)
        return Section(
            anchor=self._words.prefix + decision.name,
            title=self._words.title(decision.title),
            blocks=tuple(blocks),
            name=decision.name,
            kind=kind,
            kind_words=self._words.word(kind),
        )

    def _reads(self, decision: Decision) -> Field:
        return self._words.field("reads", self._words.reads(terms_of(decision), decision.entity))

    def _reason(self, reason: Reason | None) -> Value:
        if reason is None:
            return _BLANK
        return Value(self._words.text(reason.text), code=reason.code)

    # scorecards

    def _scorecard(self, card: Scorecard) -> Iterable[Block]:
        words, part = self._words, self._parts[card.name]
        sentences = [words.word("sum", initial=str(part.get("initial", 0)))]
        sentences += [
            words.word(f"sum_{bound}", **{bound: str(part[bound])})
            for bound in ("minimum", "maximum")
            if part.get(bound) is not None
        ]
        sentences.append(words.word("score_unknown_strict" if card.strict else "score_unknown"))
        yield Paragraph(words.sentences(*sentences), is_note=True)
        yield self._score_rows(card, part["rows"])
        if card.groups:
            yield self._groups(card, part["groups"])
        fields = [self._reads(card)]
        if isinstance(card.type, IntegerType):
            span = words.word("range", low=str(card.type.low), high=str(card.type.high))
            fields.insert(0, words.field("possible", span))
        yield Fields(tuple(fields))

    def _score_rows(self, card: Scorecard, parts: Sequence[Mapping[str, Any]]) -> Grid:
        words = self._words
        grouped = any(row.group is not None for row in card.rows)
        fading = any(part.get("decay") is not None for part in parts)
        heads = ["row", "condition", "points"]
        heads += (["fades"] if fading else []) + (["group"] if grouped else []) + ["reason"]
        rows = []
        for row, part in zip(card.rows, parts, strict=True):
            cells = [
                Value(Phrase.name(row.id)),
                words.condition(row.when, card.entity),
                self._points(row, part, card.entity),
            ]
            if fading:
                cells.append(self._decay(part.get("decay"), card.entity))
            if grouped:
                cells.append(Value(Phrase.name(row.group)) if row.group is not None else _BLANK)
            rows.append((*cells, self._reason(row.reason)))
        caption = words.word("rows_of", title=words.text(card.title))
        return Grid(caption, tuple(map(words.word, heads)), tuple(rows))

    def _points(self, row: ScoreRow, part: Mapping[str, Any], entity: str) -> Value:
        written = part["points"]
        if isinstance(written, int | str):
            number = Decimal(written)
            return Value(Phrase.plain(f"{number:+f}" if number else str(written)), number=number)
        term = bare(row.points)
        if part.get("decay") is not None:
            assert isinstance(term, Apply)
            # what fades is the first factor
            term = term.arguments[0]
        return self._words.result(term, entity)

    def _decay(self, decay: Mapping[str, Any] | None, entity: str) -> Value:
        if decay is None:
            return _BLANK
        words = self._words
        steps = [
            words.word("fades_step", days=str(step["after_days"]), share=str(step["factor"]))
            for step in decay["steps"]
        ]
        since = words.name(decay["since"], entity)
        return Value(words.word("fades_since", since=since), tuple(steps))

    def _groups(self, card: Scorecard, parts: Sequence[Mapping[str, Any]]) -> Grid:
        words = self._words
        rows = [
            (
                Value(Phrase.name(part["id"])),
                *(_number(part.get(bound)) for bound in ("minimum", "maximum")),
            )
            for part in parts
        ]
        heads = tuple(map(words.word, ("group", "at_least", "at_most")))
        return Grid(words.word("groups_of", title=words.text(card.title)), heads, tuple(rows))

    # tables

    def _table(self, table: Table) -> Iterable[Block]:
        words, part = self._words, self._parts[table.name]
        columns = list(dict.fromkeys(name for row in part["rows"] for name in row.get("cells") or ()))
        asks_more = any(row.get("when") is not None for row in part["rows"])
        yield Paragraph(self._policy(table), is_note=True)
        yield self._table_rows(table, part["rows"], columns, asks_more=asks_more)
        possible = words.type_words(table.type)
        yield Fields((words.field("possible", possible), self._reads(table)))

    def _policy(self, table: Table) -> Phrase:
        """Return what holds where several rows are true, where none is, and where one is unknown."""
        words = self._words
        if table.aggregate is not None:
            nothing = {} if table.aggregate in ("min", "max") else {"nothing": "0"}
            sentences = [words.word(f"collect_{table.aggregate}", **nothing)]
        else:
            sentences = [words.word(table.hit_policy)]
        if table.otherwise is not None:
            result = words.result(table.otherwise, table.entity).text
            sentences.append(words.word("otherwise_is", result=result))
        elif table.aggregate not in ("sum", "count"):
            sentences.append(words.word("otherwise_undetermined"))
        if not table.strict:
            sentences.append(words.word("table_unknown"))
        elif table.hit_policy == "first":
            sentences.append(words.word("table_unknown_first_strict"))
        else:
            sentences.append(words.word("table_unknown_strict"))
        return words.sentences(*sentences)

    def _table_rows(
        self, table: Table, parts: Sequence[Mapping[str, Any]], columns: Sequence[str], *, asks_more: bool
    ) -> Grid:
        words, entity = self._words, table.entity
        counts = table.aggregate == "count"
        heads = [words.word("row"), *(words.name(name, entity) for name in columns)]
        if asks_more:
            heads.append(words.word("and_condition" if columns else "condition"))
        heads += [] if counts else [words.word("result")]
        gives_reasons = table.otherwise_reason is not None or any(row.reason for row in table.rows)
        heads += [words.word("reason")] if gives_reasons else []
        rows = []
        for row, part in zip(table.rows, parts, strict=True):
            asked = part.get("cells") or {}
            cells = [Value(Phrase.name(row.id))]
            cells += [
                words.cell(asked[name], words.type_of(name, entity)) if name in asked else _BLANK
                for name in columns
            ]
            if asks_more:
                more = _beside_cells(row, part)
                cells.append(words.condition(more, entity) if more is not None else _BLANK)
            if row.then is not None:
                cells.append(words.result(row.then, entity))
            rows.append((*cells, *([self._reason(row.reason)] if gives_reasons else [])))
        if table.otherwise is not None:
            rows.append(
                (
                    Value(words.word("otherwise")),
                    *[_BLANK] * (len(columns) + asks_more),
                    words.result(table.otherwise, entity),
                    *([self._reason(table.otherwise_reason)] if gives_reasons else []),
                )
            )
        caption = words.word("rows_of", title=words.text(table.title))
        # that `otherwise` asks for nothing needs no explanation
        inputs = slice(1, 1 + len(columns) + asks_more)
        has_blanks = any(cell.is_blank for row in rows[: len(parts)] for cell in row[inputs])
        legend = words.word("any_value_note") if has_blanks else Phrase()
        return Grid(caption, tuple(heads), tuple(rows), legend)

    # formulas, checks, rewards

    def _formula(self, formula: Formula) -> Iterable[Block]:
        words = self._words
        value = bare(formula.value)
        if isinstance(value.type, BooleanType) and not isinstance(value, Literal):
            said = words.condition(value, formula.entity)
        else:
            said = words.result(value, formula.entity)
        possible = words.field("possible", words.type_words(formula.type))
        yield Fields((words.field("value", said), possible, self._reads(formula)))

    def _check(self, check: Check) -> Iterable[Block]:
        words = self._words
        fields = [
            words.field("requirement", words.condition(check.requirement, check.entity)),
            words.field("severity", words.word(check.severity)),
            words.field("failed", self._reason(check.reason)),
        ]
        if check.citation is not None:
            fields.append(words.field("citation", Phrase((Span(check.citation, "en"),))))
        yield Fields((*fields, self._reads(check)))

    def _reward(self, reward: Reward) -> Iterable[Block]:
        words, entity = self._words, reward.entity
        payee = self._ruleset.model.entities[entity].links[reward.payee]
        title = words.text(self._ruleset.model.entities[payee.entity].title)
        fields = [
            words.field("payee", Value(title, code=reward.payee)),
            words.field("amount", words.result(reward.amount, entity)),
            words.field("benefit", benefit_words(reward.benefit, words)),
            words.field("accrues", words.condition(reward.accrues_when, entity)),
            words.field("payable", words.condition(reward.payable_when, entity)),
            words.field("reversed", words.condition(reward.reversed_when, entity)),
        ]
        work = tuple(words.name(name, entity) for name in reward.work)
        stated = Value(items=work) if work else Value(words.word("nothing_stated"))
        fields.append(words.field("work", stated))
        if reward.reason is not None:
            fields.append(words.field("reason", self._reason(reward.reason)))
        yield Fields(tuple(fields))
        yield self._caps(reward) if reward.caps else Paragraph(words.word("no_caps"))
        yield Fields((self._reads(reward),))

    def _caps(self, reward: Reward) -> Grid:
        words = self._words
        rows = [
            (
                Value(Phrase.name(cap.id)),
                Value(words.word(f"per_{cap.per}")),
                Value(words.word(f"window_{cap.window['unit'] if cap.window else 'all'}")),
                words.result(cap.maximum, reward.entity),
            )
            for cap in reward.caps
        ]
        heads = tuple(map(words.word, ("cap", "per", "window", "at_most")))
        return Grid(words.word("caps_of", title=words.text(reward.title)), heads, tuple(rows))


def _number(written: int | str | None) -> Value:
    if written is None:
        return _BLANK
    return Value(Phrase.plain(str(written)), number=Decimal(written))


def _beside_cells(row: TableRow, part: Mapping[str, Any]) -> Term | None:
    """Return the condition of a row that stands beside its cells, None where there is none."""
    if part.get("when") is None:
        return None
    if not part.get("cells"):
        return row.when
    # cells and `when` are joined by `and`, `when` last
    assert isinstance(row.when, Apply)
    return row.when.arguments[-1]
