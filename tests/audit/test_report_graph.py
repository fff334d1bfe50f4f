"""The decision graph: layers from what is known to what is paid, and the paths of labels."""

from __future__ import annotations

import re

from tests.audit.example_audit import TAINTS, TIERS

from fairlead.audit.findings import Taint
from fairlead.audit.graph import Path, decision_graph
from fairlead.audit.graph_drawing import drawing
from fairlead.ruleset.load import load_ruleset


def test_facts_stand_before_the_decisions_that_read_them() -> None:
    graph = decision_graph(load_ruleset(TIERS), TAINTS)

    assert [sorted(node.name for node in layer) for layer in graph.layers] == [
        ["partner.introductions_this_year"],
        ["partner.tier", "treatment.billed_on", "treatment.completed", "treatment.total_cost"],
        ["introduction.reward"],
    ]
    assert [(node.name, node.kind) for node in graph.decisions] == [
        ("partner.tier", "table"),
        ("introduction.reward", "reward"),
    ]


def test_a_path_has_the_labels_that_flow_along_it() -> None:
    graph = decision_graph(load_ruleset(TIERS), TAINTS)

    assert graph.reads("partner.tier") == (
        Path("partner.introductions_this_year", "partner.tier", ("referral_volume",)),
    )
    assert {path.source: path.labels for path in graph.reads("introduction.reward")} == {
        "partner.tier": ("referral_volume",),
        "treatment.total_cost": ("outcome", "special_category", "treatment_value"),
        "treatment.billed_on": ("acceptance", "outcome"),
        "treatment.completed": ("acceptance", "outcome"),
    }


def test_labels_that_only_say_whose_a_fact_is_mark_nothing() -> None:
    taint = Taint("partner.tier", {"en": "tier"}, (), ("commercial", "personal", "location"), (), None)
    graph = decision_graph(load_ruleset(TIERS), [taint])

    assert all(node.labels == () for layer in graph.layers for node in layer)
    assert "tainted" not in re.sub(r"<marker.*?</marker>", "", drawing(graph, "g", "A graph"))


def test_each_decision_is_drawn_after_all_that_it_reads() -> None:
    graph = decision_graph(load_ruleset("medical-travel/partner-programme"), [])
    layer_of = {node.name: place for place, layer in enumerate(graph.layers) for node in layer}

    assert len(layer_of) == sum(map(len, graph.layers))
    assert all(layer_of[path.source] < layer_of[path.target] for path in graph.paths)


def test_no_two_boxes_overlap() -> None:
    graph = decision_graph(load_ruleset("medical-travel/partner-programme"), TAINTS)
    svg = drawing(graph, "g", "A graph")
    boxes = [
        tuple(map(int, found))
        for found in re.findall(r'class="box" x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"', svg)
    ]

    assert len(boxes) == sum(map(len, graph.layers))
    for place, (left, top, width, height) in enumerate(boxes):
        for other_left, other_top, *_ in boxes[place + 1 :]:
            assert other_left != left or other_top >= top + height or other_top < top
            assert other_left == left or abs(other_left - left) > width


def test_the_same_graph_is_drawn_the_same_and_asks_nobody() -> None:
    graph = decision_graph(load_ruleset(TIERS), TAINTS)
    svg = drawing(graph, 'a"b', "</title><script>")

    assert svg == drawing(graph, 'a"b', "</title><script>")
    assert "<script" not in svg
    assert set(re.findall(r"url\(([^)]{1,3})", svg)) == {"#a&"}
    assert "href" not in svg
