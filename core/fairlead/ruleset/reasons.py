"""The reason codes of a ruleset with their texts."""

from __future__ import annotations

from fairlead.ruleset.typed import Check, Reason, Reward, Ruleset, Scorecard, Table, Texts

__all__ = ["reason_texts"]


def reason_texts(ruleset: Ruleset) -> dict[str, Texts]:
    """Return the text per language of each reason code of a ruleset."""
    found: list[Reason | None] = []
    for decision in ruleset.decisions:
        match decision:
            case Scorecard():
                found += [row.reason for row in decision.rows]
            case Table():
                found += [*(row.reason for row in decision.rows), decision.otherwise_reason]
            case Check() | Reward():
                found.append(decision.reason)
    return {reason.code: reason.text for reason in found if reason is not None}
