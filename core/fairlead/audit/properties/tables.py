"""Properties of decision tables: every input in a row, no input in two, no row for nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fairlead.audit.bench import Bench, Claim, Settled, combined
from fairlead.audit.boxes import Box, Boxes, Span, boxes_of, range_of
from fairlead.audit.cases import Outcome, SymbolicCase, decided
from fairlead.audit.encoding import Value
from fairlead.audit.encoding.conditions import all_of, any_of, negate
from fairlead.audit.encoding.values import FIRST_INSTANT, equal, is_true
from fairlead.audit.findings import Case, Counterexample, Method, Verdict
from fairlead.audit.realised import Unrealisable
from fairlead.audit.solver import Question, Wish
from fairlead.audit.words import case_words, joined, sentence_case
from fairlead.facts.types import BooleanType, DateTimeType, DateType, OneOfType, Type
from fairlead.facts.values import json_from_internal
from fairlead.logic.terms import Variable, walk
from fairlead.ruleset.policy_pack import PackProperty
from fairlead.ruleset.typed import Decision, Scorecard, ScoreRow, Table, TableRow

__all__ = ["disjoint", "no_dead_row", "no_shadowed_row", "total"]

#: what a fact of a case in no row should be, if it can
_PLAIN_NUMBERS = (0, 1, 2, 5, 10)

Found = Iterator[tuple[str, Settled]]


def _swept(bench: Bench, subject: Table) -> Boxes | None:
    """Return the rows as boxes over facts, None where they are none."""
    names = {
        each.name: each
        for row in subject.rows
        for each in walk(row.when)
        if isinstance(each, Variable) and each.origin == "fact"
    }
    ranges: dict[str, Span] = {}
    for name in names:
        fact = bench.ruleset.model.find(subject.entity, name)
        span = range_of(fact) if fact is not None else None
        if span is not None:
            ranges[name] = span
    boxes: list[Box] | None = boxes_of([row.when for row in subject.rows], ranges)
    return None if boxes is None else Boxes(boxes, ranges)


def _tables(bench: Bench, asked: PackProperty) -> Iterator[Table]:
    for subject in bench.targets(asked.options["of"]):
        if isinstance(subject, Table):
            yield subject


def _shown_facts(bench: Bench, subject: Decision, outcome: Outcome) -> str:
    facts = [
        (name, outcome.value(name))
        for name in sorted(bench.taints.reading(subject.name).facts)
        if outcome.value(name) is not None
    ]
    return case_words(bench.ruleset.model, facts) or "any facts"


def total(bench: Bench, asked: PackProperty) -> Found:
    """Where all that the rows read is known, some row matches, or the table says what holds otherwise."""
    for subject in _tables(bench, asked):
        statement = f"Whether every case is in a row of “{subject.title['en']}”."
        if subject.otherwise is not None or subject.aggregate in ("sum", "count"):
            why = "the table says what holds where no row matches"
            yield subject.name, Settled(Verdict.PROVED, Method.DATA_FLOW, statement, (why,))
            continue
        boxes = _swept(bench, subject)
        if boxes is not None:
            yield subject.name, _gap(bench, subject, statement, boxes)
            continue

        def build(case: SymbolicCase, subject: Table = subject) -> Claim:
            rows = [case.decider.row(subject.name, row.id) for row in subject.rows]
            read = bench.taints.of_terms([row.when for row in subject.rows])
            known = all_of(
                [case.facts.read(name).known for name in sorted(read.facts)]
                + [case.decider.decision(name).known for name in sorted(read.decisions)]
            )
            return Claim(
                all_of((known, *(negate(is_true(row)) for row in rows))),
                lambda outcomes: subject.name in outcomes[0].undetermined,
                lambda outcomes, _: (
                    f"{sentence_case(_shown_facts(bench, subject, outcomes[0]))}: in no row "
                    f"of “{subject.title['en']}”."
                ),
                antecedents=[("not everything that the rows read can be known", known)],
            )

        reading = bench.taints.of_terms([row.when for row in subject.rows])
        yield subject.name, bench.ask_single(statement, subject.entity, reading, build)


def disjoint(bench: Bench, asked: PackProperty) -> Found:
    """No input matches two rows of a unique table, or two rows with other outputs of an `any` table."""
    for subject in _tables(bench, asked):
        statement = f"Whether no case is in two rows of “{subject.title['en']}”."
        if subject.hit_policy in ("first", "collect"):
            why = f"under the hit policy {subject.hit_policy} rows may overlap"
            yield subject.name, Settled(Verdict.NOT_APPLICABLE, Method.LOOK_UP, statement, (why,))
            continue
        boxes = _swept(bench, subject) if subject.hit_policy == "unique" else None
        if boxes is not None:
            yield subject.name, _sweep(bench, subject, statement, boxes)
            continue
        yield subject.name, _overlap_by_solver(bench, subject, statement)


def _gap(bench: Bench, subject: Table, statement: str, boxes: Boxes) -> Settled:
    """Settle by the solver, over the boxes themselves, that some row matches every input."""
    question = Question(f"{bench.pack.name} {bench.obligation.id} {subject.name}", boxes.gap_script())
    plain = [
        [Wish(column, ((column, number),)) for column in sorted(boxes.ranges)] for number in _PLAIN_NUMBERS
    ]
    answer = bench.ask(question, (), lambda: plain)
    formula = question.digest()
    if answer.no:
        return Settled(Verdict.PROVED, Method.SOLVER, statement, steps=answer.steps, formula=formula)
    if answer.values is None:
        return Settled(
            Verdict.UNDECIDED, Method.SOLVER, statement, (answer.why,), steps=answer.steps, formula=formula
        )
    point = {column: int(answer.values[column]) for column in boxes.columns}
    outcome = _decided(bench, subject, point)
    if isinstance(outcome, str) or subject.name not in outcome.undetermined:
        why = (
            outcome
            if isinstance(outcome, str)
            else "the solver found a case that the engine does not confirm"
        )
        return Settled(Verdict.UNDECIDED, Method.SOLVER, statement, (why,), formula=formula)
    shown = sentence_case(_shown_facts(bench, subject, outcome))
    sentence = f"{shown}: in no row of “{subject.title['en']}”."
    found = Counterexample(sentence, (Case(outcome.listed, outcome.as_of, outcome.results),))
    return Settled(
        Verdict.REFUTED,
        Method.SOLVER,
        statement,
        counterexamples=(found,),
        steps=answer.steps,
        formula=formula,
    )


def _decided(bench: Bench, subject: Table, point: dict[str, int]) -> Outcome | str:
    """Return what the engine gives for an input, or why it cannot be shown."""
    try:
        return decided(_record(bench, subject, point), point, _moment(bench), bench.program)
    except Unrealisable as error:
        return str(error)


def _moment(bench: Bench) -> datetime:
    return datetime(*bench.settings.day.timetuple()[:3], 12, tzinfo=UTC)


def _sweep(bench: Bench, subject: Table, statement: str, boxes: Boxes) -> Settled:
    for place, met in enumerate(boxes.meeting()):
        others = met & ~((1 << (place + 1)) - 1)
        if others:
            other = (others & -others).bit_length() - 1
            return _overlapping(bench, subject, statement, boxes, (place, other))
    return Settled(Verdict.PROVED, Method.SWEEP, statement)


def _overlapping(
    bench: Bench, subject: Table, statement: str, boxes: Boxes, rows: tuple[int, int]
) -> Settled:
    point = boxes.point(rows)
    outcome = _decided(bench, subject, point)
    if isinstance(outcome, str):
        return Settled(Verdict.UNDECIDED, Method.SWEEP, statement, (outcome,))
    ids = [subject.rows[place].id for place in rows]
    conflict = bench.program.evaluate(outcome.listed, as_of=_moment(bench)).conflicts.get(subject.name, ())
    if not set(ids) <= set(conflict):
        why = "the sweep found a case that the engine does not confirm"
        return Settled(Verdict.UNDECIDED, Method.SWEEP, statement, (why,))
    sentence = (
        f"{sentence_case(_shown_facts(bench, subject, outcome))}: in the rows "
        f"{joined([f'`{each}`' for each in ids])} of “{subject.title['en']}” at once."
    )
    shown = Counterexample(sentence, (Case(outcome.listed, outcome.as_of, outcome.results),))
    return Settled(Verdict.REFUTED, Method.SWEEP, statement, counterexamples=(shown,))


def _record(bench: Bench, subject: Table, point: dict[str, int]) -> dict[str, dict[str, Any]]:
    record: dict[str, dict[str, Any]] = {subject.entity: {}}
    for name, number in point.items():
        fact = bench.ruleset.model.find(subject.entity, name)
        assert fact is not None
        key, _, short = name.partition(".")
        record.setdefault(key, {})[short] = json_from_internal(fact.type, _internal(fact.type, number))
    return record


def _internal(type_: Type, number: int) -> Any:
    match type_:
        case BooleanType():
            return bool(number)
        case DateType():
            return date.fromordinal(number)
        case DateTimeType():
            return FIRST_INSTANT + timedelta(microseconds=number)
        case OneOfType(values=values):
            return values[number]
    return number


def _overlap_by_solver(bench: Bench, subject: Table, statement: str) -> Settled:
    def build(case: SymbolicCase) -> Claim:
        hits = [is_true(case.decider.row(subject.name, row.id)) for row in subject.rows]
        pairs = [
            all_of((hits[one], hits[other], _differ(case, subject, one, other)))
            for one in range(len(hits))
            for other in range(one + 1, len(hits))
        ]
        return Claim(
            any_of(pairs),
            lambda outcomes: subject.name in outcomes[0].undetermined,
            lambda outcomes, _: (
                f"{sentence_case(_shown_facts(bench, subject, outcomes[0]))}: in two rows of "
                f"“{subject.title['en']}” at once."
            ),
        )

    reading = bench.taints.reading(subject.name)
    return bench.ask_single(statement, subject.entity, reading, build)


def _differ(case: SymbolicCase, subject: Table, one: int, other: int) -> Any:
    if subject.hit_policy == "unique":
        return all_of(())
    first, second = subject.rows[one].then, subject.rows[other].then
    assert first is not None
    assert second is not None
    left, right = case.decider.terms.value(first), case.decider.terms.value(second)
    return all_of((left.known, right.known, negate(equal(left, right))))


def no_dead_row(bench: Bench, asked: PackProperty) -> Found:
    """Every row matches some input."""
    for subject in bench.targets(asked.options["of"]):
        if not isinstance(subject, Table | Scorecard):
            continue
        statement = f"Whether every row of “{subject.title['en']}” matches some case."
        boxes = _swept(bench, subject) if isinstance(subject, Table) else None
        if boxes is not None:
            dead = [subject.rows[place].id for place in boxes.empty()]
            if dead:
                why = (f"no case matches {joined([f'`{each}`' for each in dead])}",)
                yield subject.name, Settled(Verdict.REFUTED, Method.SWEEP, statement, why)
            else:
                yield subject.name, Settled(Verdict.PROVED, Method.SWEEP, statement)
            continue
        yield subject.name, _rows(bench, subject, statement, subject.rows, earlier=False)


def no_shadowed_row(bench: Bench, asked: PackProperty) -> Found:
    """Every row of a `first` table is the first true one for some input."""
    for subject in _tables(bench, asked):
        statement = f"Whether no row of “{subject.title['en']}” is always hidden by earlier ones."
        if subject.hit_policy != "first":
            why = f"under the hit policy {subject.hit_policy} no row hides another"
            yield subject.name, Settled(Verdict.NOT_APPLICABLE, Method.LOOK_UP, statement, (why,))
            continue
        yield subject.name, _rows(bench, subject, statement, subject.rows, earlier=True)


def _rows(
    bench: Bench,
    subject: Table | Scorecard,
    statement: str,
    rows: Sequence[TableRow | ScoreRow],
    *,
    earlier: bool,
) -> Settled:
    """Settle that each row can be true, with `earlier` while no earlier row is."""
    boxes = _swept(bench, subject) if earlier and isinstance(subject, Table) else None
    meeting = boxes.meeting() if boxes is not None else None
    found, hidden = [], []
    for place, row in enumerate(rows):
        before = [
            other
            for other in range(place if earlier else 0)
            if meeting is None or meeting[place] >> other & 1
        ]

        def build(
            case: SymbolicCase, row: TableRow | ScoreRow = row, before: Sequence[int] = before
        ) -> Claim:
            others = [is_true(case.decider.terms.value(rows[other].when)) for other in before]
            hit: Value = case.decider.terms.value(row.when)
            return Claim(
                all_of((is_true(hit), *(negate(other) for other in others))),
                lambda _: True,
                lambda _, __: "",
            )

        if meeting is not None and not before and meeting[place]:
            continue
        reading = bench.taints.of_terms([rows[other].when for other in (*before, place)])
        settled = bench.ask_single(statement, subject.entity, reading, build)
        if settled.verdict == Verdict.PROVED:
            hidden.append(row.id)
        elif settled.verdict != Verdict.REFUTED:
            found.append(settled)
    steps = sum(each.steps for each in found)
    if hidden:
        what = "is hidden by earlier rows in every case" if earlier else "matches no case"
        why = (f"{joined([f'`{each}`' for each in hidden])} {what}",)
        return Settled(Verdict.REFUTED, Method.SOLVER, statement, why, steps=steps)
    if found:
        return combined(found)
    return Settled(Verdict.PROVED, Method.SOLVER, statement, steps=steps)
