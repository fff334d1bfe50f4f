"""The hooks that a plug-in may implement.

A plug-in is a module (or object) named by an entry point in the group `fairlead`. Each hook returns named
dataclasses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pluggy

__all__ = ["PROJECT_NAME", "ConnectorInfo", "FairleadHooks", "hookimpl"]

#: the name of pluggy's markers and of the entry-point group
PROJECT_NAME = "fairlead"

hookspec = pluggy.HookspecMarker(PROJECT_NAME)
hookimpl = pluggy.HookimplMarker(PROJECT_NAME)


@dataclass(frozen=True, slots=True)
class ConnectorInfo:
    """What a connector says of itself before anything connects.

    `name` is what a project writes in `fairlead.toml` (`hubspot`), `title` what a person reads, `crm` the
    product that it reads and writes. `settings_schema` is the JSON Schema (2020-12) of the connector's
    settings. Settings hold no secret: secrets come from the environment.
    """

    name: str
    title: str
    crm: str
    settings_schema: Mapping[str, object]


class FairleadHooks:
    """The hook specifications."""

    @hookspec
    def fairlead_connectors(self) -> list[ConnectorInfo]:
        """Announce the connectors that a plug-in brings.

        A plug-in writes:

            @hookimpl
            def fairlead_connectors() -> list[ConnectorInfo]:
                return [ConnectorInfo(name="acme", title="Acme", crm="Acme CRM", settings_schema={...})]

        Returns one `ConnectorInfo` per connector. Names are unique over all plug-ins.
        """
        raise NotImplementedError
