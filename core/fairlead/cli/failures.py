"""What every command does with a failure: a message and an exit code, never a traceback.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | done, with findings |
| 2 | wrong usage or broken input |
| 130 | stopped by the user |
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import ParamSpec

import typer

from fairlead.cli.problem_lines import print_problems
from fairlead.cli.screen import error, print_json
from fairlead.problems import DocumentError, Problem, RecordError, StoreError, UsageError

__all__ = ["BROKEN_INPUT", "FINDINGS", "STOPPED", "file_problem", "with_messages"]

FINDINGS = 1
BROKEN_INPUT = 2
STOPPED = 130

Parameters = ParamSpec("Parameters")


def with_messages(command: Callable[Parameters, int]) -> Callable[Parameters, None]:
    """Return a command that ends with the exit code it returns, and that reports what a user did wrong.

    With an option `json` the problems go to standard output as `{"problems": [...]}`.
    """

    @functools.wraps(command)
    def run(*arguments: Parameters.args, **options: Parameters.kwargs) -> None:
        try:
            code = command(*arguments, **options)
            sys.stdout.flush()
        except (DocumentError, RecordError, StoreError, UsageError) as failure:
            code = _report(list(failure.problems), as_json=bool(options.get("as_json")))
        except BrokenPipeError:
            # the reader has gone: nobody is left to tell, and the flush at exit must not fail again
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = BROKEN_INPUT
        except OSError as failure:
            code = _report([file_problem(failure)], as_json=bool(options.get("as_json")))
        except KeyboardInterrupt:
            error("stopped")
            code = STOPPED
        raise typer.Exit(code)

    return run


def file_problem(failure: OSError) -> Problem:
    """Return what the operating system refused as a problem."""
    name = str(failure.filename) if failure.filename is not None else None
    if isinstance(failure, FileNotFoundError):
        return Problem("no-such-file", f"there is no file `{name}`", file=name)
    reason = (failure.strerror or "it cannot be used").lower()
    subject = f"`{name}` cannot be used" if name is not None else "a file cannot be used"
    return Problem("unreadable-file", f"{subject}: {reason}", file=name)


def _report(problems: list[Problem], *, as_json: bool) -> int:
    if as_json:
        print_json({"problems": [problem.as_json() for problem in problems]})
    else:
        print_problems(problems)
    return BROKEN_INPUT
