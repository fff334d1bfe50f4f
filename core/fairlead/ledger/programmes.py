"""The programmes of a project: their reward blocks by version, and what one record earns by them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property, partial
from typing import Any

from fairlead.engine import Cause, Program, RewardResult
from fairlead.engine.program import Checked
from fairlead.facts.currencies import minor_units
from fairlead.facts.model import Fact
from fairlead.facts.types import DateType, MoneyType
from fairlead.facts.values import Money
from fairlead.logic.terms import Term, Variable, walk
from fairlead.problems import DocumentError, Problem, UsageError
from fairlead.project import Project
from fairlead.ruleset.typed import Check, Decision, Formula, Reward, Ruleset

__all__ = ["Earned", "Programme", "Version", "amount_text", "limit_name", "major", "minor", "programmes_of"]

_REVERSED = "reversed_when"
_PARTS = ("amount", "accrues_when", "payable_when", _REVERSED)
_NOT_IN_FORCE = {"not-yet-effective", "no-longer-effective"}


@dataclass(frozen=True, slots=True)
class Earned:
    """What a reward block says of one record: before limits, as the engine decided.

    `units` is the amount in minor units of `currency`, None where it is not known; `result` is None where it
    is not known whether anything is earned.
    """

    reward: Reward
    result: RewardResult | None
    units: int | None
    currency: str
    #: found out only where it is asked for: it needs a trace
    why: Callable[[], tuple[Cause, ...]] = field(compare=False, repr=False)

    @property
    def causes(self) -> tuple[Cause, ...]:
        """What is not known of amount, accrual and payee, and why."""
        return self.why() if self.result is None or self.result.amount is None else ()


class Version:
    """One version of a programme, compiled: its rewards with the checks that they read, and their limits."""

    def __init__(self, ruleset: Ruleset, program: Program) -> None:
        self.ruleset = ruleset
        self.program = program
        self._rests_on: dict[str, frozenset[str]] = {}
        self._basis: dict[str, Sequence[tuple[str, str, str]]] = {}
        self.rewards = tuple(each for each in ruleset.decisions if isinstance(each, Reward))
        problems = [
            problem
            for reward in self.rewards
            for problem in (_not_whole(ruleset, reward), _without_day(ruleset, reward))
            if problem is not None
        ]
        if problems:
            raise UsageError(problems)

    @property
    def digest(self) -> str:
        """The digest of the ruleset."""
        return self.ruleset.digest

    @cached_property
    def reads(self) -> frozenset[str]:
        """Every fact and aggregate that the rewards and their limits read."""
        names = set[str]()
        for reward in self.rewards:
            names |= self.program.reads(reward.name)
        for name in self.limits.decisions:
            names |= self.limits.reads(name)
        return frozenset(names)

    def reversal_reads(self, reward: Reward) -> frozenset[str]:
        """Return every fact and aggregate that tells whether a reward is reversed."""
        return self._parts.reads(f"{reward.name}__{_REVERSED}")

    @cached_property
    def limits(self) -> Program:
        """The maximum of each limit as a formula of its own, named by `limit_name`."""
        return self._program_of(
            (limit_name(reward, cap.id), reward, cap.maximum)
            for reward in self.rewards
            for cap in reward.caps
        )

    def limit_reads(self, reward: Reward) -> frozenset[str]:
        """Return every fact and aggregate that the limits of a reward read."""
        names = (limit_name(reward, cap.id) for cap in reward.caps)
        return frozenset(fact for name in names for fact in self.limits.reads(name))

    def earned(self, checked: Checked, as_of: date | datetime, rates: Any = None) -> list[Earned]:
        """Return what the reward blocks about a checked record's entity say as of a day or an instant."""
        decisions, _, _ = self.program.runner(as_of, rates)(checked)
        found = []
        for reward in self.rewards:
            if reward.name not in decisions:
                # it is about another entity than the record
                continue
            result: RewardResult | None = decisions[reward.name]
            assert isinstance(reward.type, MoneyType)
            assert reward.type.currency is not None
            if result is None:
                result = self._by_parts(reward, checked, as_of, rates)
            units = None if result is None or result.amount is None else minor(result.amount)
            why = partial(self._causes, reward, checked, as_of, rates)
            found.append(Earned(reward, result, units, reward.type.currency, why))
        return found

    def _causes(
        self, reward: Reward, checked: Checked, as_of: date | datetime, rates: Any
    ) -> tuple[Cause, ...]:
        return self.program.evaluate_checked(checked, as_of, rates).undetermined.get(reward.name, ())

    def _by_parts(
        self, reward: Reward, checked: Checked, as_of: date | datetime, rates: Any
    ) -> RewardResult | None:
        """Return an undetermined reward as far as its parts are known, None where it may not be earned.

        An amount goes by its own day: whether it may be paid is known where it is not known any more.
        """
        found = self._parts.runner(as_of, rates)(checked)[0]
        amount, accrues, payable, reversed_ = (found[f"{reward.name}__{part}"] for part in _PARTS)
        return RewardResult(None, amount, accrues, payable, reversed_) if accrues is not None else None

    @cached_property
    def _parts(self) -> Program:
        """The parts of each reward as formulas of their own."""
        return self._program_of(
            (f"{reward.name}__{part}", reward, getattr(reward, part))
            for reward in self.rewards
            for part in _PARTS
        )

    def _program_of(self, named: Iterable[tuple[str, Reward, Term]]) -> Program:
        """Return terms of rewards as formulas, by the names that are given to them."""
        formulas: list[Decision] = [
            Formula(
                name=name,
                type=term.type,
                title=reward.title,
                description=reward.description,
                strict=True,
                pointer=reward.pointer,
                value=term,
            )
            for name, reward, term in named
        ]
        ruleset = replace(
            self.ruleset,
            decisions=(*self.ruleset.decisions, *formulas),
            document_order=(*self.ruleset.document_order, *(each.name for each in formulas)),
        )
        return Program(ruleset, zone=self.program.zone, select=[each.name for each in formulas])

    def checks_behind(self, reward: Reward) -> Sequence[Check]:
        """Return the checks that `payable_when` reads, in document order."""
        read = {term.name for term in walk(reward.payable_when) if isinstance(term, Variable)}
        return [each for each in self.ruleset.decisions if isinstance(each, Check) and each.name in read]

    def basis(self, reward: Reward, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the facts, by name, that amount and accrual rest on and that no label is on.

        They concern no person, so that they can be kept when the person's key is destroyed.
        """
        found = {}
        for name, key, short in self._basis_names(reward):
            value = raw.get(key, {}).get(short)
            if value is not None:
                found[name] = value
        return found

    def is_covered(self, reward: Reward, basis: Mapping[str, Any]) -> bool:
        """Tell whether the facts that were kept as `basis` are all that amount and accrual rest on."""
        model = self.ruleset.model
        facts = {name: model.find(reward.entity, name) for name in self.rests_on(reward)}
        # one without a label that is not among them was absent; an aggregate is not kept
        return all(
            name in basis or (isinstance(fact, Fact) and not fact.labels) for name, fact in facts.items()
        )

    def rests_on(self, reward: Reward) -> frozenset[str]:
        """Return every fact and aggregate that amount and accrual of a reward read."""
        if reward.name not in self._rests_on:
            decisions = {each.name: each for each in self.ruleset.decisions}
            found: set[str] = set()
            waiting: list[Term] = [reward.amount, reward.accrues_when]
            seen: set[str] = set()
            while waiting:
                for term in walk(waiting.pop()):
                    if not isinstance(term, Variable):
                        continue
                    if term.origin == "fact":
                        found.add(term.name)
                    elif term.origin == "decision" and term.name not in seen:
                        seen.add(term.name)
                        found |= self._read_by(decisions[term.name])
            self._rests_on[reward.name] = frozenset(found)
        return self._rests_on[reward.name]

    def _read_by(self, decision: Decision) -> frozenset[str]:
        return Program(self.ruleset, zone=self.program.zone, select=[decision.name]).reads(decision.name)

    def _basis_names(self, reward: Reward) -> Sequence[tuple[str, str, str]]:
        """Return the names of a reward's basis, each whole, and its two parts."""
        if reward.name not in self._basis:
            model = self.ruleset.model
            facts = [(name, model.find(reward.entity, name)) for name in sorted(self.rests_on(reward))]
            named = [name for name, fact in facts if fact is not None and not fact.labels]
            self._basis[reward.name] = [
                (name, key, short) for name in named for key, _, short in [name.partition(".")]
            ]
        return self._basis[reward.name]


class Programme:
    """A ruleset of the project that has reward blocks, in all its versions.

    With `drafts` versions that are not approved count as well: for what only looks.
    """

    def __init__(self, project: Project, name: str, *, drafts: bool = False) -> None:
        self.name = name
        self._project = project
        self._program = project.draft if drafts else project.program
        self._versions: dict[tuple[str, str], Version] = {}
        self._by_day: dict[date, Version | None] = {}

    def on(self, day: date) -> Version | None:
        """Return the version in force on a day, None where none is.

        Raises UsageError where the project demands approval and the version is not approved for the day.
        """
        if day not in self._by_day:
            self._by_day[day] = self._find(day)
        return self._by_day[day]

    def current(self, day: date) -> Version:
        """Return the version in force on a day. Raises DocumentError where none is."""
        version = self.on(day)
        if version is None:
            self._project.ruleset(self.name, as_of=day)
            raise AssertionError("a version that is in force is found")
        return version

    def _find(self, day: date) -> Version | None:
        try:
            ruleset = self._project.ruleset(self.name, as_of=day)
        except DocumentError as error:
            if {problem.code for problem in error.problems} <= _NOT_IN_FORCE:
                return None
            raise
        rewards = [each.name for each in ruleset.decisions if isinstance(each, Reward)]
        program = self._program(self.name, rewards, as_of=day)
        key = (ruleset.digest, program.approval)
        if key not in self._versions:
            self._versions[key] = Version(ruleset, program)
        return self._versions[key]


def programmes_of(project: Project, on: date) -> list[Programme]:
    """Return the project's rulesets that reward anything on a day, in the order of its settings.

    Raises UsageError where there is none.
    """
    found = []
    for name in project.ruleset_names:
        programme = Programme(project, name)
        version = programme.on(on)
        if version is not None and version.rewards:
            found.append(programme)
    if not found:
        message = f"none of the project's rulesets rewards anything on {on}"
        remedy = "name a programme, such as `medical-travel/partner-programme`, among its `rulesets`"
        raise UsageError([Problem("no-rewards", message, remedy=remedy)])
    return found


def limit_name(reward: Reward, cap: str) -> str:
    """Return the name of the formula that is a limit's maximum."""
    return f"{reward.name}__limit_{cap}"


def day_fact(ruleset: Ruleset, reward: Reward) -> str:
    """Return the short name of the date that a reward's version and period go by.

    That is `introduced_on` where the entity has it, else the one date among the facts of equal work.
    """
    facts = ruleset.model.entities[reward.entity].facts
    if "introduced_on" in facts:
        return "introduced_on"
    dates = [
        name.partition(".")[2]
        for name in reward.work
        if isinstance(facts[name.partition(".")[2]].type, DateType)
    ]
    return dates[0] if len(dates) == 1 else ""


def minor(amount: Money) -> int:
    """Return an amount in minor units of its currency; it has no smaller part."""
    digits = minor_units(amount.currency)
    assert digits is not None
    units = amount.amount.scaleb(digits)
    assert units == units.to_integral_value()
    return int(units)


def major(units: int, currency: str) -> Money:
    """Return minor units of a currency as an amount."""
    digits = minor_units(currency)
    assert digits is not None
    return Money(Decimal(units).scaleb(-digits), currency)


def amount_text(units: int, currency: str) -> str:
    """Return minor units of a currency as people write them: `1,500.00 USD`."""
    return f"{major(units, currency).amount:,f} {currency}"


def _not_whole(ruleset: Ruleset, reward: Reward) -> Problem | None:
    assert isinstance(reward.type, MoneyType)
    digits = minor_units(reward.type.currency or "")
    if digits is not None and reward.type.scale <= digits:
        return None
    return Problem(
        "amount-not-rounded",
        f"`{reward.name}` of `{ruleset.name}` can give parts of a cent, and these cannot be paid",
        reward.pointer,
        remedy='round the amount where the programme says how: {"round": [..., {"scale": 2, ...}]}',
    )


def _without_day(ruleset: Ruleset, reward: Reward) -> Problem | None:
    if day_fact(ruleset, reward):
        return None
    return Problem(
        "no-reward-day",
        f"`{reward.name}` of `{ruleset.name}` does not say which day it goes by",
        reward.pointer,
        remedy="name one date of the entity among the facts of equal `work`",
    )
