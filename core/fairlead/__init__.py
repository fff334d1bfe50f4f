"""Fairlead: a rules engine for the CRM that a medical-travel facility already uses.

The public names are imported on first use, so that `import fairlead` costs next to nothing:

    program = fairlead.load("medical-travel/lead-scoring")
    result = program.evaluate({"lead": {"channel": "phone"}}, as_of=date(2026, 11, 21))
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.engine import Program, Result, load
    from fairlead.facts.values import Money
    from fairlead.problems import DocumentError, FairleadError, Problem, RecordError, UsageError
    from fairlead.project import open as open_project

__version__ = "0.1.0"

__all__ = [
    "DocumentError",
    "FairleadError",
    "Money",
    "Problem",
    "Program",
    "RecordError",
    "Result",
    "UsageError",
    "__version__",
    "load",
    "open_project",
]

#: public name -> (module, name there)
_HOMES = {
    "DocumentError": ("fairlead.problems", "DocumentError"),
    "FairleadError": ("fairlead.problems", "FairleadError"),
    "Money": ("fairlead.facts.values", "Money"),
    "Problem": ("fairlead.problems", "Problem"),
    "Program": ("fairlead.engine", "Program"),
    "RecordError": ("fairlead.problems", "RecordError"),
    "Result": ("fairlead.engine", "Result"),
    "UsageError": ("fairlead.problems", "UsageError"),
    "load": ("fairlead.engine", "load"),
    "open_project": ("fairlead.project", "open"),
}


def __getattr__(name: str) -> object:
    """Import a public name from its home on first use (PEP 562)."""
    try:
        module, name_there = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`") from None
    value: object = getattr(import_module(module), name_there)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
