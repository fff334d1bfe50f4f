"""The report as JSON: everything there and back, one digest, and a schema that says what it is."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import fields
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.audit.example_audit import audit
from tests.commands import invoke

from fairlead.audit.findings import (
    Audit,
    AuditedPack,
    AuditedRuleset,
    Case,
    Counterexample,
    Difference,
    EvidenceItem,
    Finding,
    Obligation,
    Place,
    Taint,
)
from fairlead.audit.report_document import (
    AuditReport,
    Change,
    DataTest,
    Response,
    audit_from_json,
    read_report,
    report_json,
    report_schema,
)
from fairlead.documents.canonical import canonical_bytes, digest
from fairlead.problems import DocumentError

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
maybe = st.none() | texts
titles = st.dictionaries(texts, texts, max_size=2)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    # beyond, the canonical form of a number is no longer exact
    | st.floats(-(2.0**53), 2.0**53)
    | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
objects = st.dictionaries(texts, values, max_size=2)


def several(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=2).map(tuple)


cases = st.builds(Case, record=objects, as_of=texts, results=objects)
counterexamples = st.builds(
    Counterexample,
    sentence=texts,
    cases=several(cases),
    differences=several(st.builds(Difference, texts, titles, values, values)),
)
obligations = st.builds(
    Obligation, id=texts, pack=texts, title=titles, text=titles, checks=several(texts), asks=several(texts)
)
findings = st.builds(
    Finding,
    id=texts,
    ruleset=texts,
    obligation=obligations,
    subject=maybe,
    property=maybe,
    statement=texts,
    why=several(texts),
    counterexamples=several(counterexamples),
    evidence=several(st.builds(EvidenceItem, texts, titles, maybe, st.booleans())),
    place=st.none() | st.builds(Place, maybe, texts, st.none() | st.integers(1, 9), st.none()),
    steps=st.integers(0, 2**40),
    accepted=st.none() | titles,
)
rulesets = st.builds(
    AuditedRuleset,
    texts,
    texts,
    titles,
    texts,
    texts,
    maybe,
    several(st.builds(Taint, texts, titles, several(texts), several(texts), several(texts), maybe)),
    objects,
)
audits = st.builds(
    Audit,
    subject=texts,
    rulesets=several(rulesets),
    packs=several(st.builds(AuditedPack, texts, texts, titles, texts, decided_by=maybe)),
    findings=several(findings),
    decided_by=maybe,
    solver=texts,
    limit=st.integers(0, 2**40),
    engine=texts,
)


@given(audits)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_every_audit_comes_back_from_the_canonical_text_of_its_report(found: Audit) -> None:
    payload = report_json(found)

    assert audit_from_json(payload) == found
    assert audit_from_json(json.loads(canonical_bytes(payload))) == found


def test_a_report_has_all_that_an_audit_has() -> None:
    assert {field.name for field in fields(Audit)} <= set(AuditReport.model_fields)
    assert audit_from_json(report_json(audit())) == audit()


def test_a_report_is_json_with_a_kind_and_with_the_words_of_people() -> None:
    payload = report_json(audit(), client="Clinic A")

    assert (payload["fairlead"], payload["kind"], payload["client"]) == (1, "audit-report", "Clinic A")
    assert payload["verdict"] == "refuted"
    assert payload["as_of"] == "2026-11-22"
    assert payload["rulesets"][0]["taints"][1]["from"] == [
        "treatment.estimate_total",
        "treatment.had_complications",
    ]
    assert payload["findings"][2]["obligation"]["force"] == "allow_if"
    assert json.loads(json.dumps(payload)) == payload


def test_what_stands_beside_the_audit_comes_back_too() -> None:
    change = Change("introduction.reward", "A partner with 15 introductions gets nothing.")
    response = Response("us-stark/in-writing", "A valuer is asked.", "J. Kaya", date(2027, 1, 31))
    test = DataTest("Rewards of 2026", "all 214", "every record", 214, 3)
    payload = report_json(
        audit(), supersedes="2026-10-01-abc", changes=[change], responses=[response], data_tests=[test]
    )
    report = read_report(payload)

    assert (report.changes, report.responses, report.data_tests) == ((change,), (response,), (test,))
    assert report.supersedes == "2026-10-01-abc"


def test_the_id_of_a_report_follows_from_all_that_it_says() -> None:
    first, again = report_json(audit()), report_json(audit())
    other = report_json(audit(), client="Clinic B")

    assert first == again
    assert digest(first) == digest(again)
    assert first["id"].startswith("2026-11-22-")
    assert len(first["id"]) == len("2026-11-22-") + 12
    assert first["id"] != other["id"]


def test_the_schema_is_published_and_says_what_each_key_is() -> None:
    schema = report_schema()

    Draft202012Validator.check_schema(schema)
    assert schema["title"] == "Fairlead: audit-report"
    for definition in schema["$defs"].values():
        assert definition["description"]
    assert list(Draft202012Validator(schema).iter_errors(report_json(audit()))) == []


def test_the_schema_is_printed_by_the_command() -> None:
    result = invoke("schema", "audit-report")

    assert result.exit_code == 0
    assert json.loads(result.stdout) == report_schema()


def test_the_command_names_the_kind_where_another_was_meant() -> None:
    result = invoke("schema", "audit-reports")

    assert result.exit_code == 2
    assert "`audit-report`" in result.stderr


@pytest.mark.parametrize(
    ("pointer", "new", "code", "place"),
    [
        (("kind",), "ruleset", "unknown-value", "/kind"),
        (("verdict",), "fine", "invalid-value", "/verdict"),
        (("as_of",), "soon", "invalid-value", "/as_of"),
        (("extra",), 1, "unknown-key", "/extra"),
        (("findings", 0, "steps"), "7", "wrong-type", "/findings/0/steps"),
        (("findings", 0, "extra"), 1, "unknown-key", "/findings/0/extra"),
        (("findings", 0, "statement"), ..., "missing-key", "/findings/0/statement"),
        (("findings", 0, "obligation", "force"), "ask", "invalid-value", "/findings/0/obligation/force"),
        (("rulesets", 0, "document"), [], "wrong-type", "/rulesets/0/document"),
    ],
)
def test_model_and_schema_refuse_what_is_no_report(
    pointer: tuple[str | int, ...], new: Any, code: str, place: str
) -> None:
    payload: Any = deepcopy(report_json(audit()))
    inside = payload
    for key in pointer[:-1]:
        inside = inside[key]
    if new is ...:
        del inside[pointer[-1]]
    else:
        inside[pointer[-1]] = new

    with pytest.raises(DocumentError) as error:
        audit_from_json(payload)
    assert [(problem.code, problem.pointer) for problem in error.value.problems] == [(code, place)]
    assert not Draft202012Validator(report_schema()).is_valid(payload) or code == "invalid-value"
