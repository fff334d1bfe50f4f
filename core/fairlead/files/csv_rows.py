"""Reading CSV: one record per row, columns named after facts (`lead.channel`)."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import tzinfo
from io import StringIO
from itertools import chain
from operator import getitem
from typing import IO

from fairlead.documents.found import found_text
from fairlead.facts.model import Aggregate, Fact, FactModel
from fairlead.facts.values import UnfitValue
from fairlead.files.cells import CellValues
from fairlead.files.lines import LONGEST_LINE, Block, blocks
from fairlead.files.rejects import Reject
from fairlead.files.rows import Record, Row, record_id
from fairlead.problems import DocumentError, Problem, nearest_name

__all__ = ["DELIMITERS", "CsvRows"]

#: what may stand between cells, with its name
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}

_KEPT_BLOCKS = 20


class CsvRows:
    """The checked records of a stream of CSV.

    The header is read at once: `delimiter` is the one that it shows, `columns` are the facts. Raises
    DocumentError with every column that is no fact or stands twice. `file` is what problems call the
    stream. `entities` are those whose `id` names a record, see `fairlead.files.rows`. Iterating yields the
    rows once; a row that is no record goes to `reject`. Blank rows are passed over and not counted. `read` is
    how many records were read so far, rejected ones included; it is kept up to date at the end.
    """

    def __init__(
        self,
        stream: IO[bytes],
        model: FactModel,
        zone: tzinfo,
        entities: tuple[str, ...],
        reject: Callable[[Reject], None],
        *,
        file: str | None = None,
    ) -> None:
        self.read = 0
        self._lines = _Lines(stream)
        self._reject = reject
        header = self._lines.header(file)
        self.delimiter = _delimiter(header)
        names = _cells_of(header, self.delimiter, file)
        facts = _facts(model, names, file)
        self.columns = names
        self._values = [CellValues.of(fact, zone) for fact in facts]
        self._record = _record_maker(names, self._values)
        self._identity = _identity(names, entities)

    def __iter__(self) -> Iterator[Row]:
        while not self._lines.at_end:
            yield from self._rows()

    def _rows(self) -> Iterator[Row]:
        """Yield rows up to the end, or up to a row that cannot be read as CSV."""
        lines, columns, make, identity = self._lines, len(self.columns), self._record, self._identity
        before = lines.read
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        last = before
        read = 0
        try:
            for cells in reader:
                number, last = last + 1, before + reader.line_num
                if not cells:
                    continue
                read += 1
                if len(cells) != columns:
                    self._ragged(number, last, len(cells))
                    continue
                try:
                    record = make(cells)
                except UnfitValue:
                    self._unfit(number, last, cells)
                    continue
                yield number, identity(record, cells), record
        except csv.Error as error:
            self.read += read + 1
            lines.read = before + reader.line_num
            self._broken(last + 1, error)
            return
        self.read += read
        lines.read = before + reader.line_num
        if lines.too_long is not None:
            self._too_long(lines.too_long)

    def _ragged(self, first: int, last: int, found: int) -> None:
        problem = Problem(
            "ragged-row",
            f"the row has {found} {'cell' if found == 1 else 'cells'} and the header {len(self.columns)}",
            found=str(found),
            remedy="put cells that hold the delimiter, a quote or a line break in double quotes",
        )
        self._reject(Reject(first, [problem], "".join(self._lines.between(first, last))))

    def _unfit(self, first: int, last: int, cells: Sequence[str]) -> None:
        problems = []
        for name, values, cell in zip(self.columns, self._values, cells, strict=True):
            try:
                values[cell]
            except UnfitValue as unfit:
                problems.append(_cell_problem(unfit, name, cell))
        self._reject(Reject(first, problems, "".join(self._lines.between(first, last))))

    def _broken(self, first: int, error: csv.Error) -> None:
        """Reject one line, and read those again that it took along by an open quote."""
        said = str(error).rstrip(".").lower()
        problem = Problem(
            "invalid-csv",
            f"the row is not CSV: {said}",
            remedy="double the quotes inside a cell, and close each quoted cell",
        )
        line, *taken_along = self._lines.between(first, self._lines.read) or [""]
        self._reject(Reject(first, [problem], line))
        self._lines.again(taken_along)

    def _too_long(self, text: str) -> None:
        self.read += 1
        self._lines.read += 1
        self._lines.too_long = None
        message = f"the line is longer than {LONGEST_LINE:,} bytes"
        self._reject(Reject(self._lines.read, [Problem("line-too-long", message)], text))


class _KeptBlock:
    """The text of a block that was read, in lines on demand."""

    __slots__ = ("_lines", "first", "text")

    def __init__(self, first: int, text: str) -> None:
        self.first = first
        self.text = text
        self._lines: list[str] | None = None

    def between(self, first: int, last: int) -> list[str]:
        """Return the lines from `first` to `last`, as far as the block has them."""
        if self._lines is None:
            self._lines = list(StringIO(self.text, newline="\n"))
        return self._lines[max(first - self.first, 0) : max(last - self.first + 1, 0)]


class _Lines:
    """The lines of a stream for the csv module, which can be given again.

    `read` is how many lines were read, and kept up to date by the reader. Iteration ends at the end of
    the stream (`at_end`) or after a line that is too long, whose beginning is then in `too_long`.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.read = 0
        self.too_long: str | None = None
        self.at_end = False
        self._blocks = blocks(stream)
        self._kept: deque[_KeptBlock] = deque(maxlen=_KEPT_BLOCKS)
        self._current: Iterator[str] = iter(())

    def __iter__(self) -> Iterator[str]:
        while True:
            # not `yield from`: it would close what it reads from when a row is not CSV
            for line in self._current:  # noqa: UP028
                yield line
            if self.too_long is not None:
                return
            block = next(self._blocks, None)
            if block is None:
                self.at_end = True
                return
            if not self._take(block):
                return

    def header(self, file: str | None) -> str:
        """Return the first line, without a byte-order mark; raise DocumentError where there is none."""
        first = next(iter(self), "")
        if self.too_long is not None:
            raise DocumentError([Problem("line-too-long", "the header is too long", file=file, line=1)])
        first = first.removeprefix("\ufeff")
        if not first.strip():
            problem = Problem(
                "missing-header",
                "the first line must name the columns",
                remedy="start with a line such as `lead.id,lead.channel,lead.budget`",
            )
            raise DocumentError([problem.at(file=file, line=1, column=1)])
        self.read = 1
        return first.rstrip("\r\n")

    def between(self, first: int, last: int) -> list[str]:
        """Return the lines from `first` to `last`, as far as they are still kept."""
        return [line for block in self._kept for line in block.between(first, last)]

    def again(self, lines: list[str]) -> None:
        """Give the last lines that were read once more."""
        if lines:
            self.at_end = False
            self.read -= len(lines)
            self._current = chain(lines, self._current)

    def _take(self, block: Block) -> bool:
        # bytes that are no UTF-8 become half surrogate pairs, which no fact takes
        text = block.content.decode("utf-8", "surrogateescape")
        if block.too_long:
            self.too_long = text
            return False
        self._kept.append(_KeptBlock(block.first, text))
        self._current = StringIO(text, newline="\n")
        return True


def _cell_problem(unfit: UnfitValue, name: str, cell: str) -> Problem:
    problem = unfit.problem(name, "/" + name.replace(".", "/"))
    try:
        cell.encode()
    except UnicodeEncodeError:
        message, remedy = f"`{name}` is not UTF-8", "save the file as UTF-8"
        return Problem("not-utf8", message, problem.pointer, found=problem.found, remedy=remedy)
    return problem


def _delimiter(header: str) -> str:
    """Return the delimiter that divides the header into the most cells; a comma where none does."""
    return max(DELIMITERS, key=header.count)


def _cells_of(header: str, delimiter: str, file: str | None) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([header], delimiter=delimiter, strict=True))]
    except csv.Error:
        problem = Problem("invalid-csv", "the header is not CSV", remedy="close each quoted name")
        raise DocumentError([problem.at(file=file, line=1, column=1)]) from None


def _facts(model: FactModel, names: Sequence[str], file: str | None) -> list[Fact | Aggregate]:
    """Return the fact of each column."""
    keys = model.record_keys()
    facts: list[Fact | Aggregate] = []
    problems: list[Problem] = []
    for position, name in enumerate(names):
        key, _, short = name.partition(".")
        entity = model.entities[keys[key]] if key in keys else None
        fact = entity.get(short) if entity is not None else None
        if name in names[:position]:
            message = f"the column `{found_text(name)}` stands twice"
            problems.append(_column_problem("duplicate-name", message, name, file))
        elif fact is not None:
            facts.append(fact)
        elif entity is not None and short in entity.related:
            problem = _column_problem("unknown-fact", f"`{name}` is a list of records", name, file)
            problems.append(replace(problem, remedy="use JSON Lines for related records"))
        else:
            shown = found_text(name)
            problem = _column_problem("unknown-fact", f"the column `{shown}` is not a fact", name, file)
            allowed = tuple(
                f"{known}.{fact}"
                for known, of in keys.items()
                for fact in (*model.entities[of].facts, *model.entities[of].aggregates)
            )
            problems.append(replace(problem, allowed=allowed, nearest=nearest_name(name[:200], allowed)))
    if problems:
        raise DocumentError(problems)
    return facts


def _column_problem(code: str, message: str, name: str, file: str | None) -> Problem:
    return Problem(code, message, found=found_text(name), file=file, line=1)


def _identity(
    names: Sequence[str], entities: tuple[str, ...]
) -> Callable[[Record, Sequence[str]], str | None]:
    """Return the function from a record, and the cells it was made of, to its id."""
    keys = {name.partition(".")[0] for name in names}
    if len(keys) > 1:
        return lambda record, _cells: record_id(record, entities)
    (key,) = keys
    if key not in entities or f"{key}.id" not in names:
        return lambda _record, _cells: None
    position = names.index(f"{key}.id")
    return lambda _record, cells: cells[position] or None


def _record_maker(names: Sequence[str], values: Sequence[CellValues]) -> Callable[[Sequence[str]], Record]:
    """Return the function from the cells of a row to the record."""
    positions: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        positions.setdefault(name.partition(".")[0], []).append(position)
    shorts = [name.partition(".")[2] for name in names]
    if len(positions) == 1:
        (key,) = positions

        def lone(cells: Sequence[str]) -> Record:
            return {key: dict(zip(shorts, map(getitem, values, cells), strict=False))}

        return lone
    parts = [(key, [(shorts[at], at) for at in own]) for key, own in positions.items()]

    def several(cells: Sequence[str]) -> Record:
        found = list(map(getitem, values, cells))
        record: Record = {}
        for key, facts in parts:
            members = {short: found[at] for short, at in facts if found[at] is not None}
            # an entity without any fact is not there: not every introduction has a partner
            if members:
                record[key] = members
        return record

    return several
