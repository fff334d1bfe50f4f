"""The first steps with a CRM, as README gives them: no setting but the address of the sandbox."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.commands import invoke
from typer.testing import Result

from fairlead.plugins.manager import connector, load_plugins
from fairlead.plugins.sandboxes import SandboxOptions
from fairlead.testing.server import SandboxServer

#: by CRM, the setting that says where a sandbox is
ADDRESS = {"hubspot": "base_url", "salesforce": "login_url", "zoho": "accounts_url"}


def run(*arguments: str) -> Result:
    result = invoke(*arguments)
    assert not isinstance(result.exception, Exception), result.exception
    return result


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for crm in ADDRESS:
        for secret in connector(load_plugins(), crm).secrets:
            monkeypatch.delenv(secret.name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(params=ADDRESS)
def sandbox(request: pytest.FixtureRequest) -> Iterator[SandboxServer]:
    info = connector(load_plugins(), request.param)
    assert info.sandbox is not None
    made = info.sandbox(SandboxOptions(leads=6, partners=2, limits=False, provisioned=False))
    assert isinstance(made, SandboxServer)
    yield made
    made.stop()


def test_a_facility_comes_from_nothing_to_results(
    sandbox: SandboxServer, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm = request.node.callspec.params["sandbox"]
    started = run("init", "clinic", "--crm", crm, "--setting", f"{ADDRESS[crm]}={sandbox.url}")
    assert started.exit_code == 0, started.stderr
    for name, secret in sandbox.secrets().items():
        monkeypatch.setenv(name, secret)

    lacking = run("doctor", "clinic")
    assert lacking.exit_code == 1
    assert "run `fairlead provision --dry-run`, then `fairlead provision`" in lacking.stderr
    too_early = run("sync", "clinic", "--dry-run")
    assert too_early.exit_code == 2
    # a line and a remedy for each object, not one for each field
    assert len(too_early.stderr.splitlines()) <= 8
    assert run("provision", "clinic", "--dry-run").exit_code == 0
    assert run("provision", "clinic").exit_code == 0
    sound = run("doctor", "clinic")
    assert sound.exit_code == 0, sound.stderr
    assert "Nothing is missing: the project can sync." in sound.stdout
    tried = run("sync", "clinic", "--dry-run")
    assert tried.exit_code == 0
    assert "2 tracking codes would be given to new partners" in tried.stdout
    done = run("sync", "clinic", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["written"] >= 6


@pytest.mark.parametrize("crm", ADDRESS)
def test_a_project_is_made_without_any_setting_and_lists_them(crm: str) -> None:
    started = run("init", "clinic", "--crm", crm)

    assert started.exit_code == 0, started.stderr
    text = Path("clinic/fairlead.toml").read_text("utf-8")
    assert tomllib.loads(text)["connector"] == {"name": crm, "settings": {}}
    for name in connector(load_plugins(), crm).settings_schema["properties"]:  # type: ignore[attr-defined]
        assert f"\n# {name} = " in text


@pytest.mark.parametrize(
    ("crm", "name", "example"),
    [
        ("salesforce", "login_url", "https://clinic.my.salesforce.com"),
        ("zoho", "data_centre", "eu"),
    ],
)
def test_a_secret_goes_to_no_host_that_nobody_named(
    crm: str, name: str, example: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for secret in connector(load_plugins(), crm).secrets:
        monkeypatch.setenv(secret.name, "a-secret-of-sixteen-letters")

    started = run("init", "clinic", "--crm", crm)
    assert started.exit_code == 0
    assert f"--setting {name}={example}" in started.stdout
    checked = run("doctor", "clinic", "--json")

    assert checked.exit_code == 2
    (problem,) = json.loads(checked.stdout)["problems"]
    assert (problem["code"], problem["found"]) == ("missing-setting", name)
    assert f'`{name} = "{example}"` under `[connector.settings]`' in problem["remedy"]

    # what the remedy says mends it: what is asked for next is not the setting
    path = Path("clinic/fairlead.toml")
    path.write_text(
        path.read_text("utf-8").replace(
            "[connector.settings]\n", f'[connector.settings]\n{name} = "{example}"\n'
        ),
        "utf-8",
    )
    for secret in connector(load_plugins(), crm).secrets:
        monkeypatch.delenv(secret.name)
    (problem,) = json.loads(run("doctor", "clinic", "--json").stdout)["problems"]
    assert problem["code"] == "missing-secret"


@pytest.mark.parametrize(
    ("arguments", "code", "remedy"),
    [
        (
            ["--crm", "zoho", "--setting", "data_centre=europe"],
            "unknown-value",
            "give `--setting data_centre=VALUE`: the region that holds the organisation's data",
        ),
        (
            ["--crm", "hubspot", "--setting", "account_id=abc"],
            "wrong-type",
            "give `--setting account_id=VALUE`: the number of the account",
        ),
        (["--crm", "hubspot", "--setting", "acount_id=1"], "unknown-key", "give `--setting KEY=VALUE`"),
        (["--crm", "hubspot", "--setting", "account_id"], "wrong-usage", "write `--setting KEY=VALUE`"),
        (["--setting", "account_id=1"], "wrong-usage", "give `--crm NAME` too"),
    ],
)
def test_a_setting_that_does_not_fit_names_the_option(arguments: list[str], code: str, remedy: str) -> None:
    refused = run("init", "clinic", *arguments, "--json")

    assert refused.exit_code == 2
    (problem,) = json.loads(refused.stdout)["problems"]
    assert problem["code"] == code
    assert remedy in problem["remedy"]
    assert not Path("clinic").exists()


def test_a_version_is_a_text_although_it_looks_like_a_number() -> None:
    arguments = ["--setting", "login_url=https://clinic.my.salesforce.com", "--setting", "api_version=62.0"]

    assert run("init", "clinic", "--crm", "salesforce", *arguments).exit_code == 0

    settings = tomllib.loads(Path("clinic/fairlead.toml").read_text("utf-8"))["connector"]["settings"]
    assert settings["api_version"] == "62.0"


def test_a_sandbox_prints_the_command_that_starts_a_project_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = SimpleNamespace(Event=lambda: SimpleNamespace(wait=lambda: None))
    monkeypatch.setattr("fairlead.cli.sandbox.threading", at_once)

    printed = run("sandbox", "zoho", "--leads", "1", "--partners", "1").stdout

    (line,) = (line for line in printed.splitlines() if line.startswith("fairlead init "))
    assert line.startswith(
        "fairlead init clinic --crm zoho --setting data_centre=eu --setting accounts_url=http://"
    )
