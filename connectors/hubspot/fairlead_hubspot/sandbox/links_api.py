"""The associations interface: batches, labels, single associations."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from fairlead.testing.server import json_response
from fairlead_hubspot.sandbox.account import Account
from fairlead_hubspot.sandbox.answers import Refusal, body_of, inputs_of, iso
from fairlead_hubspot.sandbox.links import default_type

__all__ = ["LinksApi"]

_READ_BATCH, _WRITE_BATCH = 1_000, 2_000
#: associations of one record in one answer
_PAGE = 500


class LinksApi:
    """Handlers for `/crm/associations/{version}/{from}/{to}` and `/crm/v4/associations/{from}/{to}`."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def batch_read(self, request: Request, version: str, from_: str, to: str) -> Response:
        """Return what records are associated with; one without associations is an error among the results."""
        one, other = self._account.table(from_), self._account.table(to)
        results: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for each in inputs_of(request, _READ_BATCH):
            id_ = int(each["id"])
            found = self._account.links.of(one.name, id_, other.name)
            if not found:
                errors.append(_none_found(one.name, other.name, id_))
                continue
            start = int(each.get("after") or 0)
            result: dict[str, Any] = {
                "from": {"id": str(id_)},
                "to": [
                    {
                        # the fourth version writes numbers here, the dated ones texts
                        "toObjectId": target if version == "v3" else str(target),
                        "associationTypes": self._account.links.types(one.name, other.name, id_, target),
                    }
                    for target in found[start : start + _PAGE]
                ],
            }
            if start + _PAGE < len(found):
                result["paging"] = {"next": {"after": str(start + _PAGE)}}
            results.append(result)
        self._account.chance.shuffle(results)
        return self._answer(results, errors)

    def batch_create(self, request: Request, version: str, from_: str, to: str) -> Response:
        """Associate records under the types given."""
        one, other = self._account.table(from_).name, self._account.table(to).name
        results: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for each in inputs_of(request, _WRITE_BATCH):
            if not each.get("types"):
                raise Refusal(400, "VALIDATION_ERROR", "types must not be empty")
            ids = self._pair(one, other, each, errors)
            if ids is None:
                continue
            types = [int(type_["associationTypeId"]) for type_ in each["types"]]
            self._account.links.connect(one, other, *ids, types)
            results.append({"fromObjectId": str(ids[0]), "toObjectId": str(ids[1]), "labels": []})
        return self._answer(results, errors, 201 if version == "v3" else 200)

    def associate_default(self, request: Request, version: str, from_: str, to: str) -> Response:
        """Associate records without a label."""
        one, other = self._account.table(from_).name, self._account.table(to).name
        results: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for each in inputs_of(request, _WRITE_BATCH):
            ids = self._pair(one, other, each, errors)
            if ids is None:
                continue
            self._account.links.connect(one, other, *ids)
            results.append(
                {
                    "from": {"id": str(ids[0])},
                    "to": {"id": str(ids[1])},
                    "associationSpec": {
                        "associationCategory": "HUBSPOT_DEFINED",
                        "associationTypeId": default_type(one, other),
                    },
                }
            )
        return self._answer(results, errors)

    def batch_archive(self, request: Request, version: str, from_: str, to: str) -> Response:
        """Take associations away."""
        one, other = self._account.table(from_).name, self._account.table(to).name
        for each in inputs_of(request, _WRITE_BATCH):
            for target in each["to"]:
                self._account.links.part(one, other, int(each["from"]["id"]), int(target["id"]))
        return self._gone(version)

    def labels_archive(self, request: Request, version: str, from_: str, to: str) -> Response:
        """Take labels off associations."""
        one, other = self._account.table(from_).name, self._account.table(to).name
        for each in inputs_of(request, _WRITE_BATCH):
            types = [int(type_["associationTypeId"]) for type_ in each["types"]]
            self._account.links.unlabel(one, other, int(each["from"]["id"]), int(each["to"]["id"]), types)
        return self._gone(version)

    def labels(self, request: Request, version: str, from_: str, to: str) -> Response:
        """List the types of association between two object types."""
        one, other = self._account.table(from_).name, self._account.table(to).name
        shown: list[dict[str, Any]] = [
            {"category": "HUBSPOT_DEFINED", "typeId": default_type(one, other), "label": None}
        ]
        shown.extend(
            {"category": "USER_DEFINED", "typeId": each.type_id, "label": each.label}
            for each in self._account.links.labels.get((one, other), ())
        )
        return json_response({"results": shown})

    def create_label(self, request: Request, version: str, from_: str, to: str) -> Response:
        """Make a label of the account's own."""
        one, other = self._account.table(from_).name, self._account.table(to).name
        wanted = body_of(request)
        for each in self._account.links.labels.get((one, other), ()):
            if each.name == wanted["name"] or each.label == wanted["label"]:
                raise Refusal(
                    400, "VALIDATION_ERROR", f"An association named {wanted['name']} already exists"
                )
        made = self._account.links.add_label(one, other, wanted["label"], wanted["name"])
        shown = [{"category": "USER_DEFINED", "typeId": each.type_id, "label": each.label} for each in made]
        return json_response({"results": shown})

    def delete_label(self, request: Request, version: str, from_: str, to: str, type_id: str) -> Response:
        """Remove a label of the account's own."""
        one, other = self._account.table(from_).name, self._account.table(to).name
        if not self._account.links.drop_label(one, other, int(type_id)):
            raise Refusal(404, "OBJECT_NOT_FOUND", "no such association label")
        return Response(status=204)

    def _pair(
        self, one: str, other: str, each: dict[str, Any], errors: list[dict[str, Any]]
    ) -> tuple[int, int] | None:
        from_id, to_id = int(each["from"]["id"]), int(each["to"]["id"])
        from_row = self._account.table(one).find(from_id)
        to_row = self._account.table(other).find(to_id)
        if from_row is None or to_row is None:
            errors.append(
                {
                    "status": "error",
                    "category": "VALIDATION_ERROR",
                    "message": "One of the objects to associate does not exist",
                    "context": {"fromObjectId": [str(from_id)], "toObjectId": [str(to_id)]},
                }
            )
            return None
        return from_row.id, to_row.id

    def _answer(
        self, results: list[dict[str, Any]], errors: list[dict[str, Any]], status: int = 200
    ) -> Response:
        now = iso(self._account.clock())
        answer: dict[str, Any] = {
            "status": "COMPLETE",
            "results": results,
            "startedAt": now,
            "completedAt": now,
        }
        if errors:
            answer.update(numErrors=len(errors), errors=errors)
            status = 207
        return json_response(answer, status)

    def _gone(self, version: str) -> Response:
        return Response(status=204) if version == "v3" else self._answer([], [])


def _none_found(one: str, other: str, id_: int) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {other} are associated with {one} {id_}.",
        "context": {"fromObjectId": [str(id_)]},
    }
