"""Pages in a real browser: silent console, no request, accessible, readable on a phone and in Arabic."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.browser import Browser, needs_browser
from tests.show.all_kinds import HOSTILE, SCRIPT, load

from fairlead.ruleset.load import load_ruleset
from fairlead.show import page_of, web_page

SCORING = "medical-travel/lead-scoring"
PROGRAMME = "medical-travel/partner-programme"

pytestmark = needs_browser


def page(name: str, language: str = "en") -> str:
    return web_page(page_of(load_ruleset(name), language))


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        (SCORING, "light"),
        (PROGRAMME, "dark"),
        ("medical-travel/ethics-checks", "light"),
        ("medical-travel/partner-tiers-as-published", "dark"),
    ],
)
def test_a_page_is_accessible_by_day_and_by_night(browser: Browser, name: str, scheme: str) -> None:
    browser.open(page(name), scheme=scheme)

    assert browser.offences() == []


def test_the_checker_would_find_what_is_wrong(browser: Browser) -> None:
    broken = page(SCORING).replace("<h2", "<h4", 1)
    browser.open(broken)
    browser.run(
        "document.querySelector('.note').style.color = document.documentElement.style.backgroundColor"
    )
    browser.run("document.querySelector('.note').style.color = '#dddddd'")

    assert [offence.partition(":")[0] for offence in browser.offences()] == [
        "color-contrast",
        "heading-order",
    ]


def test_key_text_is_on_the_screen(browser: Browser) -> None:
    browser.open(page(PROGRAMME))

    text = browser.run("return document.body.innerText")
    for words in ("Partner's recognition tier", "15 or more", "7500.00 USD", "the patient was told in time"):
        assert words in text
    assert (
        browser.run("return document.title") == "Partner programme (medical-travel/partner-programme 1.0.0)"
    )


def test_light_and_dark_are_different_papers(browser: Browser) -> None:
    papers = []
    for scheme in ("light", "dark"):
        browser.open(page(SCORING), scheme=scheme)
        papers.append(browser.run("return getComputedStyle(document.documentElement).backgroundColor"))

    assert papers == ["rgb(255, 255, 255)", "rgb(18, 24, 27)"]


@pytest.mark.parametrize("language", ["en", "de", "tr", "ar"])
@pytest.mark.parametrize("width", [320, 390, 800, 1100])
def test_nothing_sticks_out_of_the_screen(browser: Browser, width: int, language: str) -> None:
    browser.open(page(SCORING, language), width=width)

    assert browser.run("return document.documentElement.scrollWidth") == width


def test_on_a_phone_a_row_is_a_card_with_what_it_asks_for(browser: Browser) -> None:
    browser.open(page(SCORING), width=390)

    card = "document.querySelectorAll('#lead\\\\.segment tbody tr')[4]"
    assert browser.run(f"return {card}.innerText.split(/\\s*\\n\\s*/)") == [
        *("pages_read", "5 or more", "mql", "Read five or more pages", "pages_read"),
    ]
    label = f"getComputedStyle({card}.querySelector('td:not(.blank)'), '::before').content"
    assert browser.run(f"return {label}") == '"number of pages read"'
    assert browser.offences() == []


def test_an_arabic_page_is_laid_out_from_right_to_left(browser: Browser) -> None:
    browser.open(page(SCORING, "ar"))

    assert browser.run("return getComputedStyle(document.body).direction") == "rtl"
    cells = "[...document.querySelector('#lead\\\\.score tbody tr').cells]"
    lefts = browser.run(f"return {cells}.map(cell => cell.getBoundingClientRect().left)")
    # the first column is the rightmost
    assert lefts == sorted(lefts, reverse=True)
    heading, body = (
        browser.run(f"return document.querySelector('{selector}').getBoundingClientRect().right")
        for selector in ("#settings h2", "#settings")
    )
    assert heading == body
    english, header = (
        browser.run(f"return document.querySelector('{selector}').getBoundingClientRect().right")
        for selector in ("header p[lang=en][dir=ltr]", "header")
    )
    assert english == header
    assert browser.offences() == []


def test_english_and_numbers_keep_their_order_in_an_arabic_page(browser: Browser) -> None:
    browser.open(page(SCORING, "ar"))

    # the places of the first and the last character of a text on the screen
    places = """
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
        while (walker.nextNode()) {
          const node = walker.currentNode
          if (node.data.trim() !== WANTED) continue
          const range = document.createRange()
          const left = (start) => {
            range.setStart(node, start)
            range.setEnd(node, start + 1)
            return range.getBoundingClientRect().left
          }
          return [left(0), left(node.data.length - 1)]
        }
    """
    note = "(4) A lead that meets both lists is sales qualified: the stronger sign wins."
    for text in ("+25", note):
        first, last = browser.run(places.replace("WANTED", json.dumps(text)))
        assert first < last
    for text in ("إرسال السجلات الطبية", "أرسل المريض السجلات الطبية: نعم"):
        first, last = browser.run(places.replace("WANTED", json.dumps(text)))
        assert first > last
    # in a condition each value reads from the left, and the values follow each other from the right
    whatsapp, phone = (
        browser.run(places.replace("WANTED", json.dumps(text))) for text in ("whatsapp", "phone")
    )
    assert phone[0] < phone[1] < whatsapp[0] < whatsapp[1]


def test_on_paper_everything_is_black_on_white_and_without_contents(browser: Browser) -> None:
    browser.open(page(SCORING), scheme="dark", media="print")

    shown = "getComputedStyle(document.querySelector('nav')).display"
    ink = "getComputedStyle(document.documentElement).color"
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    assert browser.run(f"return [{shown}, {ink}, {paper}]") == ["none", "rgb(0, 0, 0)", "rgb(255, 255, 255)"]


def test_hostile_texts_do_nothing(browser: Browser, tmp_path: Path) -> None:
    browser.open(web_page(page_of(load(tmp_path, HOSTILE))))

    assert browser.run("return document.title") == f"{SCRIPT} (clinic/all-kinds 2.1.0)"
    assert browser.run("return document.querySelector('h1').innerText") == SCRIPT
    assert browser.run("return document.querySelectorAll('script, img').length") == 0


def test_the_policy_of_a_page_stops_what_escaping_would_miss(browser: Browser) -> None:
    broken = page(SCORING).replace("</main>", "<script>document.title = 'owned'</script></main>")
    with pytest.raises(AssertionError, match=r"(?s)Executing inlin.*The action has been blocked"):
        browser.open(broken)

    assert browser.run("return document.title") != "owned"
