"""Where a project demands approval, nothing unapproved is synced; setting up the account needs none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.commands import invoke

from fairlead.plugins.manager import connector, load_plugins
from fairlead.plugins.sandboxes import SandboxOptions
from fairlead.testing.server import SandboxServer


def run(*words: str | Path) -> Any:
    result = invoke(*words)
    assert not isinstance(result.exception, Exception), result.exception
    return result


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    info = connector(load_plugins(), "hubspot")
    assert info.sandbox is not None
    made = info.sandbox(SandboxOptions(leads=6, partners=2, limits=False))
    assert isinstance(made, SandboxServer)
    for name, secret in made.secrets().items():
        monkeypatch.setenv(name, secret)
    yield made
    made.stop()


@pytest.fixture
def clinic(sandbox: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FAIRLEAD_KEY_PASSPHRASE", "a long passphrase")
    folder, keys = tmp_path / "clinic", tmp_path / "keys"
    keys.mkdir()
    settings = [f"--setting={name}={json.dumps(value)}" for name, value in sandbox.settings().items()]
    assert run("init", folder, "--crm", "hubspot", *settings).exit_code == 0
    text = (folder / "fairlead.toml").read_text("utf-8")
    (folder / "fairlead.toml").write_text(f"require_approval = true\n{text}", "utf-8")
    public = {}
    for person in ("rana", "mehmet", "ayse"):
        made = run("register", "keygen", "--key", keys / f"{person}.pem", "--json")
        public[person] = json.loads(made.stdout)["public"]
    signing = ("--as", "rana", "--key", keys / "rana.pem")
    assert run("register", "init", folder, *signing, "--name", "Rana Demir").exit_code == 0
    for person, name, role in (("mehmet", "Mehmet Kaya", "author"), ("ayse", "Ayşe Yılmaz", "approver")):
        words = ("--person", person, "--name", name, "--role", role, "--public", public[person])
        assert run("register", "add", folder, *signing, *words).exit_code == 0
    return folder


def approve(clinic: Path) -> str:
    words = ("--as", "ayse", "--role", "approver", "--key", clinic.parent / "keys/ayse.pem", "--json")
    result = run("approve", clinic, *words, "--author", "mehmet")
    assert result.exit_code == 0, result.output
    digest: str = json.loads(result.stdout)["digest"]
    return digest


def test_sync_runs_what_is_approved_and_nothing_else(clinic: Path) -> None:
    for command in (("provision", clinic), ("doctor", clinic), ("test", clinic)):
        looked = run(*command)
        assert looked.exit_code in (0, 1), looked.output
    for more in ((), ("--dry-run",)):
        refused = run("sync", clinic, "--json", *more)
        assert refused.exit_code == 2
        assert [each["code"] for each in json.loads(refused.stdout)["problems"]] == ["not-approved"]

    digest = approve(clinic)
    synced = run("sync", clinic, "--json")
    assert synced.exit_code in (0, 1), synced.output
    entries = json.loads(run("log", "show", clinic, "--json").stdout)["entries"]
    assert entries
    assert {entry["approval"].split(" on ")[0] for entry in entries} == {"approved by Ayşe Yılmaz"}
    assert {entry["approval"].partition("(")[2] for entry in entries} == {f"{digest})"}

    # the mapping decides which field feeds which fact
    (path,) = (clinic / "mappings").glob("*.json")
    mapping = json.loads(path.read_text("utf-8"))
    mapping["about"] = "Another one."
    path.write_text(json.dumps(mapping), "utf-8")
    refused = run("sync", clinic, "--json")
    assert refused.exit_code == 2
    assert {each["code"] for each in json.loads(refused.stdout)["problems"]} == {"approval-mismatch"}
    once = run("run", clinic, "--once")
    assert "approval-mismatch" in once.output

    approve(clinic)
    assert run("sync", clinic).exit_code in (0, 1)
