"""Cases: fields that people removed, changed or renamed in the CRM are noticed, never misread."""

from __future__ import annotations

import pytest

from fairlead.plugins.failures import FailureKind
from fairlead.plugins.fields import FieldKind
from fairlead.plugins.records import ReadQuery
from fairlead.testing.conformance.reading import expect, read_through, word
from fairlead.testing.conformance.rig import Cases, Rig
from fairlead.testing.conformance.stage import Stage, all_failed
from fairlead.testing.seed import LEAD_INPUTS

__all__ = ["DriftCases"]

#: by then a run under way has looked at the fields anew, in seconds
_LOOKED_AGAIN = 75.0


class DriftCases(Cases):
    """The account changes under the connector."""

    def test_a_removed_field_is_noticed(self, rig: Rig, stage: Stage) -> None:
        """`describe` no longer has it, and reading it fails or marks each record; it is never just empty."""
        stage.need("drop_field")
        query, field = stage.query(), _filled(stage, str)
        stage.do("drop_field", stage.object(), field)
        _is_gone(rig, stage, query, field)

    def test_a_renamed_field_is_noticed(self, rig: Rig, stage: Stage) -> None:
        """`describe` has the new name, and reading the old one fails or marks each record."""
        stage.need("rename_field")
        query, field = stage.query(), _filled(stage, str)
        other = stage.connector.field_name("renamed")
        stage.do("rename_field", stage.object(), field, other)
        _is_gone(rig, stage, query, field)
        (described,) = stage.reopen().describe([stage.object()])
        expect(
            described.field(other) is not None, f"`describe` does not give `{other}`, the field's new name"
        )

    def test_a_field_of_another_kind_is_noticed(self, rig: Rig, stage: Stage) -> None:
        """`describe` tells the new kind, and values come as that kind, or marked, or not at all."""
        stage.need("retype_field")
        query, field = stage.query(), _filled(stage, int)
        stage.do("retype_field", stage.object(), field, FieldKind.TEXT.value)
        (described,) = stage.reopen().describe([stage.object()])
        info = described.field(field)
        kind = info.kind if info is not None else None
        expect(
            kind is FieldKind.TEXT,
            f"`{field}` is a text now; `describe` says {kind or 'that it is not there'}",
        )
        outcome = rig.attempt(read_through, stage.reopen(), query)
        for record in outcome.value.records if outcome.value is not None else ():
            value = None if record.problem is not None else record.values[field]
            expect(
                value is None or isinstance(value, str),
                f"`{field}` is a text now; a new run reads it of record {record.id} as {word(value)}",
            )

    def test_a_write_to_a_removed_field_fails(self, stage: Stage) -> None:
        """Each change of a field that is gone fails and says which field; none counts as written.

        Where the CRM does not say so itself, the connector has to look at the fields once a minute.
        """
        stage.need("drop_field")
        field = stage.field()
        ids = stage.ids(3)
        stage.write(stage.changes(field, dict.fromkeys(ids, "before")))
        stage.do("drop_field", stage.object(), field)
        stage.sandbox.advance(_LOOKED_AGAIN)
        results = stage.write(stage.changes(field, dict.fromkeys(ids, "after")))
        all_failed(results, FailureKind.STOP, FailureKind.REJECT)
        for result in results:
            expect(
                result.failure is not None and field in f"{result.failure} {result.failure.field}",
                f"the failure does not name the field `{field}`: {result.failure}",
            )


def _filled(stage: Stage, type_: type) -> str:
    """Return a field of ours that the mapping reads and that holds values of a type."""
    ours = {stage.connector.field_name(each.base) for each in LEAD_INPUTS}
    for record in stage.truth().values():
        for name, value in record.values.items():
            if name in ours and type(value) is type_:
                return name
    pytest.skip("the sandbox has no field of ours of the kind that the case changes")


def _is_gone(rig: Rig, stage: Stage, query: ReadQuery, field: str) -> None:
    __tracebackhide__ = True
    (described,) = stage.reopen().describe([stage.object()])
    expect(described.field(field) is None, f"`{field}` is gone; `describe` still gives it")
    for when, connector in (("in a run under way", stage.connector), ("in a new run", stage.reopen())):
        outcome = rig.attempt(read_through, connector, query)
        if outcome.failure is not None:
            expect(
                field in f"{outcome.failure} {outcome.failure.field}",
                f"{when}, reading the removed field `{field}` fails without naming it: {outcome.failure}",
            )
        elif outcome.value is not None:
            silent = [record.id for record in outcome.value.records if record.problem is None]
            expect(
                not silent,
                f"{when}, `{field}` is gone and {len(silent):,} records are read as if it were empty: "
                "what people entered would be taken for erased",
            )
