"""`fairlead test`: does a ruleset decide its scenarios as expected, and which rows does none reach."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.failures import FINDINGS, with_messages
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.screen import print_json, say
from fairlead.problems import Problem, UsageError

if TYPE_CHECKING:
    from fairlead.cli.targets import Target
    from fairlead.engine.scenarios import ScenarioResult

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "test",
        help=help_text(
            "Run the scenarios of a ruleset and show what is not as expected, then the rows that no "
            "scenario reaches. Ends with exit code 1 when a scenario fails.",
            "fairlead test medical-travel/lead-scoring",
            "fairlead test clients/clinic-a --all-rows",
        ),
    )(with_messages(_test))


def _test(
    ruleset: Annotated[
        str,
        typer.Argument(
            metavar="RULESET",
            help="A ruleset's name or file, a file of scenarios, or a project's folder for all it tests.",
            show_default=False,
        ),
    ],
    all_rows: Annotated[
        bool, typer.Option("--all-rows", help="A row that no scenario reaches is a finding.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    from fairlead.cli.targets import Target

    target = Target.of(ruleset)
    names = [target.name]
    if target.name is None and target.project is not None:
        names = list(target.project.ruleset_names)
    reports = [_run(Target(name, target.project, target.roots)) for name in names if name is not None]
    if as_json:
        print_json({"rulesets": [report.as_json() for report in reports]})
    else:
        for report in reports:
            report.show()
    failed = any(not result.passed for report in reports for result in report.results)
    unreached = any(report.unreached for report in reports)
    return FINDINGS if failed or (all_rows and unreached) else 0


class _Report:
    """How the scenarios of one ruleset went."""

    def __init__(
        self, ruleset: str, results: Sequence[ScenarioResult], unreached: dict[str, list[str]]
    ) -> None:
        self.ruleset = ruleset
        self.results = results
        self.unreached = unreached

    def as_json(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        return {
            "ruleset": self.ruleset,
            "passed": sum(result.passed for result in self.results),
            "failed": sum(not result.passed for result in self.results),
            "scenarios": [
                {
                    "name": result.name,
                    "passed": result.passed,
                    "mismatches": [
                        {
                            "subject": each.subject,
                            "expected": each.expected,
                            "found": each.found,
                            "hint": each.hint,
                        }
                        for each in result.mismatches
                    ],
                }
                for result in self.results
            ],
            "unreached": self.unreached,
        }

    def show(self) -> None:
        """Print the report."""
        for result in self.results:
            if result.passed:
                continue
            say(("failed: ", "red"), (result.name, "bold"))
            for mismatch in result.mismatches:
                if mismatch.subject in ("given", "as_of"):
                    say(f"  {mismatch.hint}")
                    continue
                say(f"  {mismatch.subject}")
                say("    expected: ", (_shown(mismatch.expected), "green"))
                hint = f" ({mismatch.hint})" if mismatch.hint is not None else ""
                say("    found:    ", (_shown(mismatch.found), "red"), hint)
        failed = sum(not result.passed for result in self.results)
        count = len(self.results)
        say(
            (self.ruleset, "bold"),
            f": {count} {'scenario' if count == 1 else 'scenarios'}, {count - failed} passed, ",
            (f"{failed} failed", "red" if failed else ""),
        )
        if not self.unreached:
            say("  every row is reached")
            return
        say("  rows that no scenario reaches:")
        for name, rows in self.unreached.items():
            say(f"    {name}: {', '.join(rows)}")


def _run(target: Target) -> _Report:
    from fairlead.engine import Coverage
    from fairlead.engine.scenarios import run_scenarios
    from fairlead.ruleset.scenarios import load_scenarios

    assert target.name is not None
    path = Path(target.name)
    if target.name.endswith(".json") and _is_scenarios(path):
        paths = [path]
        target = type(target)(load_scenarios(path).ruleset, target.project, target.roots)
    else:
        paths = []
    program = target.draft()
    paths = paths or _scenario_files(target, program.ruleset.name)
    if not paths:
        folder, _, last = program.ruleset.name.rpartition("/")
        expected = "/".join(part for part in ("rulesets", folder, "tests", f"{last}.json") if part)
        message = f"there are no scenarios for `{program.ruleset.name}`"
        raise UsageError([Problem("no-scenarios", message, remedy=f"write them in `{expected}`")])
    results = [result for path in paths for result in run_scenarios(program, load_scenarios(path))]
    coverage = Coverage(program.ruleset)
    coverage.add_all(result.trace for result in results if result.trace is not None)
    return _Report(program.ruleset.name, results, coverage.unreached)


def _scenario_files(target: Target, name: str) -> list[Path]:
    """Return the files of scenarios: the project's own, those beside the ruleset, and the shipped ones."""
    from fairlead.project.scenarios import scenario_files
    from fairlead.ruleset.catalogue import shipped_root

    folder, _, last = name.rpartition("/")
    places = scenario_files(target.project, name) if target.project is not None else []
    places += [root / folder / "tests" / f"{last}.json" for root in target.roots]
    if target.name is not None and target.name.endswith(".json"):
        places.append(Path(target.name).parent / "tests" / f"{last}.json")
    places.append(shipped_root() / folder / "tests" / f"{last}.json")
    found = {place.resolve(): place for place in places if place.is_file()}
    return list(found.values())


def _is_scenarios(path: Path) -> bool:
    from fairlead.documents.json_text import read_document

    value = read_document(path).value
    return isinstance(value, dict) and value.get("kind") == "scenarios"


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
