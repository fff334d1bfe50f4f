"""Plug-ins: the hook specifications, and all that a connector may import from Fairlead's core.

The contract stands in `connector` (what a connector does), `records` and `fields` (what it gives and takes),
`failures`, `limits`, `webhooks` and `sandboxes`; `http` is the client that connectors share, `checking` what
their checks say of failures.
"""

from fairlead.plugins.hookspecs import ConnectorInfo, DocumentFolder, OperatorInfo, SecretInfo, hookimpl
from fairlead.plugins.late import late

__all__ = ["ConnectorInfo", "DocumentFolder", "OperatorInfo", "SecretInfo", "hookimpl", "late"]
