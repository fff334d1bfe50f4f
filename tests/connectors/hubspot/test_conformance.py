"""The conformance kit on the HubSpot connector."""

from fairlead.testing.conformance import ConnectorConformance


class TestHubSpot(ConnectorConformance):
    connector = "hubspot"
