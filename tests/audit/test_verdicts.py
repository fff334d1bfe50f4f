"""The verdicts of shipped rulesets are those that were written by hand before the encoder existed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.audit.planted.workshop import replays, subject_of

from fairlead.audit.auditor import worst
from fairlead.audit.findings import Audit, Finding

EXPECTED = json.loads((Path(__file__).parent / "expected_verdicts.json").read_text(encoding="utf-8"))
PUBLISHED = "medical-travel/partner-tiers-as-published"

Audited = Callable[[str], Audit]


def of(audit: Audit, pack: str, obligation: str) -> list[Finding]:
    return [
        finding
        for finding in audit.findings
        if finding.obligation.pack == pack and finding.obligation.id == obligation
    ]


@pytest.mark.parametrize("ruleset", EXPECTED["rulesets"])
def test_every_verdict_is_the_one_written_by_hand(ruleset: str, shipped_audit: Audited) -> None:
    audit = shipped_audit(ruleset)
    expected = {
        (pack, obligation): said["expected"]
        for pack, obligations in EXPECTED["rulesets"][ruleset].items()
        for obligation, said in obligations.items()
    }
    found = {}
    for pack, obligation in expected:
        deciding = worst(of(audit, pack, obligation))
        found[pack, obligation] = deciding.verdict.value if deciding is not None else None
    assert found == expected


@pytest.mark.parametrize("ruleset", EXPECTED["rulesets"])
def test_every_obligation_of_every_pack_has_an_expectation(ruleset: str, shipped_audit: Audited) -> None:
    asked = {
        (finding.obligation.pack, finding.obligation.id)
        for finding in shipped_audit(ruleset).findings
        if finding.obligation.id != "no-case-escapes"
    }
    written = {
        (pack, obligation)
        for pack, obligations in EXPECTED["rulesets"][ruleset].items()
        for obligation in obligations
    }
    assert asked == written


@pytest.mark.parametrize("ruleset", EXPECTED["rulesets"])
def test_every_case_that_is_shown_is_what_the_engine_gives(ruleset: str, shipped_audit: Audited) -> None:
    subject = subject_of(ruleset)
    shown = [finding for finding in shipped_audit(ruleset).findings if finding.counterexamples]
    assert shown
    for finding in shown:
        for case, replay in zip(finding.counterexamples[0].cases, replays(finding, subject), strict=True):
            given = replay.result.as_json()["decisions"]
            assert {name: given[name] for name in case.results} == case.results, finding.id


SENTENCES = {
    "tiers-disjoint": "Number of introductions this year: 15: in the rows `silver` and `gold` of “partner "
    "tier” at once.",
    "tiers-total": "Number of introductions this year: 0: in no row of “partner tier”.",
    "treatment-value": "Same introduction; total treatment cost: 10,000 USD: reward 1,000 USD; "
    "total treatment cost: 20,000 USD: reward 1,500 USD.",
    "outcome": "Same introduction; total treatment cost: 10,000 USD: reward 1,000 USD; "
    "total treatment cost: 20,000 USD: reward 1,500 USD.",
    "acceptance": "Same introduction; the treatment was completed: yes: reward 500 USD; "
    "the treatment was completed: no: no reward.",
    "volume": "Same introduction; number of introductions this year: 1: reward 500 USD; "
    "number of introductions this year: 6: reward 1,000 USD.",
    "yearly-limit": "One reward 500 USD, and so for each further introduction: the reward states no limit "
    "for one partner in a year.",
    "disclosed-before": "Payable, reward 500 USD, with time the disclosure was given: not known, time the "
    "disclosure was recorded: not known, state of the patient's decision: not known, time of the patient's "
    "decision: not known.",
}


@pytest.mark.parametrize("obligation", SENTENCES)
def test_the_published_tiers_are_refused_in_these_words(obligation: str, shipped_audit: Audited) -> None:
    (finding,) = of(shipped_audit(PUBLISHED), "policies/introduction-only", obligation)
    shown = [each.sentence for each in finding.counterexamples]
    assert shown == [SENTENCES[obligation]]


def test_gold_has_no_amount(shipped_audit: Audited) -> None:
    (finding,) = of(shipped_audit(PUBLISHED), "policies/introduction-only", "amount-stated")
    (replay,) = replays(finding, subject_of(PUBLISHED))
    assert len(replay.fact("partner.introductions")) == 16
    assert replay.result.decisions["partner.tier"] == "gold"
    assert replay.fact("treatment.completed") is True
    assert replay.fact("treatment.total_cost")["currency"] == "USD"
    assert replay.reward() is None
    assert finding.counterexamples[0].sentence.startswith("Partner's reward undetermined with ")
    assert "number of introductions this year: 16" in finding.counterexamples[0].sentence


def test_the_scorecard_finding_comes_out_by_itself(shipped_audit: Audited) -> None:
    (finding,) = of(
        shipped_audit("medical-travel/lead-scoring"), "policies/introduction-only", "no-price-in-records"
    )
    assert finding.verdict == "refuted"
    # by hand: records 25 and dates 20 are 45; above 50 with a quick channel, with or without the budget, and
    # with the budget by the web form or by neither; 3 channels and 3 other rows make 24 combinations
    counted, *listed = finding.why
    assert counted == (
        "4 of the 24 combinations of rows of “lead score” reach it; all of them hold: Sent medical records "
        "and Asked for specific dates."
    )
    assert listed == [
        "Reached with: Sent medical records + Asked for specific dates + Got in touch by WhatsApp or phone.",
        "Reached with: Sent medical records + Asked for specific dates + Mentioned a budget.",
    ]
