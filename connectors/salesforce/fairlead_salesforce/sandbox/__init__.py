"""A stand-in for one Salesforce org on loopback."""

from fairlead_salesforce.sandbox.server import SalesforceSandbox

__all__ = ["SalesforceSandbox"]
