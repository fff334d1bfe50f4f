import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.ruleset.clinic import MORE_FOR_RECORDS, band, fact, model, overlay, row, ruleset, write

from fairlead.documents.canonical import digest
from fairlead.problems import DocumentError, Problem, UsageError
from fairlead.ruleset.catalogue import Catalogue
from fairlead.ruleset.load import load_ruleset
from fairlead.ruleset.lock import Lock, pin
from fairlead.ruleset.resolve import resolve
from fairlead.ruleset.typed import Scorecard


def problems(name: str | Path, own: Path, lock: Lock | None = None) -> list[Problem]:
    with pytest.raises(DocumentError) as caught:
        load_ruleset(name, roots=[own], lock=lock)
    return list(caught.value.problems)


def places(found: list[Problem]) -> list[tuple[str, str | None, str]]:
    return [(problem.code, problem.file, problem.pointer) for problem in found]


def add(value: dict[str, Any], decision: str = "lead.score") -> dict[str, Any]:
    return {"action": "add", "what": "row", "decision": decision, "value": value, "position": "last"}


CARD = {"action": "add", "what": "fact", "entity": "lead", "id": "card", "value": fact(type="text")}
MODEL_OVERLAY = {
    "fairlead": 1,
    "kind": "fact-model-overlay",
    "name": "client/facts",
    "version": "1.0.0",
    "extends": {"name": "base/facts", "version": "1.0.0"},
    "changes": [CARD],
}


def test_a_ruleset_is_resolved_with_its_model_inside(shipped: Path) -> None:
    resolved = resolve("base/scoring", Catalogue())
    assert resolved.document.value == {**ruleset(), "model": model()}
    assert resolved.digest == digest({**ruleset(), "model": model()})
    assert resolved.model.name == "base/facts"


def test_a_loaded_ruleset_carries_the_resolved_document_and_its_digest(shipped: Path, own: Path) -> None:
    write(own, overlay(MORE_FOR_RECORDS))
    loaded = load_ruleset("client/scoring", roots=[own])
    assert (loaded.name, loaded.version, loaded.effective_from) == (
        "client/scoring", "1.0.0", date(2026, 1, 1),
    )  # fmt: skip
    assert loaded.digest == digest(loaded.document)
    assert [entry["name"] for entry in loaded.document["lineage"]] == ["base/scoring", "client/scoring"]
    card = loaded.decision("lead.score")
    assert isinstance(card, Scorecard)
    assert [row.id for row in card.rows] == ["records", "dates", "phone"]


def test_the_digest_changes_with_every_document_of_the_chain(shipped: Path, own: Path) -> None:
    write(own, overlay(MORE_FOR_RECORDS))
    seen = {load_ruleset("client/scoring", roots=[own]).digest}
    write(shipped, {**model(), "about": "Leads, said otherwise."})
    seen.add(load_ruleset("client/scoring", roots=[own]).digest)
    write(shipped, {**ruleset(), "about": "Scores leads, said otherwise."})
    seen.add(load_ruleset("client/scoring", roots=[own]).digest)
    assert len(seen) == 3


def test_overlays_are_applied_from_the_base_up(shipped: Path, own: Path) -> None:
    write(own, overlay(MORE_FOR_RECORDS))
    write(own, overlay(
        {**MORE_FOR_RECORDS, "value": row("records", 60)}, add(row("email", 5)),
        name="client/branch", extends={"name": "client/scoring", "version": "1.0.0"},
    ))  # fmt: skip
    resolved = resolve("client/branch", Catalogue([own]))
    rows = resolved.document.value["decisions"][0]["rows"]
    assert [(each["id"], each["points"]) for each in rows] == [
        ("records", 60), ("dates", 20), ("phone", 15), ("email", 5),
    ]  # fmt: skip
    assert [entry["name"] for entry in resolved.document.value["lineage"]] == [
        "base/scoring", "client/scoring", "client/branch",
    ]  # fmt: skip
    assert [found.name for found in resolved.builds_on] == ["client/scoring", "base/scoring", "base/facts"]


def test_exactly_the_extended_version_is_taken(shipped: Path, own: Path) -> None:
    write(shipped, ruleset(), older=True)
    newer = ruleset("1.1.0")
    newer["decisions"][0]["rows"][1]["points"] = 99
    write(shipped, newer)
    write(own, overlay(MORE_FOR_RECORDS))
    rows = resolve("client/scoring", Catalogue([own])).document.value["decisions"][0]["rows"]
    assert rows[1]["points"] == 20


def test_a_clients_facts_come_from_an_overlay_of_the_model(shipped: Path, own: Path) -> None:
    write(own, MODEL_OVERLAY)
    card = row("card", 5, {"!": [{"absent": "lead.card"}]})
    write(own, overlay(add(card), model={"name": "client/facts", "version": "1.0.0"}))
    resolved = resolve("client/scoring", Catalogue([own]))
    assert resolved.document.value["model"]["name"] == "client/facts"
    assert "card" in resolved.model.entities["lead"].facts
    assert [found.name for found in resolved.builds_on] == ["base/scoring", "client/facts", "base/facts"]
    load_ruleset("client/scoring", roots=[own])


def test_everything_a_project_builds_on_is_pinned(shipped: Path, own: Path) -> None:
    write(own, MODEL_OVERLAY)
    write(own, overlay(MORE_FOR_RECORDS, model={"name": "client/facts", "version": "1.0.0"}))
    builds_on = resolve("client/scoring", Catalogue([own])).builds_on
    load_ruleset("client/scoring", roots=[own], lock=Lock(pin(builds_on)))
    found = problems("client/scoring", own, Lock())
    assert places(found) == [
        ("not-locked", "own/client/facts.json", "/extends"),
        ("not-locked", "own/client/scoring.json", "/extends"),
        ("not-locked", "own/client/scoring.json", "/model"),
    ]
    assert [problem.message for problem in found] == [
        "`base/facts` 1.0.0 is not in the lock file",
        "`base/scoring` 1.0.0 is not in the lock file",
        "`client/facts` 1.0.0 is not in the lock file",
    ]


def test_a_project_may_change_its_own_topmost_document_freely(shipped: Path, own: Path) -> None:
    write(own, overlay(MORE_FOR_RECORDS))
    lock = Lock(pin(resolve("client/scoring", Catalogue([own])).builds_on))
    write(own, overlay({**MORE_FOR_RECORDS, "value": row("records", 41)}))
    load_ruleset("client/scoring", roots=[own], lock=lock)


def test_a_changed_base_is_noticed(shipped: Path, own: Path) -> None:
    write(own, overlay(MORE_FOR_RECORDS))
    lock = Lock(pin(resolve("client/scoring", Catalogue([own])).builds_on))
    write(shipped, {**ruleset(), "about": "Tampered with."})
    assert [problem.code for problem in problems("client/scoring", own, lock)] == ["lock-mismatch"]


def test_of_a_shipped_ruleset_the_pinned_version_is_run(shipped: Path, own: Path) -> None:
    lock = Lock(pin(resolve("base/scoring", Catalogue()).builds_on))
    assert sorted(lock.pins) == ["base/facts", "base/scoring"]
    write(shipped, ruleset(), older=True)
    write(shipped, ruleset("1.1.0"))
    assert load_ruleset("base/scoring", lock=lock).version == "1.0.0"
    assert load_ruleset("base/scoring").version == "1.1.0"
    assert [problem.code for problem in problems("base/scoring@1.1.0", own, lock)] == ["lock-mismatch"]


def test_a_version_is_asked_for_by_name(shipped: Path) -> None:
    write(shipped, ruleset("0.9.0"), older=True)
    assert load_ruleset("base/scoring@0.9.0").version == "0.9.0"
    assert load_ruleset("base/scoring", version="0.9.0").version == "0.9.0"
    with pytest.raises(UsageError) as caught:
        load_ruleset("base/scoring@0.8.0")
    assert [problem.allowed for problem in caught.value.problems] == [("0.9.0", "1.0.0")]


def test_a_ruleset_is_loaded_from_its_file(shipped: Path, tmp_path: Path) -> None:
    path = tmp_path / "draft.json"
    path.write_text(json.dumps(overlay(MORE_FOR_RECORDS)))
    assert load_ruleset(path).name == "client/scoring"
    assert load_ruleset("draft.json").name == "client/scoring"
    with pytest.raises(DocumentError) as caught:
        load_ruleset("no-such.json")
    assert [problem.code for problem in caught.value.problems] == ["no-such-file"]


@pytest.mark.parametrize(
    ("extends", "code", "pointer", "nearest", "allowed"),
    [
        (
            {"name": "base/scorign", "version": "1.0.0"},
            "unknown-document",
            "/extends/name",
            "base/scoring",
            ("base/scoring", "client/scoring"),
        ),
        (
            {"name": "base/scoring", "version": "2.0.0"},
            "unknown-version",
            "/extends/version",
            None,
            ("1.0.0",),
        ),
        (
            {"name": "base/facts", "version": "1.0.0"},
            "wrong-kind",
            "/extends/name",
            None,
            ("base/scoring", "client/scoring"),
        ),
        ({"name": "client/scoring", "version": "1.0.0"}, "cycle", "/extends", None, ()),
    ],
)
def test_a_wrong_reference_is_refused_in_its_place(
    extends: dict[str, str],
    code: str,
    pointer: str,
    nearest: str | None,
    allowed: tuple[str, ...],
    shipped: Path,
    own: Path,
) -> None:
    write(own, overlay(MORE_FOR_RECORDS, extends=extends))
    [problem] = problems("client/scoring", own)
    assert (problem.code, problem.pointer, problem.file) == (code, pointer, "own/client/scoring.json")
    assert (problem.nearest, problem.allowed) == (nearest, allowed)
    assert problem.line is not None


def test_a_circle_is_named_in_full(shipped: Path, own: Path) -> None:
    write(own, overlay(MORE_FOR_RECORDS, extends={"name": "client/b", "version": "1.0.0"}))
    write(
        own,
        overlay(MORE_FOR_RECORDS, name="client/b", extends={"name": "client/scoring", "version": "1.0.0"}),
    )
    [problem] = problems("client/scoring", own)
    assert problem.message == (
        "overlays extend each other in a circle: `client/scoring` extends `client/b` extends `client/scoring`"
    )


def test_a_chain_has_an_end(shipped: Path, own: Path) -> None:
    below = {"name": "base/scoring", "version": "1.0.0"}
    for index in range(17):
        change = {**MORE_FOR_RECORDS, "value": row("records", 100 + index)}
        write(own, overlay(change, name=f"client/o{index}", extends=below))
        below = {"name": f"client/o{index}", "version": "1.0.0"}
    assert load_ruleset("client/o14", roots=[own]).document["decisions"][0]["rows"][0]["points"] == 114
    assert [problem.code for problem in problems("client/o16", own)] == ["chain-too-long"]


def test_an_unknown_model_is_refused_where_it_is_named(shipped: Path, own: Path) -> None:
    write(own, {**ruleset(), "name": "client/plain", "model": {"name": "base/fact", "version": "1.0.0"}})
    [problem] = problems("client/plain", own)
    assert (problem.code, problem.pointer, problem.nearest) == (
        "unknown-document",
        "/model/name",
        "base/facts",
    )


def test_problems_of_form_agreement_and_type_come_at_once(shipped: Path, own: Path) -> None:
    value = ruleset()
    value["name"] = "client/plain"
    value["effectiv"] = {}
    rows = value["decisions"][0]["rows"]
    rows[0]["point"] = 1
    rows[1]["when"] = {"var": "lead.dats"}
    rows[2]["id"] = "dates"
    del value["decisions"][1]["hit_policy"]
    value["decisions"][2]["value"] = {">": [{"var": "lead.score"}, {"var": "parameters.hot_abov"}]}
    path = write(own, value)
    found = problems("client/plain", own)
    assert [(problem.code, problem.pointer, problem.nearest) for problem in found] == [
        ("unknown-key", "/decisions/0/rows/0/point", "points"),
        ("unknown-fact", "/decisions/0/rows/1/when/var", "lead.dates"),
        ("duplicate-id", "/decisions/0/rows/2/id", None),
        ("missing-key", "/decisions/1/hit_policy", None),
        ("unknown-fact", "/decisions/2/value/>/1/var", "parameters.hot_above"),
        ("unknown-key", "/effectiv", "effective"),
    ]
    lines = path.read_text().splitlines()
    for problem in found:
        assert problem.line is not None
        assert problem.column is not None
        assert lines[problem.line - 1][problem.column - 1] in '"{'


def test_what_names_a_faulty_part_is_no_problem_of_its_own(shipped: Path, own: Path) -> None:
    value = {**ruleset(), "name": "client/plain"}
    value["decisions"][0]["kind"] = "score"
    write(own, value)
    found = problems("client/plain", own)
    assert [(problem.code, problem.pointer) for problem in found] == [("unknown-value", "/decisions/0/kind")]


def test_all_problems_of_an_overlay_come_at_once_in_its_file(shipped: Path, own: Path) -> None:
    write(own, overlay(
        {**MORE_FOR_RECORDS, "id": "recrods"},
        add({**row("email", 5), "pionts": 1}),
        add(row("chat", 5, {"var": "lead.chanel"})),
        add(band("cool", "cool", 10), "lead.band"),
    ))  # fmt: skip
    found = problems("client/scoring", own)
    assert {problem.file for problem in found} == {"own/client/scoring.json"}
    assert [(problem.code, problem.pointer, problem.nearest) for problem in found][:3] == [
        ("unknown-id", "/changes/0/id", "records"),
        ("unknown-key", "/changes/1/value/pionts", "points"),
        ("unknown-fact", "/changes/2/value/when/var", "lead.channel"),
    ]
    assert found[3].pointer == "/changes/3/value/then"


def test_problems_of_a_model_overlay_stand_in_its_file(shipped: Path, own: Path) -> None:
    write(own, {**MODEL_OVERLAY, "changes": [{**CARD, "entity": "leed"}]})
    write(own, overlay(MORE_FOR_RECORDS, model={"name": "client/facts", "version": "1.0.0"}))
    found = problems("client/scoring", own)
    assert places(found) == [("unknown-entity", "own/client/facts.json", "/changes/0/entity")]
