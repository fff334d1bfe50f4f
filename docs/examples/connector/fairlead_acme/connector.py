"""The Acme connector: reading, writing, provisioning and webhooks over Acme's interface."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from fairlead.plugins.checking import as_finding
from fairlead.plugins.connector import Capabilities, Connector, ConnectorContext
from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.fields import FieldInfo, FieldKind, FieldSpec, ObjectInfo, Option, SetupStep, StepAction
from fairlead.plugins.http import ApiClient
from fairlead.plugins.limits import Limits, RateWindow, Usage
from fairlead.plugins.records import (
    Change,
    Deletion,
    DeletionPage,
    Link,
    LinkChange,
    Page,
    ReadQuery,
    Record,
    Scalar,
    WriteResult,
)
from fairlead.plugins.webhooks import WebhookError, WebhookEvent, WebhookReply, WebhookRequest
from fairlead.problems import Problem
from fairlead_acme.login import Login, secret
from fairlead_acme.wire import classify, from_wire, record_failure, stamp, to_wire

__all__ = ["AcmeConnector"]

#: Acme admits 100 calls in a second; the calls under way may arrive later than they were counted here
_LIMITS = Limits((RateWindow(94, 1.0),), concurrent=4, read_page=200, write_batch=100)
#: Acme shows a transaction at most half a minute after its stamp
_MARGIN = timedelta(seconds=60)
_OLDEST_WEBHOOK = 300


class AcmeConnector(Connector):
    """One Acme account, open for reading and writing."""

    def __init__(self, context: ConnectorContext) -> None:
        self._context = context
        self._url = str(context.settings["url"])
        self._client = ApiClient(context, _LIMITS, classify=classify)
        self._login = Login(context, self._client, self._url)

    def capabilities(self) -> Capabilities:
        """Acme tells of deletions and sends webhooks."""
        return Capabilities(deletions=True, webhooks=True)

    def limits(self) -> Limits:
        """Acme's limits, less a margin."""
        return _LIMITS

    def usage(self) -> Usage:
        """What was used so far."""
        return self._client.usage()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def check(self) -> list[Problem]:
        """Log in, and tell what is in the way."""
        try:
            self._login.headers()
        except ConnectorError as error:
            return [as_finding(error.failure, "https://status.acme.example")]
        return []

    # fields

    def describe(self, objects: Sequence[str]) -> list[ObjectInfo]:
        """Return the objects that exist, with their fields."""
        known = self._call("read", "GET", "/api")["objects"]
        return [ObjectInfo(name, name.capitalize(), self._fields(name)) for name in objects if name in known]

    def field_name(self, base: str) -> str:
        """Fields of ours begin with `fl_`."""
        return f"fl_{base}"

    def provision(self, specs: Sequence[FieldSpec], *, dry_run: bool) -> list[SetupStep]:
        """Create the fields that are missing; Acme shows them to everyone."""
        there = {object_: self._fields(object_) for object_ in sorted({spec.object for spec in specs})}
        steps = [self._provision(spec, there[spec.object], dry_run) for spec in specs]
        made = [spec for spec, step in zip(specs, steps, strict=True) if step.done]
        shown = {
            object_: {field.name for field in self._fields(object_)}
            for object_ in sorted({spec.object for spec in made})
        }
        for spec in made:
            if spec.name not in shown[spec.object]:
                message = f"`{spec.name}` was created, and Acme does not show it"
                raise ConnectorError(Failure(FailureKind.STOP, "not-visible", message))
        return steps

    def unprovision(self, specs: Sequence[FieldSpec], *, dry_run: bool) -> list[SetupStep]:
        """Remove the fields that are there."""
        steps = []
        for spec in specs:
            if any(field.name == spec.name for field in self._fields(spec.object)):
                if not dry_run:
                    path = f"/api/{spec.object}/fields/{spec.name}"
                    self._set_up("DELETE", path, already=FailureKind.GONE)
                steps.append(_step("remove", spec, "remove the field", done=not dry_run))
        return steps

    def _provision(self, spec: FieldSpec, there: Sequence[FieldInfo], dry_run: bool) -> SetupStep:
        found = next((field for field in there if field.name == spec.name), None)
        if found is not None and found.kind is spec.kind:
            return _step("exists", spec, "is there", done=False)
        if found is not None:
            message = f"`{spec.name}` exists and is of the kind `{found.kind}`, not `{spec.kind}`"
            failure = Failure(FailureKind.STOP, "other-kind", message, remedy="rename the field that exists")
            return _step("create", spec, message, done=False, failure=failure)
        if not dry_run:
            options = [{"value": option.value, "label": option.label} for option in spec.options]
            body = {"name": spec.name, "label": spec.label, "kind": spec.kind.value, "options": options}
            self._set_up("POST", f"/api/{spec.object}/fields", body, already=FailureKind.ADOPT)
        return _step("create", spec, f"create a field of the kind `{spec.kind}`", done=not dry_run)

    def _set_up(self, method: str, path: str, body: object = None, *, already: FailureKind) -> None:
        """Make a change that an attempt may have made before, whose answer was lost."""
        try:
            self._call("setup", method, path, body=body)
        except ConnectorError as error:
            if error.failure.kind is not already:
                raise

    def _fields(self, object_: str) -> tuple[FieldInfo, ...]:
        return tuple(
            FieldInfo(
                name=each["name"],
                label=each["label"],
                kind=FieldKind(each["kind"]),
                options=tuple(Option(option["value"], option["label"]) for option in each["options"]),
                custom=each["name"].startswith("fl_"),
            )
            for each in self._call("read", "GET", f"/api/{object_}/fields")["fields"]
        )

    # reading

    def read_changes(
        self, query: ReadQuery, cursor: str | None, since: datetime | None = None
    ) -> Iterator[Page]:
        """Page by modification stamp and id, so that records that move while pages are read push out none."""
        kinds = self._kinds(query)
        for answer, after, last in self._pages(query.object, cursor, since, _wanted(query)):
            yield Page(tuple(_record(query, kinds, each) for each in answer), after, last)

    def read_deletions(self, object_: str, cursor: str | None) -> Iterator[DeletionPage]:
        """Page through what is gone in the same way."""
        for answer, after, last in self._pages(f"{object_}/gone", cursor, None, {}):
            gone = (
                Deletion(object_, each["id"], datetime.fromisoformat(each["modified"])) for each in answer
            )
            yield DeletionPage(tuple(gone), after, last)

    def read(self, query: ReadQuery, ids: Sequence[str]) -> list[Record]:
        """Return the records with these ids."""
        kinds = self._kinds(query) if ids else {}
        records = []
        for batch in _batches(ids, _LIMITS.read_page):
            body = {"ids": batch, **_wanted(query)}
            answer = self._call("read", "POST", f"/api/{query.object}/read", body=body)
            records += [_record(query, kinds, each) for each in answer["records"]]
        return records

    def _pages(
        self, path: str, cursor: str | None, since: datetime | None, wanted: dict[str, str]
    ) -> Iterator[tuple[list[dict[str, Any]], str, bool]]:
        start = self._context.clock()
        # what is shown late has a stamp from before the end of this run: the next one begins earlier
        safe = {"from": stamp(start - _MARGIN), "after": ""}
        place = json.loads(cursor) if cursor else {"from": stamp(since) if since else "", "after": ""}
        while True:
            params = {**wanted, **place, "to": stamp(start), "limit": _LIMITS.read_page}
            records = self._call("read", "GET", f"/api/{path}", params=params)["records"]
            last = len(records) < _LIMITS.read_page
            if not last:
                place = {"from": records[-1]["modified"], "after": records[-1]["id"]}
            yield records, json.dumps(safe if last else min(place, safe, key=lambda at: at["from"])), last
            if last:
                return

    def _kinds(self, query: ReadQuery) -> dict[str, FieldKind]:
        kinds = {field.name: field.kind for field in self._fields(query.object)}
        missing = [name for name in query.fields if name not in kinds]
        if missing:
            message = f"`{query.object}` has no field {', '.join(f'`{name}`' for name in missing)}"
            remedy = "run `fairlead provision`, or correct the mapping"
            raise ConnectorError(
                Failure(FailureKind.STOP, "UNKNOWN_FIELD", message, field=missing[0], remedy=remedy)
            )
        return kinds

    # writing

    def write(self, changes: Sequence[Change]) -> list[WriteResult]:
        """Write in batches; Acme answers in any order, with one result per record."""
        results: list[WriteResult] = []
        ended: Failure | None = None
        for batch in _batches(changes, _LIMITS.write_batch):
            failures: dict[str, Failure] = {}
            if ended is None:
                try:
                    failures = self._write(batch)
                except ConnectorError as error:
                    failures = {change.id: error.failure for change in batch}
                    if error.failure.kind in (FailureKind.STOP, FailureKind.LIMIT):
                        ended = error.failure
            results += [WriteResult(each.object, each.id, failures.get(each.id, ended)) for each in batch]
        return results

    def write_links(self, changes: Sequence[LinkChange]) -> list[WriteResult]:
        """A link of Acme is a field that holds an id."""
        return self.write(
            [Change(each.object, each.id, {_link_field(each.link): each.target_id}) for each in changes]
        )

    def _write(self, batch: Sequence[Change]) -> dict[str, Failure]:
        records = [
            {"id": change.id, "fields": {name: to_wire(value) for name, value in change.values.items()}}
            for change in batch
        ]
        answer = self._call("write", "PATCH", f"/api/{batch[0].object}", body={"records": records})
        return {each["id"]: record_failure(each["error"]) for each in answer["results"] if each["error"]}

    # webhooks

    def receive(self, request: WebhookRequest) -> WebhookReply:
        """Check the signature over time and body, and return what is announced."""
        sent = request.headers.get("x-acme-time", "")
        key = secret(self._context, "ACME_WEBHOOK_SECRET").encode()
        signed = hmac.new(key, sent.encode() + b"." + request.body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(signed.encode(), request.headers.get("x-acme-signature", "").encode()):
            raise WebhookError("the signature is not Acme's")
        # the signature is right: only now is the content worth reading
        if abs(self._context.clock().timestamp() - float(sent)) > _OLDEST_WEBHOOK:
            raise WebhookError("the request is too old")
        body = json.loads(request.body)
        return WebhookReply((WebhookEvent(body["object"], body["id"], body["deleted"]),))

    def _call(self, kind: str, method: str, path: str, **options: Any) -> Any:
        return self._client.call_json(kind, method, self._url + path, authorizer=self._login, **options)


def _step(
    action: StepAction, spec: FieldSpec, detail: str, *, done: bool, failure: Failure | None = None
) -> SetupStep:
    return SetupStep(action, f"{spec.object}.{spec.name}", detail, done, spec, spec.name, failure)


def _wanted(query: ReadQuery) -> dict[str, str]:
    return {"fields": ",".join((*query.fields, *map(_link_field, query.links)))}


def _link_field(link: Link) -> str:
    return link.via or link.name


def _record(query: ReadQuery, kinds: dict[str, FieldKind], found: dict[str, Any]) -> Record:
    values: dict[str, Scalar] = {}
    problem = None
    for name in query.fields:
        try:
            values[name] = from_wire(kinds[name], found["fields"].get(name))
        except ValueError as error:
            problem = Failure(FailureKind.REJECT, "unreadable", f"field `{name}`: {error}", field=name)
    targets = {link.name: found["fields"].get(_link_field(link)) for link in query.links}
    return Record(
        object=query.object,
        id=found["id"],
        modified_at=datetime.fromisoformat(found["modified"]),
        values=values,
        links={name: (target,) if target else () for name, target in targets.items()},
        aliases=tuple(found["merged"]),
        problem=problem,
    )


def _batches(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
