"""What the demo shows of its invented year; the figures are worked by hand from the tables beside it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.commands import invoke

from fairlead.cli import demo_audit
from fairlead.cli.screen import width
from fairlead.ruleset.catalogue import shipped_root

FOLDER = shipped_root() / "medical-travel" / "demo"
EXPORTS = ("contacts.csv", "introductions.csv", "partners.csv")


@pytest.fixture(scope="module", autouse=True)
def audited_once() -> Iterator[None]:
    """Audit once for all of these tests: the rulesets and the day are the same each time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo_audit, "_audited", cache(demo_audit._audited))
        yield


@cache
def printed(*words: str) -> str:
    """Return what the demo prints: the same each time."""
    result = invoke("demo", *words)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def demo() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(printed("--json"))
    return found


@pytest.fixture(scope="module")
def whole() -> str:
    return printed("--all")


def test_the_files_are_what_the_script_writes(tmp_path: Path) -> None:
    # -B: nothing but the three files is written
    subprocess.run([sys.executable, "-B", str(FOLDER / "generate.py"), str(tmp_path)], check=True)

    assert sorted(path.name for path in tmp_path.iterdir()) == list(EXPORTS)
    for name in EXPORTS:
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name


def test_nobody_in_the_files_is_real() -> None:
    text = (FOLDER / "contacts.csv").read_text("utf-8-sig")
    addresses = set(re.findall(r"@([^\"]+)\"", text.lower()))
    numbers = set(re.findall(r'"(?:\+|00)([0-9][0-9 ()/-]+)"', text))

    assert addresses == {"example.com", "example.org", "posta.example", "mail.example"}
    # the ranges kept for fiction, each by its beginning
    british = ("447700900", "442079460", "441314960", "441614960")
    kept = (*british, "493023125", "498999998", "492214710", "120255501", "121255501")
    digits = [re.sub(r"\(0\)|[^0-9]", "", number) for number in numbers]
    assert len(digits) > 300
    assert [number for number in digits if not number.startswith(kept)] == []


def test_every_row_is_accounted_for(demo: dict[str, Any]) -> None:
    """500 leads, 7 entered twice, 3 that look alike, 3 entered late; 6 unreadable cells and one torn row."""
    counts = {file["file"]: (file["read"], file["evaluated"], file["rejected"]) for file in demo["files"]}

    assert counts == {
        "contacts.csv": (513, 506, 7),
        "partners.csv": (12, 12, 0),
        "introductions.csv": (60, 60, 0),
    }
    assert len(demo["queue"]) + len(demo["not_to_be_contacted"]) == 506


def test_each_rejected_row_has_its_line_and_its_reason(demo: dict[str, Any]) -> None:
    contacts = demo["files"][0]
    # read as bytes: a message may hold a line break of its own
    lines = (FOLDER / "contacts.csv").read_bytes().decode("utf-8-sig").split("\n")
    found = [(reject["code"], reject["fact"], reject["found"]) for reject in contacts["rejects"]]

    assert found == [
        ("out-of-range", "lead.created_at", "2026-13-05 10:00"),
        ("unknown-value", "lead.channel", "Fax"),
        ("wrong-type", "lead.budget", "about 8000"),
        ("wrong-type", "lead.pages_read", "many"),
        ("ragged-row", None, "11"),
        ("unknown-value", "lead.submitted_medical_records", "maybe"),
        ("wrong-type", "lead.created_at", "last Tuesday"),
    ]
    # the places in the tables of the script, from 151001 on
    places = [151022, 151075, 151140, 151223, 151261, 151302, 151378]
    began = [lines[reject["line"] - 1][:8] for reject in contacts["rejects"]]
    assert began == [f'"{place}"' for place in places]


def test_the_export_is_understood_as_it_is(demo: dict[str, Any]) -> None:
    contacts, partners, introductions = demo["files"]

    assert contacts["mapping"] == "mappings/hubspot-contacts"
    assert contacts["delimiter"] == "comma"
    assert contacts["empty_rows"] == 4
    assert contacts["unused_columns"] == ["`Date of birth`", "`Message`"]
    assert contacts["unmapped_values"] == {"Country/Region": ["Deutschland", "England", "KSA", "Österreich"]}
    assert partners["delimiter"] == "semicolon"
    assert partners["notes"] == [
        "the dates of `partner.licence_valid_from` are read with the day first, as `01.01.2025` shows",
        "the dates of `partner.licence_valid_until` are read with the day first, as `30.06.2027` shows",
    ]
    assert [(each["name"], each["read"]) for each in partners["related"]] == [("introductions", 60)]
    assert introductions["delimiter"] == "comma"


def test_the_evaluate_command_reads_the_same_export_alike(tmp_path: Path) -> None:
    words = ["evaluate", "medical-travel/lead-scoring", "--input", str(FOLDER / "contacts.csv")]
    words += ["--output", str(tmp_path / "scores.jsonl"), "--as-of", "2026-11-21"]
    result = invoke(*words)

    assert result.exit_code == 1
    assert "513 read = 506 evaluated + 7 rejected" in result.stdout


def test_the_queue_stands_by_urgency_and_each_lead_in_it_has_a_deadline(demo: dict[str, Any]) -> None:
    order = ["clinician_now", "call_now", "call_next", "reply_and_nurture", "reply_in_turn"]
    places = [order.index(lead["priority"]) for lead in demo["queue"]]

    assert places == sorted(places)
    assert demo["queue"][0]["priority"] == "clinician_now"
    assert "Reported urgent symptoms: a clinician answers first" in demo["queue"][0]["reasons"]
    assert all(re.fullmatch(r"2026-11-\d\dT\d\d:\d\d:00Z", lead["deadline"]) for lead in demo["queue"])


def test_names_come_in_four_languages(demo: dict[str, Any]) -> None:
    names = {lead["name"] for lead in demo["queue"]}

    for family in ("Müller", "Smith", "Yılmaz", "الحربي"):
        assert any(name.endswith(family) for name in names), family


def test_people_entered_twice_are_told_with_what_they_share(demo: dict[str, Any]) -> None:
    """Seven of the ten second rows: the other three have another year, no year, a number without country."""
    found = [(pair["first"], pair["second"], pair["shared"]) for pair in demo["suspected_duplicates"]]

    assert found == [
        ("151013", "151501", ["email"]),
        ("151058", "151502", ["email"]),
        ("151104", "151503", ["phone"]),
        ("151167", "151504", ["phone"]),
        ("151232", "151505", ["name_and_birth_year"]),
        ("151319", "151506", ["name_and_birth_year"]),
        ("151403", "151507", ["email", "phone"]),
    ]


def test_nobody_is_merged(demo: dict[str, Any]) -> None:
    ids = {lead["id"] for lead in demo["queue"]} | set(demo["not_to_be_contacted"])

    for pair in demo["suspected_duplicates"]:
        assert {pair["first"], pair["second"]} <= ids


def test_a_pair_says_what_hangs_on_it(demo: dict[str, Any], whole: str) -> None:
    by_first = {pair["first"]: pair for pair in demo["suspected_duplicates"]}

    # two partners introduced what may be one patient: TA-102 in November, TA-103 two days later
    assert by_first["151104"]["introductions"] == ["I-030", "I-039"]
    assert "introduced in I-030, I-039: fees may be counted twice" in whole
    assert by_first["151232"]["asked_not_to_be_contacted"] == ["151232"]
    assert "151232 asked not to be contacted: ask before anyone calls 151505" in whole


def test_late_entries_are_named_with_their_days(demo: dict[str, Any]) -> None:
    late = [(each["what"], each["id"], each["introduction"], each["days"]) for each in demo["late_entries"]]

    assert late == [
        ("lead", "151511", "I-017", 42),  # introduced on 5 October, entered on 16 November
        ("introduction", "I-027", "I-027", 42),  # 10 August, 21 September
        ("introduction", "I-035", "I-035", 22),  # 12 August, 3 September
        ("lead", "151512", "I-038", 35),  # 12 October
        ("lead", "151513", "I-045", 19),  # 28 October
        ("introduction", "I-049", "I-049", 44),  # 19 August, 2 October
    ]


def test_tiers_follow_from_the_introductions_of_the_year(demo: dict[str, Any]) -> None:
    """TA-101 made 18, of which one is taken back."""
    tiers = {each["partner"]: (each["introductions"], each["tier"]) for each in demo["partners"]}

    assert tiers == {
        "TA-101": (17, "gold"),
        "TA-102": (12, "silver"),
        "TA-103": (9, "silver"),
        "TA-104": (6, "silver"),
        "TA-105": (5, "bronze"),
        "TA-106": (0, "none"),
        "TA-107": (1, "bronze"),
        "TA-108": (2, "bronze"),
        "TA-109": (2, "bronze"),
        "TA-110": (3, "bronze"),
        "TA-111": (0, "none"),
        "TA-112": (2, "bronze"),
    }


def test_held_rewards_are_counted_by_what_holds_them(demo: dict[str, Any]) -> None:
    held = [reward for reward in demo["rewards"] if reward["state"] == "held"]
    checks = Counter(check for reward in held for check in reward["checks"])

    assert len(held) == 21
    assert checks == {
        "no_licence": 6,  # TA-104: three introductions after September, a file and a translation each
        "no_agreement": 5,  # TA-105: three before August; TA-109: two without any agreement
        "not_disclosed_in_time": 4,  # not told, told too late, told no amount, decision not on record
        "partner_not_screened": 3,  # TA-110: last screened in August
        "fees_vary": 2,  # TA-109
        "fees_excessive": 2,  # TA-109
        "complexity_not_fixed": 1,  # set twelve days later
        "duplicate_patient": 2,  # I-034: a patient whom TA-102 had introduced; a file and a translation
    }
    assert all(reward["because"] for reward in held)


@pytest.mark.parametrize(
    ("introduction", "because"),
    [
        ("I-003", ["It is not on record that the patient was told in time"]),
        ("I-005", ["The patient was not told about the payment before deciding"]),
        ("I-013", ["The complexity was not set by the facility within the days allowed"]),
        ("I-020", ["The patient was not told about the payment before deciding"]),
        ("I-046", ["No signed agreement was in force on the day of the introduction"]),
        ("I-056", ["The partner was not screened in time, or the screening found something"]),
        (
            "I-054",
            [
                "It is not on record that the agreement was in force",
                "It is not on record that the agreed fees vary with nothing",
                "It is not on record that the fees are within the valuation",
            ],
        ),
    ],
)
def test_a_held_reward_says_why(demo: dict[str, Any], introduction: str, because: list[str]) -> None:
    (held,) = [
        reward
        for reward in demo["rewards"]
        if reward["introduction"] == introduction and reward["state"] == "held"
    ]

    assert held["because"] == because


def test_limits_cut_what_is_above_them(demo: dict[str, Any]) -> None:
    over = [
        (reward["introduction"], reward["amount"]["amount"], reward["because"])
        for reward in demo["rewards"]
        if reward["state"] == "over_the_limit"
    ]

    assert over == [
        # the sixteenth file at 250 that counts: 4,000 against 3,750
        ("I-018", "250.00", ["at most 3,750.00 USD of this fee for one partner in a calendar year"]),
        # TA-102 earned 175 for this patient a week before; of 100 more, 75 are within 250
        ("I-034", "25.00", ["at most 250.00 USD of this fee for one patient"]),
    ]


def test_what_is_taken_back_does_not_count_towards_a_limit(demo: dict[str, Any]) -> None:
    back = [reward for reward in demo["rewards"] if reward["state"] == "reversed"]

    assert [(each["introduction"], each["because"]) for each in back] == [
        ("I-011", ["the introduction was a duplicate"])
    ]


def test_what_is_not_known_is_no_amount(demo: dict[str, Any]) -> None:
    unknown = [reward for reward in demo["rewards"] if reward["state"] == "not_known"]

    assert [each["introduction"] for each in unknown] == ["I-008", "I-036", "I-059", "I-060"]
    assert [each["amount"] for each in unknown] == [None] * 4
    assert unknown[0]["because"] == ["not known: the facility verified the introduction"]


def test_clinicians_earn_nothing(demo: dict[str, Any]) -> None:
    states = {each["state"] for each in demo["rewards"] if each["partner"] in ("TA-107", "TA-108")}

    assert states == {"nothing"}


def test_the_sums_balance(demo: dict[str, Any]) -> None:
    columns = ("accrued", "released", "held", "reversed", "over_the_limit")
    totals = {each["partner"]: tuple(each[column] for column in columns) for each in demo["totals"]}

    assert totals == {
        # 17 files at 250 and 3 travel files at 100
        "TA-101": ("4550.00", "3300.00", "750.00", "250.00", "250.00"),
        # 11 files at 175 and 2 travel files at 75
        "TA-102": ("2075.00", "1725.00", "350.00", "0", "0"),
        # 6 files at 100, 3 at 175; 5 translations at 50, 3 at 100
        # of I-034, for a patient whom TA-102 had introduced, 75 of 100 and a translation at 50 are held
        "TA-103": ("1675.00", "1525.00", "125.00", "0", "25.00"),
        # 6 files at 175 with 6 translations at 100
        "TA-104": ("1650.00", "825.00", "825.00", "0", "0"),
        "TA-105": ("500.00", "200.00", "300.00", "0", "0"),
        "TA-109": ("200.00", "0", "200.00", "0", "0"),
        "TA-110": ("300.00", "0", "300.00", "0", "0"),
    }


def test_the_quarter_is_proposed_with_what_stops_it(demo: dict[str, Any], whole: str) -> None:
    found = {
        each["partner"]: (each["amount"], each["outcome"], each["reasons"])
        for each in demo["proposal"]["payees"]
    }

    assert found == {
        "TA-101": ("3,300.00 USD", "pay", []),
        "TA-102": ("1,725.00 USD", "pay", []),
        "TA-103": ("1,525.00 USD", "pay", []),
        "TA-104": ("825.00 USD", "stopped", ["tax-form"]),
        "TA-105": ("200.00 USD", "pay", []),
    }
    # without the 825.00 of TA-104
    assert demo["proposal"]["totals"] == {"USD": "6,750.00 USD"}
    assert "to pay: 6,750.00 USD; 21 rewards are held, for the reasons above" in " ".join(whole.split())


def test_the_screen_says_that_the_sums_balance(whole: str) -> None:
    said = (
        "10,950.00 USD accrued = 7,575.00 released + 2,850.00 held + 250.00 taken back "
        "+ 275.00 over the limit"
    )

    assert said in " ".join(whole.split())


@pytest.mark.parametrize("language", ["en", "de", "tr", "ar"])
def test_no_line_is_wider_than_a_terminal(language: str) -> None:
    *lines, last = printed("--all", "--language", language).splitlines()

    report = Path(last.removeprefix("The whole report, for a browser: "))
    assert "Audit of Partner tiers as published" in report.read_text("utf-8")
    assert f"The files are in {FOLDER}" in lines
    assert [line for line in lines if width(line) > 80 and str(FOLDER) not in line] == []


def test_it_ends_with_the_audit_of_both_programmes(demo: dict[str, Any]) -> None:
    ended = printed().partition("fairlead audit: what the rules can and cannot do")[2]

    assert "Handling-fee programme: 57 proved, 8 not applicable" in ended
    assert "total treatment cost: 20,000 USD:" in ended
    refuted = [each for each in demo["audit"]["findings"] if each["verdict"] == "refuted"]
    assert {each["ruleset"] for each in refuted} == {"medical-travel/partner-tiers-as-published"}


def test_everything_is_there_when_asked_for(demo: dict[str, Any], whole: str) -> None:
    assert "`fairlead demo --all` shows" not in whole
    for lead in demo["queue"]:
        assert f"\n  {lead['id']}  " in whole
    assert "I-060" in whole


def test_only_the_first_are_shown_else() -> None:
    lines = printed("--first", "2").splitlines()

    assert "  and 500 more: `fairlead demo --all` shows them" in lines
    assert "    and 19 more: `fairlead demo --all` shows them" in lines


@pytest.mark.parametrize(
    ("language", "reason"),
    [
        ("de", "Medizinische Unterlagen geschickt"),
        ("tr", "Acil belirtiler bildirdi"),
        ("ar", "الإبلاغ عن أعراض عاجلة"),
        ("de", "Nicht belegt: "),
        ("de", "die Vermittlung war eine Dublette"),
        ("tr", "bir hasta için bu ücretten en çok 250.00 USD"),
        ("ar", "غير معروف: "),
        # for a language that there is not, the English text stands in
        ("nl", "not known: "),
    ],
)
def test_reasons_come_in_other_languages(language: str, reason: str) -> None:
    assert reason in printed("--all", "--language", language)
