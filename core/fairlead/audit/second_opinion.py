"""A second solver's view of each question, and the questions as files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fairlead.audit.solver import Answer, Question, solver_name
from fairlead.files.output_file import OutputFile
from fairlead.problems import Problem, UsageError

__all__ = ["SecondOpinion"]

_UNSAFE = re.compile(r"[^a-z0-9]+")
#: resource units that cvc5 may spend on one question
_LIMIT = 2_000_000
_FOUND = {"yes": "a case", "no": "none"}


class SecondOpinion:
    """Asks cvc5 each question as well, and writes it to `folder`; either may be left out.

    Raises UsageError where cvc5 is asked for and not installed.
    """

    def __init__(self, *, cross_check: bool = False, folder: Path | None = None) -> None:
        self._folder = folder
        self.asked = 0
        self.confirmed_answers = 0
        self._cvc5 = _cvc5() if cross_check else None

    @property
    def name(self) -> str | None:
        """The second solver's name and version, None without one."""
        if self._cvc5 is None:
            return None
        return f"cvc5 {self._cvc5.__version__}"

    def confirmed(self, question: Question, flags: Sequence[str], answer: Answer) -> Answer:
        """Return the answer, or `unknown` where the second solver says the contrary.

        `flags` are the conditions that were asked for.
        """
        script = question.script(*flags)
        if self._folder is not None:
            self._write(self._folder, question.name, script, answer)
        if self._cvc5 is None or answer.verdict == "unknown":
            return answer
        self.asked += 1
        other = self._second(script)
        if other == answer.verdict:
            self.confirmed_answers += 1
        elif other != "unknown":
            why = (
                f"the solvers disagree: {solver_name()} finds {_FOUND[answer.verdict]}, "
                f"{self.name} {_FOUND[other]}"
            )
            return Answer("unknown", answer.steps, why=why)
        return answer

    def _second(self, script: str) -> str:
        cvc5 = self._cvc5
        assert cvc5 is not None
        terms = cvc5.TermManager()
        solver = cvc5.Solver(terms)
        solver.setOption("rlimit", str(_LIMIT))
        parser = cvc5.InputParser(solver)
        parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "question")
        symbols = parser.getSymbolManager()
        result = ""
        try:
            while not (command := parser.nextCommand()).isNull():
                result = str(command.invoke(solver, symbols)).strip() or result
        except RuntimeError:
            # what it cannot read or settle is no answer
            return "unknown"
        return {"sat": "yes", "unsat": "no"}.get(result, "unknown")

    def _write(self, folder: Path, name: str, script: str, answer: Answer) -> None:
        digest = hashlib.sha256(script.encode()).hexdigest()
        stem = _UNSAFE.sub("-", name.lower()).strip("-")
        said = {"yes": "sat", "no": "unsat"}.get(answer.verdict, "unknown")
        text = script.replace("(check-sat)", f"(set-info :status {said})\n(check-sat)")
        with OutputFile(str(folder / f"{stem}-{digest[:12]}.smt2")) as file:
            file.write(text.encode())


def _cvc5() -> Any:
    try:
        import cvc5
    except ImportError:
        message = "the second solver is not installed"
        raise UsageError(
            [
                Problem(
                    "missing-package", message, remedy='install it with `pip install "fairlead[cross-check]"`'
                )
            ]
        ) from None
    return cvc5
