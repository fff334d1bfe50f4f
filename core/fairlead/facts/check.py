"""Input checking: from a record as it comes (JSON values) to internal values, or to every bad fact.

Every record passes here, so there are two paths with one meaning. The quick one knows the common forms and
remembers texts that it has parsed; it gives up on anything else. Then the full one parses the record and
collects what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from functools import partial
from typing import Any

from fairlead.documents.found import found_text, json_kind
from fairlead.documents.positions import join_pointer
from fairlead.facts.model import Aggregate, Entity, Fact, FactModel
from fairlead.facts.types import (
    BooleanType,
    DateTimeType,
    DateType,
    DecimalType,
    IntegerType,
    MoneyType,
    OneOfType,
    TextType,
)
from fairlead.facts.values import UnfitValue, internal_from_json
from fairlead.problems import Problem, RecordError, nearest_name

__all__ = ["Check", "compile_check"]

#: from a raw record to a checked one; raises RecordError
Check = Callable[[Mapping[str, Any]], dict[str, dict[str, Any]]]

#: one entity's raw facts to checked facts; raises one of _NOT_QUICK for what it does not know
_QuickCheck = Callable[[Any], dict[str, Any]]

#: how many parsed texts of one fact are remembered
_MOST_REMEMBERED = 2**15


class _NotQuickError(Exception):
    """The quick path does not know this form."""


_NOT_QUICK = (_NotQuickError, KeyError, TypeError, UnfitValue, UnicodeEncodeError)


def compile_check(model: FactModel, zone: tzinfo = UTC) -> Check:
    """Return the function that checks records against a model; naive times are clock times in `zone`.

    A record is an object of entities (or linked records, by the link's name), each an object of facts:
    `{"lead": {"channel": "phone"}}`. The checked record has the same keys with internal values; what is
    null or empty text is left out. Related records stand as a list under the name of the related list.
    The function raises RecordError with every bad fact, and nothing else, whatever it is given.
    """
    keys = dict(model.record_keys())
    # related records hold their own facts only: an aggregate looks no further
    of_related = {name: _quick_check(entity, {}, zone) for name, entity in model.entities.items()}
    of_entity = {name: _quick_check(entity, of_related, zone) for name, entity in model.entities.items()}
    quick = {key: of_entity[entity] for key, entity in keys.items()}
    careful = _CarefulCheck(model, keys, zone)

    def check(record: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        if type(record) is not dict:
            return careful(record)
        try:
            if len(record) == 1:
                # the common case, for which a loop over items costs a twentieth more
                [key] = record
                return {key: quick[key](record[key])}
            return {key: quick[key](raw) for key, raw in record.items()}
        except _NOT_QUICK:
            return careful(record)

    return check


class _Remembered(dict[Any, Any]):
    """The internal values of texts, each parsed on first use; starts again when it is full."""

    def __init__(self, parse: Callable[[Any], Any]) -> None:
        super().__init__()
        self._parse = parse

    def __missing__(self, text: object) -> object:
        value = self._parse(text)
        # only texts: 1, 1.0 and true are one key
        if type(text) is str:
            if len(self) >= _MOST_REMEMBERED:
                self.clear()
            self[text] = value
        return value


def _parser(fact: Fact | Aggregate, zone: tzinfo) -> Callable[[Any], Any]:
    low, high = (fact.low, fact.high) if isinstance(fact, Fact) else (None, None)
    return partial(internal_from_json, fact.type, zone=zone, low=low, high=high)


class _Tables:
    """What the quick path looks up, by the short names of one entity's facts."""

    def __init__(self, entity: Entity, of_related: Mapping[str, _QuickCheck], zone: tzinfo) -> None:
        facts: dict[str, Fact | Aggregate] = {**entity.facts, **entity.aggregates}
        self.parsers = {short: _parser(fact, zone) for short, fact in facts.items()}
        self.booleans = frozenset(
            short for short, fact in facts.items() if isinstance(fact.type, BooleanType)
        )
        #: None stands for free text, which is its own internal value
        self.texts: dict[str, Mapping[str, Any] | None] = {}
        self.ranges: dict[str, tuple[int, int]] = {}
        #: fact -> currency -> amount as written -> internal value; plain dictionaries are the fastest
        self.amounts: dict[str, dict[str, dict[str, Any]]] = {}
        for short, fact in facts.items():
            match fact.type:
                case TextType():
                    self.texts[short] = None
                case OneOfType(values=values):
                    self.texts[short] = {value: value for value in values}
                case IntegerType(low=low, high=high):
                    self.ranges[short] = (low, high)
                case MoneyType():
                    self.amounts[short] = {}
                case DateType() | DateTimeType() | DecimalType():
                    self.texts[short] = _Remembered(self.parsers[short])
        self._related = {
            name: (of_related[related.entity], frozenset(_aggregates_of(entity, name)))
            for name, related in entity.related.items()
            if related.entity in of_related
        }

    def new_amount(self, name: str, value: dict[str, Any]) -> Any:
        """Return the internal value of an amount that was not seen before, and remember it."""
        if name not in self.amounts or len(value) != 2:
            raise _NotQuickError
        internal = self.parsers[name](value)
        amount = value["amount"]
        # only texts: 1, 1.0 and true are one key
        if type(amount) is str:
            amounts = self.amounts[name].setdefault(value["currency"], {})
            if len(amounts) >= _MOST_REMEMBERED:
                amounts.clear()
            amounts[amount] = internal
        return internal

    def other_value(self, raw: dict[str, Any], name: str, value: Any) -> Any:
        """Return the checked form of related records, or of a value that has no table."""
        if name not in self._related or type(value) is not list:
            return self.parsers[name](value)
        check_record, computed = self._related[name]
        if not computed.isdisjoint(raw):
            raise _NotQuickError
        return [check_record(item) for item in value]


def _quick_check(  # noqa: C901 - one function without calls, because it runs for every record
    entity: Entity, of_related: Mapping[str, _QuickCheck], zone: tzinfo
) -> _QuickCheck:
    tables = _Tables(entity, of_related, zone)
    parsers, booleans, texts = tables.parsers, tables.booleans, tables.texts
    ranges, amounts, other_value = tables.ranges, tables.amounts, tables.other_value
    new_amount = tables.new_amount

    def quick(raw: Any) -> dict[str, Any]:  # noqa: C901 - one branch for each kind of value
        if type(raw) is not dict:
            raise _NotQuickError
        values: dict[str, Any] = {}
        for name, value in raw.items():
            if value is True or value is False:
                if name not in booleans:
                    raise _NotQuickError
                values[name] = value
            elif type(value) is str:
                known = texts[name]
                if known is not None:
                    if value:
                        values[name] = known[value]
                elif value:
                    if not value.isascii():
                        value.encode()
                    values[name] = value
            elif type(value) is dict:
                if len(value) != 2:
                    raise _NotQuickError
                try:
                    values[name] = amounts[name][value["currency"]][value["amount"]]
                except KeyError:
                    values[name] = new_amount(name, value)
            elif value is None:
                if name not in parsers:
                    raise _NotQuickError
            elif type(value) is int and name in ranges:
                low, high = ranges[name]
                if not low <= value <= high:
                    raise _NotQuickError
                values[name] = value
            else:
                values[name] = other_value(raw, name, value)
        return values

    return quick


def _aggregates_of(entity: Entity, related: str) -> list[str]:
    return [short for short, aggregate in entity.aggregates.items() if aggregate.of == related]


class _CarefulCheck:
    """Checks a record in full and collects what is wrong with it."""

    def __init__(self, model: FactModel, keys: Mapping[str, str], zone: tzinfo) -> None:
        self._model = model
        self._keys = keys
        self._zone = zone

    def __call__(self, record: object) -> dict[str, dict[str, Any]]:
        if not isinstance(record, dict):
            message = f"a record must be an object of entities; this is {json_kind(record)}"
            raise RecordError([Problem("bad-record", message, found=found_text(record))])
        problems: list[Problem] = []
        checked: dict[str, dict[str, Any]] = {}
        for key, raw in record.items():
            entity = self._keys.get(key) if isinstance(key, str) else None
            if entity is None:
                problems.append(self._unknown_entity(key))
            elif not _is_absent(raw):
                checked[key] = self._entity(self._model.entities[entity], raw, [key], problems)
        if problems:
            raise RecordError(problems)
        return checked

    def _unknown_entity(self, key: object) -> Problem:
        shown = found_text(key)
        return Problem(
            "unknown-entity",
            f"`{shown}` is not an entity of the fact model",
            join_pointer([shown]),
            found=shown,
            allowed=tuple(self._keys),
            nearest=nearest_name(shown, self._keys),
        )

    def _entity(
        self, entity: Entity, raw: object, path: list[str | int], problems: list[Problem]
    ) -> dict[str, Any]:
        """Return the checked facts of one record; `path` leads to it."""
        values: dict[str, Any] = {}
        subject = ".".join(str(part) for part in path)
        if not isinstance(raw, dict):
            message = f"`{subject}` must be an object of facts; this is {json_kind(raw)}"
            problems.append(Problem("wrong-type", message, join_pointer(path), found=found_text(raw)))
            return values
        for name, value in raw.items():
            fact = entity.get(name) if isinstance(name, str) else None
            if fact is not None:
                if not _is_absent(value):
                    self._fact(fact, value, [*path, name], problems, values)
            elif name in entity.related and len(path) == 1:
                if not _is_absent(value):
                    values[name] = self._related(entity, name, value, [*path, name], problems)
            else:
                problems.append(_unknown_fact(entity, name, path))
        for aggregate in entity.aggregates.values():
            if aggregate.short in values and aggregate.of in values:
                message = (
                    f"`{subject}.{aggregate.short}` is stated, and also the records in "
                    f"`{subject}.{aggregate.of}` that it is computed from"
                )
                pointer = join_pointer([*path, aggregate.short])
                problems.append(Problem("stated-twice", message, pointer, remedy="leave out one of them"))
        return values

    def _fact(
        self,
        fact: Fact | Aggregate,
        value: object,
        path: list[str | int],
        problems: list[Problem],
        values: dict[str, Any],
    ) -> None:
        try:
            values[fact.short] = _parser(fact, self._zone)(value)
        except UnfitValue as unfit:
            problems.append(unfit.problem(".".join(str(part) for part in path), join_pointer(path)))

    def _related(
        self, entity: Entity, name: str, value: object, path: list[str | int], problems: list[Problem]
    ) -> list[dict[str, Any]]:
        if not isinstance(value, list | tuple):
            subject = ".".join(str(part) for part in path)
            message = f"`{subject}` must be a list of records; this is {json_kind(value)}"
            problems.append(Problem("wrong-type", message, join_pointer(path), found=found_text(value)))
            return []
        record = self._model.entities[entity.related[name].entity]
        return [self._entity(record, item, [*path, index], problems) for index, item in enumerate(value)]


def _is_absent(value: object) -> bool:
    return value is None or (type(value) is str and not value)


def _unknown_fact(entity: Entity, name: object, path: list[str | int]) -> Problem:
    shown = found_text(name)
    subject = ".".join(str(part) for part in path)
    allowed = [*entity.facts, *entity.aggregates, *(entity.related if len(path) == 1 else ())]
    nearest = nearest_name(shown, allowed)
    return Problem(
        "unknown-fact",
        f"`{subject}.{shown}` is not a fact of the fact model",
        join_pointer([*path, shown]),
        found=f"{subject}.{shown}",
        allowed=tuple(f"{subject}.{short}" for short in allowed),
        nearest=None if nearest is None else f"{subject}.{nearest}",
    )
