"""A plug-in brings an operator: it runs, is said and proved as its definition, or is refused by name."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.commands import invoke
from tests.plugins.conftest import Install
from tests.project import approved_clinic
from tests.ruleset import clinic

import fairlead
from fairlead.documents.canonical import canonical_bytes, digest
from fairlead.documents.json_text import Document
from fairlead.engine.explain import explain
from fairlead.facts.model import FactModel
from fairlead.plugins.manager import installed_plugins
from fairlead.problems import DocumentError, Problem, UsageError
from fairlead.project.approving import draft_approval
from fairlead.ruleset.build import build_ruleset
from fairlead.ruleset.differences import differences
from fairlead.ruleset.document import check_resolved
from fairlead.ruleset.extra_operators import offered_operators
from fairlead.ruleset.load import load_ruleset
from fairlead.ruleset.schema import json_schema
from fairlead.show.markdown import markdown
from fairlead.show.page import page_of

DAY, START = {"var": "day"}, {"var": "start"}
WITHIN = {"and": [{"<=": [START, DAY]}, {"<": [DAY, {"add_days": [START, 7]}]}]}
IN_WEEK: dict[str, Any] = {
    "name": "in_week",
    "title": {"en": "in the week from", "de": "in der Woche ab"},
    "parameters": {"day": {"type": "date"}, "start": {"type": "date"}},
    "result": {"type": "boolean"},
    "words": {"en": "{day} is in the week from {start}", "de": "{day}: in der Woche ab {start}"},
    "definition": WITHIN,
}

SOURCE = """
from fairlead.plugins import OperatorInfo, hookimpl

@hookimpl
def fairlead_operators():
    return [OperatorInfo(**each) for each in {operators!r}]
"""

Bring = Callable[..., None]


@pytest.fixture
def bring(install: Install) -> Iterator[Bring]:
    """Install a plug-in that brings operators; a second one has another name."""

    def bring(*operators: dict[str, Any], source: str = "", name: str = "acme") -> None:
        installed_plugins.cache_clear()
        install(f"{name}-operators", name, source or SOURCE.format(operators=list(operators)))

    installed_plugins.cache_clear()
    yield bring
    installed_plugins.cache_clear()


def rules(when: Any) -> dict[str, Any]:
    made = clinic.ruleset()
    made["decisions"][0]["rows"][0]["when"] = when
    return made


def written(folder: Path, ruleset: dict[str, Any], model: dict[str, Any] | None = None) -> Path:
    if model is None:
        model = clinic.model()
        model["entities"]["lead"]["facts"]["came_on"] = clinic.fact(type="date", title="the first enquiry")
    for document in (ruleset, model):
        path = folder / f"{document['name']}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document), "utf-8")
    return folder


CALLED = {"in_week": [{"var": "lead.came_on"}, "2026-11-16"]}


def problems_of(make: Callable[[], Any]) -> list[Problem]:
    with pytest.raises((DocumentError, UsageError)) as caught:
        make()
    return list(caught.value.problems)


def refused() -> Problem:
    (only,) = problems_of(offered_operators)
    assert only.code in str(only)
    return only


# what a plug-in brings


def test_a_ruleset_calls_it(bring: Bring, tmp_path: Path) -> None:
    bring(IN_WEEK)
    ruleset = load_ruleset("base/scoring", roots=[written(tmp_path, rules(CALLED))])
    program = fairlead.Program(ruleset)

    scores = {
        day: program.evaluate({"lead": {"id": "L1", "came_on": day}}, as_of=date(2026, 11, 21)).decisions[
            "lead.score"
        ]
        for day in ("2026-11-15", "2026-11-16", "2026-11-22", "2026-11-23")
    }

    # the row gives 25; the week from the 16th ends with the 22nd
    assert scores == {"2026-11-15": 0, "2026-11-16": 25, "2026-11-22": 25, "2026-11-23": 0}


def test_what_is_unknown_has_the_causes_of_the_operands(bring: Bring, tmp_path: Path) -> None:
    bring(IN_WEEK)
    ruleset = load_ruleset("base/scoring", roots=[written(tmp_path, rules(CALLED))])

    result = fairlead.Program(ruleset).evaluate({"lead": {"id": "L1"}}, as_of=date(2026, 11, 21))

    assert result.unknown_rows["lead.score"] == ("records", "dates", "phone")
    assert "lead.came_on" in result.missing


def test_any_expression_of_a_decision_may_call_it(bring: Bring, tmp_path: Path) -> None:
    bring(IN_WEEK)
    made = rules({"var": "lead.records"})
    made["decisions"][0]["rows"][1]["points"] = {"if": [CALLED, 30, 10]}
    ruleset = load_ruleset("base/scoring", roots=[written(tmp_path, made)])
    record = {"lead": {"id": "L1", "dates": True, "came_on": "2026-11-30"}}

    result = fairlead.Program(ruleset).evaluate(record, as_of=date(2026, 11, 21))

    assert result.decisions["lead.score"] == 10


def test_it_is_shown_in_its_own_words_with_what_it_stands_for(bring: Bring, tmp_path: Path) -> None:
    bring(IN_WEEK)
    ruleset = load_ruleset("base/scoring", roots=[written(tmp_path, rules(CALLED))])

    # a part in another language than the page is marked
    english, german = (
        re.sub("<[^>]+>", "", markdown(page_of(ruleset, language))) for language in ("en", "de")
    )

    assert "the first enquiry is in the week from 2026-11-16" in english
    assert "Operators of plug-ins" in english
    meaning = "start is on or before day and day is before 7 days after start"
    assert f"| in the week from `in_week` | day is in the week from start | {meaning} |" in english
    assert "„the first enquiry“: in der Woche ab 2026-11-16" in german
    assert "Operatoren aus Erweiterungen" in german


def test_an_explanation_says_it_in_its_own_words(bring: Bring, tmp_path: Path) -> None:
    bring(IN_WEEK)
    made = rules({"var": "lead.records"})
    made["decisions"][1]["rows"][0] = {"id": "hot", "when": CALLED, "then": "hot"}
    ruleset = load_ruleset("base/scoring", roots=[written(tmp_path, made)])
    record = {"lead": {"id": "L1", "came_on": "2026-11-18"}}

    trace = fairlead.Program(ruleset).evaluate(record, as_of=date(2026, 11, 21)).trace()

    said = "\n".join(explain(ruleset, trace))
    assert "the first enquiry is in the week from 2026-11-16" in said


def test_the_audit_proves_that_a_call_is_its_definition(
    bring: Bring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(IN_WEEK)
    monkeypatch.chdir(tmp_path)
    came, monday = {"var": "lead.created_on"}, {"date": "2026-11-16"}
    within = {"<=": [0, {"days_between": [monday, came]}, 6]}
    for name, value in (
        ("called", {"in_week": [came, monday]}),
        ("written", within),
        ("other", {"<=": [monday, came]}),
    ):
        made = {**clinic.ruleset(), "name": name}
        made["model"] = {"name": "medical-travel/facts", "version": "1.0.0"}
        made["decisions"] = [made["decisions"][2] | {"value": value}]
        (tmp_path / f"{name}.json").write_text(json.dumps(made), "utf-8")

    same, other = (invoke("diff", "called.json", name) for name in ("written.json", "other.json"))

    assert (same.exit_code, other.exit_code) == (0, 1), same.output + other.output
    assert "lead.hot: proved" in same.output
    assert "was no, is yes" in other.output


def test_editors_know_it(bring: Bring) -> None:
    bring(IN_WEEK)
    ruleset = Draft202012Validator(json_schema("ruleset"))

    assert ruleset.is_valid(rules(CALLED))
    assert not ruleset.is_valid(rules({"in_week": ["2026-11-16"]}))
    assert "in_week" not in json.dumps(json_schema("policy-pack"))


# what it binds


def test_the_digest_binds_the_definition(bring: Bring, install: Install, tmp_path: Path) -> None:
    roots = [written(tmp_path / "rules", rules(CALLED))]
    bring(IN_WEEK)
    before = load_ruleset("base/scoring", roots=roots)

    longer = {"and": [{"<=": [START, DAY]}, {"<": [DAY, {"add_days": [START, 8]}]}]}
    (tmp_path / "acme_operators.py").write_text(
        SOURCE.format(operators=[{**IN_WEEK, "definition": longer}]), "utf-8"
    )
    sys.modules.pop("acme_operators")
    installed_plugins.cache_clear()
    after = load_ruleset("base/scoring", roots=roots)

    assert before.digest != after.digest
    (difference,) = differences(before.document, after.document)
    assert (difference.what, difference.name, difference.member) == ("operator", "`in_week`", "definition")


def test_a_plugin_that_is_not_called_changes_no_digest(bring: Bring, tmp_path: Path) -> None:
    # a fact of the operator's name is no call
    model = clinic.model()
    model["entities"]["lead"]["facts"]["in_week"] = clinic.fact(type="boolean")
    roots = [written(tmp_path / "rules", rules({"var": "lead.in_week"}), model)]
    before = load_ruleset("base/scoring", roots=roots)

    bring(IN_WEEK)
    after = load_ruleset("base/scoring", roots=roots)

    assert after.digest == before.digest
    assert "operators" not in after.document


def test_what_is_archived_runs_without_the_plugin(bring: Bring, tmp_path: Path) -> None:
    bring(IN_WEEK)
    ruleset = load_ruleset("base/scoring", roots=[written(tmp_path / "rules", rules(CALLED))])
    kept = canonical_bytes(ruleset.document)
    (tmp_path / "acme_operators-2.1.dist-info" / "entry_points.txt").unlink()
    installed_plugins.cache_clear()
    assert offered_operators() == {}

    document = Document(json.loads(kept))
    model = FactModel.from_document(Document(document.value["model"]))
    again = build_ruleset(check_resolved(document), document, model, digest(document.value))

    assert again.digest == ruleset.digest
    assert again.decisions == ruleset.decisions
    record = {"lead": {"id": "L1", "came_on": "2026-11-18"}}
    result = fairlead.Program(again).evaluate(record, as_of=date(2026, 11, 21))
    assert result.decisions["lead.score"] == 25


def test_an_approval_binds_the_definition(bring: Bring, tmp_path: Path) -> None:
    bring({**IN_WEEK, "name": "both", "parameters": {"day": {"type": "boolean"}},
           "words": "{day} indeed", "definition": {"and": [DAY, DAY]}})  # fmt: skip
    folder = approved_clinic.make(tmp_path / "clinic")
    made = approved_clinic.scoring()
    made["decisions"][0]["value"] = {"both": {"var": "introduction.records"}}
    approved_clinic.write(folder / "rulesets" / "clinic/looks.json", made)
    approved_clinic.approve(folder)
    opened = fairlead.open_project(folder)
    assert opened.evaluate(approved_clinic.RECORD, approved_clinic.DAY, ruleset="clinic/looks").decisions == {
        "introduction.complete": True
    }

    module = tmp_path / "acme_operators.py"
    module.write_text(module.read_text("utf-8").replace("'and'", "'or'"), "utf-8")
    sys.modules.pop("acme_operators")
    installed_plugins.cache_clear()

    assert "approval-mismatch" in approved_clinic.codes(folder, name="clinic/looks")
    draft = draft_approval(
        fairlead.open_project(folder), (), author="mehmet", approver="can", at=approved_clinic.SIGNED_AT
    )
    said = [change.text for section in draft.changes for change in section.changes]
    assert [text for text in said if text.startswith("operator `both`: definition changed from")]


# what is refused


CODE_ALONE = """
from fairlead.plugins import OperatorInfo, hookimpl

def in_week(day, start):
    return start <= day

@hookimpl
def fairlead_operators():
    return {returned}
"""
INFO = (
    'OperatorInfo(name="in_week", title="t", parameters={"day": {"type": "date"}},'
    ' result={"type": "boolean"}, words="{day}", definition=%s)'
)


@pytest.mark.parametrize(
    "returned",
    [
        pytest.param("[in_week]", id="a function for an operator"),
        pytest.param(f"[{INFO % 'in_week'}]", id="a function for a definition"),
        pytest.param(f"[{INFO % '{chr(33): [in_week]}'}]", id="a function in a definition"),
        pytest.param(f"[{INFO % 'None'}]", id="no definition"),
    ],
)
def test_code_alone_is_refused_by_name(bring: Bring, returned: str) -> None:
    bring(source=CODE_ALONE.replace("{returned}", returned))

    found = refused()

    assert found.code == "operator-without-definition"
    assert found.message == (
        "operator `in_week` of plug-in `acme (acme-operators 2.1)` must give a definition: "
        "Python code alone cannot be proved"
    )
    assert found.remedy is not None


REFUSED = [
    pytest.param({"name": "and"}, "bad-name", "/operators/and", id="an operator of the language"),
    pytest.param({"name": "==="}, "bad-name", "/operators/===", id="another spelling of one"),
    pytest.param({"name": "filter"}, "bad-name", "/operators/filter", id="one that is left out"),
    pytest.param({"name": "var"}, "bad-name", "/operators/var", id="reading a name"),
    pytest.param({"name": "scale"}, "bad-name", "/operators/scale", id="the setting of an operator"),
    pytest.param({"name": "In Week"}, "bad-name", "/operators/In Week", id="no name"),
    pytest.param({"words": {"de": "{day}"}}, "missing-key", "/operators/in_week/words/en", id="no English"),
    pytest.param({"words": ""}, "empty-value", "/operators/in_week/words", id="no words"),
    pytest.param({"words": "{day}"}, "unused-parameter", "/operators/in_week/words/en", id="one left out"),
    pytest.param(
        {"words": "{day} {start} {begin}"},
        "unknown-value",
        "/operators/in_week/words/en",
        id="words of what is no parameter",
    ),
    pytest.param(
        {"words": "{day.__class__} {day} {start}"},
        "invalid-value",
        "/operators/in_week/words/en",
        id="words that reach for more",
    ),
    pytest.param({"parameters": {}}, "empty-value", "/operators/in_week/parameters", id="no parameters"),
    pytest.param({"parameters": 3}, "wrong-type", "/operators/in_week/parameters", id="a number"),
    pytest.param({"title": {1, 2}}, "wrong-type", "/operators/in_week/title", id="a title that is no text"),
    pytest.param(
        {"parameters": {"day": {"type": "dat"}, "start": {"type": "date"}}},
        "unknown-value",
        "/operators/in_week/parameters/0/type/type",
        id="an unknown type",
    ),
    pytest.param(
        {"parameters": {**IN_WEEK["parameters"], "more": {"type": "date"}}, "words": "{day} {start} {more}"},
        "unused-parameter",
        "/operators/in_week/parameters/2",
        id="a parameter that nothing reads",
    ),
    pytest.param(
        {"parameters": {"day": {"type": "integer"}, "start": {"type": "date"}},
         "definition": {"<=": [START, DAY]}},
        "wrong-type",
        "/operators/in_week/definition/<=/1",
        id="a definition that does not fit its parameters",
    ),
    pytest.param(
        {"parameters": {"day": {"type": "decimal", "precision": 9, "scale": 2, "minimum": "0"}},
         "words": "{day}", "definition": {"<": [DAY, 1]}},
        "unexpected-key",
        "/operators/in_week/parameters/0/type/minimum",
        id="a bound that nothing holds operands to",
    ),
    pytest.param({"result": {"type": "date"}}, "wrong-type", "/operators/in_week/definition", id="a date"),
    pytest.param(
        {"result": {"type": "list", "items": {"type": "date"}}, "definition": [DAY, START]},
        "wrong-type",
        "/operators/in_week/result",
        id="a list for a result",
    ),
    pytest.param(
        {"definition": {"in_week": [DAY, START]}},
        "cycle",
        "/operators/in_week/definition/in_week",
        id="itself",
    ),
    pytest.param(
        {"definition": {"and": [WITHIN, {"teleport": DAY}]}},
        "unknown-operator",
        "/operators/in_week/definition/and/1/teleport",
        id="an unknown operator",
    ),
    pytest.param(
        {"definition": {"<": [DAY, {"var": "as_of_date"}]}},
        "unknown-fact",
        "/operators/in_week/definition/</1/var",
        id="the time, which is no parameter",
    ),
    pytest.param(
        {"parameters": {"day": {"type": "boolean"}}, "words": "{day}", "definition": DAY},
        "wrong-expression",
        "/operators/in_week/definition",
        id="a parameter as it is",
    ),
    pytest.param(
        {"definition": {"in": ["day", {"missing": ["day", "start"]}]}},
        "wrong-operand",
        "/operators/in_week/definition",
        id="the names of what is missing",
    ),
    pytest.param(
        {"definition": {"and": [WITHIN] * 40}},
        "expansion-too-large",
        "/operators/in_week/definition",
        id="too large",
    ),
    pytest.param(
        {"definition": json.loads('{"!": [' * 18 + json.dumps(WITHIN) + "]}" * 18)},
        "too-deep",
        "/operators/in_week/definition",
        id="too deep",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "code", "pointer"), REFUSED)
def test_what_is_wrong_is_refused_with_its_plugin(
    bring: Bring, changed: dict[str, Any], code: str, pointer: str
) -> None:
    bring({**IN_WEEK, **changed})

    found = problems_of(offered_operators)

    assert [(each.code, each.pointer, each.file) for each in found if each.code == code] == [
        (code, pointer, "plug-in acme (acme-operators 2.1)")
    ]


def test_two_operators_of_one_name_name_both_plugins(bring: Bring) -> None:
    bring(IN_WEEK)
    bring(IN_WEEK, name="beta")

    found = refused()

    assert (found.code, found.found) == ("plugin-conflict", "in_week")
    assert "`acme (acme-operators 2.1)`" in found.message
    assert "`beta (beta-operators 2.1)`" in found.message


def test_everything_that_is_wrong_is_said_at_once(bring: Bring) -> None:
    bring({**IN_WEEK, "name": "and"})
    bring({**IN_WEEK, "definition": None}, name="beta")

    assert {each.code for each in problems_of(offered_operators)} == {
        "bad-name",
        "operator-without-definition",
    }


def test_a_hook_that_fails_is_named(bring: Bring) -> None:
    bring(
        source="""
        from fairlead.plugins import hookimpl

        @hookimpl
        def fairlead_operators():
            return 1 / 0
    """
    )

    found = refused()

    assert found.code == "plugin-not-loaded"
    assert "`acme (acme-operators 2.1)`" in found.message


def test_the_command_line_refuses_without_a_traceback(bring: Bring) -> None:
    bring({**IN_WEEK, "words": "always"})

    result = invoke("validate", "medical-travel/lead-scoring")

    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert "plug-in acme (acme-operators 2.1): the words leave out `day`" in result.output


def test_a_wrong_name_is_answered_with_the_plugins_operator(bring: Bring, tmp_path: Path) -> None:
    bring(IN_WEEK)
    roots = [written(tmp_path, rules({"in_weeks": CALLED["in_week"]}))]

    (found,) = problems_of(lambda: load_ruleset("base/scoring", roots=roots))

    assert (found.code, found.nearest) == ("unknown-operator", "in_week")


def test_without_the_plugin_its_operator_is_unknown(tmp_path: Path) -> None:
    roots = [written(tmp_path, rules(CALLED))]

    (found,) = problems_of(lambda: load_ruleset("base/scoring", roots=roots))

    assert (found.code, found.found) == ("unknown-operator", "in_week")


def test_a_fact_model_calls_none(bring: Bring, tmp_path: Path) -> None:
    bring(IN_WEEK)
    model = clinic.model()
    lead = model["entities"]["lead"]
    lead["related"] = {"others": {"entity": "other", "link": "lead", "description": "Others."}}
    lead["aggregates"] = {
        "recent": clinic.fact(
            function="count", of="others", where={"in_week": [{"var": "other.on"}, "2026-11-16"]}
        )
    }
    model["entities"]["other"] = {
        "title": "Other",
        "description": "Another.",
        "links": {"lead": {"entity": "lead", "description": "The lead."}},
        "facts": {"id": clinic.fact(type="text"), "on": clinic.fact(type="date")},
    }
    roots = [written(tmp_path, clinic.ruleset(), model)]

    (found,) = problems_of(lambda: load_ruleset("base/scoring", roots=roots))

    assert (found.code, found.found) == ("unknown-operator", "in_week")
    assert found.remedy == "an operator of a plug-in is called by the decisions of a ruleset alone"


def test_a_ruleset_brings_no_operators_of_its_own(tmp_path: Path) -> None:
    made = {**clinic.ruleset(), "operators": {}}

    (found,) = problems_of(lambda: load_ruleset("base/scoring", roots=[written(tmp_path, made)]))

    assert (found.code, found.pointer) == ("unknown-key", "/operators")


def test_an_archived_operator_that_has_a_meaning_already_is_refused(bring: Bring, tmp_path: Path) -> None:
    bring(IN_WEEK)
    ruleset = load_ruleset("base/scoring", roots=[written(tmp_path, rules(CALLED))])
    value = json.loads(canonical_bytes(ruleset.document))
    value["operators"]["and"] = value["operators"].pop("in_week")
    document = Document(value)
    model = FactModel.from_document(Document(value["model"]))

    found = problems_of(lambda: build_ruleset(check_resolved(document), document, model, "sha256:0"))

    assert [each.code for each in found] == ["bad-name"]
