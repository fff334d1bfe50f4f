"""Writing records by id, in batches that run side by side, with one result for each."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.plugins.fields import FieldInfo
from fairlead.plugins.records import Change, LinkChange, WriteResult
from fairlead_zoho.catalogue import Catalogue
from fairlead_zoho.client import WRITE_BATCH, ZohoClient, items_of, write_cost
from fairlead_zoho.failures import item_failure, unknown_field
from fairlead_zoho.values import Unfitting, encode, parse_instant

__all__ = ["Writer"]

_INDEX = re.compile(r"^\$\.data\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class _Sending:
    """A record on its way: `place` is that of its change."""

    place: int
    id: str
    body: Mapping[str, Any]


class Writer:
    """Writes one account's records. Automations do not run: `trigger` is empty in each call."""

    def __init__(self, client: ZohoClient, catalogue: Catalogue) -> None:
        self._client = client
        self._catalogue = catalogue

    def write(self, changes: Sequence[Change]) -> list[WriteResult]:
        """Write values by record id; one result per change, in order."""
        if not changes:
            return []
        module = changes[0].object
        results: list[WriteResult | None] = [None] * len(changes)
        try:
            # Zoho takes a value of a field that is gone, and drops it without a word
            names = {name for change in changes for name in change.values}
            fields = self._catalogue.recent(module, names).fields
        except ConnectorError as error:
            return [WriteResult(each.object, each.id, error.failure) for each in changes]
        sendings = []
        for place, change in enumerate(changes):
            try:
                sendings.append(_Sending(place, change.id, _encoded(fields, change)))
            except ConnectorError as error:
                results[place] = WriteResult(module, change.id, error.failure)
        for round_ in _rounds(sendings):
            self._send(module, round_, results)
        return [each for each in results if each is not None]

    def write_links(self, changes: Sequence[LinkChange]) -> list[WriteResult]:
        """Point lookup fields to records; one result per change, in order."""
        unnamed = next((each for each in changes if each.link.via is None), None)
        if unnamed is not None:
            message = f"the link `{unnamed.link.name}` names no lookup field"
            remedy = "name the field in the mapping, under `via`"
            failure = Failure(FailureKind.STOP, "link-without-field", message, remedy=remedy)
            return [WriteResult(each.object, each.id, failure) for each in changes]
        written = self.write(
            [Change(each.object, each.id, {str(each.link.via): each.target_id}) for each in changes]
        )
        return [_link_result(change, result) for change, result in zip(changes, written, strict=True)]

    def _send(self, module: str, sendings: Sequence[_Sending], results: list[WriteResult | None]) -> None:
        batches = [sendings[start : start + WRITE_BATCH] for start in range(0, len(sendings), WRITE_BATCH)]
        ended = _Ended()

        def work(batch: Sequence[_Sending]) -> None:
            for sending, result in zip(batch, self._batch(module, batch, ended), strict=True):
                results[sending.place] = result

        if len(batches) == 1:
            work(batches[0])
            return
        with ThreadPoolExecutor(min(len(batches), self._client.limits.concurrent)) as pool:
            list(pool.map(work, batches))

    def _batch(self, module: str, batch: Sequence[_Sending], ended: _Ended) -> list[WriteResult]:
        """Write up to 100 records; a call that fails as a whole gives each that failure."""
        failure = ended.failure
        if failure is None:
            body = {"data": [{"id": each.id, **each.body} for each in batch], "trigger": []}
            try:
                answer = self._client.json(
                    "write", "PUT", f"/{module}", body=body, cost=write_cost(len(batch))
                )
                return _results(module, [each.id for each in batch], items_of(answer, "data"))
            except ConnectorError as error:
                failure = error.failure
                ended.tell(failure)
        return [WriteResult(module, each.id, failure) for each in batch]


class _Ended:
    """What keeps the batches that have not been sent from being sent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failure: Failure | None = None

    @property
    def failure(self) -> Failure | None:
        """The failure that ends the run, once there was one."""
        with self._lock:
            return self._failure

    def tell(self, failure: Failure) -> None:
        """Note a failure; those that concern one call alone end nothing."""
        if failure.kind in (FailureKind.STOP, FailureKind.LIMIT):
            with self._lock:
                self._failure = self._failure or failure


def _encoded(fields: Mapping[str, FieldInfo], change: Change) -> dict[str, Any]:
    """Return what is sent of a change; raises ConnectorError for what the fields cannot hold."""
    body = {}
    for name, value in change.values.items():
        field = fields.get(name)
        if field is None:
            raise ConnectorError(replace(unknown_field(name), kind=FailureKind.REJECT))
        if not field.writable:
            message = f"the integration user may not write the field `{name}`"
            remedy = "give the user's profile the permission to write the field"
            failure = Failure(FailureKind.REJECT, "field-not-writable", message, field=name, remedy=remedy)
            raise ConnectorError(failure)
        try:
            body[name] = encode(field, value)
        except Unfitting:
            message = (
                f"the field `{name}` holds {field.kind.replace('_', ' ')}, and the value is of another kind"
            )
            raise ConnectorError(
                Failure(FailureKind.REJECT, "wrong-kind-of-value", message, field=name)
            ) from None
    return body


def _rounds(sendings: Sequence[_Sending]) -> Iterator[list[_Sending]]:
    """Yield the records so that none is in a round twice: batches of one round run side by side."""
    left = list(sendings)
    while left:
        seen: set[str] = set()
        round_: list[_Sending] = []
        later: list[_Sending] = []
        for each in left:
            (later if each.id in seen else round_).append(each)
            seen.add(each.id)
        yield round_
        left = later


def _results(module: str, ids: Sequence[str], items: Sequence[Mapping[str, Any]]) -> list[WriteResult]:
    """Return a result per id.

    Items come in the order sent; those that name an id or a place are held to it.
    """
    found: dict[str, Mapping[str, Any]] = {}
    unnamed: list[tuple[int, Mapping[str, Any]]] = []
    for position, item in enumerate(items):
        id_ = _named_id(item, ids)
        if id_ is not None and id_ not in found:
            found[id_] = item
        else:
            unnamed.append((position, item))
    for position, item in unnamed:
        if position < len(ids) and ids[position] not in found:
            found[ids[position]] = item
    lost = Failure(FailureKind.RETRY, "no-result", "Zoho CRM gave no result for the record")
    return [
        _result(module, id_, found[id_]) if id_ in found else WriteResult(module, id_, lost) for id_ in ids
    ]


def _named_id(item: Mapping[str, Any], ids: Sequence[str]) -> str | None:
    details = item.get("details")
    if not isinstance(details, dict):
        return None
    place = _INDEX.match(str(details.get("json_path") or ""))
    if place is not None and int(place[1]) < len(ids):
        return ids[int(place[1])]
    id_ = str(details.get("id"))
    # of a duplicate the id is that of the other record
    return id_ if item.get("code") != "DUPLICATE_DATA" and id_ in ids else None


def _result(module: str, id_: str, item: Mapping[str, Any]) -> WriteResult:
    failure = item_failure(item)
    if failure is not None:
        return WriteResult(module, id_, failure)
    details = item.get("details")
    return WriteResult(module, id_, modified_at=_stamp(details) if isinstance(details, dict) else None)


def _stamp(details: Mapping[str, Any]) -> datetime | None:
    try:
        return parse_instant(str(details.get("Modified_Time")))
    except Unfitting:
        return None


def _link_result(change: LinkChange, result: WriteResult) -> WriteResult:
    failure = result.failure
    if failure is not None and failure.code == "INVALID_DATA" and failure.field == change.link.via:
        message = f"there is no record that the link `{change.link.name}` could point to under this id"
        return replace(result, failure=replace(failure, message=message))
    return result
