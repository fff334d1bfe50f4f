"""What keeps the connector from working, said before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from fairlead.plugins.checking import as_finding
from fairlead.plugins.failures import ConnectorError, Failure, FailureKind
from fairlead.problems import Problem
from fairlead_zoho.client import ZohoClient

__all__ = ["find_problems"]

#: how a call without any input is refused, once scope and permission were found sufficient
_EMPTY = frozenset({"MANDATORY_NOT_FOUND", "INVALID_DATA", "REQUIRED_PARAM_MISSING"})


@dataclass(frozen=True, slots=True)
class _Try:
    method: str
    path: str
    scope: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    body: object = None
    nothing_there: bool = False


_LEADS = {"module": "Leads"}
_TRIES = (
    _Try("GET", "/users", "ZohoCRM.users.READ", {"type": "CurrentUser"}),
    _Try("GET", "/settings/modules", "ZohoCRM.settings.ALL"),
    _Try("GET", "/settings/profiles", "ZohoCRM.settings.ALL"),
    _Try("GET", "/Leads", "ZohoCRM.modules.ALL", {"fields": "id", "per_page": 1}),
    _Try(
        "POST",
        "/coql",
        "ZohoCRM.coql.READ",
        body={"select_query": "select id from Leads where id is not null limit 1"},
    ),
    _Try("PUT", "/Leads", "ZohoCRM.modules.ALL", body={"data": []}),
    _Try("POST", "/settings/fields", "ZohoCRM.settings.ALL", _LEADS, body={"fields": []}),
)


#: scopes are looked at ahead of ids: no record has this one
_EMAILS = _Try("GET", "/Leads/1/Emails", "ZohoCRM.modules.emails.READ", nothing_there=True)


def find_problems(client: ZohoClient, *, emails: bool = False) -> list[Problem]:
    """Return what is wrong with credentials, scopes and permissions; each with its remedy.

    Whether writing is allowed shows in a batch without any record. An outage ends the check: every further
    call would tell the same.
    """
    try:
        client.auth.api()
    except ConnectorError as error:
        return [_problem(error.failure)]
    return list(dict.fromkeys(_problems(client, (*_TRIES, _EMAILS) if emails else _TRIES)))


def _problems(client: ZohoClient, tries: Iterable[_Try]) -> Iterator[Problem]:
    for each in tries:
        try:
            client.json("setup", each.method, each.path, params=each.params, body=each.body)
        except ConnectorError as error:
            if (each.body is not None or each.nothing_there) and error.failure.code in _EMPTY:
                continue
            yield _problem(error.failure, each.scope)
            if error.failure.kind is not FailureKind.STOP:
                return


def _problem(failure: Failure, scope: str | None = None) -> Problem:
    """Return a failure as a problem."""
    if failure.code == "OAUTH_SCOPE_MISMATCH" and scope is not None:
        remedy = f"make a refresh token with the scope `{scope}`"
        return Problem("missing-scope", f"the refresh token lacks the scope `{scope}`", remedy=remedy)
    return as_finding(failure, "https://status.zoho.com")
