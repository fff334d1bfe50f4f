"""A sandbox with a connector open on it, and what most cases do with the two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from fairlead.plugins.connector import Connector
from fairlead.plugins.failures import FailureKind
from fairlead.plugins.fields import FieldKind, FieldSpec, Option
from fairlead.plugins.records import Change, ReadQuery, Record, Scalar, WriteResult
from fairlead.testing.conformance.reading import (
    Deletions,
    Reading,
    expect,
    read_deletions,
    read_through,
    word,
)
from fairlead.testing.server import SandboxServer

__all__ = ["BULK", "KIT_VALUES", "Stage", "alike", "all_failed", "all_written", "kit_spec", "unknown_id"]

#: longer than any connector's margin for what its CRM shows late, in seconds
_SETTLED = 3_600.0

#: so many changes at once go over a bulk interface where there is one
BULK = 6_000

_OPTIONS = (Option("now", "Call now"), Option("soon", "Soon"), Option("not_now", "Not now"))

#: values of each kind that connectors have been seen to spoil; they are written and read back equal
KIT_VALUES: Mapping[FieldKind, tuple[Scalar, ...]] = {
    FieldKind.TEXT: (
        'Ayşe "Ay" O\'Neill, Dr.',
        "أحمد 🙂",
        "=1+1",
        "007",
        "null",
        "true",
        "a & b < c > d; 100% \\ /",
    ),
    FieldKind.LONG_TEXT: (
        'Submitted medical records: +25\nAsked for dates, "soon"; O\'Neill\n\nŞükran: 😀',
        "ü" * 1_500,
    ),
    FieldKind.BOOLEAN: (True, False),
    FieldKind.INTEGER: (0, -7, 75, 2_000_000),
    FieldKind.DECIMAL: (Decimal("0.1"), Decimal("-12345.67"), Decimal("9999999.99"), Decimal(250)),
    FieldKind.DATE: (date(2026, 11, 21), date(2024, 2, 29), date(2027, 1, 1)),
    FieldKind.DATE_TIME: (
        datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, 59, tzinfo=UTC),
        datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC),
    ),
    FieldKind.ONE_OF: ("now", "not_now"),
    FieldKind.MANY_OF: (("soon",), ("now", "not_now")),
}


def kit_spec(connector: Connector, object_: str, kind: FieldKind) -> FieldSpec:
    """Return the field of a kind that the kit has provisioned for itself."""
    has_options = kind in (FieldKind.ONE_OF, FieldKind.MANY_OF)
    is_decimal = kind is FieldKind.DECIMAL
    return FieldSpec(
        object=object_,
        name=connector.field_name(f"kit_{kind.value}"),
        label=f"Kit {kind.value.replace('_', ' ')}",
        kind=kind,
        purpose="result",
        description="Made by the conformance kit.",
        options=_OPTIONS if has_options else (),
        length={FieldKind.TEXT: 120, FieldKind.LONG_TEXT: 2_000}.get(kind),
        precision=12 if is_decimal else None,
        scale=2 if is_decimal else None,
    )


@dataclass(slots=True)
class Stage:
    """A sandbox, a connector open on it, and `reopen`, which opens another one as a new run would."""

    sandbox: SandboxServer
    connector: Connector
    reopen: Callable[[], Connector]

    def object(self, role: str = "lead") -> str:
        """Return the CRM's object in a role; skips the case where the CRM has none."""
        if role not in self.sandbox.objects:
            pytest.skip(f"the sandbox has no object in the role `{role}`")
        return self.sandbox.objects[role]

    def query(self, role: str = "lead", *, extra: tuple[str, ...] = ()) -> ReadQuery:
        """Return what the default mapping reads of a role, and `extra` fields."""
        self.object(role)
        query = self.sandbox.query(role)
        return replace(query, fields=(*query.fields, *extra))

    def truth(self, role: str = "lead") -> Mapping[str, Record]:
        """Return the sandbox's records of a role, as they are to be read."""
        return self.sandbox.truth(role)

    def ids(self, count: int, role: str = "lead") -> list[str]:
        """Return the first ids of a role that can be written to."""
        found = [id_ for id_, record in self.truth(role).items() if not record.became]
        expect(len(found) >= count, f"the sandbox holds {len(found)} records of `{role}`; {count} are needed")
        return found[:count]

    def read(self, cursor: str | None = None, role: str = "lead", since: datetime | None = None) -> Reading:
        """Read the changes of a role to the end."""
        __tracebackhide__ = True
        return read_through(self.connector, self.query(role), cursor, since)

    def deletions(self, cursor: str | None = None, role: str = "lead") -> Deletions:
        """Read the deletions of a role to the end."""
        __tracebackhide__ = True
        return read_deletions(self.connector, self.object(role), cursor)

    def do(self, action: str, *arguments: Any, **named: Any) -> Any:
        """Do what a person could do in the CRM; skips the case where the sandbox does not offer it."""
        self.need(action)
        with self.sandbox.lock:
            return self.sandbox.actions()[action](*arguments, **named)

    def need(self, *actions: str) -> None:
        """Skip the case unless the sandbox offers these actions."""
        for action in actions:
            if action not in self.sandbox.actions():
                pytest.skip(f"the sandbox offers no action `{action}`")

    def at_call(self, number: int, action: str) -> None:
        """Do something ahead of one of the next calls, counted from 0: while an operation is under way."""
        self.need(action)
        chosen = len(self.sandbox.calls) + number

        def act(before: int) -> None:
            if before == chosen:
                self.do(action)

        self.sandbox.on_call = act

    def calls_of(self, operation: Callable[[], Any]) -> int:
        """Return how many calls an operation makes once everything is warm."""
        operation()
        before = len(self.sandbox.calls)
        operation()
        return len(self.sandbox.calls) - before

    def settle(self) -> None:
        """Let so much time pass that the CRM shows everything that was done."""
        self.sandbox.advance(_SETTLED)

    def provision(self, *kinds: FieldKind, role: str = "lead") -> dict[FieldKind, str]:
        """Provision the kit's fields and return their API names by kind.

        A kind that the CRM's interface cannot create, which the connector explains, is left out.
        """
        __tracebackhide__ = True
        specs = [kit_spec(self.connector, self.object(role), kind) for kind in kinds]
        names: dict[FieldKind, str] = {}
        steps = self.connector.provision(specs, dry_run=False)
        for spec in specs:
            about = [step for step in steps if step.spec is not None and step.spec.name == spec.name]
            expect(bool(about), f"`provision` gave no step about the field `{spec.name}`")
            failed = next((step.failure for step in about if step.failure is not None), None)
            expect(failed is None, f"`provision` could not make the field `{spec.name}`: {failed}")
            if all(step.action == "explain" for step in about):
                continue
            names[spec.kind] = next((step.name for step in about if step.name), spec.name)
        return names

    def field(self, kind: FieldKind = FieldKind.TEXT) -> str:
        """Provision the kit's field of one kind on leads and return its API name."""
        __tracebackhide__ = True
        names = self.provision(kind)
        if kind not in names:
            pytest.skip(f"the CRM's interface cannot create a field of the kind `{kind}`")
        return names[kind]

    def values(self, field: str, ids: Sequence[str]) -> dict[str, Scalar]:
        """Return what a field holds, by id of the records that are there, as a new run reads it."""
        __tracebackhide__ = True
        connector = self.reopen()
        records = connector.read(ReadQuery(self.object(), (field,)), ids)
        for record in records:
            expect(record.problem is None, f"record {record.id} was read with the problem `{record.problem}`")
        return {record.id: record.values[field] for record in records}

    def changes(self, field: str, values: Mapping[str, Scalar]) -> list[Change]:
        """Return the changes that give a field these values, by id."""
        return [Change(self.object(), id_, {field: value}) for id_, value in values.items()]

    def write(self, changes: Sequence[Change], connector: Connector | None = None) -> list[WriteResult]:
        """Write, and check that there is one result for each change, in their order."""
        __tracebackhide__ = True
        results = (connector or self.connector).write(changes)
        expect(
            len(results) == len(changes),
            f"{len(changes):,} changes were written, {len(results):,} results came",
        )
        wrong = next((pair for pair in zip(changes, results, strict=True) if pair[0].id != pair[1].id), None)
        expect(
            wrong is None,
            "the results are not in the order of the changes: where the CRM shuffles them, match them by id "
            f"(expected {wrong and wrong[0].id}, found {wrong and wrong[1].id})",
        )
        for each in results:
            stamp = each.modified_at
            expect(stamp is None or stamp.tzinfo is not None, f"the stamp of record {each.id} has no zone")
        return results

    def holds(self, field: str, wanted: Mapping[str, Scalar]) -> None:
        """Fail unless the field of each record holds what was wanted, as a new run reads it."""
        __tracebackhide__ = True
        found = self.values(field, list(wanted))
        wrong = [
            f"record {id_}: `{field}` holds {word(found.get(id_))}, wanted is {word(value)}"
            for id_, value in wanted.items()
            if not alike(found.get(id_), value)
        ]
        expect(not wrong, "\n".join(wrong[:8]))


def all_written(results: Iterable[WriteResult]) -> None:
    """Fail unless every change was written."""
    __tracebackhide__ = True
    failed = [f"record {each.id}: {each.failure}" for each in results if each.failure is not None]
    expect(not failed, "not written:\n" + "\n".join(failed[:8]))


def all_failed(results: Iterable[WriteResult], *kinds: FailureKind) -> None:
    """Fail unless every change failed with one of these kinds."""
    __tracebackhide__ = True
    allowed = " or ".join(kind.name for kind in kinds)
    for each in results:
        expect(each.failure is not None, f"record {each.id} counts as written; it cannot have been")
        kind = each.failure.kind if each.failure else None
        expect(
            kind in kinds, f"record {each.id} failed as {kind and kind.name}, to be {allowed}: {each.failure}"
        )


def unknown_id(known: Iterable[str]) -> str:
    """Return an id of the form that known ids have, which no record has."""
    taken = set(known)
    pattern = max(taken, default="1")
    nines = "9" * (len(pattern) - len(pattern) // 3)
    return next(
        id_
        for id_ in (f"{pattern[: len(pattern) // 3]}{nines[: -len(end)]}{end}" for end in ("7", "3", "1"))
        if id_ not in taken
    )


def alike(found: Scalar, wanted: Scalar) -> bool:
    """Tell whether a value came back as it was written.

    The order of many options is the CRM's, and a check box that was emptied may read as false.
    """
    if isinstance(found, tuple) and isinstance(wanted, tuple):
        return sorted(found) == sorted(wanted)
    if wanted is None:
        return found is None or found is False
    return type(found) is type(wanted) and found == wanted
