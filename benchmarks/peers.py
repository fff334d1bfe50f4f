"""The lead scorecard and its band in other engines, each written the way that engine runs it fastest.

Each returns score, band and the list of reason codes, and no more: none of them names unknown rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

from benchmarks.leads import Lead

__all__ = ["Answer", "Contender", "datalogic", "datalogic_session", "json_logic_qubit", "zen_engine"]

#: score, band, reason codes with the most points first
Answer = tuple[int, str, list[str]]


@dataclass(frozen=True)
class Contender:
    """One way to score a lead: `score` is what is timed, `answer` reads its result afterwards."""

    name: str
    version: str
    score: Callable[[Lead], Any]
    answer: Callable[[Any], Answer]


def _var(fact: str) -> dict[str, Any]:
    return {"var": f"lead.{fact}"}


# reason code, points, condition; the order is that of the reasons
JSONLOGIC_ROWS: list[tuple[str, int, Any]] = [
    ("medical_records", 25, _var("submitted_medical_records")),
    ("specific_dates", 20, _var("asked_for_specific_dates")),
    ("direct_channel", 15, {"in": [_var("channel"), ["whatsapp", "phone"]]}),
    ("budget", 10, {"!!": [_var("budget")]}),
    ("web_form", 5, {"==": [_var("channel"), "web_form"]}),
]
JSONLOGIC_SCORE = {"+": [{"if": [when, points, 0]} for _, points, when in JSONLOGIC_ROWS]}
JSONLOGIC_REASONS = {"merge": [{"if": [when, code, []]} for code, _, when in JSONLOGIC_ROWS]}


def _jsonlogic_band(score: Any) -> dict[str, Any]:
    return {"if": [{">": [score, 50]}, "hot", {">=": [score, 20]}, "warm", "cold"]}


def _read_mapping(result: dict[str, Any]) -> Answer:
    return result["score"], result["band"], result["reasons"]


def _datalogic_rule() -> tuple[Any, Any]:
    import datalogic_py

    engine = datalogic_py.Engine()
    return engine, engine.compile([JSONLOGIC_SCORE, _jsonlogic_band(JSONLOGIC_SCORE), JSONLOGIC_REASONS])


def datalogic() -> Contender:
    """Return datalogic-py: one rule compiled once, dict in, the list [score, band, reasons] out.

    Repeating the score for the band, and a list for a template with names, were both measured faster here
    than binding the score once or returning an object.
    """
    _, rule = _datalogic_rule()
    return Contender("datalogic-py", version("datalogic-py"), rule.evaluate, tuple)


def datalogic_session() -> Contender:
    """Return the same rule evaluated in a session, which its guide advises for hot loops."""
    engine, rule = _datalogic_rule()
    evaluate = partial(engine.session().evaluate, rule)
    return Contender("datalogic-py, session", version("datalogic-py"), evaluate, tuple)


# `== true` because a condition on null is an error in this language
ZEN_ROWS = [
    ("medical_records", 25, "lead.submitted_medical_records == true"),
    ("specific_dates", 20, "lead.asked_for_specific_dates == true"),
    ("direct_channel", 15, "lead.channel in ['whatsapp', 'phone']"),
    ("budget", 10, "lead.budget != null"),
    ("web_form", 5, "lead.channel == 'web_form'"),
]
ZEN_EXPRESSIONS = {
    "score": " + ".join(f"({when} ? {points} : 0)" for _, points, when in ZEN_ROWS),
    "band": "$.score > 50 ? 'hot' : ($.score >= 20 ? 'warm' : 'cold')",
    "reasons": "filter(["
    + ", ".join(f"({when} ? '{code}' : null)" for code, _, when in ZEN_ROWS)
    + "], # != null)",
}


def zen_engine() -> Contender:
    """Return zen-engine: one expression node, compiled once by the static loader, `evaluate(key)`.

    A decision table with collecting columns gives the same answers and was measured slower.
    """
    import zen

    place = {"x": 0, "y": 0}
    expressions = [{"id": key, "key": key, "value": value} for key, value in ZEN_EXPRESSIONS.items()]
    graph = {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in", "position": place},
            {
                "id": "score",
                "type": "expressionNode",
                "name": "score",
                "position": place,
                "content": {"expressions": expressions},
            },
            {"id": "out", "type": "outputNode", "name": "out", "position": place},
        ],
        "edges": [
            {"id": "1", "type": "edge", "sourceId": "in", "targetId": "score"},
            {"id": "2", "type": "edge", "sourceId": "score", "targetId": "out"},
        ],
    }
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"lead-scoring": graph}}})
    evaluate = partial(engine.evaluate, "lead-scoring")
    return Contender(
        "zen-engine", version("zen-engine"), evaluate, lambda response: _read_mapping(response["result"])
    )


def json_logic_qubit() -> Contender:
    """Return json-logic-qubit: three rules, so that the score is computed once and not again for the band."""
    from json_logic import jsonLogic

    band = _jsonlogic_band({"var": "score"})

    def score_lead(lead: Lead) -> Answer:
        score = jsonLogic(JSONLOGIC_SCORE, lead)
        return score, jsonLogic(band, {"score": score}), jsonLogic(JSONLOGIC_REASONS, lead)

    return Contender("json-logic-qubit", version("json-logic-qubit"), score_lead, lambda answer: answer)
