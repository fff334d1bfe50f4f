"""A second solver: what it confirms, what becomes of a verdict that it contradicts, and the files."""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path

import pytest
import z3

from fairlead.audit.auditor import Subject, audit
from fairlead.audit.findings import Audit, Verdict
from fairlead.audit.second_opinion import SecondOpinion
from fairlead.audit.solver import Question, solver_name
from fairlead.engine import load
from fairlead.problems import UsageError
from fairlead.ruleset.policy_pack import load_pack

DAY = date(2026, 11, 22)
TIERS = "medical-travel/partner-tiers-as-published"


def audited(second: SecondOpinion | None, ruleset: str = TIERS, pack: str = "us-stark") -> Audit:
    program = load(ruleset)
    packs = [load_pack(pack, model=program.ruleset.model)]
    return audit("clinic", [Subject(program.ruleset, program)], packs, DAY, second=second)


def verdicts(found: Audit) -> dict[str, str]:
    return {finding.id: str(finding.verdict) for finding in found.findings}


def test_cvc5_confirms_and_changes_no_verdict() -> None:
    pytest.importorskip("cvc5")
    second = SecondOpinion(cross_check=True)

    found = audited(second)

    assert verdicts(found) == verdicts(audited(None))
    assert second.asked == second.confirmed_answers > 0
    assert re.fullmatch(r"cvc5 [0-9.]+", second.name or "")
    assert found.solver == f"{solver_name()}, {second.name}"


class Contrary(SecondOpinion):
    """A second solver that always finds what the first does not."""

    def __init__(self, says: str) -> None:
        super().__init__()
        self._cvc5 = type("Fake", (), {"__version__": "9.9"})
        self.says = says

    def _second(self, script: str) -> str:
        return self.says


@pytest.mark.parametrize(
    ("says", "ruleset", "pack", "settled", "words"),
    [
        ("no", TIERS, "us-stark", "refuted", "a case, cvc5 9.9 none"),
        ("yes", "medical-travel/partner-programme", "introduction-only", "proved", "none, cvc5 9.9 a case"),
    ],
)
def test_what_the_second_solver_contradicts_is_undecided_and_names_both(
    says: str, ruleset: str, pack: str, settled: str, words: str
) -> None:
    alone = audited(None, ruleset, pack)
    found = audited(Contrary(says), ruleset, pack)

    by_solver = [
        each.id for each in alone.findings if each.formula is not None and str(each.verdict) == settled
    ]
    doubted = [each for each in found.findings if each.id in by_solver and each.verdict == Verdict.UNDECIDED]
    assert doubted
    said = f"the solvers disagree: {solver_name()} finds {words}"
    assert all(said in each.why for each in doubted)
    assert all(not each.counterexamples for each in doubted)


def test_a_second_solver_without_an_answer_changes_nothing() -> None:
    second = Contrary("unknown")

    assert verdicts(audited(second)) == verdicts(audited(None))
    assert second.asked > 0
    assert second.confirmed_answers == 0


def test_a_question_that_cvc5_cannot_read_has_no_answer_from_it() -> None:
    pytest.importorskip("cvc5")
    second = SecondOpinion(cross_check=True)
    flag = z3.Bool("asked")
    question = Question.of("odd", [z3.Bool("a")], {"asked": z3.And(z3.Bool("a"), z3.Bool("b"))})
    answer = question.ask(str(flag))
    question._text = question._text.replace("(assert", "(no-such-command)\n(assert", 1)

    assert second.confirmed(question, ["asked"], answer) is answer
    assert (second.asked, second.confirmed_answers) == (1, 0)


def test_without_cvc5_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cvc5", None)

    with pytest.raises(UsageError) as caught:
        SecondOpinion(cross_check=True)

    (problem,) = caught.value.problems
    assert problem.code == "missing-package"
    assert problem.remedy == 'install it with `pip install "fairlead[cross-check]"`'


def test_each_question_is_a_file_that_z3_answers_as_it_states(tmp_path: Path) -> None:
    found = audited(SecondOpinion(folder=tmp_path))

    paths = sorted(tmp_path.glob("*.smt2"))
    texts = [path.read_text("utf-8") for path in paths]
    stated = [re.findall(r"\(set-info :status (\w+)\)", text) for text in texts]
    assert {each for states in stated for each in states} >= {"sat"}
    for path, states in zip(paths, stated, strict=True):
        solver = z3.Solver()
        solver.from_file(str(path))
        assert [str(solver.check())] == states
    assert all(text.count("(check-sat)") == 1 and "(_ at-" not in text for text in texts)
    formulas = {each.formula[7:19] for each in found.findings if each.formula is not None}
    assert formulas
    assert formulas <= {path.stem.rpartition("-")[2] for path in paths}
