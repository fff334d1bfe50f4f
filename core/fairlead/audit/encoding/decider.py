"""The decisions of a ruleset over the facts of one case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import z3

from fairlead.audit.encoding.arithmetic import fits_64_bits
from fairlead.audit.encoding.conditions import FALSE, TRUE, all_of, any_of, choose, implies, negate
from fairlead.audit.encoding.facts import Facts, Time
from fairlead.audit.encoding.space import Undecidable
from fairlead.audit.encoding.terms import Terms
from fairlead.audit.encoding.values import Symbolic, Value, equal, is_true, literal, select, unknown
from fairlead.facts.types import TEXT, IntegerType, ListType
from fairlead.logic.terms import Variable
from fairlead.ruleset.typed import Check, Decision, Formula, Reward, Ruleset, Scorecard, Table

__all__ = ["Decider", "RewardTerms"]

_ZERO: z3.ArithRef = z3.IntVal(0)


@dataclass(frozen=True, slots=True, eq=False)
class RewardTerms:
    """A reward: R of the design.

    `determined` tells whether the block has a value; `pay` is the amount where it accrues, else 0, and 0
    where the reward is undetermined: nothing is paid then.
    """

    payee: Value
    amount: Value
    accrues: Value
    payable: Value
    reversed: Value
    determined: z3.BoolRef
    pay: z3.ArithRef


class Decider:
    """Encodes decisions of `ruleset` over `facts` on days on which its parameters are those of `day`."""

    def __init__(self, ruleset: Ruleset, facts: Facts, time: Time, day: date) -> None:
        self.ruleset = ruleset
        self.facts = facts
        self.time = time
        self.day = day
        self.terms = Terms(facts.space, self._read)
        self._decided: dict[str, Symbolic] = {}
        self._rewards: dict[str, RewardTerms] = {}
        self._conditions: dict[tuple[str, str], Value] = {}

    def decision(self, name: str) -> Symbolic:
        """Return the value of a decision; of a reward, what it pays."""
        if name not in self._decided:
            decision = self.ruleset.decision(name)
            value = self._made(decision)
            there = self.facts.record_exists(decision.entity)
            self._decided[name] = replace(value, known=all_of((there, value.known)))
        return self._decided[name]

    def single(self, name: str) -> Value:
        """Return the value of a decision that is no list."""
        value = self.decision(name)
        if not isinstance(value, Value):
            raise Undecidable(f"the list `{name}`")
        return value

    def row(self, name: str, row: str) -> Value:
        """Return the condition of a row of a table or scorecard."""
        if (name, row) not in self._conditions:
            decision = self.ruleset.decision(name)
            assert isinstance(decision, Scorecard | Table)
            for each in decision.rows:
                self._conditions[name, each.id] = self.terms.value(each.when)
        return self._conditions[name, row]

    def reward(self, name: str) -> RewardTerms:
        """Return the terms of a reward."""
        if name not in self._rewards:
            self._rewards[name] = self._reward(name)
        return self._rewards[name]

    def _reward(self, name: str) -> RewardTerms:
        decision = self.ruleset.decision(name)
        assert isinstance(decision, Reward)
        payee = self._read(Variable(TEXT, f"{decision.payee}.id", "fact"))
        assert isinstance(payee, Value)
        amount, accrues = self.terms.value(decision.amount), self.terms.value(decision.accrues_when)
        earned = is_true(accrues)
        determined = all_of((accrues.known, implies(earned, all_of((amount.known, payee.known)))))
        return RewardTerms(
            payee,
            amount,
            accrues,
            self.terms.value(decision.payable_when),
            self.terms.value(decision.reversed_when),
            determined,
            choose(all_of((earned, determined)), amount.term, _ZERO),
        )

    def _read(self, variable: Variable) -> Symbolic:
        match variable.origin:
            case "time":
                return Value(TRUE, self.time.as_of if variable.name == "as_of" else self.time.as_of_date)
            case "decision":
                return self.decision(variable.name)
            case "parameter":
                parameter = self.ruleset.parameters[variable.name.split(".", 1)[1]]
                value = parameter.on(self.day)
                if value is not None:
                    return literal(self.facts.space, parameter.type, value)
                if isinstance(parameter.type, ListType):
                    raise Undecidable(f"a list before its first value, `{variable.name}`")
                return unknown(parameter.type)
        return self.facts.read(variable.name)

    def _made(self, decision: Decision) -> Symbolic:
        match decision:
            case Formula():
                return self.terms.encode(decision.value)
            case Check():
                return self.terms.value(decision.requirement)
            case Scorecard():
                return self._scorecard(decision)
            case Table():
                return self._table(decision)
            case Reward():
                reward = self.reward(decision.name)
                return Value(reward.determined, reward.pay)
        raise Undecidable(f"the kind of `{decision.name}`")

    def _scorecard(self, card: Scorecard) -> Value:
        rows_known = []
        total: z3.ArithRef = z3.IntVal(card.initial)
        groups: dict[str, z3.ArithRef] = {group.id: _ZERO for group in card.groups}
        for row in card.rows:
            when, points = self.row(card.name, row.id), self.terms.value(row.points)
            hit = is_true(when)
            rows_known.append(all_of((when.known, implies(hit, points.known))))
            counted = choose(all_of((hit, points.known)), points.term, _ZERO)
            if row.group is None:
                total = total + counted
            else:
                groups[row.group] = groups[row.group] + counted
        for group in card.groups:
            total = total + _clamped(groups[group.id], group.minimum, group.maximum)
        total = _clamped(total, card.minimum, card.maximum)
        known = all_of(rows_known) if card.strict else TRUE
        if isinstance(card.type, IntegerType):
            known = all_of((known, fits_64_bits(total)))
        return Value(known, total)

    def _table(self, table: Table) -> Value:
        states = [self.row(table.name, row.id) for row in table.rows]
        hits = [is_true(state) for state in states]
        otherwise = self.terms.value(table.otherwise) if table.otherwise is not None else unknown(table.type)
        if table.aggregate == "count":
            outputs = [Value(TRUE, z3.IntVal(1)) for _ in hits]
        else:
            outputs = [self.terms.value(row.then) for row in table.rows if row.then is not None]
        if table.hit_policy == "first":
            return self._first(table, states, outputs, otherwise)
        value = self._several(table, hits, outputs, otherwise)
        settled = all_of(implies(hit, output.known) for hit, output in zip(hits, outputs, strict=True))
        known = all_of((value.known, settled))
        if table.strict:
            known = all_of((known, *(state.known for state in states)))
        return Value(known, value.term, value.currency)

    def _first(
        self, table: Table, states: Sequence[Value], outputs: Sequence[Value], otherwise: Value
    ) -> Value:
        result = otherwise
        for state, output in zip(reversed(states), reversed(outputs), strict=True):
            result = select(is_true(state), output, result)
            if table.strict:
                known = all_of((state.known, result.known))
                result = Value(known, result.term, result.currency)
        return result

    def _several(
        self, table: Table, hits: Sequence[z3.BoolRef], outputs: Sequence[Value], otherwise: Value
    ) -> Value:
        """Return the value under a policy that looks at all rows; that the outputs are known comes on top."""
        if table.hit_policy == "collect":
            return self._collected(table, hits, outputs, otherwise)
        result = otherwise
        for hit, output in zip(reversed(hits), reversed(outputs), strict=True):
            result = select(hit, output, result)
        known = result.known
        if table.hit_policy == "unique":
            open_hits = [hit for hit in hits if not z3.is_false(hit)]
            if len(open_hits) > 1:
                known = all_of((known, z3.PbLe([(hit, 1) for hit in open_hits], 1)))
        else:
            known = all_of((known, _alike(hits, outputs, result)))
        return Value(known, result.term, result.currency)

    def _collected(
        self, table: Table, hits: Sequence[z3.BoolRef], outputs: Sequence[Value], otherwise: Value
    ) -> Value:
        if table.aggregate in ("sum", "count"):
            total = _ZERO
            for hit, output in zip(hits, outputs, strict=True):
                total = total + choose(hit, output.term, _ZERO)
            fits = fits_64_bits(total) if isinstance(table.type, IntegerType) else TRUE
            return Value(fits, total)
        any_hit: z3.BoolRef = FALSE
        best: z3.ExprRef = _ZERO
        for hit, output in zip(hits, outputs, strict=True):
            further = output.term < best if table.aggregate == "min" else output.term > best
            better = all_of((hit, any_of((negate(any_hit), further))))
            best = choose(better, output.term, best)
            any_hit = any_of((any_hit, hit))
        return select(any_hit, Value(TRUE, best), otherwise)


def _alike(hits: Sequence[z3.BoolRef], outputs: Sequence[Value], chosen: Value) -> z3.BoolRef:
    """Tell whether all outputs that were hit are the one that was chosen."""
    return all_of(implies(hit, equal(output, chosen)) for hit, output in zip(hits, outputs, strict=True))


def _clamped(total: z3.ArithRef, minimum: int | None, maximum: int | None) -> z3.ArithRef:
    if minimum is not None:
        total = choose(total < minimum, z3.IntVal(minimum), total)
    if maximum is not None:
        total = choose(total > maximum, z3.IntVal(maximum), total)
    return total
