"""Finding out how an input is written: where its header stands, and what its columns mean.

Names of facts are taken as they are. Any other header needs a mapping: the one that is named, or the only one
that recognises it. Where the data leave open how something is read, the input is refused.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import tzinfo
from itertools import islice
from typing import cast

from fairlead.documents.found import found_text
from fairlead.facts.model import FactModel
from fairlead.files.cells import LIST_SEPARATOR
from fairlead.files.csv_rows import DELIMITERS, cells_of, delimiter_of
from fairlead.files.layout import NAME_ENCODING, Heading, Layout, plain_facts, plain_layout
from fairlead.files.mapped_layout import ColumnMap, Table, column_key, is_dated, is_numeric, mapped_layout
from fairlead.files.mappings import NamedMapping, Stated, find_mapping, known_mappings, recognised
from fairlead.files.notation import date_evidence, number_evidence
from fairlead.problems import DocumentError, Problem
from fairlead.ruleset.mapping_document import ColumnSource, DateOrder, DecimalSign

__all__ = ["Understanding"]

#: a title and empty lines may stand before the header
_HEADER_WITHIN = 20
#: how many rows are looked at
_MOST_ROWS = 5000
#: how many lines are asked what divides their cells
_MOST_DIVIDED = 50


class Understanding:
    """Reads headers for one model, and what the user says about the input."""

    def __init__(
        self,
        model: FactModel,
        zone: tzinfo,
        entities: tuple[str, ...],
        stated: Stated,
        file: str | None,
    ) -> None:
        self._model = model
        self._zone = zone
        self._entities = entities
        self._stated = stated
        self._file = file
        self._keys = model.record_keys()

    def of_csv(self, sample: bytes, *, whole: bool) -> Heading | None:
        """Return the heading of a CSV whose beginning is `sample`; None where there is no line.

        `whole` tells that nothing comes after the sample. Raises DocumentError where the header is not
        understood, or it is open how a column is read.
        """
        text = sample.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
        if not whole:
            text = text[: text.rfind("\n") + 1]
        lines = list(islice(io.StringIO(text, newline="\n"), _HEADER_WITHIN))
        if not any(line.strip() for line in lines):
            return None
        self._check_encoding(lines[0], 1)
        number = self._header_line(lines)
        self._check_encoding(lines[number - 1], number)
        header = lines[number - 1].rstrip("\r\n")
        after = io.StringIO(text, newline="\n")
        delimiter = self._delimiter(header, list(islice(after, number, number + _MOST_DIVIDED)), number)
        names = cells_of(header, delimiter, self._file)
        after.seek(0)
        rows: list[list[str]] = []
        reader = csv.reader(islice(after, number, None), delimiter=delimiter, strict=True)
        # what is no CSV is said where it is read
        with suppress(csv.Error):
            # one by one: those before a broken row count
            for row in islice(reader, _MOST_ROWS):
                if len(row) == len(names):
                    rows.append(row)  # noqa: PERF401
        layout, mapping = self._layout(Table(names, rows, file=self._file, line=number))
        return Heading(number, delimiter, layout, mapping)

    def of_table(self, table: Table) -> Heading:
        """Return the heading of a table whose names of columns are known. Raises as `of_csv`."""
        layout, mapping = self._layout(table)
        return Heading(0, "", layout, mapping)

    def _layout(self, table: Table) -> tuple[Layout, str | None]:
        mapping = self._mapping_of(table.names, table.line)
        if mapping is None:
            return self._of_facts(table), None
        columns = self._with_stated(mapping.columns(strict=self._stated.mapping is not None or mapping.own))
        layout = mapped_layout(columns, table, self._model, self._zone, self._entities)
        if not layout.facts:
            remedy = 'write a mapping of your own, such as {"lead.id": {"column": ["…"]}}'
            message = f"the mapping `{mapping.name}` knows none of the columns"
            raise self._refused("unknown-columns", message, table.names, table.line, remedy)
        return layout, mapping.name

    def _header_line(self, lines: Sequence[str]) -> int:
        """Return the number of the first line that is a header, else of the one with the most names."""
        if self._stated.mapping is None and self._names_facts(self._names_in(lines[0])):
            return 1
        mappings = None
        for number, line in enumerate(lines, start=1):
            names = self._names_in(line)
            if not any(names):
                continue
            if number > 1 and self._stated.mapping is None and self._all_facts(names):
                return number
            if mappings is None:
                mappings = self._mappings()
            if recognised(mappings, names):
                return number
        if self._stated.mapping is not None:
            assert mappings is not None
            known = _known_columns(mappings[0])
            for number, line in enumerate(lines, start=1):
                if any(column_key(name) in known for name in self._names_in(line)):
                    return number
        # nothing is known: a title has fewer names than the header below it
        filled = [sum(map(bool, self._names_in(line))) for line in lines]
        return filled.index(max(filled)) + 1

    def _names_in(self, line: str) -> list[str]:
        with suppress(DocumentError):
            text = line.rstrip("\r\n")
            return cells_of(text, self._stated.delimiter or delimiter_of(text), None)
        return []

    def _delimiter(self, header: str, rows: Sequence[str], line: int) -> str:
        """Return what divides the cells of a header and of the first rows after it."""
        if self._stated.delimiter is not None:
            return self._stated.delimiter
        able = [sign for sign in DELIMITERS if _width(header, sign) > 1]
        if len(able) < 2:
            return able[0] if able else delimiter_of(header)
        fitting = [sign for sign in able if _all_as_wide(header, rows, sign)]
        if len(fitting) < 2:
            return fitting[0] if fitting else delimiter_of(header)
        signs = [DELIMITERS[sign] for sign in fitting]
        message = f"the delimiter may be a {' or a '.join(signs)}: the header and the rows fit each of them"
        remedy = f"say which: `--delimiter {signs[0]}`"
        problem = Problem("ambiguous-notation", message, found=found_text(header), remedy=remedy)
        raise DocumentError([problem.at(file=self._file, line=line, column=None)])

    def _names_facts(self, names: Sequence[str]) -> bool:
        """Tell whether a header is meant to be names of facts, rightly spelt or not."""
        return any(name.partition(".")[0] in self._keys and "." in name for name in names)

    def _all_facts(self, names: Sequence[str]) -> bool:
        with suppress(DocumentError):
            return bool(plain_facts(self._model, names, None))
        return False

    def _mappings(self) -> list[NamedMapping]:
        if self._stated.mapping is not None:
            return [find_mapping(self._stated.mapping, self._stated.folders)]
        return known_mappings(self._stated.folders)

    def _mapping_of(self, names: Sequence[str], line: int) -> NamedMapping | None:
        """Return the mapping to read a header with, None where it names facts."""
        if self._stated.mapping is not None:
            return self._mappings()[0]
        if self._names_facts(names):
            return None
        mappings = self._mappings()
        found = recognised(mappings, names)
        if len(found) == 1:
            return found[0]
        if found:
            known = ", ".join(f"`{mapping.name}`" for mapping in found)
            remedy = f"name the one that is meant, such as `--mapping {found[0].name}`"
            raise self._refused(
                "ambiguous-mapping", f"several mappings know these columns: {known}", names, line, remedy
            )
        column = next((name for name in names if name), "…")
        fact = next(f"{entity}.id" for entity in self._entities)
        example = f'"facts": {{"{fact}": {{"column": ["{found_text(column)}"]}}}}'
        raise self._refused(
            "unknown-columns",
            "the columns are no facts, and no mapping knows them",
            names,
            line,
            f"write a mapping that says which columns are which facts, such as {example}, and name it with "
            f"`--mapping FILE`; shipped are {', '.join(f'`{mapping.path.stem}`' for mapping in mappings)}",
        )

    def _of_facts(self, table: Table) -> Layout:
        """Return the layout of columns that are facts: as Fairlead writes them, or as people do."""
        named = [name for name in table.names if name]
        plain = plain_layout(self._model, named, self._zone, self._entities, self._file)
        says = (self._stated.decimal, self._stated.dates, self._stated.century)
        stated = any(said is not None for said in says)
        if len(named) == len(table.names) and not stated and not self._written_by_people(table):
            return plain
        facts = {name: ColumnSource.model_construct(column=[name]) for name in named}
        columns = self._with_stated(ColumnMap(facts, list_separator=LIST_SEPARATOR))
        return mapped_layout(columns, table, self._model, self._zone, self._entities)

    def _written_by_people(self, table: Table) -> bool:
        facts = plain_facts(self._model, table.names, self._file)
        for position, fact in enumerate(facts):
            if position in table.typed:
                continue
            if is_dated(fact.type):
                evidence = date_evidence(table.texts(position))
                examples = (evidence.open, evidence.short, evidence.named, evidence.unknown)
                if len(evidence.shown) == 1 or (not evidence.shown and any(examples)):
                    return True
            if is_numeric(fact.type) and list(number_evidence(table.texts(position)).shown) == [","]:
                return True
        return False

    def _with_stated(self, columns: ColumnMap) -> ColumnMap:
        """Return the map with what the user says in the place of what it says."""
        return replace(
            columns,
            decimal=cast(DecimalSign | None, self._stated.decimal) or columns.decimal,
            dates=cast(DateOrder | None, self._stated.dates) or columns.dates,
            century=self._stated.century or columns.century,
        )

    def _check_encoding(self, line: str, number: int) -> None:
        remedy = NAME_ENCODING
        if "\x00" in line:
            problem = Problem(
                "unknown-encoding",
                "the file looks like UTF-16 without a byte-order mark",
                found=found_text(line[:40]),
                remedy="name its encoding: `--encoding utf-16-le`",
            )
        else:
            try:
                line.encode()
            except UnicodeEncodeError:
                shown = found_text(line.strip())
                problem = Problem("not-utf8", "the header is not UTF-8", found=shown, remedy=remedy)
            else:
                return
        raise DocumentError([problem.at(file=self._file, line=number, column=None)])

    def _refused(
        self, code: str, message: str, names: Sequence[str], line: int, remedy: str
    ) -> DocumentError:
        shown = [name for name in names if name]
        columns = ", ".join(f"`{found_text(name)}`" for name in shown[:30])
        more = f" and {len(shown) - 30} more" if len(shown) > 30 else ""
        problem = Problem(code, f"{message}; the columns are {columns}{more}", remedy=remedy)
        return DocumentError([problem.at(file=self._file, line=line or None, column=None)])


def _width(line: str, delimiter: str) -> int:
    """Return the number of cells of a line; 0 where it is not CSV."""
    with suppress(csv.Error):
        return len(next(csv.reader([line], delimiter=delimiter, strict=True), ()))
    return 0


def _all_as_wide(header: str, rows: Sequence[str], delimiter: str) -> bool:
    """Tell whether there are rows, and all have as many cells as the header; the last may be cut off."""
    width = _width(header, delimiter)
    found = []
    with suppress(csv.Error):
        # one by one: those before a broken row count
        for row in csv.reader(rows, delimiter=delimiter, strict=True):
            if row:
                found.append(len(row) == width)  # noqa: PERF401
    return bool(found) and all(found)


def _known_columns(mapping: NamedMapping) -> set[str]:
    known = set()
    for source in mapping.document.facts.values():
        known |= {column_key(name) for name in source.column or source.columns or source.filled or ()}
    return known
