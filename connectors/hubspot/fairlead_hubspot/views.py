"""The views "Call now" and "Rewards held": lists that fill themselves, and how a person makes a view of them.

HubSpot's interface makes lists (segments), not the saved views of an object's page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fairlead.plugins.failures import ConnectorError, FailureKind
from fairlead.plugins.fields import SetupStep
from fairlead_hubspot.client import HubSpotClient

__all__ = ["Views"]

#: name of the list, the result that it filters by, and the values that belong in it
_LISTS = (
    ("Fairlead: call now", "lead.priority", ("call_now",)),
    ("Fairlead: rewards held", "introduction.reward_state", ("held",)),
)
_CONTACTS = "0-1"


class Views:
    """Makes and removes the lists."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client

    def make(self, fields: Mapping[str, str], *, dry_run: bool) -> list[SetupStep]:
        """Create the lists whose fields are given, and explain the views."""
        return list(self._make(fields, dry_run=dry_run))

    def remove(self, names: Iterable[str], *, dry_run: bool) -> list[SetupStep]:
        """Remove the lists of properties that go: one that a list uses cannot be archived."""
        steps = []
        for name, result, _ in _LISTS:
            if not any(each.endswith(result.partition(".")[2]) for each in names):
                continue
            try:
                found = self._find(name)
                if found is None:
                    continue
                if not dry_run:
                    self._client.ensure_account()
                    self._client.send("setup", "DELETE", self._client.paths.lists(f"/{found}"))
            except ConnectorError as error:
                if error.failure.code == "MISSING_SCOPES":
                    continue
                raise
            steps.append(SetupStep("remove", f"list `{name}`", "no longer needed", not dry_run))
        return steps

    def _make(self, fields: Mapping[str, str], *, dry_run: bool) -> Iterator[SetupStep]:
        score = fields.get("lead.score")
        for name, result, values in _LISTS:
            field = fields.get(result)
            if field is None:
                continue
            target = f"list `{name}`"
            detail = f"contacts whose `{field}` is {' or '.join(f'`{value}`' for value in values)}"
            how = (
                f"in Contacts, add a view, filter by `{field}`, sort by `{score}` downwards, and share it"
                if score
                else f"in Contacts, add a view, filter by `{field}`, and share it"
            )
            try:
                if self._find(name) is not None:
                    yield SetupStep("exists", target, "is as wanted", not dry_run)
                else:
                    if not dry_run:
                        self._create(name, _list(name, field, values))
                    yield SetupStep("create", target, detail, not dry_run)
            except ConnectorError as error:
                if error.failure.kind not in (FailureKind.STOP, FailureKind.REJECT):
                    raise
                yield SetupStep("create", target, detail, False, failure=error.failure)
            yield SetupStep("explain", f"view of contacts for {target}", how, False)

    def _create(self, name: str, body: dict[str, Any]) -> None:
        self._client.ensure_account()
        try:
            self._client.send("setup", "POST", self._client.paths.lists(), body)
        except ConnectorError as error:
            # a second try after a lost answer is refused for what the first one made
            if error.failure.kind is not FailureKind.REJECT or self._find(name) is None:
                raise

    def _find(self, name: str) -> str | None:
        path = self._client.paths.lists(f"/object-type-id/{_CONTACTS}/name/{name.replace(' ', '%20')}")
        try:
            found = (self._client.get("setup", path) or {}).get("list") or {}
            return str(found["listId"]) if "listId" in found else None
        except ConnectorError as error:
            if error.failure.kind is FailureKind.GONE:
                return None
            raise


def _list(name: str, field: str, values: tuple[str, ...]) -> dict[str, Any]:
    operation = {
        "operationType": "ENUMERATION",
        "operator": "IS_ANY_OF",
        "values": list(values),
        "includeObjectsWithNoValueSet": False,
    }
    every = {
        "filterBranchType": "AND",
        "filterBranchOperator": "AND",
        "filterBranches": [],
        "filters": [{"filterType": "PROPERTY", "property": field, "operation": operation}],
    }
    return {
        "name": name,
        "objectTypeId": _CONTACTS,
        "processingType": "DYNAMIC",
        "filterBranch": {
            "filterBranchType": "OR",
            "filterBranchOperator": "OR",
            "filterBranches": [every],
            "filters": [],
        },
    }
