"""A stand-in of Zoho CRM's interface on loopback, for tests and demonstrations."""

from fairlead_zoho.sandbox.server import ZohoSandbox

__all__ = ["ZohoSandbox"]
