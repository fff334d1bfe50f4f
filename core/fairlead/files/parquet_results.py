"""Results as Parquet: a typed column for each decision. Needs the package `pyarrow`."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.documents.texts import pick
from fairlead.engine.program import Program
from fairlead.engine.results import RewardResult
from fairlead.facts.types import (
    MAX_DIGITS,
    BooleanType,
    DateTimeType,
    DateType,
    DecimalType,
    IntegerType,
    ListType,
    MoneyType,
    Type,
)
from fairlead.facts.values import Money
from fairlead.files.output_file import OutputFile
from fairlead.files.parquet_rows import pyarrow_or_refuse
from fairlead.ruleset.reasons import reason_texts
from fairlead.ruleset.typed import Reward

__all__ = ["FileSink", "ParquetResults", "results_schema"]

#: how many rows a row group has
_GROUP = 20_000

#: the members of a reward that stand in columns of their own, after its amount
_REWARD_COLUMNS = ("payee", "accrues", "payable", "reversed")


class FileSink(io.RawIOBase):
    """An output file as pyarrow wants it."""

    def __init__(self, file: OutputFile) -> None:
        self._file = file

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def write(self, content: Any) -> int:
        """Write bytes; return how many."""
        held = bytes(content)
        self._file.write(held)
        return len(held)


class ParquetResults:
    """Writes results in the columns that CSV has, typed.

    Money is a struct of `amount` and `currency`; reasons, their texts and missing facts are lists. Raises
    UsageError where the package `pyarrow` is missing, and as OutputFile does.
    """

    def __init__(self, program: Program, file: OutputFile, language: str | None = None) -> None:
        self._arrow = arrow = pyarrow_or_refuse()
        self._language = language
        self._texts = reason_texts(program.ruleset)
        self._schema = results_schema(program, language)
        self._rows: list[dict[str, Any]] = []
        self._writer = arrow.parquet.ParquetWriter(arrow.PythonFile(FileSink(file), mode="w"), self._schema)

    def add(
        self,
        number: int,
        identity: str | None,
        decisions: Mapping[str, Any],
        reasons: Sequence[str],
        missing: Sequence[str],
    ) -> None:
        """Write one result, sooner or later."""
        row: dict[str, Any] = {"line": number, "id": identity, "reasons": reasons, "missing": list(missing)}
        if self._language is not None:
            row["texts"] = [pick(self._texts[code], self._language) for code in reasons]
        for name, value in decisions.items():
            if isinstance(value, RewardResult):
                row[name] = _plain(value.amount)
                row.update({f"{name}.{member}": getattr(value, member) for member in _REWARD_COLUMNS})
            else:
                row[name] = _plain(value)
        self._rows.append(row)
        if len(self._rows) >= _GROUP:
            self._write()

    def close(self) -> None:
        """Write what is left, and the end of the file."""
        self._write()
        self._writer.close()

    def _write(self) -> None:
        if self._rows:
            self._writer.write_table(self._arrow.Table.from_pylist(self._rows, schema=self._schema))
            self._rows.clear()


def results_schema(program: Program, language: str | None) -> Any:
    """Return the Arrow schema of results; with `language` there is a column with the texts of the reasons.

    Raises UsageError where the package `pyarrow` is missing.
    """
    arrow = pyarrow_or_refuse()
    fields = [("line", arrow.int64()), ("id", arrow.string())]
    for name in program.decisions:
        decision = program.ruleset.decision(name)
        fields.append((name, _arrow_type(arrow, decision.type)))
        if isinstance(decision, Reward):
            fields.append((f"{name}.payee", arrow.string()))
            fields += [(f"{name}.{member}", arrow.bool_()) for member in _REWARD_COLUMNS[1:]]
    lists = ["reasons", *(["texts"] if language is not None else []), "missing"]
    return arrow.schema([*fields, *((name, arrow.list_(arrow.string())) for name in lists)])


def _plain(value: Any) -> Any:
    match value:
        case Money(amount=amount, currency=currency):
            return {"amount": amount, "currency": currency}
        case list() | tuple():
            return [_plain(item) for item in value]
    return value


def _arrow_type(arrow: Any, type_: Type) -> Any:
    match type_:
        case BooleanType():
            return arrow.bool_()
        case IntegerType():
            return arrow.int64()
        case DecimalType(scale=scale):
            return arrow.decimal128(MAX_DIGITS, scale)
        case MoneyType(scale=scale):
            amount = arrow.decimal128(MAX_DIGITS, scale)
            return arrow.struct([("amount", amount), ("currency", arrow.string())])
        case DateType():
            return arrow.date32()
        case DateTimeType():
            return arrow.timestamp("us", "UTC")
        case ListType(item=Type() as item):
            return arrow.list_(_arrow_type(arrow, item))
        case ListType():
            return arrow.list_(arrow.string())
    return arrow.string()
