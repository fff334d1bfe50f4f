"""`fairlead audit`: prove what incentive rules can and cannot do, against policy packs."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.cli.failures import FINDINGS, with_messages
from fairlead.cli.inputs import Said, with_input_options
from fairlead.cli.options import AsJson, AsOf, help_text
from fairlead.cli.screen import print_json, say
from fairlead.problems import Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from fairlead.audit.auditor import AcceptedRisk, Subject
    from fairlead.audit.findings import Audit
    from fairlead.audit.second_opinion import SecondOpinion
    from fairlead.cli.targets import Target
    from fairlead.facts.model import FactModel
    from fairlead.files.output_file import OutputFile
    from fairlead.ruleset.policy_pack import PolicyPack

__all__ = ["register"]

_PURPOSE = (
    "Prove what incentive rules can and cannot do. Each obligation of each policy pack is asked of each "
    "ruleset, over all inputs: proved, refuted with a case that the engine replayed, undecided, or evidence "
    "missing. A project is audited with its own packs and those that --policy adds. The exit code is 1 where "
    "anything is refuted, with --strict also where anything is undecided or evidence is missing. With "
    "--impact DATE nothing is proved: it lists what the packs ask otherwise from that day on and, with "
    "--data, the records that this touches; the exit code is then 1 where there are any."
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "audit",
        help=help_text(
            _PURPOSE,
            "fairlead audit clinic --policy us-stark --policy de",
            "fairlead audit medical-travel/partner-programme --policy introduction-only \\",
            "    --html report.html --sarif report.sarif",
            "fairlead audit clinic --impact 2027-01-01 --data introductions.csv",
        ),
    )(with_messages(with_input_options(_audit)))


def _audit(
    subject: Annotated[
        str,
        typer.Argument(metavar="[PROJECT|RULESET]", help="A project's folder, or a ruleset by name or file."),
    ] = ".",
    policy: Annotated[
        list[str] | None,
        typer.Option(
            "--policy",
            metavar="PACK",
            help="A policy pack, such as us-stark; `all` for every shipped one. May be repeated.",
            show_default=False,
        ),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the report as one web page.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Write the report as JSON.")
    ] = None,
    sarif: Annotated[
        Path | None, typer.Option("--sarif", metavar="FILE", help="Write the findings as SARIF 2.1.0.")
    ] = None,
    smt2: Annotated[
        Path | None,
        typer.Option("--emit-smt2", metavar="DIR", help="Write each question as an SMT-LIB 2 file."),
    ] = None,
    cross_check: Annotated[
        bool, typer.Option("--cross-check", help="Ask a second solver; where they disagree: undecided.")
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            metavar="N",
            min=1,
            help="Resource units that one question may cost.",
            show_default=False,
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 unless everything is proved or does not apply.")
    ] = False,
    impact_on: Annotated[
        str | None,
        typer.Option(
            "--impact",
            metavar="DATE",
            help="List what the packs ask otherwise from this day on, in place of an audit.",
            show_default=False,
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="FILE",
            help="With --impact: records, CSV, JSON Lines or Parquet, and which of them it touches.",
            show_default=False,
        ),
    ] = None,
    as_of: AsOf = None,
    *,
    said: Said,
    as_json: AsJson = False,
) -> int:
    from fairlead.cli.targets import Target, moment_of

    target = Target.of(subject)
    moment = moment_of(as_of, target.zone)
    if impact_on is not None:
        from fairlead.cli.impact import impact

        _refuse("--impact", html=html, report=report, sarif=sarif, emit_smt2=smt2, cross_check=cross_check)
        packs = _packs(target, policy or [], target.ruleset().model)
        return impact(target, packs, impact_on, data, moment, said, as_json=as_json)
    if data is not None:
        message = "`--data` goes with `--impact`: an audit looks at rules, not at records"
        raise UsageError([Problem("wrong-usage", message, found=data)])
    from fairlead.audit.auditor import audit
    from fairlead.audit.report_document import report_json
    from fairlead.audit.second_opinion import SecondOpinion
    from fairlead.audit.solver import DEFAULT_LIMIT

    day = target.day_of(moment)
    if smt2 is not None:
        _folder(smt2)
    second = SecondOpinion(cross_check=cross_check, folder=smt2) if cross_check or smt2 is not None else None
    asked = _Asked(target, day)
    subjects = asked.subjects()
    packs = _packs(target, policy or [], subjects[0].ruleset.model)
    name = target.project.name if target.project is not None else subjects[0].ruleset.name
    with _opened(html, report, sarif) as files:
        found = audit(
            name,
            subjects,
            packs,
            day,
            limit=limit or DEFAULT_LIMIT,
            risks=asked.accepted(subjects),
            second=second,
        )
        payload = report_json(found, client=name if target.project is not None else None)
        _write(files, found, payload, html, report, sarif)
    if as_json:
        print_json(payload)
    else:
        _print(found, second)
        for path in files:
            say(f"the report is written to {path}")
    return FINDINGS if _is_finding(found, strict=strict) else 0


@dataclass(frozen=True)
class _Asked:
    """What is audited, and on which day."""

    target: Target
    day: date

    def subjects(self) -> list[Subject]:
        """Return the rulesets: the one that is named, or all of the project."""
        from fairlead.audit.auditor import Subject
        from fairlead.engine import Program
        from fairlead.ruleset.catalogue import Catalogue
        from fairlead.ruleset.resolve import build, find_ruleset, resolve_found

        project = self.target.project
        names = [self.target.name] if self.target.name is not None else []
        names = names or list(project.ruleset_names if project is not None else ())
        catalogue = Catalogue(self.target.document_roots)
        lock = project.lock if project is not None else None
        subjects = []
        for name in names:
            found = find_ruleset(str(name), catalogue, lock)
            ruleset = build(found, catalogue, lock)
            document = resolve_found(found, catalogue, lock).document
            subjects.append(Subject(ruleset, Program(ruleset, zone=self.target.zone), document))
        return subjects

    def accepted(self, subjects: Sequence[Subject]) -> list[AcceptedRisk]:
        """Return the findings that an approval of the project accepts."""
        from datetime import date

        from fairlead.audit.auditor import AcceptedRisk

        project = self.target.project
        if project is None or not (project.folder / "approvals").is_dir():
            return []
        return [
            AcceptedRisk(risk.finding, risk.reason, approver, date.fromisoformat(str(risk.until)))
            for subject in subjects
            for risk, approver in project.approvals.accepted(subject.ruleset, self.day)
        ]


def _packs(target: Target, named: Sequence[str], model: FactModel) -> list[PolicyPack]:
    """Return the packs of the project and those that are named, typed against the model."""
    from fairlead.ruleset.policy_pack import load_pack

    names = list(target.project.settings.packs if target.project is not None else ())
    for name in named:
        names += _shipped_packs() if name == "all" else [name]
    if not names:
        message = "no policy pack is named"
        remedy = "name one, such as `--policy introduction-only`, or list `packs` in the project"
        raise UsageError([Problem("missing-policy", message, remedy=remedy)])
    packs = [load_pack(name, target.document_roots, model) for name in names]
    return list({pack.name: pack for pack in packs}.values())


def _refuse(option: str, **others: object) -> None:
    """Refuse options that do not go with one that was given."""
    for name, value in others.items():
        if value:
            given = f"--{name.replace('_', '-')}"
            raise UsageError([Problem("wrong-usage", f"`{given}` does not go with `{option}`", found=given)])


def _shipped_packs() -> list[str]:
    from fairlead.ruleset.catalogue import shipped_root

    paths = sorted((shipped_root() / "policies").glob("*.json"))
    return [f"policies/{path.stem}" for path in paths if "@" not in path.stem]


def _folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"`{path}` cannot be made: {(error.strerror or '').lower()}"
        raise UsageError([Problem("unwritable-file", message, found=str(path))]) from None


@contextmanager
def _opened(*paths: Path | None) -> Iterator[dict[Path, OutputFile]]:
    """Open the files of the reports first: one that cannot be written is told before anything is proved."""
    from fairlead.files.output_file import OutputFile

    named = [path for path in paths if path is not None]
    if len(set(named)) < len(named):
        message = "two reports cannot be written to one file"
        raise UsageError([Problem("wrong-usage", message, found=str(named[-1]))])
    with ExitStack() as stack:
        yield {path: stack.enter_context(OutputFile(str(path))) for path in named}


def _write(
    files: Mapping[Path, OutputFile],
    found: Audit,
    payload: dict[str, object],
    html: Path | None,
    report: Path | None,
    sarif_file: Path | None,
) -> None:
    """Write the reports that were asked for."""
    import json

    from fairlead.audit.report_html import report_page
    from fairlead.audit.sarif import sarif

    def as_text(value: object) -> bytes:
        return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()

    if html is not None:
        files[html].write(report_page(payload).encode())
    if report is not None:
        files[report].write(as_text(payload))
    if sarif_file is not None:
        files[sarif_file].write(as_text(sarif(found)))


def _print(found: Audit, second: SecondOpinion | None) -> None:
    from rich.console import Console
    from rich.text import Text

    from fairlead.audit.report_lines import summary_lines

    console = Console(highlight=False, soft_wrap=True)
    for line in summary_lines(found, min(console.width, 110)):
        console.print(Text.assemble(*line) if line else "")
    if second is not None and second.name is not None:
        said = f"{second.name} confirmed {second.confirmed_answers} of {second.asked} answers"
        console.print(said + "; it gave no answer to the others, and contradicted none that stands")


def _is_finding(found: Audit, *, strict: bool) -> bool:
    from fairlead.audit.findings import Verdict

    refused = {Verdict.REFUTED}
    if strict:
        refused |= {Verdict.UNDECIDED, Verdict.EVIDENCE_MISSING}
    return any(finding.verdict in refused for finding in found.findings)
