"""SARIF 2.1.0: what the standard demands (sections in brackets), and what a reader of the log needs.

The log of the example was also put through the standard's own JSON schema, which is not shipped here.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from tests.audit.example_audit import FINDINGS, PATH, TIERS, VALUE, audit, finding

from fairlead.audit.findings import Place, Verdict
from fairlead.audit.sarif import sarif

LEVELS = {"none", "note", "warning", "error"}
KINDS = {"notApplicable", "pass", "fail", "review", "open", "informational"}


@pytest.fixture(scope="module")
def log() -> dict[str, Any]:
    return sarif(audit())


def results(log: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = log["runs"][0]["results"]
    return found


def result(log: dict[str, Any], rule: str) -> dict[str, Any]:
    (found,) = [each for each in results(log) if each["ruleId"] == f"policies/{rule}"]
    return found


def test_a_log_has_what_the_standard_demands(log: dict[str, Any]) -> None:
    assert json.loads(json.dumps(log)) == log
    assert set(log) == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"  # 3.13.2
    assert log["$schema"].endswith("/sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]  # 3.14.6, 3.18.2
    assert driver["name"] == "Fairlead"  # 3.19.8
    assert (driver["version"], driver["semanticVersion"]) == ("fairlead 0.1.0", "0.1.0")
    ids = [rule["id"] for rule in driver["rules"]]  # 3.49.3
    assert len(ids) == len(set(ids)) == 13
    for rule in driver["rules"]:
        for key in ("shortDescription", "fullDescription", "help"):
            assert rule[key]["text"]
        assert rule["defaultConfiguration"]["level"] in LEVELS
    for each in run["results"]:
        assert each["message"]["text"]  # 3.11.8
        assert each["kind"] in KINDS  # 3.27.9
        assert each["level"] in LEVELS  # 3.27.10
        assert (each["level"] == "none") == (each["kind"] != "fail")
        assert ids[each["ruleIndex"]] == each["ruleId"]  # 3.27.6
        (location,) = each["locations"]
        assert set(location) <= {"physicalLocation", "logicalLocations"}
        for value in each["partialFingerprints"].values():  # 3.27.17
            assert isinstance(value, str)


@pytest.mark.parametrize(
    ("rule", "kind", "level"),
    [
        ("us-stark/volume-or-value", "fail", "error"),
        ("de/fee-splitting", "open", "none"),
        ("us-stark/in-writing", "review", "none"),
        ("us-patient-gifts/gift-register", "fail", "warning"),
        ("us-patient-gifts/held-so-far", "informational", "none"),
        ("introduction-only/clawback-neutral", "pass", "none"),
        ("us-patient-gifts/sentiment-independence", "notApplicable", "none"),
    ],
)
def test_each_verdict_has_its_kind(log: dict[str, Any], rule: str, kind: str, level: str) -> None:
    found = result(log, rule)

    assert (found["kind"], found["level"]) == (kind, level)


def test_a_result_leads_to_its_line_and_says_it_in_business_words(log: dict[str, Any]) -> None:
    found = result(log, "us-stark/volume-or-value")

    physical = found["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": PATH, "uriBaseId": "SRCROOT"}
    assert physical["region"] == {"startLine": 152, "startColumn": 17}
    assert "bill 10,000 USD: reward 1,000 USD; bill 20,000 USD: reward 1,500 USD" in found["message"]["text"]
    assert "42 CFR 411.354(d)(5)-(6) (confidence high, reviewer none yet)" in found["message"]["text"]
    assert found["locations"][0]["logicalLocations"] == [
        {"fullyQualifiedName": f"{TIERS}/introduction.reward"}
    ]


def test_an_accepted_risk_is_a_failure_that_is_suppressed(log: dict[str, Any]) -> None:
    (suppression,) = result(log, "us-patient-gifts/gift-register")["suppressions"]

    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    assert "A. Tanaka, compliance officer" in suppression["justification"]
    assert "2027-03-01" in suppression["justification"]
    assert [each["ruleId"] for each in results(log) if "suppressions" in each] == [
        "policies/us-patient-gifts/gift-register"
    ]


def test_a_rule_says_where_it_comes_from(log: dict[str, Any]) -> None:
    (rule,) = [
        each
        for each in log["runs"][0]["tool"]["driver"]["rules"]
        if each["id"] == "policies/us-stark/volume-or-value"
    ]

    assert "In force from 2021-01-19; the day of the introduction decides." in rule["help"]["text"]
    assert rule["properties"] == {
        "citation": "42 CFR 411.354(d)(5)-(6)",
        "source": "eCFR, read 2026-11-20",
        "confidence": "high",
        "reviewer": "none yet",
        "tags": ["C3", "C4"],
    }


def test_the_worst_comes_first_and_a_proof_is_a_result_too(log: dict[str, Any]) -> None:
    verdicts = [each["properties"]["verdict"] for each in results(log)]

    assert verdicts == ["refuted"] * 6 + [
        *("undecided", "evidence missing", "accepted risk", "tested", "proved", "proved", "not applicable")
    ]


def test_a_fingerprint_stays_while_lines_and_words_change() -> None:
    first = FINDINGS[1]
    moved = replace(first, place=Place(PATH, "/decisions/9", 900, 1), statement="Otherwise.", steps=1)
    other = replace(first, subject="introduction.bonus")
    prints = [
        results(sarif(audit((each,))))[0]["partialFingerprints"]["fairleadFinding/v1"]
        for each in (first, moved, other)
    ]

    assert re.fullmatch("[0-9a-f]{64}", prints[0])
    assert prints[0] == prints[1] != prints[2]


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("rulesets/a b/tiers.json", "rulesets/a%20b/tiers.json"),
        ("rulesets\\clinic\\tiers.json", "rulesets/clinic/tiers.json"),
        ("/jdoe/home/tiers.json", f"{TIERS}.json"),
        ("C:\\jdoe\\tiers.json", f"{TIERS}.json"),
    ],
)
def test_a_place_is_relative_and_shows_nobodys_disk(file: str, uri: str) -> None:
    log = sarif(audit((replace(FINDINGS[1], place=Place(file, "/decisions/1")),)))

    physical = results(log)[0]["locations"][0]["physicalLocation"]
    assert physical == {"artifactLocation": {"uri": uri, "uriBaseId": "SRCROOT"}}
    assert "jdoe" not in json.dumps(log)


def test_a_finding_without_a_place_has_its_name() -> None:
    log = sarif(audit((replace(FINDINGS[1], place=None, subject=None),)))

    assert results(log)[0]["locations"] == [{"logicalLocations": [{"fullyQualifiedName": TIERS}]}]


def test_texts_are_neither_placeholders_nor_links() -> None:
    text = "{0} [click](https://example.org) [plain]"
    found = finding(VALUE, None, None, Verdict.REFUTED, statement=text)

    message = results(sarif(audit((found,))))[0]["message"]["text"]
    assert "{{0}} [click\\](https://example.org) [plain]" in message


def test_the_same_audit_gives_the_same_log() -> None:
    assert json.dumps(sarif(audit())) == json.dumps(sarif(audit()))
