"""The Acme package announces what it brings; everything else is imported when it is used."""

from __future__ import annotations

from pathlib import Path

from fairlead.plugins import ConnectorInfo, DocumentFolder, OperatorInfo, SecretInfo, hookimpl, late

__all__ = ["fairlead_connectors", "fairlead_mappings", "fairlead_operators", "fairlead_rulesets"]

_HERE = Path(__file__).parent


@hookimpl
def fairlead_connectors() -> list[ConnectorInfo]:
    """Announce the Acme connector."""
    return [
        ConnectorInfo(
            name="acme",
            title="Acme connector",
            crm="Acme CRM",
            settings_schema={
                "type": "object",
                "properties": {"url": {"type": "string", "description": "The address of the account."}},
                "required": ["url"],
                "additionalProperties": False,
            },
            secrets=(
                SecretInfo("ACME_KEY", "the key of the integration user, under Settings > Keys"),
                SecretInfo("ACME_WEBHOOK_SECRET", "what webhooks are signed with, under Settings > Webhooks"),
            ),
            open=late("fairlead_acme.connector", "AcmeConnector"),
            sandbox=late("fairlead_acme.sandbox", "AcmeSandbox"),
        )
    ]


@hookimpl
def fairlead_rulesets() -> list[DocumentFolder]:
    """Announce the rulesets: `acme/lead-scoring` is `rulesets/acme/lead-scoring.json`."""
    return [DocumentFolder(_HERE / "rulesets")]


@hookimpl
def fairlead_mappings() -> list[DocumentFolder]:
    """Announce the mappings of Acme's exports."""
    return [DocumentFolder(_HERE / "mappings")]


@hookimpl
def fairlead_operators() -> list[OperatorInfo]:
    """Announce the operator `soon_after`."""
    elapsed = {"days_between": [{"var": "start"}, {"var": "day"}]}
    return [
        OperatorInfo(
            name="soon_after",
            title="soon after",
            parameters={
                "day": {"type": "date"},
                "start": {"type": "date"},
                "days": {"type": "integer", "minimum": 0, "maximum": 366},
            },
            result={"type": "boolean"},
            words={
                "en": "{day} is no more than {days} days after {start}",
                "de": "{day} bis zu {days} Tage nach {start}",
            },
            definition={"<=": [0, elapsed, {"var": "days"}]},
        )
    ]
