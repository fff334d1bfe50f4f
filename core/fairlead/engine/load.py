"""Loading a ruleset, ready to run, without a project."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, tzinfo
from pathlib import Path

from fairlead.engine.program import Program
from fairlead.ruleset.load import load_ruleset
from fairlead.ruleset.lock import Lock

__all__ = ["load"]


def load(
    name_or_path: str | Path,
    *,
    zone: str | tzinfo = "UTC",
    select: Iterable[str] | None = None,
    as_of: date | None = None,
    roots: Iterable[Path] = (),
    lock: Lock | None = None,
    version: str | None = None,
) -> Program:
    """Return a ruleset by name (`medical-travel/lead-scoring`) or from its file, compiled.

    `zone` is the time zone of days, `select` the decisions to compile (all by default). `as_of` picks the
    version in force on a day, `version` exactly one; `roots` are folders that come before the shipped
    rulesets. Results say `unapproved`: a project is the gate for anything else. Raises UsageError for an
    unknown name, DocumentError with every problem of the documents.
    """
    ruleset = load_ruleset(name_or_path, as_of=as_of, roots=roots, lock=lock, version=version)
    return Program(ruleset, zone=zone, select=select)
