"""A page as Markdown: tables and links that a reader of Markdown understands, and texts that do nothing."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from tests.show.all_kinds import HOSTILE, RULESET, SCRIPT, load

from fairlead.ruleset.load import load_ruleset
from fairlead.show import markdown, page_of
from fairlead.show.content import Field, Fields, Grid, Page, Paragraph, Phrase, Section, Span, Value


def html(text: str) -> str:
    """What a common reader of Markdown makes of a text."""
    return str(MarkdownIt("commonmark").enable("table").render(text))


def page_with(*texts: str, title: str = "title") -> Page:
    """A page that says these texts in a paragraph, a field, an item and a cell each."""
    phrases = [Phrase((Span(text, "en"),)) for text in texts]
    return Page(
        language="en",
        title=Phrase((Span(title, "en"),)),
        name="clinic/lead-scoring",
        version="1.0.0",
        about=tuple(phrases),
        fields=Fields(tuple(Field(phrase, Value(phrase, (phrase,))) for phrase in phrases)),
        notes=tuple(phrases),
        contents=Phrase.plain("Contents"),
        sections=(
            Section(
                "a",
                Phrase.plain("A"),
                (
                    Grid(
                        Phrase.plain("Rows"),
                        (Phrase.plain("Text"), Phrase.plain("Points")),
                        tuple((Value(phrase), Value(Phrase.plain("+5"), (phrase,))) for phrase in phrases),
                    ),
                    *(Paragraph(phrase) for phrase in phrases),
                ),
            ),
        ),
    )


def test_a_scorecard_is_a_table_with_its_points_to_the_right() -> None:
    text = markdown(page_of(load_ruleset("medical-travel/lead-scoring")))

    assert "| Row | Condition | Points | Reason |\n| --- | --- | ---: | --- |\n" in text
    assert '| `direct_channel` | enquiry channel is one of "whatsapp" or "phone" | +15 |' in text
    shown = html(text)
    assert shown.count("<table>") == 7
    assert '<td style="text-align:right">+25</td>' in shown
    assert '<a href="#lead.score">Lead score</a>' in shown
    assert '<a id="lead.score"></a>' in shown


@pytest.mark.parametrize(
    "text",
    [
        "*a* _b_ **c** `d` ~~e~~ [f](g) ![h](i) # j",
        "- a",
        "+ a",
        "1. a",
        "2) a",
        "---",
        "# a",
        "> a",
        "<b>a</b> &amp; <!-- c -->",
        SCRIPT,
        "a | b \\| c \\",
        "```a",
        "[a]: b",
        "+25 and 1.5 stay as they are",
    ],
)
def test_a_text_is_shown_as_it_is_written(text: str) -> None:
    wanted = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    shown = html(markdown(page_with(text, title=text)))

    assert f"<h1>{wanted}</h1>" in shown
    # about, paragraph, and the note in its quotation
    assert shown.count(f"<p>{wanted}</p>") == 3
    assert f"<strong>{wanted}</strong>: {wanted}" in shown
    assert f"<li>{wanted}</li>" in shown
    assert f"<td>{wanted}</td>" in shown
    assert "<script" not in shown


def test_an_address_in_a_text_becomes_no_link() -> None:
    text = markdown(page_with("see https://example.org and www.example.org"))

    assert "https://" not in text
    assert "www." not in text
    assert "<p>see https://example.org and www.example.org</p>" in html(text)


def test_lines_in_a_cell_stay_in_it_and_items_are_marked() -> None:
    shown = html(markdown(page_with("a\nb")))

    assert "<td>a<br>b</td>" in shown
    assert "<td>+5<br>• a<br>b</td>" in shown


def test_a_hostile_ruleset_does_nothing(tmp_path: Path) -> None:
    shown = html(markdown(page_of(load(tmp_path, copy.deepcopy(HOSTILE)))))

    assert "<script" not in shown
    assert "&lt;script&gt;" in shown


def test_other_languages_are_marked_and_arabic_reads_from_the_right(tmp_path: Path) -> None:
    ruleset = load(tmp_path, copy.deepcopy(RULESET))

    german = markdown(page_of(ruleset, "de"))
    arabic = markdown(page_of(ruleset, "ar"))

    assert '<span lang="en" dir="ltr">' in german
    assert "wegen" in german
    assert arabic.startswith('<div lang="ar" dir="rtl">\n\n# ')
    assert arabic.endswith("\n\n</div>\n")
