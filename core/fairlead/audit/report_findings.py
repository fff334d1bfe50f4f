"""The findings of a report in their five parts: criteria, condition, cause, effect, recommendation.

The form is that of internal audit (IIA practice guides; domain facts, 5.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fairlead.audit.findings import Counterexample, Finding, Verdict
from fairlead.audit.report_blocks import fields, grid, linked, paragraph, verdict_mark, words
from fairlead.audit.report_cases import case_blocks
from fairlead.audit.report_words import (
    BINDS,
    CONDITIONS,
    FORCES,
    GOVERNING,
    OPEN,
    advice_on,
    checked,
    effect_of,
    in_force,
    reviewer,
)
from fairlead.documents.texts import pick
from fairlead.ruleset.typed import Ruleset
from fairlead.show.content import Block, Heading, Phrase, Value

__all__ = ["Findings"]


class Findings:
    """The findings of a report, worst first, with the anchors that lead to the open ones.

    `rulesets` are the audited ones by name.
    """

    def __init__(self, findings: list[Finding], rulesets: Mapping[str, Ruleset]) -> None:
        self.all = findings
        self.open = [finding for finding in findings if finding.verdict in OPEN]
        self._rulesets = rulesets
        self._several = len(rulesets) > 1
        self._numbers = {finding.id: place for place, finding in enumerate(findings, start=1)}
        self._anchors = {finding.id: f"finding-{self._numbers[finding.id]}" for finding in self.open}
        #: the counterexamples shown so far, each with the finding that shows it
        self._shown: list[tuple[Counterexample, Finding]] = []

    def find(self, id_: str | None) -> Finding | None:
        """Return the finding with an id."""
        return next((finding for finding in self.all if finding.id == id_), None)

    def link(self, finding: Finding) -> Phrase:
        """Return the number of a finding as a link to it; one that is not open has no place to go to."""
        return linked(f"F{self._numbers[finding.id]}", self._anchors.get(finding.id))

    def subject(self, finding: Finding) -> Phrase:
        """Return what a finding is about: the title of the decision, with the row; the ruleset as a whole."""
        ruleset = self._rulesets.get(finding.ruleset)
        decision, _, row = (finding.subject or "").partition("#")
        if ruleset is None or not decision:
            said = finding.subject or "the ruleset as a whole"
        elif decision in ruleset.document_order:
            said = pick(ruleset.decision(decision).title)
        else:
            said = decision
        said += f", row `{row}`" if row else ""
        if self._several and ruleset is not None:
            said += f" ({pick(ruleset.title)})"
        return words(said)

    def blocks(self) -> Iterator[Block]:
        """Yield the open findings in their five parts."""
        if not self.open:
            yield paragraph("No finding is open.")
        for finding in self.open:
            yield from self._finding(finding)

    def _finding(self, finding: Finding) -> Iterator[Block]:
        obligation = finding.obligation
        number = f"F{self._numbers[finding.id]}"
        title = words(f" {pick(obligation.title)} – ") + self.subject(finding)
        heading = words(f"{number} ") + verdict_mark(finding.verdict) + title
        yield Heading(heading, self._anchors[finding.id])
        parts: list[tuple[str, str | Phrase | Value]] = [
            ("Criteria", self._criteria(finding)),
            ("Condition", self._condition(finding)),
            ("Cause", self._cause(finding)),
            ("Effect", effect_of(finding)),
            ("Recommendation", advice_on(finding)),
        ]
        if finding.accepted is not None:
            said = tuple(words(f"{key}: {value}") for key, value in finding.accepted.items())
            parts.append(("Accepted risk", Value(items=said)))
        yield fields(*parts)
        for counterexample in finding.counterexamples:
            yield from self._counterexample(counterexample, finding)

    def _criteria(self, finding: Finding) -> Value:
        obligation = finding.obligation
        governing = GOVERNING.get(obligation.governing, obligation.governing)
        items = (
            words(checked(finding)),
            words(f"Citation: {obligation.citation}. Source: {obligation.source}."),
            words(f"In force {in_force(obligation)}; {governing} decides."),
            words(
                f"Confidence: {obligation.confidence}. Reviewer: {reviewer(obligation.reviewed_by)}. It "
                f"{FORCES[obligation.force]}, and binds {BINDS.get(obligation.binds, obligation.binds)}."
            ),
        )
        return Value(words(pick(obligation.text)), items, code=finding.id)

    def _condition(self, finding: Finding) -> Value:
        sentences = [words(each.sentence) for each in finding.counterexamples]
        missing = [words(f"missing: {pick(item.title)}") for item in finding.evidence if not item.present]
        return Value(words(CONDITIONS[finding.verdict]), tuple(sentences + missing))

    def _cause(self, finding: Finding) -> Value:
        items = [words(sentence) for sentence in finding.why]
        differing = dict.fromkeys(
            pick(difference.title)
            for counterexample in finding.counterexamples
            for difference in counterexample.differences
        )
        if differing:
            items.append(words(f"The result changes with: {', '.join(differing)}."))
        if finding.verdict is Verdict.EVIDENCE_MISSING:
            absent = [item for item in finding.evidence if not item.present]
            items += [
                words(f"The fact model has no `{item.fact}`." if item.fact else "No fact is named for it.")
                for item in absent
            ]
        place = finding.place
        if place is not None:
            where = f"`{place.file}`, " if place.file is not None else ""
            if place.line is not None:
                where += f"line {place.line}, column {place.column}, "
            items.append(words(f"Written in {where}at `{place.pointer or '/'}`."))
        if not items:
            items.append(words("Nothing more is known of the cause."))
        return Value(items[0]) if len(items) == 1 else Value(items=tuple(items))

    def _counterexample(self, counterexample: Counterexample, finding: Finding) -> Iterator[Block]:
        for known, shown_with in self._shown:
            if known == counterexample:
                yield paragraph(words("The same case is shown with ") + self.link(shown_with))
                return
        self._shown.append((counterexample, finding))
        yield from case_blocks(counterexample, self._rulesets.get(finding.ruleset))

    def settled(self) -> Iterator[Block]:
        """Yield what is proved or tested, with its statement, and what does not apply, with the reason."""
        held = [each for each in self.all if each.verdict in (Verdict.PROVED, Verdict.TESTED)]
        if held:
            rows = [
                (
                    self._obligation(each),
                    self.subject(each),
                    verdict_mark(each.verdict),
                    words(checked(each)),
                )
                for each in held
            ]
            heads = ("Obligation", "Of", "Verdict", "What was checked")
            yield grid("Properties that hold, under the assumptions of section 2", heads, rows)
        idle = [each for each in self.all if each.verdict is Verdict.NOT_APPLICABLE]
        if idle:
            reasons = [
                (self._obligation(each), words(" ".join(each.why) or "No reason was given.")) for each in idle
            ]
            yield grid("What does not apply, and why", ("Obligation", "Reason"), reasons)

    def _obligation(self, finding: Finding) -> Value:
        return Value(words(pick(finding.obligation.title)), code=finding.id)
