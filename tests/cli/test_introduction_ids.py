"""An introduction is named alike by a sync and by an export of deals, and counted once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.commands import invoke
from typer.testing import Result

ROOT = Path(__file__).parents[2]

#: by CRM: the header of an export of deals with the lead's id, a row, the lead's id in it
EXPORTS = {
    "hubspot": (
        "Record ID,Deal Name,Deal Stage,Create Date,Associated Company IDs,{}",
        "{},Patient,Closed Won,2026-03-01 08:00,9001,{}",
    ),
    "salesforce": (
        "Id,Name,StageName,CloseDate,CreatedDate,AccountId,{}",
        "{},Patient,Prospecting,2026-12-31,2026-03-02T08:00:00.000+0000,9001,{}",
    ),
    "zoho": (
        "Record Id,Deal Name,Stage,Closing Date,Created Time,Vendor Name.id,{}",
        "{},Patient,Qualification,2026-12-31,2026-03-01 08:00:00,9001,{}",
    ),
}


def evaluate(*options: str) -> Result:
    words = ["evaluate", "medical-travel/partner-programme", *options, "--as-of", "2026-11-21"]
    result = invoke(*words)
    assert not isinstance(result.exception, Exception), result.exception
    return result


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(crm: str, header: str, *rows: tuple[str, str]) -> None:
    head, row = EXPORTS[crm]
    lines = [head.format(header), *(row.format(*values) for values in rows)]
    Path("deals.csv").write_text("\n".join(lines) + "\n", "utf-8")


@pytest.mark.parametrize("crm", EXPORTS)
@pytest.mark.parametrize(("header", "number"), [("Introduction number", "LEAD-7"), ("Notes", "DEAL-1")])
def test_an_export_of_deals_names_an_introduction_by_its_lead_where_it_states_one(
    crm: str, header: str, number: str
) -> None:
    written(crm, header, ("DEAL-1", "LEAD-7"))

    result = evaluate("--input", "deals.csv", "--output", "out.jsonl", "--decisions", "introduction.reward")

    assert result.exit_code == 0, result.output
    (line,) = Path("out.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["id"] == number


@pytest.mark.parametrize("crm", EXPORTS)
def test_two_deals_of_one_introduction_are_not_counted_as_two(crm: str) -> None:
    written(crm, "Introduction number", ("DEAL-1", "LEAD-7"), ("DEAL-2", "LEAD-7"))
    Path("partners.csv").write_text("partner.id\n9001\n", "utf-8")

    result = evaluate(
        "--input", "partners.csv", "--related", "introductions=deals.csv",
        "--output", "tiers.csv", "--decisions", "partner.tier",
    )  # fmt: skip

    assert result.exit_code == 2
    assert "two related records have the id `LEAD-7`" in result.stderr


@pytest.mark.parametrize("crm", ["hubspot", "salesforce", "zoho"])
def test_a_sync_reads_each_introduction_from_its_lead(crm: str) -> None:
    document = json.loads((ROOT / f"connectors/{crm}/fairlead_{crm}/mapping.json").read_text("utf-8"))
    embodying = {name for name, part in document["objects"].items() if "introduction" in part["entities"]}
    leads = {name for name, part in document["objects"].items() if "lead" in part["entities"]}

    assert len(embodying) == 1
    assert embodying == leads
