"""How the effects of an upgrade are printed: how many results change, and witnesses of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from fairlead.cli.inputs import understood, understood_related
from fairlead.cli.screen import Styled, say

if TYPE_CHECKING:
    from fairlead.project.comparison import Changes, Witness
    from fairlead.project.witnesses import RulesetEffects
    from fairlead.ruleset.typed import Ruleset

__all__ = ["print_effects"]

#: from reason codes to their texts
_Words = Callable[[Sequence[str]], str]


def print_effects(effects: RulesetEffects, data: str, language: str) -> None:
    """Print what an upgrade does to the results of one ruleset; nothing where nothing was compared.

    `data` is what the past records are called.
    """
    for problem in effects.not_compared:
        say("  ", ("not compared with what it was: ", "yellow"), problem.message)
    if effects.old is None or effects.new is None:
        return
    was, now = (_reason_words(ruleset, language) for ruleset in (effects.old, effects.new))
    if effects.scenarios is not None:
        _print_changes("scenarios", effects.scenarios, was, now)
        for name in effects.newly_failing:
            say("    ", ("no longer as expected: ", "red"), name)
    if effects.records is not None:
        _print_changes(data, effects.records, was, now)
        if effects.reading is not None:
            for sentence in (*understood(effects.reading), *understood_related(effects.related)):
                say(f"    {sentence}")
    for problem in effects.not_in_force:
        say("  ", (f"after the upgrade: {problem.message}", "red"))
    for problem in effects.unread:
        say("  ", ("the past records cannot be read for this ruleset: ", "yellow"), problem.message)


def _print_changes(what: str, changes: Changes, was: _Words, now: _Words) -> None:
    pieces: list[str | Styled] = [f"  {what}: {changes.compared:,} compared, "]
    pieces.append((f"{changes.changed:,} changed", "bold yellow" if changes.changed else "green"))
    for count, words in (
        (changes.no_longer_fit, "no longer fit the facts"),
        (changes.fit_now, "fit the facts only now"),
        (changes.rejected, "rejected before and after"),
    ):
        if count:
            pieces.append(f", {count:,} {words}")
    say(*pieces)
    for decision, count in changes.by_decision.items():
        more = [
            f"{amount:+,} {currency}" for currency, amount in changes.by_how_much.get(decision, {}).items()
        ]
        say(f"    {decision}: {count:,} changed" + (f", {', '.join(more)} in all" if more else ""))
        witnesses = changes.witnesses[decision]
        for witness in witnesses:
            _print_witness(witness, was, now)
        if witnesses and count > len(witnesses):
            say(f"      and {count - len(witnesses):,} more")
    for record, message in changes.unfit:
        say("    ", (record, "bold"), f" no longer fits: {message}")


def _print_witness(witness: Witness, was: _Words, now: _Words) -> None:
    before, after = was(witness.old_reasons), now(witness.new_reasons)
    name: Styled = (witness.record, "bold")
    if witness.decision == "reasons":
        say("      ", name, f": {before} -> {after}")
        return
    is_same = sorted(witness.old_reasons) == sorted(witness.new_reasons)
    reasons = f"because: {after}" if is_same else f"before: {before}; after: {after}"
    say("      ", name, f": {witness.old.words} -> {witness.new.words} ({reasons})")


def _reason_words(ruleset: Ruleset, language: str) -> _Words:
    from fairlead.documents.texts import pick
    from fairlead.ruleset.reasons import reason_texts

    texts = reason_texts(ruleset)
    return lambda codes: ", ".join(pick(texts[code], language) for code in codes) or "no reason"
