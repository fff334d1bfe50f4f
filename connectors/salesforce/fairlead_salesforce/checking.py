"""What keeps the connector from working: credentials, the org, its version, permissions."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.plugins.checking import as_finding
from fairlead.plugins.failures import ConnectorError
from fairlead.problems import Problem
from fairlead_salesforce.client import SalesforceClient

__all__ = ["check"]

_OBJECTS = ("Lead", "Account", "Opportunity")
#: characters of an id that tell the org; three more make it safe where case is lost
_ID = 15
_SHOWN_VERSIONS = 6


def check(client: SalesforceClient) -> list[Problem]:
    """Return what is wrong; nothing is written. A call that fails ends the check."""
    problems: list[Problem] = []
    try:
        problems.extend(_problems(client))
    except ConnectorError as error:
        problems.append(as_finding(error.failure, "https://status.salesforce.com"))
    return problems


def _problems(client: SalesforceClient) -> Iterator[Problem]:
    address = f"{client.login.instance}/services/data/"
    offered = [str(each["version"]) for each in client.json_at("setup", "GET", address)]
    if client.version not in offered:
        yield Problem(
            code="unknown-api-version",
            message=f"the org does not offer version `{client.version}` of the API",
            found=client.version,
            allowed=tuple(offered[-_SHOWN_VERSIONS:]),
            remedy="set `api_version` to one that the org offers",
        )
        return
    org_id = client.context.settings.get("org_id")
    if org_id is not None and str(org_id)[:_ID] != client.login.org_id[:_ID]:
        yield Problem(
            code="wrong-account",
            message=f"the credentials are those of another org than `{org_id}`",
            found=client.login.org_id,
            remedy="correct `org_id`, or use the credentials of that org",
        )
    for name in _OBJECTS:
        told = client.describe(name)
        if told is None or not told.get("updateable") or not told.get("queryable"):
            yield Problem(
                code="missing-permission",
                message=f"the integration user may not read and edit `{name}` records",
                found=name,
                remedy="give it Read and Edit on the object, by its profile or a permission set",
            )
