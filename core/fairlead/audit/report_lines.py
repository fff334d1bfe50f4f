"""The summary of an audit for a terminal: packs, then findings, the worst first."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator

from fairlead.audit.findings import Audit, Finding, Verdict
from fairlead.audit.report_words import CONDITIONS, OPEN, SYMBOLS, sourced, worst_first
from fairlead.documents.texts import pick

__all__ = ["Line", "summary_lines"]

#: a line as pieces, each with the name of its style (empty for none), which the terminal may leave out
Line = tuple[tuple[str, str], ...]

_STYLES = {
    Verdict.REFUTED: "bold red",
    Verdict.UNDECIDED: "yellow",
    Verdict.EVIDENCE_MISSING: "yellow",
    Verdict.ACCEPTED_RISK: "yellow",
    Verdict.TESTED: "cyan",
    Verdict.PROVED: "green",
    Verdict.NOT_APPLICABLE: "dim",
}

#: the columns of the longest verdict with its sign
_VERDICT_WIDTH = max(len(f"{SYMBOLS[verdict]} {verdict}") for verdict in Verdict)


def summary_lines(audit: Audit, width: int = 79) -> list[Line]:
    """Return the summary, each line at most `width` columns where its words allow it.

    Each pack and each finding has its verdict first. An open finding goes on with its citation and how well
    that is known, and with its counterexamples; of one that is settled one line is left.
    """
    return list(_lines(audit, width))


def _lines(audit: Audit, width: int) -> Iterator[Line]:
    rules = ", ".join(f"{each.name} {each.version}" for each in audit.rulesets)
    yield ((f"Audit of {rules or audit.subject}", "bold"), (f", as of {audit.as_of.isoformat()}", ""))
    counts = Counter(finding.verdict for finding in audit.findings)
    said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict])
    yield ((f"{len(audit.findings)} findings: {said}" if said else "No finding.", ""),)
    findings = worst_first(audit.findings)
    by_id = {finding.id: finding for finding in findings}
    if audit.packs:
        yield ()
        yield (("Policy packs", "bold"),)
    order = list(Verdict)
    for pack in sorted(audit.packs, key=lambda each: order.index(each.verdict)):
        decided = by_id.get(pack.decided_by or "")
        why = f": {pick(decided.obligation.title)}" if decided is not None else ""
        yield from _headed(pack.verdict, f"{pick(pack.title)} ({pack.name} {pack.version}){why}", width)
    if findings:
        yield ()
        yield (("Findings, the worst first", "bold"),)
    for finding in findings:
        yield from _finding(finding, width)


def _finding(finding: Finding, width: int) -> Iterator[Line]:
    subject = f" – {finding.subject}" if finding.subject is not None else ""
    yield from _headed(finding.verdict, f"{pick(finding.obligation.title)}{subject}", width)
    if finding.verdict not in OPEN:
        return
    yield from _below(sourced(finding.obligation), "dim", width)
    sentences = [each.sentence for each in finding.counterexamples] or [
        *finding.why,
        *(f"missing: {pick(item.title)}" for item in finding.evidence if not item.present),
    ]
    for sentence in sentences or [CONDITIONS[finding.verdict]]:
        yield from _below(sentence, "", width)


def _headed(verdict: Verdict, text: str, width: int) -> Iterator[Line]:
    """Yield the verdict and a text that goes on below itself."""
    mark = f"  {SYMBOLS[verdict]} {verdict}".ljust(_VERDICT_WIDTH + 4)
    first, *rest = _wrapped(text, width)
    yield ((mark, _STYLES[verdict]), (first, "bold" if verdict in OPEN else ""))
    yield from (((" " * len(mark) + line, "bold" if verdict in OPEN else ""),) for line in rest)


def _below(text: str, style: str, width: int) -> Iterator[Line]:
    yield from (((" " * (_VERDICT_WIDTH + 4) + line, style),) for line in _wrapped(text, width))


def _wrapped(text: str, width: int) -> list[str]:
    room = max(width - _VERDICT_WIDTH - 4, 20)
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]
