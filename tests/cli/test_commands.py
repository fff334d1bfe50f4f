"""What each command prints and returns."""

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.commands import invoke

from fairlead.cli.app import COMMANDS
from fairlead.ruleset.catalogue import shipped_root

LEADS = (
    '{"lead": {"id": "L-1", "channel": "phone", "submitted_medical_records": true, '
    '"asked_for_specific_dates": true, "budget": {"amount": "8000", "currency": "EUR"}}}\n'
    '{"lead": {"id": "L-2", "channel": "fax"}}\n'
    "\n"
    '{"lead": {"id": "L-3", "channel": "web_form"}}\n'
)
FAIRLEAD = [sys.executable, "-m", "fairlead.cli"]
SCORING = "medical-travel/lead-scoring"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: str | Path, **options: Any) -> Any:
    result = invoke(*words, **options)
    assert "Traceback" not in result.output
    return result


def process(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    line = [*FAIRLEAD, *words]
    return subprocess.run(line, check=False, capture_output=True, text=True, timeout=60, **options)


def lines(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text("utf-8").splitlines()]


def test_each_command_has_help_with_an_example() -> None:
    commands = "init validate test evaluate explain facts schema upgrade fleet demo"
    for command in commands.split():
        result = run(command, "--help")
        assert result.exit_code == 0
        assert "Examples:" in result.stdout
        assert f"  fairlead {command}" in result.stdout
        assert "--json" in result.stdout


def test_the_help_names_every_command() -> None:
    listed = run("--help").stdout.partition("Commands:\n")[2].splitlines()

    assert sorted(line.split()[0] for line in listed) == sorted(COMMANDS)


def test_the_version_is_printed_before_anything_else_is_imported() -> None:
    program = (
        "import sys; sys.argv = ['fairlead', '--version']; from fairlead.cli.__main__ import main; main(); "
        "print(sorted({'typer', 'rich', 'pydantic', 'fairlead.engine'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "fairlead 0.1.0\n[]\n"


def test_commands_do_not_import_the_engine_before_they_run() -> None:
    program = "import sys, fairlead.cli.app; print('fairlead.engine' in sys.modules, 'rich' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "False False\n"


def test_validate_names_version_and_digest() -> None:
    result = run("validate", SCORING)

    assert result.exit_code == 0
    assert result.stdout.startswith("medical-travel/lead-scoring 1.0.0 is valid: 6 decisions, sha256:")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("facts.json", "medical-travel/facts 1.0.0 is valid: sha256:"),
        ("lead-scoring.json", "medical-travel/lead-scoring 1.0.0 is valid: 6 decisions, sha256:"),
        ("tests/lead-scoring.json", "medical-travel/tests/lead-scoring 1.0.0 is valid: "),
    ],
)
def test_validate_takes_the_file_of_any_kind_of_document(name: str, said: str) -> None:
    result = run("validate", shipped_root() / "medical-travel" / name)

    assert result.stdout.startswith(said)
    assert result.exit_code == 0


def test_evaluate_writes_a_line_for_each_record_and_rejects_with_their_reason() -> None:
    Path("leads.jsonl").write_text(LEADS)

    result = run(
        "evaluate", SCORING, "--input", "leads.jsonl", "--output", "out.jsonl", "--as-of", "2026-11-21"
    )

    assert result.exit_code == 1
    assert "3 read = 2 evaluated + 1 rejected" in result.stdout
    assert "as of 2026-11-21, unapproved" in result.stdout
    first, second = lines("out.jsonl")
    assert first["decisions"] == {
        "lead.score": 70,
        "lead.band": "hot",
        "lead.segment": "none",
        "lead.priority": "call_now",
        "lead.follow_up_within_hours": 1,
        # the time of the enquiry is not known
        "lead.follow_up_by": None,
    }
    assert first["reasons"] == ["medical_records", "specific_dates", "direct_channel", "budget"]
    assert (first["line"], first["id"], first["approval"]) == (1, "L-1", "unapproved")
    assert first["digest"].startswith("sha256:")
    assert (second["line"], second["id"], second["decisions"]["lead.score"]) == (4, "L-3", 5)
    assert second["unknown_rows"]["lead.score"] == ["medical_records", "specific_dates"]
    assert "lead.asked_for_specific_dates" in second["missing"]
    (reject,) = lines("out.jsonl.rejects.jsonl")
    assert (reject["line"], reject["fact"], reject["found"]) == (2, "lead.channel", "fax")
    assert reject["input"] == '{"lead": {"id": "L-2", "channel": "fax"}}'


def test_evaluate_takes_and_writes_csv() -> None:
    Path("leads.csv").write_text(
        "lead.id;lead.channel;lead.submitted_medical_records;lead.budget\n"
        '"=1+1";phone;TRUE;8000 EUR\n'
        "L-2;phone;perhaps;\n"
    )

    result = run("evaluate", SCORING, "--input", "leads.csv", "--output", "out.csv", "--rejects", "bad.jsonl")

    assert result.exit_code == 1
    assert "the delimiter of the input is a semicolon" in result.stdout
    assert "2 read = 1 evaluated + 1 rejected" in result.stdout
    with Path("out.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["line"], row["id"], row["lead.score"], row["lead.band"]) == ("2", "'=1+1", "50", "warm")
    assert row["reasons"] == "medical_records direct_channel budget"
    assert "lead.asked_for_specific_dates" in row["missing"].split()
    assert lines("bad.jsonl")[0]["fact"] == "lead.submitted_medical_records"


def test_evaluate_adds_the_texts_of_reasons_in_a_language() -> None:
    Path("leads.jsonl").write_text('{"lead": {"submitted_medical_records": true}}\n')

    run("evaluate", SCORING, "--input", "leads.jsonl", "--output", "out.jsonl", "--language", "de-AT")

    assert lines("out.jsonl")[0]["texts"] == ["Medizinische Unterlagen geschickt"]


def test_evaluate_decides_only_what_is_asked_for() -> None:
    Path("leads.jsonl").write_text('{"lead": {"channel": "phone"}}\n')

    result = run(
        "evaluate", SCORING, "--input", "leads.jsonl", "--output", "out.jsonl", "--decisions", "lead.score"
    )

    assert result.exit_code == 0
    assert lines("out.jsonl")[0]["decisions"] == {"lead.score": 15}
    assert lines("out.jsonl.rejects.jsonl") == []


def test_evaluate_reads_and_writes_standard_streams() -> None:
    done = process("evaluate", SCORING, "--input", "-", "--output", "-", input=LEADS)

    assert done.returncode == 1
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["L-1", "L-3"]
    assert "3 read = 2 evaluated + 1 rejected" in done.stderr


def test_evaluate_tells_machines_the_same() -> None:
    Path("leads.jsonl").write_text(LEADS)

    result = run("evaluate", SCORING, "--input", "leads.jsonl", "--output", "out.jsonl", "--json")

    summary = json.loads(result.stdout)
    assert (summary["read"], summary["evaluated"], summary["rejected"]) == (3, 2, 1)
    assert summary["rejected_by_code"] == {"unknown-value": 1}
    assert summary["rejects"] == "out.jsonl.rejects.jsonl"


def test_evaluate_leaves_the_old_output_when_the_header_is_wrong() -> None:
    Path("leads.csv").write_text("lead.id,lead.chanel\nL-1,phone\n")
    Path("out.csv").write_text("old")

    result = run("evaluate", SCORING, "--input", "leads.csv", "--output", "out.csv")

    assert result.exit_code == 2
    assert "did you mean `lead.channel`?" in result.stderr
    assert Path("out.csv").read_text() == "old"
    assert sorted(path.name for path in Path().iterdir()) == ["leads.csv", "out.csv"]


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("leads.jsonl", "leads.jsonl", "[same-file]"),
        ("leads.jsonl", "nowhere/out.jsonl", "its folder does not exist [unwritable-file]"),
        (".", "out.jsonl", "directory"),
    ],
)
def test_evaluate_refuses_files_that_it_cannot_use(source: str, target: str, said: str) -> None:
    Path("leads.jsonl").write_text(LEADS)

    result = run("evaluate", SCORING, "--input", source, "--output", target, "--format", "jsonl")

    assert result.exit_code == 2
    assert said in result.stderr
    assert Path("leads.jsonl").read_text() == LEADS


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_evaluate_tells_that_the_disk_is_full() -> None:
    Path("leads.jsonl").write_text(LEADS)

    result = run(
        "evaluate", SCORING, "--input", "leads.jsonl", "--output", "/dev/full", "--format", "jsonl",
        "--rejects", "bad.jsonl",
    )  # fmt: skip

    assert result.exit_code == 2
    assert "`/dev/full` cannot be written: no space left on device" in result.stderr


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    line = ["bash", "-c", f"{' '.join(FAIRLEAD)} facts | head -1"]
    done = subprocess.run(line, check=False, capture_output=True, text=True, timeout=60)

    assert done.stderr == ""


def test_stopping_leaves_no_half_written_file() -> None:
    line = [*FAIRLEAD, "evaluate", SCORING, "--input", "-", "--output", "out.jsonl"]
    started = subprocess.Popen(line, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not list(Path().glob(".out.jsonl.*.draft")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=30)

    assert (started.returncode, said) == (130, "stopped\n")
    assert list(Path().iterdir()) == []


def test_explain_tells_why_in_english() -> None:
    Path("leads.jsonl").write_text(LEADS)

    result = run("explain", SCORING, "--input", "leads.jsonl", "--line", "1", "--as-of", "2026-11-21")

    assert result.exit_code == 0
    assert "lead score (lead.score): 70" in result.stdout
    assert "+25  Sent medical records [medical_records]" in result.stdout


def test_explain_takes_a_row_of_a_csv_file() -> None:
    Path("leads.csv").write_text('lead.id,lead.name,lead.channel\nL-1,"Ada\nL.",email\nL-2,Bob,phone\n')

    result = run("explain", SCORING, "--input", "leads.csv", "--line", "4", "--json")

    assert json.loads(result.stdout)["decisions"]["lead.score"] == 15


def test_explain_tells_why_a_record_is_rejected() -> None:
    Path("leads.jsonl").write_text(LEADS)

    rejected = run("explain", SCORING, "--input", "leads.jsonl", "--line", "2")
    blank = run("explain", SCORING, "--input", "leads.jsonl", "--line", "3")

    assert (rejected.exit_code, blank.exit_code) == (2, 2)
    assert "leads.jsonl:2: `lead.channel` has a value that is not allowed [unknown-value]" in rejected.stderr
    assert "L-2" not in rejected.stderr
    assert "no record of `leads.jsonl` begins on line 3 [no-such-line]" in blank.stderr


def test_explain_gives_the_whole_trace_to_machines() -> None:
    result = run("explain", SCORING, "--facts", '{"lead": {"channel": "phone"}}', "--json")

    told = json.loads(result.stdout)
    assert told["decisions"]["lead.score"] == 15
    assert told["trace"]["decisions"][0]["rows"][2]["state"] == "true"


def test_facts_lists_name_type_labels_and_meaning() -> None:
    result = run("facts", "--entity", "lead")

    (channel,) = [line for line in result.stdout.splitlines() if line.strip().startswith("lead.channel ")]
    assert "one of whatsapp, phone, email, chat, web_form" in channel
    assert "location" in channel
    assert "How the lead first got in touch" in channel
    assert "partner.code" not in result.stdout


def test_facts_are_there_for_machines() -> None:
    facts = {fact["name"]: fact for fact in json.loads(run("facts", "--json").stdout)["facts"]}

    assert facts["lead.budget"]["type"] == "money"
    assert facts["lead.submitted_medical_records"]["labels"] == ["special_category"]
    assert facts["partner.introductions_this_year"]["kind"] == "aggregate"


def test_schema_prints_the_json_schema_of_a_kind() -> None:
    schema = json.loads(run("schema", "ruleset").stdout)

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "decisions" in schema["properties"]


def scenarios(**expect: Any) -> dict[str, Any]:
    return {
        "fairlead": 1,
        "kind": "scenarios",
        "name": "clinic/tests/score",
        "version": "1.0.0",
        "ruleset": SCORING,
        "as_of": "2026-11-21",
        "scenarios": [
            {"name": "A call", "given": {"lead": {"channel": "phone"}}, "expect": {"lead.score": 15}},
            {"name": "A letter", "given": {"lead": {"channel": "letter"}}, "expect": {"lead.score": 0}},
            {
                "name": "A form",
                "given": {"lead": {"channel": "web_form"}},
                "expect": {"lead.score": 15, "lead.brand": "cold"},
                "reasons": ["direct_channel"],
            },
        ],
    }


def test_test_passes_when_all_is_as_expected() -> None:
    result = run("test", SCORING)

    assert result.exit_code == 0
    assert " 0 failed" in result.stdout


def test_test_shows_expected_and_found_and_the_rows_that_nothing_reaches() -> None:
    Path("mine.json").write_text(json.dumps(scenarios()))

    result = run("test", "mine.json")

    assert result.exit_code == 1
    assert "3 scenarios, 1 passed, 2 failed" in result.stdout
    assert "    expected: 15\n    found:    5\n" in result.stdout
    assert "there is no decision `lead.brand`; did you mean `lead.band`?" in result.stdout
    assert '    expected: ["direct_channel"]\n    found:    ["web_form"]\n' in result.stdout
    assert "`lead.channel` has a value that is not allowed" in result.stdout
    assert "    lead.score: medical_records, specific_dates, budget" in result.stdout


def test_a_row_that_nothing_reaches_is_a_finding_when_all_rows_are_asked_for() -> None:
    document = scenarios()
    document["scenarios"] = document["scenarios"][:1]
    Path("mine.json").write_text(json.dumps(document))

    assert run("test", "mine.json").exit_code == 0
    assert run("test", "mine.json", "--all-rows").exit_code == 1
    assert json.loads(run("test", "mine.json", "--json").stdout)["rulesets"][0]["unreached"]["lead.score"]
