"""The mapping is proposed from what the account has, at the start or later, and nothing is overwritten."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.commands import invoke
from typer.testing import Result

from fairlead.plugins.manager import connector, load_plugins
from fairlead.plugins.sandboxes import SandboxOptions
from fairlead.testing.server import SandboxServer

CRMS = ("hubspot", "salesforce", "zoho")
START = Callable[..., SandboxServer]


def run(*arguments: str | Path) -> Result:
    result = invoke(*arguments)
    assert not isinstance(result.exception, Exception), result.exception
    return result


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for crm in CRMS:
        for secret in connector(load_plugins(), crm).secrets:
            monkeypatch.delenv(secret.name, raising=False)
    monkeypatch.chdir(tmp_path)
    return Path("clinic")


@pytest.fixture
def start() -> Iterator[START]:
    made: list[SandboxServer] = []

    def start(crm: str, *, provisioned: bool = False) -> SandboxServer:
        info = connector(load_plugins(), crm)
        assert info.sandbox is not None
        options = SandboxOptions(leads=6, partners=2, limits=False, provisioned=provisioned)
        sandbox = info.sandbox(options)
        assert isinstance(sandbox, SandboxServer)
        made.append(sandbox)
        return sandbox

    yield start
    for sandbox in made:
        sandbox.stop()


def settings(sandbox: SandboxServer) -> list[str]:
    return [f"--setting={name}={json.dumps(value)}" for name, value in sandbox.settings().items()]


def sign_in(sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, secret in sandbox.secrets().items():
        monkeypatch.setenv(name, secret)


def document(folder: Path, crm: str) -> Any:
    return json.loads((folder / "mappings" / f"{crm}.json").read_text("utf-8"))


@pytest.mark.parametrize("crm", CRMS)
def test_a_new_project_gets_a_mapping_of_its_own_with_which_it_syncs(
    crm: str, start: START, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = start(crm)
    sign_in(sandbox, monkeypatch)

    told = run("init", folder, "--crm", crm, *settings(sandbox))

    assert told.exit_code == 0
    assert f"mappings/{crm}.json is proposed from the account\n" in told.stdout
    assert document(folder, crm)["name"] == f"mappings/{crm}"
    assert run("provision", folder).exit_code == 0
    assert "Nothing is missing" in run("doctor", folder).stdout
    assert json.loads(run("sync", folder, "--json").stdout)["state"] == "done"


def test_it_tells_what_comes_next_with_a_crm(start: START, folder: Path) -> None:
    told = run("init", folder, "--crm", "hubspot", *settings(start("hubspot")))

    assert not (folder / "mappings" / "hubspot.json").exists()
    assert told.exit_code == 0
    lines = told.stdout.splitlines()
    begins = lines.index("the account was not asked for its fields: none of the connector's secrets is set")
    assert lines[begins + 1] == (
        "the connector's default mapping applies; "
        "`fairlead mapping clinic --write` proposes one for the account later"
    )
    assert lines[begins + 3 :] == [
        "  fairlead test clinic",
        "  set the CRM's secrets in the environment: clinic/fairlead.toml names them",
        "  fairlead doctor clinic",
        "  fairlead provision clinic --dry-run",
        "  fairlead provision clinic",
        "  fairlead sync clinic --dry-run",
        "  fairlead sync clinic",
        "  to change medical-travel/lead-scoring for this client, see the steps in clinic/fairlead.toml",
    ]


def test_an_account_that_refuses_leaves_a_project_with_the_default_mapping(
    start: START, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = start("hubspot")
    sign_in(sandbox, monkeypatch)
    sandbox.do("revoke_credentials")

    told = json.loads(run("init", folder, "--crm", "hubspot", *settings(sandbox), "--json").stdout)

    assert (told["made"], told["mapping"]) == (True, None)
    assert told["mapping_problem"]["remedy"]
    assert "mappings/hubspot.json" not in told["files"]
    assert not (folder / "mappings" / "hubspot.json").exists()


def test_a_dry_run_asks_no_account(start: START, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = start("hubspot")
    sign_in(sandbox, monkeypatch)

    told = run("init", folder, "--crm", "hubspot", *settings(sandbox), "--dry-run")

    assert told.exit_code == 0
    assert sandbox.calls == []


def test_a_project_without_a_mapping_gets_one_later_and_once(
    start: START, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = start("hubspot")
    run("init", folder, "--crm", "hubspot", *settings(sandbox))
    sign_in(sandbox, monkeypatch)
    sandbox.do("drop_field", object="contacts", name="hs_analytics_source")
    path = folder / "mappings" / "hubspot.json"

    shown = run("mapping", folder)
    assert shown.exit_code == 0
    assert not path.exists()
    assert shown.stdout.splitlines()[0] == "clinic/mappings/hubspot.json would be written with `--write`"
    assert "contacts: lead.source" in shown.stdout

    written = json.loads(run("mapping", folder, "--write", "--json").stdout)
    assert written["written"] is True
    assert [each["what"] for each in written["left_out"]] == ["contacts: lead.source"]
    assert written["mapping"] == document(folder, "hubspot")
    lead = written["mapping"]["objects"]["contacts"]["entities"]["lead"]["facts"]
    assert "source" not in lead
    assert lead["channel"] == {"field": "fairlead_channel"}

    path.write_text(path.read_text("utf-8").replace('"1.0.0"', '"1.0.1"', 1), "utf-8")
    again = run("mapping", folder, "--write")
    assert again.exit_code == 2
    assert "is there already, and is not overwritten [file-exists]" in again.stderr
    assert document(folder, "hubspot")["version"] == "1.0.1"


def test_option_values_that_nothing_maps_are_listed_and_no_record_is_refused_for_them(
    start: START, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = start("salesforce")
    sign_in(sandbox, monkeypatch)

    told = run("init", folder, "--crm", "salesforce", *settings(sandbox))

    # the sandbox has a kind of e-mail that the default mapping says nothing of
    assert "  Task.TaskSubtype, for interaction.channel: `ListEmail`\n" in told.stdout
    channel = document(folder, "salesforce")["objects"]["Task"]["entities"]["interaction"]["facts"]["channel"]
    assert channel["values"]["ListEmail"] is None


def test_a_mapping_that_the_settings_name_is_written_there(
    start: START, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = start("zoho")
    run("init", folder, "--crm", "zoho", *settings(sandbox))
    sign_in(sandbox, monkeypatch)
    toml = folder / "fairlead.toml"
    named = 'name = "zoho"\nmapping = "crm/ours.json"'
    toml.write_text(toml.read_text("utf-8").replace('name = "zoho"', named), "utf-8")

    assert run("mapping", folder, "--write").exit_code == 0

    assert json.loads((folder / "crm" / "ours.json").read_text("utf-8"))["connector"] == "zoho"


def test_a_project_without_a_crm_has_nothing_to_map(folder: Path) -> None:
    run("init", folder)

    told = run("mapping", folder)

    assert told.exit_code == 2
    assert "names no connector [no-connector]" in told.stderr


def test_a_mapping_of_the_crm_is_validated_and_no_export_is_read_with_it(
    start: START, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = start("hubspot")
    sign_in(sandbox, monkeypatch)
    run("init", folder, "--crm", "hubspot", *settings(sandbox))
    Path("leads.csv").write_text("id,channel\n1,phone\n", "utf-8")

    valid = run("validate", folder)
    assert valid.exit_code == 0
    assert valid.stdout.splitlines()[-1].startswith("mappings/hubspot 1.0.0 is valid: ")
    # columns that nothing knows are looked up among the mappings of exports
    evaluated = run("evaluate", folder, "--input", "leads.csv", "--output", "queue.csv")
    assert "leads.csv:1: the columns are no facts, and no mapping knows them" in evaluated.stderr
    assert "hubspot.json" not in evaluated.stderr
    assert json.loads(run("fleet", ".", "--json").stdout)["clients"][0]["valid"] is True

    path = folder / "mappings" / "hubspot.json"
    right = path.read_text("utf-8")
    for wrong, said in (
        (right.replace('"pages_read": {', '"pages_red": {'), "did you mean `pages_read`?"),
        (right.replace('"objects": {', '"object": {'), "the key `objects` is missing"),
    ):
        path.write_text(wrong, "utf-8")
        for named in (folder, path):
            refused = run("validate", named)
            assert refused.exit_code == 2
            assert said in refused.stderr
