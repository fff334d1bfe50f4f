"""A page as one HTML file: what it says to browsers and to screen readers, and what it never does."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.show.all_kinds import HOSTILE, RULESET, SCRIPT, load

from fairlead.ruleset.load import load_ruleset
from fairlead.show import page_of, web_page

VOID = {"meta", "link", "img", "wbr"}

Attributes = dict[str, str | None]


class Outline(HTMLParser):
    """The elements of a page in order, each with its attributes and its text; fails on bad nesting."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, Attributes, list[str]]] = []
        self._open: list[int] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs))
        self.elements.append((tag, dict(attrs), []))
        if tag not in VOID:
            self._open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self._open.pop()][0] == tag

    def handle_data(self, data: str) -> None:
        for index in self._open:
            self.elements[index][2].append(data)

    def all(self, tag: str) -> list[tuple[Attributes, str]]:
        return [
            (attributes, "".join(text).strip()) for name, attributes, text in self.elements if name == tag
        ]


def outline(name: str, language: str = "en") -> Outline:
    return Outline(web_page(page_of(load_ruleset(name), language)))


def test_headings_stand_in_order_and_tables_have_captions_and_scopes() -> None:
    page = outline("medical-travel/lead-scoring")

    headings = [(tag, "".join(text)) for tag, _, text in page.elements if re.fullmatch("h[1-6]", tag)]
    assert headings == [
        ("h1", "Lead scoring"),
        ("h2", "Contents"),
        ("h2", "Lead score"),
        ("h2", "Lead band"),
        ("h2", "Lead segment"),
        ("h2", "Who to call now"),
        ("h2", "Hours to a reply by a person"),
        ("h2", "Time by which a person replies"),
        ("h2", "Settings"),
        ("h2", "What the rules read"),
    ]
    assert len(page.all("caption")) == len(page.all("table")) == 7
    assert {attributes["scope"] for attributes, _ in page.all("th")} == {"col", "row"}
    assert ({"scope": "row", "role": "rowheader"}, "medical_records") in page.all("th")


def test_each_anchor_is_there_once_and_each_link_leads_to_one() -> None:
    page = outline("medical-travel/partner-programme")
    anchors = [str(attributes["id"]) for _, attributes, _ in page.elements if "id" in attributes]

    assert len(anchors) == len(set(anchors))
    links = [str(attributes["href"]) for attributes, _ in page.all("a")]
    assert "#introduction.agreement_in_force" in links
    assert {link.removeprefix("#") for link in links} <= set(anchors)
    labels = [
        attributes["aria-labelledby"] for _, attributes, _ in page.elements if "aria-labelledby" in attributes
    ]
    assert set(labels) <= set(anchors)


def test_a_page_asks_nobody_for_anything() -> None:
    page = outline("medical-travel/ethics-checks")

    assert page.all("script") == page.all("img") == page.all("iframe") == []
    assert page.all("link") == [({"rel": "icon", "href": "data:,"}, "")]
    assert "url(" not in page.all("style")[0][1]
    policy = [attributes["content"] for attributes, _ in page.all("meta") if "http-equiv" in attributes]
    assert str(policy[0]).startswith("default-src 'none'; style-src 'sha256-")


@pytest.mark.parametrize(
    ("language", "attributes"),
    [
        ("en", {"lang": "en", "dir": "ltr"}),
        ("de", {"lang": "de", "dir": "ltr"}),
        ("tr-TR", {"lang": "tr", "dir": "ltr"}),
        ("ar", {"lang": "ar", "dir": "rtl"}),
        ("fr", {"lang": "en", "dir": "ltr"}),
    ],
)
def test_a_page_tells_its_language_and_direction(language: str, attributes: Attributes) -> None:
    assert outline("medical-travel/partner-programme", language).all("html")[0][0] == attributes


def test_texts_of_another_language_are_set_apart_with_their_own() -> None:
    page = outline("medical-travel/lead-scoring", "ar")

    english = {"lang": "en", "dir": "ltr"}
    about = [text for attributes, text in page.all("p") if attributes == english]
    assert about[-1].startswith("(6) A patient who reports urgent symptoms is answered by a clinician first")
    assert ({"dir": "ltr"}, "whatsapp") in page.all("bdi")
    assert ({"dir": "ltr"}, "+25") in page.all("bdi")
    assert ({"dir": "ltr"}, "lead.score") in page.all("code")
    # what is in the language of the page needs no mark
    assert "إرسال السجلات الطبية" not in [text for _, text in page.all("bdi")]


def test_hostile_texts_are_shown_and_do_nothing(tmp_path: Path) -> None:
    html = web_page(page_of(load(tmp_path, HOSTILE)))
    page = Outline(html)

    assert page.all("script") == page.all("img") == []
    assert page.all("h1")[0][1] == SCRIPT
    assert page.all("title")[0][1] == f"{SCRIPT} (clinic/all-kinds 2.1.0)"
    assert "onerror='alert(1)'" in page.all("p")[0][1]
    assert "\\u202egnp.exe" in page.all("p")[0][1]
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e]", html)


def test_hostile_languages_stay_out_of_the_page(tmp_path: Path) -> None:
    html = web_page(page_of(load(tmp_path), '"><script>'))

    assert "<script" not in html
    assert Outline(html).all("html")[0][0] == {"lang": "en", "dir": "ltr"}


def test_the_same_ruleset_gives_the_same_page(tmp_path: Path) -> None:
    assert web_page(page_of(load(tmp_path))) == web_page(page_of(load(tmp_path)))


def test_what_a_row_does_not_ask_for_can_be_left_out_on_a_phone(tmp_path: Path) -> None:
    page = Outline(web_page(page_of(load(tmp_path, {**RULESET, "decisions": RULESET["decisions"][1:2]}))))
    cells = [(attributes.get("class"), attributes["data-head"], text) for attributes, text in page.all("td")][
        :3
    ]

    assert cells == [
        (None, "channel", "phone or fax"),
        (None, "pages read", "1 to 5"),
        ("blank", "day of the enquiry", "–"),
    ]
