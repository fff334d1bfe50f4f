"""`fairlead verify` of a bundle of evidence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.cli.failures import FINDINGS
from fairlead.cli.screen import print_json, say

if TYPE_CHECKING:
    from fairlead.ledger.bundle import Bundle, BundleCheck
    from fairlead.problems import Problem
    from fairlead.project.envelope import SignaturePart

__all__ = ["verify_bundle"]

_UNSIGNED = "nobody has signed it: it is whole, and who made it is not known"
_UNSIGNED_DAMAGED = "nobody has signed it, and who made it is not known"


def verify_bundle(path: Path, register_file: Path | None, folder: Path | None, *, as_json: bool) -> int:
    """Verify a bundle and print what was found; return the exit code.

    An unsigned one needs no register: it is verified as far as it goes, and said to be unsigned.
    """
    from fairlead.cli.verify import find_register
    from fairlead.ledger.bundle import check_bundle, read_bundle

    bundle = read_bundle(path)
    judged: list[tuple[SignaturePart, Problem | None]] = []
    if bundle.envelope.signatures:
        people = find_register(path, register_file, folder)
        judged = [(each, people.fault(bundle.envelope, each)) for each in bundle.envelope.signatures]
    check = check_bundle(bundle)
    problems = [fault for _, fault in judged if fault is not None] + list(check.problems)
    if as_json:
        print_json(
            {
                "file": str(path),
                "kind": "evidence",
                "digest": bundle.envelope.digest,
                "signatures": [{**each.model_dump(), "counts": fault is None} for each, fault in judged],
                "entries": check.entries,
                "recomputed": check.recomputed,
                "stated": check.stated,
                "verified": not problems,
                "problems": [problem.as_json() for problem in problems],
            }
        )
    else:
        _print(bundle, judged, check, problems)
    return FINDINGS if problems else 0


def _print(
    bundle: Bundle,
    judged: list[tuple[SignaturePart, Problem | None]],
    check: BundleCheck,
    problems: list[Problem],
) -> None:
    from fairlead.cli.problem_lines import problem_lines

    say((str(bundle.path), "bold"), f": evidence, {bundle.envelope.digest}")
    for signature, fault in judged:
        who = f"{signature.name} ({signature.person}) as {signature.role}, {signature.at}"
        say("  signed by ", (who, "green" if fault is None else "red"), f", key {signature.key}")
    if not judged:
        say("  ", (_UNSIGNED_DAMAGED if problems else _UNSIGNED, "yellow"))
    said = f"{check.recomputed:,} amounts recomputed from the rules and facts in it,"
    say(f"  {check.entries:,} entries: {said}")
    say(f"  {check.stated:,} as the facility's replay found them")
    for problem in problems:
        for line in problem_lines(problem):
            say(*line)
    if not problems:
        say(("everything is as it was written", "green"))
