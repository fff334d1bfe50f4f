"""Settings of the account: modules, fields, profiles, users, the organisation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from fairlead.testing.server import Handler, json_response
from fairlead_zoho.sandbox.errors import Refusal, item_error
from fairlead_zoho.sandbox.schema import ADMIN_PROFILE, USER, USER_PROFILE, FieldDef

if TYPE_CHECKING:
    from fairlead_zoho.sandbox.server import ZohoSandbox

__all__ = ["Setup"]

_MOST_FIELDS = 5
_LABEL_AT_CREATION = 25
_LABEL = 255
_OPTIONS_AT_CREATION = 10
_PROFILES = {ADMIN_PROFILE: "Administrator", USER_PROFILE: "Integration"}
_TYPES = frozenset(
    (
        *("text", "textarea", "email", "phone", "website", "picklist", "multiselectpicklist", "boolean"),
        *("integer", "bigint", "double", "currency", "date", "datetime", "lookup"),
    )
)
_LENGTHS = {"integer": 9, "bigint": 18, "double": 16, "currency": 16, "textarea": 32000, "picklist": 120}


class Setup:
    """The calls that read and change the account's settings."""

    def __init__(self, sandbox: ZohoSandbox) -> None:
        self._sandbox = sandbox
        self._account = sandbox.account

    def routes(self) -> Iterator[tuple[str, str, Handler]]:
        """Yield the routes."""
        yield "GET", "/crm/<version>/settings/modules", self.modules
        yield "GET", "/crm/<version>/settings/modules/<module>", self.modules
        yield "GET", "/crm/<version>/settings/fields", self.fields
        yield "POST", "/crm/<version>/settings/fields", self.create
        yield "PATCH", "/crm/<version>/settings/fields", self.change
        yield "GET", "/crm/<version>/settings/fields/<int:field>", self.fields
        yield "PATCH", "/crm/<version>/settings/fields/<int:field>", self.change
        yield "DELETE", "/crm/<version>/settings/fields/<int:field>", self.delete
        yield "GET", "/crm/<version>/settings/profiles", self.profiles
        yield "GET", "/crm/<version>/users", self.users
        yield "GET", "/crm/<version>/org", self.organisation

    def modules(self, request: Request, version: str, module: str | None = None) -> Response:
        """Answer `GET /settings/modules`."""
        wanted = [self._account.module(module)] if module else self._account.modules.values()
        found = [
            {
                "id": each.id,
                "api_name": each.api_name,
                "module_name": each.plural,
                "plural_label": each.plural,
                "singular_label": each.plural.removesuffix("s"),
                "generated_type": "default",
                "api_supported": True,
                "viewable": True,
                "editable": True,
            }
            for each in wanted
        ]
        return json_response({"modules": found})

    def fields(self, request: Request, version: str, field: int | None = None) -> Response:
        """Answer `GET /settings/fields`: those that the user's profile sees."""
        module = self._module(request)
        shown = [
            self._shown(each)
            for each in self._account.visible(module).values()
            if field is None or each.id == str(field)
        ]
        return json_response({"fields": shown}) if shown else Response(status=204)

    def create(self, request: Request, version: str) -> Response:
        """Answer `POST /settings/fields`."""
        module = self._module(request)
        sent = self._sent(request)
        items = [self._create(module, index, each) for index, each in enumerate(sent)]
        bad = any(item["status"] == "error" for item in items)
        good = any(item["status"] == "success" for item in items)
        return json_response({"fields": items}, 207 if bad and good else 400 if bad else 201)

    def change(self, request: Request, version: str, field: int | None = None) -> Response:
        """Answer `PATCH /settings/fields`."""
        module = self._module(request)
        items = []
        for index, sent in enumerate(self._sent(request)):
            id_ = str(field) if field is not None else str(sent.get("id"))
            items.append(self._change(module, index, id_, sent))
        bad = any(item["status"] == "error" for item in items)
        return json_response({"fields": items}, 400 if bad and len(items) == 1 else 207 if bad else 200)

    def delete(self, request: Request, version: str, field: int) -> Response:
        """Answer `DELETE /settings/fields/{id}`."""
        module = self._module(request)
        found = self._by_id(module, str(field))
        if found is None or not found.custom:
            raise Refusal(400, "INVALID_DATA", {"api_name": "id"}, "the id given seems to be invalid")
        self.remove(module, found.api_name)
        return json_response({"fields": [_success(found.id, "field deleted")]})

    def remove(self, module: str, name: str) -> None:
        """Take a field and its values away."""
        del self._account.module(module).fields[name]
        for row in self._account.tables[module].rows.values():
            row.values.pop(name, None)

    def profiles(self, request: Request, version: str) -> Response:
        """Answer `GET /settings/profiles`."""
        found = [{"id": id_, "name": name, "display_label": name} for id_, name in _PROFILES.items()]
        return json_response({"profiles": found})

    def users(self, request: Request, version: str) -> Response:
        """Answer `GET /users`: the integration user."""
        user = {
            "id": USER,
            "full_name": "Integration",
            "email": "integration@example.com",
            "profile": {"id": USER_PROFILE, "name": _PROFILES[USER_PROFILE]},
            "role": {"id": "5725767000000026005", "name": "CEO"},
            "status": "active",
        }
        return json_response({"users": [user], "info": {"count": 1, "more_records": False}})

    def organisation(self, request: Request, version: str) -> Response:
        """Answer `GET /org`."""
        license_ = {"paid": True, "paid_type": "enterprise", "users_license_purchased": 150}
        found = {
            "id": "5725767000000020001",
            "company_name": "Sandbox Clinic",
            "iso_code": "EUR",
            "time_zone": "Europe/Istanbul",
            "license_details": license_,
        }
        return json_response({"org": [found]})

    def _module(self, request: Request) -> str:
        name = request.args.get("module")
        if not name:
            raise Refusal(400, "REQUIRED_PARAM_MISSING", {"param_name": "module"})
        return self._account.module(name).api_name

    def _sent(self, request: Request) -> list[dict[str, Any]]:
        sent = self._sandbox.body(request).get("fields")
        if not isinstance(sent, list) or not sent:
            raise Refusal(400, "MANDATORY_NOT_FOUND", {"api_name": "fields", "json_path": "$"})
        if len(sent) > _MOST_FIELDS:
            raise Refusal(400, "LIMIT_EXCEEDED", {"api_name": "fields", "limit": _MOST_FIELDS})
        return [each if isinstance(each, dict) else {} for each in sent]

    def _by_id(self, module: str, id_: str) -> FieldDef | None:
        fields = self._account.module(module).fields.values()
        return next((each for each in fields if each.id == id_), None)

    def _create(self, module: str, index: int, sent: dict[str, Any]) -> dict[str, Any]:
        place = f"$.fields[{index}]"
        label, type_ = str(sent.get("field_label") or ""), sent.get("data_type")
        options = sent.get("pick_list_values") or []
        target = (sent.get("lookup") or {}).get("module") or {}
        fields = self._account.module(module).fields
        if not label:
            return _fault("MANDATORY_NOT_FOUND", place, "field_label")
        if len(label) > _LABEL_AT_CREATION:
            return _fault("INVALID_DATA", place, "field_label", maximum_length=_LABEL_AT_CREATION)
        if any(each.label.casefold() == label.casefold() for each in fields.values()):
            return _fault("DUPLICATE_DATA", place, "field_label")
        if type_ not in _TYPES:
            return _fault("INVALID_DATA", place, "data_type", supported_values=sorted(_TYPES))
        if len(options) > _OPTIONS_AT_CREATION:
            return _fault("LIMIT_EXCEEDED", place, "pick_list_values", limit=_OPTIONS_AT_CREATION)
        if type_ == "lookup" and target.get("api_name") not in self._account.modules:
            return _fault("INVALID_DATA", place, "lookup")
        if sum(each.custom for each in fields.values()) >= self._account.most_custom_fields:
            return _fault("LIMIT_EXCEEDED", place, "fields", limit=self._account.most_custom_fields)
        profiles = sent.get("profiles")
        definition = FieldDef(
            str(self._account.ids.new()),
            self._account.new_field_name(module, label),
            label,
            type_,
            length=int(sent.get("length") or _LENGTHS.get(type_, 255)),
            options=[str(each.get("actual_value") or each.get("display_value")) for each in options],
            custom=True,
            unique=bool(sent.get("unique")),
            lookup=target.get("api_name"),
            decimal_place=sent.get("decimal_place"),
        )
        if profiles is not None:
            definition.permissions = {str(each["id"]): str(each["permission_type"]) for each in profiles}
        elif self._sandbox.switches["fields_hidden"]:
            definition.permissions = {ADMIN_PROFILE: "read_write"}
        self._account.add_field(module, definition)
        return _success(definition.id, "field created")

    def _change(self, module: str, index: int, id_: str, sent: dict[str, Any]) -> dict[str, Any]:
        place, found = f"$.fields[{index}]", self._by_id(module, id_)
        if found is None:
            return _fault("INVALID_DATA", place, "id")
        label = sent.get("field_label")
        if label is not None:
            others = (each for each in self._account.module(module).fields.values() if each is not found)
            if len(label) > _LABEL or not found.custom:
                return _fault("INVALID_DATA", place, "field_label", maximum_length=_LABEL)
            if any(each.label.casefold() == str(label).casefold() for each in others):
                return _fault("DUPLICATE_DATA", place, "field_label")
            found.label = str(label)
        for each in sent.get("pick_list_values") or []:
            value = str(each.get("actual_value") or each.get("display_value"))
            if value not in found.options:
                found.options.append(value)
        for each in sent.get("profiles") or []:
            found.permissions[str(each["id"])] = str(each["permission_type"])
        return _success(found.id, "field updated")

    def _shown(self, definition: FieldDef) -> dict[str, Any]:
        permissions = definition.permissions
        is_lookup = definition.data_type in ("lookup", "ownerlookup")
        target = self._account.modules.get(definition.lookup or "")
        module = {"api_name": definition.lookup, "id": target.id if target else None}
        writable = permissions[USER_PROFILE] == "read_write" and not definition.read_only
        return {
            "id": definition.id,
            "api_name": definition.api_name,
            "field_label": definition.label,
            "display_label": definition.label,
            "data_type": definition.data_type,
            "json_type": "jsonobject" if is_lookup else "string",
            "length": definition.length,
            "decimal_place": definition.decimal_place,
            "custom_field": definition.custom,
            "read_only": not writable,
            "field_read_only": definition.read_only,
            "system_mandatory": definition.mandatory,
            "visible": True,
            "unique": {"casesensitive": "false"} if definition.unique else {},
            "lookup": {"module": module, "api_name": definition.api_name, "id": None} if is_lookup else {},
            "pick_list_values": [
                {"id": f"{definition.id}{number:03d}", "display_value": value, "actual_value": value}
                for number, value in enumerate(_choices(definition))
            ],
            "profiles": [
                {"id": id_, "name": _PROFILES[id_], "permission_type": permissions.get(id_, "hidden")}
                for id_ in _PROFILES
            ],
            "operation_type": {
                "web_update": writable,
                "api_create": writable,
                "web_create": writable,
                "api_update": writable,
            },
        }


def _choices(definition: FieldDef) -> list[str]:
    """Return what a pick list offers: the empty choice is among it under a name of its own."""
    return ["-None-", *definition.options] if definition.data_type == "picklist" else definition.options


def _success(id_: str, message: str) -> dict[str, Any]:
    return {"code": "SUCCESS", "details": {"id": id_}, "message": message, "status": "success"}


def _fault(code: str, place: str, name: str, **details: Any) -> dict[str, Any]:
    return item_error(code, {"api_name": name, "json_path": f"{place}.{name}", **details})
