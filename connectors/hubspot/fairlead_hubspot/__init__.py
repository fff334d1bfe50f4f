"""The HubSpot connector.

It only announces itself and checks its settings; reading and writing come with the sync.
"""

from __future__ import annotations

from fairlead.plugins import ConnectorInfo, hookimpl

__all__ = ["fairlead_connectors"]

_SETTINGS_SCHEMA: dict[str, object] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "account_id": {
            "type": "integer",
            "minimum": 1,
            "description": "The number of the account (hub), checked before anything is written.",
        },
        "api_version": {
            "type": "string",
            "pattern": "^20[0-9]{2}-(03|09)$",
            "description": "The dated version of the interface, such as 2026-09.",
        },
    },
    "required": ["account_id"],
    "additionalProperties": False,
}


@hookimpl
def fairlead_connectors() -> list[ConnectorInfo]:
    """Announce the HubSpot connector."""
    return [
        ConnectorInfo(
            name="hubspot", title="HubSpot connector", crm="HubSpot", settings_schema=_SETTINGS_SCHEMA
        )
    ]
