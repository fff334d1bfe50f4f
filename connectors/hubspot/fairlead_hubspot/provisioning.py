"""Making our properties in the account, checking what is there, and taking them away again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.fields import FieldKind, FieldSpec, SetupStep
from fairlead_hubspot.client import HubSpotClient, Properties, results_of
from fairlead_hubspot.values import WHOLE_NUMBER, described, kind_of, wire_type

__all__ = ["GROUP", "PARTNER_LABEL", "TASK_KEY", "Provisioner"]

GROUP = "fairlead"
_GROUP_LABEL = "Fairlead"
#: what a task is found again by
TASK_KEY = FieldSpec(
    "tasks",
    "fairlead_task_key",
    "Fairlead task key",
    FieldKind.TEXT,
    "result",
    "Made by Fairlead, so that no task is created twice.",
    unique=True,
)
#: marks which of a contact's companies introduced it: HubSpot itself associates contacts with their employers
PARTNER_LABEL = FieldSpec(
    "contacts",
    "fairlead_partner",
    "Referring partner",
    FieldKind.LINK,
    "input",
    "The company that introduced the contact.",
    links_to="companies",
)
#: kinds that HubSpot does not tell apart, or that hold the same
_ALIKE = (
    {FieldKind.INTEGER, FieldKind.DECIMAL},
    {FieldKind.TEXT, FieldKind.LONG_TEXT},
)
#: what people fill in may be any of these: each is read as a text
_READ_ALIKE = {FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.ONE_OF}


class Provisioner:
    """Creates, compares and removes properties, their group, and association labels."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client
        self._paths = client.paths

    def provision(self, specs: Sequence[FieldSpec], *, dry_run: bool) -> list[SetupStep]:
        """Create what is missing; see the contract. With `dry_run` nothing is written."""
        if not dry_run:
            self._client.ensure_account()
        steps: list[SetupStep] = []
        if any(spec.object == PARTNER_LABEL.object for spec in specs) and not any(
            spec.kind is FieldKind.LINK and spec.object == PARTNER_LABEL.object for spec in specs
        ):
            specs = [*specs, PARTNER_LABEL]
        for object_ in dict.fromkeys(spec.object for spec in specs):
            wanted = [spec for spec in specs if spec.object == object_]
            links = [spec for spec in wanted if spec.kind is FieldKind.LINK]
            try:
                if len(links) < len(wanted):
                    steps.extend(
                        self._provision_object(object_, [s for s in wanted if s not in links], dry_run)
                    )
                steps.extend(self._provision_label(spec, dry_run) for spec in links)
            except ConnectorError as error:
                if error.failure.kind is not FailureKind.STOP or error.failure.code != "MISSING_SCOPES":
                    raise
                steps.append(SetupStep("create", object_, "not allowed", False, failure=error.failure))
        return steps

    def unprovision(self, specs: Sequence[FieldSpec], *, dry_run: bool) -> list[SetupStep]:
        """Remove the properties of ours, the group, labels and lists. What is not in our group stays."""
        if not dry_run:
            self._client.ensure_account()
        steps: list[SetupStep] = []
        left = False
        for object_ in dict.fromkeys(spec.object for spec in specs):
            found, some_left = self._remove_all(object_, [s for s in specs if s.object == object_], dry_run)
            steps.extend(found)
            left = left or some_left
        if not left:
            # what provisioning and tasks made besides: only when the last of our properties goes
            found, _ = self._remove_all(TASK_KEY.object, [TASK_KEY], dry_run)
            steps.extend(found)
            steps.extend(self._remove_label(PARTNER_LABEL, dry_run))
        return steps

    def _remove_all(
        self, object_: str, specs: Sequence[FieldSpec], dry_run: bool
    ) -> tuple[list[SetupStep], bool]:
        """Remove properties of one object type, and their group when it is empty; tell whether it is not."""
        steps: list[SetupStep] = []
        fields = self._client.properties(object_, anew=True)
        left = {name for name, shown in fields.items() if shown.get("groupName") == GROUP}
        for spec in specs:
            if spec.kind is FieldKind.LINK:
                steps.extend(self._remove_label(spec, dry_run))
            elif spec.name in left:
                step = self._remove(spec, dry_run)
                steps.append(step)
                if step.failure is None:
                    left.discard(spec.name)
        if not left and GROUP in self._groups(object_):
            path = self._paths.properties(object_, f"/groups/{GROUP}")
            steps.append(self._delete(f"{object_}, property group `{GROUP}`", path, dry_run))
        if steps and not dry_run:
            self._client.properties(object_, anew=True)
        return steps, bool(left)

    def ensure(self, spec: FieldSpec) -> None:
        """Make sure that one property is there; raises ConnectorError where it cannot be."""
        if spec.name in self._client.properties(spec.object):
            return
        for step in self.provision([spec], dry_run=False):
            if step.failure is not None:
                raise ConnectorError(step.failure)

    def _provision_object(self, object_: str, specs: list[FieldSpec], dry_run: bool) -> Iterator[SetupStep]:
        fields = self._client.properties(object_, anew=True)
        archived = self._archived(object_)
        if GROUP not in self._groups(object_) and any(spec.name not in fields for spec in specs):
            yield self._make_group(object_, dry_run)
        made: list[SetupStep] = []
        for order, spec in enumerate(specs):
            if spec.name in fields:
                yield self._compare(spec, fields[spec.name], dry_run)
            else:
                restored = spec.name in archived
                made.append(self._create(spec, order, restored=restored, dry_run=dry_run))
        if not dry_run and made:
            fields = self._client.properties(object_, anew=True)
        for step in made:
            yield step if dry_run or step.failure is not None else self._read_back(step, fields)

    def _make_group(self, object_: str, dry_run: bool) -> SetupStep:
        target = f"{object_}, property group `{GROUP}`"
        failure = None
        if not dry_run:
            body = {"name": GROUP, "label": _GROUP_LABEL}
            failure = self._try("POST", self._paths.properties(object_, "/groups"), body)
        done = not dry_run and failure is None
        return SetupStep("create", target, "holds the properties of Fairlead", done, failure=failure)

    def _create(self, spec: FieldSpec, order: int, *, restored: bool, dry_run: bool) -> SetupStep:
        detail = f"`{spec.label}`, {spec.kind.value.replace('_', ' ')}"
        if restored:
            detail += "; an archived property of this name comes back with its values"
        failure = None
        if not dry_run:
            failure = self._try("POST", self._paths.properties(spec.object), _body(spec, order))
        done = not dry_run and failure is None
        return SetupStep("create", _target(spec), detail, done, spec, spec.name, failure)

    def _read_back(self, step: SetupStep, fields: Properties) -> SetupStep:
        assert step.spec is not None
        shown = fields.get(step.spec.name)
        if shown is None:
            failure = Failure(
                FailureKind.STOP,
                "not-visible",
                f"the property `{step.spec.name}` was made and cannot be seen",
                field=step.spec.name,
                remedy="give the key or app the scope to read this object's properties",
            )
            return replace(step, done=False, failure=failure)
        compared = self._compare(step.spec, shown, False)
        return replace(step, failure=compared.failure, done=compared.failure is None)

    def _compare(self, spec: FieldSpec, shown: Mapping[str, Any], dry_run: bool) -> SetupStep:
        info = described(shown)
        failure = None
        if not _fits(spec, info.kind):
            failure = Failure(
                FailureKind.REJECT,
                "wrong-kind",
                f"the property `{spec.name}` is there as {kind_of(shown).value.replace('_', ' ')}, "
                f"and {spec.kind.value.replace('_', ' ')} is needed",
                field=spec.name,
                remedy="rename or archive it in HubSpot if it is not needed, then provision again",
            )
        elif not info.writable and spec.purpose == "result":
            failure = Failure(
                FailureKind.REJECT,
                "read-only",
                f"the property `{spec.name}` cannot be written",
                field=spec.name,
            )
        if failure is not None:
            return SetupStep("exists", _target(spec), failure.message, False, spec, spec.name, failure)
        drift = []
        if info.label != spec.label:
            drift.append(f"its label is `{info.label}`, not `{spec.label}`")
        if spec.unique and not info.unique:
            drift.append("its values are not unique, and HubSpot cannot change that")
        known = {option.value for option in info.options}
        extra = sorted(known - {option.value for option in spec.options})
        if spec.options and extra:
            drift.append(f"it has further options: {_quoted(extra)}")
        missing = [option.value for option in spec.options if option.value not in known]
        if missing:
            return self._add_options(spec, shown, missing, drift, dry_run)
        detail = "; ".join(drift) or "is as wanted"
        return SetupStep("exists", _target(spec), detail, not dry_run, spec, spec.name)

    def _add_options(
        self,
        spec: FieldSpec,
        shown: Mapping[str, Any],
        missing: list[str],
        drift: list[str],
        dry_run: bool,
    ) -> SetupStep:
        """Add options; HubSpot replaces the whole list, so those that are there are sent again."""
        detail = "; ".join([f"lacks the options {_quoted(missing)}", *drift])
        failure = None
        if not dry_run:
            kept = [dict(option) for option in shown.get("options") or ()]
            labels = {option.value: option.label for option in spec.options}
            added = [
                {"value": value, "label": labels[value], "displayOrder": len(kept) + place, "hidden": False}
                for place, value in enumerate(missing)
            ]
            path = self._paths.properties(spec.object, f"/{spec.name}")
            failure = self._try("PATCH", path, {"options": [*kept, *added]})
            if failure is None:
                self._client.properties(spec.object, anew=True)
        done = not dry_run and failure is None
        return SetupStep("change", _target(spec), detail, done, spec, spec.name, failure)

    def _provision_label(self, spec: FieldSpec, dry_run: bool) -> SetupStep:
        """Make an association label; the label's text is its name in the mapping."""
        target = spec.links_to or "companies"
        name = f"{spec.object} to {target}, association label `{spec.label}`"
        if self._label(spec, target) is not None:
            return SetupStep("exists", name, "is as wanted", not dry_run, spec, spec.label)
        failure = None
        if not dry_run:
            body = {"label": spec.label, "name": spec.name}
            failure = self._try("POST", self._paths.associations(spec.object, target, "/labels"), body)
            # a second try after a lost answer is refused for what the first one made
            if failure is not None and self._label(spec, target) is not None:
                failure = None
        done = not dry_run and failure is None
        return SetupStep(
            "create", name, spec.description or "marks the link", done, spec, spec.label, failure
        )

    def _remove_label(self, spec: FieldSpec, dry_run: bool) -> Iterator[SetupStep]:
        target = spec.links_to or "companies"
        type_id = self._label(spec, target)
        if type_id is not None:
            name = f"{spec.object} to {target}, association label `{spec.label}`"
            path = self._paths.associations(spec.object, target, f"/labels/{type_id}")
            yield self._delete(name, path, dry_run)

    def _label(self, spec: FieldSpec, target: str) -> int | None:
        path = self._paths.associations(spec.object, target, "/labels")
        for each in results_of(self._client.get("setup", path)):
            if each.get("category") == "USER_DEFINED" and each.get("label") == spec.label:
                return int(each["typeId"])
        return None

    def _remove(self, spec: FieldSpec, dry_run: bool) -> SetupStep:
        path = self._paths.properties(spec.object, f"/{spec.name}")
        detail = "HubSpot keeps it archived, with its values"
        step = self._delete(_target(spec), path, dry_run, detail)
        failure = step.failure
        if failure is not None:
            failure = replace(
                failure, remedy="take the property out of the lists, forms and workflows that use it"
            )
        return replace(step, spec=spec, name=spec.name, failure=failure)

    def _delete(self, target: str, path: str, dry_run: bool, detail: str = "no longer needed") -> SetupStep:
        failure = None if dry_run else self._try("DELETE", path)
        if failure is not None and failure.kind is FailureKind.GONE:
            failure = None
        done = not dry_run and failure is None
        return SetupStep("remove", target, detail, done, failure=failure)

    def _try(self, method: str, path: str, body: object = None) -> Failure | None:
        """Call, and return the failure where it concerns this one thing; what exists already is none."""
        try:
            self._client.send("setup", method, path, body)
        except ConnectorError as error:
            if error.failure.kind is FailureKind.ADOPT:
                return None
            if error.failure.kind in (FailureKind.REJECT, FailureKind.GONE):
                return error.failure
            raise
        return None

    def _groups(self, object_: str) -> set[str]:
        answer = self._client.get("setup", self._paths.properties(object_, "/groups"))
        return {str(each["name"]) for each in results_of(answer)}

    def _archived(self, object_: str) -> set[str]:
        answer = self._client.get("setup", self._paths.properties(object_), {"archived": "true"})
        return {str(each["name"]) for each in results_of(answer)}


def _fits(spec: FieldSpec, kind: FieldKind) -> bool:
    both = {spec.kind, kind}
    if len(both) == 1 or any(both <= alike for alike in _ALIKE):
        return True
    return spec.purpose == "input" and not spec.options and both <= _READ_ALIKE


def _body(spec: FieldSpec, order: int) -> dict[str, Any]:
    type_, field_type = wire_type(spec)
    options = [(option.value, option.label) for option in spec.options]
    if spec.kind is FieldKind.BOOLEAN:
        options = [("true", "Yes"), ("false", "No")]
    whole = WHOLE_NUMBER if spec.kind is FieldKind.INTEGER else ""
    return {
        "name": spec.name,
        "label": spec.label,
        "description": f"{spec.description} {whole}".strip(),
        "groupName": GROUP,
        "type": type_,
        "fieldType": field_type,
        "displayOrder": order,
        "hasUniqueValue": spec.unique,
        "hidden": False,
        "formField": False,
        "options": [
            {"value": value, "label": label, "displayOrder": place, "hidden": False}
            for place, (value, label) in enumerate(options)
        ],
    }


def _target(spec: FieldSpec) -> str:
    return f"{spec.object}.{spec.name}"


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
