"""`fairlead audit --impact`: what changes in the law on a day, and the records that this touches."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from fairlead.cli.failures import FINDINGS
from fairlead.cli.inputs import reading_json, related_json, understood, understood_related
from fairlead.cli.progress import reading
from fairlead.cli.screen import Styled, print_json, say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from fairlead.cli.inputs import Said
    from fairlead.cli.targets import Target
    from fairlead.project.impact import Impact, LawChange, Touched
    from fairlead.ruleset.policy_pack import PolicyPack

__all__ = ["impact"]


def impact(
    target: Target,
    packs: Sequence[PolicyPack],
    on: str,
    data: str | None,
    as_of: date,
    said: Said,
    *,
    as_json: bool,
) -> int:
    """Print what the packs ask otherwise from the day `on`, and what it touches; return the exit code."""
    from fairlead.facts.values import UnfitValue, parse_date
    from fairlead.problems import UsageError
    from fairlead.project.impact import changes_of_law, days_of_change, touched_records

    try:
        day = parse_date(on)
    except UnfitValue as unfit:
        raise UsageError([unfit.problem("--impact")]) from None
    changes = changes_of_law(packs, day)
    days = days_of_change(packs)
    found = None
    if data is not None:
        file = said.of(target, data)
        with reading(data) as progress:
            found = touched_records(packs, packs[0].model, target.zone, day, as_of, file, progress)
    if as_json:
        print_json(_json(day, packs, changes, days, found))
    else:
        _print_changes(day, changes, days, target.language)
        if found is not None and data is not None:
            _print_records(found, data)
    return FINDINGS if (changes if found is None else found.touched) else 0


def _json(
    day: date,
    packs: Sequence[PolicyPack],
    changes: Sequence[LawChange],
    days: Sequence[date],
    found: Impact | None,
) -> dict[str, Any]:
    members: dict[str, Any] = {
        "day": day.isoformat(),
        "packs": [{"name": each.name, "version": each.version, "digest": each.digest} for each in packs],
        "changes": [each.as_json() for each in changes],
        "next_change": next((each.isoformat() for each in days if each > day), None),
        "records": None,
    }
    if found is not None:
        members["records"] = {
            "read": found.read,
            "looked_at": found.looked_at,
            "rejected": found.rejected,
            "unfit": [{"line": line, "message": message} for line, message in found.unfit],
            "touched": found.records,
            "changed": found.changed,
            "entries": [each.as_json() for each in found.touched],
            **(reading_json(found.reading) if found.reading is not None else {}),
            "related": [related_json(each) for each in found.related],
        }
    return members


def _print_changes(day: date, changes: Sequence[LawChange], days: Sequence[date], language: str) -> None:
    from fairlead.documents.texts import pick
    from fairlead.engine.explain import value_in_words

    if not changes:
        said = "nothing changes in these packs"
        before = [each for each in days if each < day]
        after = [each for each in days if each > day]
        near = [f"the last change was on {before[-1]}"] if before else []
        near += [f"the next is on {after[0]}"] if after else ["none is known after it"]
        say((f"{day}: ", "bold"), f"{said}; {', '.join(near)}")
        return
    say((f"What changes on {day}", "bold"))
    for pack, group in groupby(changes, key=lambda each: each.pack):
        say(f"  {pack}")
        for each in group:
            title = pick(each.title, language)
            if each.kind == "changes":
                old, new = (_figure(value_in_words(value), value) for value in (each.old, each.new))
                say(f"    {each.name}: {old} -> {new} ({title})")
                read = ", ".join(each.obligations)
                say(f"      read by {read}" if read else "      no obligation reads it")
            else:
                say(f"    {each.name} ", (each.kind, "bold"), f": {title}")
            cited = "; ".join(each.citations) or each.source
            say(f"      {cited} (confidence: {each.confidence})")


def _figure(words: str, value: object) -> str:
    return "no value" if value is None else words


def _print_records(found: Impact, data: str) -> None:
    if found.reading is None:
        say(f"no obligation changes: {data} is not read")
        return
    say(
        (data, "bold"),
        f": {found.read:,} read = {found.looked_at:,} looked at + {found.rejected:,} rejected; "
        f"{found.records:,} touched, {found.changed:,} of them with another answer",
    )
    for sentence in (*understood(found.reading), *understood_related(found.related)):
        say(f"  {sentence}")
    for line, message in found.unfit:
        say(f"  line {line} rejected: {message}")
    for day, group in groupby(found.touched, key=lambda each: each.governing_date):
        say(f"  {day}" if day is not None else "  without a governing date")
        for each in group:
            say(
                "    ",
                (each.record, "bold"),
                f"  {each.pack.rpartition('/')[2]}/{each.obligation}: ",
                _said(each),
            )


def _said(each: Touched) -> Styled:
    """Return what becomes of a record, in words, with its style."""
    if each.after is None:
        words = {True: "applies", None: "may apply", False: "applies no more"}[each.applies]
        return (f"{words}; it asks nothing of the record itself", "")
    why = f": {'; '.join(each.why)}" if each.why and not each.after else ""
    if each.changes:
        return ("passes now", "green") if each.after else (f"no longer passes{why}", "bold yellow")
    return ("passes as before", "") if each.after else (f"is held as before{why}", "")
