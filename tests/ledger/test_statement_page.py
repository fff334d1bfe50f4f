"""Statements for payees: in their language, with what is held and why, and nothing about anybody's health."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.browser import Browser, needs_browser

from fairlead.ledger.payout import Payout
from fairlead.ledger.periods import read_period
from fairlead.ledger.statement import Statement
from fairlead.ledger.statement_page import page_text, statement_csv, statement_html, statement_page
from fairlead.ledger.statement_words import LANGUAGES, WORDS

if TYPE_CHECKING:
    from tests.ledger.world import World

Q4 = read_period("2026-Q4")


def stated(world: World, **partner: Any) -> Statement:
    """One introduction that is paid, and one whose disclosure is not on record."""
    world.partner(**partner)
    world.introduction("i1", "2026-10-05")
    world.introduction("i2", "2026-10-06", disclosure={"states_payment": True, "states_amount": True})
    ledger = world.ledger()
    ledger.accrue()
    ledger.assess()
    payout = Payout(ledger)
    payout.propose(Q4, "Ana")
    payout.approve(Q4, "Mehmet")
    (made,) = payout.state(Q4, "Ana")
    return made


def test_a_statement_lists_what_is_paid_and_what_is_held_with_the_remedy(world: World) -> None:
    made = stated(world)

    assert [(line["introduction"], line["units"]) for line in made.document["lines"]] == [("i1", 50000)]
    (held,) = made.document["held"]
    (reason,) = held["reasons"]
    assert (held["introduction"], reason["code"]) == ("i2", "not_disclosed_in_time")
    assert reason["remedy"] == (
        "put on record: time the disclosure was given, time the disclosure was recorded"
    )
    text = page_text(statement_page(made))
    for words in ("To be paid  500.00 USD", "Statement 2026-Q4", "Object until 2026-12-21"):
        assert words in text


@pytest.mark.parametrize(
    ("language", "words", "direction"),
    [
        ("en", ("Statement 2026-Q4", "What is held", "partner's reward"), "ltr"),
        ("de", ("Abrechnung 2026-Q4", "Was angehalten ist", "Vergütung des Partners"), "ltr"),
        ("tr", ("Hesap özeti 2026-Q4", "Bekletilenler", "iş ortağının ödülü"), "ltr"),
        ("ar", ("كشف حساب 2026-Q4", "ما عُلّق", "مكافأة الشريك"), "rtl"),
        # without words of its own a language is told in English
        ("ja", ("Statement 2026-Q4", "What is held", "partner's reward"), "ltr"),
    ],
)
def test_a_statement_is_in_the_payees_language(
    world: World, language: str, words: tuple[str, ...], direction: str
) -> None:
    made = stated(world, languages=[language])

    html = statement_html(made)

    assert f'<html lang="{language if language in LANGUAGES else "en"}" dir="{direction}">' in html
    for each in words:
        assert each.replace("'", "&#x27;") in html


def test_every_word_is_there_in_every_language() -> None:
    assert [key for key, texts in WORDS.items() if set(texts) != set(LANGUAGES) or "" in texts.values()] == []


def test_a_statement_says_nothing_about_health_or_the_patients_decision(world: World) -> None:
    world.partner(languages=["en"])
    facts: dict[str, Any] = {
        "service_line": "cosmetic",
        "decision_state": "decided",
        "patient_decided_at": "2026-10-09T08:00:00Z",
        "patient_decision": "accepted",
        "closed_because": "treated",
        "appointment_on": "2026-11-02",
    }
    world.introduction("i1", "2026-10-05", **facts)
    # nothing is known of the decision of the second
    world.introduction("i2", "2026-10-06", decision_state="decided", service_line="cosmetic")
    world.put(
        "lead",
        "l-i1",
        {
            "name": "Layla Haddad",
            "created_at": "2026-10-05T08:00:00Z",
            "specialty_of_interest": "oncology",
            "procedure_of_interest": "bone marrow transplant",
        },
    )
    ledger = world.ledger()
    ledger.accrue()
    ledger.assess()
    payout = Payout(ledger)
    payout.propose(Q4, "Ana")
    payout.approve(Q4, "Mehmet")
    (made,) = payout.state(Q4, "Ana")

    assert len(made.document["held"]) == 1
    told = [
        json.dumps(made.document),
        statement_html(made),
        statement_csv(made),
        page_text(statement_page(made)),
    ]
    hidden = ("cosmetic", "accepted", "treated", "Layla", "oncology", "marrow", "2026-10-09", "2026-11-02")
    found = [(word, text) for word in hidden for text in told if word.casefold() in text.casefold()]
    assert found == []


def test_facts_about_a_patient_are_not_named_as_missing(world: World) -> None:
    from fairlead.ledger.remedies import open_facts, remedy_of

    model = stated_model(world)
    names = [
        "lead.submitted_medical_records",
        "introduction.patient_decision",
        "agreement.signed_on",
        "agreement",
    ]

    assert open_facts(names, model, "en") == ["day the agreement was signed", "agreement"]
    reason = {"code": "x", "missing": ["lead.submitted_medical_records"]}
    assert remedy_of(reason, "en", model) == "the facility completes its record"


def stated_model(world: World) -> Any:
    return world.ledger().versions[0].ruleset.model


def test_who_is_stopped_is_told_why_before_anything_is_approved(world: World) -> None:
    world.partner(has_tax_form=False, languages=["de"])
    world.introduction("i1", "2026-10-05")
    ledger = world.ledger()
    ledger.accrue()
    ledger.assess()
    payout = Payout(ledger)
    with world.store.reading() as tx:
        (preview,) = payout.previews(tx, Q4)

    assert (preview.document["total"], preview.document["draft"]) == (0, True)
    (held,) = preview.document["held"]
    assert held["reasons"] == [
        {
            "code": "tax-form",
            "text": "Ein Steuerformular des Empfängers liegt nicht vor",
            "remedy": "Das Steuerformular einsenden; es wird beim Partner vermerkt",
            "missing": [],
        }
    ]
    assert "Dies ist eine Vorschau" in statement_html(preview)


def test_what_a_spreadsheet_would_take_for_a_formula_is_text(world: World) -> None:
    made = stated(world)
    document = dict(made.document)
    document["lines"] = [{**document["lines"][0], "reward": "=1+1", "introduction": '@SUM(A1),"x"'}]

    (_, line, *_) = csv.reader(statement_csv(Statement(document)).splitlines())

    assert (line[2], line[4], line[5]) == ('\'@SUM(A1),"x"', "'=1+1", "500.00")


def test_hostile_names_do_nothing_on_the_page(world: World) -> None:
    made = stated(world, name="<script>alert(1)</script>", code='"><img src=x>')

    html = statement_html(made)

    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


@needs_browser
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_statement_is_accessible_and_silent(world: World, browser: Browser, language: str) -> None:
    browser.open(statement_html(stated(world, languages=[language])))

    assert browser.offences() == []
    assert browser.run("return document.querySelectorAll('script').length") == 0
    browser.open(statement_html(stated_again(world)), width=390)
    assert browser.run("return document.documentElement.scrollWidth") == 390


def stated_again(world: World) -> Statement:
    with world.store.reading() as tx:
        (made,) = Payout(world.ledger()).statements(tx, Q4)
    return made


@needs_browser
def test_a_statement_prints_on_one_page_of_paper(world: World, browser: Browser) -> None:
    browser.open(statement_html(stated(world)), media="print")

    assert browser.print().count(b"/Type /Page\n") == 1
