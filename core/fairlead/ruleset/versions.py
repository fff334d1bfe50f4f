"""The versions of a ruleset over time: which one is in force on a day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from fairlead.documents.json_text import Document
from fairlead.documents.shapes import is_version
from fairlead.problems import DocumentError, Problem
from fairlead.ruleset.catalogue import RULESETS, Catalogue, Found, version_order
from fairlead.ruleset.lock import Lock
from fairlead.ruleset.resolve import LONGEST_CHAIN, build, find_ruleset
from fairlead.ruleset.typed import Ruleset

__all__ = ["Version", "Versions", "check_in_force", "day_of"]


@dataclass(frozen=True)
class Version:
    """A version and the days it is in force: from `first` on, up to and without `last`; None is unbounded.

    `source` is the document that states this: an overlay may leave it to what it extends.
    """

    found: Found
    source: Document
    first: date | None
    last: date | None

    def covers(self, day: date) -> bool:
        """Return whether the version is in force on a day."""
        return (self.first is None or self.first <= day) and (self.last is None or day < self.last)


class Versions:
    """All versions of one ruleset, in the order in which they are in force.

    A version without an end is in force until the next one begins. Of versions that state no dates the
    newest counts. With a lock, a shipped ruleset has the pinned versions alone. Raises UsageError for an
    unknown name, and DocumentError (`overlapping-versions`) where two versions are in force on one day.
    """

    def __init__(self, name: str, catalogue: Catalogue, lock: Lock | None = None) -> None:
        self.name = name
        self._catalogue = catalogue
        self._lock = lock
        self._built: dict[str, Ruleset] = {}
        self.versions = self._in_force()

    def select(self, day: date) -> Version:
        """Return the version in force on a day.

        Raises DocumentError (`not-yet-effective`, `no-longer-effective`) where there is none.
        """
        day = day_of(day)
        for version in self.versions:
            if version.covers(day):
                return version
        later = [version for version in self.versions if version.first is not None and version.first > day]
        raise _not_in_force(later[0] if later else self.versions[-1], day)

    def at(self, day: date) -> Ruleset:
        """Return the ruleset in force on a day, built once for each version. Raises DocumentError.

        Its `effective_to` is the day on which the next version begins, where it states none itself.
        """
        version = self.select(day)
        found = version.found
        if found.version not in self._built:
            ruleset = build(found, self._catalogue, self._lock)
            self._built[found.version] = replace(ruleset, effective_to=version.last)
        return self._built[found.version]

    def _in_force(self) -> tuple[Version, ...]:
        current = find_ruleset(self.name, self._catalogue, self._lock)
        if not is_version(current.version):
            # building it says so, with everything else that is wrong
            return (Version(current, current.document, None, None),)
        names = self._catalogue.versions(self.name)
        if self._lock is not None and not current.own:
            names = [version for version in names if self._is_pinned(version)] or [current.version]
        found = [self._catalogue.find(self.name, version, RULESETS) for version in names]
        stated = [_stated(each, self._catalogue) for each in found]
        undated = [version for version in stated if version.first is None and version.last is None]
        in_force = [version for version in stated if version not in undated] + undated[-1:]
        in_force.sort(key=lambda each: (each.first or date.min, version_order(each.found.version)))
        return _one_after_another(in_force)

    def _is_pinned(self, version: str) -> bool:
        pinned = self._lock.pinned(self.name, version) if self._lock is not None else None
        return pinned is not None and pinned.version == version


def day_of(moment: date) -> date:
    """Return the day of a date or date-time."""
    return moment.date() if isinstance(moment, datetime) else moment


def check_in_force(found: Found, catalogue: Catalogue, day: date) -> None:
    """Raise DocumentError where a document is not in force on a day, whatever other versions there are."""
    version = _stated(found, catalogue)
    if not version.covers(day_of(day)):
        raise _not_in_force(version, day_of(day))


def _stated(found: Found, catalogue: Catalogue) -> Version:
    """Return when a version says that it is in force; a form that is wrong says nothing (yet)."""
    document = found.document
    for _ in range(LONGEST_CHAIN):
        effective = document.value.get("effective")
        if isinstance(effective, dict):
            return Version(found, document, _day(effective.get("from")), _day(effective.get("to")))
        extends = document.value.get("extends")
        if not isinstance(extends, dict):
            break
        name, version = extends.get("name"), extends.get("version")
        if not isinstance(name, str) or not isinstance(version, str):
            break
        if version not in catalogue.versions(name):
            break
        document = catalogue.find(name, version).document
    return Version(found, found.document, None, None)


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def _one_after_another(versions: list[Version]) -> tuple[Version, ...]:
    """Return the versions, each without an end ended by the next; raise DocumentError where two overlap."""
    problems = []
    ended = []
    for earlier, later in pairwise(versions):
        begins = later.first
        older_is_newer = version_order(earlier.found.version) > version_order(later.found.version)
        undated_after_dated = earlier.first is None and older_is_newer
        if (
            begins is None
            or begins == earlier.first
            or (earlier.last is not None and begins < earlier.last)
            or undated_after_dated
        ):
            problems.extend(_overlap(earlier, later))
        ended.append(replace(earlier, last=begins if earlier.last is None else earlier.last))
    if problems:
        raise DocumentError(problems)
    return (*ended, *versions[-1:])


def _overlap(earlier: Version, later: Version) -> list[Problem]:
    first, second = earlier.found, later.found
    if version_order(first.version) > version_order(second.version):
        earlier, later, first, second = later, earlier, second, first
    message = (
        f"versions {first.version} ({_interval(earlier)}) and {second.version} ({_interval(later)}) "
        f"of `{first.name}` overlap"
    )
    problem = Problem(
        "overlapping-versions",
        message,
        "/effective/from",
        found=_interval(later),
        remedy="end the older one no later than the newer one begins",
    )
    return later.source.locate([problem])


def _interval(version: Version) -> str:
    if version.first is None and version.last is None:
        return "always"
    first = f"from {version.first}" if version.first is not None else ""
    last = f"until {version.last - timedelta(days=1)}" if version.last is not None else ""
    return f"{first} {last}".strip()


def _not_in_force(version: Version, day: date) -> DocumentError:
    found = version.found
    if version.first is not None and day < version.first:
        problem = Problem(
            "not-yet-effective",
            f"`{found.name}` {found.version} is not in force yet on {day}: it begins on {version.first}",
            "/effective/from",
            found=str(day),
            remedy=f"ask for a day from {version.first} on",
        )
    else:
        problem = Problem(
            "no-longer-effective",
            f"`{found.name}` {found.version} is no longer in force on {day}: it ended on {version.last}",
            "/effective/to",
            found=str(day),
            remedy=f"ask for a day before {version.last}",
        )
    return DocumentError(version.source.locate([problem]))
