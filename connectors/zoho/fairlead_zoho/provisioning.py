"""Fields of Fairlead's own: created five at a time, read back, shown to profiles, removed one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.fields import FieldKind, FieldSpec, SetupStep
from fairlead_zoho.catalogue import Catalogue, Described
from fairlead_zoho.client import ZohoClient, items_of
from fairlead_zoho.failures import item_failure
from fairlead_zoho.naming import LABEL_AT_CREATION, creation_label
from fairlead_zoho.values import FLAG_OPTIONS

__all__ = ["Provisioner"]

#: fields in one call, values of a pick list when it is created (vendor's schema of fields, v8)
_AT_ONCE = 5
_OPTIONS_AT_CREATION = 10
_TYPES = {
    FieldKind.TEXT: "text",
    FieldKind.LONG_TEXT: "textarea",
    FieldKind.BOOLEAN: "picklist",
    FieldKind.INTEGER: "integer",
    FieldKind.DECIMAL: "double",
    FieldKind.DATE: "date",
    FieldKind.DATE_TIME: "datetime",
    FieldKind.ONE_OF: "picklist",
    FieldKind.MANY_OF: "multiselectpicklist",
    FieldKind.LINK: "lookup",
}
_TEXT_LENGTH = 255
_INTEGER_DIGITS = 9
_DECIMAL_DIGITS = 16


@dataclass(frozen=True, slots=True)
class _Profiles:
    """Profiles by id, and the one of the integration user."""

    all: tuple[str, ...]
    own: str

    def permissions(self, spec: FieldSpec) -> list[dict[str, str]]:
        """Return who may do what: people write what they fill in, and read what Fairlead writes."""
        others = "read_only" if spec.purpose == "result" else "read_write"
        return [
            {"id": id_, "permission_type": "read_write" if id_ == self.own else others} for id_ in self.all
        ]


class Provisioner:
    """Creates and removes fields in one account."""

    def __init__(self, client: ZohoClient, catalogue: Catalogue) -> None:
        self._client = client
        self._catalogue = catalogue

    def provision(self, specs: Sequence[FieldSpec], *, dry_run: bool) -> list[SetupStep]:
        """Create the fields that are missing; one step per field, in order."""
        steps: dict[int, list[SetupStep]] = {}
        for module, places in _by_module(specs).items():
            try:
                described = self._catalogue.module(module, fresh=True)
            except ConnectorError as error:
                if error.failure.code != "INVALID_MODULE":
                    raise
                steps |= {place: [_refused(specs[place], error.failure)] for place in places}
                continue
            missing = []
            for place in places:
                spec = specs[place]
                if spec.name in described.fields:
                    steps[place] = list(self._existing(described, spec, dry_run=dry_run))
                elif dry_run:
                    steps[place] = [_step(spec, "create", _words(spec), done=False)]
                else:
                    missing.append(place)
            created = self._create(module, [specs[place] for place in missing]) if missing else []
            steps |= {place: [step] for place, step in zip(missing, created, strict=True)}
        return [step for place in range(len(specs)) for step in steps[place]]

    def unprovision(self, specs: Sequence[FieldSpec], *, dry_run: bool) -> list[SetupStep]:
        """Remove the fields that are there, one call each."""
        steps = []
        for module, places in _by_module(specs).items():
            try:
                described = self._catalogue.module(module, fresh=True)
            except ConnectorError as error:
                if error.failure.code != "INVALID_MODULE":
                    raise
                continue
            for place in places:
                spec = specs[place]
                field = described.fields.get(spec.name)
                if field is None or not field.custom:
                    continue
                if not dry_run:
                    self._remove(module, described.ids[spec.name])
                steps.append(_step(spec, "remove", "removed with its values", done=not dry_run))
            if not dry_run:
                self._catalogue.module(module, fresh=True)
        return steps

    def remove_field(self, module: str, name: str, *, dry_run: bool) -> SetupStep | None:
        """Remove one field where it is there."""
        described = self._catalogue.module(module, fresh=True)
        if name not in described.fields:
            return None
        if not dry_run:
            self._remove(module, described.ids[name])
        return SetupStep("remove", f"{module}.{name}", "removed with its values", not dry_run)

    def create_field(self, spec: FieldSpec) -> SetupStep:
        """Create one field."""
        (step,) = self._create(spec.object, [spec])
        return step

    def _remove(self, module: str, id_: str) -> None:
        try:
            self._client.json("setup", "DELETE", f"/settings/fields/{id_}", params={"module": module})
        except ConnectorError as error:
            # a repeated call no longer finds what the first one removed
            gone = error.failure.code == "INVALID_DATA"
            if not gone or id_ in self._catalogue.module(module, fresh=True).ids.values():
                raise

    def _existing(self, described: Described, spec: FieldSpec, *, dry_run: bool) -> Iterator[SetupStep]:
        """Yield what is to be said of a field that is there already; missing options are added."""
        field = described.fields[spec.name]
        if field.kind is not spec.kind:
            message = (
                f"`{spec.object}.{spec.name}` holds {field.kind.replace('_', ' ')}, and "
                f"{spec.kind.replace('_', ' ')} is needed"
            )
            remedy = "rename or remove that field in Zoho CRM, and provision again"
            failure = Failure(FailureKind.STOP, "wrong-kind", message, field=spec.name, remedy=remedy)
            yield _refused(spec, failure)
            return
        if not field.writable:
            yield self._grant(described, spec, dry_run=dry_run)
            return
        missing = [each for each in _options(spec) if each not in {option.value for option in field.options}]
        if not missing:
            yield _step(spec, "exists", "is there as wanted", done=True)
            return
        detail = f"adds the options {', '.join(missing)}"
        if dry_run:
            yield _step(spec, "change", detail, done=False)
            return
        failures = self._patch(
            spec.object,
            [{"id": described.ids[spec.name], "pick_list_values": _option_bodies(described, spec)}],
        )
        self._catalogue.module(spec.object, fresh=True)
        yield _step(spec, "change", detail, done=failures[0] is None, failure=failures[0])

    def _grant(self, described: Described, spec: FieldSpec, *, dry_run: bool) -> SetupStep:
        detail = "lets the integration user's profile write it"
        if dry_run:
            return _step(spec, "grant", detail, done=False)
        body = {"id": described.ids[spec.name], "profiles": self._profiles().permissions(spec)}
        (failure,) = self._patch(spec.object, [body])
        self._catalogue.module(spec.object, fresh=True)
        return _step(spec, "grant", detail, done=failure is None, failure=failure)

    def _create(self, module: str, specs: Sequence[FieldSpec]) -> list[SetupStep]:
        """Create fields, read back their names, and give them their full labels and options."""
        profiles = self._profiles()
        made: list[str | Failure] = []
        for start in range(0, len(specs), _AT_ONCE):
            batch = specs[start : start + _AT_ONCE]
            body = {"fields": [_body(spec, profiles) for spec in batch]}
            answer = self._client.json(
                "setup", "POST", "/settings/fields", params={"module": module}, body=body
            )
            items = items_of(answer, "fields")
            made += [_made(item) for item in items] + [_no_answer()] * (len(batch) - len(items))
        described = self._catalogue.module(module, fresh=True)
        names = {id_: name for name, id_ in described.ids.items()}
        # a repeated call finds the field of the first try: it is there under its name
        found = [
            described.ids.get(spec.name)
            if isinstance(each, Failure) and each.code == "DUPLICATE_DATA"
            else each
            for spec, each in zip(specs, made, strict=True)
        ]
        named = {
            each: spec
            for spec, each in zip(specs, found, strict=True)
            if isinstance(each, str) and each in names
        }
        failures = self._finish(module, named, described, names)
        if named:
            self._catalogue.module(module, fresh=True)
        return [
            self._created(spec, first, id_, names, failures)
            for spec, first, id_ in zip(specs, made, found, strict=True)
        ]

    def _finish(
        self, module: str, named: Mapping[str, FieldSpec], described: Described, names: Mapping[str, str]
    ) -> dict[str, Failure | None]:
        """Give fields, by id, their full labels and all their options; return what failed."""
        options = {
            id_: {"pick_list_values": _option_bodies(described, spec, names[id_])} if _options(spec) else {}
            for id_, spec in named.items()
        }
        bodies = [{"id": id_, "field_label": spec.label, **options[id_]} for id_, spec in named.items()]
        failures = dict(zip(named, self._patch(module, bodies), strict=True))
        # a label that is taken is no reason to go without options
        again = [id_ for id_, failure in failures.items() if failure and _has_more_options(named[id_])]
        retried = self._patch(module, [{"id": id_, **options[id_]} for id_ in again])
        return failures | dict(zip(again, retried, strict=True))

    @staticmethod
    def _created(
        spec: FieldSpec,
        first: str | Failure,
        id_: str | Failure | None,
        names: Mapping[str, str],
        failures: Mapping[str, Failure | None],
    ) -> SetupStep:
        if not isinstance(id_, str):
            return _step(
                spec, "create", _words(spec), done=False, failure=first if isinstance(first, Failure) else id_
            )
        name = names.get(id_)
        if name is None:
            message = f"`{spec.object}.{spec.name}` was created, and the integration user does not see it"
            remedy = "show the field to the user's profile under Setup, Fields"
            hidden = Failure(FailureKind.STOP, "field-hidden", message, field=spec.name, remedy=remedy)
            return _step(spec, "create", _words(spec), done=False, failure=hidden)
        detail, failure = _words(spec), failures.get(id_)
        if name != spec.name:
            detail += f"; the name `{spec.name}` was taken, Zoho CRM made `{name}`"
        if failure is not None:
            detail += f"; its label stays `{creation_label(spec.name)}`: {failure.message}"
            # a label is for people; options that are missing keep values from being written
            failure = failure if _has_more_options(spec) else None
        return SetupStep("create", f"{spec.object}.{spec.name}", detail, failure is None, spec, name, failure)

    def _patch(self, module: str, bodies: Sequence[Mapping[str, Any]]) -> list[Failure | None]:
        failures: list[Failure | None] = []
        for start in range(0, len(bodies), _AT_ONCE):
            batch = bodies[start : start + _AT_ONCE]
            answer = self._client.json(
                "setup", "PATCH", "/settings/fields", params={"module": module}, body={"fields": batch}
            )
            items = items_of(answer, "fields")
            failures += [item_failure(item) for item in items]
            failures += [_no_answer()] * (len(batch) - len(items))
        return failures

    def _profiles(self) -> _Profiles:
        users = items_of(self._client.json("setup", "GET", "/users", params={"type": "CurrentUser"}), "users")
        profile = users[0].get("profile") if users else None
        if not isinstance(profile, dict) or "id" not in profile:
            message = "Zoho CRM does not tell the integration user's profile"
            remedy = "make a refresh token with the scope `ZohoCRM.users.READ`"
            raise ConnectorError(Failure(FailureKind.STOP, "unknown-profile", message, remedy=remedy))
        found = items_of(self._client.json("setup", "GET", "/settings/profiles"), "profiles")
        own = str(profile["id"])
        return _Profiles(tuple(dict.fromkeys((own, *(str(each["id"]) for each in found)))), own)


def _by_module(specs: Sequence[FieldSpec]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, spec in enumerate(specs):
        found.setdefault(spec.object, []).append(place)
    return found


def _options(spec: FieldSpec) -> tuple[str, ...]:
    if spec.kind is FieldKind.BOOLEAN:
        return FLAG_OPTIONS
    return tuple(option.value for option in spec.options)


def _has_more_options(spec: FieldSpec) -> bool:
    return len(_options(spec)) > _OPTIONS_AT_CREATION


def _labels(spec: FieldSpec) -> dict[str, str]:
    return {option.value: option.label for option in spec.options}


def _body(spec: FieldSpec, profiles: _Profiles) -> dict[str, Any]:
    """Return what creates a field: label and options within the ceilings of creation."""
    body: dict[str, Any] = {
        "field_label": creation_label(spec.name)[:LABEL_AT_CREATION],
        "data_type": _TYPES[spec.kind],
        "profiles": profiles.permissions(spec),
    }
    match spec.kind:
        case FieldKind.TEXT:
            body["length"] = min(spec.length or _TEXT_LENGTH, _TEXT_LENGTH)
            if spec.unique:
                body["unique"] = {"casesensitive": "false"}
        case FieldKind.LONG_TEXT:
            body["textarea"] = {"type": "large"}
        case FieldKind.INTEGER:
            body["length"] = _INTEGER_DIGITS
        case FieldKind.DECIMAL:
            body["length"] = min(spec.precision or _DECIMAL_DIGITS, _DECIMAL_DIGITS)
            body["decimal_place"] = spec.scale if spec.scale is not None else 2
        case FieldKind.LINK:
            # the related list on the other side needs a label of its own
            body["lookup"] = {
                "module": {"api_name": spec.links_to},
                "display_label": f"{spec.object} of Fairlead"[:LABEL_AT_CREATION],
            }
        case FieldKind.BOOLEAN | FieldKind.ONE_OF | FieldKind.MANY_OF:
            labels = _labels(spec)
            body["pick_list_values"] = [
                {"display_value": labels.get(value, value), "actual_value": value}
                for value in _options(spec)[:_OPTIONS_AT_CREATION]
            ]
    return body


def _option_bodies(described: Described, spec: FieldSpec, name: str | None = None) -> list[dict[str, str]]:
    ids, labels = described.option_ids.get(name or spec.name, {}), _labels(spec)
    return [
        {
            **({"id": ids[value]} if value in ids else {}),
            "display_value": labels.get(value, value),
            "actual_value": value,
        }
        for value in _options(spec)
    ]


def _made(item: Mapping[str, Any]) -> str | Failure:
    """Return the id of a field that was created, or why it was not."""
    failure = item_failure(item)
    details = item.get("details")
    if failure is None and isinstance(details, dict) and details.get("id") is not None:
        return str(details["id"])
    if failure is None:
        return _no_answer()
    if failure.code == "LIMIT_EXCEEDED":
        message = "the module takes no more fields of its own in this edition"
        remedy = "remove fields that nobody uses, or provision fewer"
        return Failure(FailureKind.STOP, failure.code, message, field=failure.field, remedy=remedy)
    return Failure(FailureKind.STOP, failure.code, failure.message, field=failure.field)


def _no_answer() -> Failure:
    return Failure(FailureKind.RETRY, "no-result", "Zoho CRM gave no result for the field")


def _words(spec: FieldSpec) -> str:
    kind = "a pick list of yes and no" if spec.kind is FieldKind.BOOLEAN else spec.kind.replace("_", " ")
    return f"{kind}, labelled `{spec.label}`"


def _refused(spec: FieldSpec, failure: Failure) -> SetupStep:
    return _step(spec, "create", _words(spec), done=False, failure=failure)


def _step(
    spec: FieldSpec, action: Any, detail: str, *, done: bool, failure: Failure | None = None
) -> SetupStep:
    name = spec.name if done and action != "remove" else None
    return SetupStep(action, f"{spec.object}.{spec.name}", detail, done, spec, name, failure)
