"""The conformance kit: what every connector is to do, run by pytest against its sandbox.

    from fairlead.testing.conformance import ConnectorConformance

    class TestAcme(ConnectorConformance):
        connector = "acme"

The connector is found by its entry point. Its sandbox is built on `fairlead.testing.server.SandboxServer`;
cases that need an action that the sandbox does not offer are skipped and say so. A case's docstring states
the behaviour, its failure says what is wrong with the connector. A subclass may add cases with the fixtures
`rig` (starts sandboxes and connectors) and `stage` (one of each, with 60 leads and 8 partners).
"""

from __future__ import annotations

from fairlead.testing.conformance.credentials import CredentialCases
from fairlead.testing.conformance.drift import DriftCases
from fairlead.testing.conformance.full_reading import FullReadingCases
from fairlead.testing.conformance.identities import IdentityCases
from fairlead.testing.conformance.load import LoadCases
from fairlead.testing.conformance.provisioning import ProvisioningCases
from fairlead.testing.conformance.rig import KitSecrets, Outcome, Rig
from fairlead.testing.conformance.stage import Stage
from fairlead.testing.conformance.trouble import TroubleCases
from fairlead.testing.conformance.webhooks import WebhookCases
from fairlead.testing.conformance.writing import WritingCases

__all__ = ["ConnectorConformance", "KitSecrets", "Outcome", "Rig", "Stage"]


class ConnectorConformance(
    FullReadingCases,
    IdentityCases,
    DriftCases,
    WritingCases,
    ProvisioningCases,
    TroubleCases,
    CredentialCases,
    WebhookCases,
    LoadCases,
):
    """Every case of the kit; `connector` names the connector as a project does."""
