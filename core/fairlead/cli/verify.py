"""`fairlead verify`: is an approval or a report what was signed, and by whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.failures import FINDINGS, with_messages
from fairlead.cli.options import AsJson, AsOf, help_text
from fairlead.cli.screen import print_json, say
from fairlead.problems import DocumentError, FairleadError, Problem

if TYPE_CHECKING:
    from fairlead.project import Project
    from fairlead.project.envelope import SignaturePart
    from fairlead.project.register import Register
    from fairlead.project.signed_page import SignedFile

__all__ = ["SignedPath", "find_register", "register", "rendering"]

_PURPOSE = (
    "Verify an approval, a report of an audit (JSON or HTML), or a bundle of evidence (zip), without any "
    "network: each signature, who made it, in which role, and if the key was valid then; of a page, that it "
    "is what its report renders to; of a bundle, that every file is the one of its digest, and the "
    "amounts that its rules and facts give; with --project, that the project's documents are those that were "
    "signed. Ends with exit code 1 where something is not as it was signed, and with 2 where the file cannot "
    "be read."
)

SignedPath = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="An approval, a report, its page or a bundle.", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "verify",
        help=help_text(
            _PURPOSE,
            "fairlead verify audit.html --register people.json",
            "fairlead verify TA-101.zip --register people.json",
            "fairlead verify clinic/approvals/lead-scoring-2026-11-22-0123456789ab.json --project clinic",
        ),
    )(with_messages(_verify))


def _verify(
    path: SignedPath,
    register_file: Annotated[
        Path | None,
        typer.Option(
            "--register",
            metavar="FILE",
            help="The register of people, best a copy of your own. Default: that of the project.",
            show_default=False,
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--project",
            metavar="FOLDER",
            help="Compare with the documents of this project.",
            show_default=False,
        ),
    ] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> int:
    from fairlead import project
    from fairlead.cli.targets import moment_of
    from fairlead.ledger.bundle import is_bundle
    from fairlead.project.signed_page import read_signed

    if is_bundle(path):
        from fairlead.cli.verify_bundle import verify_bundle

        return verify_bundle(path, register_file, folder, as_json=as_json)
    signed = read_signed(path)
    people = find_register(path, register_file, folder)
    opened = None if folder is None else project.open(folder)
    judged = [(each, people.fault(signed.envelope, each)) for each in signed.envelope.signatures]
    problems = [each for _, each in judged if each is not None]
    page_problem = signed.page_problem(rendering)
    problems += [page_problem] if page_problem is not None else []
    if not judged:
        message = "nobody has signed it"
        problems.append(Problem("not-signed", message, remedy="`fairlead sign` adds a signature"))
    day = None if opened is None else opened.day_of(moment_of(as_of, opened.zone))
    problems += [each for each in _other_problems(signed, people, opened, day) if each not in problems]
    if as_json:
        print_json(_as_json(signed, people, judged, problems))
    else:
        _print(signed, people, judged, problems, opened)
    return FINDINGS if problems else 0


def find_register(path: Path, named: Path | None, folder: Path | None) -> Register:
    """Return the register to verify with: the one named, the project's, or that of the project around.

    Raises DocumentError where there is none, or where it is not whole.
    """
    from fairlead.project.register import REGISTER_FILE, read_register

    if named is not None:
        return read_register(named)
    if folder is not None:
        return read_register(folder / REGISTER_FILE)
    for place in (*path.absolute().parents, Path()):
        if (place / REGISTER_FILE).is_file():
            return read_register(place / REGISTER_FILE)
    message = f"there is no register of people (`{REGISTER_FILE}`) near `{path}`"
    remedy = "name one with `--register`: without it nobody can tell whose signature it is"
    raise DocumentError([Problem("no-such-file", message, remedy=remedy)])


def rendering(payload: Mapping[str, Any]) -> str:
    """Return the page that a report renders to."""
    from fairlead.audit.report_html import report_page

    return report_page(payload)


def _other_problems(
    signed: SignedFile, people: Register, project: Project | None, day: date | None
) -> Iterator[Problem]:
    """Yield what is wrong besides single signatures and the page."""
    from fairlead.project.approvals import is_approval, read_approval, signature_problems

    if not is_approval(signed.envelope):
        if project is not None and day is not None:
            yield from _report_mismatches(signed.envelope.payload, project, day)
        return
    approval = read_approval(signed.path)
    faults = {
        fault.code for each in signed.envelope.signatures if (fault := people.fault(signed.envelope, each))
    }
    # what is wrong with a signature is said of it already
    yield from (each for each in signature_problems(approval, people) if each.code not in faults)
    if project is not None and day is not None:
        names = [each.name for each in approval.document.rulesets]
        bound = project.approvals.binder.bind([project.ruleset(name, as_of=day) for name in names], day)
        yield from project.approvals.mismatches(approval, bound, day)


def _report_mismatches(payload: Mapping[str, Any], project: Project, day: date) -> Iterator[Problem]:
    """Yield the documents that a report is about and that are not those of the project."""
    packs = {each.name: each.digest for each in project.pack_documents()}
    for key, what in (("rulesets", "ruleset"), ("packs", "policy pack")):
        for each in payload.get(key) or ():
            name, signed = str(each.get("name")), each.get("digest")
            try:
                here = project.ruleset(name, as_of=day).digest if key == "rulesets" else packs.get(name)
            except FairleadError:
                here = None
            if here != signed:
                said = "is not the one" if here is not None else "is not there; it is the one"
                message = f"the {what} `{name}` of the project {said} that the report is about"
                yield Problem("approval-mismatch", message, found=here or name)


def _print(
    signed: SignedFile,
    people: Register,
    judged: list[tuple[SignaturePart, Problem | None]],
    problems: list[Problem],
    project: Project | None,
) -> None:
    from fairlead.cli.problem_lines import problem_lines

    say((str(signed.path), "bold"), f": {signed.kind}, {signed.envelope.digest}")
    for signature, fault in judged:
        who = (
            f"{signature.name} ({signature.person}) as {signature.role}, {signature.at}, key {signature.key}"
        )
        say("  signed by ", (who, "green" if fault is None else "red"))
    say(f"  register {people.root}, {people.count:,} entries, the last {people.head}")
    for problem in problems:
        for line in problem_lines(problem):
            say(*line)
    if not problems:
        against = "" if project is None else f", and so are the documents of {project.name}"
        say((f"everything is as it was signed{against}", "green"))


def _as_json(
    signed: SignedFile,
    people: Register,
    judged: list[tuple[SignaturePart, Problem | None]],
    problems: list[Problem],
) -> dict[str, Any]:
    return {
        "file": str(signed.path),
        "kind": signed.kind,
        "digest": signed.envelope.digest,
        "signatures": [{**signature.model_dump(), "counts": fault is None} for signature, fault in judged],
        "register": {"root": people.root, "entries": people.count, "head": people.head},
        "verified": not problems,
        "problems": [problem.as_json() for problem in problems],
    }
