"""The report as one self-contained HTML page, made from its JSON value alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from fairlead.audit.report_blocks import section, words
from fairlead.audit.report_document import read_report
from fairlead.audit.report_findings import Findings
from fairlead.audit.report_scope import rules, scope, typed
from fairlead.audit.report_sections import after_findings, before_findings, conclusion, cover, summary
from fairlead.audit.report_words import worst_first
from fairlead.documents.canonical import canonical_bytes, digest
from fairlead.documents.texts import pick
from fairlead.show.content import Page, Phrase, Span
from fairlead.show.web_page import web_page

__all__ = ["PAYLOAD_ID", "report_page"]

#: the id of the element that holds the JSON value of the report
PAYLOAD_ID = "fairlead-report"


def report_page(payload: Mapping[str, Any]) -> str:
    """Return the page of a report; the same value gives the same page, byte for byte, however it is laid out.

    The value stands in it in its canonical form. Raises DocumentError where it is no report, or where a
    ruleset in it is not sound.
    """
    said = canonical_bytes(dict(payload)).decode()
    page = _page(json.loads(said))
    return web_page(page, style=_style(), attached={PAYLOAD_ID: said})


@cache
def _style() -> str:
    return (files("fairlead.audit") / "report.css").read_text("utf-8")


def _page(payload: dict[str, Any]) -> Page:
    report = read_report(payload)
    rulesets = {audited.name: typed(audited) for audited in report.rulesets}
    findings = Findings(worst_first(report.findings), rulesets)
    titles = ", ".join(pick(each.title) for each in report.rulesets)
    return Page(
        language="en",
        title=words(f"Audit of {titles or report.subject}"),
        name=Span(report.subject).text,
        version=report.as_of.isoformat(),
        about=(summary(report),),
        fields=cover(report),
        notes=(),
        contents=Phrase.marked("Contents", "en"),
        sections=(
            conclusion(report, findings),
            scope(report, rulesets),
            *before_findings(report, findings),
            section("findings", "5. Findings", *findings.blocks()),
            *after_findings(report, findings, digest(payload)),
            rules(report, rulesets),
        ),
    )
