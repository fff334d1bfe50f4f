"""Plug-ins: the hook specifications, and all that a connector may import from Fairlead's core.

The contract stands in `connector` (what a connector does), `records` and `fields` (what it gives and takes),
`failures`, `limits`, `webhooks` and `sandboxes`; `http` is the client that connectors share.
"""

from fairlead.plugins.hookspecs import ConnectorInfo, DocumentFolder, SecretInfo, hookimpl

__all__ = ["ConnectorInfo", "DocumentFolder", "SecretInfo", "hookimpl"]
