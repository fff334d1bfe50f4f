"""What keeps the connector from working: credentials, the account, scopes."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.plugins.checking import as_finding
from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.problems import Problem
from fairlead_hubspot.client import HubSpotClient

__all__ = ["check"]

#: what is written to, and what is only read
_WRITTEN, _READ = ("contacts", "companies"), ("deals",)
_CODES = {
    "no-credentials": "missing-secret",
    "wrong-account": "wrong-account",
    "MISSING_SCOPES": "missing-scope",
}


def check(client: HubSpotClient) -> list[Problem]:
    """Return what is wrong; nothing is written.

    Whether a scope to write is there shows in a batch without any input: it is refused for being empty, and
    before that for the scope. An outage ends the check: every further call would tell the same.
    """
    try:
        client.ensure_account(anew=True)
    except ConnectorError as error:
        return [_problem(error.failure)]
    problems: list[Problem] = []
    for method, path, body in _tries(client):
        try:
            client.send("setup", method, path, body)
        except ConnectorError as error:
            failure = error.failure
            if failure.kind in (FailureKind.REJECT, FailureKind.GONE):
                continue
            problems.append(_problem(failure))
            if failure.kind is not FailureKind.STOP:
                break
    return list(dict.fromkeys(problems))


def _tries(client: HubSpotClient) -> Iterator[tuple[str, str, object]]:
    paths = client.paths
    for object_ in (*_WRITTEN, *_READ):
        yield "GET", paths.properties(object_), None
        yield "GET", paths.objects(object_), None
    for object_ in _WRITTEN:
        yield "POST", paths.objects(object_, "/batch/update"), {"inputs": []}
        yield "POST", paths.properties(object_, "/batch/create"), {"inputs": []}


def _problem(failure: Failure) -> Problem:
    return as_finding(failure, "https://status.hubspot.com", _CODES)
