"""The Salesforce connector."""

from __future__ import annotations

from pathlib import Path

from fairlead.plugins import ConnectorInfo, SecretInfo, hookimpl, late

__all__ = ["fairlead_connectors"]

_SETTINGS_SCHEMA: dict[str, object] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "login_url": {
            "type": "string",
            # no default: login and test answer `app_not_found` to an external client app, whatever the flow
            "pattern": "^(https://[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9-]+)*[.]my[.]salesforce[.]com"
            "|https?://(127[.]0[.]0[.]1|localhost)(:[0-9]{1,5})?)/?$",
            "description": "The org's My Domain, such as https://clinic.my.salesforce.com.",
        },
        "flow": {
            "enum": ["client_credentials", "jwt", "refresh"],
            "default": "client_credentials",
            "description": "How to log in: OAuth client credentials, JWT bearer, or a refresh token.",
        },
        "api_version": {
            "type": "string",
            "pattern": "^(59|[6-9][0-9])[.]0$",
            "default": "62.0",
            "description": "The version of the interface, 59.0 or later.",
        },
        "org_id": {
            "type": "string",
            "pattern": "^00D[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$",
            "description": "The id of the org, checked before anything is written, and in outbound messages.",
        },
        "partner_field": {
            "type": "string",
            "pattern": "^[A-Za-z][A-Za-z0-9_]*__c$",
            "default": "Fairlead_partner__c",
            "description": "The lookup on Lead to the partner's Account, where the org has one of its own.",
        },
        "bulk_reads_above": {
            "type": "integer",
            "minimum": 0,
            "default": 2000,
            "description": "Records left to read from which on a bulk job reads them.",
        },
        "bulk_writes_above": {
            "type": "integer",
            "minimum": 0,
            "default": 5000,
            "description": "Records to write from which on a bulk job writes them.",
        },
    },
    "additionalProperties": False,
}

_SECRETS = (
    SecretInfo("SALESFORCE_CLIENT_ID", "Setup, External Client App Manager, the app: Consumer Key"),
    SecretInfo("SALESFORCE_CLIENT_SECRET", "beside the Consumer Key: Consumer Secret (not for `jwt`)"),
    SecretInfo("SALESFORCE_USERNAME", "the integration user's name in the org (for `jwt`)"),
    SecretInfo(
        "SALESFORCE_PRIVATE_KEY", "the RSA key, in PEM, of the certificate uploaded to the app (for `jwt`)"
    ),
    SecretInfo(
        "SALESFORCE_REFRESH_TOKEN",
        "what the app's authorization gave once (for `refresh`; in the keyring, since it is renewed)",
    ),
    SecretInfo(
        "SALESFORCE_WEBHOOK_TOKEN",
        "16 or more random characters of your own, the end of the outbound message's endpoint URL",
    ),
)


@hookimpl
def fairlead_connectors() -> list[ConnectorInfo]:
    """Announce the Salesforce connector."""
    return [
        ConnectorInfo(
            name="salesforce",
            title="Salesforce connector",
            crm="Salesforce",
            settings_schema=_SETTINGS_SCHEMA,
            secrets=_SECRETS,
            open=late("fairlead_salesforce.connector", "SalesforceConnector"),
            sandbox=late("fairlead_salesforce.sandbox", "SalesforceSandbox"),
            mapping=Path(__file__).with_name("mapping.json"),
        )
    ]
