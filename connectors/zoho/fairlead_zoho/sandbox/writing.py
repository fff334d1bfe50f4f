"""Writing records: create, update, upsert and delete, with one result for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from fairlead.plugins.records import Scalar
from fairlead.testing.server import Handler, json_response
from fairlead_zoho.sandbox.account import Run
from fairlead_zoho.sandbox.errors import Refusal, item_error
from fairlead_zoho.sandbox.schema import USER, ZONE, FieldDef, Unfit, parse, parse_instant
from fairlead_zoho.sandbox.store import Row

if TYPE_CHECKING:
    from fairlead_zoho.sandbox.server import ZohoSandbox

__all__ = ["Writing"]

_MOST_RECORDS = 100
_MOST_CHECKED = 10
#: what Zoho checks for duplicates by itself
_SYSTEM_CHECKED = {"Leads": ("Email",), "Contacts": ("Email",), "Accounts": ("Account_Name",)}


class _Fault(Exception):
    """One record is refused."""

    def __init__(self, code: str, details: Mapping[str, Any], message: str | None = None) -> None:
        super().__init__(code)
        self.item = item_error(code, dict(details), message)


class Writing:
    """The calls that write records."""

    def __init__(self, sandbox: ZohoSandbox) -> None:
        self._sandbox = sandbox
        self._account = sandbox.account

    def routes(self) -> Iterator[tuple[str, str, Handler]]:
        """Yield the routes."""
        yield "POST", "/crm/<version>/<module>", self.create
        yield "PUT", "/crm/<version>/<module>", self.update
        yield "PUT", "/crm/<version>/<module>/<int:record>", self.update
        yield "POST", "/crm/<version>/<module>/upsert", self.upsert
        yield "DELETE", "/crm/<version>/<module>", self.delete
        yield "DELETE", "/crm/<version>/<module>/<int:record>", self.delete

    def create(self, request: Request, version: str, module: str) -> Response:
        """Answer `POST /{module}`."""
        records = self._records(request, module)
        items = [self._item(self._insert, module, index, sent) for index, sent in enumerate(records)]
        return _answer(items, done=201)

    def update(self, request: Request, version: str, module: str, record: int | None = None) -> Response:
        """Answer `PUT /{module}` and `PUT /{module}/{id}`."""
        records = self._records(request, module)
        if record is not None:
            records = [{**records[0], "id": str(record)}]
        self._check_unmodified(request, module, records)
        items = [self._item(self._change, module, index, sent) for index, sent in enumerate(records)]
        return _answer(items, done=200)

    def upsert(self, request: Request, version: str, module: str) -> Response:
        """Answer `POST /{module}/upsert`: the fields to compare stand in the body."""
        records = self._records(request, module)
        body = self._sandbox.body(request)
        named = body.get("duplicate_check_fields")
        if named is not None and (not isinstance(named, list) or len(named) > _MOST_CHECKED):
            raise Refusal(400, "LIMIT_EXCEEDED", {"api_name": "duplicate_check_fields"})
        fields = self._account.visible(module)
        unique = [name for name, each in fields.items() if each.unique]
        checked = named if named is not None else [*_SYSTEM_CHECKED.get(module, ()), *unique]
        items = []
        for index, sent in enumerate(records):
            found, by = self._same(module, sent, checked)
            if found is None:
                item = self._item(self._insert, module, index, sent)
            else:
                item = self._item(self._change, module, index, {**sent, "id": str(found.id)})
            if item["status"] == "success":
                item["action"] = "insert" if found is None else "update"
                item["duplicate_field"] = by
            items.append(item)
        return _answer(items, done=200)

    def delete(self, request: Request, version: str, module: str, record: int | None = None) -> Response:
        """Answer `DELETE /{module}?ids=` and `DELETE /{module}/{id}`."""
        self._account.module(module)
        ids = [str(record)] if record is not None else request.args.get("ids", "").split(",")
        table, items = self._account.tables[module], []
        for id_ in ids[:_MOST_RECORDS]:
            row = table.rows.get(int(id_)) if id_.isdigit() else None
            if row is None:
                items.append(item_error("INVALID_DATA", {"id": id_}, "record not deleted"))
                continue
            table.remove(row, self._sandbox.stamp(), name=self._account.title(module, row))
            items.append(
                {
                    "code": "SUCCESS",
                    "details": {"id": id_},
                    "message": "record deleted",
                    "status": "success",
                }
            )
        return _answer(items, done=200)

    def _records(self, request: Request, module: str) -> list[dict[str, Any]]:
        self._account.module(module)
        body = self._sandbox.body(request)
        data = body.get("data")
        if not isinstance(data, list) or not data:
            raise Refusal(400, "MANDATORY_NOT_FOUND", {"api_name": "data", "json_path": "$"})
        if len(data) > _MOST_RECORDS:
            raise Refusal(400, "LIMIT_EXCEEDED", {"api_name": "data", "limit": _MOST_RECORDS})
        trigger = body.get("trigger")
        asked = tuple(trigger) if isinstance(trigger, list) else None
        self._account.runs.append(Run(module, request.method, asked, len(data)))
        return [each if isinstance(each, dict) else {} for each in data]

    def _check_unmodified(self, request: Request, module: str, records: list[dict[str, Any]]) -> None:
        limit = parse_instant(request.headers.get("If-Unmodified-Since", ""))
        if limit is None:
            return
        for sent in records:
            row = self._row(module, sent.get("id"))
            if row is not None and row.modified > limit:
                raise Refusal(412, "ALREADY_MODIFIED", {"id": str(row.id)})

    def _row(self, module: str, id_: object) -> Row | None:
        text = str(id_)
        return self._account.tables[module].rows.get(int(text)) if text.isdigit() else None

    def _item(self, write: Any, module: str, index: int, sent: dict[str, Any]) -> dict[str, Any]:
        try:
            row, message = write(module, index, sent)
        except _Fault as fault:
            return fault.item
        user = {"name": "Integration", "id": USER}
        created = row.get("Created_Time")
        details = {
            "Modified_Time": row.modified.astimezone(ZONE).isoformat(timespec="seconds"),
            "Modified_By": user,
            "Created_Time": created.astimezone(ZONE).isoformat(timespec="seconds"),
            "id": str(row.id),
            "Created_By": user,
        }
        return {"code": "SUCCESS", "details": details, "message": message, "status": "success"}

    def _insert(self, module: str, index: int, sent: dict[str, Any]) -> tuple[Row, str]:
        values = self._values(module, index, sent, None)
        for name, definition in self._account.module(module).fields.items():
            if definition.mandatory and values.get(name) is None:
                details = {"api_name": name, "json_path": f"$.data[{index}].{name}"}
                raise _Fault("MANDATORY_NOT_FOUND", details)
        row = self._account.insert(module, values, self._sandbox.stamp())
        self._relate(row, sent)
        return row, "record added"

    def _change(self, module: str, index: int, sent: dict[str, Any]) -> tuple[Row, str]:
        row = self._row(module, sent.get("id"))
        if row is None:
            details = {"api_name": "id", "json_path": f"$.data[{index}].id"}
            raise _Fault("INVALID_DATA", details, "the id given seems to be invalid")
        if row.became is not None:
            raise _Fault("ID_ALREADY_CONVERTED", {"id": str(row.id)})
        if row.locked_until is not None and row.locked_until > self._sandbox.now():
            raise _Fault("RECORD_LOCKED", {"id": str(row.id)})
        values = self._values(module, index, sent, row.id)
        self._account.update(module, row, values, self._sandbox.stamp())
        self._relate(row, sent)
        return row, "record updated"

    @staticmethod
    def _relate(row: Row, sent: Mapping[str, Any]) -> None:
        if isinstance(sent.get("$se_module"), str):
            row.se_module = sent["$se_module"]

    def _values(self, module: str, index: int, sent: Mapping[str, Any], id_: int | None) -> dict[str, Scalar]:
        """Return the values to store; names that the user does not see are passed over in silence."""
        values: dict[str, Scalar] = {}
        for name, definition in self._account.visible(module).items():
            if name not in sent or definition.read_only:
                continue
            place = {"api_name": name, "json_path": f"$.data[{index}].{name}"}
            try:
                value = parse(definition, sent[name])
            except Unfit as unfit:
                raise _Fault("INVALID_DATA", {**place, **unfit.details}) from None
            self._check(module, definition, value, place, id_)
            values[name] = value
        return values

    def _check(
        self, module: str, definition: FieldDef, value: Scalar, place: dict[str, Any], id_: int | None
    ) -> None:
        if (module, definition.api_name, value) in self._account.rules:
            raise _Fault("INVALID_DATA", place, "a validation rule refuses the value")
        target = self._account.tables.get(definition.lookup or "")
        if value is not None and target is not None and int(str(value)) not in target.rows:
            raise _Fault("INVALID_DATA", place, "the related id given seems to be invalid")
        if definition.unique and value is not None:
            other = self._account.holder(module, definition.api_name, value, id_)
            if other is not None:
                record = {"id": str(other.id), "module": {"api_name": module}}
                details = {**place, "id": str(other.id), "duplicate_record": record}
                raise _Fault("DUPLICATE_DATA", details)

    def _same(
        self, module: str, sent: Mapping[str, Any], checked: list[str]
    ) -> tuple[Row | None, str | None]:
        if "id" in sent:
            return self._row(module, sent["id"]), "id"
        for name in checked:
            if sent.get(name):
                found = self._account.holder(module, name, sent[name], None)
                if found is not None:
                    return found, name
        return None, None

    def lock(self, module: str, id_: str, seconds: float) -> None:
        """Lock a record for a while."""
        row = self._row(module, id_)
        if row is None:
            raise KeyError(id_)
        row.locked_until = self._sandbox.now() + timedelta(seconds=seconds)


def _answer(items: list[dict[str, Any]], done: int) -> Response:
    """Return the items: 207 where only some went well, 202 where none did."""
    good = sum(item["status"] == "success" for item in items)
    status = done if good == len(items) else 207 if good else 202
    return json_response({"data": items}, status)
