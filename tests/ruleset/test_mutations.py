"""Whatever is wrong with a document, it is answered with problems that have a place, never with a crash."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ruleset.clinic import MORE_FOR_RECORDS, band, fact, model, overlay, row, ruleset, write

from fairlead.problem_codes import CODES
from fairlead.problems import DocumentError, UsageError
from fairlead.ruleset.load import load_ruleset

#: what stands where something else should: of another type, out of range, or only nearly right
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 0.5, 1.0, 2**70, 1e300, "", "00.5", "1.", "-0", "1" * 38 + ".5"),
    *("0." + "0" * 37 + "1", "2026-02-30", "2026-11-21", "lead.score", ".", "a" * 300, "é", "\x00"),
    *([], [[]], [None], {}, {"": 1}, {"var": ""}, {"var": []}, {"var": 3}, {"decimal": "1e5"}),
    *({"money": ["1.005", "USD"]}, {"date": "2026-13-01"}, {"if": []}, {"and": []}, {"reduce": []}),
    *({"at_least": 5, "below": 1}, {"en": ""}, {"de": "x"}, {"name": "a" * 300, "version": "1.0.0"}),
    *("undetermined", {"then": 1}, {"before": "x"}, "9" * 30 + ".0.0", "decimal", "list", "collect"),
)

ROW_CHANGES: list[dict[str, Any]] = [
    {"action": "add", "what": "row", "decision": "lead.score", "value": row("new", 5), "position": "first"},
    {"action": "remove", "what": "row", "decision": "lead.score", "id": "dates"},
    {"action": "add", "what": "group", "decision": "lead.score", "value": {"id": "other", "maximum": 3}},
    {
        "action": "replace",
        "what": "row",
        "decision": "lead.band",
        "id": "hot",
        "value": band("hot", "hot", 9),
    },
    {"action": "remove", "what": "decision", "id": "lead.hot"},
]
DOCUMENTS = {
    "base/facts": model(),
    "base/scoring": ruleset(),
    "client/facts": {
        "fairlead": 1,
        "kind": "fact-model-overlay",
        "name": "client/facts",
        "version": "1.0.0",
        "extends": {"name": "base/facts", "version": "1.0.0"},
        "changes": [
            {"action": "add", "what": "fact", "entity": "lead", "id": "card", "value": fact(type="text")},
            {"action": "remove", "what": "label", "id": "personal"},
        ],
    },
    "client/scoring": overlay(
        MORE_FOR_RECORDS, *ROW_CHANGES, model={"name": "client/facts", "version": "1.0.0"}
    ),
}


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the way to everything inside a document."""
    members: Any = value.items() if isinstance(value, dict) else ()
    members = enumerate(value) if isinstance(value, list) else members
    for key, item in members:
        yield (*path, key)
        yield from paths(item, (*path, key))


@st.composite
def mutations(draw: st.DrawFn) -> tuple[str, Any]:
    """Return the name of a document and the document with one to three parts changed, moved or left out."""
    name = draw(st.sampled_from(sorted(DOCUMENTS)))
    value = copy.deepcopy(DOCUMENTS[name])
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from([path for path in paths(value) if path[0] not in ("name", "kind")]))
        owner: Any = value
        for key in way:
            owner = owner[key]
        match draw(st.sampled_from(("odd", "odd", "odd", "gone", "twice"))):
            case "odd":
                owner[last] = copy.deepcopy(draw(st.sampled_from(ODD)))
            case "gone":
                del owner[last]
            case "twice" if isinstance(owner, list):
                owner.append(copy.deepcopy(owner[int(last)]))
            case _:
                owner[f"{last}x"] = owner[last]
    return name, value


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutation=mutations())
def test_a_damaged_document_loads_or_is_refused_with_places(
    mutation: tuple[str, Any], shipped: Path, own: Path
) -> None:
    for value in DOCUMENTS.values():
        write(own, value)
    name, damaged = mutation
    (own / f"{name}.json").write_text(json.dumps(damaged, indent=1), "utf-8")
    for top in ("base/scoring", "client/scoring"):
        try:
            load_ruleset(top, roots=[own])
        except (DocumentError, UsageError) as error:
            for problem in error.problems:
                assert problem.code in CODES
                assert problem.line is not None
                assert problem.message
                assert len(str(problem)) < 5000
