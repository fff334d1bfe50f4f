"""A statement as a page for its payee, as CSV, and as text; it says no more than the document does."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

from fairlead.files.result_lines import text_cell
from fairlead.ledger.benefits import MONEY
from fairlead.ledger.programmes import amount_text, major
from fairlead.ledger.statement import Statement
from fairlead.ledger.statement_words import LANGUAGES, WORDS
from fairlead.show.content import (
    Block,
    Field,
    Fields,
    Grid,
    Page,
    Paragraph,
    Phrase,
    Section,
    Span,
    Value,
)
from fairlead.show.terminal import print_page
from fairlead.show.web_page import web_page

__all__ = ["CSV_COLUMNS", "PAPER", "page_text", "statement_csv", "statement_html", "statement_page"]

CSV_COLUMNS = ("part", "entry", "introduction", "day", "reward", "amount", "currency", "why", "remedy")

#: on paper a page is A4
PAPER = """
@page {
  size: A4;
  margin: 14mm;
}

@media print {
  html {
    font-size: 9pt;
  }

  section {
    margin-top: 1rem;
    padding-top: 0.6rem;
  }
}
"""

#: how wide the lines of a text are
_TEXT_WIDTH = 100


def statement_html(statement: Statement, language: str | None = None) -> str:
    """Return a statement as one web page that asks the network for nothing and prints on A4."""
    return web_page(statement_page(statement, language), style=PAPER)


def page_text(page: Page) -> str:
    """Return a page as plain text."""
    # the terminal's package is needed for this form alone
    from rich.console import Console

    text = io.StringIO()
    print_page(page, Console(file=text, width=_TEXT_WIDTH, highlight=False, no_color=True))
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def statement_page(statement: Statement, language: str | None = None) -> Page:
    """Return what is shown of a statement.

    `language` is that of the fixed words, left out the payee's, English where there are no words in it. What
    programmes and packs say stands as the payee was told.
    """
    return _Writer(statement, language).page()


class _Writer:
    def __init__(self, statement: Statement, language: str | None) -> None:
        self._document = statement.document
        self._digest = statement.digest
        self._currency = str(self._document["currency"])
        self._told_in = str(self._document["language"]).partition("-")[0]
        asked = (language or self._told_in).partition("-")[0]
        self.language = asked if asked in LANGUAGES else "en"

        #: what is given where it is not money
        benefit = str(self._document.get("benefit", MONEY))
        self._gives = "" if benefit == MONEY else benefit
        self._lines_title = "lines_given" if self._gives else "lines"

    def page(self) -> Page:
        document = self._document
        fields = [
            self._field(
                "payee", Value(Phrase.plain(document["name"] or document["code"]), code=document["code"])
            ),
            self._field("payer", Phrase.plain(document["project"])),
            self._field("period", Phrase.plain(document["period"])),
            self._field("made_on", Phrase.plain(document["made_on"])),
            self._field("total_value" if self._gives else "total", self._amount(document["total"])),
        ]
        if document["carried_over"]:
            fields.append(self._field("carried_over", self._amount(document["carried_over"])))
        if self._digest:
            fields.append(self._field("digest", Phrase.name(self._digest)))
        notes = [self._word("no_health")]
        if self._gives:
            notes.insert(0, self._word(self._gives))
        if document.get("draft"):
            notes.insert(0, self._word("preview"))
        return Page(
            language=self.language,
            title=self._word("title", period=str(document["period"])),
            name=str(document["code"]),
            version=str(document["period"]),
            about=(self._word("about", payer=str(document["project"])),),
            fields=Fields(tuple(fields)),
            notes=tuple(notes),
            contents=self._word("contents"),
            sections=(
                Section("lines", self._word(self._lines_title), (self._lines(),)),
                Section("held", self._word("held"), (self._held(),)),
                Section("year", self._word("year", year=str(document["year"]["year"])), (self._year(),)),
                *self._objections(),
            ),
        )

    def _objections(self) -> Iterator[Section]:
        """Yield how to object to a statement; to a preview nobody can."""
        if self._document.get("draft"):
            return
        until = self._word("object_until", day=str(self._document["dispute_until"]))
        texts = (Paragraph(until), Paragraph(self._word("who_decides")))
        yield Section("objections", self._word("objections"), texts)

    def _lines(self) -> Block:
        rows = [
            (
                Value(Phrase.plain(str(line["entry"]))),
                Value(Phrase.name(line["introduction"])),
                Value(Phrase.plain(line["day"])),
                Value(self._told(line["reward"]), tuple(self._remarks(line))),
                self._amount(line["units"]),
            )
            for line in self._document["lines"]
        ]
        heads = ("entry", "introduction", "day", "reward", "amount")
        if not rows:
            return Paragraph(self._word("no_lines"))
        return Grid(self._word(self._lines_title), tuple(map(self._word, heads)), tuple(rows))

    def _remarks(self, line: Mapping[str, Any]) -> Iterator[Phrase]:
        if line.get("corrects") is not None:
            key = str(line["cause"]).replace(" ", "_")
            cause = self._word(key) if key in WORDS else Phrase.plain(str(line["cause"]))
            yield self._word("takes_back", entry=str(line["corrects"]), cause=cause)
        if line.get("limits"):
            yield self._word("limited", amount=amount_text(line["asked"], self._currency))

    def _held(self) -> Block:
        rows = []
        for line in self._document["held"]:
            reasons = line["reasons"]
            why = tuple(self._told(reason["text"]) for reason in reasons) or (self._word("not_assessed"),)
            remedies = tuple(self._told(reason["remedy"]) for reason in reasons if reason["remedy"])
            rows.append(
                (
                    Value(Phrase.name(line["introduction"])),
                    Value(Phrase.plain(line["day"])),
                    Value(self._told(line["reward"])),
                    self._amount(line["units"]),
                    Value(items=why),
                    Value(items=remedies) if remedies else Value(Phrase.plain("-"), is_blank=True),
                )
            )
        heads = ("introduction", "day", "reward", "amount", "why", "remedy")
        if not rows:
            return Paragraph(self._word("no_held"))
        return Grid(self._word("held"), tuple(map(self._word, heads)), tuple(rows))

    def _year(self) -> Block:
        year = self._document["year"]
        fields = [
            self._field("paid_before", self._amount(year["paid_before"])),
            self._field("with_this", self._amount(year["with_this"])),
        ]
        if year["reportable_from"] is not None:
            fields.append(self._field("reportable_from", self._amount(year["reportable_from"])))
            fields.append(self._field("to_be_reported", self._answer(year["to_be_reported"])))
        fields.append(self._field("tax_form", self._answer(year["tax_form_on_file"])))
        return Fields(tuple(fields))

    def _answer(self, answer: bool) -> Phrase:
        return self._word("yes" if answer else "no")

    def _amount(self, units: int) -> Value:
        return Value(Phrase.plain(amount_text(units, self._currency)))

    def _told(self, text: str) -> Phrase:
        """Return what a programme says; where it has no words in the payee's language it is in English."""
        is_english = self._told_in not in LANGUAGES or (self._told_in == "ar" and text.isascii())
        return Phrase((Span(text, "en" if is_english else self._told_in),))

    def _word(self, key: str, **parts: Phrase | str) -> Phrase:
        return Phrase.filled(WORDS[key][self.language], self.language, parts)

    def _field(self, key: str, value: Value | Phrase) -> Field:
        return Field(self._word(key), value if isinstance(value, Value) else Value(value))


def statement_csv(statement: Statement) -> str:
    """Return a statement as CSV; no cell is one that a spreadsheet takes for a formula.

    `part` is `paid`, `held`, `carried_over` or `total`. Amounts are in the currency's units, as `500.00`.
    """
    document = statement.document
    currency = str(document["currency"])

    def row(part: str, units: int, **cells: Any) -> str:
        texts = {name: str(cells.get(name, "")) for name in CSV_COLUMNS}
        texts |= {"part": part, "amount": f"{major(units, currency).amount:f}", "currency": currency}
        return ",".join(
            texts[name] if name == "amount" else text_cell(texts[name].replace("\n", " "))
            for name in CSV_COLUMNS
        )

    rows = [",".join(CSV_COLUMNS)]
    for line in document["lines"]:
        named = {name: line[name] for name in ("entry", "introduction", "day", "reward")}
        why = f"takes back entry {line['corrects']}: {line['cause']}" if "corrects" in line else ""
        rows.append(row("paid", line["units"], **named, why=why))
    for line in document["held"]:
        named = {name: line[name] for name in ("introduction", "day", "reward")}
        why = "; ".join(reason["text"] for reason in line["reasons"])
        remedy = "; ".join(reason["remedy"] for reason in line["reasons"] if reason["remedy"])
        rows.append(row("held", line["units"], **named, why=why, remedy=remedy))
    rows.append(row("carried_over", document["carried_over"]))
    rows.append(row("total", document["total"]))
    return "".join(f"{each}\r\n" for each in rows)
