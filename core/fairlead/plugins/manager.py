"""Finding plug-ins and what they offer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, cast

import pluggy

from fairlead.documents.found import found_text
from fairlead.plugins.hookspecs import (
    PROJECT_NAME,
    ConnectorInfo,
    DocumentFolder,
    FairleadHooks,
    OperatorInfo,
)
from fairlead.problems import Problem, UsageError, nearest_name

__all__ = [
    "code_alone",
    "connector",
    "connectors",
    "installed_folders",
    "installed_plugins",
    "load_plugins",
    "operators",
]


def load_plugins(found: Iterable[EntryPoint] | None = None) -> pluggy.PluginManager:
    """Return a plug-in manager with every installed plug-in registered.

    `found` stands in for the installed entry points of the group `fairlead`. pluggy's own loader is not
    used: of two plug-ins with one name it drops the second without a word.

    Raises `UsageError` when two plug-ins share a name, or when one cannot be imported or does not fit the
    hook specifications; all such plug-ins are named at once.
    """
    manager = pluggy.PluginManager(PROJECT_NAME)
    manager.add_hookspecs(FairleadHooks)
    problems: list[Problem] = []
    providers: dict[str, str] = {}
    for entry in entry_points(group=PROJECT_NAME) if found is None else found:
        provider = _provider(entry)
        if entry.name in providers:
            problems.append(_conflict("a plug-in", entry.name, providers[entry.name], provider))
            continue
        providers[entry.name] = provider
        try:
            manager.register(entry.load(), name=provider)
        except Exception as error:  # noqa: BLE001 - a plug-in's import may raise anything
            problems.append(_not_loaded(provider, error))
    problems.extend(_with_unknown_hooks(manager))
    if problems:
        raise UsageError(problems)
    return manager


def connectors(manager: pluggy.PluginManager) -> dict[str, ConnectorInfo]:
    """Return the connectors of all plug-ins by name, in alphabetical order.

    Raises `UsageError`, naming both plug-ins, when two connectors share a name.
    """
    problems: list[Problem] = []
    offered: dict[str, tuple[ConnectorInfo, str]] = {}
    for implementation in manager.hook.fairlead_connectors.get_hookimpls():
        provider = implementation.plugin_name
        # pluggy's types do not carry the result of a hook over from its specification
        for info in cast(list[ConnectorInfo], implementation.function()):
            if info.name in offered:
                problems.append(_conflict("a connector", info.name, offered[info.name][1], provider))
            else:
                offered[info.name] = (info, provider)
    if problems:
        raise UsageError(problems)
    return {name: offered[name][0] for name in sorted(offered)}


def operators(manager: pluggy.PluginManager) -> list[tuple[OperatorInfo, str]]:
    """Return the operators that all plug-ins announce, each with the plug-in that brings it, by name.

    What they say is not checked here. Raises `UsageError` where a plug-in gives something else than
    operators, and where two give operators of one name, with both their names.
    """
    problems: list[Problem] = []
    offered: dict[str, tuple[OperatorInfo, str]] = {}
    for implementation in manager.hook.fairlead_operators.get_hookimpls():
        provider = implementation.plugin_name
        try:
            # a plug-in's function may give anything, and raise anything
            found: list[Any] = list(cast(Any, implementation.function()))
        except Exception as error:  # noqa: BLE001
            problems.append(_not_loaded(provider, error))
            continue
        for info in found:
            if not isinstance(info, OperatorInfo) or not isinstance(info.name, str):
                problems.append(code_alone(str(getattr(info, "__name__", "unnamed")), provider))
            elif info.name in offered:
                problems.append(_conflict("an operator", info.name, offered[info.name][1], provider))
            else:
                offered[info.name] = (info, provider)
    if problems:
        raise UsageError(problems)
    return [offered[name] for name in sorted(offered)]


def code_alone(name: str, provider: str) -> Problem:
    """Return the refusal of an operator that is not given by a definition."""
    return Problem(
        code="operator-without-definition",
        message=f"operator `{found_text(name)}` of plug-in `{provider}` must give a definition: "
        "Python code alone cannot be proved",
        found=found_text(name),
        remedy="return `OperatorInfo` with its `definition` as JSONLogic over the parameters",
    )


@cache
def installed_plugins() -> pluggy.PluginManager:
    """Return the manager of the installed plug-ins, found once for each process; raises as `load_plugins`."""
    return load_plugins()


def installed_folders(hook: str) -> tuple[Path, ...]:
    """Return the folders that installed plug-ins announce through `fairlead_rulesets` or `fairlead_mappings`.

    Raises UsageError as `load_plugins` does.
    """
    found: dict[Path, None] = {}
    for implementation in getattr(installed_plugins().hook, hook).get_hookimpls():
        # pluggy's types do not carry the result of a hook over from its specification
        for folder in cast(list[DocumentFolder], implementation.function()):
            found[folder.path] = None
    return tuple(found)


def connector(manager: pluggy.PluginManager, name: str) -> ConnectorInfo:
    """Return the connector called `name`; raises `UsageError` with the nearest name when there is none."""
    offered = connectors(manager)
    if name in offered:
        return offered[name]
    raise UsageError(
        [
            Problem(
                code="unknown-connector",
                message=f"there is no connector `{name}`",
                found=name,
                allowed=tuple(offered),
                nearest=nearest_name(name, offered),
                remedy="name an installed connector, or install the package that brings this one",
            )
        ]
    )


def _provider(entry: EntryPoint) -> str:
    """Return the plug-in's name with the distribution that brings it: what tells two of a name apart."""
    if entry.dist is None:
        return f"{entry.name} ({entry.value})"
    return f"{entry.name} ({entry.dist.name} {entry.dist.version})"


def _with_unknown_hooks(manager: pluggy.PluginManager) -> Iterator[Problem]:
    while True:
        try:
            manager.check_pending()
        except pluggy.PluginValidationError as error:
            yield _not_loaded(manager.get_name(error.plugin) or "", error)
            # pluggy stops at the first: without it, the next one shows
            manager.unregister(error.plugin)
        else:
            return


def _conflict(what: str, name: str, first: str, second: str) -> Problem:
    return Problem(
        code="plugin-conflict",
        message=f"there are two providers of {what} `{name}`: `{first}` and `{second}`",
        found=name,
        remedy="uninstall one of them",
    )


def _not_loaded(provider: str, error: Exception) -> Problem:
    return Problem(
        code="plugin-not-loaded",
        message=f"plug-in `{provider}` cannot be loaded: {error}",
        found=provider,
        remedy="install a version of it that fits this version of fairlead, or uninstall it",
    )
