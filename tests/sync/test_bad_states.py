"""What is in a bad state gets one clear message with its remedy, and nothing is lost."""

from __future__ import annotations

import json
import os
import resource
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.sync.clinic import ACME_FOLDER, Clinic
from typer.testing import CliRunner

from fairlead.cli.app import make_app

OpenClinic = Callable[..., Clinic]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, Any]]:
    """Run a command on a clinic with `--json`: exit code and answer."""

    def run(clinic: Clinic, command: str = "sync", **environment: str) -> tuple[int, Any]:
        for name, value in {**clinic.environment, **environment}.items():
            monkeypatch.setenv(name, value)
        result = CliRunner().invoke(make_app(command), [command, str(clinic.folder), "--json"])
        assert not isinstance(result.exception, Exception), result.exception
        return result.exit_code, json.loads(result.stdout)

    return run


Cli = Callable[..., tuple[int, Any]]


def only_problem(answer: Any) -> dict[str, Any]:
    """The one problem of a report, or of a refused command."""
    found = [answer["problem"]] if "problem" in answer else answer["problems"]
    [problem] = found
    assert problem is not None
    return dict(problem)


def edited_mapping(clinic: Clinic, **facts: dict[str, str]) -> None:
    """Change sources of a lead's facts in the project's mapping."""
    path = clinic.folder / "mappings/acme.json"
    mapping = json.loads(path.read_text("utf-8"))
    mapping["objects"]["people"]["entities"]["lead"]["facts"] |= facts
    path.write_text(json.dumps(mapping), "utf-8")


def ready(open_clinic: OpenClinic, crm: str = "acme", **options: Any) -> Clinic:
    clinic = open_clinic(crm, leads=10, partners=2, limits=False, **options)
    clinic.provision()
    return clinic


def goes_on(clinic: Clinic) -> None:
    """The next run does all that is to be done, and every decision is still there."""
    clinic.sandbox.advance(600)
    report = clinic.sync()
    assert (report.state, report.imbalances(), report.rejects_open) == ("done", [], 0)
    with clinic.store() as store:
        assert store.verify().sound
        with store.reading() as tx:
            decided = {(entry.entity, entry.id) for entry in tx.log.entries()}
    # 10 leads, of which Salesforce's account has 3 that were converted and are only read; 2 partners
    leads = 7 if clinic.crm == "salesforce" else 10
    assert len({id_ for entity, id_ in decided if entity == "lead"}) == leads
    assert len({id_ for entity, id_ in decided if entity == "partner"}) == 2


WRONG_SECRETS = {
    "acme": ("ACME_KEY", "KEY_REVOKED"),
    "hubspot": ("HUBSPOT_REFRESH_TOKEN", "BAD_REFRESH_TOKEN"),
    "salesforce": ("SALESFORCE_CLIENT_SECRET", "invalid_client"),
    "zoho": ("ZOHO_REFRESH_TOKEN", "invalid_code"),
}


@pytest.mark.parametrize("crm", WRONG_SECRETS)
def test_a_wrong_secret(open_clinic: OpenClinic, cli: Cli, crm: str) -> None:
    clinic = ready(open_clinic, crm)
    name, code = WRONG_SECRETS[crm]

    exit_code, answer = cli(clinic, **{name: "wrong-4711"})

    problem = only_problem(answer)
    assert (exit_code, problem["code"]) == (2, code)
    assert problem["remedy"]
    assert "wrong-4711" not in json.dumps(answer)
    goes_on(clinic)


@pytest.mark.parametrize("crm", ["hubspot", "zoho"])
def test_a_missing_scope(open_clinic: OpenClinic, cli: Cli, crm: str) -> None:
    clinic = ready(open_clinic, crm)
    if crm == "hubspot":
        clinic.sandbox.do("drop_scope", scope="crm.objects.contacts.write")
    else:
        clinic.sandbox.switches["missing_scope"] = "coql"

    exit_code, answer = cli(clinic)

    problem = only_problem(answer)
    expected = {
        "hubspot": ("MISSING_SCOPES", "crm.objects.contacts.write", "add the scopes to the key or app"),
        "zoho": ("OAUTH_SCOPE_MISMATCH", "ZohoCRM.coql.READ", "make a refresh token with the scope"),
    }[crm]
    assert exit_code == 2
    assert problem["code"] == expected[0]
    assert expected[1] in problem["message"]
    assert problem["remedy"].startswith(expected[2])


def test_an_unknown_field_in_the_mapping(open_clinic: OpenClinic, cli: Cli) -> None:
    clinic = ready(open_clinic)
    edited_mapping(clinic, country={"field": "contry"})

    exit_code, answer = cli(clinic)

    problem = only_problem(answer)
    assert (exit_code, problem["code"], problem["found"], problem["nearest"]) == (
        2,
        "unknown-field",
        "contry",
        "country",
    )
    assert problem["pointer"] == "/objects/people/entities/lead/facts/country"
    assert problem["remedy"] == "provision it, name another field, or take the fact out of the mapping"
    assert clinic.sandbox.count("GET", "/api/people?") == 0
    edited_mapping(clinic, country={"field": "country"})
    goes_on(clinic)


def test_a_field_of_the_wrong_kind_in_the_mapping(open_clinic: OpenClinic, cli: Cli) -> None:
    clinic = ready(open_clinic)
    edited_mapping(clinic, pages_read={"field": "country"})

    exit_code, answer = cli(clinic)

    problem = only_problem(answer)
    assert (exit_code, problem["code"], problem["found"], problem["allowed"]) == (
        2,
        "wrong-field-kind",
        "text",
        ["decimal", "integer"],
    )
    edited_mapping(clinic, pages_read={"field": "fl_pages_read"})
    goes_on(clinic)


def custom_fields(clinic: Clinic) -> tuple[str, str, str]:
    """The object of leads, and the names of an input and of a result field."""
    ours = {
        "acme": "fl_{}",
        "hubspot": "fairlead_{}",
        "salesforce": "Fairlead_{}__c",
        "zoho": "Fairlead_{}",
    }[clinic.crm]
    return clinic.sandbox.objects["lead"], ours.format("pages_read"), ours.format("score")


@pytest.mark.parametrize("crm", ["acme", "hubspot", "salesforce", "zoho"])
def test_a_custom_field_deleted_between_two_runs(open_clinic: OpenClinic, cli: Cli, crm: str) -> None:
    clinic = ready(open_clinic, crm)
    clinic.sync()
    people, read, result = custom_fields(clinic)
    clinic.sandbox.do("drop_field", object=people, name=read)
    exit_code, answer = cli(clinic)

    problem = only_problem(answer)
    assert (exit_code, problem["code"], problem["found"]) == (2, "missing-result-field", read)

    clinic.provision()
    clinic.sandbox.do("drop_field", object=people, name=result)
    exit_code, answer = cli(clinic)

    problem = only_problem(answer)
    assert (exit_code, problem["code"], problem["found"]) == (2, "missing-result-field", result)
    assert problem["remedy"] == "run `fairlead provision --dry-run`, then `fairlead provision`"

    clinic.provision()
    goes_on(clinic)


@pytest.mark.parametrize("crm", ["acme", "hubspot", "salesforce", "zoho"])
def test_a_full_quota(open_clinic: OpenClinic, cli: Cli, crm: str) -> None:
    clinic = ready(open_clinic, crm)
    clinic.sandbox.do("use_up_quota")

    exit_code, answer = cli(clinic)

    problem = only_problem(answer)
    assert exit_code == 2
    assert problem["remedy"]
    assert answer["state"] == "stopped"


@pytest.fixture
def nobody_listens() -> Iterator[str]:
    """An address on loopback that refuses connections."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize("crm", ["acme", "hubspot", "salesforce", "zoho"])
def test_the_crm_is_down(open_clinic: OpenClinic, nobody_listens: str, crm: str) -> None:
    clinic = ready(open_clinic, crm)
    path = clinic.folder / "fairlead.toml"
    settings = path.read_text("utf-8")
    path.write_text(settings.replace(clinic.sandbox.url, nobody_listens), "utf-8")

    report = clinic.sync()

    assert report.state == "stopped"
    assert report.problem is not None
    assert report.problem.code == "no-connection"
    assert nobody_listens in report.problem.message
    assert report.problem.remedy
    path.write_text(settings, "utf-8")
    goes_on(clinic)


def test_a_store_of_a_newer_version(open_clinic: OpenClinic, cli: Cli) -> None:
    clinic = ready(open_clinic)
    clinic.sync()
    database = sqlite3.connect(clinic.folder / ".fairlead/store.db")
    database.execute("UPDATE store SET version = 999")
    database.commit()
    database.close()
    calls = clinic.sandbox.count()

    exit_code, answer = cli(clinic)

    problem = only_problem(answer)
    assert (exit_code, problem["code"], problem["found"]) == (2, "store-too-new", "version 999")
    assert problem["remedy"] == "upgrade Fairlead; a store never goes back to an older version"
    assert clinic.sandbox.count() == calls


@pytest.fixture
def as_child(acme_installed: Path) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Sync in a process of its own: exit code and its one problem."""

    def run(
        clinic: Clinic, before: Callable[[], None] | None = None, **more: str
    ) -> tuple[int, dict[str, Any]]:
        path = {"PYTHONPATH": f"{acme_installed}:{ACME_FOLDER}"}
        done = subprocess.run(
            [sys.executable, "-m", "fairlead.cli", "sync", str(clinic.folder), "--json"],
            env={**clinic.environment, **path, **more},
            capture_output=True,
            text=True,
            preexec_fn=before,
            check=False,
        )
        assert done.stderr == ""
        return done.returncode, only_problem(json.loads(done.stdout))

    return run


AsChild = Callable[..., tuple[int, dict[str, Any]]]


class Disk:
    """A file system of its own for a project's state, where this user may mount one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        # without the right to mount, limits on the process stand in
        self.mounted = _mounted("-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder))

    def set_read_only(self) -> None:
        """Let nothing be written any more."""
        if self.mounted:
            assert _mounted("-o", "remount,ro", str(self.folder))
        else:
            self.folder.chmod(0o500)
            for path in self.folder.iterdir():
                path.chmod(0o400)

    def set_writable(self) -> None:
        """Let everything be written again."""
        if self.mounted:
            assert _mounted("-o", "remount,rw", str(self.folder))
        else:
            self.folder.chmod(0o700)
            for path in self.folder.iterdir():
                path.chmod(0o600)

    def fill(self, left: int) -> Callable[[], None] | None:
        """Leave some bytes of room; return what limits a process, where the disk itself is not small."""
        if not self.mounted:
            largest = max(path.stat().st_size for path in self.folder.iterdir())
            return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest + left, largest + left))
        room = os.statvfs(self.folder)
        with (self.folder / "filler").open("wb") as stream:
            stream.write(b"\0" * (room.f_bavail * room.f_frsize - left))
        return None

    def empty(self) -> None:
        """Make room again."""
        (self.folder / "filler").unlink(missing_ok=True)

    def remove(self) -> None:
        """Unmount it."""
        if self.mounted:
            subprocess.run(["umount", str(self.folder)], check=True)


def _mounted(*words: str) -> bool:
    if os.geteuid() != 0:
        return False
    return subprocess.run(["mount", *words], check=False, capture_output=True).returncode == 0


@pytest.fixture
def small_disk(open_clinic: OpenClinic) -> Iterator[tuple[Clinic, Disk]]:
    """A clinic whose state lies on a disk of 8 MiB."""
    clinic = ready(open_clinic)
    disk = Disk(clinic.folder / ".fairlead")
    yield clinic, disk
    disk.remove()


def test_a_store_that_can_only_be_read(small_disk: tuple[Clinic, Disk], as_child: AsChild) -> None:
    clinic, disk = small_disk
    clinic.sync()
    edit_all(clinic)
    disk.set_read_only()
    written = clinic.sandbox.count("PATCH")

    exit_code, problem = as_child(clinic)

    disk.set_writable()
    assert exit_code == 2
    assert problem["code"] == "store-not-writable"
    assert problem["remedy"].startswith("give this user the right to write there")
    assert clinic.sandbox.count("PATCH") == written
    goes_on(clinic)


def test_a_database_that_can_only_be_read(open_clinic: OpenClinic, as_child: AsChild) -> None:
    clinic = ready(open_clinic)
    clinic.sync()
    url = f"sqlite:///file:{clinic.folder / '.fairlead/store.db'}?mode=ro&uri=true"

    exit_code, problem = as_child(clinic, FAIRLEAD_STORE_URL=url)

    assert (exit_code, problem["code"]) == (2, "store-read-only")
    assert problem["remedy"] == "give this user the right to write the file and its folder"
    goes_on(clinic)


@pytest.mark.parametrize("left", [0, 30_000, 60_000, 400_000, 700_000])
def test_a_full_disk(small_disk: tuple[Clinic, Disk], as_child: AsChild, left: int) -> None:
    clinic, disk = small_disk
    if left < 400_000:
        clinic.sync()
        edit_all(clinic)

    exit_code, problem = as_child(clinic, disk.fill(left))

    disk.empty()
    assert exit_code == 2
    assert (problem["code"], problem["remedy"]) == (
        ("store-full", "free some space and run again: nothing that was committed is lost")
        if disk.mounted
        else ("store-unreachable", "check the disk and its space, and run again")
    )
    goes_on(clinic)


def edit_all(clinic: Clinic) -> None:
    """Let every lead be decided anew."""
    clinic.sandbox.advance(600)
    for id_ in clinic.sandbox.truth("lead"):
        clinic.sandbox.do("edit", object="people", id=id_, values={"fl_pages_read": 9})
