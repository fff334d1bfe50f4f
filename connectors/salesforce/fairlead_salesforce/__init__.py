"""The Salesforce connector.

It only announces itself and checks its settings; reading and writing come with the sync.
"""

from __future__ import annotations

from fairlead.plugins import ConnectorInfo, hookimpl

__all__ = ["fairlead_connectors"]

_SETTINGS_SCHEMA: dict[str, object] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "my_domain": {
            "type": "string",
            "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9-]+)*[.]my[.]salesforce[.]com$",
            "description": "The host name of the org (My Domain), such as clinic.my.salesforce.com.",
        },
        "api_version": {
            "type": "string",
            "pattern": "^[1-9][0-9][.]0$",
            "description": "The version of the interface, such as 68.0.",
        },
    },
    "required": ["my_domain"],
    "additionalProperties": False,
}


@hookimpl
def fairlead_connectors() -> list[ConnectorInfo]:
    """Announce the Salesforce connector."""
    return [
        ConnectorInfo(
            name="salesforce",
            title="Salesforce connector",
            crm="Salesforce",
            settings_schema=_SETTINGS_SCHEMA,
        )
    ]
