"""Random typed terms, rulesets and records for the tests that compare back ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st

from fairlead.facts.model import Entity, FactModel
from fairlead.facts.types import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    TEXT,
    DecimalType,
    IntegerType,
    ListType,
    MoneyType,
    OneOfType,
    Type,
)
from fairlead.facts.values import ROUNDING_MODES
from fairlead.logic import factory
from fairlead.logic.extra_operators import ExtraOperators
from fairlead.logic.problems import IllTyped
from fairlead.logic.terms import Apply, ExtraOperator, Literal, Missing, Term, Variable, walk
from fairlead.ruleset.typed import (
    Check,
    Decision,
    Formula,
    Group,
    Parameter,
    Reason,
    Reward,
    Ruleset,
    Scorecard,
    ScoreRow,
    Table,
    TableRow,
)

SMALL = IntegerType(-100, 100)
WIDE = IntegerType()
RATE = DecimalType(5, 2)
USD = MoneyType("USD", 9, 2)
ANY_MONEY = MoneyType(None, 9, 4)
CHANNEL = OneOfType(("whatsapp", "phone", "web form"))

#: hostile texts among the ordinary ones
TEXTS = ("phone", "a'b\"c", "__import__('os')", "line\nbreak", "{f2}", "naïve ☃", "None", "x" * 40)

DAYS = (
    date(2026, 11, 20),
    date(2026, 11, 21),
    date(2026, 11, 22),
    date(2026, 8, 31),
    date(2024, 2, 29),
    date(2027, 1, 31),
    date(1, 1, 1),
    date(9999, 12, 31),
)
INSTANTS = (
    datetime(2026, 11, 21, tzinfo=UTC),
    datetime(2026, 11, 20, 22, 30, 15, 250000, tzinfo=UTC),
    datetime(2026, 11, 23, 5, 59, 59, 999999, tzinfo=UTC),
    datetime(2020, 1, 1, tzinfo=UTC),
)

#: fact -> type; the key before the point is an entity or a link
FACTS: dict[str, Type] = {
    "lead.ready": BOOLEAN,
    "lead.class": BOOLEAN,
    "lead.pages": SMALL,
    "lead.large": WIDE,
    "lead.rate": RATE,
    "lead.fee": USD,
    "lead.budget": ANY_MONEY,
    "lead.name": TEXT,
    "lead.channel": CHANNEL,
    "lead.since": DATE,
    "lead.until": DATE,
    "lead.seen": DATE_TIME,
    "lead.tags": ListType(TEXT),
    "lead.counts": ListType(SMALL),
    "lead.offers": ListType(ANY_MONEY),
    "partner.count": SMALL,
    "partner.since": DATE,
    "partner.id": TEXT,
}

VALUES: dict[Type, st.SearchStrategy[Any]] = {
    BOOLEAN: st.booleans(),
    SMALL: st.sampled_from((-100, -7, -1, 0, 1, 2, 5, 30, 100)),
    WIDE: st.sampled_from((-(2**63), -3, 0, 4, 2**62, 2**63 - 1)),
    RATE: st.sampled_from((-99999, -250, -5, 0, 5, 50, 100, 12345)),
    USD: st.sampled_from((-1, 0, 1, 5, 50000, 999999999)),
    ANY_MONEY: st.tuples(st.sampled_from((0, 5, 80000000)), st.sampled_from(("USD", "EUR"))),
    TEXT: st.sampled_from(TEXTS),
    CHANNEL: st.sampled_from(CHANNEL.values),
    DATE: st.sampled_from(DAYS),
    DATE_TIME: st.sampled_from(INSTANTS),
}

RATES = {("EUR", "USD"): [(date(2026, 1, 1), 105, 2), (date(2026, 11, 21), 11, 1)]}

PARAMETERS = {
    "limit": Parameter("limit", SMALL, {"en": "limit"}, ((None, 3), (date(2026, 11, 21), 5))),
    "later": Parameter("later", DATE, {"en": "later"}, ((date(2026, 11, 22), date(2026, 12, 1)),)),
}


@cache
def value_of(type_: Type) -> st.SearchStrategy[Any]:
    """Return a strategy for internal values of a type."""
    if isinstance(type_, ListType):
        assert type_.item is not None
        return st.lists(value_of(type_.item), max_size=3).map(tuple)
    return VALUES[type_]


_PRESENT = st.sampled_from((("lead", "partner"),) * 6 + (("lead",), ("partner",), ()))
_OF_FOUR = st.integers(0, 3)


@st.composite
def records(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Return a checked record; facts, and now and then an entity, are absent."""
    present = draw(_PRESENT)
    record: dict[str, dict[str, Any]] = {}
    for key in present:
        facts: dict[str, Any] = {}
        for name, type_ in FACTS.items():
            if name.startswith(f"{key}.") and draw(_OF_FOUR):
                facts[name.partition(".")[2]] = draw(value_of(type_))
        record[key] = facts
    return record


@cache
def below(count: int) -> st.SearchStrategy[int]:
    """Return a strategy for places among `count` choices: made anew for each draw, it would take longer."""
    return st.integers(0, count - 1)


@dataclass
class TermMaker:
    """Draws typed terms; what would be ill-typed becomes a leaf."""

    draw: st.DrawFn
    variables: list[Variable]
    elements: list[Type]
    operators: Sequence[ExtraOperator] = ()

    def pick(self, *choices: Any) -> Any:
        """Draw one of the choices."""
        return choices[self.draw(below(len(choices)))]

    def term(self, type_: Type, depth: int) -> Term:
        """Draw a term of a type of the same kind."""
        if depth <= 0 or not self.draw(_OF_FOUR):
            return self.leaf(type_)
        try:
            return self.compound(type_, depth - 1)
        except IllTyped:
            return self.leaf(type_)

    def leaf(self, type_: Type) -> Term:
        """Draw a literal or a name."""
        fitting: list[Term] = [variable for variable in self.variables if type(variable.type) is type(type_)]
        if isinstance(type_, ListType | MoneyType | OneOfType):
            fitting = [term for term in fitting if term.type == type_]
        if self.elements and type(self.elements[-1]) is type(type_):
            fitting.append(factory.element(self.elements[-1]))
        if fitting and self.pick(True, True, True, False):
            found: Term = self.pick(*fitting)
            return found
        value = self.draw(value_of(type_))
        return Literal(ListType(None) if value == () else type_, value)

    def compound(self, type_: Type, depth: int) -> Term:
        """Draw an operator with its operands."""
        own: Callable[[Type, int], Term] = {
            type(BOOLEAN): self.boolean,
            IntegerType: self.integer,
            DecimalType: self.decimal,
            MoneyType: self.money,
            type(TEXT): self.text,
            type(DATE): self.date,
            type(DATE_TIME): self.instant,
            ListType: self.listed,
        }.get(type(type_), lambda wanted, _: self.leaf(wanted))
        fitting = [each for each in self.operators if type(each.definition.type) is type(type_)]
        if isinstance(type_, MoneyType):
            fitting = [each for each in fitting if each.definition.type == type_]
        if fitting and self.pick(True, False):
            return self.call(self.pick(*fitting), depth)
        general: Callable[[Type, int], Term] = self.pick(own, own, own, self.chain, self.fallback)
        return general(type_, depth)

    def chain(self, type_: Type, depth: int) -> Term:
        """Draw an `if`."""
        terms: list[Term] = []
        for _ in range(self.pick(1, 1, 2, 7)):
            terms += [self.term(BOOLEAN, depth), self.term(type_, depth)]
        return factory.apply("if", [*terms, self.term(type_, depth)] if self.pick(True, False) else terms)

    def fallback(self, type_: Type, depth: int) -> Term:
        """Draw a name with a fallback."""
        name = self.leaf(type_)
        return factory.default(name, self.term(type_, depth)) if isinstance(name, Variable) else name

    def call(self, operator: ExtraOperator, depth: int) -> Term:
        """Draw a call of an extra operator."""
        # where a definition asks whether something is absent, it takes a name
        asks = {
            part
            for term in walk(operator.definition)
            if isinstance(term, Apply) and term.operator in ("absent", "default")
            for part in walk(term.arguments[0])
        }
        operands = [
            self.term(parameter.type, 0 if parameter in asks else depth) for parameter in operator.parameters
        ]
        return ExtraOperators({operator.name: operator}).call(operator.name, operands, 48)

    def boolean(self, _: Type, depth: int) -> Term:
        """Draw a condition."""
        which = self.pick("junction", "junction", "not", "compare", "compare", "in", "absent", "quantifier")
        if which == "quantifier" and len(self.elements) >= factory.MAX_QUANTIFIERS:
            which = "compare"
        if which == "junction":
            count = self.pick(2, 3, 3)
            return factory.apply(self.pick("and", "or"), [self.term(BOOLEAN, depth) for _ in range(count)])
        if which == "not":
            return factory.apply("!", [self.term(BOOLEAN, depth)])
        if which == "absent":
            return factory.apply("absent", [self.pick(*self.variables)])
        if which == "in":
            if self.pick(True, False, False):
                return factory.apply("in", [self.term(TEXT, depth), self.term(TEXT, depth)])
            item = self.pick(TEXT, SMALL, ANY_MONEY)
            return factory.apply("in", [self.term(item, depth), self.term(ListType(item), depth)])
        if which == "quantifier":
            source = self.term(ListType(self.pick(TEXT, SMALL)), depth)
            assert isinstance(source.type, ListType)
            self.elements.append(source.type.item or TEXT)
            body = self.term(BOOLEAN, depth)
            self.elements.pop()
            return factory.quantifier(self.pick("all", "some", "none"), source, body)
        kind = self.pick(
            SMALL, SMALL, WIDE, RATE, USD, ANY_MONEY, DATE, DATE, DATE_TIME, TEXT, BOOLEAN, CHANNEL
        )
        equality = kind in (TEXT, BOOLEAN, CHANNEL)
        operator = self.pick("==", "!=") if equality else self.pick("==", "!=", "<", "<=", ">", ">=")
        other = self.pick(kind, ANY_MONEY) if isinstance(kind, MoneyType) else kind
        return factory.apply(operator, [self.term(kind, depth), self.term(other, depth)])

    def integer(self, type_: Type, depth: int) -> Term:
        """Draw a whole number."""
        which = self.pick("+", "-", "*", "%", "min", "max", "round", "days", "elapsed")
        if which == "days":
            return factory.apply("days_between", [self.term(DATE, depth), self.term(DATE, depth)])
        if which == "elapsed":
            unit = self.pick("hours_between", "minutes_between", "seconds_between")
            return factory.apply(unit, [self.term(DATE_TIME, depth), self.term(DATE_TIME, depth)])
        if which == "round":
            settings = {"scale": 0, "rounding": self.pick(*ROUNDING_MODES)}
            return factory.apply("round", [self.term(RATE, depth)], settings)
        count = 2 if which == "%" else self.pick(1, 2) if which == "-" else self.pick(2, 3, 9)
        return factory.apply(which, [self.term(type_, depth) for _ in range(count)])

    def decimal(self, type_: Type, depth: int) -> Term:
        """Draw an exact number."""
        which = self.pick("+", "-", "*", "/", "/", "%", "min", "round", "ratio")
        settings = {"scale": self.pick(0, 1, 3), "rounding": self.pick(*ROUNDING_MODES)}
        if which == "ratio":
            return factory.apply("/", [self.term(USD, depth), self.term(USD, depth)], settings)
        if which == "round":
            product = factory.apply("*", [self.term(type_, depth), self.leaf(RATE)])
            return factory.apply("round", [product], settings)
        other = self.pick(type_, SMALL)
        operands = [self.term(type_, depth), self.term(other, depth)]
        return factory.apply(which, operands, settings if which == "/" else None)

    def money(self, type_: Type, depth: int) -> Term:
        """Draw an amount."""
        assert isinstance(type_, MoneyType)
        if type_.currency is None:
            return self.leaf(type_)
        which = self.pick("+", "-", "max", "*", "/", "convert", "convert")
        if which == "convert":
            settings = {"currency": "USD", "rounding": self.pick(*ROUNDING_MODES)}
            return factory.apply("convert", [self.term(ANY_MONEY, depth), self.term(DATE, depth)], settings)
        if which == "*":
            return factory.apply("*", [self.term(type_, depth), self.term(SMALL, depth)])
        if which == "/":
            settings = {"scale": 2, "rounding": self.pick(*ROUNDING_MODES)}
            return factory.apply("/", [self.term(type_, depth), self.term(SMALL, depth)], settings)
        return factory.apply(which, [self.term(type_, depth), self.term(type_, depth)])

    def text(self, type_: Type, depth: int) -> Term:
        """Draw a text."""
        if self.pick(True, False):
            return factory.apply("cat", [self.term(type_, depth), self.term(TEXT, depth)])
        ends = [self.term(SMALL, 0) for _ in range(self.pick(1, 2))]
        return factory.apply("substr", [self.term(type_, depth), *ends])

    def date(self, type_: Type, depth: int) -> Term:
        """Draw a date."""
        which = self.pick("add_days", "add_months", "min", "max")
        other = SMALL if which.startswith("add") else type_
        return factory.apply(which, [self.term(type_, depth), self.term(other, depth)])

    def instant(self, type_: Type, depth: int) -> Term:
        """Draw an instant."""
        which = self.pick("add_hours", "min", "max")
        other = SMALL if which == "add_hours" else type_
        return factory.apply(which, [self.term(type_, depth), self.term(other, depth)])

    def listed(self, type_: Type, depth: int) -> Term:
        """Draw a list."""
        assert isinstance(type_, ListType)
        if type_.item == TEXT and self.pick(True, False):
            names = [self.pick(*self.variables) for _ in range(self.pick(1, 2))]
            return factory.missing(names, self.pick(None, 1))
        item = type_.item or TEXT
        return factory.list_of([self.term(item, depth) for _ in range(self.pick(1, 2))])


#: what the definitions of extra operators read
OPERANDS = tuple(
    Variable(type_, f"p{number}", "operand")
    for number, type_ in enumerate(
        (BOOLEAN, SMALL, WIDE, RATE, USD, ANY_MONEY, TEXT, CHANNEL, DATE, DATE_TIME, ListType(TEXT))
    )
)
RESULTS = (BOOLEAN, SMALL, RATE, USD, TEXT, DATE, DATE_TIME)


def operators_of(draw: st.DrawFn) -> list[ExtraOperator]:
    """Draw a few extra operators, each with a definition of its own."""
    found = []
    for number in range(draw(st.sampled_from((0, 3, 3)))):
        type_ = draw(st.sampled_from(RESULTS))
        maker = TermMaker(draw, list(OPERANDS), [])
        try:
            definition = maker.compound(type_, 2)
        except IllTyped:
            continue
        parts = list(walk(definition))
        read = [operand for operand in OPERANDS if operand in parts]
        if read and definition.children and not any(isinstance(part, Missing) for part in parts):
            words = " ".join(f"{{{parameter.name}}}" for parameter in read)
            name = f"operator_{number}"
            found.append(ExtraOperator(name, TITLE, tuple(read), {"en": words}, definition))
    return found


def variables_in_scope(entity: str) -> list[Variable]:
    """Return the names that a decision about `entity` can read, besides other decisions."""
    facts = [
        Variable(type_, name, "fact")
        for name, type_ in FACTS.items()
        if entity == "lead" or name.startswith(f"{entity}.")
    ]
    parameters = [
        Variable(parameter.type, f"parameters.{name}", "parameter") for name, parameter in PARAMETERS.items()
    ]
    return [
        *facts,
        *parameters,
        Variable(DATE_TIME, "as_of", "time"),
        Variable(DATE, "as_of_date", "time"),
    ]


TITLE = {"en": "title"}


def reason(code: str) -> Reason:
    """Return a reason."""
    return Reason(code, TITLE)


def model() -> FactModel:
    """Return the fact model of the random facts; it has no more than the engine reads of one."""
    entities = {name: Entity(name, TITLE, TITLE, {}, {}, {}, {}) for name in ("lead", "partner")}
    return FactModel("test/facts", "1.0.0", TITLE, TITLE, {}, entities, {}, "sha256:0")


def ruleset(decisions: list[Decision], order: list[str] | None = None, **members: Any) -> Ruleset:
    """Return a ruleset of decisions in evaluation order."""
    return Ruleset(
        name="test/rules",
        version="1.0.0",
        title=TITLE,
        about=TITLE,
        effective_from=None,
        effective_to=None,
        model=members.pop("model", None) or model(),
        parameters=members.pop("parameters", PARAMETERS),
        decisions=tuple(decisions),
        document_order=tuple(order or [decision.name for decision in decisions]),
        document={},
        digest="sha256:1",
        **members,
    )


@st.composite
def rulesets(draw: st.DrawFn, depth: int = 2) -> Ruleset:
    """Return a ruleset of a few decisions, each of which may read the ones before it."""
    decisions: list[Decision] = []
    operators = operators_of(draw)
    for number in range(draw(st.integers(1, 5))):
        entity = draw(st.sampled_from(("lead", "lead", "partner")))
        scope = variables_in_scope(entity)
        for earlier in decisions:
            # a reward is read by the ledger alone
            if not isinstance(earlier, Reward) and entity in ("lead", earlier.entity):
                scope.append(Variable(earlier.type, earlier.name, "decision"))
        maker = DecisionMaker(TermMaker(draw, scope, [], operators), depth)
        decisions.append(maker.decision(f"{entity}.d{number}"))
    names = [decision.name for decision in decisions]
    order = draw(st.permutations(names)) if draw(st.booleans()) else names
    return ruleset(decisions, list(order))


@dataclass
class DecisionMaker:
    """Draws decisions."""

    terms: TermMaker
    depth: int

    def decision(self, name: str) -> Decision:
        """Draw a decision of any kind."""
        kinds = [self.scorecard, self.table, self.table, self.table, self.formula, self.check]
        if name.startswith("lead."):
            kinds.append(self.reward)
        made: Decision = self.terms.pick(*kinds)(name)
        return made

    def common(self, name: str, type_: Type) -> dict[str, Any]:
        """Return what every decision has."""
        return {
            "name": name,
            "type": type_,
            "title": TITLE,
            "description": TITLE,
            "strict": self.terms.pick(True, False),
            "pointer": "",
        }

    def condition(self) -> Term:
        """Draw a condition."""
        return self.terms.term(BOOLEAN, self.depth)

    def scorecard(self, name: str) -> Scorecard:
        """Draw a scorecard of whole numbers or of decimals."""
        pick = self.terms.pick
        type_: Type = pick(IntegerType(), DecimalType(30, 2))
        own = SMALL if isinstance(type_, IntegerType) else RATE
        dynamic = pick(False, False, True)
        groups = pick((), (Group("g", None, 5),), (Group("g", -3, None), Group("h", 0, 10)))
        rows = []
        for number in range(pick(1, 2, 4)):
            points: Term = Literal(own, self.terms.draw(value_of(own)))
            if dynamic and isinstance(own, IntegerType):
                points = self.terms.term(pick(SMALL, WIDE), 1)
            elif dynamic:
                points = pick(points, Variable(RATE, "lead.rate", "fact"))
            group = pick(None, *(group.id for group in groups))
            rows.append(ScoreRow(f"r{number}", self.condition(), points, group, reason(f"c{number}"), ""))
        return Scorecard(
            **self.common(name, type_),
            initial=pick(0, 7),
            minimum=pick(None, 0, 3),
            maximum=pick(None, 10, 50),
            groups=groups,
            rows=tuple(rows),
        )

    def table(self, name: str) -> Table:
        """Draw a table of any hit policy."""
        pick = self.terms.pick
        policy = pick("first", "unique", "any", "collect")
        aggregate = pick("sum", "min", "max", "count") if policy == "collect" else None
        type_ = IntegerType() if policy == "collect" else pick(IntegerType(), TEXT, DATE, BOOLEAN)
        rows = []
        for number in range(pick(1, 2, 3, 5)):
            output = None if aggregate == "count" else self.output(type_)
            rows.append(
                TableRow(f"r{number}", self.condition(), output, pick(None, reason(f"c{number}")), "")
            )
        otherwise = None if aggregate in ("sum", "count") else pick(None, self.output(type_))
        return Table(
            **self.common(name, type_),
            hit_policy=policy,
            aggregate=aggregate,
            rows=tuple(rows),
            otherwise=otherwise,
            otherwise_reason=reason("else") if otherwise is not None else None,
        )

    def output(self, type_: Type) -> Term:
        """Draw an output: a constant more often than not."""
        own = SMALL if isinstance(type_, IntegerType) else type_
        return self.terms.term(own, self.terms.pick(0, 0, 1))

    def formula(self, name: str) -> Formula:
        """Draw a formula of any type."""
        kind = self.terms.pick(*VALUES, ListType(TEXT))
        value = self.terms.term(kind, self.depth + 1)
        return Formula(**self.common(name, value.type), value=value)

    def check(self, name: str) -> Check:
        """Draw a check."""
        return Check(
            **self.common(name, BOOLEAN),
            requirement=self.condition(),
            severity="error",
            citation=None,
            reason=reason("failed"),
        )

    def reward(self, name: str) -> Reward:
        """Draw a reward."""
        amount = self.terms.term(USD, self.depth)
        return Reward(
            **self.common(name, amount.type),
            payee="partner",
            amount=amount,
            accrues_when=self.condition(),
            payable_when=self.condition(),
            reversed_when=self.condition(),
            caps=(),
            work=(),
            reason=self.terms.pick(None, reason("earned")),
        )


#: instants to decide as of
moments = st.sampled_from(
    (
        *INSTANTS,
        datetime(2026, 11, 21, tzinfo=UTC) + timedelta(hours=13, microseconds=1),
        datetime(2026, 12, 31, 23, 59, tzinfo=UTC),
    )
)


@cache
def plausible_value(type_: Type) -> st.SearchStrategy[Any]:
    """Return a strategy for internal values of any type that a fact model declares."""
    match type_:
        case IntegerType(low=low, high=high):
            return st.integers(max(low, -5), min(high, 60)) if low <= 60 else st.integers(low, high)
        case DecimalType():
            return st.integers(-5, 100 * 10**type_.scale)
        case MoneyType(currency=None):
            return st.tuples(st.integers(0, 10**6), st.sampled_from(("USD", "EUR")))
        case MoneyType():
            return st.integers(0, 10**6)
        case OneOfType(values=values):
            return st.sampled_from(values)
        case ListType(item=Type() as item):
            return st.lists(plausible_value(item), max_size=2).map(tuple)
    return VALUES[type_]


@st.composite
def records_for(draw: st.DrawFn, rules: Ruleset) -> dict[str, dict[str, Any]]:
    """Return a checked record of the facts that the decisions of a ruleset about its entities can read."""
    record: dict[str, dict[str, Any]] = {}
    entities = sorted({decision.entity for decision in rules.decisions})
    for entity in entities:
        for name, type_ in rules.model.visible(entity).items():
            key, _, short = name.partition(".")
            facts = record.setdefault(key, {})
            if draw(st.integers(0, 4)):
                facts[short] = draw(plausible_value(type_))
    return record
