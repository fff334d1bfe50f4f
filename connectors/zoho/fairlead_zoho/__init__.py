"""The Zoho CRM connector: leads, vendors as partners, deals as treatments."""

from __future__ import annotations

from pathlib import Path

from fairlead.plugins import ConnectorInfo, SecretInfo, hookimpl, late

__all__ = ["fairlead_connectors"]

_SETTINGS_SCHEMA: dict[str, object] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        # no default: a secret goes to no other region than its own, which would refuse it as a wrong one
        "data_centre": {
            "enum": ["com", "eu", "in", "com.cn", "com.au", "jp", "ca", "sa"],
            "description": "The region that holds the organisation's data: the end of Zoho's address there.",
        },
        "accounts_url": {
            "type": "string",
            "pattern": r"^http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?/?$",
            "description": "A sandbox on this machine, in the place of Zoho's accounts server.",
        },
        "api_version": {
            "type": "string",
            "pattern": "^v[2-9]$",
            "default": "v8",
            "description": "The version of the interface, such as v8.",
        },
        "daily_credits": {
            "type": "integer",
            "minimum": 1000,
            "default": 50000,
            "description": "The organisation's credits in 24 hours: Setup, APIs and SDKs, Dashboard.",
        },
        "concurrent_calls": {
            "type": "integer",
            "minimum": 1,
            "maximum": 10,
            "default": 10,
            "description": "Calls at the same time: 5 in the Free edition.",
        },
        "emails": {
            "type": "boolean",
            "default": False,
            "description": "Whether e-mails are read: a call for each lead with activity since the last run.",
        },
    },
    "additionalProperties": False,
}
_CONSOLE = "in Zoho's API console (https://api-console.zoho.com, or that of the data centre)"
_SECRETS = (
    SecretInfo("ZOHO_CLIENT_ID", f"the id of a self client, {_CONSOLE}"),
    SecretInfo("ZOHO_CLIENT_SECRET", f"the secret of the same client, {_CONSOLE}"),
    SecretInfo(
        "ZOHO_REFRESH_TOKEN",
        "a refresh token of that client with the scopes ZohoCRM.modules.ALL, ZohoCRM.settings.ALL, "
        "ZohoCRM.coql.READ, ZohoCRM.users.READ, for webhooks ZohoCRM.notifications.ALL, and for `emails` "
        "ZohoCRM.modules.emails.READ",
    ),
    SecretInfo(
        "ZOHO_WEBHOOK_TOKEN", "for webhooks alone: a random text of 32 to 50 characters, made up by you"
    ),
)


@hookimpl
def fairlead_connectors() -> list[ConnectorInfo]:
    """Announce the Zoho CRM connector."""
    return [
        ConnectorInfo(
            name="zoho",
            title="Zoho CRM connector",
            crm="Zoho CRM",
            settings_schema=_SETTINGS_SCHEMA,
            secrets=_SECRETS,
            open=late("fairlead_zoho.connector", "ZohoConnector"),
            sandbox=late("fairlead_zoho.sandbox", "ZohoSandbox"),
            mapping=Path(__file__).parent / "mapping.json",
        )
    ]
