"""The page of a report: its structure, its words, and that nothing in it can do anything."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
from tests.audit.example_audit import (
    BILL,
    FINDINGS,
    VALUE,
    audit,
    audited,
    finding,
)

from fairlead.audit.findings import Difference, EvidenceItem, Taint, Verdict
from fairlead.audit.report_document import Change, DataTest, Response, report_json
from fairlead.audit.report_html import PAYLOAD_ID, report_page
from fairlead.documents.canonical import canonical_bytes, digest
from fairlead.problems import DocumentError

SCRIPT = "</script><script>alert(1)</script><img src=x onerror='alert(1)'>\u202e"
VOID = {"meta", "link", "img", "wbr"}


class Page(HTMLParser):
    """The text and the elements of a page, without what stands in scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[tuple[str, str]] = []
        self.scripts: dict[str | None, str] = {}
        self._open: list[str] = []
        self._texts: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        # within the picture some elements end where they begin
        if tag not in VOID:
            self._open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((tag, ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "script":
            self.scripts[self.tags[-1][1].get("id")] = data
            return
        if "style" in self._open:
            return
        self._texts.append(data)
        if any(re.fullmatch("h[1-6]", tag) for tag in self._open):
            tag, text = self.headings[-1]
            self.headings[-1] = (tag, text + data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self._texts))

    @property
    def ids(self) -> list[str]:
        return [str(attributes["id"]) for _, attributes in self.tags if "id" in attributes]


@pytest.fixture(scope="module")
def payload() -> dict[str, Any]:
    return report_json(audit(), client="Clinic A")


@pytest.fixture(scope="module")
def page(payload: dict[str, Any]) -> Page:
    return Page(report_page(payload))


def section(page_text: str, first: str, last: str) -> str:
    return page_text.rpartition(first)[2].partition(last)[0]


def test_the_sections_stand_in_the_order_of_an_audit_report(page: Page) -> None:
    assert [text for tag, text in page.headings if tag == "h2"] == [
        "Contents",
        "1. Conclusion",
        "2. Scope, exclusions and assumptions",
        "3. Criteria: the register of obligations",
        "4. Results",
        "5. Findings",
        "6. Evidence index",
        "7. Data tests",
        "8. Changes since the last report",
        "9. Management response and accepted risks",
        "10. Sign-off",
        "11. Limits",
        "12. Glossary",
        "13. How to verify this report",
        "Appendix: the rules as audited",
    ]
    levels = [int(tag[1]) for tag, _ in page.headings]
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_the_cover_tells_this_report_from_any_other(page: Page, payload: dict[str, Any]) -> None:
    cover = page.text.partition("Contents")[0]

    for words in (
        *("Clinic A", "2026-11-22", "2027-01-01", payload["id"], "fairlead 0.1.0", "z3 4.15.1", "20,000,000"),
        *(payload["rulesets"][0][key] for key in ("name", "version", "digest", "model_digest")),
        *(pack[key] for pack in payload["packs"] for key in ("name", "version", "digest")),
    ):
        assert words in cover, words


def test_the_conclusion_counts_and_names_what_decides(page: Page) -> None:
    conclusion = section(page.text, "1. Conclusion", "2. Scope")

    assert "We checked 13 obligations of 4 policy packs against 1 ruleset." in conclusion
    assert re.search("✗ refuted ?6 ?A concrete case breaks the property.", conclusion)
    assert "It asks: Compensation does not follow the volume or value of referrals" in conclusion
    assert "bill 10,000 USD: reward 1,000 USD; bill 20,000 USD: reward 1,500 USD" in conclusion
    assert "It asks: No pay for sending patients. It could not be settled, and counts as not passed." in (
        conclusion
    )


def test_a_finding_has_five_parts_and_its_cases_side_by_side(page: Page) -> None:
    findings = page.text.partition("5. Findings F1")[2]
    first = findings.partition("F2 ")[0]

    parts = [first.index(part) for part in ("Criteria", "Condition", "Cause", "Effect", "Recommendation")]
    assert parts == sorted(parts)
    for words in (
        "We checked whether the reward stays the same whatever the treatment costs.",
        "Citation: 42 CFR 411.354(d)(5)-(6). Source: eCFR, read 2026-11-20.",
        "In force from 2021-01-19; the day of the introduction decides.",
        "Confidence: high. Reviewer: none yet. It forbids, and binds payer and payee.",
        "The result changes with: total treatment cost.",
        "partner-tiers-as-published.json, line 152, column 17, at /decisions/1/amount.",
        "Pay a fixed fee for a documented step of the work, whatever the bill.",
    ):
        assert words in first, words
    rows = re.sub(r"(?<=[a-z0-9D])(?=◆|the same)", " ", first)
    assert re.search(r"treatment\.total_cost ?10,000\.00 USD ?20,000\.00 USD ?◆ differs", rows)
    assert re.search(r"amount ?introduction\.reward ?1,000\.00 USD ?1,500\.00 USD ?◆ differs", rows)
    assert "The same in both cases" in first


def test_a_case_that_two_findings_share_is_shown_once(page: Page) -> None:
    second = page.text.partition("5. Findings F1")[2].partition("F2 ")[2].partition("F3 ")[0]

    assert "The same case is shown with F1" in second
    assert "20,000.00 USD" not in second


@pytest.mark.parametrize(
    "words",
    [
        "They cannot see side payments, fields that hold something other than their name says",
        "a wrong derivation map, or intent.",
        "this report does not assess intent",
        "2 documents asked for, of which 1 missing.",
        "No records were tested. Nothing here rests on past records.",
        "This report was not compared with an earlier one.",
        "accepted by: A. Tanaka, compliance officer",
        "Reviewed by (compliance officer)",
        "13 obligations; no counsel has reviewed 13 of them.",
        "Fairlead maintainers, 2026-11-21 (not counsel)",
        "No reward is paid for a story.",
        "We checked whether this holds: Neither outcome nor acceptance changes whether the reward is taken",
        "fairlead verify",
    ],
)
def test_the_page_says(page: Page, words: str) -> None:
    assert words in page.text


def test_no_claim_that_somebody_keeps_the_law(page: Page) -> None:
    words = page.text.casefold().replace("compliance officer", "")

    for claim in ("complian", "certified", "safe harbor met", "legally"):
        assert claim not in words


def test_tables_of_the_rules_are_tables(page: Page) -> None:
    rules = page.text.partition("Appendix: the rules as audited")[2]

    assert "6 to 15" in rules
    assert "At most one row may be true, and gives the result." in rules
    assert "Nothing limits it." in rules
    assert ("th", {"scope": "row", "role": "rowheader"}) in page.tags


def test_the_picture_marks_tainted_paths_by_pattern_and_by_word(page: Page) -> None:
    shapes = [(tag, attributes.get("class")) for tag, attributes in page.tags]

    assert shapes.count(("path", "path tainted")) == 5
    assert ("g", "reward tainted") in shapes
    boxes = [attributes for tag, attributes in page.tags if attributes.get("class") == "box"]
    assert {box.get("fill") for box in boxes} == {"url(#graph-1-hatch)"}
    assert "⚑ referral_volume" in page.text
    assert "number of introductions this year, which brings referral_volume" in page.text


def test_each_anchor_is_there_once_and_each_link_leads_to_one(page: Page) -> None:
    links = [str(attributes["href"]) for tag, attributes in page.tags if tag == "a"]

    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in links} <= set(page.ids)
    assert "#finding-1" in links


def test_two_rulesets_have_anchors_of_their_own() -> None:
    other = audited("medical-travel/handling-fee-programme", taints=())
    both = Page(report_page(report_json(audit(rulesets=(audited(), other)))))

    assert len(both.ids) == len(set(both.ids))
    links = {str(attributes["href"]).removeprefix("#") for tag, attributes in both.tags if tag == "a"}
    assert links <= set(both.ids)
    assert "rules-2-facts" in both.ids
    assert "(Partner tiers as published" in both.text


def test_the_report_stands_in_the_page_and_nothing_else_runs(page: Page, payload: dict[str, Any]) -> None:
    assert list(page.scripts) == [PAYLOAD_ID]
    assert json.loads(page.scripts[PAYLOAD_ID]) == payload
    assert [attributes for tag, attributes in page.tags if tag == "script"] == [
        {"type": "application/json", "id": "fairlead-report"}
    ]
    assert digest(payload) in page.text


def test_the_same_report_gives_the_same_page_byte_for_byte(payload: dict[str, Any]) -> None:
    once = report_page(payload)

    assert report_page(payload) == once
    assert report_page(json.loads(canonical_bytes(payload))) == once
    assert not re.search(
        r"<[^>]* src=|https?://",
        re.sub("<script.*?</script>", "", once, flags=re.DOTALL).replace(
            'xmlns="http://www.w3.org/2000/svg"', ""
        ),
    )


def test_signatures_can_stand_before_the_end_of_the_body(payload: dict[str, Any]) -> None:
    html = report_page(payload)

    assert html.count("</body>") == 1
    signatures = '<script type="application/json" id="fairlead-signatures">[]</script>\n'
    signed = Page(html.replace("</body>", f"{signatures}</body>"))
    assert list(signed.scripts) == [PAYLOAD_ID, "fairlead-signatures"]


def test_hostile_texts_are_shown_and_do_nothing() -> None:
    hostile = finding(
        replace(
            VALUE,
            title={"en": SCRIPT},
            text={"en": SCRIPT},
            citation=SCRIPT,
            source=SCRIPT,
            reviewed_by=SCRIPT,
        ),
        SCRIPT,
        SCRIPT,
        Verdict.REFUTED,
        statement=SCRIPT,
        why=(SCRIPT,),
        advice=SCRIPT,
        evidence=(EvidenceItem(SCRIPT, {"en": SCRIPT}, SCRIPT, present=False),),
        accepted={SCRIPT: SCRIPT},
        counterexamples=(
            replace(
                BILL,
                sentence=SCRIPT,
                differences=(Difference(SCRIPT, {"en": SCRIPT}, SCRIPT, SCRIPT),),
                cases=tuple(
                    replace(case, record={SCRIPT: {SCRIPT: SCRIPT}}, results={SCRIPT: SCRIPT})
                    for case in BILL.cases
                ),
            ),
        ),
    )
    taint = Taint("partner.tier", {"en": SCRIPT}, (SCRIPT,), (SCRIPT,), (SCRIPT,), SCRIPT)
    found = replace(
        audit((hostile,), (audited(path=SCRIPT, taints=(taint,)),)), subject=SCRIPT, solver=SCRIPT
    )
    html = report_page(
        report_json(
            found,
            client=SCRIPT,
            supersedes=SCRIPT,
            changes=[Change(SCRIPT, SCRIPT)],
            responses=[Response(hostile.id, SCRIPT, SCRIPT)],
            data_tests=[DataTest(SCRIPT, SCRIPT, SCRIPT, 1, 0)],
        )
    )
    page = Page(html)

    assert list(page.scripts) == [PAYLOAD_ID]
    assert not [tag for tag, _ in page.tags if tag == "img"]
    assert "onerror='alert(1)'" in page.text
    assert "\u202e" not in page.text


def test_what_was_compared_answered_and_tested_is_shown() -> None:
    given = report_json(
        audit(),
        supersedes="2026-10-01-abc",
        changes=[Change("partner.tier", "A partner with 15 introductions is now gold.")],
        responses=[Response("us-stark/in-writing", "A valuer is asked.", "J. Kaya")],
        data_tests=[DataTest("Rewards of 2026", "all rewards", "every record", 214, 3)],
    )
    text = Page(report_page(given)).text

    for words in (
        "2026-10-01-abc",
        "is now gold.",
        "A valuer is asked.",
        "J. Kaya",
        "Rewards of 2026",
        "214",
    ):
        assert words in text


def test_a_report_without_findings_is_a_page_too() -> None:
    empty = replace(audit(()), packs=(), verdict=Verdict.NOT_APPLICABLE, decided_by=None)

    page = Page(report_page(report_json(empty)))

    for words in ("No finding is open.", "No obligation was checked.", "There is no result."):
        assert words in page.text


def test_a_report_whose_rules_are_not_sound_is_refused(payload: dict[str, Any]) -> None:
    altered = deepcopy(payload)
    altered["rulesets"][0]["document"]["decisions"][0]["hit_policy"] = "best"

    with pytest.raises(DocumentError) as error:
        report_page(altered)
    assert error.value.problems[0].pointer == "/decisions/0/hit_policy"


def test_a_risk_that_was_accepted_is_still_open() -> None:
    accepted = [each for each in FINDINGS if each.verdict is Verdict.ACCEPTED_RISK]
    text = Page(report_page(report_json(audit(tuple(accepted))))).text

    assert "F1 ! accepted risk Gifts to patients are registered" in text
    assert "until: 2027-03-01" in text
