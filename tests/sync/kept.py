"""An account and its store as they are at one instant, to go back to as often as wanted."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.sync.clinic import Clinic

from fairlead.sync.place import STATE_FOLDER, STORE_URL
from fairlead.testing.server import SandboxServer

__all__ = ["Kept", "keep"]

#: what a sandbox serves with; it stays as it is
_SERVING = ("lock", "on_call", "_server", "_thread", "_map")


@dataclass(frozen=True)
class Kept:
    """What a sandbox and the state folder of a clinic held at one instant, in a folder of its own."""

    clinic: Clinic
    folder: Path
    _parts: list[Any]
    _members: list[dict[str, Any]]

    def restore(self) -> None:
        """Let the clinic's sandbox and its state folder hold this again."""
        sandbox = self.clinic.sandbox
        with sandbox.lock:
            copied = deepcopy(self._members, _left(sandbox, self._parts))
            for part, members in zip(self._parts, copied, strict=True):
                for name in vars(part).keys() - members.keys():
                    delattr(part, name)
                vars(part).update(members)
        state = self.clinic.folder / STATE_FOLDER
        shutil.rmtree(state, ignore_errors=True)
        if (self.folder / STATE_FOLDER).exists():
            shutil.copytree(self.folder / STATE_FOLDER, state)


def keep(clinic: Clinic, folder: Path) -> Kept:
    """Keep what a clinic's sandbox and its state folder hold now, the files in a new folder.

    No process is to work on the store meanwhile.
    """
    assert STORE_URL not in clinic.environment, "only files can be kept"
    sandbox = clinic.sandbox
    with sandbox.lock:
        parts = list(_parts(sandbox))
        members = deepcopy([vars(part) for part in parts], _left(sandbox, parts))
    folder.mkdir(parents=True)
    state = clinic.folder / STATE_FOLDER
    if state.exists():
        shutil.copytree(state, folder / STATE_FOLDER)
    return Kept(clinic, folder, parts, members)


def _parts(sandbox: SandboxServer) -> Iterator[Any]:
    """Yield the sandbox and the objects that it is made of: handlers are bound to them, so they stay."""
    waiting: list[Any] = [sandbox]
    found: set[int] = set()
    while waiting:
        part = waiting.pop()
        part = getattr(part, "__self__", part)
        ours = type(part).__module__.startswith("fairlead") and hasattr(part, "__dict__")
        if ours and id(part) not in found:
            found.add(id(part))
            yield part
            waiting += (value for name, value in vars(part).items() if name not in _SERVING)


def _left(sandbox: SandboxServer, parts: list[Any]) -> dict[int, Any]:
    """Return what is not to be copied, as `deepcopy` asks for it."""
    return {id(each): each for each in (*parts, *(getattr(sandbox, name) for name in _SERVING))}
