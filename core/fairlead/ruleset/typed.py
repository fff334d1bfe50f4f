"""A ruleset after loading: resolved, type-checked, in evaluation order.

This is what every back end reads. Numbers that are added together (points, collected outputs) already
stand on one scale, decay is already part of the points term, and table cells are already conditions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from fairlead.facts.model import FactModel
from fairlead.facts.types import Type
from fairlead.logic.terms import Literal, Term, Variable

__all__ = [
    "Attribution",
    "Benefit",
    "Cap",
    "Check",
    "Decision",
    "Formula",
    "Group",
    "Parameter",
    "Reason",
    "Reward",
    "Ruleset",
    "ScoreRow",
    "Scorecard",
    "Settlement",
    "Table",
    "TableRow",
    "Texts",
]

#: a text per language tag; `en` is always there
Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason code with its text per language."""

    code: str
    text: Texts


@dataclass(frozen=True, slots=True)
class Decision:
    """One named, typed result about one entity.

    `name` is `entity.result`. `strict` is True where the decision reaches a reward: unknown rows then make
    it undetermined instead of being passed over (design: results of scorecards and tables).
    `pointer` is the place in the resolved document.
    """

    name: str
    type: Type
    title: Texts
    description: Texts
    strict: bool
    pointer: str

    @property
    def entity(self) -> str:
        """The entity the decision is about."""
        return self.name.split(".", 1)[0]


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A scorecard row: where `when` is true, `points` count. `points` has the scorecard's number type."""

    id: str
    when: Term
    points: Term
    group: str | None
    reason: Reason
    pointer: str


@dataclass(frozen=True, slots=True)
class Group:
    """Bounds on the sum of the points of a scorecard's rows of one group; units of the card's scale."""

    id: str
    minimum: int | None
    maximum: int | None


@dataclass(frozen=True, slots=True)
class Scorecard(Decision):
    """Points added up; `initial`, `minimum`, `maximum` are units of the card's scale."""

    initial: int
    minimum: int | None
    maximum: int | None
    groups: tuple[Group, ...]
    rows: tuple[ScoreRow, ...]


@dataclass(frozen=True, slots=True)
class TableRow:
    """A table row: where `when` is true the output is `then` (None only under collect count)."""

    id: str
    when: Term
    then: Term | None
    reason: Reason | None
    pointer: str


@dataclass(frozen=True, slots=True)
class Table(Decision):
    """A decision table. `hit_policy` is `unique`, `first`, `any` or `collect`.

    `aggregate` is `sum`, `min`, `max` or `count` under collect, else None. `otherwise` is the output where
    no row matches; None means undetermined with the cause `no_matching_row` (under collect sum and count
    nothing collected is 0 and `otherwise` is None).
    """

    hit_policy: str
    aggregate: str | None
    rows: tuple[TableRow, ...]
    otherwise: Term | None
    otherwise_reason: Reason | None


@dataclass(frozen=True, slots=True)
class Formula(Decision):
    """One expression."""

    value: Term


@dataclass(frozen=True, slots=True)
class Check(Decision):
    """A requirement: true is passed, false is failed, unknown is undetermined.

    `severity` is `error`, `warning` or `info`; `reason` is given when the check fails.
    """

    requirement: Term
    severity: str
    citation: str | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Cap:
    """A bound on what is paid, applied by the ledger: `per` payee, patient, introduction or programme."""

    id: str
    per: str
    window: Mapping[str, Any] | None
    maximum: Term


@dataclass(frozen=True, slots=True)
class Benefit:
    """What a reward gives: `money`, a `gift`, a `voucher`, a `discount` or `points`.

    The amount of a reward is its value, or the number of points. `expires_after_months` is the time until it
    can no longer be used, None for no end.
    """

    kind: str = "money"
    expires_after_months: int | None = None


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who introduced a patient, as `fairlead.ledger.attribution` finds it.

    `by` are the ways that count (`tracking_code`, `url`, `partner_link`), `url_parameter` names the parameter
    of a web address that holds the code, None where `url` does not count. Touches count on the day of the
    introduction and `window_days` before it; `touch` is `first` or `last`, `ties` is `hold` or `lowest_code`.
    A code entered later counts while it is not late: up to `late_code_days` after the enquiry; with None no
    code is late. `holds` are the detections that hold an
    introduction; all others are noted.
    """

    by: tuple[str, ...]
    url_parameter: str | None
    window_days: int
    touch: str
    ties: str
    late_code_days: int | None
    holds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settlement:
    """When, and from what amount on, a payee is paid.

    `period` is `month`, `quarter`, `half_year` or `year`. `minimum_payout` and `reportable_from` (a payee's
    total of a calendar year) are money literals or parameters, in the smallest units of a currency of the
    programme's rewards; None where nothing is stated. `Ruleset.amount_on` reads them.
    """

    period: str
    minimum_payout: Term | None
    reportable_from: Term | None
    dispute_days: int
    tax_form_needed: bool


@dataclass(frozen=True, slots=True)
class Reward(Decision):
    """What an introduction earns: the only block the ledger executes.

    `payee` names a link of the entity. `amount` is money in one currency, before caps. `work` are the facts
    that define equal work, `reason` is given when it accrues. `type` is the type of `amount`. `re_rates`
    tells whether earlier introductions of a period are paid anew at the rate of the latest. `benefit` is what
    is given; points are counted in the currency `fairlead.facts.currencies.POINTS`.
    """

    payee: str
    amount: Term
    accrues_when: Term
    payable_when: Term
    reversed_when: Term
    caps: tuple[Cap, ...]
    work: tuple[str, ...]
    reason: Reason | None = None
    re_rates: bool = False
    benefit: Benefit = Benefit()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named setting: `values` are (first day, internal value), oldest first; first day None = always."""

    name: str
    type: Type
    title: Texts
    values: tuple[tuple[date | None, Any], ...]

    def on(self, day: date) -> Any:
        """Return the value in force on `day`, or None before the first."""
        current = None
        for start, value in self.values:
            if start is None or start <= day:
                current = value
        return current


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A loaded ruleset.

    `decisions` stand in evaluation order (a decision after all it reads); `document_order` lists their
    names as written. `document` is the resolved JSON document with the resolved model inside it, and
    `digest` its SHA-256 (`sha256:` and 64 hex digits). `aggregate_filters` are the typed filters of the
    model's aggregates, by full name. `attribution` and `settlement` are None where nothing is stated.
    """

    name: str
    version: str
    title: Texts
    about: Texts
    effective_from: date | None
    effective_to: date | None
    model: FactModel
    parameters: Mapping[str, Parameter]
    decisions: tuple[Decision, ...]
    document_order: tuple[str, ...]
    document: Mapping[str, Any] = field(repr=False, compare=False)
    digest: str
    aggregate_filters: Mapping[str, Term] = field(default_factory=dict)
    attribution: Attribution | None = None
    settlement: Settlement | None = None

    def decision(self, name: str) -> Decision:
        """Return the decision `name`; raise KeyError where there is none."""
        for decision in self.decisions:
            if decision.name == name:
                return decision
        raise KeyError(name)

    def amount_on(self, amount: Term, day: date) -> Any:
        """Return the internal value of an amount of the settlement on a day; None before its first value."""
        if isinstance(amount, Variable):
            return self.parameters[amount.name.partition(".")[2]].on(day)
        assert isinstance(amount, Literal)
        return amount.value
