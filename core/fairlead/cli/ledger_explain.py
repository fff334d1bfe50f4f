"""`fairlead ledger explain`, `replay` and `verify`: why an amount is what it is, and whether it still is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.failures import FINDINGS, with_messages
from fairlead.cli.options import AsJson, Language, help_text
from fairlead.cli.project_options import ProjectFolder
from fairlead.cli.screen import print_json, say
from fairlead.documents.texts import count_of

if TYPE_CHECKING:
    from fairlead.ledger.explaining import Explanation
    from fairlead.ledger.recomputing import Recomputation
    from fairlead.ledger.replay import ReplayReport
    from fairlead.ledger.verifying import LedgerVerification
    from fairlead.project import Project

__all__ = ["counted", "outcome_words", "rates_table", "register"]

_EXPLAIN = (
    "Say why an entry is what it is: the rule in words with its version, digest, approval, inputs, the "
    "disclosure to the patient, what held it, and each movement with who made it and when. The amount, its "
    "limits and its release are recomputed from what was archived. Ends with exit code 1 where anything "
    "differs from what the ledger holds."
)
_REPLAY = (
    "Recompute every entry and every release of the ledger from the archived documents and inputs. Ends with "
    "exit code 1 where anything differs, and says what. Where a person was forgotten the inputs are erased, "
    "which is no difference: it is said what still recomputes the amount."
)
_VERIFY = (
    "Check that the ledger is what was written: every act over its rows and in the decision log, balances, "
    "states, corrections, and that nothing was accrued twice. Ends with exit code 1 where something is wrong."
)

_OUTCOMES = {
    "same": "recomputed from their inputs: the same",
    "from_basis": "inputs erased, recomputed from the facts that were kept: the same",
    "erased": "inputs erased, and what was kept is not enough to recompute them: as they were logged",
    "carried_in": "opening balances: carried in, nothing to recompute",
    "spent": "redeemed or expired: nothing to recompute",
    "takes_back": "corrections: the opposite of what they take back",
    "differs": "not as the ledger has them",
}
_OUTCOME = {
    "same": "recomputed from its inputs: the same",
    "from_basis": "inputs erased; recomputed from the facts that were kept: the same",
    "erased": "inputs erased; what was kept is not enough to recompute it, and it is as it was logged",
    "carried_in": "an opening balance: it was carried in, and there is nothing to recompute",
    "spent": "redeemed or expired: there is nothing to recompute",
    "takes_back": "a correction: the opposite of the entry that it takes back",
    "differs": "not as the ledger has it",
}


def register(group: typer.Typer) -> None:
    """Add the commands of this module to the group `ledger`."""
    for name, command, purpose, example in (
        ("explain", _explain, _EXPLAIN, "fairlead ledger explain 17 clinic"),
        ("replay", _replay, _REPLAY, "fairlead ledger replay clinic"),
        ("verify", _verify, _VERIFY, "fairlead ledger verify clinic --json"),
    ):
        group.command(name, help=help_text(purpose, example))(with_messages(command))


@contextmanager
def counted(words: str) -> Iterator[Callable[[int], None] | None]:
    """Show how many are done where a person is watching; gives what to call with how many more are."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn(words), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda count: bar.advance(task, count)


def outcome_words(outcome: str, *, of_many: bool = False) -> str:
    """Return in words how far an entry could be recomputed."""
    return (_OUTCOMES if of_many else _OUTCOME)[outcome]


def _explain(
    entry: Annotated[
        int, typer.Argument(metavar="ENTRY", min=1, help="The entry's number.", show_default=False)
    ],
    folder: ProjectFolder = Path(),
    language: Language = None,
    as_json: AsJson = False,
) -> int:
    from fairlead import project
    from fairlead.ledger.explaining import explain
    from fairlead.sync.place import open_store

    opened = project.open(folder)
    with open_store(opened) as store:
        explanation = explain(
            store, entry, str(opened.zone), rates=rates_table(opened), language=language or opened.language
        )
    if as_json:
        print_json(explanation.as_json())
    else:
        _print_explanation(explanation)
    return FINDINGS if explanation.differences else 0


def rates_table(opened: Project) -> Any:
    """Return the project's exchange rates, None where it has none."""
    from fairlead.project.rates import rates_of

    rates = rates_of(opened)
    return None if rates is None else rates.table


def _print_explanation(explanation: Explanation) -> None:
    entry = explanation.entry
    say(
        (f"entry {entry.id}: {explanation.amount} to {explanation.payee_code}", "bold"),
        f"  {entry.kind}, {entry.state.value.replace('_', ' ')}",
    )
    say(f"  {entry.reward} of {entry.entity} {entry.subject}, {entry.day}, by {entry.programme}")
    if entry.corrects is not None:
        say(f"  takes back entry {entry.corrects}")
    if entry.asked != entry.units:
        say(f"  before limits: {explanation.asked}")
    for limit in entry.content.get("limits") or []:
        from fairlead.ledger.programmes import amount_text

        left, most = (amount_text(limit[key], entry.currency) for key in ("left", "maximum"))
        say(f"  the limit `{limit['id']}` ({most} per {limit['per']}) left {left}")
    _print_rule(explanation)
    _print_inputs(explanation)
    _print_history(explanation)
    say()
    _print_outcome(explanation)


def _print_rule(explanation: Explanation) -> None:
    content = explanation.entry.content
    if content.get("ruleset") is None:
        return
    say()
    say(("rule", "bold"), f"  {explanation.entry.programme} {content.get('version')}, {content['ruleset']}")
    say(f"  {content.get('approval')}")
    if explanation.rule is None:
        return
    from rich.console import Console

    from fairlead.show import print_page
    from fairlead.show.content import Fields

    page = explanation.rule
    sections = tuple(each for each in page.sections if each.name == explanation.entry.reward)
    print_page(replace(page, sections=sections, fields=Fields(())), Console(highlight=False))


def _print_inputs(explanation: Explanation) -> None:
    say()
    if explanation.inputs_erased:
        say(("inputs erased", "yellow"), ": the person was forgotten; the facts that were kept are")
    else:
        say(("inputs", "bold"))
    for key, facts in explanation.recomputation.inputs.items():
        for name, value in facts.items():
            shown = f"{len(value)} records" if isinstance(value, list) else _words(value)
            say(f"  {key}.{name} = {shown}")
    if explanation.disclosure:
        say(("disclosure to the patient", "bold"))
        for name, value in explanation.disclosure.items():
            say(f"  {name.replace('_', ' ')}: {_words(value)}")
    elif not explanation.inputs_erased:
        say("the inputs hold no disclosure to the patient")


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return " ".join(str(part) for part in value.values())
    return str(value)


def _print_history(explanation: Explanation) -> None:
    if explanation.holds:
        say(("holds", "bold"))
    for held, act in explanation.holds:
        codes = ", ".join(str(reason.get("code")) for reason in held.reasons)
        say(
            f"  {act.at:%Y-%m-%d %H:%M} held by: {codes}"
            if codes
            else f"  {act.at:%Y-%m-%d %H:%M} nothing holds it"
        )
    say(("movements", "bold"))
    for movement, act in explanation.movements:
        before = "" if movement.from_state is None else f"{movement.from_state.value} -> "
        because = f" ({act.reason})" if act.reason else ""
        say(
            f"  {act.at:%Y-%m-%d %H:%M} {before}{movement.state.value}  by {act.actor}{because}, act {act.id}"
        )


def _print_outcome(explanation: Explanation) -> None:
    found: Recomputation = explanation.recomputation
    say((outcome_words(found.outcome.value), "bold red" if found.differences else "green"))
    if explanation.release is not None and not explanation.release_differences:
        said = "its inputs are erased: by the logged result" if explanation.release.erased else "the same"
        say(f"released by decision {explanation.release.seq}: {said}")
    for each in explanation.differences:
        say((f"{each.what}: the ledger has {each.ledger}, found {each.found}", "red"))


def _replay(folder: ProjectFolder = Path(), as_json: AsJson = False) -> int:
    from fairlead import project
    from fairlead.ledger.replay import replay
    from fairlead.sync.place import open_store

    opened = project.open(folder)
    with open_store(opened) as store, counted("entries recomputed") as progress:
        report = replay(store, str(opened.zone), rates_table(opened), progress)
    if as_json:
        print_json(report.as_json())
    else:
        _print_replay(report)
    return 0 if report.is_same else FINDINGS


def _print_replay(report: ReplayReport) -> None:
    say((f"{report.entries:,} entries of {report.acts:,} acts, {report.releases:,} releases", "bold"))
    for outcome, count in sorted(report.outcomes.items()):
        say(f"  {count:,} {outcome_words(outcome, of_many=True)}")
    if report.releases_erased:
        say(f"  {report.releases_erased:,} releases whose inputs are erased: by the logged result")
    if report.released_by_people:
        say(f"  {report.released_by_people:,} released by people, with their reasons in the ledger")
    for each in report.differences:
        for one in each.differences:
            say((f"entry {each.entry}: {one.what}: the ledger has {one.ledger}, found {one.found}", "red"))
    said = "nothing differs" if report.is_same else f"{report.found:,} entries differ"
    say((said, "green" if report.is_same else "bold red"))


def _verify(folder: ProjectFolder = Path(), as_json: AsJson = False) -> int:
    from fairlead.cli.project_options import with_store
    from fairlead.ledger.verifying import verify_ledger

    with with_store(folder) as store, counted("acts checked") as progress:
        report = verify_ledger(store, progress)
    if as_json:
        print_json(report.as_json())
    else:
        _print_verification(report)
    return 0 if report.sound else FINDINGS


def _print_verification(report: LedgerVerification) -> None:
    for log_finding in report.log.findings:
        say((log_finding.message, "red"), f" [{log_finding.kind.value}]")
    for each in report.findings:
        say((each.message, "red"), f" [{each.kind}]")
    say(f"{report.acts:,} acts, {report.log.head.count:,} entries of the decision log")
    found = report.found + report.log.found
    findings = count_of(found, "finding")
    said = "the ledger is whole" if report.sound else f"{findings}: the ledger is not as it was written"
    say((said, "green" if report.sound else "bold red"))
