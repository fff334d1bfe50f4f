"""The Zoho CRM connector.

It only announces itself and checks its settings; reading and writing come with the sync.
"""

from __future__ import annotations

from fairlead.plugins import ConnectorInfo, hookimpl

__all__ = ["fairlead_connectors"]

_SETTINGS_SCHEMA: dict[str, object] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "data_centre": {
            "enum": ["au", "ca", "cn", "eu", "in", "jp", "sa", "us"],
            "description": "The region that holds the organisation's data; its hosts differ.",
        },
        "api_version": {
            "type": "string",
            "pattern": "^v[2-9]$",
            "description": "The version of the interface, such as v8.",
        },
    },
    "required": ["data_centre"],
    "additionalProperties": False,
}


@hookimpl
def fairlead_connectors() -> list[ConnectorInfo]:
    """Announce the Zoho CRM connector."""
    return [
        ConnectorInfo(
            name="zoho", title="Zoho CRM connector", crm="Zoho CRM", settings_schema=_SETTINGS_SCHEMA
        )
    ]
