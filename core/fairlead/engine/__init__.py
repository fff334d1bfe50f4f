"""The engine: rulesets compiled to Python, with decisions, reasons and traces."""

from fairlead.engine.coverage import Coverage
from fairlead.engine.explain import explain
from fairlead.engine.load import load
from fairlead.engine.marks import Mark, Marks
from fairlead.engine.program import Checked, Program, Run
from fairlead.engine.results import Cause, Result, RewardResult, json_value
from fairlead.engine.runtime import Rates
from fairlead.engine.trace import DecisionTrace, GroupTrace, RowTrace, Trace

__all__ = [
    "Cause",
    "Checked",
    "Coverage",
    "DecisionTrace",
    "GroupTrace",
    "Mark",
    "Marks",
    "Program",
    "Rates",
    "Result",
    "RewardResult",
    "RowTrace",
    "Run",
    "Trace",
    "explain",
    "json_value",
    "load",
]
