"""Whole tables: a ruleset as one columnar query on Polars, DuckDB or Spark.

It gives what `fairlead.engine` gives for each row; what cannot be computed exactly is refused before
anything runs. Needs the extra `columns`, Spark the extra `spark` as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fairlead.columns.evaluation import Evaluated as Evaluated
    from fairlead.columns.evaluation import TableProgram as TableProgram
    from fairlead.columns.on_ibis import sql_of as sql_of
    from fairlead.columns.querying import query as query
    from fairlead.columns.tables import evaluate_table as evaluate_table

__all__ = ["Evaluated", "TableProgram", "evaluate_table", "query", "sql_of"]

_PLACES = {
    "Evaluated": "evaluation",
    "TableProgram": "evaluation",
    "evaluate_table": "tables",
    "query": "querying",
    "sql_of": "on_ibis",
}


def __getattr__(name: str) -> Any:
    # imported on first use: who evaluates single records needs none of the packages
    if name not in _PLACES:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(f"fairlead.columns.{_PLACES[name]}"), name)
