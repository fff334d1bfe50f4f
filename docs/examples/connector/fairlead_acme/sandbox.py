"""A stand-in of Acme CRM on loopback: what its interface does, and what goes wrong with it."""

# ruff: noqa: A002, A006 - the arguments are named as control requests name them

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from werkzeug.wrappers import Request, Response

from fairlead.plugins.fields import FieldKind
from fairlead.plugins.records import Link, ReadQuery, Record, Scalar
from fairlead.plugins.sandboxes import SandboxOptions
from fairlead.testing.seed import LEAD_INPUTS, PARTNER_INPUTS, Seed
from fairlead.testing.server import Action, Handler, SandboxServer, json_response
from fairlead.testing.windows import SlidingWindow
from fairlead_acme.wire import from_wire, stamp, to_wire

__all__ = ["AcmeSandbox"]

_KEY = "acme-key-of-the-sandbox"
_SIGNS_WEBHOOKS = "acme-webhook-secret-of-the-sandbox"
_STOCK = {
    "people": {
        "name": FieldKind.TEXT,
        "email": FieldKind.TEXT,
        "country": FieldKind.TEXT,
        "created": FieldKind.DATE_TIME,
        "stage": FieldKind.TEXT,
        "agent": FieldKind.LINK,
    },
    "agents": {"name": FieldKind.TEXT, "country": FieldKind.TEXT, "created": FieldKind.DATE_TIME},
}
_INPUTS = {"people": LEAD_INPUTS, "agents": PARTNER_INPUTS}


@dataclass
class _Row:
    """One record as Acme keeps it: fields in wire form, a stamp in whole seconds."""

    id: str
    modified: str
    fields: dict[str, Any]
    merged: list[str] = field(default_factory=list)


class AcmeSandbox(SandboxServer):
    """Acme CRM with people (leads) and agents (partners)."""

    title = "Acme CRM sandbox"
    objects: Mapping[str, str] = {"lead": "people", "partner": "agents"}

    def __init__(self, options: SandboxOptions) -> None:
        self._kinds = {name: dict(stock) for name, stock in _STOCK.items()}
        self._options: dict[str, list[Any]] = {}
        self._rows: dict[str, dict[str, _Row]] = {"people": {}, "agents": {}}
        self._gone: dict[str, dict[str, _Row]] = {"people": {}, "agents": {}}
        self._forbidden: list[tuple[str, str, Any]] = []
        self._locked: dict[tuple[str, str], datetime] = {}
        self._refusals: list[int] = []
        self._tokens: set[str] = set()
        self._key: str | None = _KEY
        self._quota_left = True
        self._window = SlidingWindow(100, 1.0)
        self._seed(options)
        super().__init__(options)

    def settings(self) -> Mapping[str, object]:
        """The settings that reach this sandbox."""
        return {"url": self.url}

    def secrets(self) -> Mapping[str, str]:
        """Made-up secrets."""
        return {"ACME_KEY": _KEY, "ACME_WEBHOOK_SECRET": _SIGNS_WEBHOOKS}

    # Acme's interface

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        """The paths of Acme's interface."""
        return [
            ("POST", "/login", self._login),
            ("GET", "/api", lambda request: json_response({"objects": sorted(self._kinds)})),
            ("GET", "/api/<object_>/fields", self._fields),
            ("POST", "/api/<object_>/fields", self._add_field),
            ("DELETE", "/api/<object_>/fields/<name>", self._remove_field),
            ("GET", "/api/<object_>", lambda request, object_: self._list(request, object_, self._rows)),
            ("GET", "/api/<object_>/gone", lambda request, object_: self._list(request, object_, self._gone)),
            ("POST", "/api/<object_>/read", self._read),
            ("PATCH", "/api/<object_>", self._write),
        ]

    def before(self, request: Request) -> Response | None:
        """Refuse a call that is one too many, or that has no token."""
        if self._refusals:
            status = self._refusals.pop()
            return json_response({"code": "BUSY"}, status, headers={"Retry-After": "2"})
        if self.options.limits and not self._window.admits(self.now().timestamp()):
            return json_response({"code": "TOO_MANY_CALLS"}, 429, headers={"Retry-After": "1"})
        if request.path == "/login":
            return None
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self._tokens:
            return _refused("TOKEN_EXPIRED", "log in again", 401)
        return None if self._quota_left else _refused("QUOTA_USED", "the calls of today are used up", 403)

    def _login(self, request: Request) -> Response:
        if _body(request).get("key") != self._key:
            return _refused("KEY_REVOKED", "the key is not valid", 401)
        token = hashlib.sha256(f"{self.now().isoformat()}/{len(self.calls)}".encode()).hexdigest()
        self._tokens.add(token)
        return json_response({"token": token})

    def _fields(self, request: Request, object_: str) -> Response:
        return json_response(
            {
                "fields": [
                    {"name": name, "label": name, "kind": kind.value, "options": self._options.get(name, [])}
                    for name, kind in self._kinds[object_].items()
                ]
            }
        )

    def _add_field(self, request: Request, object_: str) -> Response:
        body = _body(request)
        if body["name"] in self._kinds[object_]:
            return _refused("FIELD_EXISTS", "there is a field of that name", 409)
        self._kinds[object_][body["name"]] = FieldKind(body["kind"])
        self._options[body["name"]] = body["options"]
        return json_response({}, 201)

    def _remove_field(self, request: Request, object_: str, name: str) -> Response:
        if name not in self._kinds[object_]:
            return _refused("NOT_FOUND", "there is no such field", 404)
        self._drop_field(object_, name)
        return json_response({})

    def _list(self, request: Request, object_: str, rows: dict[str, dict[str, _Row]]) -> Response:
        args = request.args
        place, end = (args["from"], args["after"]), args["to"]
        found = sorted(
            (row for row in rows[object_].values() if place < (row.modified, row.id) and row.modified <= end),
            key=lambda row: (row.modified, row.id),
        )
        wanted, limit = args.get("fields", "").split(","), int(args["limit"])
        return json_response({"records": [self._shown(object_, row, wanted) for row in found[:limit]]})

    def _read(self, request: Request, object_: str) -> Response:
        body = _body(request)
        rows, wanted = self._rows[object_], body["fields"].split(",")
        found = [self._shown(object_, rows[id_], wanted) for id_ in body["ids"] if id_ in rows]
        return json_response({"records": found})

    def _shown(self, object_: str, row: _Row, wanted: Sequence[str]) -> dict[str, Any]:
        """Show a record with the fields that exist; Acme says nothing about the others."""
        return {
            "id": row.id,
            "modified": row.modified,
            "merged": row.merged,
            "fields": {name: row.fields.get(name) for name in wanted if name in self._kinds[object_]},
        }

    def _write(self, request: Request, object_: str) -> Response:
        results = []
        for each in _body(request)["records"]:
            error = self._refusal(object_, each["id"], each["fields"])
            if error is None:
                self._edit(object_, each["id"], each["fields"])
            results.append({"id": each["id"], "error": error})
        # Acme writes on several machines: results come in the order in which they are done
        return json_response({"results": results[::-1]}, 207)

    def _refusal(self, object_: str, id_: str, values: Mapping[str, Any]) -> dict[str, Any] | None:
        if id_ not in self._rows[object_]:
            return _error("NOT_FOUND", "there is no such record")
        if self._locked.get((object_, id_), self.now()) > self.now():
            return _error("LOCKED", "another user saves the record")
        for name, value in values.items():
            kind = self._kinds[object_].get(name)
            if kind is None:
                return _error("UNKNOWN_FIELD", f"there is no field `{name}`", name)
            try:
                from_wire(kind, value)
            except ValueError:
                return _error("INVALID_VALUE", f"the value does not fit the field `{name}`", name)
            unknown_link = kind is FieldKind.LINK and value is not None and value not in self._rows["agents"]
            if unknown_link or (object_, name, value) in self._forbidden:
                return _error("INVALID_VALUE", f"a rule of the account refuses the value of `{name}`", name)
        return None

    # what people could do

    def actions(self) -> Mapping[str, Action]:
        """What a person or another integration could do."""
        return {
            "edit": lambda object, id, values: self._edit_many(object, [id], values),
            "edit_many": self._edit_many,
            "edit_late": lambda object, id, values, seconds: self._edit_many(object, [id], values, seconds),
            "delete": self._delete,
            "merge": self._merge,
            "drop_field": self._drop_field,
            "retype_field": self._retype_field,
            "forbid": lambda object, field, value: self._forbidden.append((object, field, value)),
            "lock": self._lock_record,
            "throttle": lambda times: self._refusals.extend([429] * times),
            "overload": lambda times: self._refusals.extend([503] * times),
            "use_up_quota": lambda: setattr(self, "_quota_left", False),
            "expire_credentials": self._tokens.clear,
            "revoke_credentials": self._revoke,
            "webhook": self._webhook,
        }

    def _edit(self, object_: str, id_: str, values: Mapping[str, Any]) -> None:
        row = self._rows[object_][id_]
        if any(row.fields.get(name) != value for name, value in values.items()):
            row.fields.update(values)
            row.modified = stamp(self.now())

    def _edit_many(
        self,
        object: str,
        ids: Sequence[str],
        values: Mapping[str, Scalar],
        seconds: float = 0,
    ) -> None:
        at = stamp(self.now() - timedelta(seconds=seconds))
        for row in (self._rows[object][id_] for id_ in ids):
            row.fields.update({name: to_wire(value) for name, value in values.items()})
            row.modified = at

    def _delete(self, object: str, id: str) -> None:
        row = self._rows[object].pop(id)
        self._gone[object][id] = _Row(id, stamp(self.now()), row.fields, row.merged)

    def _merge(self, object: str, keep: str, lose: str) -> None:
        self._delete(object, lose)
        kept = self._rows[object][keep]
        kept.merged.append(lose)
        kept.modified = stamp(self.now())

    def _drop_field(self, object: str, name: str) -> None:
        del self._kinds[object][name]
        for row in self._rows[object].values():
            row.fields.pop(name, None)

    def _retype_field(self, object: str, name: str, kind: str) -> None:
        self._kinds[object][name] = FieldKind(kind)
        for row in self._rows[object].values():
            if row.fields.get(name) is not None:
                row.fields[name] = str(row.fields[name])

    def _lock_record(self, object: str, id: str, seconds: float) -> None:
        self._locked[object, id] = self.now() + timedelta(seconds=seconds)

    def _revoke(self) -> None:
        self._tokens.clear()
        self._key = None

    def _webhook(
        self,
        object: str,
        id: str,
        deleted: bool = False,
        forged: str | None = None,
    ) -> dict[str, Any]:
        body = json.dumps({"object": object, "id": id, "deleted": deleted})
        sent = str(int(self.now().timestamp()) - (3_600 if forged == "age" else 0))
        key = "of someone else" if forged == "signature" else _SIGNS_WEBHOOKS
        signed = hmac.new(key.encode(), f"{sent}.{body}".encode(), hashlib.sha256).hexdigest()
        headers = {"X-Acme-Time": sent} | ({} if forged == "unsigned" else {"X-Acme-Signature": signed})
        body += " " if forged == "body" else ""
        return {"method": "POST", "url": "https://clinic.example/acme", "headers": headers, "body": body}

    # what the kit compares with

    def query(self, role: str) -> ReadQuery:
        """Return what a mapping reads: all fields, and the link from people to agents."""
        name = self.objects[role]
        links = (Link("partner", "agents", "agent"),) if name == "people" else ()
        return ReadQuery(name, tuple(each for each in self._kinds[name] if each != "agent"), links)

    def truth(self, role: str) -> Mapping[str, Record]:
        """Return every record of a role."""
        query = self.query(role)
        return {row.id: self._true(query, row) for row in self._rows[query.object].values()}

    def _true(self, query: ReadQuery, row: _Row) -> Record:
        kinds = self._kinds[query.object]
        values = {name: from_wire(kinds[name], row.fields.get(name)) for name in query.fields}
        targets = {link.name: row.fields.get("agent") for link in query.links}
        links = {name: (to,) if to else () for name, to in targets.items()}
        modified = datetime.fromisoformat(row.modified)
        return Record(query.object, row.id, modified, values, links, tuple(row.merged))

    def state(self) -> Any:
        """Everything that the account holds."""
        with self.lock:
            rows = {name: {id_: vars(row) for id_, row in rows.items()} for name, rows in self._rows.items()}
            return json.loads(json.dumps([rows, self._kinds, self._options], default=str))

    def _seed(self, options: SandboxOptions) -> None:
        if options.provisioned:
            for object_, inputs in _INPUTS.items():
                for each in inputs:
                    self._kinds[object_][f"fl_{each.base}"] = each.kind
                    self._options[f"fl_{each.base}"] = [
                        {"value": option.value, "label": option.label} for option in each.options
                    ]
        seed = Seed(options.leads, options.partners, options.seed)
        for partner in seed.partners():
            stock: dict[str, Scalar] = {
                "name": partner.name,
                "country": partner.country,
                "created": partner.created_at,
            }
            self._put("agents", f"A{partner.number:06}", partner.modified_at, stock, partner.inputs)
        for lead in seed.leads():
            stock = {
                "name": f"{lead.first_name} {lead.last_name}",
                "email": lead.email,
                "country": lead.country,
                "created": lead.created_at,
                "stage": lead.stage,
                "agent": None if lead.partner is None else f"A{lead.partner:06}",
            }
            self._put("people", f"P{lead.number:06}", lead.modified_at, stock, lead.inputs)

    def _put(
        self,
        object_: str,
        id_: str,
        modified: datetime,
        stock: Mapping[str, Scalar],
        inputs: Mapping[str, Scalar],
    ) -> None:
        values = {**stock, **{f"fl_{base}": value for base, value in inputs.items()}}
        fields = {name: to_wire(values.get(name)) for name in self._kinds[object_]}
        self._rows[object_][id_] = _Row(id_, stamp(modified), fields)


def _body(request: Request) -> dict[str, Any]:
    return dict(json.loads(request.data, parse_float=Decimal))


def _error(code: str, message: str, field: str | None = None) -> dict[str, Any]:
    return {"code": code, "message": message, "field": field}


def _refused(code: str, message: str, status: int) -> Response:
    return json_response(_error(code, message), status)
