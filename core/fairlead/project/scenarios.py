"""Where a project's scenarios are: in its `tests/`, beside its own rulesets, and with the shipped ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fairlead.documents.json_text import read_document
from fairlead.project.project import Project
from fairlead.ruleset.catalogue import shipped_root

__all__ = ["client_scenario_files", "scenario_files"]


def client_scenario_files(project: Project, name: str) -> list[Path]:
    """Return the client's own files of scenarios for one ruleset, by path.

    A file in `tests/` is for the ruleset that it names. One that names no ruleset of the project is for the
    ruleset of its file's name. Raises DocumentError where a file cannot be read.
    """
    folder, _, last = name.rpartition("/")
    beside = (root / folder / "tests" / f"{last}.json" for root in project.roots)
    found = [path for path in beside if path.is_file()]
    found += [path for path, ruleset in _in_tests(project) if ruleset == name]
    found += [
        path
        for path, ruleset in _in_tests(project)
        if path.stem == last and ruleset not in project.ruleset_names
    ]
    return list({path.resolve(): path for path in found}.values())


def scenario_files(project: Project, name: str) -> list[Path]:
    """Return all files of scenarios for one ruleset: the client's own, then the shipped ones."""
    folder, _, last = name.rpartition("/")
    shipped = shipped_root() / folder / "tests" / f"{last}.json"
    own = client_scenario_files(project, name)
    return [*own, shipped] if shipped.is_file() else own


def _in_tests(project: Project) -> Iterator[tuple[Path, object]]:
    for path in sorted((project.folder / "tests").rglob("*.json")):
        value = read_document(path).value
        if isinstance(value, dict) and value.get("kind") == "scenarios":
            yield path, value.get("ruleset")
