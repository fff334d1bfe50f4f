"""Results of tables as Parquet or CSV."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import polars as pl

from fairlead.documents.texts import pick
from fairlead.engine.program import Program
from fairlead.facts.currencies import minor_units
from fairlead.files.cells import LIST_SEPARATOR
from fairlead.files.output_file import OutputFile
from fairlead.files.parquet_results import FileSink, results_schema
from fairlead.files.parquet_rows import pyarrow_or_refuse
from fairlead.files.result_lines import CsvLines, text_cell
from fairlead.ruleset.reasons import reason_texts

__all__ = ["TableWriter"]

#: texts that need neither quotes nor an apostrophe
_PLAIN = "^[A-Za-z0-9][A-Za-z0-9 _.:/-]*$"
#: the lists of names that come after the decisions
_LISTS = ("reasons", "missing")


class TableWriter:
    """Writes results batch by batch, in the columns that the row engine writes.

    With `language` there is a column with the texts of the reasons. Raises UsageError where Parquet is asked
    for and the package `pyarrow` is missing.
    """

    def __init__(self, program: Program, file: OutputFile, output_format: str, language: str | None) -> None:
        self._program = program
        self._file = file
        self._schema: Any = None
        self._writer: Any = None
        if output_format == "parquet":
            arrow = pyarrow_or_refuse()
            self._schema = results_schema(program, language)
            sink = arrow.PythonFile(FileSink(file), mode="w")
            self._writer = arrow.parquet.ParquetWriter(sink, self._schema)
        else:
            file.write(CsvLines(program, language).header().encode())
        self._texts: dict[str, str] | None = None
        if language is not None:
            self._texts = {
                code: pick(texts, language) for code, texts in reason_texts(program.ruleset).items()
            }

    def write(self, frame: pl.DataFrame) -> None:
        """Write the results of a batch, which have the columns `line` and `id`."""
        if self._texts is not None:
            codes = list(self._texts)
            words = [self._texts[code] for code in codes]
            named = pl.col("reasons").list.eval(
                pl.element().replace_strict(codes, words, default=None, return_dtype=pl.String)
            )
            frame = frame.with_columns(named.alias("texts"))
        lists = ["reasons", *(["texts"] if self._texts is not None else []), *_LISTS[1:]]
        decisions = [name for name in frame.columns if name not in ("line", "id", *lists)]
        frame = frame.select("line", "id", *decisions, *lists)
        if self._writer is not None:
            self._write_parquet(frame)
        else:
            self._write_csv(frame)

    def close(self) -> None:
        """Write the end of the file."""
        if self._writer is not None:
            self._writer.close()

    def _write_parquet(self, frame: pl.DataFrame) -> None:
        enums: Any = {name: pl.String for name, dtype in frame.schema.items() if isinstance(dtype, pl.Enum)}
        table = frame.cast(enums).to_arrow(compat_level=pl.CompatLevel.oldest())
        self._writer.write_table(table.cast(self._schema))

    def _write_csv(self, frame: pl.DataFrame) -> None:
        cells = [_cells(frame[name]).alias(name) for name in frame.columns]
        program = self._program
        held = pl.DataFrame(cells).with_columns(
            digest=pl.lit(program.digest), approval=pl.lit(text_cell(program.approval))
        )
        buffer = io.BytesIO()
        held.write_csv(buffer, include_header=False, quote_style="never")
        self._file.write(buffer.getvalue())


def _cells(column: pl.Series) -> pl.Series:
    """Return a column as cells that no spreadsheet takes for a formula, as the row engine writes them."""
    dtype = column.dtype
    expression = pl.col("")
    if dtype == pl.Boolean:
        expression = pl.when(expression).then(pl.lit("true")).when(~expression).then(pl.lit("false"))
    elif isinstance(dtype, pl.Datetime | pl.Struct):
        return _texts(column, _text)
    elif isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Datetime | pl.Struct):
        return _texts(column, lambda items: text_cell(LIST_SEPARATOR.join(map(_text, items))))
    elif isinstance(dtype, pl.List):
        separator = " " if column.name in _LISTS else "; " if column.name == "texts" else LIST_SEPARATOR
        texts = expression.list.eval(pl.element().cast(pl.String)).list.join(separator)
        joined = pl.DataFrame({"": column}).select(texts).to_series()
        return _texts(joined, text_cell)
    elif dtype == pl.String or isinstance(dtype, pl.Enum):
        return _texts(column.cast(pl.String), text_cell)
    return pl.DataFrame({"": column}).select(expression.cast(pl.String)).to_series()


def _text(value: Any) -> str:
    """Return an instant, or an amount with its currency, as text."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    whole, point, digits = f"{value['amount']:f}".partition(".")
    # digits beyond the currency's minor units go where they are 0
    digits = digits[: max(len(digits.rstrip("0")), minor_units(value["currency"]) or 0)]
    return f"{whole}{point if digits else ''}{digits} {value['currency']}"


def _texts(column: pl.Series, text: Any) -> pl.Series:
    """Return the texts of values; plain texts are their own cells, others are made once for each."""
    if column.dtype == pl.String:
        if column.str.contains(_PLAIN).all():
            return column
        values = column.unique().drop_nulls()
        if len(values) <= len(column) // 2:
            known = [text(value) for value in values.to_list()]
            return column.replace_strict(values, known, default=None, return_dtype=pl.String)
    made = [None if value is None else text(value) for value in column.to_list()]
    return pl.Series(made, dtype=pl.String)
