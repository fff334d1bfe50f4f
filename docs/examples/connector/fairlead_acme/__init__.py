"""The Acme connector announces itself; everything else is imported when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.plugins import ConnectorInfo, SecretInfo, hookimpl

if TYPE_CHECKING:
    from fairlead.plugins.connector import Connector, ConnectorContext
    from fairlead.plugins.sandboxes import Sandbox, SandboxOptions

__all__ = ["fairlead_connectors"]


def _open(context: ConnectorContext) -> Connector:
    from fairlead_acme.connector import AcmeConnector

    return AcmeConnector(context)


def _sandbox(options: SandboxOptions) -> Sandbox:
    from fairlead_acme.sandbox import AcmeSandbox

    return AcmeSandbox(options)


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
            open=_open,
            sandbox=_sandbox,
        )
    ]
