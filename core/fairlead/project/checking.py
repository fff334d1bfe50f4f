"""Checking a client's other files against the rules they are for: scenarios, mappings, policy packs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path

from fairlead.documents.found import found_text
from fairlead.documents.json_text import Document, read_document
from fairlead.documents.positions import join_pointer
from fairlead.engine import Program
from fairlead.facts.model import FactModel
from fairlead.files import mapping_problems
from fairlead.problems import (
    DocumentError,
    FairleadError,
    Problem,
    RecordError,
    UsageError,
    nearest_name,
)
from fairlead.project.project import Project
from fairlead.project.scenarios import client_scenario_files
from fairlead.ruleset.catalogue import Catalogue, Found
from fairlead.ruleset.crm_mapping_document import check_crm_mapping
from fairlead.ruleset.crm_mapping_fit import crm_mapping_problems, override_problems
from fairlead.ruleset.mapping_document import check_mapping
from fairlead.ruleset.policy_pack import POLICY_PACKS, load_pack, type_pack
from fairlead.ruleset.scenarios import check_scenarios
from fairlead.ruleset.typed import Decision

__all__ = ["CheckedFile", "check_mapping_file", "check_other_files", "check_pack", "check_scenario_file"]


@dataclass(frozen=True)
class CheckedFile:
    """One file: `name` and `version` of its document, and how many `count` of `things` it holds."""

    path: Path
    name: str
    version: str
    count: int
    things: str
    problems: tuple[Problem, ...] = ()


def check_other_files(project: Project) -> list[CheckedFile]:
    """Return the client's scenarios, mappings and policy packs, each with what does not fit its rules.

    A ruleset that is broken itself is passed over: what is wrong with it is said elsewhere.
    """
    checked: dict[Path, CheckedFile] = {}
    models: list[FactModel] = []
    decisions: dict[str, Decision] = {}
    for name in project.ruleset_names:
        try:
            program = project.draft(name)
        except FairleadError:
            continue
        models.append(program.ruleset.model)
        decisions |= {each.name: each for each in program.ruleset.decisions}
        for path in client_scenario_files(project, name):
            checked[path] = check_scenario_file(path, program)
    for path in sorted((project.folder / "mappings").glob("*.json")):
        checked[path] = check_mapping_file(path, models, decisions)
    for found in Catalogue(project.roots).own(POLICY_PACKS):
        checked[found.path] = check_pack(found, models, project.roots)
    return list(checked.values())


def check_scenario_file(path: Path, program: Program) -> CheckedFile:
    """Return a file of scenarios with what its records and expectations have that the rules do not."""
    try:
        document = read_document(path)
        scenarios = check_scenarios(document)
    except DocumentError as error:
        return _unread(path, "scenario", error)
    problems: list[Problem] = []
    for index, scenario in enumerate(scenarios.scenarios):
        place: tuple[str | int, ...] = ("scenarios", index)
        try:
            program.check(scenario.given)
        except RecordError as error:
            start = join_pointer([*place, "given"])
            problems += [replace(problem, pointer=start + problem.pointer) for problem in error.problems]
        for name in scenario.expect:
            if name not in program.decisions:
                shown = found_text(name)
                problems.append(
                    Problem(
                        "unknown-decision",
                        f"there is no decision `{shown}`",
                        join_pointer([*place, "expect", name]),
                        found=shown,
                        allowed=tuple(program.decisions),
                        nearest=nearest_name(name[:200], program.decisions),
                    )
                )
    count = len(scenarios.scenarios)
    return CheckedFile(
        path, scenarios.name, scenarios.version, count, "scenario", _located(document, problems)
    )


def check_mapping_file(
    path: Path, models: Sequence[FactModel], decisions: Mapping[str, Decision] | None = None
) -> CheckedFile:
    """Return a mapping with the facts and option values that none of the models has.

    Without a model its form alone is checked. `decisions` are those of the project, by name, for what a
    mapping of a CRM says of them; where they are not known, that is not checked.
    """
    try:
        document = read_document(path)
        if isinstance(document.value, dict) and document.value.get("kind") == "crm-mapping":
            return _checked_crm_mapping(path, document, models, decisions)
        mapping = check_mapping(document)
    except DocumentError as error:
        return _unread(path, "fact", error)
    found = [mapping_problems(mapping, model, UTC) for model in models]
    # what one model has, is right for the rulesets that build on it
    problems = [problem for problem in found[0] if all(problem in each for each in found)] if found else []
    return CheckedFile(
        path, mapping.name, mapping.version, len(mapping.facts), "fact", _located(document, problems)
    )


def check_pack(found: Found, models: Sequence[FactModel], roots: Sequence[Path]) -> CheckedFile:
    """Return a policy pack with what one of the models lacks or its form has wrong.

    Without a model it is read against the one that it names, which `roots` may hold.
    """
    try:
        packs = [type_pack(found, model) for model in models] or [load_pack(found.path, roots)]
    except (DocumentError, UsageError) as error:
        return CheckedFile(found.path, found.name, found.version, 0, "obligation", tuple(error.problems))
    count = len(packs[0].obligations)
    return CheckedFile(found.path, found.name, found.version, count, "obligation")


def _checked_crm_mapping(
    path: Path,
    document: Document,
    models: Sequence[FactModel],
    decisions: Mapping[str, Decision] | None,
) -> CheckedFile:
    """Return a mapping of a CRM's fields; all rulesets of a project that syncs build on one model."""
    mapping = check_crm_mapping(document)
    problems = list(crm_mapping_problems(mapping, models[0])) if models else []
    if decisions:
        embodied = {entity for part in mapping.objects.values() for entity in part.entities}
        about = {name: each for name, each in decisions.items() if name.partition(".")[0] in embodied}
        problems += override_problems(mapping, about)
    count = sum(len(each.facts) for part in mapping.objects.values() for each in part.entities.values())
    return CheckedFile(path, mapping.name, mapping.version, count, "fact", _located(document, problems))


def _located(document: Document, problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(document.locate(problems))


def _unread(path: Path, things: str, error: DocumentError) -> CheckedFile:
    return CheckedFile(path, str(path), "", 0, things, tuple(error.problems))
