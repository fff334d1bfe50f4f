"""The lock file `fairlead.lock`: the version and digest of every document that a project builds on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fairlead.documents.json_text import Document, read_document
from fairlead.documents.positions import join_pointer
from fairlead.documents.shapes import check_shape
from fairlead.problems import DocumentError, Problem
from fairlead.ruleset.catalogue import Found, version_order
from fairlead.ruleset.document import LockDocument, Pin

__all__ = ["Lock", "lock_text", "pin", "read_lock", "write_lock", "write_text"]

_UPGRADE = "run `fairlead upgrade` to see what changes and to pin it"


@dataclass(frozen=True)
class Lock:
    """Pins by document name, or by `name@version` for a version that only an older document builds on."""

    pins: Mapping[str, Pin] = field(default_factory=dict)
    document: Document | None = None

    def pinned(self, name: str, version: str) -> Pin | None:
        """Return the pin that counts for a version of a document."""
        return self.pins.get(f"{name}@{version}") or self.pins.get(name)

    def check(self, found: Found) -> Problem | None:
        """Return what is wrong with building on a document: it is not pinned, or not what is pinned.

        `lock-mismatch` has its place in the lock file; `not-locked` has none yet.
        """
        pinned = self.pinned(found.name, found.version)
        if pinned is None:
            return Problem(
                "not-locked",
                f"`{found.name}` {found.version} is not in the lock file",
                found=found.name,
                remedy=_UPGRADE,
            )
        if pinned.version != found.version:
            return self._mismatch(
                found,
                f"`{found.name}` is pinned to version {pinned.version}; version {found.version} is asked for",
                "version",
                found.version,
            )
        if pinned.digest != found.digest:
            return self._mismatch(
                found,
                f"`{found.name}` {found.version} is not what was pinned: its digest is {found.digest}, "
                f"pinned is {pinned.digest}",
                "digest",
                found.digest,
            )
        return None

    def _mismatch(self, found: Found, message: str, member: str, shown: str) -> Problem:
        exact = f"{found.name}@{found.version}"
        key = exact if exact in self.pins else found.name
        problem = Problem(
            "lock-mismatch", message, join_pointer(["pins", key, member]), found=shown, remedy=_UPGRADE
        )
        return self.document.locate([problem])[0] if self.document is not None else problem


def read_lock(path: Path) -> Lock:
    """Return the lock in a file; a file that is not there pins nothing. Raises DocumentError."""
    if not path.exists():
        return Lock()
    document = read_document(path)
    shape = check_shape(LockDocument, document)
    return Lock(shape.pins, document)


def pin(documents: Iterable[Found]) -> dict[str, Pin]:
    """Return the pins of these documents.

    Of several versions of one document the newest is pinned by its name, the others as `name@version`.
    """
    by_name: dict[str, dict[str, Found]] = {}
    for found in documents:
        by_name.setdefault(found.name, {})[found.version] = found
    pins = {}
    for name in sorted(by_name):
        versions = sorted(by_name[name], key=version_order)
        for version in versions:
            key = name if version == versions[-1] else f"{name}@{version}"
            pins[key] = Pin(version=version, digest=by_name[name][version].digest)
    return pins


def lock_text(pins: Mapping[str, Pin]) -> str:
    """Return the text of a lock file, the same for the same pins."""
    value = {
        "fairlead": 1,
        "kind": "lock",
        "pins": {name: {"version": pins[name].version, "digest": pins[name].digest} for name in sorted(pins)},
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def write_lock(path: Path, pins: Mapping[str, Pin]) -> None:
    """Write a lock file, whole or not at all. Raises DocumentError where it cannot be written."""
    write_text(path, lock_text(pins))


def write_text(path: Path, text: str) -> None:
    """Write a file, whole or not at all. Raises DocumentError where it cannot be written."""
    target = path.resolve()  # a link stays a link
    draft = target.with_name(f".{target.name}.{os.getpid()}.draft")
    try:
        draft.write_bytes(text.encode("utf-8"))
        if target.exists():
            draft.chmod(target.stat().st_mode & 0o777)
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        reason = (error.strerror or "unknown reason").lower()
        message = f"`{path}` cannot be written: {reason}"
        raise DocumentError([Problem("unwritable-file", message, file=str(path))]) from None
