"""The objects interface: lists, single records, search, batches."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from fairlead.testing.server import json_response
from fairlead_hubspot.sandbox.account import Account
from fairlead_hubspot.sandbox.answers import Refusal, body_of, inputs_of, iso
from fairlead_hubspot.sandbox.checking import BadValue, checked
from fairlead_hubspot.sandbox.schema import DEFAULTS
from fairlead_hubspot.sandbox.searching import search
from fairlead_hubspot.sandbox.tables import Row, Table

__all__ = ["ObjectsApi"]

_LIST_PAGE, _BATCH = 100, 100
_Warnings = list[dict[str, Any]]
_Put = Callable[[dict[str, Any]], dict[str, Any]]


class ObjectsApi:
    """Handlers for `/crm/objects/{version}/{type}` and `/crm/v3/objects/{type}`."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def page(self, request: Request, version: str, type_: str) -> Response:
        """List records in the order of their ids, live or archived."""
        table = self._account.table(type_)
        limit = int(request.args.get("limit", 10))
        if not 1 <= limit <= _LIST_PAGE:
            raise Refusal(400, "VALIDATION_ERROR", f"limit must be at most {_LIST_PAGE}")
        after = int(request.args.get("after") or 0)
        archived = request.args.get("archived", "").lower() == "true"
        ids = sorted(table.archived) if archived else table.ids
        start, _ = table.between(ids, after, None)
        chosen = ids[start : start + limit]
        names = _names(table, _listed(request, "properties"))
        links = [self._account.table(each).name for each in _listed(request, "associations")]
        results = []
        for id_ in chosen:
            row, gone = table.archived[id_] if archived else (table.rows[id_], None)
            shown = self._account.shown(table, row, names, archived=gone)
            results.append(self._with_links(table, row, shown, links))
        answer: dict[str, Any] = {"results": results}
        if start + limit < len(ids):
            answer["paging"] = {"next": {"after": str(ids[start + limit]), "link": ""}}
        return json_response(answer)

    def get(self, request: Request, version: str, type_: str, id_: str) -> Response:
        """Return one record."""
        table = self._account.table(type_)
        row = self._find(table, id_, request.args.get("idProperty"))
        if row is None:
            raise Refusal(404, "OBJECT_NOT_FOUND", "resource not found")
        shown = self._account.shown(table, row, _names(table, _listed(request, "properties")))
        links = [self._account.table(each).name for each in _listed(request, "associations")]
        return json_response(self._with_links(table, row, shown, links))

    def create(self, request: Request, version: str, type_: str) -> Response:
        """Create one record."""
        return json_response(self._created(version, self._account.table(type_), body_of(request)), 201)

    def update(self, request: Request, version: str, type_: str, id_: str) -> Response:
        """Change one record."""
        table = self._account.table(type_)
        changed = {**body_of(request), "id": id_, "idProperty": request.args.get("idProperty")}
        return json_response(self._updated(version, table, changed))

    def archive(self, request: Request, version: str, type_: str, id_: str) -> Response:
        """Archive one record; one that is gone is no error."""
        table = self._account.table(type_)
        row = self._find(table, id_, None)
        if row is not None:
            self._account.archive(table.name, row)
        return Response(status=204)

    def search(self, request: Request, version: str, type_: str) -> Response:
        """Search, with all of the search's ceilings and its delay."""
        table = self._account.table(type_)
        table.settle(self._account.clock())
        wanted = body_of(request)
        total, rows, following = search(table, wanted)
        names = _names(table, wanted.get("properties") or [])
        answer: dict[str, Any] = {
            "total": total,
            "results": [self._as_indexed(table, row, names) for row in rows],
        }
        if following is not None:
            answer["paging"] = {"next": {"after": str(following)}}
        # search answers carry no headers of the rate limit, and say when they were given
        return json_response(answer, headers={"x-hubspot-rate-limit-exemptions": "search"})

    def merge(self, request: Request, version: str, type_: str) -> Response:
        """Merge two records into a new one."""
        table, wanted = self._account.table(type_), body_of(request)
        keep = self._find(table, str(wanted.get("primaryObjectId")), None)
        lose = self._find(table, str(wanted.get("objectIdToMerge")), None)
        if keep is None or lose is None or keep is lose:
            raise Refusal(404, "OBJECT_NOT_FOUND", "resource not found")
        merged = self._account.merge(table.name, keep, lose)
        return json_response(self._account.shown(table, merged, _names(table, [])))

    def batch_read(self, request: Request, version: str, type_: str) -> Response:
        """Read records by id or by a unique property; what is missing is an error among the results."""
        table = self._account.table(type_)
        wanted = body_of(request)
        names = _names(table, wanted.get("properties") or [])
        found: dict[int, dict[str, Any]] = {}
        missing = []
        for each in inputs_of(request, _BATCH):
            row = self._find(table, str(each.get("id")), wanted.get("idProperty"))
            if row is None:
                missing.append(str(each.get("id")))
            else:
                found[row.id] = self._account.shown(table, row, names)
        errors = [_not_found(table, missing)] if missing else []
        return self._batch(list(found.values()), errors)

    def batch_create(self, request: Request, version: str, type_: str) -> Response:
        """Create records; one bad input fails all of them unless each has a trace id."""
        table = self._account.table(type_)
        return self._each(request, table, lambda each: self._created(version, table, each), 201)

    def batch_update(self, request: Request, version: str, type_: str) -> Response:
        """Change records by id or by a unique property."""
        table = self._account.table(type_)
        self._refuse_twice(inputs_of(request, _BATCH))
        return self._each(request, table, lambda each: self._updated(version, table, each))

    def batch_upsert(self, request: Request, version: str, type_: str) -> Response:
        """Change the records that have a unique value, and create those that nobody has."""
        table = self._account.table(type_)

        def put(each: dict[str, Any]) -> dict[str, Any]:
            unique = each.get("idProperty")
            if self._find(table, str(each.get("id")), unique) is not None:
                return {**self._updated(version, table, each), "new": False}
            if unique is None:
                raise Refusal(404, "OBJECT_NOT_FOUND", "resource not found")
            values = {**each.get("properties", {}), unique: each["id"]}
            return {**self._created(version, table, {**each, "properties": values}), "new": True}

        return self._each(request, table, put)

    def batch_archive(self, request: Request, version: str, type_: str) -> Response:
        """Archive records; those that are gone are no error."""
        for each in inputs_of(request, _BATCH):
            self.archive(request, version, type_, str(each.get("id")))
        return Response(status=204)

    def _each(self, request: Request, table: Table, put: _Put, status: int = 200) -> Response:
        """Write each input; without a trace id for every one of them, one bad input fails them all."""
        inputs = inputs_of(request, _BATCH)
        traced = all(each.get("objectWriteTraceId") for each in inputs)
        partial = traced and not self._account.switches["strict_batches"]
        results, errors = [], []
        undo: list[Callable[[], None]] = []
        for each in inputs:
            undo.append(self._undoing(table, each))
            try:
                result = put(each)
            except Refusal as refusal:
                if refusal.status == 423 or (not partial and refusal.status != 404):
                    for step in reversed(undo):
                        step()
                    raise
                errors.append(_item_error(refusal, each))
                continue
            if each.get("objectWriteTraceId"):
                result["objectWriteTraceId"] = each["objectWriteTraceId"]
            results.append(result)
        return self._batch(results, errors, status)

    def _undoing(self, table: Table, each: Mapping[str, Any]) -> Callable[[], None]:
        """Return how to take one write back: a batch that fails as a whole changes nothing."""
        row = self._find(table, str(each.get("id")), each.get("idProperty"))
        if row is None:
            newest = table.ids[-1] if table.ids else 0

            def uncreate() -> None:
                for id_ in table.ids[table.between(table.ids, newest + 1, None)[0] :]:
                    table.drop(table.rows[id_])

            return uncreate
        kept, stamp = {name: row.values.get(name) for name in each.get("properties", {})}, row.updated
        return lambda: table.change(row, kept, stamp, 0)

    def _batch(
        self, results: list[dict[str, Any]], errors: list[dict[str, Any]], status: int = 200
    ) -> Response:
        self._account.chance.shuffle(results)
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

    def _created(self, version: str, table: Table, wanted: dict[str, Any]) -> dict[str, Any]:
        values, warnings = self._checked(version, table, wanted.get("properties") or {}, None)
        for name, shown in table.properties.items():
            owner = table.owner_of(name, values.get(name) or "") if shown["hasUniqueValue"] else None
            if owner is not None:
                raise _conflict(table, name, owner)
        targets = [
            (to, each["types"])
            for each in wanted.get("associations") or []
            for to in [self._target(str(each["to"]["id"]))]
        ]
        kept = {name: value for name, value in values.items() if value is not None}
        row = self._account.create(table.name, kept)
        for (to, id_), types in targets:
            self._account.links.connect(
                table.name, to, row.id, id_, [int(each["associationTypeId"]) for each in types]
            )
        return self._written(table, row, values, warnings)

    def _updated(self, version: str, table: Table, wanted: dict[str, Any]) -> dict[str, Any]:
        row = self._find(table, str(wanted.get("id")), wanted.get("idProperty"))
        if row is None:
            raise Refusal(404, "OBJECT_NOT_FOUND", "resource not found", context={"ids": [str(wanted["id"])]})
        if self._account.locks.get((table.name, row.id), 0) > self._account.clock():
            raise Refusal(423, "LOCKED", "The record is locked by too many concurrent writes")
        values, warnings = self._checked(version, table, wanted.get("properties") or {}, row)
        for name, value in values.items():
            owner = (
                table.owner_of(name, value) if value and table.properties[name]["hasUniqueValue"] else None
            )
            if owner not in (None, row.id):
                raise _conflict(table, name, owner)
        self._account.change(table.name, row, values)
        return self._written(table, row, values, warnings)

    def _written(
        self, table: Table, row: Row, values: Mapping[str, str | None], warnings: _Warnings
    ) -> dict[str, Any]:
        shown = self._account.shown(table, row, list(values))
        return {**shown, "warnings": warnings} if warnings else shown

    def _checked(
        self, version: str, table: Table, wanted: Mapping[str, Any], row: Row | None
    ) -> tuple[dict[str, str | None], _Warnings]:
        newest = version >= "2026-09" and version != "v3"
        values: dict[str, str | None] = {}
        faults: list[BadValue] = []
        warnings: _Warnings = []
        for name, raw in wanted.items():
            shown = table.properties.get(name)
            if shown is None:
                faults.append(BadValue("PROPERTY_DOESNT_EXIST", name, f'Property "{name}" does not exist'))
                continue
            try:
                kept = checked(shown, raw, newest=newest)
            except BadValue as fault:
                faults.append(fault)
                continue
            if (table.name, name, kept.value) in self._account.forbidden:
                faults.append(
                    BadValue("FAILED_VALIDATION_RULE", name, "a rule of the account refuses the value")
                )
            values[name] = kept.value
            if kept.normalized:
                warnings.append(
                    {
                        "category": "PROPERTY_VALUE_NORMALIZED",
                        "propertyName": name,
                        "rawValue": str(raw),
                        "normalizedValue": kept.value,
                    }
                )
        if newest and not faults:
            faults = [
                BadValue("MISSING_REQUIRED_PROPERTY", name, f'Property "{name}" is required')
                for name in self._account.switches["required_properties"].get(table.name, ())
                if not (values[name] if name in values else row and table.value(row, name))
            ]
        if faults:
            raise _invalid(faults)
        return values, warnings

    def _find(self, table: Table, id_: str, unique: str | None) -> Row | None:
        if unique in (None, "hs_object_id"):
            return table.find(_number(id_))
        shown = table.properties.get(unique or "")
        if shown is None or not shown["hasUniqueValue"]:
            raise Refusal(400, "VALIDATION_ERROR", f"{unique} is not a property with unique values")
        owner = table.owner_of(unique or "", id_)
        return None if owner is None else table.rows.get(owner)

    def _target(self, id_: str) -> tuple[str, int]:
        for table in self._account.tables.values():
            row = table.find(_number(id_))
            if row is not None:
                return table.name, row.id
        raise Refusal(404, "OBJECT_NOT_FOUND", f"no record with the id {id_} to associate with")

    def _as_indexed(self, table: Table, row: Row, names: list[str]) -> dict[str, Any]:
        shown = self._account.shown(table, row, names)
        overlay = table.overlays.get(row.id)
        if overlay is not None and overlay.updated is not None:
            shown["properties"].update({k: v for k, v in overlay.values.items() if k in shown["properties"]})
            shown["properties"][table.stamp] = shown["updatedAt"] = iso(overlay.updated)
        return shown

    def _with_links(self, table: Table, row: Row, shown: dict[str, Any], links: list[str]) -> dict[str, Any]:
        if links:
            shown["associations"] = {
                to: {"results": [{"id": str(id_), "type": f"{table.name}_to_{to}"} for id_ in found]}
                for to in links
                if (found := self._account.links.of(table.name, row.id, to))
            }
        return shown

    def _refuse_twice(self, inputs: list[dict[str, Any]]) -> None:
        ids = [str(each.get("id")) for each in inputs]
        if len(set(ids)) != len(ids):
            raise Refusal(400, "VALIDATION_ERROR", "Duplicate IDs found in batch input")


def _names(table: Table, wanted: list[str]) -> list[str]:
    return list(wanted) or list(DEFAULTS.get(table.name, ()))


def _listed(request: Request, name: str) -> list[str]:
    return [part for value in request.args.getlist(name) for part in value.split(",") if part]


def _number(id_: str) -> int:
    return int(id_) if id_.isascii() and id_.isdigit() else -1


def _not_found(table: Table, ids: list[str]) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": f"Could not get some {table.name} objects, they may be deleted or not exist.",
        "context": {"ids": ids},
    }


def _conflict(table: Table, name: str, owner: int | None) -> Refusal:
    if name == "email":
        return Refusal(409, "CONFLICT", f"Contact already exists. Existing ID: {owner}")
    fault = BadValue("CONFLICTING_UNIQUE_VALUE", name, f"{owner} already has that value.")
    return _invalid([fault])


def _invalid(faults: list[BadValue]) -> Refusal:
    found = [
        {"isValid": False, "message": str(each), "error": each.code, "name": each.name} for each in faults
    ]
    return Refusal(
        400,
        "VALIDATION_ERROR",
        f"Property values were not valid: {json.dumps(found)}",
        errors=[
            {"message": str(each), "code": each.code, "context": {"propertyName": [each.name]}}
            for each in faults
        ],
    )


def _item_error(refusal: Refusal, each: Mapping[str, Any]) -> dict[str, Any]:
    context = dict(refusal.detail.get("context") or {})
    if each.get("objectWriteTraceId"):
        context["objectWriteTraceId"] = [each["objectWriteTraceId"]]
    else:
        context["ids"] = [str(each.get("id"))]
    return {**refusal.detail, "context": context}
