"""Finding documents by name: a project's own first, then the shipped ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from fairlead.documents.canonical import digest
from fairlead.documents.found import found_text
from fairlead.documents.json_text import Document, read_document
from fairlead.documents.shapes import is_document_name, is_version
from fairlead.facts.model import FactModel
from fairlead.plugins.manager import installed_folders
from fairlead.problems import DocumentError, Problem, UsageError, nearest_name

__all__ = [
    "FACT_MODELS",
    "RULESETS",
    "Catalogue",
    "Found",
    "shipped_root",
    "split_version",
    "version_order",
]

#: the kinds that are read as rulesets, and those that are read as fact models
RULESETS = ("ruleset", "ruleset-overlay")
FACT_MODELS = ("fact-model", "fact-model-overlay")

_KINDS = {
    "ruleset": "a ruleset",
    "ruleset-overlay": "a ruleset overlay",
    "fact-model": "a fact model",
    "fact-model-overlay": "a fact-model overlay",
    "mapping": "a mapping",
    "rates": "a rates document",
    "crm-mapping": "a mapping of a CRM",
    "scenarios": "a scenarios document",
    "policy-pack": "a policy pack",
    "lock": "a lock file",
}


def shipped_root() -> Path:
    """Return the folder of the shipped rulesets: inside the installed package, else the checkout's own."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "rulesets"
    return installed if installed.is_dir() else package.parents[1] / "rulesets"


def split_version(name: str) -> tuple[str, str | None]:
    """Return (name, version) of `name@version`; the version is None where none is written."""
    plain, mark, version = name.partition("@")
    return plain, version if mark else None


def version_order(version: str) -> tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]:
    """Return a key that sorts versions by semver.org's precedence."""
    numbers, _, before_release = version.partition("-")
    identifiers = before_release.split(".") if before_release else []
    return (
        tuple(int(number) for number in numbers.split(".")),
        not identifiers,
        tuple((not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in identifiers),
    )


@dataclass(frozen=True)
class Found:
    """A document that was found: `own` is True where it is a project's and not a shipped one."""

    name: str
    version: str
    kind: str
    document: Document
    path: Path
    own: bool

    @cached_property
    def digest(self) -> str:
        """The digest of the document as written."""
        return digest(self.document.value)


class Catalogue:
    """The documents below some folders; in two folders with one name the first counts.

    `roots` are a project's folders; those of plug-ins and the shipped one come after them. `edited` gives
    texts to read in the place of files, by path: what would be if they were written.
    """

    def __init__(self, roots: Iterable[Path] = (), *, edited: Mapping[Path, str] | None = None) -> None:
        shipped = shipped_root()
        self._roots = [root for root in roots if root.resolve() != shipped.resolve()]
        self._shipped = shipped
        self._plugged = installed_folders("fairlead_rulesets")
        self._edited = dict(edited or {})
        self._read: dict[Path, Found] = {}
        #: the fact models made of documents found here, by name and version: several rulesets share one
        self.models: dict[tuple[str, str], FactModel] = {}

    def with_edits(self, edited: Mapping[Path, str]) -> Catalogue:
        """Return the catalogue as it would be with these texts in the place of the files."""
        return Catalogue(self._roots, edited={**self._edited, **edited})

    def find(self, name: str, version: str | None = None, kinds: Iterable[str] = ()) -> Found:
        """Return the document `name`, in its current version or in exactly `version`.

        `kinds` are the kinds that will do. Raises UsageError where there is none, with the nearest name,
        and DocumentError where the document cannot be read or does not agree with its file.
        """
        wanted = tuple(kinds)
        if not is_document_name(name):
            raise UsageError([_bad_name(name)])
        if version is not None and not is_version(version):
            raise UsageError([_unknown_version(name, version, self.versions(name))])
        found = self._lookup(name, version)
        if found is None:
            raise UsageError([self._not_found(name, version, wanted)])
        if wanted and found.kind not in wanted:
            raise UsageError([self._wrong_kind(found, wanted)])
        return found

    def at_path(self, path: Path, kinds: Iterable[str] = ()) -> Found:
        """Return the document in a file; below a root its name must agree with its place there."""
        expected, own = None, True
        # a name that no file can have is for reading to say
        with suppress(OSError, ValueError):
            place = path.resolve()
            own = not any(place.is_relative_to(each.resolve()) for each in (*self._plugged, self._shipped))
            roots = [root.resolve() for root in (*self._roots, *self._plugged, self._shipped)]
            root = next((root for root in roots if place.is_relative_to(root)), None)
            if root is not None:
                relative = place.relative_to(root)
                expected = relative.with_name(relative.name.removesuffix(".json")).as_posix()
        found = self._load(path, expected, own=own)
        wanted = tuple(kinds)
        if wanted and found.kind not in wanted:
            raise UsageError([self._wrong_kind(found, wanted)])
        return found

    def versions(self, name: str) -> list[str]:
        """Return the versions of a document, oldest first; none where the name is unknown.

        A version that is not written as one is left out.
        """
        if not is_document_name(name):
            return []
        versions = set()
        for root, own in self._folders():
            current = root / f"{name}.json"
            if current.is_file():
                versions.add(self._load(current, name, own=own).version)
            pattern = f"{current.stem}@*.json"
            for path in current.parent.glob(pattern) if current.parent.is_dir() else ():
                versions.add(path.name.removesuffix(".json").partition("@")[2])
        return sorted(filter(is_version, versions), key=version_order)

    def names(self, kinds: Iterable[str] = ()) -> list[str]:
        """Return the names of the current documents of these kinds that can be read."""
        wanted = tuple(kinds)
        names = set()
        for root, own in self._folders():
            for name, path in _documents_below(root):
                try:
                    kind = self._load(path, name, own=own).kind
                except DocumentError:
                    continue
                if kind in (wanted or _KINDS):
                    names.add(name)
        return sorted(names)

    def own(self, kinds: Iterable[str] = ()) -> list[Found]:
        """Return a project's own documents of these kinds, in their current versions, by name.

        Raises DocumentError where one cannot be read.
        """
        wanted = tuple(kinds)
        found: dict[str, Found] = {}
        for root in self._roots:
            for name, path in _documents_below(root):
                document = self._load(path, name, own=True)
                if document.kind in wanted:
                    found.setdefault(name, document)
        return [found[name] for name in sorted(found)]

    def _folders(self) -> Iterator[tuple[Path, bool]]:
        for root in self._roots:
            yield root, True
        for root in self._plugged:
            yield root, False
        yield self._shipped, False

    def _lookup(self, name: str, version: str | None) -> Found | None:
        for root, own in self._folders():
            current = root / f"{name}.json"
            if version is None:
                if current.is_file():
                    return self._load(current, name, own=own)
                continue
            older = root / f"{name}@{version}.json"
            found = self._load(older, f"{name}@{version}", own=own) if older.is_file() else None
            newest = self._load(current, name, own=own) if current.is_file() else None
            if newest is not None and newest.version == version:
                if found is not None and found.digest != newest.digest:
                    raise _two_of_one_version(found, newest)
                return newest
            if found is not None:
                return found
        return None

    def _load(self, path: Path, expected: str | None, *, own: bool) -> Found:
        known = self._read.get(path)
        if known is None:
            shown = _shown(path)
            text = self._edited.get(path)
            if text is not None:
                known = _found(read_document(text, name=shown), path, expected, own)
            elif path.is_relative_to(self._shipped):
                known = _shipped_document(path, shown, expected, own, _stamp(path))
            else:
                known = _found(read_document(path, name=shown), path, expected, own)
            self._read[path] = known
        return known

    def _not_found(self, name: str, version: str | None, kinds: tuple[str, ...]) -> Problem:
        versions = self.versions(name)
        if version is not None and versions:
            return _unknown_version(name, version, versions)
        if versions:
            message = f"`{name}` has no current version, only older ones"
            return Problem("unknown-version", message, found=name, allowed=tuple(versions))
        names = self.names(kinds)
        return Problem(
            "unknown-document",
            f"there is no document `{found_text(name)}`",
            found=found_text(name),
            allowed=tuple(names),
            nearest=_nearest(name, names),
        )

    def _wrong_kind(self, found: Found, kinds: tuple[str, ...]) -> Problem:
        return Problem(
            "wrong-kind",
            f"`{found.name}` is {_KINDS[found.kind]}, not {_KINDS[kinds[0]]}",
            found=found.kind,
            allowed=tuple(self.names(kinds)),
        )


def _documents_below(root: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(root.rglob("*.json")):
        name = path.relative_to(root).as_posix().removesuffix(".json")
        if is_document_name(name):
            yield name, path


def _nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the nearest name; a name without its folder is compared with the last part of each."""
    known = list(names)
    nearest = nearest_name(name, known)
    if nearest is None:
        by_tail = {each.rpartition("/")[2]: each for each in known}
        tail = nearest_name(name.rpartition("/")[2], by_tail)
        nearest = by_tail[tail] if tail is not None else None
    return nearest


@lru_cache(maxsize=256)
def _shipped_document(
    path: Path, shown: str, expected: str | None, own: bool, stamp: tuple[int, int] | None
) -> Found:
    """Read a shipped document once for all catalogues, as long as its file has the stamp that it had."""
    return _found(read_document(path, name=shown), path, expected, own)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size


def _shown(path: Path) -> str:
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def _bad_name(name: str) -> Problem:
    shown = found_text(name)
    return Problem(
        "bad-name",
        f"`{shown}` is not a document name",
        found=shown,
        remedy="use the path below the rulesets folder, such as `medical-travel/lead-scoring`",
    )


def _unknown_version(name: str, version: str, versions: Iterable[str]) -> Problem:
    shown = found_text(version)
    message = f"there is no version {shown} of `{name}`"
    return Problem("unknown-version", message, found=shown, allowed=tuple(versions))


def _two_of_one_version(older: Found, newest: Found) -> DocumentError:
    message = (
        f"`{newest.name}` {newest.version} stands in two files that differ: "
        f"`{older.document.file}` and `{newest.document.file}`"
    )
    remedy = "give the changed one a version of its own"
    problem = Problem("misplaced-document", message, "/version", found=newest.version, remedy=remedy)
    return DocumentError(newest.document.locate([problem]))


def _found(document: Document, path: Path, expected: str | None, own: bool) -> Found:
    value = document.value
    if not isinstance(value, dict):
        problem = Problem("wrong-type", "a document is an object", found=found_text(value))
        raise DocumentError(document.locate([problem]))
    texts = {}
    problems = []
    for key in ("kind", "name", "version"):
        text = value.get(key)
        if key not in value:
            problems.append(Problem("missing-key", f"the key `{key}` is missing", f"/{key}"))
        elif not isinstance(text, str):
            message = f"`{key}` is a text"
            problems.append(Problem("wrong-type", message, f"/{key}", found=found_text(text)))
        else:
            texts[key] = text
    kind = texts.get("kind")
    if kind is not None and kind not in _KINDS:
        problems.append(_unknown_kind(kind))
    if expected is not None:
        problems.extend(_misplaced(texts, expected))
    if problems:
        raise DocumentError(document.locate(problems))
    return Found(texts["name"], texts["version"], texts["kind"], document, path, own)


def _unknown_kind(kind: str) -> Problem:
    shown = found_text(kind)
    kinds = tuple(_KINDS)
    return Problem(
        "unknown-value",
        f"there is no kind of document `{shown}`",
        "/kind",
        found=shown,
        allowed=kinds,
        nearest=nearest_name(kind, kinds),
    )


def _misplaced(texts: Mapping[str, str], expected: str) -> Iterator[Problem]:
    name, version = split_version(expected)
    for key, wanted in (("name", name), ("version", version)):
        found = texts.get(key)
        if found is not None and wanted is not None and found != wanted:
            yield Problem(
                "misplaced-document",
                f"the {key} is `{found_text(found)}`, but the file is that of `{wanted}`",
                f"/{key}",
                found=found_text(found),
                allowed=(wanted,),
                remedy=f"write `{wanted}`, or move the file",
            )
