"""Finding mappings: by name or file, and those that know an export."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fairlead.documents.found import found_text
from fairlead.files.mapped_layout import ColumnMap, column_key
from fairlead.plugins.manager import installed_folders
from fairlead.problems import Problem, UsageError, nearest_name
from fairlead.ruleset.catalogue import shipped_root
from fairlead.ruleset.mapping_document import MappingDocument, is_crm_mapping, load_mapping

__all__ = ["NamedMapping", "Stated", "find_mapping", "known_mappings", "recognised"]

#: the folder of mappings in a project and among the shipped documents
FOLDER = "mappings"


@dataclass(frozen=True)
class Stated:
    """What the user says about an input, so that nothing needs to be found out.

    `mapping` is a name or a file; `folders` are those of a project's own mappings. `century` is 1900 or 2000,
    where years of two digits begin.
    """

    mapping: str | None = None
    folders: tuple[Path, ...] = ()
    encoding: str | None = None
    decimal: str | None = None
    dates: str | None = None
    delimiter: str | None = None
    century: int | None = None


@dataclass(frozen=True)
class NamedMapping:
    """A mapping and where it was found; `own` where it is no shipped one."""

    document: MappingDocument
    path: Path
    own: bool

    @property
    def name(self) -> str:
        """What it is called."""
        return self.document.name

    def columns(self, *, strict: bool) -> ColumnMap:
        """Return what it says about columns."""
        document = self.document
        return ColumnMap(
            document.facts,
            document.ignored,
            document.list_separator,
            document.decimal,
            document.dates,
            document.century,
            strict=strict,
        )


def find_mapping(name: str, folders: Iterable[Path] = ()) -> NamedMapping:
    """Return the mapping in a file (`….json`), or of a name: a project's own first, then a shipped one.

    Raises UsageError where there is none, and DocumentError with everything wrong with it.
    """
    if name.endswith(".json"):
        document, _ = load_mapping(Path(name))
        return NamedMapping(document, Path(name), own=True)
    known = _files(folders)
    short = name.removeprefix(f"{FOLDER}/")
    if short not in known:
        shown = found_text(name)
        problem = Problem(
            "unknown-document",
            f"there is no mapping `{shown}`",
            found=shown,
            allowed=tuple(known),
            nearest=nearest_name(short, known),
            remedy="name one of these, or a file that ends in `.json`",
        )
        raise UsageError([problem])
    return _loaded(*known[short])


def known_mappings(folders: Iterable[Path] = ()) -> list[NamedMapping]:
    """Return a project's own mappings and the shipped ones. Raises DocumentError where one is broken."""
    return [_loaded(path, own) for path, own in _files(folders).values()]


def recognised(mappings: Iterable[NamedMapping], names: Sequence[str]) -> list[NamedMapping]:
    """Return the mappings that know a header; where a project's own do, the shipped ones do not count."""
    there = {column_key(name) for name in names}
    found = [
        mapping
        for mapping in mappings
        if any(there.issuperset(map(column_key, some)) for some in mapping.document.recognised_by)
    ]
    own = [mapping for mapping in found if mapping.own]
    return own or found


def _files(folders: Iterable[Path]) -> dict[str, tuple[Path, bool]]:
    files: dict[str, tuple[Path, bool]] = {}
    others = (*installed_folders("fairlead_mappings"), shipped_root() / FOLDER)
    for folder, own in (*((folder, True) for folder in folders), *((folder, False) for folder in others)):
        for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
            if not own or not is_crm_mapping(path):
                files.setdefault(path.stem, (path, own))
    return files


def _loaded(path: Path, own: bool) -> NamedMapping:
    document, _ = load_mapping(path)
    return NamedMapping(document, path, own)
