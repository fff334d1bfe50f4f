"""The conformance kit, on the Salesforce connector."""

from fairlead.testing.conformance import ConnectorConformance


class TestSalesforce(ConnectorConformance):
    connector = "salesforce"
