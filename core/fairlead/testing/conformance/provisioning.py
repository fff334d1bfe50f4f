"""Cases: fields of ours are made, seen, left alone where they exist, and taken away without a trace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from fairlead.plugins.fields import FieldInfo, FieldKind, FieldSpec, SetupStep
from fairlead.plugins.records import Scalar
from fairlead.testing.conformance.reading import expect
from fairlead.testing.conformance.rig import Cases, Rig
from fairlead.testing.conformance.stage import KIT_VALUES, Stage, all_written, kit_spec
from fairlead.testing.faults import FaultKind

__all__ = ["ProvisioningCases"]


class ProvisioningCases(Cases):
    """A stock account gets the fields that Fairlead needs."""

    def test_a_dry_run_announces_and_writes_nothing(self, rig: Rig) -> None:
        """It gives the steps of the real run with `done` false, and the CRM stays as it was."""
        stage = rig.start(provisioned=False)
        specs = _specs(stage)
        fields, before = _fields(stage), stage.sandbox.state()
        steps = stage.connector.provision(specs, dry_run=True)
        expect(_fields(stage) == fields, "the dry run made or changed a field")
        expect(stage.sandbox.state() == before, "the dry run changed what the CRM holds")
        expect(not any(step.done for step in steps), "a step of a dry run says that it is `done`")
        _every_spec(specs, steps)
        real = stage.connector.provision(specs, dry_run=False)
        announced = {step.target for step in steps if step.action == "create"}
        made = {step.target for step in real if step.action == "create"}
        expect(
            announced == made,
            f"announced and not made, or made and not announced: {', '.join(sorted(announced ^ made))}",
        )

    def test_fields_are_created_and_visible(self, rig: Rig) -> None:
        """Each field is there with its kind and options, can be written, and is read back."""
        stage = rig.start(provisioned=False)
        names = stage.provision(*KIT_VALUES)
        described = {field.name: field for field in _fields(stage)}
        ids = stage.ids(1)
        for kind, name in names.items():
            expect(
                name in described,
                f"`{name}` was made and the integration user does not see it: grant access to it",
            )
            field = described[name]
            expect(field.kind is kind, f"`{name}` was to be of the kind `{kind}`; it is `{field.kind}`")
            expect(field.writable, f"`{name}` was made and the integration user may not write it")
            wanted = {option.value for option in kit_spec(stage.connector, stage.object(), kind).options}
            found = {option.value for option in field.options}
            expect(wanted <= found, f"`{name}` lacks the options {', '.join(sorted(wanted - found))}")
            value: dict[str, Scalar] = {ids[0]: KIT_VALUES[kind][0]}
            all_written(stage.write(stage.changes(name, value)))
            stage.holds(name, value)

    def test_a_second_time_everything_exists(self, rig: Rig) -> None:
        """Provisioning again makes nothing and says of each field that it exists."""
        stage = rig.start(provisioned=False)
        specs = _specs(stage)
        stage.connector.provision(specs, dry_run=False)
        fields, before = _fields(stage), stage.sandbox.state()
        for connector in (stage.connector, stage.reopen()):
            steps = connector.provision(specs, dry_run=False)
            again = [step for step in steps if step.action not in ("exists", "explain")]
            expect(not again, f"everything is there, and yet: {again[:1]}")
            _every_spec(specs, steps)
        expect(_fields(stage) == fields, "a second provisioning changed a field")
        expect(stage.sandbox.state() == before, "a second provisioning changed what the CRM holds")

    def test_a_field_of_another_kind_is_a_failure_and_stays_as_it_is(self, stage: Stage) -> None:
        """It may be someone else's: it is not touched, and the other fields are made all the same."""
        name = stage.field(FieldKind.TEXT)
        (id_,) = stage.ids(1)
        all_written(stage.write(stage.changes(name, {id_: "of a person"})))
        wrong = replace(
            kit_spec(stage.connector, stage.object(), FieldKind.TEXT), kind=FieldKind.INTEGER, length=None
        )
        other = kit_spec(stage.connector, stage.object(), FieldKind.BOOLEAN)
        for dry_run in (True, False):
            steps = stage.connector.provision([wrong, other], dry_run=dry_run)
            failed = [step for step in steps if step.failure is not None]
            expect(
                [step.spec.name for step in failed if step.spec] == [wrong.name],
                f"`{name}` exists as a text, a whole number is wanted: that step alone fails, not {failed}",
            )
        described = {field.name: field for field in _fields(stage)}
        expect(described[name].kind is FieldKind.TEXT, f"`{name}` was changed; it was not ours to change")
        stage.holds(name, {id_: "of a person"})
        made = next((step.name or other.name for step in steps if step.spec == other), other.name)
        expect(made in described, f"`{other.name}` was not made because another field is in the way")

    def test_unprovision_leaves_the_account_as_it_was(self, rig: Rig) -> None:
        """Our fields go, all others stay, and a second time there is nothing to do."""
        stage = rig.start(provisioned=False)
        before = _fields(stage)
        records = dict(stage.truth())
        specs = _specs(stage)
        stage.connector.provision(specs, dry_run=False)
        made = _fields(stage)
        dry = stage.connector.unprovision(specs, dry_run=True)
        expect(_fields(stage) == made, "the dry run of removing removed a field")
        expect(not any(step.done for step in dry), "a step of a dry run says that it is `done`")
        steps = stage.connector.unprovision(specs, dry_run=False)
        failed = [step for step in steps if step.failure is not None]
        expect(not failed, f"not removed: {failed[:1]}")
        expect(_fields(stage) == before, "the fields are not those of before")
        expect(set(stage.truth()) == set(records), "records were made or removed")
        again = stage.reopen().unprovision(specs, dry_run=False)
        expect(
            not any((step.done and step.action == "remove") or step.failure for step in again),
            "nothing was left to remove, and yet a step removed something or failed",
        )

    @pytest.mark.parametrize(("fault", "most"), [("status", 3), ("reset_after", 8)])
    def test_provisioning_outlives_a_fault_in_any_call(self, rig: Rig, fault: FaultKind, most: int) -> None:
        """Whichever call is hit, the field is made, or removed, and no step fails."""
        stage = rig.start(leads=5, partners=1, provisioned=False)
        specs = [kit_spec(stage.connector, stage.object(), FieldKind.ONE_OF)]
        stock = len(_fields(stage))
        for operation in (stage.connector.provision, stage.connector.unprovision):
            position, calls = 0, 1
            while position < min(calls, most):
                _undo(stage, specs, operation)
                before = len(stage.sandbox.calls)
                stage.sandbox.fault(fault, skip=position)
                outcome = rig.attempt(operation, specs, dry_run=False)
                stage.sandbox.faults.clear()
                calls = len(stage.sandbox.calls) - before
                where = f"call {position + 1} of `{operation.__name__}` was hit by `{fault}`"
                expect(outcome.failure is None, f"{where}: {outcome.failure}")
                failed = [step for step in outcome.value or () if step.failure is not None]
                expect(not failed, f"{where}, and a step failed: {failed[:1]}")
                is_there = len(_fields(stage)) > stock
                wanted = operation == stage.connector.provision
                expect(is_there is wanted, f"{where}, and the field is {'' if is_there else 'not '}there")
                position += 1

    def test_views_are_made_once_or_explained(self, rig: Rig) -> None:
        """A dry run makes none, and a second time there is nothing to make."""
        stage = rig.start(provisioned=False)
        names = stage.provision(FieldKind.ONE_OF, FieldKind.INTEGER)
        if FieldKind.ONE_OF not in names or FieldKind.INTEGER not in names:
            pytest.skip("the fields that views show cannot be created")
        fields = {"lead.priority": names[FieldKind.ONE_OF], "lead.score": names[FieldKind.INTEGER]}
        before = stage.sandbox.state()
        try:
            dry = stage.connector.views(fields, dry_run=True)
        except NotImplementedError:
            pytest.skip("the connector neither makes views nor explains them")
        expect(stage.sandbox.state() == before, "the dry run changed what the CRM holds")
        expect(not any(step.done for step in dry), "a step of a dry run says that it is `done`")
        steps = stage.connector.views(fields, dry_run=False)
        failed = [step for step in steps if step.failure is not None]
        expect(not failed, f"not made: {failed[:1]}")
        after = stage.sandbox.state()
        again = [step for step in stage.reopen().views(fields, dry_run=False) if step.action == "create"]
        expect(not again, f"made a second time: {again[:1]}")
        expect(stage.sandbox.state() == after, "making views a second time changed what the CRM holds")


def _undo(stage: Stage, specs: Sequence[FieldSpec], operation: Callable[..., object]) -> None:
    """Take the field away where it is to be made, and make it where it is to be taken away."""
    if operation == stage.connector.provision:
        stage.connector.unprovision(specs, dry_run=False)
    else:
        stage.connector.provision(specs, dry_run=False)


def _specs(stage: Stage) -> list[FieldSpec]:
    return [kit_spec(stage.connector, stage.object(), kind) for kind in KIT_VALUES]


def _fields(stage: Stage) -> set[FieldInfo]:
    return {field for each in stage.reopen().describe([stage.object()]) for field in each.fields}


def _every_spec(specs: Sequence[FieldSpec], steps: Sequence[SetupStep]) -> None:
    __tracebackhide__ = True
    told = {step.spec.name for step in steps if step.spec is not None}
    silent = [spec.name for spec in specs if spec.name not in told]
    expect(not silent, f"no step tells about {', '.join(silent)}")
