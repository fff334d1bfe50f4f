"""`fairlead statement` and `fairlead disclosure`: what partners, patients and referrers are told."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.browser import Browser, needs_browser
from tests.cli.test_ledger_commands import Q4, done, refused, said
from tests.ledger.world import NOW, World, write_project

from fairlead import project
from fairlead.cli import disclosure, ledger_place
from fairlead.ledger.notice_words import LANGUAGES, WORDS
from fairlead.sync.place import open_store

PARTNER = ("--partner", "TA-101")
PROGRAMME = ("--programme", "medical-travel/partner-programme")
HANDLING = ("--programme", "medical-travel/handling-fee-programme")


@pytest.fixture(autouse=True)
def at_now(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (ledger_place, disclosure):
        monkeypatch.setattr(module, "now", lambda: NOW)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A clinic with one introduction by a partner who is told things in Turkish."""
    folder = write_project(tmp_path / "clinic")
    with open_store(project.open(folder)) as store:
        world = World(folder, store)
        world.partner(languages=["tr", "en"])
        world.introduction("i1", "2026-10-05")
        yield world


@pytest.fixture
def both(world: World) -> World:
    """The same clinic with two programmes that pay for introductions."""
    write_project(world.folder, "medical-travel/partner-programme", "medical-travel/handling-fee-programme")
    return world


# statements


def test_before_it_is_made_a_statement_is_a_preview(world: World) -> None:
    done("ledger", "run", world.folder, *Q4, "--by", "Ana Silva")

    text = done("statement", world.folder, *PARTNER, *Q4, "--language", "en")
    assert "This is a preview: nothing in it is approved yet, and it may change." in text
    assert "To be paid  500.00 USD" in text

    done("ledger", "approve", world.folder, *Q4, "--by", "Mehmet Kaya")
    done("ledger", "statements", world.folder, *Q4, "--by", "Ana Silva", "--out", world.folder / "out")
    text = done("statement", world.folder, *PARTNER, *Q4)
    assert "Hesap özeti 2026-Q4" in text
    assert "önizleme" not in text


def test_a_statement_comes_as_page_table_and_json(world: World, tmp_path: Path) -> None:
    done("ledger", "run", world.folder, *Q4, "--by", "Ana Silva")
    words = ("statement", world.folder, *PARTNER, *Q4)

    assert '<html lang="de" dir="ltr">' in done(*words, "--format", "html", "--language", "de")
    rows = list(csv.DictReader(done(*words, "--format", "csv").splitlines()))
    assert [(row["part"], row["amount"]) for row in rows] == [
        ("paid", "500.00"),
        ("carried_over", "0.00"),
        ("total", "500.00"),
    ]
    assert json.loads(done(*words, "--format", "json"))["total"] == 50000
    (found,) = said(*words)["statements"]
    assert (found["code"], found["draft"], found["digest"]) == ("TA-101", True, None)
    file = tmp_path / "statement.html"
    assert "is written to" in done(*words, "--format", "html", "--output", file)
    assert file.read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("words", "code", "nearest"),
    [
        (("--partner", "TA-110", *Q4), "unknown-partner", "TA-101"),
        ((*PARTNER, "--period", "2026-Q4", "--format", "htm"), "unknown-format", "html"),
        ((*PARTNER, "--period", "Q4"), "wrong-period", None),
        ((*PARTNER, "--period", "2026-Q4", "--language", "fr"), "unknown-language", None),
        ((*PARTNER, "--period", "2026-Q3"), "nothing-on-statement", None),
    ],
)
def test_what_has_no_statement_is_refused(
    world: World, words: tuple[str, ...], code: str, nearest: str | None
) -> None:
    problem = refused("statement", world.folder, *words)

    assert (problem["code"], problem.get("nearest")) == (code, nearest)


# disclosures


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            (
                "clinic pays Atlas Travel for introducing patients.",
                "Amount       500.00 USD",
                "The price of your treatment does not change",
                "Your choice is free",
                "Signature      ____",
                "In force on              2026-11-21",
            ),
        ),
        ("de", ("clinic bezahlt Atlas Travel für die Vermittlung", "Vermittlungsakte ist vollständig: ja")),
        ("tr", ("Tedavinizin ücreti değişmez", "Tutar              500.00 USD", "İmza           ____")),
        ("ar", ("اختيارك حر", "500.00 USD", "التوقيع")),
    ],
)
def test_the_notice_says_who_pays_whom_how_much_in_the_patients_language(
    both: World, language: str, words: tuple[str, ...]
) -> None:
    text = done("disclosure", "render", both.folder, *PROGRAMME, *PARTNER, "--language", language)

    for each in words:
        assert each in text, text
    assert "medical-travel/partner-programme 1.0.0" in text
    assert text.count("sha256:") == 2


def test_amounts_by_complexity_are_all_in_the_notice(both: World) -> None:
    text = done("disclosure", "render", both.folder, *HANDLING, *PARTNER, "--language", "en")

    for amount in ("100.00 USD", "175.00 USD", "250.00 USD", "50.00 USD", "150.00 USD", "75.00 USD"):
        assert amount in text


def test_the_same_notice_has_the_same_digest_and_another_partner_another(both: World) -> None:
    both.partner("p2", name="Rhein Reisen")
    words = ("disclosure", "render", both.folder, *PROGRAMME, "--language", "tr")

    first, again, other = (
        said(*words, "--partner", code)["digest"] for code in ("TA-101", "TA-101", "TA-102")
    )

    assert first == again != other


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((*PROGRAMME, *PARTNER, "--language", "fr"), "unknown-language"),
        ((*PROGRAMME, "--partner", "TA-9", "--language", "tr"), "unknown-partner"),
        ((*PARTNER, "--language", "tr"), "missing-key"),
        ((*PARTNER, "--programme", "medical-travel/lead-scoring"), "no-rewards"),
        ((*PROGRAMME, *PARTNER, "--format", "pdf"), "unknown-format"),
    ],
)
def test_a_notice_that_cannot_be_made_is_refused(both: World, words: tuple[str, ...], code: str) -> None:
    problem = refused("disclosure", "render", both.folder, *words)

    assert problem["code"] == code
    if code == "unknown-language":
        assert problem["allowed"] == ["en", "de", "tr", "ar"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_referrer_is_told_of_receipt_and_verification_and_never_of_treatment(
    both: World, language: str
) -> None:
    text = " ".join(done("disclosure", "thanks", both.folder, "--language", language).split())

    for key in ("may_know_received", "may_know_verified", "never_treated", "never_ask"):
        assert WORDS[key][language] in text


def test_every_word_is_there_in_every_language() -> None:
    assert [key for key, texts in WORDS.items() if set(texts) != set(LANGUAGES) or "" in texts.values()] == []


@pytest.mark.parametrize("command", ["render", "thanks"])
def test_each_command_has_help_with_an_example(command: str) -> None:
    help_ = done("disclosure", command, "--help")

    assert "Examples:" in help_
    assert f"  fairlead disclosure {command}" in help_


@needs_browser
@pytest.mark.parametrize(
    "words",
    [
        ("render", *PROGRAMME, *PARTNER, "--language", "tr"),
        ("render", *HANDLING, *PARTNER, "--language", "ar"),
        ("thanks", "--language", "ar"),
    ],
)
def test_the_pages_are_accessible_and_silent(both: World, browser: Browser, words: tuple[str, ...]) -> None:
    browser.open(done("disclosure", *words, "--format", "html", both.folder))

    assert browser.offences() == []
    assert browser.run("return document.querySelectorAll('script').length") == 0
