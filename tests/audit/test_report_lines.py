"""The summary in a terminal: the worst first, each open finding with its source and its case."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.audit.example_audit import FINDINGS, audit

from fairlead.audit.findings import Audit, Verdict
from fairlead.audit.report_lines import summary_lines


def shown(found: Audit, width: int = 79) -> list[str]:
    return ["".join(text for text, _ in line) for line in summary_lines(found, width)]


def test_the_summary_begins_with_what_was_audited_and_the_counts() -> None:
    first, second = shown(audit())[:2]

    assert first == "Audit of medical-travel/partner-tiers-as-published 1.0.0, as of 2026-11-22"
    assert second == (
        "13 findings: 6 refuted, 1 undecided, 1 evidence missing, 1 accepted risk, 1 tested, 2 proved, "
        "1 not applicable"
    )


def test_each_pack_has_its_verdict_and_what_decides_it_the_worst_first() -> None:
    lines = shown(audit(), width=79)
    packs = lines[lines.index("Policy packs") + 1 : lines.index("Findings, the worst first") - 1]

    assert packs == [
        "  ✗ refuted           United States: Stark law (policies/us-stark 1.0.0):",
        "                      Compensation does not follow the volume or value of",
        "                      referrals",
        "  ✗ refuted           Introductions only (policies/introduction-only 1.0.0):",
        "                      The reward does not follow the outcome of a treatment",
        "  ? undecided         Germany (policies/de 0.2.0): No pay for sending patients",
        "  ! accepted risk     United States: gifts to patients",
        "                      (policies/us-patient-gifts 1.0.0): Gifts to patients are",
        "                      registered",
    ]


def test_an_open_finding_has_its_source_and_its_case() -> None:
    assert shown(audit((FINDINGS[1],)), width=79)[-6:] == [
        "  ✗ refuted           Compensation does not follow the volume or value of",
        "                      referrals – introduction.reward",
        "                      42 CFR 411.354(d)(5)-(6) (confidence high, reviewer none",
        "                      yet)",
        "                      Same introduction; bill 10,000 USD: reward 1,000 USD;",
        "                      bill 20,000 USD: reward 1,500 USD.",
    ]


def test_findings_stand_in_the_order_of_their_verdicts() -> None:
    lines = shown(audit())
    found = lines[lines.index("Findings, the worst first") + 1 :]
    signs = "".join(line[2] for line in found if line[2] != " ")

    assert signs == "✗✗✗✗✗✗?○!≈✓✓–"


def test_of_a_settled_finding_one_line_is_left() -> None:
    proved = [each for each in FINDINGS if each.verdict is Verdict.PROVED][:1]
    lines = shown(audit(tuple(proved)))

    assert lines[-1] == "  ✓ proved            A reward is never below zero – introduction.reward"


@pytest.mark.parametrize("width", [60, 79, 120])
def test_lines_are_as_wide_as_the_terminal(width: int) -> None:
    assert max(map(len, shown(audit(), width)[2:])) <= width


def test_an_audit_without_findings_says_so() -> None:
    assert shown(replace(audit(()), packs=())) == [
        "Audit of medical-travel/partner-tiers-as-published 1.0.0, as of 2026-11-22",
        "No finding.",
    ]
