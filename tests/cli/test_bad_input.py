"""Bad input gets a code, its place, what was found and the nearest name; exit code 2, never a traceback."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.commands import invoke

Document = dict[str, Any]


def ruleset(**members: Any) -> Document:
    return {
        "fairlead": 1,
        "kind": "ruleset",
        "name": "clinic/score",
        "version": "1.0.0",
        "title": "Score",
        "about": "A test.",
        "model": {"name": "medical-travel/facts", "version": "1.0.0"},
        "decisions": [
            {
                "name": "lead.score",
                "kind": "scorecard",
                "title": "score",
                "initial": 0,
                "rows": [
                    {
                        "id": "records",
                        "when": {"var": "lead.submitted_medical_records"},
                        "points": 25,
                        "reason": {"code": "medical_records", "text": "Sent records"},
                    }
                ],
            }
        ],
        **members,
    }


def formula(name: str, value: Any) -> Document:
    return {"name": name, "kind": "formula", "title": name, "result": {"type": "integer"}, "value": value}


def with_row(**members: Any) -> Document:
    document = ruleset()
    document["decisions"][0]["rows"][0].update(members)
    return document


def with_row_twice() -> Document:
    document = ruleset()
    document["decisions"][0]["rows"] *= 2
    return document


OVERLAY: Document = {
    "fairlead": 1,
    "kind": "ruleset-overlay",
    "name": "clinic/score",
    "version": "1.0.0",
    "title": "Overlay",
    "about": "A test.",
    "extends": {"name": "medical-travel/lead-scoring", "version": "1.0.0"},
    "changes": [{"action": "remove", "what": "row", "decision": "lead.score", "id": "bugdet"}],
}
FEE = {"type": "money", "currency": "EUX", "value": {"amount": "5.00", "currency": "EUX"}, "title": "fee"}


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Document | str | bytes], Path]:
    def written(content: Document | str | bytes) -> Path:
        path = tmp_path / "rulesets" / "clinic" / "score.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, dict):
            content = json.dumps(content, indent=2)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


def run(*words: str | Path) -> Any:
    result = invoke(*words)
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


CASES = [
    pytest.param(
        with_row(when={"var": "lead.submited_medical_records"}),
        "unknown-fact",
        "/decisions/0/rows/0/when/var",
        '"lead.submited_medical_records"',
        "lead.submitted_medical_records",
        id="unknown fact",
    ),
    pytest.param(
        with_row(when={"andd": [True]}),
        "unknown-operator",
        "/decisions/0/rows/0/when/andd",
        None,
        "and",
        id="unknown operator",
    ),
    pytest.param(
        with_row(pionts=3),
        "unknown-key",
        "/decisions/0/rows/0/pionts",
        '"pionts"',
        "points",
        id="unknown key",
    ),
    pytest.param(
        with_row(points=True), "wrong-type", "/decisions/0/rows/0/points", "true", None, id="wrong type"
    ),
    pytest.param(
        with_row(when={"<": [{"var": "lead.channel"}, 5]}),
        "wrong-type",
        "/decisions/0/rows/0/when/</1",
        "5",
        None,
        id="types that do not go together",
    ),
    pytest.param(
        with_row_twice(), "duplicate-id", "/decisions/0/rows/1/id", '"records"', None, id="duplicate id"
    ),
    pytest.param(
        ruleset(
            decisions=[
                formula("lead.a", {"+": [{"var": "lead.b"}, 1]}),
                formula("lead.b", {"+": [{"var": "lead.a"}, 1]}),
            ]
        ),
        "cycle",
        "/decisions/0/name",
        '"lead.a"',
        None,
        id="cycle",
    ),
    pytest.param(
        OVERLAY,
        "unknown-id",
        "/changes/0/id",
        '"bugdet"',
        "budget",
        id="overlay of an id that does not exist",
    ),
    pytest.param(
        ruleset(parameters={"fee": FEE}),
        "unknown-currency",
        "/parameters/fee/currency",
        '"EUX"',
        None,
        id="unknown currency",
    ),
    pytest.param(
        '{"fairlead": 1,\n "kind": ruleset}', "invalid-json", "/kind", "ruleset", None, id="no JSON"
    ),
    pytest.param('{"a": 1, "a": 2}', "duplicate-key", "/a", '"a": 2', None, id="key twice"),
    pytest.param('{"a": 0.1}', "inexact-number", "/a", "0.1", None, id="inexact number"),
    pytest.param(b'{"a": "\xe9"}', "not-utf8", "/a", None, None, id="not UTF-8"),
    pytest.param("[" * 10_000, "too-deep", None, None, None, id="nested 10,000 deep"),
]


@pytest.mark.parametrize(("content", "code", "pointer", "text_at", "nearest"), CASES)
def test_a_mistake_in_a_ruleset_is_named_with_its_place(
    write: Callable[[Document | str | bytes], Path],
    content: Document | str | bytes,
    code: str,
    pointer: str | None,
    text_at: str | None,
    nearest: str | None,
) -> None:
    path = write(content)

    result = run("validate", path, "--json")

    assert result.exit_code == 2
    problems = [each for report in json.loads(result.stdout)["documents"] for each in report["problems"]]
    problem = next(each for each in problems if each["code"] == code)
    assert problem["file"] == str(path)
    assert problem["line"] >= 1
    assert problem["column"] >= 1
    if pointer is not None:
        assert problem["pointer"] == pointer
    if text_at is not None:
        line = path.read_text("utf-8").splitlines()[problem["line"] - 1]
        assert line[problem["column"] - 1 :].startswith(text_at)
    if nearest is not None:
        assert problem["nearest"] == nearest


@pytest.mark.parametrize(("content", "code", "pointer", "text_at", "nearest"), CASES)
def test_the_same_is_told_to_a_person_with_the_line_and_a_caret(
    write: Callable[[Document | str | bytes], Path],
    content: Document | str | bytes,
    code: str,
    pointer: str | None,
    text_at: str | None,
    nearest: str | None,
) -> None:
    result = run("validate", write(content))

    assert result.exit_code == 2
    assert result.stdout == ""
    assert f"[{code}]" in result.stderr
    assert "^" in result.stderr
    if nearest is not None:
        assert f"did you mean `{nearest}`?" in result.stderr


def test_all_mistakes_of_a_document_are_named_at_once(
    write: Callable[[Document | str | bytes], Path],
) -> None:
    document = with_row(when={"var": "lead.chanel"}, pionts=3)
    document["decisions"].append(formula("lead.twice", {"**": [1, 2]}))

    result = run("validate", write(document), "--json")

    codes = {each["code"] for each in json.loads(result.stdout)["documents"][0]["problems"]}
    assert {"unknown-fact", "unknown-key", "unknown-operator"} <= codes


def test_a_file_of_100_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "big.json"
    with path.open("wb") as stream:
        stream.truncate(100 * 1024 * 1024)

    result = run("validate", path)

    assert result.exit_code == 2
    assert "the document is larger than 5 MiB [too-large]" in result.stderr


def test_a_version_that_is_not_yet_effective_is_refused_with_the_day_it_begins(
    write: Callable[[Document | str | bytes], Path], tmp_path: Path
) -> None:
    path = write(ruleset(effective={"from": "2030-01-01"}))
    leads = tmp_path / "leads.jsonl"
    leads.write_text('{"lead": {}}\n')

    result = run(
        "evaluate", path, "--input", leads, "--output", tmp_path / "o.jsonl", "--as-of", "2026-11-21"
    )

    assert result.exit_code == 2
    assert "is not in force yet on 2026-11-21: it begins on 2030-01-01 [not-yet-effective]" in result.stderr
    assert '"from": "2030-01-01"' in result.stderr


def test_several_rulesets_are_all_checked(write: Callable[[Document | str | bytes], Path]) -> None:
    path = write(with_row(pionts=3))

    result = run("validate", path, "medical-travel/lead-scorin", "medical-travel/lead-scoring")

    assert result.exit_code == 2
    assert "medical-travel/lead-scoring 1.0.0 is valid" in result.stdout
    assert "[unknown-key]" in result.stderr
    assert "[unknown-document]" in result.stderr
    assert "did you mean `medical-travel/lead-scoring`?" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["validate", "nowhere.json"], "there is no file `nowhere.json` [no-such-file]"),
        (["validate", "UPPER"], "[bad-name]"),
        (["explain", "medical-travel/lead-scoring"], "[wrong-usage]"),
        (["explain", "medical-travel/lead-scoring", "--facts", "{"], "[invalid-json]"),
        (["explain", "medical-travel/lead-scoring", "--facts", '{"lead": {"chanel": 1}}'], "`lead.channel`?"),
        (["explain", "medical-travel/lead-scoring", "--facts", "{}", "--as-of", "soon"], "`--as-of` must be"),
        (["facts", "--entity", "leed"], "did you mean `lead`?"),
        (["schema", "rule-set"], "did you mean `ruleset`?"),
        (["evaluate", "medical-travel/lead-scoring", "--input", "nowhere.csv"], "[no-such-file]"),
        (["evaluate", "medical-travel/lead-scoring", "--input", "leads.xlsx"], "[unknown-format]"),
        (
            ["evaluate", "medical-travel/lead-scoring", "--input", "-", "--decisions", "lead.scroe"],
            "lead.score",
        ),
        (["upgrade", "nowhere"], "[no-such-file]"),
        (["test", "nowhere"], "[unknown-document]"),
    ],
)
def test_wrong_usage_is_told_with_the_way_out(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    result = run(*words)

    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(
    "words", [["evaluate"], ["demo", "--frist", "3"], ["nonsense"], ["demo", "--first", "0"]]
)
def test_a_command_line_that_cannot_be_read_is_wrong_usage(words: list[str]) -> None:
    assert run(*words).exit_code == 2


def test_with_json_problems_are_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    result = run("facts", "--entity", "leed", "--json")

    assert result.exit_code == 2
    (problem,) = json.loads(result.stdout)["problems"]
    assert (problem["code"], problem["nearest"]) == ("unknown-entity", "lead")


def test_text_of_a_user_is_no_markup_and_sends_no_control_characters(
    write: Callable[[Document | str | bytes], Path],
) -> None:
    result = run("validate", write(with_row(**{"[red]\x1b[31m\u202eboo": 1})))

    assert result.exit_code == 2
    assert "[red]" in result.stderr
    assert "\x1b" not in result.stderr
    assert "\u202e" not in result.stderr
