"""One rendering of problems for every command: code, place, source line with a caret, and the way out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path

from fairlead.cli.screen import Styled, error, printable
from fairlead.problems import Problem

__all__ = ["print_problems", "problem_lines"]

#: how much of a source line is shown
_WIDEST = 100
_MOST_ALLOWED = 12
#: a file with more problems than this has one cause
_MOST_PROBLEMS = 100


def print_problems(problems: Iterable[Problem]) -> None:
    """Print the problems to standard error."""
    listed = list(problems)
    for problem in listed[:_MOST_PROBLEMS]:
        for line in problem_lines(problem):
            error(*line)
    if len(listed) > _MOST_PROBLEMS:
        error(f"and {len(listed) - _MOST_PROBLEMS:,} more problems")


def problem_lines(problem: Problem) -> Iterator[list[Styled]]:
    """Yield the lines of one problem, each as styled pieces."""
    yield [(_place(problem), "bold"), (problem.message, ""), (f" [{problem.code}]", "red")]
    yield from _source(problem)
    if problem.pointer:
        yield [("  at: ", "dim"), (problem.pointer, "")]
    if problem.found is not None and f"`{problem.found}`" not in problem.message:
        yield [("  found: ", "dim"), (problem.found, "")]
    if problem.allowed:
        yield [("  allowed: ", "dim"), (_listed(problem), "")]
    if problem.nearest is not None:
        yield [("  did you mean ", "dim"), (f"`{problem.nearest}`", "green"), ("?", "dim")]
    if problem.remedy is not None:
        yield [("  remedy: ", "dim"), (problem.remedy, "")]


def _place(problem: Problem) -> str:
    parts = [str(part) for part in (problem.file, problem.line, problem.column) if part is not None]
    return ":".join(parts) + ": " if parts else ""


def _listed(problem: Problem) -> str:
    allowed = list(problem.allowed)
    if problem.nearest in allowed:
        allowed.remove(problem.nearest)
        allowed.insert(0, problem.nearest)
    shown = ", ".join(f"`{name}`" for name in allowed[:_MOST_ALLOWED])
    more = len(allowed) - _MOST_ALLOWED
    return f"{shown} and {more} more" if more > 0 else shown


def _source(problem: Problem) -> Iterator[list[Styled]]:
    if problem.file is None or problem.line is None or problem.column is None:
        return
    line = _line_of(problem.file, problem.line)
    if line is None:
        return
    start = max(0, problem.column - 1 - _WIDEST // 2)
    before = printable(line[start : problem.column - 1].replace("\t", " "))
    after = printable(line[problem.column - 1 : start + _WIDEST].replace("\t", " "))
    number = f"{problem.line:>6} | "
    yield [(number, "dim"), (before + after, "")]
    yield [(" " * (len(number) - 2) + "| ", "dim"), (" " * len(before) + "^", "red")]


@lru_cache(maxsize=64)
def _line_of(file: str, number: int) -> str | None:
    """Return a line of a file, or None where it cannot be read any more."""
    try:
        with Path(file).open(encoding="utf-8-sig", errors="replace", newline="") as stream:
            line = next(islice(stream, number - 1, None), None)
    except (OSError, ValueError):
        return None
    return None if line is None else line.rstrip("\r\n")
