"""`fairlead demo`: the shipped rulesets on shipped, made-up leads and partners."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from fairlead.cli.failures import with_messages
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.screen import column_lines, print_json, say

if TYPE_CHECKING:
    from fairlead.engine import Program, Result
    from fairlead.ruleset.typed import Texts

__all__ = ["register"]

#: the day on which the demo's data ends
_AS_OF = date(2026, 11, 21)

#: the order of the queue; whoever asked to be left alone is not in it
_PRIORITIES = ("clinician_now", "call_now", "call_next", "reply_and_nurture", "reply_in_turn")


class _Waiting(NamedTuple):
    """A lead in the queue, in the order in which the queue stands."""

    place: int
    score: int
    deadline: str
    id: str
    priority: str
    reasons: tuple[str, ...]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "demo",
        help=help_text(
            "Score 500 made-up leads and 12 made-up partners with the shipped rulesets: who to call now and "
            "why, each partner's tier, and what holds each reward.",
            "fairlead demo",
            "fairlead demo --all --language de",
        ),
    )(with_messages(_demo))


def _demo(
    show_all: Annotated[bool, typer.Option("--all", help="Print every lead and reward.")] = False,
    first: Annotated[
        int, typer.Option("--first", metavar="N", min=1, help="How many leads and rewards to print.")
    ] = 12,
    language: Annotated[
        str, typer.Option("--language", metavar="TAG", help="The language of the reasons.")
    ] = "en",
    as_json: AsJson = False,
) -> int:
    from fairlead.ruleset.catalogue import shipped_root

    folder = shipped_root() / "medical-travel" / "demo"
    queue, left_alone, explanation = _queue(folder / "leads.jsonl", language)
    tiers, rewards = _partners(folder, language)
    if as_json:
        print_json(
            {
                "as_of": _AS_OF.isoformat(),
                "synthetic": True,
                "queue": [
                    {
                        "id": lead.id,
                        "score": -lead.score,
                        "priority": lead.priority,
                        "deadline": lead.deadline,
                        "reasons": list(lead.reasons),
                    }
                    for lead in queue
                ],
                "explanation_of_the_first": explanation,
                "not_to_be_contacted": left_alone,
                "partners": [
                    dict(zip(("partner", "introductions", "tier"), tier, strict=True)) for tier in tiers
                ],
                "rewards": [
                    dict(zip(("introduction", "partner", "amount", "state", "because"), row, strict=True))
                    for row in rewards
                ],
            }
        )
        return 0
    say(
        (
            "These leads and partners are synthetic: nobody in them is real. The rulesets are unapproved.",
            "italic",
        )
    )
    _print_queue(queue, left_alone, len(queue) if show_all else first)
    say("")
    say((f"Why {queue[0].id} comes first: the rules, and the values they read", "bold"))
    for line in explanation:
        say(f"  {line}")
    say("")
    say(("Partners in 2026", "bold"))
    for line in column_lines([("partner", "introductions", "tier"), *tiers], indent="  "):
        say(line)
    say("")
    say(("Rewards for introductions", "bold"))
    heads = ("introduction", "partner", "amount", "state", "because")
    shown = rewards if show_all else rewards[:first]
    for line in column_lines([heads, *shown], indent="  "):
        say(line)
    if len(shown) < len(rewards):
        say(f"  and {len(rewards) - len(shown)} more: `fairlead demo --all` shows them")
    states = Counter(state for *_, state, _ in rewards)
    say(f"  {len(rewards)} introductions: " + ", ".join(f"{states[state]} {state}" for state in states))
    return 0


def _print_queue(queue: list[_Waiting], left_alone: int, count: int) -> None:
    say("")
    say((f"Who to answer first, as of {_AS_OF} (times in UTC)", "bold"))
    rows = [
        (lead.id, str(-lead.score), lead.priority.replace("_", " "), lead.deadline, ", ".join(lead.reasons))
        for lead in queue[:count]
    ]
    for line in column_lines([("lead", "score", "what next", "answer by", "why"), *rows], indent="  "):
        say(line)
    if count < len(queue):
        say(f"  and {len(queue) - count} more: `fairlead demo --all` shows everyone")
    counts = Counter(lead.priority for lead in queue)
    said = ", ".join(f"{counts[name]} {name.replace('_', ' ')}" for name in _PRIORITIES if counts[name])
    say(f"  {len(queue) + left_alone} leads: {said}, {left_alone} not to be contacted")


def _results(program: Program, path: Path) -> Iterator[tuple[dict[str, dict[str, Any]], Result]]:
    """Yield the checked records of a file of the demo with their results."""
    from fairlead.files import parse_record

    with path.open("rb") as stream:
        for line in stream:
            record = program.check(parse_record(line))
            yield record, program.evaluate_checked(record, _AS_OF)


def _queue(path: Path, language: str) -> tuple[list[_Waiting], int, list[str]]:
    """Return the leads that wait for an answer, most pressing first, and how many are left alone.

    The last part explains the score and the priority of the first.
    """
    from fairlead.documents.texts import pick
    from fairlead.engine import explain, load
    from fairlead.ruleset.reasons import reason_texts

    program = load("medical-travel/lead-scoring", as_of=_AS_OF)
    texts: dict[str, Texts] = reason_texts(program.ruleset)
    queue: list[_Waiting] = []
    records: dict[str, dict[str, Any]] = {}
    left_alone = 0
    for record, result in _results(program, path):
        lead, decisions = record["lead"], result.decisions
        if decisions["lead.priority"] not in _PRIORITIES:
            left_alone += 1
            continue
        records[lead["id"]] = record
        deadline = lead["created_at"] + timedelta(hours=decisions["lead.follow_up_within_hours"])
        queue.append(
            _Waiting(
                _PRIORITIES.index(decisions["lead.priority"]),
                -decisions["lead.score"],
                f"{deadline:%Y-%m-%d %H:%M}",
                lead["id"],
                decisions["lead.priority"],
                tuple(pick(texts[code], language) for code in result.reasons),
            )
        )
    queue.sort()
    trace = program.trace(records[queue[0].id], _AS_OF)
    explanation = explain(program.ruleset, trace, language, only=("lead.score", "lead.priority"))
    return queue, left_alone, explanation


def _partners(
    folder: Path, language: str
) -> tuple[list[tuple[str, str, str]], list[tuple[str, str, str, str, str]]]:
    """Return (partner, introductions, tier) and (introduction, partner, amount, state, why) as texts."""
    from fairlead.engine import load

    programme = load("medical-travel/partner-programme", as_of=_AS_OF)
    tiers = []
    for record, result in _results(programme, folder / "partners.jsonl"):
        partner = record["partner"]
        count = partner.get("introductions_this_year")
        tier = result.decisions["partner.tier"]
        tiers.append((partner["id"], "not counted" if count is None else str(count), tier or "not known"))
    rewards = []
    for record, result in _results(programme, folder / "introductions.jsonl"):
        introduction = record["introduction"]["id"]
        partner = record.get("partner", {}).get("id", "")
        rewards.append((introduction, partner, *_reward(programme, result, language)))
    return tiers, rewards


def _reward(programme: Program, result: Result, language: str) -> tuple[str, str, str]:
    """Return the amount, the state and what holds the reward of one introduction, as texts."""
    from fairlead.documents.texts import pick
    from fairlead.engine.explain import value_in_words
    from fairlead.ruleset.typed import Check

    def unknown(*decisions: str) -> list[str]:
        model = programme.ruleset.model
        names = {cause.subject for name in decisions for cause in result.undetermined.get(name, ())}
        facts = [(name, model.find("introduction", name)) for name in sorted(names)]
        titles = [name if fact is None else pick(fact.title, language) for name, fact in facts]
        return [f"not known: {', '.join(titles)}"] if titles else []

    reward = result.decisions["introduction.reward"]
    if reward is None:
        return "", "not known yet", "; ".join(unknown("introduction.reward"))
    if not reward.accrues:
        return "", "nothing earned", ""
    amount = value_in_words(reward.amount)
    if reward.reversed:
        return amount, "taken back", ""
    if reward.payable:
        return amount, "payable", ""
    checks = [decision for decision in programme.ruleset.decisions if isinstance(decision, Check)]
    holds = [
        pick(check.reason.text, language) for check in checks if result.decisions.get(check.name) is False
    ]
    return amount, "held", "; ".join([*holds, *unknown(*(check.name for check in checks))])
