"""The end of the demo: the audit of the tiers as published and of the programme that pays instead."""

from __future__ import annotations

import tempfile
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.cli.screen import say

if TYPE_CHECKING:
    from datetime import date

    from fairlead.audit.findings import Audit

__all__ = ["audit_json", "print_audit"]

RULESETS = ("medical-travel/partner-tiers-as-published", "medical-travel/handling-fee-programme")
_PACK = "introduction-only"
#: counterexamples that are printed, and how wide the lines are
_MOST = 3
_WIDTH = 79


def _audited(day: date) -> tuple[Audit, Path]:
    """Audit both programmes by the domain's own ethics; return the audit and where its report is written."""
    from fairlead.audit.auditor import Subject, audit
    from fairlead.audit.report_document import report_json
    from fairlead.audit.report_html import report_page
    from fairlead.engine import Program
    from fairlead.ruleset.load import load_ruleset
    from fairlead.ruleset.policy_pack import load_pack

    rulesets = [load_ruleset(name) for name in RULESETS]
    packs = [load_pack(_PACK, model=rulesets[0].model)]
    found = audit("Fairlead demo", [Subject(each, Program(each)) for each in rulesets], packs, day)
    path = Path(tempfile.mkdtemp(prefix="fairlead-demo-")) / "audit.html"
    path.write_text(report_page(report_json(found)), encoding="utf-8")
    return found, path


def audit_json(day: date) -> dict[str, Any]:
    """Audit, and return what was found in short."""
    found, path = _audited(day)
    return {
        "report": str(path),
        "verdict": str(found.verdict),
        "findings": [
            {
                "ruleset": finding.ruleset,
                "obligation": finding.obligation.id,
                "subject": finding.subject,
                "verdict": str(finding.verdict),
                "cases": [each.sentence for each in finding.counterexamples],
            }
            for finding in found.findings
        ],
    }


def print_audit(day: date) -> None:
    """Audit, and print for each programme how many obligations hold, and the first cases that break one."""
    from collections import Counter

    from fairlead.audit.findings import Verdict

    found, path = _audited(day)
    say("")
    say((f"fairlead audit: what the rules can and cannot do, by the pack {_PACK}", "bold"))
    for ruleset in found.rulesets:
        findings = [each for each in found.findings if each.ruleset == ruleset.name]
        counts = Counter(each.verdict for each in findings)
        said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict])
        _wrapped(f"{ruleset.title['en']}: {said}", "  ")
        cases: dict[str, str] = {}
        for each in findings:
            if each.verdict == Verdict.REFUTED and each.counterexamples:
                cases.setdefault(each.counterexamples[0].sentence, each.obligation.title["en"])
        for sentence, title in list(cases.items())[:_MOST]:
            _wrapped(f"✗ {title}.", "    ")
            _wrapped(sentence, "      ")
    say(f"The whole report, for a browser: {path}")


def _wrapped(text: str, indent: str) -> None:
    for line in textwrap.wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent + "  ", break_long_words=False
    ):
        say(line)
