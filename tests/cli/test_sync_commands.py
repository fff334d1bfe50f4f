"""From an empty folder to results in the CRM, with the commands that a facility types."""

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
Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    def run(*arguments: str) -> Result:
        result = invoke(*arguments)
        assert not isinstance(result.exception, Exception), result.exception
        return result

    return run


@pytest.fixture(params=CRMS)
def sandbox(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    info = connector(load_plugins(), request.param)
    assert info.sandbox is not None
    made = info.sandbox(SandboxOptions(leads=30, partners=9, limits=False))
    assert isinstance(made, SandboxServer)
    for name, secret in made.secrets().items():
        monkeypatch.setenv(name, secret)
    yield made
    made.stop()


@pytest.fixture
def clinic(sandbox: SandboxServer, run: Run, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    crm = request.node.callspec.params["sandbox"]
    folder = tmp_path / "clinic"
    settings = [f"--setting={name}={json.dumps(value)}" for name, value in sandbox.settings().items()]
    assert run("init", str(folder), "--crm", crm, *settings).exit_code == 0
    return folder


def said(result: Result) -> Any:
    return json.loads(result.stdout)


def test_a_facility_goes_from_a_folder_to_results_in_its_crm(
    clinic: Path, sandbox: SandboxServer, run: Run
) -> None:
    folder = str(clinic)

    first = run("doctor", folder)
    assert first.exit_code == 1
    assert "run `fairlead provision --dry-run`, then `fairlead provision`" in first.stderr

    tried = run("provision", folder, "--dry-run")
    assert tried.exit_code == 0
    assert "would create" in tried.stdout
    assert run("provision", folder).exit_code == 0
    again = said(run("provision", folder, "--json"))
    assert {step["action"] for step in again["steps"]} <= {"exists", "explain"}

    healthy = run("doctor", folder)
    assert healthy.exit_code == 0, healthy.stderr
    assert "Nothing is missing" in healthy.stdout
    assert "lead.channel" in healthy.stdout

    dry = said(run("sync", folder, "--dry-run", "--json"))
    assert dry["state"] == "done"
    assert len(dry["planned"]) > 100
    done = said(run("sync", folder, "--json"))
    assert (done["state"], done["written"]) == ("done", dry["queued"])
    assert said(run("sync", folder, "--json"))["written"] == 0

    assert run("rejects", folder).exit_code == 0
    verified = run("log", "verify", folder)
    assert verified.exit_code == 0
    assert "the log is whole" in verified.stdout


def test_nothing_that_a_run_leaves_behind_holds_a_secret(
    clinic: Path, sandbox: SandboxServer, run: Run, tmp_path: Path
) -> None:
    folder = str(clinic)
    outputs = [
        run("provision", folder),
        run("sync", folder, "--events", str(tmp_path / "events.jsonl")),
        run("doctor", folder, "--json"),
    ]
    # refused credentials are told of without them
    sandbox.do("revoke_credentials")
    outputs += [run("doctor", folder), run("sync", folder)]

    left = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    printed = "".join(each.stdout + each.stderr for each in outputs).encode()
    for name, secret in sandbox.secrets().items():
        if len(secret) < 8:
            continue
        assert secret.encode() not in printed, name
        assert not any(secret.encode() in content for content in left), name


def test_a_wrong_secret_is_one_clear_message(
    clinic: Path, sandbox: SandboxServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.do("revoke_credentials")

    result = run("sync", str(clinic))

    assert result.exit_code == 2
    assert "remedy:" in result.stderr
    assert "Traceback" not in result.stderr


def test_forgetting_a_person_keeps_the_log_whole(clinic: Path, sandbox: SandboxServer, run: Run) -> None:
    folder = str(clinic)
    run("provision", folder)
    run("sync", folder)
    object_ = sandbox.objects["lead"]
    id_ = min(sandbox.truth("lead"))
    before = said(run("log", "show", folder, "--id", id_, "--json"))["entries"]
    assert before[0]["inputs"] is not None

    assert run("forget", folder, "--object", object_, "--id", id_).exit_code == 2
    forgotten = run("forget", folder, "--object", object_, "--id", id_, "--yes")

    assert forgotten.exit_code == 0
    after = said(run("log", "show", folder, "--id", id_, "--json"))["entries"]
    assert [entry["inputs_erased"] for entry in after] == [True] * len(before)
    assert run("log", "verify", folder).exit_code == 0


@pytest.mark.parametrize("crm", CRMS)
def test_the_demo_syncs_a_sandbox_and_only_what_changed_moves(crm: str, run: Run) -> None:
    told = said(run("demo", "--crm", crm, "--json"))

    first, second, third = told["runs"]
    assert [each["state"] for each in told["runs"]] == ["done", "done", "done"]
    assert first["written"] > 150
    assert second["written"] == 0
    # records came in, a score was typed over, a mistake was mended
    assert third["written"] == 3
    assert len(third["edits_restored"]) == 1
    assert (len(told["rejects"]), len(told["rejects_after"])) == (1, 0)
    assert told["moved"][0]["priority"] == "call_now"
    # the ninth partner came without a code, and TA-101 to TA-112 but for TA-109 were taken
    assert [each["code"] for each in told["partners"]] == [
        f"TA-{number}" for number in (*range(101, 109), *range(110, 114))
    ]
