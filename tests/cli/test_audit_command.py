"""`fairlead audit`: verdicts and exit codes, the reports as files, accepted risks, and a change of law."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import z3
from tests.commands import invoke
from tests.project.approved_clinic import SIGNED_AT, make, pack, signer, write
from tests.project.approved_clinic import approve as approved_by

from fairlead.audit.auditor import AcceptedRisk, Subject, audit
from fairlead.engine import load
from fairlead.project.approving import Risk
from fairlead.project.envelope import sign
from fairlead.project.signed_page import read_signed
from fairlead.ruleset.policy_pack import load_pack

TIERS = "medical-travel/partner-tiers-as-published"
PROGRAMME = "medical-travel/partner-programme"
SCORING = "medical-travel/lead-scoring"
AS_OF = ("--as-of", "2026-11-22")


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: str | Path) -> Any:
    result = invoke(*words)
    assert "Traceback" not in result.output
    assert not isinstance(result.exception, Exception), result.exception
    return result


def audited(*words: str | Path) -> Any:
    return run("audit", *words, *AS_OF)


def problem(result: Any) -> dict[str, Any]:
    assert result.exit_code == 2, result.output
    (found,) = json.loads(result.stdout)["problems"]
    return dict(found)


# verdicts and exit codes


def test_all_proved_is_exit_code_0() -> None:
    result = audited(PROGRAMME, "--policy", "introduction-only")

    assert result.exit_code == 0
    first, second = result.stdout.splitlines()[:2]
    assert first == "Audit of medical-travel/partner-programme 1.0.0, as of 2026-11-22"
    assert re.fullmatch(r"\d+ findings: \d+ proved, \d+ not applicable", second)


def test_a_refutation_is_exit_code_1_and_shows_its_case() -> None:
    result = audited(TIERS, "--policy", "us-stark")

    assert result.exit_code == 1
    words = " ".join(result.stdout.split())
    assert "✗ refuted Pay does not rise with the value of referrals – introduction.reward" in words
    assert (
        "Same introduction; total treatment cost: 10,000 USD: reward 1,000 USD; total treatment cost: "
        "20,000 USD: reward 1,500 USD."
    ) in words


def test_what_is_undecided_is_exit_code_1_only_with_strict(tmp_path: Path) -> None:
    folder = make(tmp_path / "clinic")
    value = pack()
    for obligation in value["obligations"]:
        obligation["confidence"] = "low"
    write(folder / "rulesets/policies/house.json", value)
    words = ("audit", folder, "--as-of", "2026-03-03", "--json")

    lenient, strict = run(*words), run(*words, "--strict")

    found = by_id(lenient)
    assert found["house:no-commission:clinic/rewards:introduction.reward"]["verdict"] == "undecided"
    assert "refuted" not in {finding["verdict"] for finding in found.values()}
    assert (lenient.exit_code, strict.exit_code) == (0, 1)


def test_json_is_the_report_and_nothing_else() -> None:
    report = json.loads(audited(TIERS, "--policy", "us-stark", "--json").stdout)

    assert report["kind"] == "audit-report"
    assert report["subject"] == TIERS
    assert report["as_of"] == "2026-11-22"
    assert report["verdict"] == "refuted"
    assert [each["name"] for each in report["packs"]] == ["policies/us-stark"]
    finding = next(each for each in report["findings"] if each["id"].startswith("us-stark:value:"))
    assert finding["id"] == f"us-stark:value:{TIERS}:introduction.reward"
    assert finding["obligation"]["citation"] == "42 CFR 411.354(d)(5)-(6)"
    assert (finding["verdict"], finding["property"]) == ("refuted", "no_positive_correlation")
    (case,) = finding["counterexamples"]
    assert len(case["cases"]) == 2


def test_all_is_every_shipped_pack() -> None:
    report = json.loads(audited(SCORING, "--policy", "all", "--policy", "de", "--json").stdout)

    assert sorted(each["name"].removeprefix("policies/") for each in report["packs"]) == [
        "au",
        "de",
        "eu-gdpr",
        "fr",
        "ftc-endorsements",
        "in",
        "introduction-only",
        "kr",
        "sg",
        "tr",
        "uk",
        "us-ekra",
        "us-federal",
        "us-florida",
        "us-patient-gifts",
        "us-stark",
    ]


def test_a_limit_that_is_too_small_is_never_a_proof() -> None:
    report = json.loads(audited(PROGRAMME, "--policy", "us-ekra", "--limit", "1", "--json").stdout)

    solved = [each for each in report["findings"] if each["method"] == "solver"]
    assert solved
    assert {each["verdict"] for each in solved} <= {"undecided", "not applicable"}
    assert any("the solver's limit was reached" in each["why"] for each in solved)


# wrong usage


def test_an_unknown_pack_is_refused_with_the_nearest_name() -> None:
    found = problem(audited(PROGRAMME, "--policy", "us-starck", "--json"))

    assert (found["code"], found["nearest"]) == ("unknown-document", "policies/us-stark")
    assert found["message"] == "there is no document `policies/us-starck`"


def test_an_audit_needs_a_pack() -> None:
    found = problem(audited(PROGRAMME, "--json"))

    assert found["code"] == "missing-policy"
    assert found["message"] == "no policy pack is named"
    assert found["remedy"].startswith("name one, such as `--policy introduction-only`")


def test_an_unknown_ruleset_is_refused() -> None:
    found = problem(audited("medical-travel/partner-program", "--policy", "us-stark", "--json"))

    assert found["nearest"] == PROGRAMME


# files


def test_each_report_is_written_whole_beside_the_summary() -> None:
    files = ("--html", "r.html", "--report", "r.json", "--sarif", "r.sarif")
    result = audited(SCORING, "--policy", "us-stark", *files)

    assert result.exit_code == 0
    assert result.stdout.splitlines()[-3:] == [
        f"the report is written to r.{end}" for end in ("html", "json", "sarif")
    ]
    report = json.loads(Path("r.json").read_text("utf-8"))
    assert report == json.loads(audited(SCORING, "--policy", "us-stark", "--json").stdout)
    page = Path("r.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    assert report["id"] in page
    assert json.loads(Path("r.sarif").read_text("utf-8"))["version"] == "2.1.0"
    assert sorted(path.name for path in Path().iterdir()) == ["r.html", "r.json", "r.sarif"]


@pytest.mark.parametrize("option", ["--html", "--report", "--sarif"])
def test_a_report_that_cannot_be_written_is_told_before_anything_is_proved(
    option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairlead.audit.auditor.audit", None)
    Path("taken").mkdir()

    found = problem(audited(SCORING, "--policy", "us-stark", option, "no-such/r", "--json"))
    assert found["code"] == "unwritable-file"
    assert found["message"] == "`no-such/r` cannot be written: its folder does not exist"
    found = problem(audited(SCORING, "--policy", "us-stark", option, "taken", "--json"))
    assert found["message"] == "`taken` cannot be written: is a directory"


def test_a_read_only_folder_is_refused_and_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def refused(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.parent.name == "sealed":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **options)

    Path("sealed").mkdir()
    monkeypatch.setattr(Path, "open", refused)
    files = ("--report", "r.json", "--html", "sealed/r.html")
    found = problem(audited(SCORING, "--policy", "us-stark", *files, "--json"))

    assert found["message"] == "`sealed/r.html` cannot be written: permission denied"
    assert [path.name for path in Path().iterdir()] == ["sealed"]


def test_two_reports_are_not_written_to_one_file() -> None:
    found = problem(audited(SCORING, "--policy", "us-stark", "--html", "r", "--report", "r", "--json"))

    assert (found["code"], found["message"]) == ("wrong-usage", "two reports cannot be written to one file")
    assert not Path("r").exists()


def test_questions_are_files_that_z3_answers_as_they_state() -> None:
    audited(PROGRAMME, "--policy", "tr", "--emit-smt2", "questions")

    paths = sorted(Path("questions").glob("*.smt2"))
    assert paths
    states = set()
    for path in paths:
        (stated,) = re.findall(r"\(set-info :status (\w+)\)", path.read_text("utf-8"))
        solver = z3.Solver()
        solver.from_file(str(path))
        assert str(solver.check()) == stated
        states.add(stated)
    assert states == {"sat", "unsat"}


def test_a_folder_of_questions_that_cannot_be_made_is_refused() -> None:
    Path("taken").write_text("")
    found = problem(audited(SCORING, "--policy", "us-stark", "--emit-smt2", "taken", "--json"))

    assert found["message"] == "`taken` cannot be made: file exists"


def test_cross_check_says_what_the_second_solver_confirmed() -> None:
    result = audited(TIERS, "--policy", "tr", "--cross-check")

    last = result.stdout.splitlines()[-1]
    counts = re.fullmatch(
        r"cvc5 [0-9.]+ confirmed (\d+) of (\d+) answers; it gave no answer to the others, and contradicted "
        r"none that stands",
        last,
    )
    assert counts is not None
    assert int(counts[1]) == int(counts[2]) > 0


# a project


def house(**more: Any) -> dict[str, Any]:
    """The clinic's pack with what its fee of 50 USD does not keep to."""
    value = pack()
    (first, *_) = value["obligations"]

    def small(name: str, force: str) -> dict[str, Any]:
        cap = {"kind": "item_cap", "maximum": {"money": ["10.00", "USD"]}}
        return {**first, "id": name, "title": name, "force": force, "property": cap}

    value["obligations"] += [small("small", "cap"), small("never-more", "forbid")]
    return {**value, **more}


def clinic(tmp_path: Path) -> Path:
    folder = make(tmp_path / "clinic")
    write(folder / "rulesets/policies/house.json", house())
    return folder


SMALL = "house:small:clinic/rewards:introduction.reward"
NEVER = "house:never-more:clinic/rewards:introduction.reward"


def by_id(result: Any) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in json.loads(result.stdout)["findings"]}


def test_a_project_is_audited_with_its_own_packs_and_all_its_rulesets(tmp_path: Path) -> None:
    result = run("audit", clinic(tmp_path), "--as-of", "2026-03-03", "--json")

    report = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (report["client"], report["subject"]) == ("Clinic", "Clinic")
    assert [each["name"] for each in report["rulesets"]] == ["clinic/rewards", "clinic/looks"]
    assert [each["name"] for each in report["packs"]] == ["policies/house"]
    found = by_id(result)
    assert found["house:no-commission:clinic/rewards:introduction.reward"]["verdict"] == "proved"
    assert (found[SMALL]["verdict"], found[NEVER]["verdict"]) == ("refuted", "refuted")
    assert found["house:small:clinic/looks"]["verdict"] == "not applicable"


def test_an_accepted_risk_is_shown_as_accepted_until_its_day(tmp_path: Path) -> None:
    folder = clinic(tmp_path)
    approved_by(folder, risks=[Risk(SMALL, "the fee was agreed before", date(2026, 5, 1))])

    finding = by_id(run("audit", folder, "--as-of", "2026-03-03", "--json"))[SMALL]
    assert finding["verdict"] == "accepted risk"
    assert finding["accepted"] == {
        "reason": "the fee was agreed before",
        "approver": "Ayşe Yılmaz",
        "until": "2026-05-01",
    }
    words = " ".join(run("audit", folder, "--as-of", "2026-03-03").stdout.split())
    assert "accepted risk small – introduction.reward" in words
    later = by_id(run("audit", folder, "--as-of", "2026-05-01", "--json"))[SMALL]
    assert later["verdict"] == "refuted"


def test_what_is_forbidden_is_never_accepted() -> None:
    program = load(TIERS)
    packs = [load_pack("de", model=program.ruleset.model)]
    subjects = [Subject(program.ruleset, program)]
    day = date(2026, 11, 22)
    first = audit("clinic", subjects, packs, day)
    forbidden = [
        each.id for each in first.findings if each.verdict == "refuted" and each.obligation.force == "forbid"
    ]
    assert forbidden

    risks = [AcceptedRisk(each, "we like it", "Ayşe Yılmaz", date(2027, 1, 1)) for each in forbidden]
    second = audit("clinic", subjects, packs, day, risks=risks)

    assert [each.verdict for each in second.findings] == [each.verdict for each in first.findings]


def test_an_approval_without_its_signature_accepts_nothing(tmp_path: Path) -> None:
    folder = clinic(tmp_path)
    approved_by(folder, risks=[Risk(SMALL, "agreed", date(2026, 5, 1))])
    (path,) = (folder / "approvals").glob("*.json")
    path.write_text(path.read_text("utf-8").replace('"agreed"', '"agreeD"'), "utf-8")

    assert by_id(run("audit", folder, "--as-of", "2026-03-03", "--json"))[SMALL]["verdict"] == "refuted"


def test_a_report_is_verified_once_signed_and_refused_with_one_byte_changed(tmp_path: Path) -> None:
    people = clinic(tmp_path) / "people.json"
    path = Path("r.html")
    run("audit", "clinic", "--as-of", "2026-03-03", "--html", path)
    unsigned = read_signed(path)
    signature = sign(unsigned.envelope.payload, signer("ayse"), "approver", SIGNED_AT)
    path.write_text(unsigned.text_with(signature), "utf-8")

    whole = run("verify", path, "--register", people, "--json")
    assert (whole.exit_code, json.loads(whole.stdout)["verified"]) == (0, True)

    text = path.read_text("utf-8")
    for one, other in (("reward 50 USD", "reward 40 USD"), ('"as_of":"2026-03-03"', '"as_of":"2026-03-04"')):
        assert one in text
        path.write_text(text.replace(one, other, 1), "utf-8")
        changed = run("verify", path, "--register", people, "--json")
        assert (changed.exit_code, json.loads(changed.stdout)["verified"]) == (1, False)


# a change of law

INTRODUCTIONS = (
    "introduction.id,introduction.introduced_on,facility.country,partner.posts_checked_on\n"
    "I-1,2025-11-11,TR,\n"
    "I-2,2025-11-12,TR,2026-01-07\n"
    "I-3,2025-11-20,TR,\n"
    "I-4,2025-11-20,DE,\n"
    "I-5,2025-13-20,TR,\n"
    "I-6,,TR,2026-01-07\n"
)


def test_impact_lists_what_changes_on_a_day() -> None:
    result = audited(PROGRAMME, "--policy", "us-stark", "--policy", "tr", "--impact", "2026-01-01")

    assert result.exit_code == 1
    assert result.stdout == (
        "What changes on 2026-01-01\n"
        "  policies/us-stark\n"
        "    parameters.nonmonetary_year_maximum: 519.00 USD -> 535.00 USD (non-monetary compensation of a "
        "year)\n"
        "      read by gifts-of-a-year\n"
        "      42 CFR 411.357(k) (confidence: medium)\n"
    )


def test_impact_on_a_day_without_a_change_names_the_nearest() -> None:
    result = audited(PROGRAMME, "--policy", "tr", "--impact", "2025-06-01")

    assert result.exit_code == 0
    assert result.stdout == (
        "2025-06-01: nothing changes in these packs; the last change was on 2025-04-26, the next is on "
        "2025-11-12\n"
    )


def test_impact_lists_the_records_that_it_touches_by_date() -> None:
    Path("introductions.csv").write_text(INTRODUCTIONS, "utf-8")
    line = (PROGRAMME, "--policy", "tr", "--impact", "2025-11-12", "--data", "introductions.csv")
    result = audited(*line)

    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[:4] == [
        "What changes on 2025-11-12",
        "  policies/tr",
        "    advertising begins: No advertising",
        "      Promotion Regulation of 12 November 2025, no. 33075 (confidence: high)",
    ]
    assert lines[4] == (
        "introductions.csv: 6 read = 5 looked at + 1 rejected; 4 touched, 4 of them with another answer"
    )
    assert [line.strip().split("  ")[0] for line in lines if line.startswith("    I-")] == [
        "I-6",
        "I-2",
        "I-3",
        "I-4",
    ]
    assert lines[-1].startswith(
        "    I-4  tr/advertising: no longer passes: whether it applies is not known; "
    )
    assert [line for line in lines[5:] if re.fullmatch(r"  (\d{4}-.*|without .*)", line)] == [
        "  without a governing date",
        "  2025-11-12",
        "  2025-11-20",
    ]

    found = json.loads(audited(*line, "--json").stdout)
    assert (found["day"], found["next_change"]) == ("2025-11-12", None)
    assert [(each["kind"], each["name"]) for each in found["changes"]] == [("begins", "advertising")]
    records = found["records"]
    assert (records["read"], records["looked_at"], records["rejected"]) == (6, 5, 1)
    assert records["unfit"][0]["line"] == 6
    assert [(each["record"], each["governing_date"]) for each in records["entries"]] == [
        ("I-6", None),
        ("I-2", "2025-11-12"),
        ("I-3", "2025-11-20"),
        ("I-4", "2025-11-20"),
    ]


def test_impact_touches_no_record_before_the_day() -> None:
    Path("introductions.csv").write_text("".join(INTRODUCTIONS.splitlines(keepends=True)[:2]), "utf-8")
    line = (PROGRAMME, "--policy", "tr", "--impact", "2025-11-12", "--data", "introductions.csv")
    result = audited(*line)

    assert result.exit_code == 0
    assert "1 read = 1 looked at + 0 rejected; 0 touched, 0 of them with another answer" in result.stdout


def test_impact_of_a_figure_that_nothing_reads_looks_at_no_record() -> None:
    line = ("--policy", "us-patient-gifts", "--impact", "2026-01-01", "--data", "no-such.csv")
    result = audited(PROGRAMME, *line)

    assert result.exit_code == 0
    assert "      no obligation reads it\n" in result.stdout
    assert result.stdout.endswith("\nno obligation changes: no-such.csv is not read\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--impact", "2026-02-30"), "--impact"),
        (("--impact", "2026-01-01", "--html", "r.html"), "`--html` does not go with `--impact`"),
        (("--impact", "2026-01-01", "--cross-check"), "`--cross-check` does not go with `--impact`"),
        (("--data", "x.csv"), "`--data` goes with `--impact`: an audit looks at rules, not at records"),
    ],
)
def test_impact_used_wrongly_is_refused(words: tuple[str, ...], message: str) -> None:
    result = audited(PROGRAMME, "--policy", "tr", *words)

    assert result.exit_code == 2
    assert message in result.output


# what runs rules does not prove

_Z3_AFTER = (
    "import sys; from fairlead.cli.app import make_app; from typer.testing import CliRunner; "
    "result = CliRunner().invoke(make_app(), sys.argv[1:]); "
    "print(result.exit_code, sorted({'z3', 'cvc5', 'fairlead.audit'} & set(sys.modules)))"
)


def z3_after(*words: str) -> str:
    line = [sys.executable, "-c", _Z3_AFTER, *words]
    return subprocess.run(line, capture_output=True, text=True, check=True, timeout=60).stdout


def test_what_runs_rules_never_imports_the_solver(tmp_path: Path) -> None:
    Path("leads.jsonl").write_text('{"lead": {"id": "L-1", "channel": "phone"}}\n', "utf-8")
    evaluated = ("evaluate", SCORING, "--input", "leads.jsonl", "--output", "out.jsonl")
    assert z3_after(*evaluated) == "0 []\n"

    made = make(tmp_path / "clinic")
    approved_by(made)
    Path("i.jsonl").write_text('{"introduction": {"id": "I-1", "records": true}}\n', "utf-8")
    gated = ("evaluate", str(made), "--input", "i.jsonl", "--output", "o.jsonl", "--as-of", "2026-03-03")
    assert z3_after(*gated) == "0 []\n"
    assert z3_after("sync", "--help") == "0 []\n"
    assert z3_after("audit", PROGRAMME, "--policy", "tr", "--impact", "2025-11-12") == "1 []\n"
    assert z3_after("audit", SCORING, "--policy", "us-stark") == "0 ['fairlead.audit', 'z3']\n"


@pytest.mark.parametrize(
    "module",
    [
        "fairlead.engine",
        "fairlead.engine.guards",
        "fairlead.sync",
        "fairlead.sync.runner",
        "fairlead.project",
    ],
)
def test_no_package_that_runs_rules_brings_the_solver(module: str) -> None:
    program = f"import sys, {module}; print(sorted({{'z3', 'cvc5'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
