"""`fairlead log`: the decision log, read and verified; `fairlead forget`: one person's part of it erased."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.failures import FINDINGS, with_messages
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.project_options import ProjectFolder, with_store
from fairlead.cli.screen import print_json, say
from fairlead.problems import Problem, UsageError

if TYPE_CHECKING:
    from fairlead.store import LogEntry

__all__ = ["register"]

_LOG = (
    "The decision log: every decision that was written to the CRM, chained by hashes. `verify` finds any "
    "entry that was edited, removed, reordered or cut off; `show` lists the entries of one record."
)
_FORGET = (
    "Erase one person: the key of their inputs in the decision log, and everything else that is stored of "
    "them. The log still verifies; a replay then says that the inputs are erased. The CRM is not touched."
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(
        "log", help=help_text(_LOG, "fairlead log verify clinic", "fairlead log show clinic --id 1042")
    )(with_messages(_log))
    app.command(
        "forget", help=help_text(_FORGET, "fairlead forget clinic --object contacts --id 1042 --yes")
    )(with_messages(_forget))


def _log(
    action: Annotated[str, typer.Argument(metavar="verify|show", help="What to do.", show_default=False)],
    folder: ProjectFolder = Path(),
    id_: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="Only this record.", show_default=False)
    ] = None,
    first: Annotated[int, typer.Option("--first", metavar="N", min=1, help="How many entries to show.")] = 20,
    as_json: AsJson = False,
) -> int:
    if action == "verify":
        return _verify(folder, as_json)
    if action == "show":
        with with_store(folder) as store, store.reading() as tx:
            entries = list(islice(tx.log.entries(id_=id_), first))
        if as_json:
            print_json({"entries": [_as_json(entry) for entry in entries]})
        else:
            for entry in entries:
                _print_entry(entry)
        return 0
    raise UsageError(
        [Problem("unknown-action", f"`{action}` is not an action", found=action, allowed=("verify", "show"))]
    )


def _verify(folder: Path, as_json: bool) -> int:
    with with_store(folder) as store:
        found = store.verify()
    if as_json:
        print_json(
            {
                "entries": found.head.count,
                "head": found.head.hash,
                "anchors": found.anchors,
                "unanchored": found.unanchored,
                "found": found.found,
                "findings": [
                    {
                        "kind": each.kind.value,
                        "message": each.message,
                        "entry": each.seq,
                        "anchor": each.anchor_line,
                    }
                    for each in found.findings
                ],
            }
        )
        return 0 if found.sound else FINDINGS
    for each in found.findings:
        say((each.message, "red"), f" [{each.kind.value}]")
    anchored = (
        "no anchor file is kept"
        if found.anchors is None
        else f"compared with {found.anchors:,} anchors; {found.unanchored:,} entries are newer than the last"
    )
    say(f"{found.head.count:,} entries, {anchored}")
    said = (
        "the log is whole" if found.sound else f"{found.found:,} findings: the log is not as it was written"
    )
    say((said, "green" if found.sound else "bold red"))
    return 0 if found.sound else FINDINGS


def _words(value: Any) -> str:
    """Return a logged result in words; a reward and an amount are objects there."""
    match value:
        case None:
            return "not known"
        case bool():
            return "yes" if value else "no"
        case {"amount": str() as amount, "currency": str() as currency, **rest} if not rest:
            return f"{amount} {currency}"
        case dict():
            return ", ".join(f"{name.replace('_', ' ')} {_words(part)}" for name, part in value.items())
        case list():
            return ", ".join(map(_words, value)) or "none"
    return str(value)


def _print_entry(entry: LogEntry) -> None:
    from fairlead.sync.overrides import LOGGED, override_words

    say(
        (f"{entry.seq}  {entry.at:%Y-%m-%d %H:%M:%S}  {entry.entity} {entry.id}", "bold"),
        f"  run {entry.run}",
    )
    for name, value in entry.decisions.items():
        if name.endswith(LOGGED):
            say(f"    {override_words(value)}")
        else:
            say(f"  {name} = {_words(value)}")
    if entry.reasons:
        say(f"  reasons: {', '.join(map(str, entry.reasons))}")
    say(f"  ruleset {entry.ruleset}, {entry.approval}" + (f"; {entry.note}" if entry.note else ""))


def _as_json(entry: LogEntry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "run": entry.run,
        "entity": entry.entity,
        "id": entry.id,
        "ruleset": entry.ruleset,
        "model": entry.model,
        "semantics": entry.semantics,
        "approval": entry.approval,
        "decisions": dict(entry.decisions),
        "reasons": list(entry.reasons),
        "inputs": None if entry.inputs is None else dict(entry.inputs),
        "inputs_erased": entry.erased,
        "hash": entry.hash,
        "previous": entry.previous,
    }


def _forget(
    folder: ProjectFolder = Path(),
    object_: Annotated[
        str, typer.Option("--object", metavar="NAME", help="The CRM's object.", show_default=False)
    ] = "",
    id_: Annotated[str, typer.Option("--id", metavar="ID", help="The record's id.", show_default=False)] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do it: it cannot be undone.")] = False,
    as_json: AsJson = False,
) -> int:
    from fairlead.store import Ref

    if not object_ or not id_:
        message = "which person is to be forgotten is not said"
        raise UsageError([Problem("missing-key", message, remedy="give `--object` and `--id`")])
    if not yes:
        message = "forgetting cannot be undone"
        raise UsageError([Problem("not-confirmed", message, remedy="give `--yes` to do it")])
    with with_store(folder) as store:
        removed = store.forget(Ref(object_, id_))
    if as_json:
        print_json(
            {
                "people": [str(ref) for ref in removed.people],
                "records": removed.records,
                "held": removed.held,
                "queued": removed.queued,
                "rejects": removed.rejects,
                "keys": removed.keys,
                "residue": removed.residue.as_json() if removed.residue else None,
            }
        )
    else:
        people = ", ".join(str(ref) for ref in removed.people)
        say(
            f"{people} forgotten: {removed.records:,} records, {removed.keys:,} keys, "
            f"{removed.rejects:,} rejects"
        )
        if removed.residue is not None:
            say((str(removed.residue), "yellow"))
    return FINDINGS if removed.residue is not None else 0
