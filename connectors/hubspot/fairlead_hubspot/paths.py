"""The paths of the interface, all built from one version string."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

__all__ = ["DEFAULT_VERSION", "Paths"]

DEFAULT_VERSION = "2026-09"


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths under one version: dated (`2026-09`), or `v3`, whose associations are of the fourth version."""

    version: str = DEFAULT_VERSION

    @property
    def dated(self) -> bool:
        """Tell whether the version is one of the dated ones."""
        return self.version != "v3"

    def objects(self, type_: str, rest: str = "") -> str:
        """Return the path of an object type's records."""
        return self._crm("objects", "v3", _part(type_) + rest)

    def properties(self, type_: str, rest: str = "") -> str:
        """Return the path of an object type's properties."""
        return self._crm("properties", "v3", _part(type_) + rest)

    def associations(self, from_: str, to: str, rest: str) -> str:
        """Return the path of the associations between two object types."""
        return self._crm("associations", "v4", f"{_part(from_)}/{_part(to)}{rest}")

    def lists(self, rest: str = "") -> str:
        """Return the path of lists."""
        return self._crm("lists", "v3", "").rstrip("/") + rest

    @property
    def token(self) -> str:
        """The path that gives access tokens."""
        return f"/oauth/{self.version}/token"

    @property
    def account(self) -> str:
        """The path that tells which account the token is of."""
        return f"/account-info/{self.version}/details"

    def _crm(self, area: str, old: str, rest: str) -> str:
        return f"/crm/{area}/{self.version}/{rest}" if self.dated else f"/crm/{old}/{area}/{rest}"


def _part(name: str) -> str:
    return quote(name, safe="")
