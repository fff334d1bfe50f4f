"""`fairlead validate`: is a document right, and if not, where and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.failures import BROKEN_INPUT, with_messages
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.problem_lines import print_problems
from fairlead.cli.screen import print_json, say
from fairlead.problems import DocumentError, Problem, UsageError

if TYPE_CHECKING:
    from fairlead.cli.targets import Target
    from fairlead.facts.model import FactModel
    from fairlead.project.checking import CheckedFile
    from fairlead.ruleset.catalogue import Found

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "validate",
        help=help_text(
            "Check rulesets, and other documents, with all they build on; name each mistake with its place. "
            "In a project's folder also its scenarios, mappings and policy packs, against its facts and "
            "decisions.",
            "fairlead validate medical-travel/lead-scoring",
            "fairlead validate rulesets/clinic-a/*.json --json",
        ),
    )(with_messages(_validate))


def _validate(
    documents: Annotated[
        list[str],
        typer.Argument(
            metavar="RULESET...",
            help="Names of rulesets or policy packs, files of any kind of document, or a project's folder.",
            show_default=False,
        ),
    ],
    as_json: AsJson = False,
) -> int:
    reports = [report for name in dict.fromkeys(documents) for report in _reports(name)]
    problems = list(dict.fromkeys(problem for report in reports for problem in report.problems))
    if as_json:
        print_json({"valid": not problems, "documents": [report.as_json() for report in reports]})
        return BROKEN_INPUT if problems else 0
    for report in reports:
        if not report.problems:
            said = f" is valid: {report.said}" if report.said else " is valid"
            say((report.name, "bold"), (said, "green"))
    print_problems(problems)
    return BROKEN_INPUT if problems else 0


@dataclass(frozen=True)
class _Report:
    """What one document is, or what is wrong with it; `said` goes to people, `members` to machines."""

    name: str
    said: str = ""
    members: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        return {
            "name": self.name,
            **self.members,
            "problems": [problem.as_json() for problem in self.problems],
        }


def _reports(argument: str) -> list[_Report]:
    from fairlead.cli.targets import Target

    target = Target.of(argument)
    if target.project is not None and target.name is None:
        from fairlead.project.checking import check_other_files

        names = target.project.ruleset_names
        reports = [_report(Target(name, target.project, target.roots)) for name in names]
        return reports + [_checked_report(each) for each in check_other_files(target.project)]
    return [_report(target)]


def _checked_report(checked: CheckedFile) -> _Report:
    """Return the report on a file of scenarios, a mapping or a policy pack."""
    things = checked.things if checked.count == 1 else f"{checked.things}s"
    return _Report(
        f"{checked.name} {checked.version}".rstrip(),
        f"{checked.count} {things}",
        {"version": checked.version},
        checked.problems,
    )


def _report(target: Target) -> _Report:
    assert target.name is not None
    try:
        if target.name.endswith(".json"):
            return _file_report(target, target.name)
        return _pack_report(target) or _ruleset_report(target)
    except (DocumentError, UsageError) as error:
        return _Report(target.name, problems=tuple(error.problems))


def _ruleset_report(target: Target) -> _Report:
    ruleset = target.ruleset()
    count = len(ruleset.decisions)
    return _Report(
        f"{ruleset.name} {ruleset.version}",
        f"{count} {'decision' if count == 1 else 'decisions'}, {ruleset.digest}",
        {"version": ruleset.version, "digest": ruleset.digest, "decisions": count},
    )


def _pack_report(target: Target) -> _Report | None:
    """Return the report on a policy pack, or None where the name is that of something else."""
    from fairlead.ruleset.catalogue import Catalogue, split_version
    from fairlead.ruleset.policy_pack import PACK_FOLDER, POLICY_PACKS, find_pack

    assert target.name is not None
    catalogue = Catalogue(target.document_roots)
    if target.name.startswith(f"{PACK_FOLDER}/"):
        return _found_pack_report(target, find_pack(target.name, catalogue))
    with suppress(UsageError):
        found = catalogue.find(*split_version(target.name))
        if found.kind in POLICY_PACKS:
            return _found_pack_report(target, found)
    return None


def _found_pack_report(target: Target, found: Found) -> _Report:
    from fairlead.project.checking import check_pack

    return _checked_report(check_pack(found, _models(target), target.document_roots))


def _models(target: Target) -> list[FactModel]:
    """Return the fact models of the project's rulesets."""
    project = target.project
    return [project.ruleset(each).model for each in project.ruleset_names] if project is not None else []


def _file_report(target: Target, name: str) -> _Report:
    """Check a file by the kind that it says it has."""
    from fairlead.cli.targets import Target
    from fairlead.ruleset.catalogue import FACT_MODELS, Catalogue

    found = Catalogue(target.document_roots).at_path(Path(name))
    shown = f"{found.name} {found.version}"
    if found.kind in FACT_MODELS:
        from fairlead.ruleset.models import load_model

        model = load_model(name, target.document_roots)
        return _Report(shown, model.digest, {"version": model.version, "digest": model.digest})
    if found.kind == "scenarios":
        from fairlead.project.checking import check_scenario_file
        from fairlead.ruleset.scenarios import check_scenarios

        decided = Target(check_scenarios(found.document).ruleset, target.project, target.roots)
        return _checked_report(check_scenario_file(Path(name), decided.draft()))
    if found.kind in ("mapping", "crm-mapping"):
        from fairlead.project.checking import check_mapping_file

        project = target.project
        rulesets = [project.ruleset(each) for each in project.ruleset_names] if project is not None else []
        decisions = {each.name: each for ruleset in rulesets for each in ruleset.decisions}
        models = [ruleset.model for ruleset in rulesets]
        return _checked_report(check_mapping_file(Path(name), models, decisions))
    if found.kind == "policy-pack":
        return _found_pack_report(target, found)
    if found.kind == "rates":
        from fairlead.ruleset.document import check_rates

        check_rates(found.document)
        return _Report(shown, found.digest, {"version": found.version, "digest": found.digest})
    return _ruleset_report(target)
