"""The hooks that a plug-in may implement.

A plug-in is a module (or object) named by an entry point in the group `fairlead`. Each hook returns named
dataclasses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from fairlead.plugins.connector import Connector, ConnectorContext
    from fairlead.plugins.sandboxes import Sandbox, SandboxOptions

__all__ = [
    "PROJECT_NAME",
    "ConnectorInfo",
    "DocumentFolder",
    "FairleadHooks",
    "OperatorInfo",
    "SecretInfo",
    "hookimpl",
]

#: the name of pluggy's markers and of the entry-point group
PROJECT_NAME = "fairlead"

hookspec = pluggy.HookspecMarker(PROJECT_NAME)
hookimpl = pluggy.HookimplMarker(PROJECT_NAME)


@dataclass(frozen=True, slots=True)
class SecretInfo:
    """A secret that a connector reads from the environment or the keyring.

    `name` is the environment variable (`HUBSPOT_TOKEN`). `purpose` says where a person gets it.
    """

    name: str
    purpose: str


@dataclass(frozen=True, slots=True)
class ConnectorInfo:
    """What a connector says of itself before anything connects.

    `name` is what a project writes in `fairlead.toml` (`hubspot`), `title` what a person reads, `crm` the
    product that it reads and writes. `settings_schema` is the JSON Schema (2020-12) of the connector's
    settings. Settings hold no secret: secrets come from the environment or the keyring, under the names in
    `secrets`. `open` connects. `sandbox` starts a stand-in of the CRM on loopback. `mapping` is the file of
    the default mapping. The functions import what they need when they are called.
    """

    name: str
    title: str
    crm: str
    settings_schema: Mapping[str, object]
    secrets: tuple[SecretInfo, ...] = ()
    open: Callable[[ConnectorContext], Connector] | None = None
    sandbox: Callable[[SandboxOptions], Sandbox] | None = None
    mapping: Path | None = None


@dataclass(frozen=True, slots=True)
class DocumentFolder:
    """A folder of documents that a plug-in brings.

    For rulesets and fact models a document's name is its path below the folder (`acme/lead-scoring` is
    `acme/lead-scoring.json`), so that names begin with the plug-in's own word; a project's documents come
    first, the shipped ones last. For mappings of exports the folder holds the files themselves.
    """

    path: Path


@dataclass(frozen=True, slots=True)
class OperatorInfo:
    """An operator for expressions, defined by an expression.

    `name` is what a ruleset writes. `parameters` gives the operands in their order, each name with its type
    as documents declare types (`{"type": "decimal", "scale": 2}`), `result` the type of the result: a single
    value. `definition` is JSONLogic in the operators of the language, and reads the parameters alone
    (`{"var": "day"}`); it is what every engine runs and the audit proves, so Python code cannot stand for it.
    `words` is the sentence that says a call, with the parameters' names in braces. `title` and `words` are
    texts: a string in English, or a mapping from language tag to text with `en`.
    """

    name: str
    title: str | Mapping[str, str]
    parameters: Mapping[str, Mapping[str, object]]
    result: Mapping[str, object]
    words: str | Mapping[str, str]
    definition: object


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

    @hookspec
    def fairlead_rulesets(self) -> list[DocumentFolder]:
        """Announce folders of rulesets and fact models.

        A plug-in writes:

            @hookimpl
            def fairlead_rulesets() -> list[DocumentFolder]:
                return [DocumentFolder(Path(__file__).parent / "rulesets")]

        Returns one `DocumentFolder` per folder.
        """
        raise NotImplementedError

    @hookspec
    def fairlead_mappings(self) -> list[DocumentFolder]:
        """Announce folders of mappings for exports.

        A plug-in writes:

            @hookimpl
            def fairlead_mappings() -> list[DocumentFolder]:
                return [DocumentFolder(Path(__file__).parent / "mappings")]

        Returns one `DocumentFolder` per folder.
        """
        raise NotImplementedError

    @hookspec
    def fairlead_operators(self) -> list[OperatorInfo]:
        """Announce operators for expressions.

        A plug-in writes:

            @hookimpl
            def fairlead_operators() -> list[OperatorInfo]:
                return [OperatorInfo(name="in_week", title="in the week from", parameters={...}, ...)]

        Returns one `OperatorInfo` per operator. Names are unique over the language and all plug-ins.
        """
        raise NotImplementedError
