"""The facts of one case as unknowns, within what input checking admits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import z3

from fairlead.audit.encoding.conditions import TRUE, all_of, implies
from fairlead.audit.encoding.space import Space
from fairlead.audit.encoding.values import DAY, LAST_INSTANT, ListValue, Symbolic, Value, admitted, listed
from fairlead.facts.model import Aggregate, Fact, FactModel
from fairlead.facts.types import BooleanType, ListType, MoneyType, OneOfType, Type

__all__ = ["Facts", "Time"]

#: no time zone is further from UTC, in microseconds
_FURTHEST_ZONE = 14 * 3_600_000_000


class Time:
    """The instant of an evaluation and its day; `domain` is what holds of them.

    The day is that of the instant in some time zone; which one is the project's affair.
    """

    def __init__(self, tag: str, first_day: int, last_day: int) -> None:
        self.as_of = z3.Int(f"{tag}:as_of")
        self.as_of_date = z3.Int(f"{tag}:as_of_date")
        start = (self.as_of_date - 1) * DAY
        self.domain: tuple[z3.BoolRef, ...] = (
            self.as_of >= 0,
            self.as_of <= LAST_INSTANT,
            self.as_of_date >= first_day,
            self.as_of_date <= last_day,
            self.as_of >= start - _FURTHEST_ZONE,
            self.as_of < start + DAY + _FURTHEST_ZONE,
        )


class Facts:
    """The facts that a case about `entity` may bring along, made as they are read.

    `tag` keeps the names of two cases apart. `values` are the facts read so far by full name, `exists`
    whether the record of a key is there; the case's own record always is. `touched` are the facts and keys
    that were asked for since it was last emptied.
    """

    def __init__(self, space: Space, model: FactModel, entity: str, tag: str) -> None:
        self.space = space
        self.model = model
        self.entity = entity
        self.tag = tag
        self.values: dict[str, Symbolic] = {}
        self.exists: dict[str, z3.BoolRef] = {entity: TRUE}
        self.touched: set[str] = set()
        self._domain: dict[str, list[z3.BoolRef]] = {}

    @property
    def keys(self) -> Mapping[str, str]:
        """The keys that a record of this case may have, with the entity of each."""
        own = self.model.entities[self.entity]
        return {self.entity: self.entity, **{name: link.entity for name, link in own.links.items()}}

    def record_exists(self, key: str) -> z3.BoolRef:
        """Tell whether the record under a key is there."""
        self.touched.add(key)
        if key not in self.exists:
            self.exists[key] = z3.Bool(f"{self.tag}:{key}")
        return self.exists[key]

    def fact(self, name: str) -> Fact | Aggregate:
        """Return the fact or aggregate that a name stands for."""
        key, _, short = name.partition(".")
        found = self.model.entities[self.keys[key]].get(short)
        assert found is not None, f"{name} was type-checked"
        return found

    def read(self, name: str) -> Symbolic:
        """Return the value of a fact by its full name, such as `partner.code`."""
        self.touched.add(name)
        if name not in self.values:
            self.values[name] = self._made(name)
        return self.values[name]

    def domain(self, names: Iterable[str]) -> list[z3.BoolRef]:
        """Return what input checking admits of the facts of these names."""
        conditions = []
        for name in sorted(names):
            if "." in name:
                self.read(name)
                conditions += self._domain[name]
        return conditions

    def _made(self, name: str) -> Symbolic:
        fact = self.fact(name)
        label = f"{self.tag}:{name}"
        known = z3.Bool(f"{label}?")
        self._domain[name] = [implies(known, self.record_exists(name.partition(".")[0]))]
        if isinstance(fact.type, ListType):
            return self._list(label, fact.type, known)
        low, high = (fact.low, fact.high) if isinstance(fact, Fact) else (None, None)
        if isinstance(fact, Aggregate):
            low = self._least(fact)
        return self._single(name, fact.type, known, low, high)

    def _least(self, aggregate: Aggregate) -> int | None:
        """Return the least value of a sum of what is never negative."""
        summed = self.model.get(str(aggregate.value)) if aggregate.function == "sum" else None
        return 0 if isinstance(summed, Fact) and summed.low is not None and summed.low >= 0 else None

    def _single(self, name: str, type_: Type, known: z3.BoolRef, low: int | None, high: int | None) -> Value:
        label = f"{self.tag}:{name}"
        if isinstance(type_, BooleanType):
            return Value(known, z3.Bool(label))
        term = z3.Int(label)
        self._domain[name].append(admitted(self.space, type_, term, low, high))
        currency = None
        if isinstance(type_, MoneyType) and type_.currency is None:
            currency = z3.Int(f"{label}#currency")
            self._domain[name].append(all_of((currency >= 0, currency < len(self.space.currencies))))
        return Value(known, term, currency)

    def _list(self, label: str, type_: ListType, known: z3.BoolRef) -> ListValue:
        item = type_.item
        if isinstance(item, OneOfType):
            values = [(value, z3.Bool(f"{label}={value}")) for value in item.values]
            return listed(
                known,
                [(held, Value(TRUE, z3.IntVal(self.space.text(value)))) for value, held in values],
            )
        if isinstance(item, BooleanType):
            both = [(z3.Bool(f"{label}={value}"), Value(TRUE, z3.BoolVal(value))) for value in (True, False)]
            return listed(known, both)
        # of other lists only membership is known: equal lists have equal values in them
        identity = z3.Int(f"{label}#list")
        asked: list[tuple[Value, z3.BoolRef]] = []
        name = label.partition(":")[2]

        def member(wanted: Value) -> z3.BoolRef:
            parts = [wanted.term] if wanted.currency is None else [wanted.term, wanted.currency]
            found = self.space.applied(f"in {name}", z3.BoolSort(), [identity, *parts])
            asked.append((wanted, found))
            return found

        return ListValue(known, None, member, identity, asked)
