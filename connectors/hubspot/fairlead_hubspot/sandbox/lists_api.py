"""The lists interface, as far as views need it: make, find by name, remove."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from fairlead.testing.server import json_response
from fairlead_hubspot.sandbox.account import Account
from fairlead_hubspot.sandbox.answers import Refusal, body_of, iso

__all__ = ["ListsApi"]


class ListsApi:
    """Handlers for `/crm/lists/{version}` and `/crm/v3/lists`."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create(self, request: Request, version: str) -> Response:
        """Make a list that fills itself by a filter."""
        wanted = body_of(request)
        if not {"name", "objectTypeId", "processingType"} <= wanted.keys():
            raise Refusal(400, "VALIDATION_ERROR", "name, objectTypeId and processingType are required")
        if self._named(wanted["objectTypeId"], wanted["name"]) is not None:
            raise Refusal(400, "VALIDATION_ERROR", f"a list named {wanted['name']} exists")
        table = self._account.table(wanted["objectTypeId"])
        unknown = [name for name in _properties(wanted.get("filterBranch")) if name not in table.properties]
        if unknown:
            raise Refusal(400, "VALIDATION_ERROR", f"the filter names unknown properties: {unknown}")
        list_id = len(self._account.lists) + 1
        shown = {
            **wanted,
            "listId": str(list_id),
            "listVersion": 1,
            "processingStatus": "COMPLETE",
            "createdAt": iso(self._account.clock()),
        }
        self._account.lists[list_id] = shown
        return json_response({"list": shown})

    def by_name(self, request: Request, version: str, type_id: str, name: str) -> Response:
        """Return the list of a name."""
        found = self._named(type_id, name)
        if found is None:
            raise Refusal(404, "OBJECT_NOT_FOUND", "no list of that name")
        return json_response({"list": found})

    def delete(self, request: Request, version: str, list_id: str) -> Response:
        """Remove a list."""
        if self._account.lists.pop(int(list_id), None) is None:
            raise Refusal(404, "OBJECT_NOT_FOUND", "no such list")
        return Response(status=204)

    def _named(self, type_id: str, name: str) -> dict[str, Any] | None:
        for each in self._account.lists.values():
            if each["objectTypeId"] == type_id and each["name"] == name:
                return each
        return None


def _properties(branch: Any) -> list[str]:
    if not isinstance(branch, dict):
        return []
    names = [each["property"] for each in branch.get("filters", []) if "property" in each]
    return names + [name for each in branch.get("filterBranches", []) for name in _properties(each)]
