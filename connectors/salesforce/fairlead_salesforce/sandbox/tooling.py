"""The Tooling API's custom fields: created invisible, changed, removed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from fairlead.testing.server import json_response
from fairlead_salesforce.sandbox.org import Org
from fairlead_salesforce.sandbox.queries import prepare
from fairlead_salesforce.sandbox.refusals import Refused
from fairlead_salesforce.sandbox.rest import body_object
from fairlead_salesforce.sandbox.schema import Field
from fairlead_salesforce.sandbox.tables import Row, Table

__all__ = ["Tooling"]

Handler = Callable[..., Response]

_TYPES: Mapping[str, str] = {
    "Text": "string",
    "LongTextArea": "textarea",
    "Checkbox": "boolean",
    "Number": "double",
    "Date": "date",
    "DateTime": "datetime",
    "Picklist": "picklist",
    "MultiselectPicklist": "multipicklist",
    "Lookup": "reference",
}
_NAME = re.compile(r"([A-Za-z]+)\.([A-Za-z][A-Za-z0-9_]{0,39})__c")
_LONGEST_LABEL = 40


class Tooling:
    """Handlers of the Tooling API on one org."""

    def __init__(self, org: Org) -> None:
        self._org = org

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        """Return (method, path, handler), paths below `/services/data/v<version>`."""
        fields = "/tooling/sobjects/CustomField"
        return [
            ("POST", fields, self.create),
            ("GET", f"{fields}/<id_>", self.retrieve),
            ("PATCH", f"{fields}/<id_>", self.change),
            ("DELETE", f"{fields}/<id_>", self.remove),
            ("GET", "/tooling/query", self.query),
        ]

    def create(self, request: Request, version: str) -> Response:
        """Create a field that nobody sees until it is granted."""
        body = body_object(request)
        full = str(body.get("FullName", ""))
        match = _NAME.fullmatch(full)
        if match is None:
            raise Refused("INVALID_FULL_NAME", f"{full} is not a valid name of a custom field", ("FullName",))
        table = self._org.table(match.group(1))
        name = f"{match.group(2)}__c"
        if name.lower() in (known.lower() for known in table.fields):
            raise Refused(
                "DUPLICATE_DEVELOPER_NAME",
                f"There is already a field named {match.group(2)} on {table.name}.",
                ("DeveloperName",),
            )
        self._org.add_field(table, _field(name, body.get("Metadata") or {}))
        now = self._org.now()
        row = self._org.tables["CustomField"].add(
            {"DeveloperName": match.group(2), "TableEnumOrId": table.name, "FullName": full}, now, now
        )
        return json_response({"id": row.id, "success": True, "errors": [], "warnings": [], "infos": []}, 201)

    def retrieve(self, request: Request, version: str, id_: str) -> Response:
        """Answer a field with its metadata."""
        row, _, field = self._found(id_)
        return json_response({"Id": row.id, "FullName": row.values["FullName"], "Metadata": _metadata(field)})

    def change(self, request: Request, version: str, id_: str) -> Response:
        """Change a field's options or label; its type stays."""
        _, table, field = self._found(id_)
        changed = _field(field.name, body_object(request).get("Metadata") or {})
        if changed.type != field.type:
            raise Refused("FIELD_INTEGRITY_EXCEPTION", "the type of a field with data cannot be changed here")
        table.fields[field.name] = changed
        self._org.schema_changed()
        return Response(status=204)

    def remove(self, request: Request, version: str, id_: str) -> Response:
        """Remove a field with its values."""
        _, table, field = self._found(id_)
        self._org.remove_field(table, field.name)
        return Response(status=204)

    def query(self, request: Request, version: str) -> Response:
        """Answer a query on custom fields."""
        prepared = prepare(self._org, request.args.get("q", ""), deleted=False)
        rows = prepared.render(prepared.rows, version)
        return json_response({"size": len(rows), "totalSize": len(rows), "done": True, "records": rows})

    def _found(self, id_: str) -> tuple[Row, Table, Field]:
        row = self._org.row(self._org.tables["CustomField"], id_)
        object_, _, name = str(row.values["FullName"]).partition(".")
        table = self._org.tables[object_]
        return row, table, table.fields[name]


def _field(name: str, metadata: Mapping[str, Any]) -> Field:
    kind = str(metadata.get("type", ""))
    label = str(metadata.get("label", ""))
    if kind not in _TYPES:
        raise Refused("INVALID_ENUM_VALUE", f"Cannot deserialize instance of FieldType from '{kind}'")
    if not 0 < len(label) <= _LONGEST_LABEL:
        raise Refused("STRING_TOO_LONG", "Label: data value too large or missing", ("MasterLabel",))
    needed = {
        "Text": ("length",),
        "LongTextArea": ("length", "visibleLines"),
        "Number": ("precision", "scale"),
    }
    needed |= {"MultiselectPicklist": ("valueSet", "visibleLines"), "Picklist": ("valueSet",)}
    needed |= {"Lookup": ("referenceTo", "relationshipName"), "Checkbox": ("defaultValue",)}
    for member in needed.get(kind, ()):
        if metadata.get(member) is None:
            raise Refused(
                "FIELD_INTEGRITY_EXCEPTION", f"Must specify '{member}' for a CustomField of type {kind}"
            )
    if kind == "Text" and not 1 <= int(metadata["length"]) <= 255:
        raise Refused("FIELD_INTEGRITY_EXCEPTION", "Text fields have 1 to 255 characters")
    values = metadata.get("valueSet") or {}
    options = [
        (str(each["fullName"]), str(each.get("label") or each["fullName"]))
        for each in (values.get("valueSetDefinition") or {}).get("value", ())
    ]
    target = metadata.get("referenceTo")
    return Field(
        name,
        label,
        _TYPES[kind],
        length=int(metadata.get("length") or (18 if kind == "Lookup" else 255 if options else 0)),
        precision=int(metadata.get("precision") or 0),
        scale=int(metadata.get("scale") or 0),
        options=tuple(options),
        restricted=bool(values.get("restricted")),
        unique=bool(metadata.get("unique")),
        external_id=bool(metadata.get("externalId")),
        references=(str(target),) if target else (),
        relationship=name.replace("__c", "__r") if target else None,
        custom=True,
        metadata=dict(metadata),
    )


def _metadata(field: Field) -> dict[str, Any]:
    if field.metadata:
        return field.metadata
    # of the fields that the org was seeded with
    kind = next(kind for kind, type_ in _TYPES.items() if type_ == field.type)
    found: dict[str, Any] = {"label": field.label, "type": kind, "length": field.length or None}
    if field.options:
        value = [{"fullName": value, "label": label, "default": False} for value, label in field.options]
        found["valueSet"] = {
            "restricted": field.restricted,
            "valueSetDefinition": {"sorted": False, "value": value},
        }
    return found
