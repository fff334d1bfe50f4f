"""`fairlead upgrade` shows what changes in results, record by record, before anything is written."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.project.shelf import COMPANION, LESS_FOR_RECORDS, PAST, client, contents, run, ship, stock
from tests.ruleset.clinic import model, row, ruleset, write


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return stock(tmp_path / "shelf", monkeypatch)


@pytest.fixture
def past(tmp_path: Path) -> str:
    (tmp_path / "past.jsonl").write_text(PAST, "utf-8")
    return "past.jsonl"


def upgrade_json(*words: str | Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("upgrade", *words, "--json").stdout)
    return found


def test_scenarios_and_past_records_that_change_are_shown_with_their_reasons(shelf: Path, past: str) -> None:
    folder = client(Path("clinic"))
    ship(shelf)
    before = contents(folder)

    result = run("upgrade", folder, "--dry-run", "--data", past, "--as-of", "2026-11-21")

    assert result.exit_code == 0
    assert result.stdout == (
        "client/scoring: builds on base/scoring 1.1.0 instead of 1.0.0\n"
        "pin base/scoring 1.1.0 instead of 1.0.0\n"
        "client/scoring:\n"
        "  row `phone` of `lead.score`: points changed from 15 to 30\n"
        "  scenarios: 1 compared, 1 changed\n"
        "    lead.score: 1 changed\n"
        "      A call scores 15: 15 -> 30 (because: phone)\n"
        "    lead.band: 1 changed\n"
        "      A call scores 15: cold -> warm (because: phone)\n"
        "    no longer as expected: A call scores 15\n"
        "  records of past.jsonl as of 2026-11-21: 4 compared, 3 changed, 1 rejected before and after\n"
        "    lead.score: 3 changed\n"
        "      L-1: 40 -> 55 (because: phone, records)\n"
        "      L-3: 60 -> 75 (because: phone, records, dates)\n"
        "      line 5: 15 -> 30 (because: phone)\n"
        "    lead.band: 2 changed\n"
        "      L-1: warm -> hot (because: phone, records)\n"
        "      line 5: cold -> warm (because: phone)\n"
        "    lead.hot: 1 changed\n"
        "      L-1: no -> yes (because: phone, records)\n"
        "nothing was written: this was a dry run\n"
    )
    assert contents(folder) == before


def test_the_upgrade_itself_shows_the_same_and_then_writes(shelf: Path, past: str) -> None:
    folder = client(Path("clinic"))
    ship(shelf)
    words: list[str | Path] = ["upgrade", folder, "--data", past, "--as-of", "2026-11-21"]
    dry = run(*words, "--dry-run").stdout.splitlines()

    done = run(*words).stdout.splitlines()

    assert done[:-1] == dry[:-1]
    assert done[-1] == "done; fairlead.lock is up to date"
    assert run("upgrade", folder).stdout == "everything is up to date\n"
    assert run("validate", folder).exit_code == 0


def test_witnesses_are_there_for_machines(shelf: Path, past: str) -> None:
    folder = client(Path("clinic"))
    ship(shelf)

    found = upgrade_json(folder, "--dry-run", "--data", past, "--as-of", "2026-11-21", "--witnesses", "1")

    assert found["applied"] is False
    [upgraded] = found["rulesets"]
    assert upgraded["newly_failing"] == ["A call scores 15"]
    assert upgraded["records"] == {
        "read": 5,
        "compared": 4,
        "changed": 3,
        "no_longer_fit": 0,
        "fit_now": 0,
        "rejected": 1,
        "unfit": [],
        "decisions": [
            {
                "decision": name,
                "changed": count,
                "by_how_much": {},
                "witnesses": [
                    {
                        "record": "L-1",
                        "decision": name,
                        "old": old,
                        "new": new,
                        "old_reasons": ["records", "phone"],
                        "new_reasons": ["phone", "records"],
                    }
                ],
            }
            for name, count, old, new in [
                ("lead.score", 3, 40, 55),
                ("lead.band", 2, "warm", "hot"),
                ("lead.hot", 1, False, True),
            ]
        ],
    }


def test_past_records_may_be_csv(shelf: Path) -> None:
    folder = client(Path("clinic"))
    ship(shelf)
    Path("past.csv").write_text("lead.id,lead.channel\nL-1,phone\nL-2,email\n", "utf-8")

    result = run("upgrade", folder, "--dry-run", "--data", "past.csv", "--as-of", "2026-11-21")

    assert "records of past.csv as of 2026-11-21: 2 compared, 1 changed" in result.stdout
    assert "L-1: 15 -> 30 (because: phone)" in result.stdout


def test_past_records_may_be_an_export_with_columns_of_its_own(shelf: Path) -> None:
    folder = client(Path("clinic"))
    ship(shelf)
    mapping = {
        "fairlead": 1,
        "kind": "mapping",
        "name": "mappings/calls",
        "version": "1.0.0",
        "title": "Calls",
        "about": "The clinic's own export.",
        "recognised_by": [["Number", "How"]],
        "facts": {
            "lead.id": {"column": ["Number"]},
            "lead.channel": {"column": ["How"], "values": {"Call": "phone", "Letter": "email"}},
        },
    }
    (folder / "mappings").mkdir()
    (folder / "mappings" / "calls.json").write_text(json.dumps(mapping), "utf-8")
    Path("past.csv").write_text("Number;How\nL-1;Call\nL-2;Letter\n", "utf-8")

    result = run("upgrade", folder, "--dry-run", "--data", "past.csv", "--mapping", "calls")

    assert "2 compared, 1 changed" in result.stdout
    assert "L-1: 15 -> 30 (because: phone)" in result.stdout


def test_past_records_are_read_with_all_that_evaluate_is_told(shelf: Path) -> None:
    folder = client(Path("clinic"))
    ship(shelf)
    content = "Calls of 2026\nlead.id|lead.channel\nJürgen|phone\n|email\n"
    Path("past.csv").write_bytes(content.encode("cp1254"))
    words = ["--encoding", "windows-1254", "--delimiter", "pipe"]

    result = run("upgrade", folder, "--dry-run", "--data", "past.csv", *words)

    assert result.exit_code == 0, result.output
    assert "Jürgen: 15 -> 30 (because: phone)" in result.stdout
    for sentence in (
        "the delimiter of the input is a pipe",
        "the encoding of the input is windows-1254",
        "the columns are named in line 2; the lines before it are passed over",
    ):
        assert f"    {sentence}\n" in result.stdout
    [upgraded] = upgrade_json(folder, "--dry-run", "--data", "past.csv", *words)["rulesets"]
    assert (upgraded["reading"]["delimiter"], upgraded["reading"]["header"]) == ("pipe", 2)


def test_more_records_than_are_shown_are_counted(shelf: Path) -> None:
    folder = client(Path("clinic"))
    ship(shelf)
    line = '{{"lead": {{"id": "L-{}", "channel": "phone"}}}}\n'
    Path("past.jsonl").write_text("".join(line.format(number) for number in range(2500)), "utf-8")

    result = run("upgrade", folder, "--dry-run", "--data", "past.jsonl", "--witnesses", "2")

    assert "2,500 compared, 2,500 changed" in result.stdout
    assert "      and 2,498 more\n" in result.stdout
    assert "L-2:" not in result.stdout


def test_only_reasons_that_change_are_a_change_too(shelf: Path, past: str) -> None:
    folder = client(Path("clinic"))
    newer = ruleset("1.1.0")
    newer["decisions"][0]["rows"][2]["reason"] = {"code": "by_phone", "text": "Called us"}
    ship(shelf, decisions=newer["decisions"])

    result = run("upgrade", folder, "--dry-run", "--data", past)

    assert "    reasons: 3 changed\n      L-1: records, phone -> records, Called us\n" in result.stdout


def test_records_that_no_longer_fit_the_facts_are_named(shelf: Path, past: str) -> None:
    folder = client(Path("clinic"), LESS_FOR_RECORDS)
    write(shelf, model(), older=True)
    newer = model("1.1.0")
    newer["entities"]["lead"]["facts"]["channel"]["values"] = ["phone", "fax"]
    write(shelf, newer)
    ship(shelf, model={"name": "base/facts", "version": "1.1.0"}, decisions=ruleset()["decisions"])

    result = run("upgrade", folder, "--dry-run", "--data", past)

    assert ": 3 compared, 0 changed, 1 no longer fit the facts, 1 fit the facts only now\n" in result.stdout
    assert "L-2 no longer fits: " in result.stdout


def test_a_change_of_a_row_that_is_gone_is_named_with_the_old_and_the_new_text(
    shelf: Path, past: str
) -> None:
    folder = client(Path("clinic"), LESS_FOR_RECORDS)
    newer = ruleset("1.1.0")
    newer["decisions"][0]["rows"][0] = row("medical_records", 30)
    ship(shelf, decisions=newer["decisions"])
    before = contents(folder)

    result = run("upgrade", folder, "--data", past)

    assert result.exit_code == 2
    assert (
        "note: row `records`, which the overlay changes, is gone: it was "
        '{"id": "records", "when": {"var": "lead.records"}, "points": 25, '
        '"reason": {"code": "records", "text": "records"}}; the nearest is '
        '{"id": "medical_records", "when": {"var": "lead.records"}, "points": 30, '
        '"reason": {"code": "medical_records", "text": "medical_records"}}'
    ) in result.stdout
    assert "clinic/rulesets/client/scoring.json:17:13" in result.stderr
    assert "[unknown-id]" in result.stderr
    assert "did you mean `medical_records`?" in result.stderr
    assert contents(folder) == before
    [upgraded] = upgrade_json(folder)["rulesets"]
    [note] = upgraded["notes"]
    assert (note["case"], note["id"], note["nearest"]) == ("vanished", "records", "medical_records")


def test_an_upgrade_after_which_the_rules_do_not_fit_the_facts_is_not_made(shelf: Path) -> None:
    folder = client(Path("clinic"), COMPANION)
    write(shelf, model(), older=True)
    newer = model("1.1.0")
    newer["entities"]["lead"]["facts"]["channel"]["values"] = ["phone"]
    write(shelf, newer)
    ship(shelf, model={"name": "base/facts", "version": "1.1.0"}, decisions=ruleset()["decisions"])
    before = contents(folder)

    result = run("upgrade", folder)

    assert result.exit_code == 2
    assert "`email` is not one of the values of this fact [unknown-value]" in result.stderr
    assert contents(folder) == before
    assert upgrade_json(folder)["applied"] is False


def test_an_upgrade_that_leaves_no_version_in_force_says_so(shelf: Path) -> None:
    folder = client(Path("clinic"))
    ship(shelf, effective={"from": "2027-01-01"})

    result = run("upgrade", folder, "--dry-run", "--as-of", "2026-11-21")

    assert (
        "  after the upgrade: `client/scoring` 1.0.0 is not in force yet on 2026-11-21: "
        "it begins on 2027-01-01\n"
    ) in result.stdout
    assert "after the upgrade" not in run("upgrade", folder, "--dry-run", "--as-of", "2027-02-01").stdout


def test_reasons_that_differ_are_shown_before_and_after(shelf: Path, past: str) -> None:
    folder = client(Path("clinic"))
    newer = ruleset("1.1.0")
    newer["decisions"][0]["rows"][1] = row("dates", 0, {"var": "lead.dates"}, group="asked")
    del newer["decisions"][0]["rows"][2]
    ship(shelf, decisions=newer["decisions"])

    result = run("upgrade", folder, "--dry-run", "--data", past)

    assert "      L-1: 40 -> 25 (before: records, phone; after: records)\n" in result.stdout
    assert "      line 5: 15 -> 0 (before: phone; after: no reason)\n" in result.stdout


def test_what_was_not_pinned_yet_is_compared_as_it_is_written(shelf: Path) -> None:
    folder = client(Path("clinic"))
    (folder / "fairlead.lock").unlink()
    ship(shelf)

    result = run("upgrade", folder, "--dry-run")

    assert "      A call scores 15: 15 -> 30 (because: phone)\n" in result.stdout


def test_nothing_is_compared_where_nothing_changes(shelf: Path, past: str) -> None:
    folder = client(Path("clinic"))
    (folder / "fairlead.lock").unlink()

    found = upgrade_json(folder, "--dry-run", "--data", past)

    assert [(each["scenarios"], each["records"]) for each in found["rulesets"]] == [(None, None)]


def test_an_old_version_that_is_no_longer_there_is_said_not_to_be_compared(shelf: Path) -> None:
    folder = client(Path("clinic"))
    write(shelf, ruleset("1.1.0"))

    result = run("upgrade", folder, "--dry-run")

    assert result.exit_code == 0
    assert (
        "client/scoring:\n  not compared with what it was: there is no version 1.0.0 of `base/scoring`\n"
    ) in result.stdout


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("missing.csv", "there is no file `missing.csv` [no-such-file]"),
        ("-", "past records are read twice, and standard input can be read once [wrong-usage]"),
        ("past.doc", "the name `past.doc` does not tell a format [unknown-format]"),
    ],
)
def test_past_records_that_cannot_be_read_are_refused_before_anything_else(
    shelf: Path, data: str, message: str
) -> None:
    folder = client(Path("clinic"))

    result = run("upgrade", folder, "--data", data)

    assert result.exit_code == 2
    assert message in result.stderr


def test_columns_that_no_ruleset_has_are_refused(shelf: Path) -> None:
    folder = client(Path("clinic"))
    ship(shelf)
    Path("past.csv").write_text("lead.id,lead.colour\nL-1,red\n", "utf-8")
    before = contents(folder)

    result = run("upgrade", folder, "--data", "past.csv")

    assert result.exit_code == 2
    assert "past.csv:1: the column" in result.stderr
    assert "lead.colour" in result.stderr
    assert contents(folder) == before


def test_records_of_one_ruleset_do_not_stop_another(shelf: Path) -> None:
    folder = client(Path("clinic"))
    text = (
        '{"name": "partner.hot", "kind": "formula", "title": "x", "result": {"type": "boolean"}, "value": %s}'
    )
    people = model()
    people["name"] = "base/people"
    people["entities"] = {"partner": people["entities"]["lead"]}
    write(shelf, people)
    for version, value in (("1.0.0", '{"var": "partner.records"}'), ("1.1.0", '{"var": "partner.dates"}')):
        document = {
            **ruleset(version),
            "name": "base/people-rules",
            "model": {"name": "base/people", "version": "1.0.0"},
            "decisions": [json.loads(text % value)],
        }
        del document["parameters"]
        write(shelf, document)
        write(shelf, document, older=True)
        if version == "1.0.0":
            (folder / "fairlead.toml").write_text(
                'name = "clinic"\nrulesets = ["client/scoring", "base/people-rules"]\n'
            )
            assert run("upgrade", folder).exit_code == 0
    ship(shelf)
    Path("past.csv").write_text("lead.id,lead.channel\nL-1,phone\n", "utf-8")

    result = run("upgrade", folder, "--dry-run", "--data", "past.csv")

    assert result.exit_code == 0
    assert "1 compared, 1 changed" in result.stdout
    assert "the past records cannot be read for this ruleset: " in result.stdout


def edited_base(shelf: Path) -> tuple[Path, str, str]:
    """Return a client on a base that was edited under its version, with both digests of the base."""
    folder = client(Path("clinic"))
    old = json.loads((folder / "fairlead.lock").read_text("utf-8"))["pins"]["base/scoring"]["digest"]
    changed = ruleset()
    changed["decisions"][0]["rows"][2]["points"] = 30
    write(shelf, changed)
    [pin] = upgrade_json(folder, "--dry-run")["pins"]
    return folder, old, pin["digest"]


def test_a_base_that_was_edited_under_its_version_is_a_finding_with_both_digests(shelf: Path) -> None:
    folder, old, new = edited_base(shelf)
    before = contents(folder)
    assert old != new

    for words in ([], ["--dry-run"]):
        result = run("upgrade", folder, *words)

        assert result.exit_code == 1
        assert (
            f"base/scoring 1.0.0 was edited under the same version: pinned is {old}, now it is {new}\n"
        ) in result.stdout
        assert "nothing was written: give what was edited a new version, or accept it" in result.stdout
        assert contents(folder) == before
    found = upgrade_json(folder)
    assert found["applied"] is False
    assert [(pin["edited"], pin["old_digest"], pin["digest"]) for pin in found["pins"]] == [(True, old, new)]
    assert contents(folder) == before
    assert run("validate", folder).exit_code == 2


def test_an_edited_base_is_pinned_where_it_is_accepted(shelf: Path) -> None:
    folder, _, new = edited_base(shelf)

    result = run("upgrade", folder, "--accept-edited")

    assert result.exit_code == 0
    assert new in (folder / "fairlead.lock").read_text("utf-8")
    assert run("validate", folder).exit_code == 0
    assert run("upgrade", folder).stdout == "everything is up to date\n"


def test_a_fleet_names_the_client_whose_base_was_edited(shelf: Path) -> None:
    edited_base(shelf)

    [report] = json.loads(run("fleet", "clinic", "--json").stdout)["clients"]

    assert "base/scoring was edited under the version that is pinned" in report["notes"]
