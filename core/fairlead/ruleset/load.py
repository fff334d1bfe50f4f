"""Loading a ruleset by name or from a file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from fairlead.ruleset.catalogue import Catalogue, split_version
from fairlead.ruleset.lock import Lock
from fairlead.ruleset.resolve import build, find_ruleset
from fairlead.ruleset.typed import Ruleset
from fairlead.ruleset.versions import Versions, check_in_force

__all__ = ["load_ruleset"]


def load_ruleset(
    name_or_path: str | Path,
    *,
    as_of: date | None = None,
    roots: Iterable[Path] = (),
    lock: Lock | None = None,
    version: str | None = None,
) -> Ruleset:
    """Return a ruleset by name, by `name@version`, or from its file (a path, or a text that ends in `.json`).

    `roots` are folders of documents that come before the shipped ones. `as_of` picks the version in force
    on that day; `version` picks exactly that one, which must then be in force on `as_of` where both are
    given; without either the current version is taken. With `lock`, everything must be what is pinned.

    Raises UsageError for an unknown name or version, and DocumentError with every problem of the documents
    at once, each with its file, line and column.
    """
    catalogue = Catalogue(roots)
    is_file = isinstance(name_or_path, Path) or name_or_path.endswith(".json")
    if as_of is not None and version is None and not is_file:
        name, written = split_version(str(name_or_path))
        if written is None:
            return Versions(name, catalogue, lock).at(as_of)
    found = find_ruleset(name_or_path, catalogue, lock, version)
    if as_of is not None:
        check_in_force(found, catalogue, as_of)
    return build(found, catalogue, lock)
