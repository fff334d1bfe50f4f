"""What a report rests on: scope, exclusions and assumptions, the taint map, the graph and the rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fairlead.audit.findings import AuditedRuleset
from fairlead.audit.graph import DecisionGraph, decision_graph
from fairlead.audit.graph_drawing import drawing
from fairlead.audit.report_blocks import fields, grid, linked, note, paragraph, section, words
from fairlead.audit.report_document import AuditReport
from fairlead.audit.report_words import ASSUMPTIONS, EXCLUDED, PICTURED_LABELS, reviewer
from fairlead.documents.json_text import Document
from fairlead.documents.texts import pick
from fairlead.facts.model import FactModel
from fairlead.ruleset.build import build_ruleset
from fairlead.ruleset.document import check_resolved
from fairlead.ruleset.typed import Ruleset
from fairlead.show.content import Block, Figure, Heading, Paragraph, Phrase, Section, Span, Value
from fairlead.show.page import page_of

__all__ = ["rules", "scope", "typed"]


def typed(audited: AuditedRuleset) -> Ruleset:
    """Return a ruleset of a report as it is typed; raise DocumentError where its document is not sound."""
    document = Document(dict(audited.document), file=audited.path)
    body = check_resolved(document)
    model = FactModel.from_document(Document(document.value["model"], file=audited.path))
    return build_ruleset(body, document, model, audited.digest)


def scope(report: AuditReport, rulesets: Mapping[str, Ruleset]) -> Section:
    """Return scope, exclusions and assumptions, with the graph and the taint map of each ruleset."""
    blocks: list[Block] = [
        fields(
            ("Scope", _audited(report)),
            ("Excluded", EXCLUDED),
            ("Assumed", Value(items=tuple(map(words, ASSUMPTIONS)))),
            (
                "Reliance on data",
                "The proofs rest on no record. Data tests, if any, are in section 7.",
            ),
        )
    ]
    several = len(report.rulesets) > 1
    for place, audited in enumerate(report.rulesets, start=1):
        about = f" of {pick(audited.title)}" if several else ""
        blocks += _picture(audited, rulesets[audited.name], f"graph-{place}", about)
        blocks += _taint_map(audited, f"taint-map-{place}", about)
    return section("scope", "2. Scope, exclusions and assumptions", *blocks)


def _audited(report: AuditReport) -> Value:
    names = tuple(Phrase.name(f"{each.name} {each.version}") for each in report.rulesets)
    return Value(words(f"The rules of {report.subject}, as they are written in:"), names)


def _picture(audited: AuditedRuleset, ruleset: Ruleset, anchor: str, about: str) -> Iterator[Block]:
    graph = decision_graph(ruleset, audited.taints)
    yield Heading(words(f"The decision graph{about}"), anchor)
    title = f"Decision graph of {pick(audited.title)}. The table after it says the same in words."
    caption = words(
        "Facts on the left, decisions in the order in which they are made, rewards in a thick frame"
    )
    legend = words(
        "A hatched box carries labels, which it names after the sign ⚑; a thick dashed line is a path by "
        f"which a label flows. {PICTURED_LABELS} The table after it says the same in words."
    )
    yield Figure(caption, drawing(graph, anchor, title), legend)
    yield _in_words(graph)


def _in_words(graph: DecisionGraph) -> Block:
    titles = {node.name: node.title for layer in graph.layers for node in layer}
    rows = []
    for node in graph.decisions:
        read = tuple(
            words(titles[path.source])
            + words(f", which brings {', '.join(path.labels)}" if path.labels else "")
            for path in graph.reads(node.name)
        )
        rows.append(
            (
                Value(words(node.title), code=node.name),
                node.kind,
                Value(items=read) if read else words("nothing"),
                words(", ".join(node.labels) or "none"),
            )
        )
    return grid("The decision graph in words", ("Decision", "Kind", "Reads", "Labels that reach it"), rows)


def _taint_map(audited: AuditedRuleset, anchor: str, about: str) -> Iterator[Block]:
    yield Heading(words(f"The taint map{about}"), anchor)
    if not audited.taints:
        yield paragraph("No fact and no decision carries a label.")
        return
    unreviewed = sum(taint.reviewed_by is None for taint in audited.taints)
    yield paragraph(
        f"The labels of {len(audited.taints)} facts and decisions, of which nobody has reviewed "
        f"{unreviewed}. A wrong or a missing label can make a proof worthless."
    )
    rows = [
        (
            Value(words(pick(taint.title)), code=taint.name),
            ", ".join(taint.own) or "none",
            ", ".join(taint.labels) or "none",
            Value(items=tuple(map(Phrase.name, taint.from_))) if taint.from_ else words("–"),
            reviewer(taint.reviewed_by),
        )
        for taint in audited.taints
    ]
    heads = ("Fact or decision", "Own labels", "With all that flow in", "They come from", "Reviewer")
    yield grid("Labels", heads, rows)


def rules(report: AuditReport, rulesets: Mapping[str, Ruleset]) -> Section:
    """Return the rules as they were audited, decision by decision, the tables as tables."""
    blocks: list[Block] = [note("This is what was audited, as `fairlead show` shows it.")]
    for place, audited in enumerate(report.rulesets, start=1):
        page = page_of(rulesets[audited.name], prefix=f"rules-{place}-")
        blocks.append(paragraph(page.title + words(" ") + Phrase.name(f"{page.name} {page.version}")))
        blocks += map(Paragraph, page.about)
        for shown in page.sections:
            blocks.append(Heading(shown.title, shown.anchor))
            if shown.name is not None:
                kind = tuple(Span(span.text, span.language, mark="kind") for span in shown.kind_words.spans)
                blocks.append(Paragraph(Phrase((*kind, Span(" "), Span(shown.name, is_name=True)))))
            blocks += shown.blocks
    links = Phrase()
    for heading in (block for block in blocks if isinstance(block, Heading)):
        links += (words(" · ") if links else Phrase()) + linked(heading.text.text, heading.anchor)
    return section("rules", "Appendix: the rules as audited", paragraph(links), *blocks)
