"""Exports as they come: read without a mapping being written, or refused with what to do."""

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.commands import invoke

from fairlead.engine import load
from fairlead.files import InputFile, Reject, open_input

EXPORTS = Path(__file__).parents[1] / "files" / "exports"
SCORING = "medical-travel/lead-scoring"
TIERS = "medical-travel/partner-tiers-as-published"
PARTNERS = "partner.id,partner.name\nP-1,Alpha\nP-2,Beta\nP-3,Gamma\n"
INTRODUCTIONS = (
    "introduction.id,introduction.introduced_on,partner.id\n"
    + "".join(f"I-{number},2026-03-01,P-1\n" for number in range(6))
    + "I-6,2025-03-01,P-2\nI-7,2026-03-01,P-2\nI-8,2026-03-01,P-9\nI-9,2026-03-01,\n"
)


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def evaluate(ruleset: str, source: Path | str, *words: str) -> Any:
    line = [
        "evaluate",
        ruleset,
        "--input",
        str(source),
        "--output",
        "out.csv",
        "--as-of",
        "2026-11-21",
        *words,
    ]
    result = invoke(*line)
    assert "Traceback" not in result.output
    return result


def results() -> list[dict[str, str]]:
    with Path("out.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("export", "mapping", "scores"),
    [
        ("hubspot-contacts.csv", "hubspot-contacts", {"151001": "70", "151002": "5", "151003": "10"}),
        ("salesforce-report.csv", "salesforce-leads", {"": "0"}),
        ("salesforce-export.csv", "salesforce-leads", {"00Q000000000001AAA": "35"}),
        ("zoho-leads.csv", "zoho-leads", {"zcrm_495000000000001": "55", "zcrm_495000000000002": "0"}),
    ],
)
def test_the_default_exports_are_read_without_a_mapping_being_written(
    export: str, mapping: str, scores: dict[str, str]
) -> None:
    result = evaluate(SCORING, EXPORTS / export)

    assert result.exit_code == 0
    assert f"the columns are read with the mapping mappings/{mapping}" in result.stdout
    assert {row["id"]: row["lead.score"] for row in results()} == scores


def test_what_was_understood_is_told() -> None:
    told = evaluate(SCORING, EXPORTS / "hubspot-contacts.csv").stdout

    assert "columns that are not used: `Favourite colour`" in told
    assert "values of `Country/Region` that are not mapped, and read as absent: `Atlantis`" in told

    told = evaluate(SCORING, EXPORTS / "salesforce-report.csv").stdout

    assert "the dates of `Create Date` are read with the month first, as `11/18/2026` shows" in told


def test_the_same_is_told_to_machines() -> None:
    found = json.loads(evaluate(SCORING, EXPORTS / "zoho-leads.csv", "--json").stdout)

    assert found["mapping"] == "mappings/zoho-leads"
    assert found["encoding"] == "utf-8"
    assert found["header"] == 1
    assert found["unused_columns"] == []
    assert found["unmapped_values"] == {"Preferred language": ["Deutsch"]}


def test_an_export_in_utf16_with_semicolons_is_read() -> None:
    text = (EXPORTS / "hubspot-contacts.csv").read_text("utf-8").replace('","', '";"')
    Path("contacts.csv").write_text(text, "utf-16")

    result = evaluate(SCORING, "contacts.csv")

    assert "the encoding of the input is utf-16" in result.stdout
    assert "the delimiter of the input is a semicolon" in result.stdout
    assert [row["lead.score"] for row in results()] == ["70", "5", "10"]


def test_a_code_page_is_read_when_it_is_named() -> None:
    Path("leads.csv").write_bytes("lead.id,lead.name,lead.channel\nL-1,Jürgen,phone\n".encode("cp1252"))

    assert evaluate(SCORING, "leads.csv").exit_code == 1
    assert "--encoding windows-1252" in Path("out.csv.rejects.jsonl").read_text("utf-8")
    assert evaluate(SCORING, "leads.csv", "--encoding", "windows-1252").exit_code == 0
    assert results()[0]["lead.score"] == "15"


def test_a_projects_own_mapping_is_taken() -> None:
    Path("fairlead.toml").write_text(f'name = "clinic"\nruleset = "{SCORING}"\n', "utf-8")
    Path("mappings").mkdir()
    own = {
        "fairlead": 1,
        "kind": "mapping",
        "name": "mappings/list",
        "version": "1.0.0",
        "title": "List",
        "about": "The clinic's list.",
        "recognised_by": [["Hasta No"]],
        "facts": {
            "lead.id": {"column": ["Hasta No"]},
            "lead.submitted_medical_records": {
                "column": ["Rapor"],
                "values": {"Evet": True, "Hayır": False},
            },
        },
    }
    Path("mappings/list.json").write_text(json.dumps(own), "utf-8")
    Path("list.csv").write_text("Hasta No;Rapor\n1;Evet\n2;Hayır\n3;belki\n", "utf-8")

    invoke("upgrade", ".")
    result = evaluate(SCORING, "list.csv")

    assert "the columns are read with the mapping mappings/list" in result.stdout
    assert "3 read = 2 evaluated + 1 rejected" in result.stdout
    assert [row["lead.score"] for row in results()] == ["25", "0"]


def test_columns_that_nothing_knows_are_refused_and_nothing_is_written() -> None:
    Path("list.csv").write_text("Hasta No,Rapor\n1,Evet\n", "utf-8")

    result = evaluate(SCORING, "list.csv")

    assert result.exit_code == 2
    assert "[unknown-columns]" in result.stderr
    assert not Path("out.csv").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--dates", "sideways"], "`--dates` takes no `sideways`"),
        (["--encoding", "klingon"], "[unknown-encoding]"),
        (["--mapping", "nowhere"], "there is no mapping `nowhere`"),
        (["--related", "introductions"], "does not name a list and a file"),
        (["--related", "introductions=nowhere.csv"], "[no-such-file]"),
        (["--related", "interactions=other.csv"], "[unknown-related]"),
        (["--related", "introductions=partners.csv"], "[same-file]"),
    ],
)
def test_options_that_cannot_be_followed_are_refused(words: list[str], message: str) -> None:
    Path("partners.csv").write_text(PARTNERS, "utf-8")

    result = evaluate(TIERS, "partners.csv", *words)

    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_aggregates_are_computed_from_related_records(kind: str) -> None:
    Path("partners.csv").write_text(PARTNERS, "utf-8")
    related = Path(f"introductions.{kind}")
    if kind == "csv":
        related.write_text(INTRODUCTIONS, "utf-8")
    else:
        rows = csv.DictReader(INTRODUCTIONS.splitlines())
        related.write_text("".join(json.dumps(nested(row)) + "\n" for row in rows), "utf-8")

    result = evaluate(TIERS, "partners.csv", "--related", f"introductions={related}")

    assert result.exit_code == 0
    assert [(row["id"], row["partner.tier"]) for row in results()] == [
        ("P-1", "silver"),
        ("P-2", "bronze"),
        ("P-3", ""),
    ]
    assert "introductions: 10 read" in result.stdout
    assert "1 without their partner in the input" in result.stdout
    assert "1 without the id of their partner" in result.stdout


def nested(row: dict[str, str]) -> dict[str, dict[str, str]]:
    record: dict[str, dict[str, str]] = {}
    for name, cell in row.items():
        if cell:
            entity, _, fact = name.partition(".")
            record.setdefault(entity, {})[fact] = cell
    return record


def test_related_records_join_records_in_json_too() -> None:
    Path("partners.jsonl").write_text(
        '{"partner": {"id": "P-1"}}\n{"partner": {"id": "P-2", "introductions_this_year": 3}}\n'
        '{"partner": {"name": "No id"}}\n'
    )
    Path("introductions.csv").write_text(INTRODUCTIONS, "utf-8")

    result = evaluate(TIERS, "partners.jsonl", "--related", "introductions=introductions.csv")

    assert "3 read = 2 evaluated + 1 rejected" in result.stdout
    assert "1 rejected: stated-twice" in result.stdout
    assert [row["partner.tier"] for row in results()] == ["silver", ""]
    assert results()[1]["missing"] == "partner.introductions_this_year"


def test_a_column_that_is_computed_from_related_records_is_refused() -> None:
    Path("partners.csv").write_text("partner.id,partner.introductions_this_year\nP-1,3\n", "utf-8")
    Path("introductions.csv").write_text(INTRODUCTIONS, "utf-8")

    result = evaluate(TIERS, "partners.csv", "--related", "introductions=introductions.csv")

    assert result.exit_code == 2
    assert "[stated-twice]" in result.stderr


def test_a_related_record_that_cannot_be_read_or_stands_twice_stops_the_run() -> None:
    Path("partners.csv").write_text(PARTNERS, "utf-8")
    bad = (
        "introduction.id,introduction.introduced_on,partner.id\n"
        "I-1,2026-03-01,P-1\nI-1,2026-03-01,P-1\nI-2,soon,P-1\n"
    )
    Path("introductions.csv").write_text(bad, "utf-8")

    result = evaluate(TIERS, "partners.csv", "--related", "introductions=introductions.csv")

    assert result.exit_code == 2
    assert "introductions.csv:3: two related records have the id `I-1` [duplicate-id]" in result.stderr
    assert "introductions.csv:4: `introduction.introduced_on` must be a date [wrong-type]" in result.stderr
    assert not Path("out.csv").exists()


def test_a_formula_in_an_export_is_neutralised() -> None:
    text = (EXPORTS / "hubspot-contacts.csv").read_text("utf-8").replace('"151001"', '"=1+1"')
    Path("contacts.csv").write_text(text, "utf-8")

    evaluate(SCORING, "contacts.csv")

    assert results()[0]["id"] == "'=1+1"


@pytest.mark.parametrize(
    ("partners", "introductions", "tiers", "told"),
    [
        (
            "salesforce-accounts.csv",
            "salesforce-opportunities.csv",
            # seven this year; one this year, one last year and one duplicate; none
            {"001000000000001AAA": "silver", "001000000000002AAA": "bronze", "001000000000003AAA": ""},
            [
                "introductions: 12 read",
                "  the columns are read with the mapping mappings/salesforce-opportunities",
                "  1 without their partner in the input",
                "  1 without the id of their partner",
            ],
        ),
        (
            "hubspot-companies.csv",
            "hubspot-deals.csv",
            {"9001": "bronze", "9002": ""},
            [
                "  the columns are read with the mapping mappings/hubspot-deals",
                # a deal of two companies is no introduction by either
                "  1 without their partner in the input",
                "  1 without the id of their partner",
            ],
        ),
        (
            "zoho-vendors.csv",
            "zoho-deals.csv",
            {"zcrm_495000000000101": "bronze", "zcrm_495000000000102": ""},
            ["  the columns are read with the mapping mappings/zoho-deals"],
        ),
    ],
)
def test_exports_of_partners_and_of_their_introductions_give_the_tiers(
    partners: str, introductions: str, tiers: dict[str, str], told: list[str]
) -> None:
    result = evaluate(TIERS, EXPORTS / partners, "--related", f"introductions={EXPORTS / introductions}")

    assert result.exit_code == 0, result.output
    assert {row["id"]: row["partner.tier"] for row in results()} == tiers
    lines = result.stdout.splitlines()
    assert f"the columns are read with the mapping mappings/{partners.removesuffix('.csv')}" in lines
    for line in told:
        assert line in lines
    assert not any(line.strip().startswith("columns that are not used") for line in lines)


def test_an_export_of_partners_may_state_the_counts_itself() -> None:
    result = evaluate(TIERS, EXPORTS / "zoho-accounts.csv")

    assert "the columns are read with the mapping mappings/zoho-accounts" in result.stdout
    assert [(row["id"], row["partner.tier"]) for row in results()] == [
        ("zcrm_495000000000201", "silver"),
        ("zcrm_495000000000202", ""),
    ]


def test_an_export_of_introductions_is_decided_itself() -> None:
    result = evaluate("medical-travel/partner-programme", EXPORTS / "hubspot-deals.csv", "--json")

    found = json.loads(result.stdout)
    assert (found["read"], found["rejected"]) == (5, 0)
    assert found["mapping"] == "mappings/hubspot-deals"
    assert found["unused_columns"] == []


@pytest.mark.parametrize(
    ("export", "ruleset", "facts"),
    [
        (
            "hubspot-companies.csv",
            TIERS,
            {
                "id": "9001",
                "name": "Alpha Travel",
                "type": "travel_agency",
                "country": "GB",
                "languages": ("en", "de"),
                "licence_valid_until": date(2027, 6, 30),
                "screened_on": date(2026, 10, 1),
                "screening_clear": True,
            },
        ),
        (
            "salesforce-accounts.csv",
            TIERS,
            {
                "id": "001000000000001AAA",
                "name": "Alpha Travel",
                "type": "travel_agency",
                "country": "GB",
                "languages": ("en", "de"),
                "licence_valid_until": date(2027, 6, 30),
                "screened_on": date(2026, 10, 1),
                "screening_clear": True,
            },
        ),
        (
            "zoho-vendors.csv",
            TIERS,
            {
                "id": "zcrm_495000000000101",
                "name": "Alpha Travel",
                "type": "travel_agency",
                "country": "GB",
                "licence_valid_until": date(2027, 6, 30),
                "screening_clear": True,
            },
        ),
    ],
)
def test_columns_of_the_facility_are_known_by_label_and_by_api_name(
    export: str, ruleset: str, facts: dict[str, Any]
) -> None:
    rejects: list[Reject] = []
    with open_input(load(ruleset), InputFile(str(EXPORTS / export)), rejects.append) as records:
        _, _, first = next(iter(records))

    assert first == {"partner": facts}
    assert rejects == []


def test_what_is_said_about_the_input_goes_for_related_files_too() -> None:
    Path("partners.csv").write_text("partner.id;partner.name\nP-1;Jürgen\n", "cp1254")
    Path("introductions.csv").write_text(
        "introduction.id;introduction.introduced_on;partner.id\n1;03/04/2026;P-1\n2;05/04/2025;P-1\n",
        "cp1254",
    )
    words = ["--encoding", "windows-1254", "--related", "introductions=introductions.csv"]

    assert "ambiguous-notation" in evaluate(TIERS, "partners.csv", *words).stderr
    result = evaluate(TIERS, "partners.csv", *words, "--dates", "day-first")

    assert result.exit_code == 0, result.output
    assert [row["partner.tier"] for row in results()] == ["bronze"]


def test_a_projects_own_mapping_reads_related_files_too() -> None:
    Path("fairlead.toml").write_text(f'name = "clinic"\nruleset = "{TIERS}"\n', "utf-8")
    Path("mappings").mkdir()
    own = {
        "fairlead": 1,
        "kind": "mapping",
        "name": "mappings/list",
        "version": "1.0.0",
        "title": "List",
        "about": "The clinic's list.",
        "recognised_by": [["Tarih", "Acente"]],
        "facts": {
            "introduction.introduced_on": {"column": ["Tarih"]},
            "partner.id": {"column": ["Acente"]},
        },
    }
    Path("mappings/list.json").write_text(json.dumps(own), "utf-8")
    Path("partners.csv").write_text("partner.id\nP-1\n", "utf-8")
    Path("list.csv").write_text("Tarih;Acente\n21.11.2026;P-1\n", "utf-8")
    invoke("upgrade", ".")

    result = evaluate(TIERS, "partners.csv", "--related", "introductions=list.csv")

    assert [row["partner.tier"] for row in results()] == ["bronze"]
    assert "  the dates of `Tarih` are read with the day first, as `21.11.2026` shows" in result.stdout


def test_a_record_of_an_export_is_explained_as_it_is_evaluated() -> None:
    Path("leads.csv").write_bytes("lead.id|lead.name|lead.channel\nL-1|Ayşe Işık|phone\n".encode("cp1254"))
    words = ["explain", SCORING, "--input", "leads.csv", "--line", "2", "--decisions", "lead.score"]

    refused = invoke(*words)
    assert refused.exit_code == 2
    assert "`lead.name` is not UTF-8" in refused.stderr
    told = invoke(*words, "--encoding", "windows-1254", "--delimiter", "pipe")
    assert told.exit_code == 0, told.output
    assert "lead score (lead.score): 15" in told.stdout
    related = ["--related", f"introductions={EXPORTS / 'hubspot-deals.csv'}"]
    words = ["explain", TIERS, "--input", str(EXPORTS / "hubspot-companies.csv"), "--line", "2", *related]
    told = invoke(*words, "--as-of", "2026-11-21", "--json")
    assert json.loads(told.stdout)["decisions"]["partner.tier"] == "bronze"


def test_what_is_said_about_an_input_needs_one() -> None:
    words = ["explain", SCORING, "--facts", "{}", "--encoding", "utf-8"]

    assert "goes with `--input`, and not with `--facts`" in invoke(*words).stderr
