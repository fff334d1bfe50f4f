"""The house: public names, one version, docstrings, and that the README and CI run the same commands."""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import fairlead

HOUSE = Path(__file__).parents[1]
PACKAGES = [
    "core/fairlead",
    "connectors/hubspot/fairlead_hubspot",
    "connectors/salesforce/fairlead_salesforce",
    "connectors/zoho/fairlead_zoho",
]
MODULES = sorted(path for package in PACKAGES for path in (HOUSE / package).rglob("*.py"))


def pyproject() -> dict[str, Any]:
    return tomllib.loads((HOUSE / "pyproject.toml").read_text("utf-8"))


def commands_of_readme() -> list[str]:
    """The commands in the README's fenced shell blocks, one per entry, prompts removed."""
    readme = (HOUSE / "README.md").read_text("utf-8")
    blocks = re.findall(r"^```(?:sh|bash|shell|console)\n(.*?)^```", readme, flags=re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [part.strip().removeprefix("$ ") for line in lines for part in line.split("&&") if part.strip()]


def test_the_public_names_are_these() -> None:
    assert sorted(fairlead.__all__) == [
        "DocumentError",
        "FairleadError",
        "Money",
        "Problem",
        "Program",
        "RecordError",
        "Result",
        "UsageError",
        "__version__",
        "load",
        "open_project",
    ]


@pytest.mark.parametrize("name", fairlead.__all__)
def test_each_public_name_is_there_and_listed(name: str) -> None:
    assert getattr(fairlead, name) is not None
    assert name in dir(fairlead)


def test_a_name_that_is_not_public_is_refused() -> None:
    with pytest.raises(AttributeError, match="module `fairlead` has no attribute `lode`"):
        fairlead.lode  # noqa: B018 - reading it is the test


def test_importing_fairlead_imports_nothing_else() -> None:
    program = (
        "import sys; before = set(sys.modules); import fairlead; print(*sorted(set(sys.modules) - before))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert [name for name in run.stdout.split() if name.startswith("fairlead.")] == []
    assert {name.split(".")[0] for name in run.stdout.split()} & {
        "pydantic",
        "jsonschema",
        "typer",
        "rich",
    } == set()


def test_the_version_is_the_same_everywhere() -> None:
    changelog = (HOUSE / "CHANGELOG.md").read_text("utf-8")
    newest = re.search(r"^## \[(\d+\.\d+\.\d+)\]", changelog, flags=re.MULTILINE)

    assert newest is not None
    assert {
        pyproject()["project"]["version"],
        fairlead.__version__,
        importlib.metadata.version("fairlead"),
        newest[1],
    } == {fairlead.__version__}


def test_the_wheel_holds_every_package_and_the_shipped_rulesets() -> None:
    wheel = pyproject()["tool"]["hatch"]["build"]["targets"]["wheel"]

    assert wheel["packages"] == PACKAGES
    assert wheel["force-include"] == {"rulesets": "fairlead/rulesets"}
    assert (HOUSE / "rulesets" / "medical-travel").is_dir()


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_says_that_it_is_typed(package: str) -> None:
    assert (HOUSE / package / "py.typed").is_file()


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(HOUSE).as_posix())
def test_each_module_states_its_purpose_and_stays_below_500_lines(module: Path) -> None:
    source = module.read_text("utf-8")

    assert ast.get_docstring(ast.parse(source)), "no docstring"
    assert len(source.splitlines()) < 500


def test_each_folder_of_modules_is_a_package() -> None:
    folders = {module.parent for module in MODULES}

    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_ci_runs_the_readmes_test_command() -> None:
    ci = (HOUSE / ".ci" / "run").read_text("utf-8")
    in_ci = re.findall(r'^test_command="(.*)"$', ci, flags=re.MULTILINE)

    assert in_ci == [command for command in commands_of_readme() if "pytest" in command]
    assert ci.rstrip().splitlines()[-1] == "$test_command"


def test_the_readme_installs_only_extras_that_exist() -> None:
    extras = pyproject()["project"]["optional-dependencies"]
    named = [
        extra
        for command in commands_of_readme()
        for group in re.findall(r"\.\[([a-z, ]+)\]", command)
        for extra in group.replace(" ", "").split(",")
    ]

    assert set(named) <= set(extras)
    assert "test" in named
