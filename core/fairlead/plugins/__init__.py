"""Plug-ins: the hook specifications, and all that a connector may import from Fairlead's core."""

from fairlead.plugins.hookspecs import ConnectorInfo, hookimpl

__all__ = ["ConnectorInfo", "hookimpl"]
