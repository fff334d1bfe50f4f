"""The HubSpot connector."""

from __future__ import annotations

from pathlib import Path

from fairlead.plugins import ConnectorInfo, SecretInfo, hookimpl, late

__all__ = ["fairlead_connectors"]

_SETTINGS_SCHEMA: dict[str, object] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "account_id": {
            "type": "integer",
            "minimum": 1,
            "description": "The number of the account (hub): where stated, a token of another is refused.",
        },
        "api_version": {
            "type": "string",
            "pattern": "^(20[0-9]{2}-(03|09)|v3)$",
            "description": "The dated version of the interface, such as 2026-09 (the default); or v3.",
        },
        "base_url": {
            "type": "string",
            "pattern": "^(https://api[.]hubapi[.]com|http://(127[.]0[.]0[.]1|localhost|\\[::1\\]):[0-9]{1,5})$",
            "description": "Where the interface is: HubSpot's own address (the default), or a sandbox here.",
        },
        "plan": {
            "enum": ["starter", "professional", "enterprise", "increased"],
            "description": "The plan that decides the rate limit; starter (the default) is the lowest.",
        },
        "pipelines": {
            "type": "array",
            "items": {"type": "string", "minLength": 1},
            "description": "The ids of the deal pipelines that hold treatments; all where it is left out.",
        },
    },
    "additionalProperties": False,
}

_SECRETS = (
    SecretInfo(
        "HUBSPOT_TOKEN",
        "a service key (Settings, Integrations, Service keys), or the static token of an app",
    ),
    SecretInfo("HUBSPOT_CLIENT_ID", "for OAuth in the place of a token: the app's client id"),
    SecretInfo(
        "HUBSPOT_CLIENT_SECRET", "the app's client secret: for OAuth, and to check the signature of webhooks"
    ),
    SecretInfo("HUBSPOT_REFRESH_TOKEN", "for OAuth: the refresh token of the installation"),
)


@hookimpl
def fairlead_connectors() -> list[ConnectorInfo]:
    """Announce the HubSpot connector."""
    return [
        ConnectorInfo(
            name="hubspot",
            title="HubSpot connector",
            crm="HubSpot",
            settings_schema=_SETTINGS_SCHEMA,
            secrets=_SECRETS,
            open=late("fairlead_hubspot.connector", "HubSpotConnector"),
            sandbox=late("fairlead_hubspot.sandbox", "HubSpotSandbox"),
            mapping=Path(__file__).parent / "mapping.json",
        )
    ]
