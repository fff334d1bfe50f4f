"""What counts as a change between two versions, and in which words it is said."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.project.shelf import client, run, stock, write_scenarios
from tests.ruleset.clinic import ruleset, write

from fairlead.engine import Program
from fairlead.engine.load import load
from fairlead.engine.results import RewardResult
from fairlead.facts.values import Money
from fairlead.project import open
from fairlead.project.comparison import Changes, Comparison, Decided, Outcome
from fairlead.project.scenarios import client_scenario_files, scenario_files

FEE = Money(Decimal("500.00"), "USD")


@pytest.mark.parametrize(
    ("outcome", "words", "json"),
    [
        (Outcome("value", 15), "15", 15),
        (Outcome("value", False), "no", False),
        (Outcome("value", FEE), "500.00 USD", {"amount": "500.00", "currency": "USD"}),
        (Outcome("undetermined"), "undetermined", {"undetermined": True}),
        (Outcome("conflict"), "conflict", {"conflict": True}),
        (Outcome("absent"), "nothing", None),
        (
            Outcome("value", RewardResult("P-1", FEE, True, None, False)),
            "accrues 500.00 USD, payable: not known, reversed: no",
            {
                "payee": "P-1",
                "amount": {"amount": "500.00", "currency": "USD"},
                "accrues": True,
                "payable": None,
                "reversed": False,
            },
        ),
        (
            Outcome("value", RewardResult("P-1", FEE, False, False, False)),
            "does not accrue",
            {
                "payee": "P-1",
                "amount": {"amount": "500.00", "currency": "USD"},
                "accrues": False,
                "payable": False,
                "reversed": False,
            },
        ),
    ],
)
def test_an_outcome_in_words_and_for_machines(outcome: Outcome, words: str, json: Any) -> None:
    assert outcome.words == words
    assert outcome.as_json() == json


def band(hit_policy: str, otherwise: Any) -> dict[str, Any]:
    """A ruleset whose rows are both true of a lead with records that phones."""
    rows = [
        {"id": "records", "when": {"var": "lead.records"}, "then": "hot"},
        {"id": "phone", "when": {"==": [{"var": "lead.channel"}, "phone"]}, "then": "warm"},
    ]
    return {
        **ruleset(),
        "decisions": [
            {
                "name": "lead.band",
                "kind": "table",
                "title": "band",
                "result": {"type": "one_of", "values": ["hot", "warm", "cold"]},
                "hit_policy": hit_policy,
                "rows": rows,
                "otherwise": otherwise,
            }
        ],
    }


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return stock(tmp_path / "shelf", monkeypatch)


def decided(program: Program, lead: dict[str, Any]) -> Decided:
    result = program.evaluate({"lead": lead}, date(2026, 11, 21))
    return result.decisions, result.reasons, result.unknown


def compare(shelf: Path, old: dict[str, Any], new: dict[str, Any], *leads: dict[str, Any]) -> Changes:
    programs = []
    for document in (old, new):
        write(shelf, document)
        programs.append(load("base/scoring"))
    comparison = Comparison(programs[0], programs[1], 3)
    for number, lead in enumerate(leads, start=1):
        comparison.add(f"L-{number}", *(decided(program, lead) for program in programs))
    return comparison.changes


def test_a_conflict_and_what_is_undetermined_are_two_results(shelf: Path) -> None:
    changes = compare(
        shelf,
        band("unique", "undetermined"),
        band("first", "undetermined"),
        {"records": True, "channel": "phone"},
        {"records": False, "channel": "email"},
    )

    [witness] = changes.witnesses["lead.band"]
    assert (witness.record, witness.old.words, witness.new.words) == ("L-1", "conflict", "hot")
    assert (changes.compared, changes.changed) == (2, 1)


def test_what_becomes_undetermined_is_a_change(shelf: Path) -> None:
    changes = compare(
        shelf, band("first", {"then": "cold"}), band("first", "undetermined"), {"records": False}
    )

    [witness] = changes.witnesses["lead.band"]
    assert (witness.old.words, witness.new.words) == ("cold", "undetermined")


def test_decisions_that_one_version_alone_has_are_left_to_the_words(shelf: Path) -> None:
    more = ruleset()
    fewer = {**ruleset(), "decisions": ruleset()["decisions"][:1]}
    changes = compare(shelf, fewer, more, {"channel": "phone"})

    assert not changes.any


def test_a_clients_scenarios_are_found_by_the_ruleset_that_they_name(shelf: Path) -> None:
    folder = client(Path("clinic"))
    tests = folder / "tests"
    write_scenarios(tests / "calls" / "more.json", "client/scoring", {"A call scores 15": 15})
    write_scenarios(tests / "shipped.json", "base/scoring", {"A call scores 15": 15})
    (folder / "fairlead.toml").write_text('name = "c"\nrulesets = ["client/scoring", "base/scoring"]\n')
    (tests / "note.json").write_text("[]")
    assert run("upgrade", folder).exit_code == 0
    project = open(folder)

    assert client_scenario_files(project, "client/scoring") == [
        tests / "calls" / "more.json",
        tests / "scoring.json",
    ]
    assert client_scenario_files(project, "base/scoring") == [tests / "shipped.json"]
    assert scenario_files(project, "base/scoring") == [
        tests / "shipped.json",
        shelf / "base" / "tests" / "scoring.json",
    ]
    assert "client/scoring: 2 scenarios, 2 passed" in run("test", folder).stdout


def test_scenarios_of_no_ruleset_of_the_project_count_by_their_files_name(shelf: Path) -> None:
    folder = client(Path("clinic"))
    write_scenarios(folder / "tests" / "scoring.json", "base/scoring", {"A call scores 15": 15})

    assert client_scenario_files(open(folder), "client/scoring") == [folder / "tests" / "scoring.json"]


def test_what_rewards_change_by_is_summed() -> None:
    tiers, flat = (
        load(f"medical-travel/{name}") for name in ("partner-tiers-as-published", "partner-programme")
    )
    comparison = Comparison(tiers, flat, 1)
    record = {
        "introduction": {"verified": True, "file_complete": True},
        "partner": {"id": "TA-101", "introductions_this_year": 6},
        "treatment": {
            "completed": True,
            "total_cost": {"amount": "10000", "currency": "USD"},
            "billed_on": "2026-10-01",
        },
    }
    late = {**record, "treatment": {"completed": False}}
    for name, each in (("I-1", record), ("I-2", late)):
        first, second = (program.evaluate(each, date(2026, 11, 21)) for program in (tiers, flat))
        comparison.add(
            name,
            (first.decisions, first.reasons, first.unknown),
            (second.decisions, second.reasons, second.unknown),
        )

    # before: 500 + 5 % of 10,000 for the treated patient, nothing for the other; after: 500 for each
    assert comparison.changes.by_how_much == {"introduction.reward": {"USD": Decimal("0.00")}}
    comparison.add("I-3", *((r.decisions, r.reasons, r.unknown) for r in (first, second)))
    assert comparison.changes.by_how_much == {"introduction.reward": {"USD": Decimal("500.00")}}
