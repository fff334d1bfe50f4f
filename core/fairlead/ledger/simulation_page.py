"""A simulation as a page: who would gain or lose, the chart of it, and which checks would fire."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from html import escape

from fairlead.ledger.programmes import amount_text, major
from fairlead.ledger.simulation import PayeeChange, Simulation
from fairlead.show import Page, web_page
from fairlead.show.content import Field, Fields, Figure, Grid, Paragraph, Phrase, Section, Span, Value

__all__ = ["NOTE", "chart", "simulation_html", "simulation_page"]

NOTE = (
    "A simulation: nothing was entered, approved or paid. Guards of policy packs, attribution that a person "
    "has still to decide, and what people would have done otherwise are not in it."
)

#: bars of the chart; the others are in the table alone
_MOST_BARS = 40
# all in units of the drawing
_LABEL, _BARS, _AMOUNT, _ROW, _MARGIN = 170, 480, 150, 26, 10

_STYLE = """
.bars text { fill: var(--ink); font: 13px system-ui, sans-serif; }
.bars .axis { stroke: var(--line); }
.bars .gain { fill: var(--accent); }
.bars .loss { fill: none; stroke: var(--accent); stroke-width: 2; stroke-dasharray: 4 3; }
figure { margin: 0 0 1rem; }
.drawing { overflow-x: auto; }
"""


def simulation_html(found: Simulation) -> str:
    """Return the simulation as one HTML file that asks the network for nothing."""
    return web_page(simulation_page(found), style=_STYLE)


def simulation_page(found: Simulation) -> Page:
    """Return the simulation as a page."""
    changed = [each for each in found.payees if each.gain]
    sections = [_totals(found)]
    sections += [
        _chart_of(currency, [each for each in changed if each.currency == currency])
        for currency in sorted({each.currency for each in changed})
    ]
    sections += [_payees(found), _checks(found)]
    return Page(
        language="en",
        title=_words("What a draft would change"),
        name=found.draft_name,
        version=found.draft_version,
        about=(_words(NOTE),),
        fields=Fields(
            (
                _field("Draft", Value(Phrase.plain(found.draft_version), code=found.draft_name)),
                _field("Digest", Value(Phrase.name(found.digest))),
                _field("Approval", Value(_words(found.approval))),
                _field("Time", Value(Phrase.plain(f"{found.since} to {found.until}"))),
                _field("Payable as of", Value(Phrase.plain(f"{found.as_of:%Y-%m-%d %H:%M %Z}"))),
                _field("Records", Value(Phrase.plain(f"{found.looked_at:,}"))),
            )
        ),
        notes=(),
        contents=_words("Contents"),
        sections=tuple(sections),
    )


def chart(changes: Sequence[PayeeChange], title: str) -> str:
    """Return the gains and losses of payees as an SVG element; all of one currency.

    A gain is a filled bar to the right, a loss a dashed frame to the left: it does not rest on colour.
    """
    return "\n".join(_lines(changes, title))


def _lines(changes: Sequence[PayeeChange], title: str) -> Iterator[str]:
    most = max((abs(each.gain) for each in changes), default=0) or 1
    width = _LABEL + _BARS + _AMOUNT + 2 * _MARGIN
    height = len(changes) * _ROW + 2 * _MARGIN
    middle = _MARGIN + _LABEL + _BARS // 2
    yield (
        f'<svg class="bars" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{_said(title)}"'
        f' width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    )
    yield f'<line class="axis" x1="{middle}" y1="{_MARGIN}" x2="{middle}" y2="{height - _MARGIN}"/>'
    for place, each in enumerate(changes):
        top = _MARGIN + place * _ROW
        length = max(abs(each.gain) * (_BARS // 2) // most, 1)
        left, kind = (middle, "gain") if each.gain > 0 else (middle - length, "loss")
        yield f'<text x="{_MARGIN}" y="{top + 17}">{_said(_short(each.payee))}</text>'
        yield f'<rect class="{kind}" x="{left}" y="{top + 4}" width="{length}" height="{_ROW - 8}"/>'
        amount = signed(each.gain, each.currency)
        yield f'<text x="{_MARGIN + _LABEL + _BARS + 8}" y="{top + 17}">{_said(amount)}</text>'
    yield "</svg>"


def signed(units: int, currency: str) -> str:
    """Return a gain with its sign: `+500.00 USD`."""
    return f"{'+' if units > 0 else ''}{amount_text(units, currency)}"


def _totals(found: Simulation) -> Section:
    rows = [
        (
            Value(Phrase.plain(currency)),
            _amount(before, currency),
            _amount(after, currency),
            _amount(after - before, currency),
        )
        for currency, before, after in found.totals
    ]
    heads = ("Currency", "Present programme", "Draft", "Difference")
    title = _words("In total")
    counts = (
        f"Earned {found.present.earned:,} times by the present programme and {found.draft.earned:,} times by "
        f"the draft; cut by a limit {found.present.cut:,} and {found.draft.cut:,} times."
    )
    return Section("totals", title, (Grid(title, _heads(heads), tuple(rows)), Paragraph(_words(counts))))


def _chart_of(currency: str, changes: list[PayeeChange]) -> Section:
    shown = sorted(changes, key=lambda each: -abs(each.gain))[:_MOST_BARS]
    shown.sort(key=lambda each: each.gain)
    title = f"Who would gain or lose, {currency}"
    drawing = chart(shown, title)
    rest = len(changes) - len(shown)
    text = "The table of payees says the same in numbers." + (
        f" {rest:,} smaller ones are left out." if rest else ""
    )
    return Section(
        f"chart-{currency.lower()}", _words(title), (Figure(_words(title), drawing, _words(text)),)
    )


def _payees(found: Simulation) -> Section:
    rows = tuple(
        (
            Value(Phrase.plain(each.payee)),
            Value(Phrase.plain(each.currency)),
            _count(each.present_entries),
            _count(each.draft_entries),
            _amount(each.present, each.currency),
            _amount(each.draft, each.currency),
            _amount(each.gain, each.currency),
            _amount(each.draft_payable - each.present_payable, each.currency),
        )
        for each in found.payees
    )
    heads = (
        "Payee",
        "Currency",
        "Entries",
        "With the draft",
        "Amount",
        "With the draft ",
        "Gain",
        "Payable gain",
    )
    title = _words("By payee")
    if not rows:
        return Section("payees", title, (Paragraph(_words("Nobody would get anything on either side.")),))
    return Section("payees", title, (Grid(title, _heads(heads), rows),))


def _checks(found: Simulation) -> Section:
    title = _words("Which checks would fire")
    rows = tuple(
        (Value(_words(each.text), code=each.code), _count(each.present), _count(each.draft))
        for each in found.checks
    )
    if not rows:
        return Section("checks", title, (Paragraph(_words("No check stands against anything earned.")),))
    return Section("checks", title, (Grid(title, _heads(("Check", "Present programme", "Draft")), rows),))


def _words(text: str) -> Phrase:
    return Phrase.marked(text, "en")


def _heads(names: Sequence[str]) -> tuple[Phrase, ...]:
    return tuple(map(_words, names))


def _field(label: str, value: Value) -> Field:
    return Field(_words(label), value)


def _amount(units: int, currency: str) -> Value:
    amount = major(units, currency).amount
    return Value(Phrase.plain(f"{amount:,f}"), number=amount)


def _count(number: int) -> Value:
    return Value(Phrase.plain(f"{number:,}"), number=Decimal(number))


def _short(payee: str) -> str:
    return payee if len(payee) <= 22 else f"{payee[:21]}…"


def _said(text: str) -> str:
    return escape(Span(text).text)
