"""Headings, pictures, marked words and attached JSON, which only some pages have."""

from __future__ import annotations

import io
import json
import re

import openpyxl
from rich.console import Console

from fairlead.show import markdown, print_page, web_page, workbook
from fairlead.show.content import Fields, Figure, Heading, Page, Paragraph, Phrase, Section, Span

DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="a line"><path d="M0 0L9 9"/></svg>'


def words(text: str, target: str | None = None, mark: str | None = None) -> Phrase:
    return Phrase((Span(text, "en", target=target, mark=mark),))


PAGE = Page(
    language="en",
    title=words("A page"),
    name="a/page",
    version="1.0.0",
    about=(),
    fields=Fields(()),
    notes=(),
    contents=words("Contents"),
    sections=(
        Section(
            "first",
            words("First"),
            (
                Paragraph(words("down there", target="below") + words(" nowhere", target="gone")),
                Heading(words("Below"), "below"),
                Heading(words("Without a place")),
                Figure(words("A line"), DRAWING, words("It rises.")),
                Paragraph(words("! late", mark="verdict late")),
            ),
        ),
    ),
)


def test_a_web_page_has_headings_below_those_of_sections_and_links_to_them() -> None:
    html = web_page(PAGE)

    assert '<h3 id="below">Below</h3>' in html
    assert "<h3>Without a place</h3>" in html
    assert '<a href="#below">down there</a> nowhere' in html


def test_a_web_page_shows_a_picture_that_can_be_scrolled_by_keyboard_with_its_text() -> None:
    html = web_page(PAGE)

    assert DRAWING in html
    assert '<figcaption id="caption-first-3">A line</figcaption>' in html
    assert 'role="group" tabindex="0" aria-labelledby="caption-first-3"' in html
    assert "It rises." in html


def test_a_word_that_stands_out_has_its_class() -> None:
    assert '<span class="mark verdict late">! late</span>' in web_page(PAGE)


def test_a_page_can_carry_json_that_no_text_in_it_can_end() -> None:
    value = {"text": "</script><script>alert(1)</script><!--", "id": '"'}
    html = web_page(PAGE, attached={"a-value": json.dumps(value)})

    start = html.index('<script type="application/json" id="a-value">')
    inside = html[start:].partition(">")[2].partition("</script>")[0]
    assert "<" not in inside
    assert json.loads(inside) == value
    assert html.endswith("</script>\n</body>\n</html>\n")


def test_a_page_can_have_more_style_which_its_policy_allows() -> None:
    plain, styled = web_page(PAGE), web_page(PAGE, style=".late { color: red }")

    assert ".late { color: red }</style>" in styled
    digests = [re.findall("sha256-([A-Za-z0-9+/=]{44})", page) for page in (plain, styled)]
    assert [len(found) for found in digests] == [1, 1]
    assert digests[0] != digests[1]


def test_where_nothing_can_be_drawn_the_text_of_a_picture_stands_for_it() -> None:
    console = Console(file=io.StringIO(), width=80, no_color=True)
    print_page(PAGE, console)
    assert isinstance(console.file, io.StringIO)
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(PAGE)))["First"]
    cells = [row[0].value for row in sheet.iter_rows()]

    for text in (console.file.getvalue(), markdown(PAGE), "\n".join(map(str, cells))):
        places = [text.index(said) for said in ("Below", "A line", "It rises.")]
        assert places == sorted(places)
        assert "svg" not in text


def test_markdown_has_the_same_headings_and_links() -> None:
    text = markdown(PAGE)

    assert '<a id="below"></a>\n\n### Below\n' in text
    assert "[down there](#below) nowhere" in text


def test_machines_get_headings_and_pictures_without_their_drawing() -> None:
    assert PAGE.as_json()["sections"][0]["content"][1:4] == [
        {"block": "heading", "text": "Below"},
        {"block": "heading", "text": "Without a place"},
        {"block": "figure", "caption": "A line", "text": "It rises."},
    ]
