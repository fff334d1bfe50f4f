"""`fairlead explain`: why one record was decided as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.failures import with_messages
from fairlead.cli.inputs import Said, TableName, with_input_options
from fairlead.cli.options import AsJson, AsOf, Decisions, Language, RulesetName, help_text, names_in
from fairlead.cli.screen import print_json, say
from fairlead.problems import Problem, RecordError, UsageError

if TYPE_CHECKING:
    from fairlead.engine import Program
    from fairlead.files import InputFile

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "explain",
        help=help_text(
            "Explain in plain English how one record is decided: each value, each row that counted, and "
            "what is not known.",
            "fairlead explain medical-travel/lead-scoring --input leads.jsonl --line 3",
            'fairlead explain medical-travel/lead-scoring --facts \'{"lead": {"channel": "phone"}}\'',
        ),
    )(with_messages(with_input_options(_explain)))


def _explain(
    ruleset: RulesetName,
    source: Annotated[
        str | None,
        typer.Option(
            "--input",
            metavar="FILE",
            help="CSV, JSON Lines or Parquet, or the URL of a database, with --table.",
            show_default=False,
        ),
    ] = None,
    table: TableName = None,
    line: Annotated[
        int | None,
        typer.Option(
            "--line", metavar="N", help="The line or row of the record in --input.", show_default=False
        ),
    ] = None,
    facts: Annotated[
        str | None,
        typer.Option("--facts", metavar="JSON", help="The record itself.", show_default=False),
    ] = None,
    as_of: AsOf = None,
    decisions: Decisions = None,
    language: Language = None,
    *,
    said: Said,
    as_json: AsJson = False,
) -> int:
    from fairlead.cli.targets import Target, moment_of
    from fairlead.engine import explain

    if (facts is None) == (source is None) or (source is None) != (line is None):
        message = "one record is needed: `--facts`, or `--input` with `--line`"
        raise UsageError([Problem("wrong-usage", message)])
    if source is None and (said != Said() or table is not None):
        message = "what is said about an input goes with `--input`, and not with `--facts`"
        raise UsageError([Problem("wrong-usage", message)])
    named = Target.of(ruleset)
    moment = moment_of(as_of, named.zone)
    program = named.program(moment, names_in(decisions))
    if facts is not None:
        from fairlead.files import parse_record

        record = program.check(parse_record(facts.encode("utf-8", "surrogateescape")))
    else:
        assert source is not None
        assert line is not None
        record = _record_at(program, said.input(named, source, table), line)
    result = program.evaluate_checked(record, moment)
    if as_json:
        print_json({**result.as_json(), "trace": result.trace().as_json()})
        return 0
    version = f"{program.ruleset.name} {program.ruleset.version}"
    say(
        (version, "bold"),
        f", as of {moment.isoformat().replace('+00:00', 'Z')}, {program.approval}, digest {program.digest}",
    )
    for sentence in explain(program.ruleset, result.trace(), language or named.language):
        say(sentence) if sentence.startswith(" ") else say((sentence, "bold"))
    return 0


def _record_at(program: Program, source: InputFile, line: int) -> dict[str, dict[str, Any]]:
    """Return the checked record that begins on a line; raise RecordError where it is rejected."""
    from fairlead.files import Reject, open_input

    rejects: dict[int, Reject] = {}

    def reject(found: Reject) -> None:
        # of all others nothing is kept, however long the file is
        if found.line == line:
            rejects[line] = found

    with open_input(program, source, reject) as records:
        for number, _, record in records:
            if number == line:
                return record
            if number > line:
                break
    if line in rejects:
        raise RecordError(
            [problem.at(file=source.path, line=line, column=None) for problem in rejects[line].problems]
        )
    problem = Problem("no-such-line", f"no record of `{source.path}` begins on line {line}", found=str(line))
    raise UsageError([problem])
