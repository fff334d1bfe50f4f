"""Functions of a plug-in that are imported when they are called."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

__all__ = ["late"]


def late(module: str, name: str) -> Callable[[Any], Any]:
    """Return a function of one argument that imports `name` from `module` when it is called, and calls it.

    Every start of `fairlead` imports what announces a connector: it names with this what opens the
    connector and its sandbox, so that neither is imported before it is used.
    """

    def call(argument: Any) -> Any:
        return getattr(import_module(module), name)(argument)

    return call
