"""From keys to an approved project and a signed report, with the commands that people type."""

from __future__ import annotations

import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.audit.example_audit import audit
from tests.commands import invoke
from tests.project.approved_clinic import SETTINGS, mapping, model, pack, repin, ruleset, scoring, write

from fairlead.audit.report_document import report_json
from fairlead.audit.report_html import report_page
from fairlead.cli import approve, register, sign

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LEAD = '{"introduction": {"id": "I-1", "records": true}, "partner": {"id": "P-1"}}\n'
PASSPHRASE = "a long passphrase"  # noqa: S105 - of keys that the tests make


def run(*words: str | Path) -> Any:
    result = invoke(*words)
    assert "Traceback" not in result.output
    assert not isinstance(result.exception, Exception), result.exception
    return result


def done(*words: str | Path) -> Any:
    result = run(*words)
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(autouse=True)
def on_a_day_in_march(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for module in (approve, register, sign):
        monkeypatch.setattr(module, "now", lambda: NOW)
    monkeypatch.setenv("FAIRLEAD_KEY_PASSPHRASE", PASSPHRASE)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    """A project without people and approvals, and a folder of keys beside it."""
    folder = tmp_path / "clinic"
    folder.mkdir()
    (folder / "fairlead.toml").write_text(SETTINGS, "utf-8")
    for document in (model(), ruleset(), scoring(), pack()):
        write(folder / "rulesets" / f"{document['name']}.json", document)
    write(folder / "mappings/list.json", mapping())
    repin(folder)
    (tmp_path / "keys").mkdir()
    (tmp_path / "leads.jsonl").write_text(LEAD, "utf-8")
    return folder


@pytest.fixture
def people(clinic: Path) -> Path:
    public = {}
    for person in ("rana", "mehmet", "ayse"):
        public[person] = json.loads(
            done("register", "keygen", "--key", f"keys/{person}.pem", "--json").stdout
        )
    done("register", "init", clinic, "--as", "rana", "--name", "Rana Demir", "--key", "keys/rana.pem")
    public["mehmet"]["public"] = "keys/mehmet.pem.pub"
    for person, name, role in (("mehmet", "Mehmet Kaya", "author"), ("ayse", "Ayşe, Yılmaz", "approver")):
        done(
            *("register", "add", clinic, "--as", "rana", "--key", "keys/rana.pem", "--person", person),
            *("--name", name, "--role", role, "--public", public[person]["public"]),
        )
    return clinic


def approved(clinic: Path, *more: str) -> dict[str, Any]:
    words = ("--as", "ayse", "--role", "approver", "--key", "keys/ayse.pem", "--author", "mehmet", "--json")
    value: dict[str, Any] = json.loads(done("approve", clinic, *words, *more).stdout)
    return value


def evaluated(clinic: Path, *more: str) -> Any:
    return run(
        "evaluate", clinic, "--input", "leads.jsonl", "--output", "out.csv", "--as-of", "2026-03-03", *more
    )


def codes(result: Any) -> list[str]:
    return [problem["code"] for problem in json.loads(result.stdout)["problems"]]


@pytest.mark.parametrize("command", ["approve", "verify", "sign", "register"])
def test_each_command_has_help_with_an_example(command: str) -> None:
    result = done(command, "--help")

    assert "Examples:" in result.stdout
    assert f"  fairlead {command}" in result.stdout
    assert "--json" in result.stdout


# keys


def test_a_key_is_written_encrypted_for_its_owner_alone(clinic: Path, tmp_path: Path) -> None:
    path = tmp_path / "keys/ayse.pem"
    done("register", "keygen", "--key", path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text("ascii")
    assert text.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert PASSPHRASE not in text
    public = path.with_name("ayse.pem.pub").read_text("ascii")
    assert len(public) == len("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n")


@pytest.mark.parametrize("place", ["clinic/ayse.pem", "clinic/rulesets/ayse.pem", "link/ayse.pem"])
def test_a_private_key_never_lies_in_a_project(clinic: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "link").symlink_to(clinic, target_is_directory=True)

    result = run("register", "keygen", "--key", tmp_path / place, "--json")

    assert result.exit_code == 2
    assert codes(result) == ["key-in-project"]
    assert not (tmp_path / place).exists()


def test_a_key_in_a_project_is_not_read_either(people: Path, tmp_path: Path) -> None:
    (people / "ayse.pem").write_bytes((tmp_path / "keys/ayse.pem").read_bytes())

    result = run(
        *("approve", people, "--as", "ayse", "--role", "approver", "--author", "mehmet", "--json"),
        *("--key", people / "ayse.pem"),
    )

    assert (result.exit_code, codes(result)) == (2, ["key-in-project"])


def test_a_key_is_never_overwritten(clinic: Path) -> None:
    done("register", "keygen", "--key", "keys/ayse.pem")

    result = run("register", "keygen", "--key", "keys/ayse.pem", "--json")

    assert (result.exit_code, codes(result)) == (2, ["file-exists"])


@pytest.mark.parametrize(("passphrase", "code"), [("", "wrong-passphrase"), ("short", "wrong-passphrase")])
def test_a_key_is_never_written_without_a_passphrase(
    clinic: Path, monkeypatch: pytest.MonkeyPatch, passphrase: str, code: str
) -> None:
    monkeypatch.setenv("FAIRLEAD_KEY_PASSPHRASE", passphrase)

    result = run("register", "keygen", "--key", "keys/ayse.pem", "--json")

    assert (result.exit_code, codes(result)) == (2, [code])
    assert list(Path("keys").iterdir()) == []


def test_without_a_terminal_the_passphrase_comes_from_the_environment(
    clinic: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FAIRLEAD_KEY_PASSPHRASE")

    result = run("register", "keygen", "--key", "keys/ayse.pem", "--json")

    assert (result.exit_code, codes(result)) == (2, ["missing-secret"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda path: os.environ.__setitem__("FAIRLEAD_KEY_PASSPHRASE", "another one"), "wrong-passphrase"),
        (lambda path: path.write_text("no key", "utf-8"), "bad-key"),
        (lambda path: path.write_bytes(path.with_name("mehmet.pem").read_bytes()), "unknown-signer"),
        (lambda path: path.unlink(), "no-such-file"),
    ],
)
def test_a_key_that_cannot_be_used_is_named(people: Path, change: Any, code: str) -> None:
    change(Path("keys/ayse.pem"))

    result = run(
        *("approve", people, "--as", "ayse", "--role", "approver", "--author", "mehmet", "--json"),
        *("--key", "keys/ayse.pem"),
    )

    assert (result.exit_code, codes(result)) == (2, [code])


# the register


def test_the_register_is_shown(people: Path) -> None:
    found = json.loads(done("register", "show", people, "--json").stdout)

    assert [(person["id"], person["roles"]) for person in found["people"]] == [
        ("rana", ["registrar"]),
        ("mehmet", ["author"]),
        ("ayse", ["approver"]),
    ]
    assert found["entries"] == 3
    shown = done("register", "show", people).stdout
    assert "ayse  Ayşe, Yılmaz: approver" in shown
    assert f"first entry {found['root']}" in shown


def test_roles_change_and_keys_are_revoked(people: Path) -> None:
    approved(people)
    key = json.loads(done("register", "show", people, "--json").stdout)["people"][2]["keys"][0]["id"]
    signing = ("--as", "rana", "--key", "keys/rana.pem", "--person", "ayse")

    done("register", "roles", people, *signing, "--role", "legal")
    done("register", "revoke", people, *signing, "--key-id", key, "--reason", "laptop lost", "--compromised")

    entries = json.loads((people / "people.json").read_text("utf-8"))["entries"]
    (approval,) = (people / "approvals").glob("*.json")
    from fairlead.documents.canonical import digest

    assert entries[-1]["payload"]["change"]["known"] == [
        digest(json.loads(approval.read_text("utf-8"))["payload"])
    ]
    shown = done("register", "show", people).stdout
    assert f"key {key}, from 2026-03-02, revoked on 2026-03-02: laptop lost" in shown
    # it was signed on the day from which the key is revoked
    assert evaluated(people).exit_code == 2


def test_a_person_gets_a_further_key(people: Path) -> None:
    public = json.loads(done("register", "keygen", "--key", "keys/new.pem", "--json").stdout)["public"]

    done(
        *("register", "add", people, "--as", "rana", "--key", "keys/rana.pem", "--person", "ayse"),
        *("--public", public, "--valid-until", "2027-01-01"),
    )

    keys = json.loads(done("register", "show", people, "--json").stdout)["people"][2]["keys"]
    assert [key["valid_until"] for key in keys] == [None, "2027-01-01"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--person", "deniz", "--name", "Deniz", "--role", "king", "--public", "KEY"), "bad-key"),
        (("--person", "deniz", "--name", "Deniz", "--public", "keys"), "bad-key"),
        (("--person", "deniz", "--name", "Deniz", "--public", "keys/ayse.pem"), "bad-key"),
        (("--person", "deniz"), "missing-key"),
    ],
)
def test_what_is_typed_wrong_is_said(people: Path, words: tuple[str, ...], code: str) -> None:
    result = run("register", "add", people, "--as", "rana", "--key", "keys/rana.pem", *words, "--json")

    assert (result.exit_code, codes(result)) == (2, [code])


# approving and running


def test_an_approval_lets_the_project_run_and_its_results_say_so(people: Path) -> None:
    refused = evaluated(people, "--json")
    assert (refused.exit_code, codes(refused)) == (2, ["not-approved"])

    value = approved(people)

    said = f"approved by Ayşe, Yılmaz on 2026-03-02 ({value['digest']})"
    result = evaluated(people)
    assert result.exit_code == 0
    assert said in result.stdout
    # the name has a comma, so that the cell is quoted
    assert Path("out.csv").read_text("utf-8").splitlines()[1].endswith(f',"{said}"')
    explained = done(
        *("explain", people, "--input", "leads.jsonl", "--line", "1", "--as-of", "2026-03-03", "--json")
    )
    assert json.loads(explained.stdout)["approval"] == said


@pytest.mark.parametrize("command", ["validate", "show"])
def test_what_only_looks_at_a_project_needs_no_approval(clinic: Path, command: str) -> None:
    done(command, clinic)


def test_explain_is_gated(clinic: Path) -> None:
    words = ("explain", clinic, "--facts", LEAD, "--as-of", "2026-03-03", "--json")
    (clinic / "people.json").unlink(missing_ok=True)

    result = run(*words)

    assert (result.exit_code, codes(result)) == (2, ["no-such-file"])


def test_a_mapping_from_elsewhere_is_not_approved(people: Path, tmp_path: Path) -> None:
    approved(people)
    write(tmp_path / "other.json", mapping())
    Path("leads.csv").write_text("Records\ntrue\n", "utf-8")
    words = (
        "evaluate",
        people,
        "--input",
        "leads.csv",
        "--output",
        "o.csv",
        "--as-of",
        "2026-03-03",
        "--json",
    )

    refused = run(*words, "--mapping", "other.json")

    assert (refused.exit_code, codes(refused)) == (2, ["not-approved"])
    done(*words, "--mapping", "list")
    done(*words, "--mapping", people / "mappings/list.json")


def test_what_changed_is_shown_before_it_is_signed(people: Path) -> None:
    approved(people)
    facts = model()
    facts["entities"]["introduction"]["facts"]["invoice"]["labels"] = []
    write(people / "rulesets/clinic/facts.json", facts)
    repin(people)

    shown = done("approve", people, "--as", "ayse", "--author", "mehmet", "--dry-run").stdout

    assert "  labels: what facts reveal\n" in shown
    assert '    fact `introduction.invoice`: labels changed from ["treatment_value"] to []\n' in shown
    assert len(list((people / "approvals").glob("*.json"))) == 1
    value = approved(people)
    assert [each["section"] for each in value["changes"]] == ["labels"]


def test_approvals_are_listed_with_whether_they_count(people: Path) -> None:
    assert "there are no approvals yet" in done("approve", people, "--list").stdout
    value = approved(people)
    edited = ruleset()
    edited["decisions"][0]["payable_when"] = True
    write(people / "rulesets/clinic/rewards.json", edited)

    (listed,) = json.loads(done("approve", people, "--list", "--json").stdout)["approvals"]

    assert listed["digest"] == value["digest"]
    assert (listed["counts"], {each["code"] for each in listed["problems"]}) == (False, {"approval-mismatch"})
    assert "does not count" in done("approve", people, "--list").stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--as", "ayse", "--role", "approver", "--key", "keys/ayse.pem"), "missing-key"),
        (("--role", "approver", "--key", "keys/ayse.pem", "--author", "mehmet"), "missing-key"),
        (("--as", "ayse", "--author", "mehmet"), "missing-key"),
        (("--as", "ayse", "--role", "king", "--key", "keys/ayse.pem", "--author", "mehmet"), "unknown-value"),
        (("--as", "ayse", "--author", "mehmet", "--dry-run", "--expires", "soon"), "wrong-type"),
        (("--as", "ayse", "--author", "mehmet", "--dry-run", "--accept-risk", "a:b:c"), "wrong-usage"),
        (
            ("--as", "ayse", "--author", "mehmet", "--dry-run", "--ruleset", "clinic/reward"),
            "unknown-document",
        ),
    ],
)
def test_options_that_do_not_go_together(people: Path, words: tuple[str, ...], code: str) -> None:
    result = run("approve", people, *words, "--json")

    assert result.exit_code == 2
    assert codes(result) == [code]


def test_a_finding_is_accepted_with_a_reason_and_an_end(people: Path) -> None:
    risk = (
        "--accept-risk",
        "house:written-down:clinic/rewards",
        "--reason",
        "in May",
        "--until",
        "2026-05-01",
    )

    value = approved(people, *risk)

    assert value["approval"]["accepted"][0]["by"] == "ayse"
    assert value["approval"]["covers"] == {"from": "2026-02-01", "until": "2026-05-01"}


def test_author_and_approver_can_both_sign(people: Path) -> None:
    words = ("--as", "mehmet", "--role", "author", "--key", "keys/mehmet.pem")
    first = done("approve", people, *words)
    assert "it counts once an approver has signed it too" in first.stdout
    (path,) = (people / "approvals").glob("*.json")
    assert evaluated(people).exit_code == 2

    done("sign", path, "--as", "ayse", "--role", "approver", "--key", "keys/ayse.pem")

    assert evaluated(people).exit_code == 0
    again = run("sign", path, "--as", "mehmet", "--role", "approver", "--key", "keys/mehmet.pem", "--json")
    assert (again.exit_code, set(codes(again))) == (2, {"role-missing"})


# verifying


def test_an_approval_is_verified_offline(people: Path) -> None:
    path = approved(people)["file"]

    result = done("verify", path)
    assert "signed by Ayşe, Yılmaz (ayse) as approver, 2026-03-02T09:30:00Z" in result.stdout
    assert "everything is as it was signed" in result.stdout
    against = json.loads(done("verify", path, "--project", people, "--as-of", "2026-03-03", "--json").stdout)
    assert (against["verified"], against["problems"]) == (True, [])


def test_an_approval_that_was_changed_is_a_finding(people: Path) -> None:
    path = Path(approved(people)["file"])
    path.write_text(path.read_text("utf-8").replace('"zone": "Europe/Istanbul"', '"zone": "UTC"'), "utf-8")

    result = run("verify", path, "--json")

    assert (result.exit_code, codes(result)) == (1, ["bad-signature"])


def test_documents_that_are_not_those_approved_are_a_finding(people: Path) -> None:
    path = approved(people)["file"]
    edited = pack()
    edited["obligations"][0]["force"] = "register"
    write(people / "rulesets/policies/house.json", edited)

    assert run("verify", path).exit_code == 0
    result = run("verify", path, "--project", people, "--as-of", "2026-03-03", "--json")

    assert (result.exit_code, codes(result)) == (1, ["approval-mismatch"])


@pytest.mark.parametrize(
    ("text", "code"),
    [(None, "no-such-file"), ("{", "invalid-json"), ("{}", "wrong-kind"), ("<p>", "wrong-kind")],
)
def test_what_cannot_be_read_is_broken_input(people: Path, text: str | None, code: str) -> None:
    path = Path("file.html")
    if text is not None:
        path.write_text(text, "utf-8")

    result = run("verify", path, "--register", people / "people.json", "--json")

    assert (result.exit_code, codes(result)) == (2, [code])


def test_without_a_register_nobody_can_tell_whose_signature_it_is(people: Path, tmp_path: Path) -> None:
    path = Path(approved(people)["file"])
    away = tmp_path / "away.json"
    away.write_bytes(path.read_bytes())

    result = run("verify", away, "--json")

    assert (result.exit_code, codes(result)) == (2, ["no-such-file"])
    done("verify", away, "--register", people / "people.json")


@pytest.fixture
def report() -> dict[str, Any]:
    return report_json(audit(), client="Clinic")


@pytest.mark.parametrize("name", ["audit.html", "audit.json"])
def test_a_report_is_signed_and_verified(people: Path, report: dict[str, Any], name: str) -> None:
    path = Path(name)
    path.write_text(report_page(report) if name.endswith("html") else json.dumps(report), "utf-8")
    register_file = ("--register", people / "people.json")
    unsigned = run("verify", path, *register_file, "--json")
    assert (unsigned.exit_code, codes(unsigned)) == (1, ["not-signed"])

    done("sign", path, "--as", "ayse", "--role", "approver", "--key", "keys/ayse.pem", *register_file)

    found = json.loads(done("verify", path, *register_file, "--json").stdout)
    assert (found["kind"], found["verified"]) == ("audit-report", True)
    assert [signed["person"] for signed in found["signatures"]] == ["ayse"]


def test_a_signed_page_that_was_changed_is_a_finding(people: Path, report: dict[str, Any]) -> None:
    path = Path("audit.html")
    path.write_text(report_page(report), "utf-8")
    words = ("--as", "ayse", "--role", "approver", "--key", "keys/ayse.pem")
    register_file = ("--register", people / "people.json")
    done("sign", path, *words, *register_file)
    text = path.read_text("utf-8")

    path.write_text(text.replace("</main>", "<p>All is proved.</p></main>"), "utf-8")
    result = run("verify", path, *register_file, "--json")

    assert (result.exit_code, codes(result)) == (1, ["page-altered"])
    again = run("sign", path, *words, *register_file, "--json")
    assert (again.exit_code, codes(again)) == (2, ["page-altered"])


def test_a_report_about_other_documents_is_a_finding(people: Path, report: dict[str, Any]) -> None:
    path = Path("audit.json")
    path.write_text(json.dumps(report), "utf-8")
    done(
        "sign",
        path,
        "--as",
        "ayse",
        "--role",
        "approver",
        "--key",
        "keys/ayse.pem",
        "--register",
        people / "people.json",
    )

    result = run("verify", path, "--project", people, "--as-of", "2026-03-03", "--json")

    assert result.exit_code == 1
    assert set(codes(result)) == {"approval-mismatch"}
