"""A faithful stand-in of HubSpot's interface on loopback."""

from __future__ import annotations

from fairlead_hubspot.sandbox.server import HubSpotSandbox

__all__ = ["HubSpotSandbox"]
