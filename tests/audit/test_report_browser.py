"""The page of a report in a real browser: silent, accessible, readable on a phone, in the dark, on paper."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.audit.example_audit import FINDINGS, audit, audited
from tests.audit.test_report_html import SCRIPT
from tests.browser import Browser, needs_browser

from fairlead.audit.report_document import report_json
from fairlead.audit.report_html import report_page

pytestmark = needs_browser


@pytest.fixture(scope="module")
def html() -> str:
    return report_page(report_json(audit(), client="Clinic A"))


@pytest.mark.parametrize(("scheme", "width"), [("light", 1100), ("dark", 1100), ("dark", 390)])
def test_a_report_is_accessible_by_day_by_night_and_on_a_phone(
    browser: Browser, html: str, scheme: str, width: int
) -> None:
    browser.open(html, scheme=scheme, width=width)

    assert browser.offences() == []


def test_what_decides_is_on_the_screen(browser: Browser, html: str) -> None:
    browser.open(html)

    text = browser.run("return document.body.innerText")
    for words in (
        "We checked 13 obligations of 4 policy packs against 1 ruleset.",
        "Same introduction; bill 10,000 USD: reward 1,000 USD; bill 20,000 USD: reward 1,500 USD.",
        "◆ differs",
        "42 CFR 411.354(d)(5)-(6)",
        "They cannot see side payments",
    ):
        assert words in text
    assert '"kind":"audit-report"' not in text


@pytest.mark.parametrize("width", [320, 390, 800, 1100])
def test_nothing_sticks_out_of_the_screen(browser: Browser, html: str, width: int) -> None:
    browser.open(html, width=width)

    assert browser.run("return document.documentElement.scrollWidth") == width


def test_the_cases_stand_side_by_side_with_the_differing_facts_marked(browser: Browser, html: str) -> None:
    browser.open(html)

    row = "document.querySelector('#findings tr:has(.differs)')"
    cells = browser.run(f"return [...{row}.cells].map(cell => cell.innerText)")
    assert cells[1:] == ["10,000.00 USD", "20,000.00 USD", "◆ differs"]
    tops = browser.run(f"return [...{row}.cells].map(cell => cell.getBoundingClientRect().top)")
    assert len(set(tops)) == 1
    same = "document.querySelector('#findings tr:has(.same)')"
    grounds = [
        browser.run(f"return getComputedStyle({each}.cells[1]).backgroundColor") for each in (row, same)
    ]
    assert grounds[0] != grounds[1]


def test_every_place_that_scrolls_and_every_link_is_reached_by_keyboard(browser: Browser, html: str) -> None:
    browser.open(html, width=390)

    scrolling = """
        return [...document.querySelectorAll('main *')].filter(
            each => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).overflowX === 'auto'
                && each.tabIndex !== 0
        ).length
    """
    assert browser.run(scrolling) == 0
    assert browser.run("return document.querySelector('.drawing').tabIndex") == 0
    browser.run("document.querySelector('#conclusion a[href=\"#finding-1\"]').click()")
    assert browser.run("return document.querySelector(':target').innerText").startswith("F1")


def test_the_picture_has_a_name_and_its_hatching_is_drawn(browser: Browser, html: str) -> None:
    browser.open(html)

    assert browser.run("return document.querySelector('svg.graph title').textContent").startswith(
        "Decision graph of Partner tiers as published"
    )
    assert browser.run("return document.querySelectorAll('.graph .box[fill^=url]').length") == 6
    dashes = "getComputedStyle(document.querySelector('.graph .path.tainted')).strokeDasharray"
    assert browser.run(f"return {dashes}") == "7px, 4px"


def test_on_paper_it_is_black_on_white_and_has_pages(browser: Browser, html: str) -> None:
    browser.open(html, scheme="dark", media="print")

    ink, paper = (
        browser.run(f"return getComputedStyle(document.documentElement).{what}")
        for what in ("color", "backgroundColor")
    )
    assert (ink, paper) == ("rgb(0, 0, 0)", "rgb(255, 255, 255)")
    drawing = browser.run("return document.querySelector('svg.graph').getBoundingClientRect().width")
    assert drawing <= browser.run("return document.querySelector('main').getBoundingClientRect().width")
    pdf = browser.print()
    assert pdf.startswith(b"%PDF-")
    assert pdf.count(b"/Type /Page\n") > 5


def test_a_long_graph_fits_too(browser: Browser) -> None:
    programme = audited("medical-travel/partner-programme", taints=())
    browser.open(report_page(report_json(audit((), (programme,)))), width=800)

    assert browser.run("return document.documentElement.scrollWidth") == 800
    assert browser.offences() == []


def test_hostile_texts_and_signatures_do_nothing(browser: Browser) -> None:
    hostile = replace(FINDINGS[1], statement=SCRIPT, advice=SCRIPT)
    html = report_page(report_json(audit((hostile,)), client=SCRIPT))
    signatures = '<script type="application/json" id="fairlead-signatures">[]</script>\n'
    browser.open(html.replace("</body>", f"{signatures}</body>"))

    assert browser.run("return document.querySelectorAll('img').length") == 0
    assert browser.run("return [...document.scripts].map(script => script.id)") == [
        "fairlead-report",
        "fairlead-signatures",
    ]
