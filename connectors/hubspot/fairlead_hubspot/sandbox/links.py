"""Associations between records: pairs, the types that each pair has, and labels of the account's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

__all__ = ["PRIMARY", "Label", "Links", "default_type"]

#: (from, to) -> HubSpot's type id of the association without a label
_DEFAULTS = {
    ("contacts", "companies"): 279,
    ("companies", "contacts"): 280,
    ("deals", "contacts"): 3,
    ("contacts", "deals"): 4,
    ("deals", "companies"): 341,
    ("companies", "deals"): 342,
}
#: the one primary company of a contact or deal, and its other side
PRIMARY = {
    ("contacts", "companies"): 1,
    ("companies", "contacts"): 2,
    ("deals", "companies"): 5,
    ("companies", "deals"): 6,
}
_OTHER_DEFAULT = 9_000


def default_type(from_: str, to: str) -> int:
    """Return the type id of an association without a label; made up where no source names it."""
    return _DEFAULTS.get((from_, to), _OTHER_DEFAULT)


@dataclass(frozen=True, slots=True)
class Label:
    """A label of the account's own, for one direction."""

    type_id: int
    label: str
    name: str


@dataclass
class Links:
    """Every association, kept in both directions: ids in the order in which they were made."""

    labels: dict[tuple[str, str], list[Label]] = field(default_factory=dict)
    _to: dict[tuple[str, str], dict[int, tuple[int, ...]]] = field(default_factory=dict)
    _types: dict[tuple[str, str, int, int], frozenset[int]] = field(default_factory=dict)
    _next_type: int = 1

    def seed(self, from_: str, to: str, pairs: Iterable[tuple[int, int]], label: int | None = None) -> None:
        """Take in associations, with a label where its type id is given."""
        for one, other in pairs:
            if label is None:
                self._join(from_, to, one, other)
            else:
                self.connect(from_, to, one, other, (label,))

    def of(self, from_: str, id_: int, to: str) -> tuple[int, ...]:
        """Return the ids that a record is associated with."""
        return self._to.get((from_, to), {}).get(id_, ())

    def types(self, from_: str, to: str, one: int, other: int) -> list[dict[str, Any]]:
        """Return the types of one association as the interface shows them."""
        shown: list[dict[str, Any]] = []
        primary = PRIMARY.get((from_, to))
        if primary is not None and self._is_primary(from_, to, one, other):
            shown.append({"category": "HUBSPOT_DEFINED", "typeId": primary, "label": "Primary"})
        shown.append({"category": "HUBSPOT_DEFINED", "typeId": default_type(from_, to), "label": None})
        own = self._types.get((from_, to, one, other), frozenset())
        shown.extend(
            {"category": "USER_DEFINED", "typeId": each.type_id, "label": each.label}
            for each in self.labels.get((from_, to), ())
            if each.type_id in own
        )
        return shown

    def connect(self, from_: str, to: str, one: int, other: int, type_ids: Iterable[int] = ()) -> None:
        """Associate two records, with labels where given; what is there already stays."""
        self._join(from_, to, one, other)
        own = {each.type_id for each in self.labels.get((from_, to), ())}
        for type_id in set(type_ids) & own:
            there, back = (from_, to, one, other), (to, from_, other, one)
            self._types[there] = self._types.get(there, frozenset()) | {type_id}
            self._types[back] = self._types.get(back, frozenset()) | {self._inverse(from_, to, type_id)}

    def unlabel(self, from_: str, to: str, one: int, other: int, type_ids: Iterable[int]) -> None:
        """Take labels off an association; the association itself stays."""
        there, back = (from_, to, one, other), (to, from_, other, one)
        gone = set(type_ids)
        self._types[there] = self._types.get(there, frozenset()) - gone
        inverse = {self._inverse(from_, to, each) for each in gone}
        self._types[back] = self._types.get(back, frozenset()) - inverse

    def part(self, from_: str, to: str, one: int, other: int) -> None:
        """Take an association away with all its labels."""
        for ends, id_, gone in (((from_, to), one, other), ((to, from_), other, one)):
            held = self._to.get(ends, {})
            held[id_] = tuple(each for each in held.get(id_, ()) if each != gone)
            self._types.pop((*ends, id_, gone), None)

    def add_label(self, from_: str, to: str, label: str, name: str) -> list[Label]:
        """Make a label; both directions get a type id of their own."""
        made = []
        for ends in ((from_, to), (to, from_)):
            made.append(Label(self._next_type, label, name))
            self.labels.setdefault(ends, []).append(made[-1])
            self._next_type += 1
        return made

    def drop_label(self, from_: str, to: str, type_id: int) -> bool:
        """Remove a label and take it off every association; False where there is none."""
        kept = self.labels.get((from_, to), [])
        if all(each.type_id != type_id for each in kept):
            return False
        inverse = self._inverse(from_, to, type_id)
        for ends, gone in (((from_, to), type_id), ((to, from_), inverse)):
            self.labels[ends] = [each for each in self.labels.get(ends, []) if each.type_id != gone]
            for key, own in list(self._types.items()):
                if key[:2] == ends and gone in own:
                    self._types[key] = own - {gone}
        return True

    def forget(self, type_: str, id_: int) -> None:
        """Take away all associations of a record."""
        for from_, to in list(self._to):
            if from_ == type_:
                for other in self.of(from_, id_, to):
                    self.part(from_, to, id_, other)

    def move(self, type_: str, old: Iterable[int], new: int) -> None:
        """Give a merged record the associations of those that it is made of."""
        for id_ in old:
            for from_, to in list(self._to):
                if from_ == type_:
                    for other in self.of(from_, id_, to):
                        own = self._types.get((from_, to, id_, other), frozenset())
                        self.part(from_, to, id_, other)
                        self.connect(from_, to, new, other, own)

    def pairs(self) -> Iterator[tuple[str, str, int, int, list[str]]]:
        """Yield every association in one direction, with the labels of the account's own."""
        for (from_, to), held in sorted(self._to.items()):
            if from_ <= to:
                for one, others in sorted(held.items()):
                    for other in others:
                        own = self.types(from_, to, one, other)
                        yield from_, to, one, other, [each["label"] for each in own if each["label"]]

    def _join(self, from_: str, to: str, one: int, other: int) -> None:
        for ends, id_, new in (((from_, to), one, other), ((to, from_), other, one)):
            held = self._to.setdefault(ends, {})
            if new not in held.get(id_, ()):
                held[id_] = (*held.get(id_, ()), new)

    def _is_primary(self, from_: str, to: str, one: int, other: int) -> bool:
        if to == "companies":
            return self.of(from_, one, to)[:1] == (other,)
        return self.of(to, other, from_)[:1] == (one,)

    def _inverse(self, from_: str, to: str, type_id: int) -> int:
        place = [each.type_id for each in self.labels.get((from_, to), [])].index(type_id)
        return self.labels[(to, from_)][place].type_id
