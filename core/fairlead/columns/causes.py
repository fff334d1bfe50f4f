"""Why something is unknown, as tests on columns; the rules are those of `fairlead.engine.causes`.

For a term there is a test for each cause that it can have: true where the term is unknown for that cause,
false elsewhere, never unknown. The causes of an unknown term are those of its unknown operands; where all
operands are known it is the operator's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fairlead.columns.algebra import Algebra
from fairlead.columns.decisions import Columns, first_true
from fairlead.columns.nodes import Node
from fairlead.columns.terms import Terms, any_currency
from fairlead.facts.currencies import currency_codes
from fairlead.facts.types import TEXT, IntegerType, ListType, MoneyType
from fairlead.logic.terms import Apply, Quantifier, Term, Variable
from fairlead.ruleset.typed import Check, Decision, Formula, Reward, Scorecard, Table

__all__ = ["Cause", "Causes", "Tests", "Translated"]


class Cause(NamedTuple):
    """Why something is unknown; kinds and subjects are those of `fairlead.engine.Cause`."""

    kind: str
    subject: str = ""

    @property
    def missing(self) -> str | None:
        """The fact or entity that is absent; None for another cause, and for a parameter without a value."""
        named = self.kind == "absent" and not self.subject.startswith("parameters.")
        return self.subject if named else None


#: where each cause holds
Tests = Mapping[Cause, Node]

_OVERFLOW = Cause("overflow")
_SHIFTS = frozenset(["add_days", "add_hours", "add_months"])
_COMPARISONS = frozenset(["==", "!=", "<", "<=", ">", ">="])


@dataclass(frozen=True, slots=True)
class Translated:
    """A decision with its columns, the terms that these were made of, and where its entity is present."""

    decision: Decision
    columns: Columns
    terms: Terms
    present: Node


class Causes:
    """The causes in one plan; `translated` are its decisions by name, in evaluation order."""

    def __init__(self, on: Algebra, translated: Mapping[str, Translated]) -> None:
        self._on = on
        self._translated = translated
        self._terms = {name: _TermCauses(self, each.terms) for name, each in translated.items()}
        self._known: dict[str, Tests] = {}
        #: the test that every test of a cause implies
        self._widest: dict[Cause, Node] = {}

    def decision(self, name: str) -> Tests:
        """Return why a decision is undetermined."""
        found = self._known.get(name)
        if found is None:
            own = self._translated[name]
            possible = not own.columns.undetermined.constant(False)
            found = self._known[name] = self.where(own.present, self._decision(own)) if possible else {}
        return found

    def read(self, name: str) -> Tests:
        """Return why a decision is unknown to who reads it: a conflict is a cause itself."""
        own = self._translated[name]
        absent = self.absent(name.partition(".")[0], self._on.not_(own.present))
        conflict = {Cause("conflict", name): own.columns.conflict}
        return self.union([absent, conflict, self.decision(name)])

    def missing(self, name: str) -> Tests:
        """Return which facts and entities are absent behind a decision and its unknown rows.

        Of a reward these are its conditions. Other causes are left out.
        """
        own = self._translated[name]
        terms = self._terms[name]
        parts: list[Tests] = []
        if isinstance(own.decision, Reward):
            reward = own.decision
            conditions = (reward.accrues_when, reward.payable_when, reward.reversed_when)
            parts = [terms.of(condition) for condition in conditions]
        elif isinstance(own.decision, Scorecard | Table):
            parts = self._rows(own)
        found = self.union([self.decision(name), self.where(own.present, self.union(parts))])
        return {cause: test for cause, test in found.items() if cause.missing is not None}

    # tests

    def absent(self, subject: str, test: Node) -> Tests:
        """Return the cause that something is absent, where it is."""
        cause = Cause("absent", subject)
        self._widest[cause] = test
        return self.where(test, {cause: self._on.true})

    def where(self, test: Node, tests: Tests) -> Tests:
        """Return causes with a further condition, without those that never hold."""
        made = {cause: self._on.and_(test, own) for cause, own in tests.items()}
        return {cause: own for cause, own in made.items() if not own.constant(False)}

    def union(self, several: Iterable[Tests]) -> Tests:
        """Return causes that hold where they hold in any of several."""
        found: dict[Cause, dict[int, Node]] = {}
        for tests in several:
            for cause, test in tests.items():
                parts = test.args if test.op == "or" else (test,)
                found.setdefault(cause, {}).update((id(part), part) for part in parts)
        made = {cause: self._any(cause, parts) for cause, parts in found.items()}
        return {cause: test for cause, test in made.items() if not test.constant(False)}

    def _any(self, cause: Cause, parts: Mapping[int, Node]) -> Node:
        widest = self._widest.get(cause)
        if widest is not None and id(widest) in parts:
            return widest
        # a test with a further condition adds nothing to the test without it
        kept = [
            part
            for part in parts.values()
            if part.op != "and" or not any(id(condition) in parts for condition in part.args)
        ]
        return self._on.or_(*kept)

    # decisions

    def _decision(self, own: Translated) -> Tests:
        terms = self._terms[own.decision.name]
        match own.decision:
            case Formula(value=value):
                return terms.of(value)
            case Check(requirement=requirement):
                return terms.of(requirement)
            case Scorecard() as card:
                return self._scorecard(own, card)
            case Table() as table:
                return self._table(own, table)
        assert isinstance(own.decision, Reward)
        return self._reward(own, own.decision)

    def _rows(self, own: Translated) -> list[Tests]:
        """Return why each row of a scorecard or table is unknown."""
        terms = self._terms[own.decision.name]
        on = self._on
        if isinstance(own.decision, Scorecard):
            return [
                self.union(
                    [
                        terms.of(row.when),
                        self.where(on.is_true(own.terms.test(row.when)), terms.of(row.points)),
                    ]
                )
                for row in own.decision.rows
            ]
        assert isinstance(own.decision, Table)
        rows = [terms.of(row.when) for row in own.decision.rows]
        if own.decision.hit_policy != "first":
            return rows
        # a row after the first true one is not reached
        unknown = [test for _, test in own.columns.unknown]
        return [self.where(test, row) for test, row in zip(unknown, rows, strict=True)]

    def _scorecard(self, own: Translated, card: Scorecard) -> Tests:
        on, undetermined = self._on, own.columns.undetermined
        unknown = on.or_(*(test for _, test in own.columns.unknown))
        rows = self.union(self._rows(own))
        found = [rows if card.strict else self.where(undetermined, rows)]
        if isinstance(card.type, IntegerType):
            found.append(self.where(on.and_(undetermined, on.not_(unknown)), {_OVERFLOW: on.true}))
        return self.union(found)

    def _table(self, own: Translated, table: Table) -> Tests:
        on, terms = self._on, self._terms[table.name]
        states = [own.terms.test(row.when) for row in table.rows]
        if table.hit_policy == "first":
            first = first_true(on, states)
            true = [on.compare("==", first, on.number(place)) for place in range(len(states))]
            none = on.compare("==", first, on.number(len(states)))
        else:
            true = [on.is_true(state) for state in states]
            none = on.not_(on.or_(*true))
        found: list[Tests] = []
        settled = own.columns.undetermined
        if table.strict:
            found += self._rows(own)
            settled = on.and_(settled, on.not_(on.or_(*(test for _, test in own.columns.unknown))))
        hits = [(test, row.then) for test, row in zip(true, table.rows, strict=True) if row.then is not None]
        found += [self.where(on.and_(settled, test), terms.of(output)) for test, output in hits]
        unmatched = on.and_(settled, none)
        if table.aggregate in ("sum", "count"):
            lacking = [on.and_(test, on.is_null(own.terms.value(then).parts[0])) for test, then in hits]
            found.append(self.where(on.and_(settled, on.not_(on.or_(*lacking))), {_OVERFLOW: on.true}))
        elif table.otherwise is not None:
            found.append(self.where(unmatched, terms.of(table.otherwise)))
        else:
            nothing = {Cause("no_matching_row", table.name): on.true}
            found.append(self.where(unmatched, self.union([nothing, *self._rows(own)])))
        return self.union(found)

    def _reward(self, own: Translated, reward: Reward) -> Tests:
        terms = self._terms[reward.name]
        accrues = self._on.is_true(own.terms.test(reward.accrues_when))
        payee = terms.of(Variable(TEXT, f"{reward.payee}.id", "fact"))
        lacking = self.where(accrues, self.union([terms.of(reward.amount), payee]))
        return self.union([terms.of(reward.accrues_when), lacking])


class _TermCauses:
    """The causes of the terms of one decision."""

    def __init__(self, causes: Causes, terms: Terms) -> None:
        self._causes = causes
        self._terms = terms
        self._on = terms.on
        self._known: dict[tuple[tuple[int, ...], int], tuple[Term, Tests]] = {}

    def of(self, term: Term) -> Tests:
        """Return why a term is unknown."""
        key = (self._terms.inside, id(term))
        found = self._known.get(key)
        if found is None:
            # the term is kept, or its id could become another's
            found = self._known[key] = (term, self._of(term))
        return found[1]

    def _of(self, term: Term) -> Tests:
        value = self._terms.value(term)
        if not value.parts[0].nullable:
            return {}
        match term:
            case Variable(name=name, origin="decision"):
                return self._causes.read(name)
            case Variable(name=name):
                return self._causes.absent(name, self._on.is_null(value.parts[0]))
            case Quantifier():
                return self._quantifier(term)
            case Apply(operator="if"):
                return self._chain(term)
            case Apply(operator="and" | "or" | "default"):
                return self._causes.where(self._on.is_null(value.parts[0]), self._operands(term))
        # all other operators are unknown where an operand is
        assert isinstance(term, Apply)
        return self._causes.union([self._operands(term), self._own(term)])

    def _operands(self, term: Apply) -> Tests:
        return self._causes.union(self.of(argument) for argument in term.arguments)

    def _quantifier(self, term: Quantifier) -> Tests:
        on, causes = self._on, self._causes
        source = self._terms.value(term.source)
        with self._terms.elements_of(term) as quantifier:
            body = self.of(term.body)
        found = {
            cause: on.is_true(on.any_of(quantifier, source.parts, test))
            if quantifier in test.elements
            else on.and_(on.is_known(source.parts[0]), test)
            for cause, test in body.items()
        }
        unknown = on.is_null(self._terms.test(term))
        return causes.union([self.of(term.source), causes.where(unknown, found)])

    def _chain(self, term: Apply) -> Tests:
        """Return the causes of the condition that stopped a chain, or of the value that it chose."""
        on, causes = self._on, self._causes
        pairs = list(zip(term.arguments[::2], term.arguments[1::2], strict=False))
        tests = [self._terms.test(condition) for condition, _ in pairs]
        branches: list[tuple[Node, Node]] = []
        for place, test in enumerate(tests):
            branches += [(on.is_null(test), on.number(2 * place)), (test, on.number(2 * place + 1))]
        # one column tells where a chain stops, so that no step has to look at all steps before it
        stop = on.case(branches, on.number(2 * len(pairs)))

        def at(place: int) -> Node:
            return on.compare("==", stop, on.number(place))

        found: list[Tests] = []
        for place, (condition, value) in enumerate(pairs):
            own = self.of(condition)
            found.append(own if place == 0 else causes.where(at(2 * place), own))
            chosen = on.is_true(tests[0]) if place == 0 else at(2 * place + 1)
            found.append(causes.where(chosen, self.of(value)))
        last = self.of(term.arguments[-1]) if len(term.arguments) % 2 else {Cause("no_branch"): on.true}
        otherwise = on.is_false(tests[0]) if len(pairs) == 1 else at(2 * len(pairs))
        return causes.union([*found, causes.where(otherwise, last)])

    def _own(self, term: Apply) -> Tests:
        """Return why an operator has no result although all its operands are known."""
        on, operator = self._on, term.operator
        operands = [self._terms.value(argument).parts for argument in term.arguments]
        if operator in ("/", "%"):
            top, bottom = operands[0][0], operands[1][0]
            if not bottom.low <= 0 <= bottom.high:
                return {}
            zero = on.is_true(on.compare("==", bottom, on.number(0)))
            return self._causes.where(on.is_known(top), {Cause("division_by_zero"): zero})
        if operator in _COMPARISONS:
            if not any_currency(term.arguments[0].type):
                return {}
            differ = on.is_true(on.compare("!=", operands[0][1], operands[1][1]))
            return self._causes.where(differ, {Cause("currency_mismatch"): on.true})
        if operator == "convert":
            return self._unconverted(term, operands)
        listed = term.arguments[-1].type
        found: Tests = {}
        if operator == "in" and isinstance(listed, ListType) and any_currency(listed.item):
            found = {Cause("currency_mismatch"): on.true}
        elif operator == "substr":
            found = {Cause("empty_text"): on.true}
        elif term.checked or operator in _SHIFTS:
            found = {_OVERFLOW: on.true}
        if not found:
            return {}
        known = [on.is_known(parts[0]) for parts in operands]
        return self._causes.where(on.and_(on.is_null(self._terms.value(term).parts[0]), *known), found)

    def _unconverted(self, term: Apply, operands: Sequence[tuple[Node, ...]]) -> Tests:
        """Return why an amount has no value in another currency: there is no rate, or it is too large."""
        on, target = self._on, term.option("currency")
        source = term.arguments[0].type
        assert isinstance(source, MoneyType)
        rated = on.is_known(self._terms.rate(term))
        found = {_OVERFLOW: on.and_(on.is_null(self._terms.value(term).parts[0]), rated)}
        if source.currency is not None:
            found[Cause("no_rate", f"{source.currency}>{target}")] = on.not_(rated)
        else:
            # of amounts in one currency the rate depends on the day alone
            for code in sorted(currency_codes()):
                own = on.is_true(on.compare("==", operands[0][1], on.text(code)))
                lacking = on.is_null(self._terms.rate(term, code))
                found[Cause("no_rate", f"{code}>{target}")] = on.and_(own, lacking)
        known = on.and_(*(on.is_known(parts[0]) for parts in operands))
        return self._causes.where(known, found)
