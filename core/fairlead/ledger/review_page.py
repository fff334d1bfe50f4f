"""The review of partners as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from fairlead.ledger.review import STEPS, PartnerReview, Review, median
from fairlead.show.content import Block, Field, Fields, Grid, Page, Paragraph, Phrase, Section, Value
from fairlead.show.web_page import web_page

__all__ = [
    "HEADS",
    "NOTE",
    "STEP_HEADS",
    "paid_by_lines",
    "review_html",
    "review_page",
    "rows",
    "step_rows",
]

NOTE = (
    "Conversion, leakage and complaints show what patients decided and how treatment went. They are for this "
    "review alone and never reach a reward: no fee may read them. A proposal is for a person to decide."
)
#: the columns of the table, one row for each partner
HEADS = (
    "partner",
    "introductions",
    "accepted %",
    "reply h",
    "teleconsultation h",
    "decision days",
    "leaked",
    "complaints",
    "files %",
    "disclosed %",
    "proposal",
    "why",
)
STEP_HEADS = ("partner", "introduced", *(name.replace("_", " ") for name, _ in STEPS))


def rows(found: Review) -> Iterator[list[str]]:
    """Yield the row of each partner; `-` is not known."""
    for each in found.partners:
        why = "; ".join(text for _, text in each.reasons) or ", ".join(f"`{name}`" for name in each.missing)
        yield [
            each.code,
            str(each.introductions),
            _number(each.share(each.accepted)),
            _number(median(each.reply_hours)),
            _number(median(each.teleconsultation_hours)),
            _number(median(each.decision_days)),
            str(each.leakage["leaked"] + each.leakage["at_risk"]),
            _number(each.complaints),
            _number(each.share(each.steps["file_complete"])),
            _number(each.share(each.disclosed)),
            each.proposal or "undetermined",
            why,
        ]


def step_rows(partners: Sequence[PartnerReview]) -> list[list[str]]:
    """Return how many introductions of each partner reached each step of the hand-off."""
    return [
        [each.code, str(each.introductions), *(str(each.steps[name]) for name, _ in STEPS)]
        for each in partners
    ]


def paid_by_lines(found: Review) -> list[str]:
    """Return which rewards of the project read what is for the review alone."""
    return [
        f"What is for the review alone reaches a reward: `{reward}` reads "
        + ", ".join(f"`{fact}`" for fact in facts)
        for reward, facts in found.paid_by.items()
    ]


def review_html(found: Review) -> str:
    """Return the review as one HTML file that asks the network for nothing."""
    return web_page(review_page(found))


def review_page(found: Review) -> Page:
    """Return the review as a page."""
    return Page(
        language="en",
        title=_words("Partner review"),
        name="partner-review",
        version=f"{found.first} to {found.last}",
        about=(_words(NOTE),),
        fields=Fields(
            (
                Field(_words("Introductions"), Value(Phrase.plain(f"{found.first} to {found.last}"))),
                Field(_words("As of"), Value(Phrase.plain(f"{found.as_of:%Y-%m-%d %H:%M %Z}"))),
                Field(_words("By"), Value(Phrase.plain(", ".join(found.rulesets)))),
            )
        ),
        notes=tuple(map(_words, paid_by_lines(found))),
        contents=_words("Contents"),
        sections=(
            Section("partners", _words("Partners"), (_grid("Partners", HEADS, list(rows(found))), _legend())),
            Section(
                "steps",
                _words("Hand-offs"),
                (_grid("Hand-offs", STEP_HEADS, step_rows(found.partners)), _of_steps()),
            ),
        ),
    )


def _grid(title: str, heads: Sequence[str], cells: Sequence[Sequence[str]]) -> Block:
    if not cells:
        return Paragraph(_words("There is no partner."))
    return Grid(_words(title), tuple(map(_words, heads)), tuple(tuple(map(_value, row)) for row in cells))


def _legend() -> Block:
    return Paragraph(
        _words(
            "Hours and days are medians: from the enquiry to the first reply by a person and to the first "
            "teleconsultation, from the introduction to the patient's decision. Leaked are introductions "
            "that the facility let slip or may yet lose; what a patient or a clinician decided is none. "
            "Complaints are those of the calendar year. `-` is not known."
        )
    )


def _of_steps() -> Block:
    return Paragraph(
        _words("How many introductions reached each step. A step that nobody recorded was not done.")
    )


def _value(text: str) -> Value:
    return Value(Phrase.marked(text, "en"), number=Decimal(text)) if text.isdigit() else Value(_words(text))


def _words(text: str) -> Phrase:
    return Phrase.marked(text, "en")


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)
