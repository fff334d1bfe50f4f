"""The sections that say who introduced a patient and how is paid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fairlead.ruleset.detections import DETECTIONS
from fairlead.ruleset.typed import Attribution, Benefit, Ruleset, Settlement
from fairlead.show.content import Field, Fields, Phrase, Section, Value
from fairlead.show.wording import Wording

__all__ = ["benefit_words", "paying_sections"]


def benefit_words(benefit: Benefit, words: Wording) -> Value:
    """Return what a reward gives, and when that expires."""
    said = words.word(f"benefit_{benefit.kind}")
    months = benefit.expires_after_months
    return Value(said, () if months is None else (words.word("benefit_expires", months=str(months)),))


def paying_sections(ruleset: Ruleset, words: Wording) -> Iterator[Section]:
    """Yield the sections of a ruleset's attribution and settlement, where it states them."""
    if ruleset.attribution is not None:
        yield _section("attribution", _attribution(ruleset.attribution, words), words)
    if ruleset.settlement is not None:
        yield _section("settlement", _settlement(ruleset.settlement, words), words)


def _section(key: str, fields: Iterator[Field], words: Wording) -> Section:
    return Section(words.prefix + key, words.word(key), (Fields(tuple(fields)),))


def _attribution(part: Attribution, words: Wording) -> Iterator[Field]:
    parameter = Phrase.name(part.url_parameter or "")
    ways = {"url": words.word("by_url", parameter=parameter)}
    yield words.field(
        "known_by", Value(items=tuple(ways.get(way) or words.word(f"by_{way}") for way in part.by))
    )
    counts = [
        words.word("touches_within", days=str(part.window_days)),
        words.word(f"touch_{part.touch}"),
        words.word(f"ties_{part.ties}"),
    ]
    if part.late_code_days is not None:
        counts.append(words.word("late_after", days=str(part.late_code_days)))
    yield words.field("touches", Value(items=tuple(counts)))
    yield words.field("held_if", _found(part.holds, words))
    yield words.field("noted_if", _found([name for name in DETECTIONS if name not in part.holds], words))


def _found(names: Sequence[str], words: Wording) -> Value:
    items = tuple(words.text(DETECTIONS[name].text) for name in names)
    return Value(items=items) if items else Value(words.word("nothing_stated"))


def _settlement(part: Settlement, words: Wording) -> Iterator[Field]:
    yield words.field("paid_per", words.word(f"window_{part.period}"))
    # a programme's amounts are literals or settings: no entity's names stand in them
    if part.minimum_payout is not None:
        least = words.result(part.minimum_payout, "").text
        yield words.field("paid_from", Value(least, (words.word("carried_over"),)))
    if part.reportable_from is not None:
        yield words.field("reported_from", words.result(part.reportable_from, ""))
    yield words.field("disputes", words.word("disputed_within", days=str(part.dispute_days)))
    yield words.field("tax_form", words.word("yes" if part.tax_form_needed else "no"))
