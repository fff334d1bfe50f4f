"""The shipped rulesets speak four languages: only long explanations and sources are in English alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead.ruleset.load import load_ruleset
from fairlead.show import page_of
from fairlead.show.content import Fields, Grid, Page, Paragraph, Phrase, Value
from fairlead.show.words import LANGUAGES

SHIPPED = Path(__file__).parents[2] / "rulesets" / "medical-travel"
DOCUMENTS = sorted(SHIPPED.glob("*.json"))
RULESETS = [f"medical-travel/{path.stem}" for path in DOCUMENTS if path.stem != "facts"]
ARABIC = re.compile("[\u0600-\u06ff]")
CODE = re.compile("`[^`]+`")


def texts(part: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The titles and the texts of reasons of a document, each with its place."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key in ("title", "text") and isinstance(value, str | dict):
                yield f"{path}/{key}", value
            else:
                yield from texts(value, f"{path}/{key}")
    elif isinstance(part, list):
        for place, value in enumerate(part):
            yield from texts(value, f"{path}/{place}")


def phrases(page: Page) -> Iterator[Phrase]:
    """What a page says, but for the paragraphs of its `about` and the sources of its checks."""
    (source,) = {"en": ["Source"], "de": ["Quelle"], "tr": ["Kaynak"], "ar": ["المصدر"]}[page.language]
    values: list[Value] = [field.value for field in page.fields.fields]
    yield from (page.title, page.contents, *page.notes)
    for section in page.sections:
        yield from (section.title, section.kind_words)
        for block in section.blocks:
            match block:
                case Paragraph():
                    yield block.text
                case Fields():
                    yield from (field.label for field in block.fields)
                    values += [field.value for field in block.fields if field.label.text != source]
                case Grid():
                    yield from (block.caption, block.legend, *block.heads)
                    values += [value for row in block.rows for value in row]
    for value in values:
        yield from value.lines


@pytest.mark.parametrize("path", DOCUMENTS, ids=[path.stem for path in DOCUMENTS])
def test_every_title_and_reason_is_there_in_four_languages(path: Path) -> None:
    found = dict(texts(json.loads(path.read_text("utf-8"))))

    assert found
    assert [place for place, text in found.items() if tuple(text) != LANGUAGES] == []
    for place, text in found.items():
        assert [bool(ARABIC.search(text[language])) for language in LANGUAGES] == [False] * 3 + [True], place
        assert len({tuple(sorted(CODE.findall(words))) for words in text.values()}) == 1, place


@pytest.mark.parametrize("language", ["de", "tr", "ar"])
@pytest.mark.parametrize("name", RULESETS)
def test_nothing_on_a_page_but_its_about_and_its_sources_is_english(name: str, language: str) -> None:
    page = page_of(load_ruleset(name), language)
    english = {
        span.text
        for phrase in phrases(page)
        for span in phrase.spans
        if span.language not in (None, language)
    }

    assert english == set()
    # the long explanation is, and a line says so
    line, *about = page.about
    assert {span.language for span in line.spans} == {language}
    assert {span.language for paragraph in about for span in paragraph.spans} - {None} == {"en"}


TERMS = [
    ("medical-travel/facts", ("entities", "lead"), "Lead", "aday hasta", "المريض المحتمل"),
    ("medical-travel/facts", ("entities", "partner"), "Partner", "iş ortağı", "الشريك"),
    ("medical-travel/facts", ("entities", "introduction"), "Vermittlung", "yönlendirme", "الإحالة"),
    ("medical-travel/facts", ("entities", "disclosure"), "Offenlegung", "açıklama", "الإفصاح"),
    ("medical-travel/facts", ("entities", "consent"), "Einwilligung", "onay", "الموافقة"),
    ("medical-travel/facts", ("entities", "agreement"), "Vereinbarung", "sözleşme", "الاتفاقية"),
    ("medical-travel/facts", ("entities", "facility"), "Einrichtung", "kurum", "المنشأة"),
    ("medical-travel/facts", ("entities", "treatment"), "Behandlung", "tedavi", "العلاج"),
    ("medical-travel/facts", ("entities", "coordinator"), "Betreuungsperson", "koordinatör", "المنسق"),
    ("medical-travel/facts", ("entities", "story"), "Geschichte", "hikâye", "القصة"),
    (
        "medical-travel/partner-programme",
        ("decisions", 0),
        *("Anerkennungsstufe des Partners", "iş ortağının takdir kademesi", "فئة تقدير الشريك"),
    ),
    (
        "medical-travel/partner-programme",
        ("decisions", 5),
        *("Vergütung des Partners", "iş ortağının ödülü", "مكافأة الشريك"),
    ),
]


@pytest.mark.parametrize(("name", "keys", "german", "turkish", "arabic"), TERMS)
def test_the_terms_of_the_domain(
    name: str, keys: tuple[Any, Any], german: str, turkish: str, arabic: str
) -> None:
    part = json.loads((SHIPPED.parent / f"{name}.json").read_text("utf-8"))
    for key in keys:
        part = part[key]

    assert [part["title"][language] for language in ("de", "tr", "ar")] == [german, turkish, arabic]
