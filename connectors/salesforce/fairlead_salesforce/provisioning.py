"""Creating our fields, granting them to the integration user, and taking both away.

A field made over the Tooling API is invisible to every user, ours included, until field-level security
grants it: a permission set does that here, and the describe as the integration user proves it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.fields import FieldInfo, FieldKind, FieldSpec, SetupStep
from fairlead_salesforce.client import LIMITS, SalesforceClient
from fairlead_salesforce.metadata import developer_name, metadata_of, option_values, with_options
from fairlead_salesforce.refusals import item_failure
from fairlead_salesforce.soql import equals, select

__all__ = ["PERMISSION_SET", "Provisioner"]

PERMISSION_SET = "Fairlead"
#: permission to make fields was missing: a person has to
_NOT_ALLOWED = ("INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY", "403", "API_DISABLED_FOR_ORG")
_BUNDLE = (
    "the integration user may not customise the org: an administrator creates the field, or runs `fairlead "
    "provision` once with credentials of theirs; a metadata bundle to deploy instead is not generated yet"
)


class Provisioner:
    """Makes and removes fields of ours in one org.

    `partner_field` and `lead_field` are the lookups on Lead and Opportunity; those that are ours come and go
    with the input fields.
    """

    def __init__(self, client: SalesforceClient, partner_field: str, lead_field: str) -> None:
        self._client = client
        self._partner_field = partner_field
        self._lead_field = lead_field

    def provision(self, specs: Sequence[FieldSpec], *, dry_run: bool) -> list[SetupStep]:
        """Create what is missing, grant it, and check that the integration user sees it."""
        self._client.forget_describes()
        wanted = self._with_lookups(specs)
        known = self._known(wanted)
        steps: list[SetupStep] = []
        for spec in wanted:
            seen = self._client.fields(spec.object).get(spec.name)
            try:
                steps.append(self._field_step(spec, seen, known, dry_run=dry_run))
            except ConnectorError as error:
                if error.failure.kind in (FailureKind.LIMIT, FailureKind.RETRY):
                    raise
                steps.append(_failed(spec, error.failure))
        made = [step.spec for step in steps if step.spec is not None and step.failure is None]
        ours = [spec for spec in made if self._is_ours(spec)]
        try:
            steps.extend(self._granted(ours, dry_run=dry_run))
        except ConnectorError as error:
            if error.failure.kind in (FailureKind.LIMIT, FailureKind.RETRY):
                raise
            target = f"permission set {PERMISSION_SET}"
            detail = "grant our fields to the integration user"
            steps.append(SetupStep("grant", target, detail, False, failure=error.failure))
        if not dry_run:
            self._client.forget_describes()
            steps = [self._verified(step) for step in steps]
        if any(step.action == "create" for step in steps):
            steps.append(_for_people(specs))
        return steps

    def _with_lookups(self, specs: Sequence[FieldSpec]) -> list[FieldSpec]:
        wanted = list(specs)
        has_inputs = any(spec.purpose == "input" and spec.object == "Lead" for spec in specs)
        named = {(spec.object, spec.name) for spec in specs}
        lookups = (
            (
                "Lead",
                self._partner_field,
                "partner",
                "Partner",
                "Account",
                "The partner who introduced them.",
            ),
            ("Opportunity", self._lead_field, "lead", "Lead", "Lead", "The lead it belongs to, unconverted."),
        )
        for object_, name, base, label, target, said in lookups:
            is_ours = name == f"{developer_name(base)}__c"
            if has_inputs and is_ours and (object_, name) not in named:
                wanted.append(
                    FieldSpec(
                        object_, name, f"{label} (Fairlead)", FieldKind.LINK, "input", said, links_to=target
                    )
                )
        return wanted

    @staticmethod
    def _is_ours(spec: FieldSpec) -> bool:
        """A field that the mapping names and the org had before is not ours to grant or remove."""
        return spec.name.startswith("Fairlead_")

    def _known(self, specs: Iterable[FieldSpec]) -> dict[tuple[str, str], str]:
        """Return the ids of the custom fields of our name that exist, seen by the user or not."""
        objects = {spec.object for spec in specs}
        if not objects:
            return {}
        soql = select(
            ("Id", "DeveloperName", "TableEnumOrId"),
            "CustomField",
            r"DeveloperName LIKE 'Fairlead\_%'",
            "NamespacePrefix = null",
        )
        answer = self._client.query(soql, kind="setup", tooling=True)
        return {
            (row["TableEnumOrId"], f"{row['DeveloperName']}__c"): str(row["Id"])
            for row in answer["records"]
            if row["TableEnumOrId"] in objects
        }

    def _field_step(
        self,
        spec: FieldSpec,
        seen: FieldInfo | None,
        known: Mapping[tuple[str, str], str],
        *,
        dry_run: bool,
    ) -> SetupStep:
        target = f"{spec.object}.{spec.name}"
        if seen is None and (spec.object, spec.name) not in known:
            detail = f"create the field `{spec.label}` ({spec.kind.value.replace('_', ' ')})"
            if dry_run:
                return SetupStep("create", target, detail, False, spec, spec.name)
            return self._create(spec, target, detail)
        if seen is None:
            # it is there and hidden; what it is shows once it is granted
            return SetupStep("exists", target, "there, and not visible yet", not dry_run, spec, spec.name)
        if not _fits(spec, seen):
            return _failed(spec, _other_kind(spec, seen))
        missing = [option for option in spec.options if option.value not in {o.value for o in seen.options}]
        if missing and seen.kind in (FieldKind.ONE_OF, FieldKind.MANY_OF):
            detail = f"add the options {', '.join(f'`{option.value}`' for option in missing)}"
            if not dry_run:
                self._add_options(spec, known)
            return SetupStep("change", target, detail, not dry_run, spec, spec.name)
        return SetupStep("exists", target, "there already", not dry_run, spec, spec.name)

    def _create(self, spec: FieldSpec, target: str, detail: str) -> SetupStep:
        body = {"FullName": target, "Metadata": metadata_of(spec)}
        try:
            self._client.json("setup", "POST", "tooling/sobjects/CustomField", body=body)
        except ConnectorError as error:
            # made by a call whose answer was lost, or by another run since
            if error.failure.code != "DUPLICATE_DEVELOPER_NAME":
                if error.failure.code in _NOT_ALLOWED:
                    return SetupStep(
                        "explain", target, f"{detail}; {_BUNDLE}", False, spec, failure=error.failure
                    )
                raise
        return SetupStep("create", target, detail, True, spec, spec.name)

    def _add_options(self, spec: FieldSpec, known: Mapping[tuple[str, str], str]) -> None:
        field = known.get((spec.object, spec.name))
        if field is None:
            raise ConnectorError(
                Failure(
                    FailureKind.REJECT,
                    "options-missing",
                    f"the pick list `{spec.name}` lacks options and is not ours to change",
                    field=spec.name,
                    remedy="add the options in the org's Setup, or map the field's own options",
                )
            )
        tail = f"tooling/sobjects/CustomField/{field}"
        metadata = self._client.json("setup", "GET", tail)["Metadata"]
        changed = with_options(metadata, spec.options)
        if option_values(changed) != option_values(metadata):
            self._client.json("setup", "PATCH", tail, body={"Metadata": changed})

    # the permission set

    def _granted(self, specs: Sequence[FieldSpec], *, dry_run: bool) -> Iterator[SetupStep]:
        if not specs:
            return
        found = list(self._client.rows(_set_query(), kind="setup"))
        target = f"permission set {PERMISSION_SET}"
        granted: dict[str, tuple[str, bool]] = {}
        assigned = False
        set_id = found[0]["Id"] if found else None
        if set_id is not None:
            names = ("Id", "Field", "PermissionsEdit")
            soql = select(names, "FieldPermissions", equals("ParentId", set_id))
            rows = self._client.rows(soql, kind="setup")
            granted = {row["Field"]: (row["Id"], bool(row["PermissionsEdit"])) for row in rows}
            soql = select(
                ("Id",),
                "PermissionSetAssignment",
                equals("PermissionSetId", set_id),
                equals("AssigneeId", self._client.login.user_id),
            )
            assigned = any(True for _ in self._client.rows(soql, kind="setup"))
        else:
            detail = "make the permission set that grants our fields"
            if not dry_run:
                body = {
                    "Name": PERMISSION_SET,
                    "Label": PERMISSION_SET,
                    "Description": "Read and edit the fields of Fairlead.",
                }
                set_id = self._client.json("setup", "POST", "sobjects/PermissionSet", body=body)["id"]
            yield SetupStep("create", target, detail, not dry_run)
        none = [spec for spec in specs if f"{spec.object}.{spec.name}" not in granted]
        read_only = [id_ for spec in specs for id_, edit in _of(granted, spec) if not edit]
        if none or read_only:
            detail = f"grant reading and editing of {len(none) + len(read_only)} fields"
            failure = None if dry_run else self._grant(str(set_id), none) or self._widen(read_only)
            yield SetupStep("grant", target, detail, not dry_run and failure is None, failure=failure)
        if not assigned:
            if not dry_run:
                body = {"AssigneeId": self._client.login.user_id, "PermissionSetId": str(set_id)}
                self._client.json("setup", "POST", "sobjects/PermissionSetAssignment", body=body)
            yield SetupStep("grant", target, "assign it to the integration user", not dry_run)

    def _grant(self, set_id: str, specs: Sequence[FieldSpec]) -> Failure | None:
        """Grant fields; return the first failure."""
        records = [
            {
                "ParentId": set_id,
                "SobjectType": spec.object,
                "Field": f"{spec.object}.{spec.name}",
                "PermissionsRead": True,
                "PermissionsEdit": True,
            }
            for spec in specs
        ]
        return self._send("POST", records)

    def _widen(self, ids: Sequence[str]) -> Failure | None:
        """Add editing to grants of reading; return the first failure."""
        return self._send("PATCH", [{"id": id_, "PermissionsEdit": True} for id_ in ids])

    def _send(self, method: str, records: Sequence[Mapping[str, object]]) -> Failure | None:
        for start in range(0, len(records), LIMITS.write_batch):
            part = [
                {"attributes": {"type": "FieldPermissions"}, **record}
                for record in records[start : start + LIMITS.write_batch]
            ]
            body = {"allOrNone": False, "records": part}
            for item in self._client.json("setup", method, "composite/sobjects", body=body):
                # a repeated call finds what the first one granted
                if not item.get("success"):
                    failure = item_failure(item.get("errors"))
                    if failure.code not in ("DUPLICATE_VALUE", "FIELD_INTEGRITY_EXCEPTION"):
                        return failure
        return None

    def _verified(self, step: SetupStep) -> SetupStep:
        """Return a step as it came out: what the integration user cannot write was not provisioned."""
        spec = step.spec
        if spec is None or step.failure is not None or not step.done:
            return step
        seen = self._client.fields(spec.object).get(spec.name)
        if seen is None or not (seen.writable or spec.purpose != "result"):
            return replace(
                step,
                done=False,
                failure=Failure(
                    FailureKind.STOP,
                    "not-visible",
                    f"the integration user does not see `{spec.object}.{spec.name}`, or may not edit it",
                    field=spec.name,
                    remedy=f"assign the permission set `{PERMISSION_SET}` to the integration user, and look "
                    "for a permission set group that mutes it",
                ),
            )
        if not _fits(spec, seen):
            return replace(step, done=False, failure=_other_kind(spec, seen))
        return step

    # and away again

    def unprovision(self, specs: Sequence[FieldSpec], *, dry_run: bool) -> list[SetupStep]:
        """Remove fields of ours; the permission set goes with the last of them."""
        wanted = self._with_lookups(specs)
        known = self._known(wanted)
        steps: list[SetupStep] = []
        for spec in wanted:
            target = f"{spec.object}.{spec.name}"
            field = known.pop((spec.object, spec.name), None)
            if field is None or not self._is_ours(spec):
                continue
            if not dry_run:
                try:
                    tail = self._client.path(f"tooling/sobjects/CustomField/{field}")
                    self._client.raw("setup", "DELETE", tail)
                except ConnectorError as error:
                    if error.failure.kind is not FailureKind.GONE:
                        steps.append(replace(_failed(spec, error.failure), action="remove"))
                        continue
            detail = "remove the field with its values; the recycle bin keeps it for 15 days"
            steps.append(SetupStep("remove", target, detail, not dry_run, spec, spec.name))
        steps += self._without_set(keeps=bool(known), dry_run=dry_run)
        self._client.forget_describes()
        return steps

    def _without_set(self, *, keeps: bool, dry_run: bool) -> Iterator[SetupStep]:
        """Remove the permission set with its assignments, unless fields of ours are left."""
        if keeps:
            return
        for row in list(self._client.rows(_set_query(), kind="setup")):
            if not dry_run:
                holds = equals("PermissionSetId", row["Id"])
                soql = select(("Id",), "PermissionSetAssignment", holds)
                for each in list(self._client.rows(soql, kind="setup")):
                    self._delete(f"sobjects/PermissionSetAssignment/{each['Id']}")
                self._delete(f"sobjects/PermissionSet/{row['Id']}")
            target = f"permission set {PERMISSION_SET}"
            yield SetupStep("remove", target, "remove it with its assignments", not dry_run)

    def _delete(self, tail: str) -> None:
        try:
            self._client.raw("setup", "DELETE", self._client.path(tail))
        except ConnectorError as error:
            if error.failure.kind is not FailureKind.GONE:
                raise


def _of(granted: Mapping[str, tuple[str, bool]], spec: FieldSpec) -> Iterator[tuple[str, bool]]:
    found = granted.get(f"{spec.object}.{spec.name}")
    if found is not None:
        yield found


def _set_query() -> str:
    return select(("Id",), "PermissionSet", f"Name = '{PERMISSION_SET}'", "IsOwnedByProfile = false")


def _fits(spec: FieldSpec, seen: FieldInfo) -> bool:
    if spec.kind is seen.kind:
        return spec.kind is not FieldKind.LINK or spec.links_to in seen.links_to
    texts = (FieldKind.TEXT, FieldKind.LONG_TEXT)
    if spec.kind is FieldKind.TEXT and seen.kind is FieldKind.LONG_TEXT:
        return (spec.length or 0) > 255
    # people may fill a text from a list
    return spec.purpose != "result" and spec.kind in texts and seen.kind in (*texts, FieldKind.ONE_OF)


def _other_kind(spec: FieldSpec, seen: FieldInfo) -> Failure:
    return Failure(
        FailureKind.REJECT,
        "other-kind",
        f"`{spec.object}.{spec.name}` exists as {seen.kind.value.replace('_', ' ')}, "
        f"{spec.kind.value.replace('_', ' ')} is wanted",
        field=spec.name,
        remedy="rename or remove the field in the org, or give the result another field in the mapping",
    )


def _failed(spec: FieldSpec, failure: Failure) -> SetupStep:
    return SetupStep(
        "create", f"{spec.object}.{spec.name}", f"the field `{spec.label}`", False, spec, failure=failure
    )


def _for_people(specs: Sequence[FieldSpec]) -> SetupStep:
    objects = ", ".join(sorted({spec.object for spec in specs}))
    return SetupStep(
        "explain",
        f"permission set {PERMISSION_SET}",
        f"assign the permission set to the people who work with {objects}, and put the fields on their page "
        "layouts: the interface does neither for them",
        False,
    )
