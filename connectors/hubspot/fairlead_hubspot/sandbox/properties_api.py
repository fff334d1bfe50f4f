"""The properties interface: fields, their groups, and the traps of making them."""

from __future__ import annotations

import re
from typing import Any

from werkzeug.wrappers import Request, Response

from fairlead.testing.server import json_response
from fairlead_hubspot.sandbox.account import Account
from fairlead_hubspot.sandbox.answers import Refusal, body_of, inputs_of, iso
from fairlead_hubspot.sandbox.tables import Table

__all__ = ["PropertiesApi"]

_NEEDED = ("groupName", "name", "label", "type", "fieldType")
_FIELD_TYPES = {
    "bool": {"booleancheckbox", "calculation_equation"},
    "date": {"date"},
    "datetime": {"date", "calculation_equation"},
    "enumeration": {"booleancheckbox", "checkbox", "radio", "select", "calculation_equation"},
    "number": {"number", "calculation_equation"},
    "phone_number": {"phonenumber"},
    "string": {"text", "textarea", "html", "file", "phonenumber", "calculation_equation"},
}
_MOST_UNIQUE = 10


class PropertiesApi:
    """Handlers for `/crm/properties/{version}/{type}` and `/crm/v3/properties/{type}`."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def every(self, request: Request, version: str, type_: str) -> Response:
        """List the properties of an object type."""
        table = self._account.table(type_)
        archived = request.args.get("archived", "").lower() == "true"
        found = table.archived_properties if archived else table.properties
        return json_response({"results": [{**each, "archived": archived} for each in found.values()]})

    def get(self, request: Request, version: str, type_: str, name: str) -> Response:
        """Return one property."""
        return json_response({**self._existing(self._account.table(type_), name), "archived": False})

    def create(self, request: Request, version: str, type_: str) -> Response:
        """Make a property; an archived one of that name comes back as it was."""
        table = self._account.table(type_)
        shown = self._create(version, table, body_of(request))
        place = f"/crm/properties/{version}/{type_}/{shown['name']}"
        return json_response({**shown, "archived": False}, 201, headers={"Location": place})

    def batch_create(self, request: Request, version: str, type_: str) -> Response:
        """Make properties at once; those that exist are errors among the results."""
        table = self._account.table(type_)
        results, errors = [], []
        for each in inputs_of(request, 100):
            try:
                results.append(self._create(version, table, each))
            except Refusal as refusal:
                errors.append(refusal.detail)
        now = iso(self._account.clock())
        answer: dict[str, Any] = {
            "status": "COMPLETE",
            "results": results,
            "startedAt": now,
            "completedAt": now,
        }
        if errors:
            answer.update(numErrors=len(errors), errors=errors)
        return json_response(answer, 207 if errors else 201)

    def update(self, request: Request, version: str, type_: str, name: str) -> Response:
        """Change a property; a list of options replaces the whole list."""
        table = self._account.table(type_)
        shown = self._existing(table, name)
        wanted = body_of(request)
        if shown["modificationMetadata"]["readOnlyDefinition"]:
            raise Refusal(400, "VALIDATION_ERROR", f"{name} is defined by HubSpot and cannot be changed")
        if "options" in wanted:
            wanted["options"] = self._options(version, wanted)
        known = (
            "label",
            "description",
            "options",
            "groupName",
            "displayOrder",
            "type",
            "fieldType",
            "hidden",
        )
        shown.update({key: wanted[key] for key in known if key in wanted})
        return json_response({**shown, "archived": False})

    def archive(self, request: Request, version: str, type_: str, name: str) -> Response:
        """Archive a property with its values; one that a form or list uses is refused."""
        table = self._account.table(type_)
        shown = self._existing(table, name)
        if shown["hubspotDefined"]:
            raise Refusal(400, "VALIDATION_ERROR", f"{name} is defined by HubSpot and cannot be archived")
        if name in self._account.switches["properties_in_use"]:
            raise Refusal(
                400,
                "VALIDATION_ERROR",
                f"{name} is used and cannot be archived",
                subCategory="PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE",
            )
        table.archived_properties[name] = table.properties.pop(name)
        table.version += 1
        return Response(status=204)

    def groups(self, request: Request, version: str, type_: str) -> Response:
        """List the groups of an object type's properties."""
        table = self._account.table(type_)
        return json_response({"results": [_group(*each) for each in table.groups.items()]})

    def create_group(self, request: Request, version: str, type_: str) -> Response:
        """Make a group."""
        table, wanted = self._account.table(type_), body_of(request)
        if wanted["name"] in table.groups:
            raise Refusal(
                409,
                "OBJECT_ALREADY_EXISTS",
                f"A group named {wanted['name']} exists",
                subCategory="Properties.PROPERTY_GROUP_WITH_NAME_EXISTS",
            )
        table.groups[wanted["name"]] = wanted["label"]
        return json_response(_group(wanted["name"], wanted["label"]), 201)

    def archive_group(self, request: Request, version: str, type_: str, name: str) -> Response:
        """Remove a group that holds no properties."""
        table = self._account.table(type_)
        if name not in table.groups:
            raise Refusal(404, "OBJECT_NOT_FOUND", f"no group named {name}")
        if any(each["groupName"] == name for each in table.properties.values()):
            raise Refusal(400, "VALIDATION_ERROR", f"the group {name} still holds properties")
        del table.groups[name]
        return Response(status=204)

    def _create(self, version: str, table: Table, wanted: dict[str, Any]) -> dict[str, Any]:
        lacking = [name for name in _NEEDED if not wanted.get(name)]
        if lacking:
            raise Refusal(400, "VALIDATION_ERROR", f"Some required fields were not set: {lacking}")
        name = str(wanted["name"])
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,99}", name):
            raise Refusal(400, "VALIDATION_ERROR", f"{name} is not a name for a property")
        if name in table.properties:
            raise Refusal(
                409,
                "OBJECT_ALREADY_EXISTS",
                f'A property named "{name}" already exists.',
                subCategory="Properties.PROPERTY_WITH_NAME_EXISTS",
            )
        if wanted["fieldType"] not in _FIELD_TYPES.get(wanted["type"], ()):
            raise Refusal(400, "VALIDATION_ERROR", f"{wanted['fieldType']} does not go with {wanted['type']}")
        values = [each.get("value") for each in wanted.get("options") or []]
        if wanted["type"] == "bool" and sorted(map(str, values)) != ["false", "true"]:
            raise Refusal(400, "VALIDATION_ERROR", "Boolean properties must have the options true and false")
        if wanted["groupName"] not in table.groups:
            raise Refusal(400, "VALIDATION_ERROR", f"Property group {wanted['groupName']} does not exist")
        unique = sum(
            each["hasUniqueValue"] and not each["hubspotDefined"] for each in table.properties.values()
        )
        if wanted.get("hasUniqueValue") and unique >= _MOST_UNIQUE:
            raise Refusal(400, "VALIDATION_ERROR", f"at most {_MOST_UNIQUE} properties have unique values")
        if name in table.archived_properties:
            # what was archived comes back with the type that it had, whatever is asked for now
            shown = table.archived_properties.pop(name)
        else:
            shown = {
                "description": "",
                "displayOrder": -1,
                "hidden": False,
                "hasUniqueValue": False,
                "formField": False,
                "externalOptions": False,
                **wanted,
                "options": self._options(version, wanted),
                "calculated": False,
                "hubspotDefined": False,
                "modificationMetadata": {
                    "archivable": True,
                    "readOnlyDefinition": False,
                    "readOnlyValue": False,
                },
            }
        table.properties[name] = shown
        table.version += 1
        return shown

    def _options(self, version: str, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        options = wanted.get("options") or []
        for each in options:
            needed = (
                ["label", "value"]
                if version in ("v3", "2026-03")
                else ["label", "value", "displayOrder", "hidden"]
            )
            lacking = [name for name in needed if name not in each]
            if lacking:
                raise Refusal(
                    400, "VALIDATION_ERROR", f"Some required fields were not set: options.{lacking}"
                )
        values = [each["value"] for each in options]
        if len(set(values)) != len(values) or len({each["label"] for each in options}) != len(options):
            raise Refusal(400, "VALIDATION_ERROR", "options have duplicate labels or values")
        return [{"displayOrder": order, "hidden": False, **each} for order, each in enumerate(options)]

    def _existing(self, table: Table, name: str) -> dict[str, Any]:
        if name not in table.properties:
            raise Refusal(404, "OBJECT_NOT_FOUND", f'No property named "{name}" exists')
        return table.properties[name]


def _group(name: str, label: str) -> dict[str, Any]:
    return {"name": name, "label": label, "displayOrder": -1, "archived": False}
