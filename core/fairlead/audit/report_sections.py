"""The sections of a report around its findings: cover, conclusion, register, results, evidence, the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fairlead.audit.findings import AuditedPack, AuditedRuleset, Finding, Obligation, Verdict
from fairlead.audit.report_blocks import (
    fields,
    grid,
    note,
    paragraph,
    section,
    short_digest,
    verdict_mark,
    words,
)
from fairlead.audit.report_document import AuditReport
from fairlead.audit.report_findings import Findings
from fairlead.audit.report_words import (
    BINDS,
    CONDITIONS,
    FORCES,
    GLOSSARY,
    GOVERNING,
    LIMITS,
    MEANINGS,
    METHODS,
    SIGNERS,
    in_force,
    reviewer,
)
from fairlead.documents.texts import count_of, pick
from fairlead.show.content import Block, Fields, Phrase, Section, Value

__all__ = ["after_findings", "before_findings", "conclusion", "cover", "summary"]


_CRITERIA, _RESULTS = "3. Criteria: the register of obligations", "4. Results"

#: the outcome as a whole, in a sentence
_OUTCOMES = {
    Verdict.REFUTED: "At least one property does not hold, and a case shows it.",
    Verdict.UNDECIDED: "No property is refuted, but at least one could not be settled.",
    Verdict.EVIDENCE_MISSING: "No property is refuted or unsettled, but evidence is missing.",
    Verdict.ACCEPTED_RISK: "What does not hold has been accepted as a risk.",
    Verdict.TESTED: "Nothing is refuted; at least one property was tested and not proved.",
    Verdict.PROVED: "Every property that applies is proved, under the assumptions of section 2.",
    Verdict.NOT_APPLICABLE: "None of the obligations applies to these rules.",
}


def summary(report: AuditReport) -> Phrase:
    """Return the outcome in two sentences, with the verdict that stands out."""
    obligations = len({(each.obligation.pack, each.obligation.id) for each in report.findings})
    asked = (
        f" We checked {count_of(obligations, 'obligation')} of {count_of(len(report.packs), 'policy pack')} "
        f"against {count_of(len(report.rulesets), 'ruleset')}. "
    )
    return verdict_mark(report.verdict) + words(asked + _OUTCOMES[report.verdict])


def cover(report: AuditReport) -> Fields:
    """Return what the report is about, and by what it can be told from any other."""
    several = len(report.rulesets) > 1
    models = tuple(
        (words(f"of {pick(each.title)}: ") if several else Phrase()) + Phrase.name(each.model_digest)
        for each in report.rulesets
    )
    return fields(
        ("Client", report.client or "not named"),
        ("Rules", Value(items=tuple(map(_identified, report.rulesets)))),
        ("Labelled fact model", Value(models[0]) if len(models) == 1 else Value(items=models)),
        ("Policy packs", Value(items=tuple(map(_identified, report.packs)))),
        ("Day of the audit", report.as_of.isoformat()),
        ("Valid until", _valid_until(report)),
        ("Report", Phrase.name(report.id)),
        ("Supersedes", report.supersedes or "no earlier report is named"),
        ("Engine and solver", f"{report.engine}; {report.solver}, at most {report.limit:,} steps a question"),
    )


def _identified(each: AuditedRuleset | AuditedPack) -> Phrase:
    lead = words(f"{pick(each.title)}, {each.version} ")
    return lead + Phrase.name(each.name) + words(" ") + Phrase.name(each.digest)


def _valid_until(report: AuditReport) -> str:
    if report.valid_until is None:
        return "no dated figure or obligation changes later"
    return f"{report.valid_until.isoformat()}: on that day a dated figure or an obligation changes"


def conclusion(report: AuditReport, findings: Findings) -> Section:
    """Return the outcome: counts by verdict, the worst open finding, and a sentence for each pack."""
    counts = Counter(finding.verdict for finding in report.findings)
    rows = [
        (verdict_mark(verdict), str(counts[verdict]), MEANINGS[verdict])
        for verdict in Verdict
        if counts[verdict]
    ]
    blocks: list[Block] = [paragraph(summary(report))]
    worst = findings.find(report.decided_by)
    if worst is not None and worst in findings.open:
        blocks.append(fields(("Worst open finding", _worst(worst, findings))))
    if rows:
        blocks.append(grid("Findings by verdict", ("Verdict", "Findings", "What it means"), rows))
    packs = [(_pack(pack), verdict_mark(pack.verdict), _decided(pack, findings)) for pack in report.packs]
    if packs:
        blocks.append(grid("Policy packs", ("Policy pack", "Verdict", "What decides it"), packs))
    blocks.append(note("Where several packs bind a case, the strictest verdict holds."))
    return section("conclusion", "1. Conclusion", *blocks)


def _worst(finding: Finding, findings: Findings) -> Value:
    obligation = finding.obligation
    sentences = tuple(words(each.sentence) for each in finding.counterexamples)
    lead = findings.link(finding) + words(f" It asks: {pick(obligation.title)} ({obligation.citation}).")
    return Value(lead, sentences or tuple(words(why) for why in finding.why))


def _pack(pack: AuditedPack) -> Value:
    return Value(words(f"{pick(pack.title)}, {pack.version}"), code=pack.name)


def _decided(pack: AuditedPack, findings: Findings) -> Phrase:
    finding = findings.find(pack.decided_by)
    if finding is None:
        return words(CONDITIONS[pack.verdict])
    said = [f"It asks: {pick(finding.obligation.title)}.", CONDITIONS[finding.verdict]]
    said += [each.sentence for each in finding.counterexamples[:1]]
    return words(f"{' '.join(said)} ") + findings.link(finding)


def before_findings(report: AuditReport, findings: Findings) -> Iterator[Section]:
    """Yield the register of obligations and the table of results."""
    yield _criteria(report)
    yield _results(report, findings)


def _criteria(report: AuditReport) -> Section:
    if not report.findings:
        return section("criteria", _CRITERIA, paragraph("No obligation was checked."))
    register = {(each.obligation.pack, each.obligation.id): each.obligation for each in report.findings}
    unreviewed = sum(each.reviewed_by is None for each in register.values())
    heads = ("Obligation", "Citation", "What it asks", "In force", "Confidence", "Reviewer")
    return section(
        "criteria",
        _CRITERIA,
        paragraph(
            f"{count_of(len(register), 'obligation')}; no counsel has reviewed {unreviewed} of them. "
            "Where the confidence is low, nothing counts as proved."
        ),
        grid("Obligations", heads, [_registered(each) for each in register.values()]),
    )


def _registered(obligation: Obligation) -> tuple[Value, ...]:
    asked = [words(f"{FORCES[obligation.force]}; binds {BINDS.get(obligation.binds, obligation.binds)}")]
    asked.append(words(f"as {', '.join(obligation.asks)}"))
    if obligation.checks:
        asked.append(words(f"checks {', '.join(obligation.checks)}"))
    governing = GOVERNING.get(obligation.governing, obligation.governing)
    return (
        Value(
            words(pick(obligation.title)),
            (words(pick(obligation.text)),),
            code=f"{obligation.pack} {obligation.id}",
        ),
        Value(words(obligation.citation), (words(f"source: {obligation.source}"),)),
        Value(items=tuple(asked)),
        Value(words(in_force(obligation)), (words(f"by {governing}"),)),
        Value(words(obligation.confidence)),
        Value(words(reviewer(obligation.reviewed_by))),
    )


def _results(report: AuditReport, findings: Findings) -> Section:
    if not report.findings:
        return section("results", _RESULTS, paragraph("There is no result."))
    heads = ("Finding", "Obligation", "Of", "Verdict", "Method", "Steps and formula")
    rows = [_result(finding, findings) for finding in findings.all]
    methods = {finding.method for finding in report.findings}
    return section(
        "results",
        _RESULTS,
        grid("All results, the worst first", heads, rows),
        fields(*((method.value, words) for method, words in METHODS.items() if method in methods)),
        note("The formula is told by the SHA-256 of its SMT-LIB text, which `--emit-smt2` writes out."),
        *findings.settled(),
    )


def _result(finding: Finding, findings: Findings) -> tuple[Value, ...]:
    obligation = finding.obligation
    checks = words(f" {', '.join(obligation.checks)}") if obligation.checks else Phrase()
    spent = [words(f"{finding.steps:,} steps")] if finding.steps else []
    spent += [short_digest(finding.formula)] if finding.formula is not None else []
    return (
        Value(findings.link(finding) + checks),
        Value(words(pick(obligation.title)), code=finding.id),
        Value(findings.subject(finding)),
        Value(verdict_mark(finding.verdict)),
        Value(words(finding.method)),
        Value(items=tuple(spent)) if spent else Value(Phrase.plain("–"), is_blank=True),
    )


def after_findings(report: AuditReport, findings: Findings, digest: str) -> Iterator[Section]:
    """Yield all sections after the findings; `digest` is that of the report's JSON value."""
    yield _evidence(report, findings)
    yield _data_tests(report)
    yield _changes(report)
    yield _responses(report, findings)
    yield _sign_off()
    yield section("limits", "11. Limits", *map(paragraph, LIMITS))
    yield section("glossary", "12. Glossary", fields(*GLOSSARY))
    yield _verification(digest)


def _evidence(report: AuditReport, findings: Findings) -> Section:
    rows = [
        (
            Value(words(pick(item.title)), code=item.id),
            Value(words(pick(finding.obligation.title)), (findings.link(finding),)),
            Phrase.name(item.fact) if item.fact is not None else words("no fact is named"),
            words("has a place") if item.present else verdict_mark(Verdict.EVIDENCE_MISSING),
        )
        for finding in findings.all
        for item in finding.evidence
    ]
    if not rows:
        return section("evidence", "6. Evidence index", paragraph("No obligation asks for a document."))
    missing = sum(not item.present for finding in report.findings for item in finding.evidence)
    return section(
        "evidence",
        "6. Evidence index",
        paragraph(f"{count_of(len(rows), 'document')} asked for, of which {missing} missing."),
        grid("Documents", ("Document", "Asked for by", "Fact that holds it", "State"), rows),
        note("That a fact model has a place for a document does not say that the document exists."),
    )


def _data_tests(report: AuditReport) -> Section:
    title = "7. Data tests"
    if not report.data_tests:
        return section(
            "data-tests", title, paragraph("No records were tested. Nothing here rests on past records.")
        )
    rows = [
        (each.title, each.population, each.method, str(each.records), str(each.exceptions))
        for each in report.data_tests
    ]
    heads = ("Test", "Population", "How records were chosen", "Records", "Exceptions")
    return section("data-tests", title, grid("Tests on records", heads, rows))


def _changes(report: AuditReport) -> Section:
    title = "8. Changes since the last report"
    if report.changes is None:
        return section("changes", title, paragraph("This report was not compared with an earlier one."))
    if not report.changes:
        return section("changes", title, paragraph("No result changed."))
    rows = [(Value(Phrase.name(each.decision)), words(each.sentence)) for each in report.changes]
    return section("changes", title, grid("Results that changed", ("Decision", "Change"), rows))


def _responses(report: AuditReport, findings: Findings) -> Section:
    answers = {each.finding: each for each in report.responses}
    rows = []
    for finding in findings.open:
        answer = answers.get(finding.id)
        accepted = tuple(words(f"{key}: {value}") for key, value in (finding.accepted or {}).items())
        rows.append(
            (
                Value(findings.link(finding), (words(pick(finding.obligation.title)),)),
                words(answer.text) if answer is not None else words("no response yet"),
                (answer.owner if answer is not None else None) or "–",
                answer.due.isoformat() if answer is not None and answer.due is not None else "–",
                Value(items=accepted) if accepted else words("not accepted"),
            )
        )
    heads = ("Finding", "Management response", "Owner", "Due", "Accepted risk")
    blocks: list[Block] = [paragraph("No finding is open.")]
    if rows:
        blocks = [grid("Responses to open findings", heads, rows)]
    blocks.append(note("What an obligation forbids cannot be accepted as a risk."))
    return section("responses", "9. Management response and accepted risks", *blocks)


def _sign_off() -> Section:
    rows = [(Value(words(role), (words(says),)), " ", " ", " ") for role, says in SIGNERS]
    lines = grid("Sign-off", ("Role", "Name", "Day", "Key"), rows)
    apart = note(
        "The roles are held by different people. Signatures made with a key stand in this file after the "
        "report, and `fairlead verify` reads them."
    )
    return section("sign-off", "10. Sign-off", lines, apart)


def _verification(digest: str) -> Section:
    return section(
        "verification",
        "13. How to verify this report",
        paragraph(
            "Everything on this page is made from the JSON value that stands in the file, in the element "
            "`fairlead-report`. `fairlead verify` with the name of this file checks its digest and its "
            "signatures, and needs no network."
        ),
        fields(("SHA-256 of the JSON value (RFC 8785)", Phrase.name(digest))),
        paragraph(
            "To repeat the audit, take the documents with the digests on the cover, and run `fairlead audit` "
            "in the same version: the same documents give the same findings."
        ),
    )
