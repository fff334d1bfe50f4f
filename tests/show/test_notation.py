"""Conditions in German, Turkish and Arabic: titles with what they are asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.show.all_kinds import ASKED, RULESET, fact, load

import fairlead.show.notation
from fairlead.logic.operators import OPERATORS
from fairlead.show import page_of
from fairlead.show.condition_words import CONDITION_WORDS
from fairlead.show.content import Fields, Phrase

RECORDS = {"var": "lead.records"}
DATES = {"var": "lead.dates"}
CHANNEL = {"var": "lead.channel"}
PAGES = {"var": "lead.pages"}
BUDGET = {"var": "lead.budget"}
ASKED_ON = {"var": "lead.asked_on"}
ANSWERED = {"var": "lead.answered_at"}
TODAY = {"var": "as_of_date"}
NOW = {"var": "as_of"}
EUROS = {"money": ["5.00", "EUR"]}
LANGUAGES = {"var": "lead.languages"}
NOTE = {"var": "lead.note"}
ANSWERS = {"var": "lead.answers"}


def titled(en: str, de: str, tr: str, ar: str, **keys: Any) -> dict[str, Any]:
    return fact({"en": en, "de": de, "tr": tr, "ar": ar}, **keys)


MODEL: dict[str, Any] = {
    "fairlead": 1,
    "kind": "fact-model",
    "name": "clinic/facts",
    "version": "1.0.0",
    "title": "Facts",
    "about": "Leads.",
    "entities": {
        "lead": {
            "title": "Lead",
            "description": "A person who asks.",
            "facts": {
                "id": fact("id", type="text"),
                "records": titled(
                    "records are here", "Unterlagen da", "kayıtlar var", "السجلات موجودة", type="boolean"
                ),
                "dates": titled(
                    "dates are set", "Termine fest", "tarihler belli", "المواعيد محددة", type="boolean"
                ),
                "channel": titled(
                    "channel", "Kanal", "kanal", "القناة", type="one_of", values=["phone", "email", "fax"]
                ),
                "pages": titled(
                    "pages", "Seiten", "sayfa", "الصفحات", type="integer", minimum=0, maximum=100
                ),
                "asked_on": titled("day", "Tag der Anfrage", "başvuru günü", "يوم الاستفسار", type="date"),
                "answered_at": titled("time", "Antwortzeit", "yanıt zamanı", "وقت الرد", type="date_time"),
                "budget": titled("budget", "Budget", "bütçe", "الميزانية", type="money", currency="USD"),
                "languages": titled(
                    "languages", "Sprachen", "diller", "اللغات", type="list", items={"type": "text"}
                ),
                "note": titled("note", "Notiz", "not", "ملاحظة", type="text"),
                "answers": titled(
                    "answers", "Antworten", "yanıtlar", "الإجابات", type="list", items={"type": "boolean"}
                ),
                "english": fact("only in English", type="boolean"),
            },
        }
    },
}


def phrase(requirement: Any, language: str, folder: Path) -> Phrase:
    """A check's requirement as its page says it, several conditions joined by semicolons."""
    ruleset = {
        **RULESET,
        "parameters": {
            "most": {"type": "integer", "title": {"en": "most", "de": "Höchstzahl"}, "value": 9},
        },
        "decisions": [{**ASKED, "requirement": requirement}],
    }
    page = page_of(load(folder, ruleset, MODEL), language)
    (fields, *_) = (block for block in page.sections[0].blocks if isinstance(block, Fields))
    value = fields.fields[0].value
    return value.text if not value.items else Phrase(tuple(s for item in value.items for s in item.spans))


def said(requirement: Any, language: str, folder: Path) -> str:
    return phrase(requirement, language, folder).text


def within(condition: Any) -> Any:
    """A condition as a part of another, where brackets decide how it is read."""
    return {"!": {"and": [DATES, condition]}}


GERMAN: list[tuple[Any, str]] = [
    # yes, no, known, not known
    (RECORDS, "Unterlagen da: ja"),
    ({"!": RECORDS}, "Unterlagen da: nein"),
    ({"==": [RECORDS, True]}, "Unterlagen da: ja"),
    ({"!=": [True, RECORDS]}, "Unterlagen da: nein"),
    ({"absent": "lead.budget"}, "Budget: nicht bekannt"),
    ({"!": {"absent": "lead.budget"}}, "Budget: bekannt"),
    ({"absent": "lead.records"}, "Unterlagen da: nicht bekannt"),
    ({"var": ["lead.records", False]}, "Unterlagen da: ja (wenn nicht bekannt: nein)"),
    ({">": [{"var": ["lead.pages", 0]}, 5]}, "Seiten (wenn nicht bekannt: 0): mehr als 5"),
    # values
    ({"==": [CHANNEL, "phone"]}, "Kanal: phone"),
    ({"!=": [CHANNEL, "phone"]}, "Kanal: nicht phone"),
    ({"in": [CHANNEL, ["phone", "fax"]]}, "Kanal: phone oder fax"),
    ({"!": {"in": [CHANNEL, ["phone", "fax"]]}}, "Kanal: keines von phone, fax"),
    ({"in": ["de", LANGUAGES]}, "Sprachen: enthält de"),
    ({"!": {"in": [NOTE, LANGUAGES]}}, "Sprachen: enthält nicht „Notiz“"),
    ({"==": [NOTE, "yes or no"]}, 'Notiz: "yes or no"'),
    ({">": [PAGES, 5]}, "Seiten: mehr als 5"),
    ({">": [5, PAGES]}, "Seiten: weniger als 5"),
    ({"<=": [PAGES, {"var": "parameters.most"}]}, "Seiten: höchstens „Höchstzahl“ (9)"),
    ({">=": [BUDGET, {"money": ["100", "USD"]}]}, "Budget: 100.00 USD oder mehr"),
    ({"<": [ASKED_ON, TODAY]}, "Tag der Anfrage: vor „der Tag der Auswertung“"),
    ({">=": [ASKED_ON, {"date": "2026-01-31"}]}, "Tag der Anfrage: 2026-01-31 oder später"),
    # several conditions
    (
        within({"or": [RECORDS, {"absent": "lead.budget"}]}),
        "nicht (Termine fest: ja und (Unterlagen da: ja oder Budget: nicht bekannt))",
    ),
    (within({"in": [CHANNEL, ["phone", "fax"]]}), "nicht (Termine fest: ja und (Kanal: phone oder fax))"),
    (
        within({"<=": [ASKED_ON, TODAY]}),
        "nicht (Termine fest: ja und (Tag der Anfrage: „der Tag der Auswertung“ oder früher))",
    ),
    ({"==": [RECORDS, DATES]}, "„Unterlagen da“ = „Termine fest“"),
    ({"==": [{"!": RECORDS}, DATES]}, "(Unterlagen da: nein) = „Termine fest“"),
    (
        {"!=": [{"absent": "lead.pages"}, {"var": ["lead.records", True]}]},
        "(Seiten: nicht bekannt) ≠ (Unterlagen da: ja (wenn nicht bekannt: ja))",
    ),
    ({"none": [ANSWERS, {"!": {"var": ""}}]}, "kein Element von „Antworten“: (Element: nein)"),
    (
        {"some": [ANSWERS, {"and": [{"var": ""}, RECORDS]}]},
        "mindestens ein Element von „Antworten“: (Element: ja und Unterlagen da: ja)",
    ),
    (
        {"in": ["lead.pages", {"missing": ["lead.pages", "lead.budget"]}]},
        "(nicht bekannt unter: „Seiten“, „Budget“): enthält lead.pages",
    ),
    (
        {"in": ["lead.pages", {"missing_some": [1, ["lead.pages", "lead.budget"]]}]},
        (
            "(nicht bekannt unter: „Seiten“, „Budget“ (nichts, sobald so viele bekannt sind: 1)): "
            "enthält lead.pages"
        ),
    ),
    ({"!=": [RECORDS, {"<": [PAGES, 3]}]}, "„Unterlagen da“ ≠ (Seiten: weniger als 3)"),
    (
        {"==": [{"if": [RECORDS, 1, {">": [PAGES, 3]}, 2]}, 2]},
        "(wenn (Unterlagen da: ja), dann 1; wenn (Seiten: mehr als 3), dann 2; sonst nicht bekannt): 2",
    ),
    (
        {"some": [LANGUAGES, {"==": [{"var": ""}, "de"]}]},
        "mindestens ein Element von „Sprachen“: (Element: de)",
    ),
    (
        {"all": [LANGUAGES, {"in": ["de", {"var": ""}]}]},
        "jedes Element von „Sprachen“ (mindestens eines): (Element: enthält de)",
    ),
    (
        {"if": [RECORDS, DATES, {"!": DATES}]},
        "wenn (Unterlagen da: ja), dann Termine fest: ja; sonst Termine fest: nein",
    ),
    # calculations
    (
        {"<": [{"days_between": [ASKED_ON, TODAY]}, 30]},
        "Tage von „Tag der Anfrage“ bis „der Tag der Auswertung“: weniger als 30",
    ),
    ({"<": [{"-": [PAGES, {"*": [PAGES, 2]}]}, 0]}, "(„Seiten“ − („Seiten“ × 2)): weniger als 0"),
    (
        {"<": [{"add_days": [ASKED_ON, -3]}, TODAY]},
        "(„Tag der Anfrage“ − 3 (Tage)): vor „der Tag der Auswertung“",
    ),
    (
        {"<": [{"add_months": [ASKED_ON, PAGES]}, TODAY]},
        "(„Tag der Anfrage“ + „Seiten“ (Monate)): vor „der Tag der Auswertung“",
    ),
    (
        {">": [{"/": [PAGES, 3, {"scale": 2, "rounding": "half_even"}]}, 1]},
        (
            "(„Seiten“ ÷ 3, gerundet auf Nachkommastellen: 2 (zur nächsten Zahl, bei Gleichstand zur "
            "geraden)): mehr als 1"
        ),
    ),
    (
        {"==": [{"round": [{"*": [PAGES, {"decimal": "0.5"}]}, {"scale": 0, "rounding": "floor"}]}, 1]},
        "((„Seiten“ × 0.5), gerundet auf eine ganze Zahl (abgerundet)): 1",
    ),
    ({"<": [{"+": [PAGES, {"-": [PAGES]}, 1]}, 3]}, "(„Seiten“ + (−„Seiten“) + 1): weniger als 3"),
    (
        {">": [{"convert": [BUDGET, TODAY, {"currency": "EUR", "rounding": "half_up"}]}, EUROS]},
        (
            "(„Budget“ in EUR zum Kurs von „der Tag der Auswertung“ (zur nächsten Zahl, bei Gleichstand von "
            "null weg)): mehr als 5.00 EUR"
        ),
    ),
    (
        {">": [{"hours_between": [ANSWERED, NOW]}, 4]},
        "Stunden von „Antwortzeit“ bis „der Zeitpunkt der Auswertung“: mehr als 4",
    ),
    (
        {">": [{"minutes_between": [ANSWERED, NOW]}, 4]},
        "Minuten von „Antwortzeit“ bis „der Zeitpunkt der Auswertung“: mehr als 4",
    ),
    (
        {">": [{"seconds_between": [ANSWERED, NOW]}, 4]},
        "Sekunden von „Antwortzeit“ bis „der Zeitpunkt der Auswertung“: mehr als 4",
    ),
    (
        {"<": [{"add_hours": [ANSWERED, 24]}, NOW]},
        "(„Antwortzeit“ + 24 (Stunden)): vor „der Zeitpunkt der Auswertung“",
    ),
    ({"==": [{"%": [PAGES, 2]}, 0]}, "(Rest von „Seiten“ ÷ 2): 0"),
    (
        {"<": [{"max": [ASKED_ON, TODAY]}, {"date": "2026-02-01"}]},
        "(spätester Zeitpunkt von („Tag der Anfrage“, „der Tag der Auswertung“)): vor 2026-02-01",
    ),
    ({"<": [{"min": [PAGES, 7]}, 3]}, "(kleinster Wert von („Seiten“, 7)): weniger als 3"),
    ({"==": [{"substr": [NOTE, 0, 2]}, "de"]}, "(Teil von „Notiz“ ab Stelle 0, Länge 2): de"),
    ({"==": [{"cat": [NOTE, "x"]}, "ax"]}, "(„Notiz“ gefolgt von x): ax"),
]


@pytest.mark.parametrize(("requirement", "words"), GERMAN, ids=[words for _, words in GERMAN])
def test_a_condition_in_german(requirement: Any, words: str, tmp_path: Path) -> None:
    assert said(requirement, "de", tmp_path) == words


OTHERS: list[tuple[Any, str, str]] = [
    (RECORDS, "kayıtlar var: evet", "السجلات موجودة: نعم"),
    ({"!": RECORDS}, "kayıtlar var: hayır", "السجلات موجودة: لا"),
    ({"absent": "lead.budget"}, "bütçe: bilinmiyor", "الميزانية: غير معروف"),
    ({"!": {"absent": "lead.budget"}}, "bütçe: biliniyor", "الميزانية: معروف"),
    ({"in": [CHANNEL, ["phone", "fax"]]}, "kanal: phone veya fax", "القناة: phone أو fax"),
    ({"!=": [CHANNEL, "phone"]}, "kanal: phone değil", "القناة: ليس phone"),
    ({">": [PAGES, 5]}, "sayfa: 5 değerinden çok", "الصفحات: أكثر من 5"),
    (
        {"<=": [ASKED_ON, TODAY]},
        "başvuru günü: “değerlendirme günü” veya daha erken",
        "يوم الاستفسار: «يوم التقييم» أو قبله",
    ),
    (
        within({"==": [CHANNEL, "fax"]}),
        "(tarihler belli: evet ve (kanal: fax)) doğru değil",
        "ليس صحيحًا أن (المواعيد محددة: نعم و (القناة: fax))",
    ),
]


@pytest.mark.parametrize(("requirement", "turkish", "arabic"), OTHERS)
def test_a_condition_in_turkish_and_arabic(
    requirement: Any, turkish: str, arabic: str, tmp_path: Path
) -> None:
    assert said(requirement, "tr", tmp_path) == turkish
    assert said(requirement, "ar", tmp_path) == arabic


def test_a_title_without_translation_stays_english_and_is_marked(tmp_path: Path) -> None:
    condition = phrase({"!": {"var": "lead.english"}}, "ar", tmp_path)

    assert [(span.text, span.language) for span in condition.spans] == [
        ("only in English", "en"),
        (": ", "ar"),
        ("لا", "ar"),
    ]


def test_every_operator_is_among_the_conditions_above() -> None:
    used = str([condition for condition, _ in GERMAN])

    assert [name for name in OPERATORS if f"'{name}'" not in used] == []


@pytest.mark.parametrize("key", CONDITION_WORDS)
def test_each_word_of_conditions_is_there_in_three_languages(key: str) -> None:
    assert tuple(CONDITION_WORDS[key]) == ("de", "tr", "ar")
    assert all(words.strip() for words in CONDITION_WORDS[key].values())


def test_no_word_of_conditions_is_left_over() -> None:
    source = Path(fairlead.show.notation.__file__).read_text("utf-8")
    # these are named by the terms themselves
    modes = {"half_even", "half_up", "half_down", "up", "down", "floor", "ceiling"}
    named = {"all", "some", "none", *modes}

    assert {key for key in CONDITION_WORDS if f'"{key}"' not in source} == named
