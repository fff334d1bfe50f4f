"""`fairlead import`: start in mid-year, with partners, agreements, introductions and balances from files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.failures import FINDINGS, with_messages
from fairlead.cli.inputs import Said, reading_json, understood, with_input_options
from fairlead.cli.ledger_place import now, person_named
from fairlead.cli.options import AsJson, help_text
from fairlead.cli.problem_lines import problem_lines
from fairlead.cli.screen import print_json, say
from fairlead.cli.signing_options import KeyFile, SigningRole, asked_day, asked_role, needed, signer_of
from fairlead.problems import Problem, UsageError, nearest_name

if TYPE_CHECKING:
    from fairlead.ledger.importing import Change, ImportedFile, Line
    from fairlead.ledger.opening import Terms
    from fairlead.project import Project

__all__ = ["register"]

_PURPOSE = (
    "Take partners, agreements, introductions, disclosures and opening balances from CSV or XLSX. First a "
    "preview: which rows are known by id, tracking code or exact name, what is new, what changes, what is "
    "rejected and why. `--apply` writes it. What the CRM holds is matched and never written over; existing "
    "tracking codes are adopted. The same file twice changes nothing. Ends with exit code 1 when there are "
    "rejects."
)
_COLUMNS_NAMED = 4
_ORIGIN = {"new": "new", "same": "unchanged", "changed": "changed", "different": "otherwise in the CRM"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    command = with_input_options(_import, without=("related",))
    app.command(
        "import",
        help=help_text(
            _PURPOSE,
            "fairlead import clinic partners.csv agreements.csv introductions.xlsx",
            'fairlead import clinic partners.csv --apply --by "Ana Silva"',
            "fairlead import clinic list.csv --as partners --mapping mappings/list.json",
            'fairlead import clinic openings.csv --cut-over 2026-07-01 --apply --by "Ana Silva"',
            "fairlead import clinic openings.csv --cut-over 2026-07-01 --apply --by ana --key ~/keys/ana.pem",
        ),
    )(with_messages(command))


def _import(
    folder: Annotated[
        Path, typer.Argument(metavar="PROJECT", help="The project's folder.", show_default=False)
    ],
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="CSV or XLSX files.", show_default=False)
    ],
    kind: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="KIND",
            help="What the files are about: partners, agreements, introductions, disclosures or openings. "
            "Default: as their columns tell.",
            show_default=False,
        ),
    ] = None,
    sheet: Annotated[
        str | None,
        typer.Option("--sheet", metavar="NAME", help="The sheet of a workbook.", show_default=False),
    ] = None,
    cut_over: Annotated[
        str | None,
        typer.Option(
            "--cut-over",
            metavar="DATE",
            help="For openings: the first day of the new ledger. The amounts are those of the day before.",
            show_default=False,
        ),
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Write it. Default: a preview.")] = False,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="NAME",
            help="Who does this. Where the project has a register of people: an id of it.",
            show_default=False,
        ),
    ] = None,
    key: KeyFile = None,
    role: SigningRole = None,
    first: Annotated[
        int, typer.Option("--first", metavar="N", min=1, help="How many rows of each file to print.")
    ] = 40,
    *,
    said: Said,
    as_json: AsJson = False,
) -> int:
    from fairlead.cli.targets import Target
    from fairlead.files.entity_file import read_entity_file
    from fairlead.ledger.import_run import KINDS, import_files, table_kinds
    from fairlead.ledger.opening import OPENINGS
    from fairlead.project import open as open_project
    from fairlead.store import rehearsal
    from fairlead.sync.place import locked, open_store

    if kind is not None and kind not in KINDS:
        nearest = nearest_name(kind[:100], KINDS)
        message = f"`{kind}` is nothing that a file can be about"
        raise UsageError([Problem("unknown-value", message, found=kind, allowed=KINDS, nearest=nearest)])
    project = open_project(folder)
    at = now()
    if apply:
        needed(by=by)
    person = person_named(project, by) if by is not None else "a preview"
    kinds = table_kinds(project, at)
    stated = said.of(Target(None, project), files[0]).stated
    read = [read_entity_file(path, kinds, kind, stated, project.zone, sheet=sheet) for path in files]
    openings = any(each.kind == OPENINGS for each in read)
    terms = _terms(project, cut_over, person, key, role, apply=apply) if openings else None
    with ExitStack() as stack:
        if apply:
            stack.enter_context(locked(project))
        store = stack.enter_context(open_store(project))
        place = store if apply else stack.enter_context(rehearsal(store))
        done = import_files(place, project, read, now=at, terms=terms)
    if apply:
        for each in done:
            _write_rejects(each)
    if as_json:
        print_json({"applied": apply, "by": by, "files": [_as_json(each, apply=apply) for each in done]})
    else:
        for each in done:
            _print(each, first, apply=apply)
        _print_end(done, apply=apply)
    return FINDINGS if any(each.rejects for each in done) else 0


def _terms(
    project: Project, cut_over: str | None, person: str, key: Path | None, role: str | None, *, apply: bool
) -> Terms | None:
    from fairlead.ledger.opening import Terms
    from fairlead.project.register import REGISTER_FILE, read_register

    day = asked_day("--cut-over", cut_over)
    if day is None:
        return None
    people = project.folder / REGISTER_FILE
    if not apply or not people.is_file():
        return Terms(day, person)
    if key is None:
        message = "the project has a register of people: opening balances are signed"
        remedy = "give the file of your private key with `--key`"
        raise UsageError([Problem("missing-key", message, remedy=remedy)])
    return Terms(day, person, signer_of(read_register(people), person, key), asked_role(role or "approver"))


def _rejects_file(done: ImportedFile) -> str:
    return f"{done.file.path}.rejects.jsonl"


def _write_rejects(done: ImportedFile) -> None:
    from fairlead.files.output_file import OutputFile

    if not done.rejects:
        # those of an earlier attempt are settled
        Path(_rejects_file(done)).unlink(missing_ok=True)
        return
    with OutputFile(_rejects_file(done)) as output:
        for each in done.rejects:
            output.write(each.json_line().encode())


def _counts(done: ImportedFile) -> dict[str, int]:
    from fairlead.ledger.importing import Outcome

    return {outcome.value: done.count(outcome) for outcome in Outcome}


def _as_json(done: ImportedFile, *, apply: bool) -> dict[str, Any]:
    return {
        "file": done.file.path,
        "about": done.file.kind,
        "by_columns": None if done.file.by is None else list(done.file.by),
        "read": done.file.read,
        **_counts(done),
        "rejected": len(done.rejects),
        "adopted_codes": list(done.codes),
        "patients_known_by_id": done.leads,
        **reading_json(done.file.reading),
        "rows": [
            {
                "line": line.line,
                "outcome": line.outcome.value,
                "record": line.label,
                "matched_by": line.by,
                "changes": [
                    {"name": change.name, "before": change.before, "after": change.after}
                    for change in line.changes
                ],
            }
            for line in done.lines
        ],
        "rejects": [each.as_json() for each in done.rejects],
        "rejects_file": _rejects_file(done) if apply and done.rejects else None,
    }


def _print(done: ImportedFile, first: int, *, apply: bool) -> None:
    file = done.file
    columns = "" if file.by is None else f", by the columns {_listed(file.by)}"
    say((f"{file.path}", "bold"), f": {file.kind}{columns}")
    for sentence in understood(file.reading):
        say(f"  {sentence}")
    counted = [f"{count:,} {_ORIGIN[name]}" for name, count in _counts(done).items()]
    say(f"  {file.read:,} read = {' + '.join(counted)} + {len(done.rejects):,} rejected")
    if done.codes:
        say(f"  {len(done.codes):,} tracking codes {'are' if apply else 'would be'} adopted")
    if done.leads:
        say(f"  {done.leads:,} patients are known by their id alone")
    for number, pieces in enumerate(_told(done)):
        if number == first:
            say("  and more: `--first` says how many to print")
            break
        say(*pieces)


def _told(done: ImportedFile) -> Iterator[list[str | tuple[str, str]]]:
    """Yield what there is to look at, what asks for something first."""
    for reject in done.rejects:
        for place, pieces in enumerate(problem_lines(reject.problems[0])):
            yield [f"  line {reject.line}: " if place == 0 else "    ", *pieces]
    for line in sorted(done.lines, key=lambda each: (not each.changes, each.line)):
        matched = f", known by its {line.by}" if line.by not in (None, "id") else ""
        if line.outcome.value == "same" and not matched:
            continue
        yield [f"  line {line.line}: ", (line.label, "bold"), f": {_ORIGIN[line.outcome.value]}{matched}"]
        for change in line.changes:
            yield [f"    {_changed(line, change)}"]


def _changed(line: Line, change: Change) -> str:
    before, after = (_shown(value) for value in (change.before, change.after))
    if line.outcome.value == "different":
        return f"{change.name}: {before} in the CRM, which stays; {after} in the file"
    return f"{change.name}: {before}, from now on {after}"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return f"{value.get('amount')} {value.get('currency')}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _COLUMNS_NAMED
    shown = ", ".join(f"`{name}`" for name in names[:_COLUMNS_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown


def _print_end(done: Iterable[ImportedFile], *, apply: bool) -> None:
    if not apply:
        say(("nothing is written yet", "yellow"), ": run it again with `--apply --by NAME`")
        return
    say(("written", "green"))
    for each in done:
        if each.rejects:
            say(f"  rejected rows with their reasons: {_rejects_file(each)}")
