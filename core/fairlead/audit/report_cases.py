"""Counterexamples for people: the facts and the results of one or two cases side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from fairlead.audit.findings import Case, Counterexample
from fairlead.documents.texts import pick
from fairlead.facts.model import FactModel
from fairlead.ruleset.typed import Ruleset
from fairlead.show.content import Block, Grid, Phrase, Span, Value

__all__ = ["case_blocks", "said_value"]

_ABSENT = "not known"
_NO_RESULT = "no result"

#: the parts of a reward, in the order in which they are shown
_REWARD_PARTS: Mapping[str, str] = {
    "amount": "amount",
    "accrues": "is earned",
    "payable": "is payable",
    "reversed": "is taken back",
    "payee": "is paid to",
}


@dataclass(frozen=True, slots=True)
class _Line:
    """A fact or a result: its title, its name where it is shown, and what each case says of it."""

    title: str
    name: str | None
    said: tuple[Phrase, ...]
    is_result: bool

    @property
    def differs(self) -> bool:
        return len({phrase.text for phrase in self.said}) > 1


def case_blocks(counterexample: Counterexample, ruleset: Ruleset | None) -> Iterator[Block]:
    """Yield the tables of a counterexample: of two cases first what differs, then what is the same.

    Titles are those of `ruleset` and its fact model; without it names stand alone.
    """
    lines = list(_lines(counterexample.cases, ruleset))
    if len(counterexample.cases) < 2:
        yield _alone(lines)
        return
    told_apart = [line for line in lines if line.differs or line.is_result]
    yield _side_by_side(told_apart)
    same = [line for line in lines if line not in told_apart]
    if same:
        yield _both(same)


def _side_by_side(lines: list[_Line]) -> Grid:
    heads = ("Fact or result", "Case 1", "Case 2", "Compared")
    rows = tuple((_title(line), *map(Value, line.said), _compared(line)) for line in lines)
    return Grid(_words("What differs, and what comes out"), tuple(map(_words, heads)), rows)


def _both(lines: list[_Line]) -> Grid:
    rows = tuple((_title(line), Value(line.said[0])) for line in lines)
    return Grid(_words("The same in both cases"), (_words("Fact"), _words("Both cases")), rows)


def _alone(lines: list[_Line]) -> Grid:
    rows = tuple((_title(line), Value(line.said[0])) for line in lines)
    return Grid(_words("The case"), (_words("Fact or result"), _words("Value")), rows)


def _compared(line: _Line) -> Value:
    words, mark = ("◆ differs", "differs") if line.differs else ("the same", "same")
    return Value(Phrase((Span(words, "en", mark=mark),)))


def _title(line: _Line) -> Value:
    kind = Phrase((Span("result: ", "en", mark="result"),)) if line.is_result else Phrase()
    return Value(kind + _words(line.title), code=line.name if line.name != line.title else None)


def _lines(cases: tuple[Case, ...], ruleset: Ruleset | None) -> Iterator[_Line]:
    """Yield the facts of all cases, then the results, each once and in the order of the first that has it."""
    model = ruleset.model if ruleset is not None else None
    facts = [dict(_facts_of(case.record)) for case in cases]
    for name in dict.fromkeys(name for case in facts for name in case):
        said = tuple(said_value(case.get(name)) for case in facts)
        yield _Line(_fact_title(name, model), name, said, is_result=False)
    moments = tuple(Phrase.plain(case.as_of) for case in cases)
    yield _Line("the time of evaluation", "as_of", moments, is_result=False)
    results = [dict(_results_of(case.results)) for case in cases]
    seen: set[str] = set()
    for name, part in dict.fromkeys(key for case in results for key in case):
        title = _decision_title(name, ruleset) + (f": {_REWARD_PARTS[part]}" if part else "")
        said = tuple(_result(case.get((name, part))) for case in results)
        # the parts of a reward follow each other: one name is enough
        yield _Line(title, name if name not in seen else None, said, is_result=True)
        seen.add(name)


def _facts_of(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for entity, facts in record.items():
        if isinstance(facts, Mapping):
            yield from ((f"{entity}.{short}", value) for short, value in facts.items())
        else:
            yield entity, facts


def _results_of(results: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], Any]]:
    for name, value in results.items():
        if isinstance(value, Mapping) and "accrues" in value:
            yield from (((name, part), value[part]) for part in _REWARD_PARTS if part in value)
        else:
            yield (name, ""), value


def _fact_title(name: str, model: FactModel | None) -> str:
    key, _, short = name.partition(".")
    if model is None:
        return name
    entity = model.entities.get(model.record_keys().get(key, ""))
    fact = entity.get(short) if entity is not None else None
    if fact is not None:
        return pick(fact.title)
    related = entity.related.get(short) if entity is not None else None
    return pick(related.description) if related is not None else name


def _decision_title(name: str, ruleset: Ruleset | None) -> str:
    if ruleset is None or name not in ruleset.document_order:
        return name
    return pick(ruleset.decision(name).title)


def _result(value: Any) -> Phrase:
    return _words(_NO_RESULT) if value is None else said_value(value)


def said_value(value: Any) -> Phrase:
    """Return a JSON value in words: money with its thousands set apart, null as not known."""
    match value:
        case None:
            return _words(_ABSENT)
        case bool():
            return _words("yes" if value else "no")
        case {"amount": amount, "currency": currency, **rest} if not rest:
            return Phrase.plain(f"{_grouped(amount)} {currency}")
        case {"conflict": True}:
            return _words("conflict: several rows that exclude each other are true")
        case {"undetermined": True}:
            return _words("undetermined")
        case []:
            return _words("none")
        case list():
            between = Phrase((Span("; " if isinstance(value[0], Mapping) else ", ", "en"),))
            return _joined([said_value(item) for item in value], between)
        case Mapping():
            # a related record
            members = [Phrase.plain(f"{name} ") + said_value(member) for name, member in value.items()]
            return _joined(members, Phrase((Span(", ", "en"),)))
    return Phrase.plain(str(value))


def _joined(phrases: list[Phrase], between: Phrase) -> Phrase:
    whole = Phrase()
    for phrase in phrases:
        whole += between + phrase if whole else phrase
    return whole


def _grouped(amount: Any) -> str:
    try:
        return f"{Decimal(str(amount)):,f}"
    except (InvalidOperation, ValueError):
        return str(amount)


def _words(text: str) -> Phrase:
    return Phrase((Span(text, "en"),))
