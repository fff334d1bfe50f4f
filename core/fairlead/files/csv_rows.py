"""Reading CSV: one record per row, columns named after facts (`lead.channel`)."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import tzinfo
from io import StringIO
from itertools import chain

from fairlead.documents.found import found_text
from fairlead.facts.model import FactModel
from fairlead.facts.values import UnfitValue
from fairlead.files.layout import Heading, plain_layout
from fairlead.files.lines import LONGEST_LINE, Block, blocks
from fairlead.files.rejects import Reject
from fairlead.files.rows import Row, nothing_to_decide
from fairlead.files.sources import ByteSource, Readable
from fairlead.problems import DocumentError, Problem

__all__ = ["DELIMITERS", "CsvRows", "cells_of", "delimiter_of"]

#: what may stand between cells, with its name
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}

_KEPT_BLOCKS = 20


class CsvRows:
    """The checked records of a stream of CSV.

    Without a `heading` the first line must name facts: it is read at once, and DocumentError raised with
    every column that is no fact or stands twice. `columns` are the facts that records can have. `file` is
    what problems call the stream. `entities` are those whose `id` names a record, see `fairlead.files.rows`.
    Iterating yields the rows once; a row that is no record goes to `reject`. Rows without anything in their
    cells are passed over: `blank` is how many. `read` is how many records were read so far, rejected ones
    included; both are kept up to date at the end.
    """

    def __init__(
        self,
        stream: Readable,
        model: FactModel,
        zone: tzinfo,
        entities: tuple[str, ...],
        reject: Callable[[Reject], None],
        *,
        file: str | None = None,
        heading: Heading | None = None,
    ) -> None:
        self.read = 0
        self.blank = 0
        self._lines = _Lines(stream)
        self._reject = reject
        header = self._lines.header(file, heading.line if heading is not None else 1)
        if heading is None:
            delimiter = delimiter_of(header)
            names = cells_of(header, delimiter, file)
            heading = Heading(1, delimiter, plain_layout(model, names, zone, entities, file))
        self.heading = heading
        self.encoding = stream.encoding if isinstance(stream, ByteSource) else "utf-8"
        self.delimiter = heading.delimiter
        self._layout = heading.layout
        self.columns = list(self._layout.facts)
        self._entities = entities
        keys = self._layout.keys
        if keys.isdisjoint(entities):
            raise DocumentError([nothing_to_decide(entities).at(file=file, line=heading.line, column=1)])
        # where every row has a decided entity, no row needs to be asked
        self._asked = len(keys) > 1 or heading.mapping is not None

    def __iter__(self) -> Iterator[Row]:
        while not self._lines.at_end:
            yield from self._rows()

    def _rows(self) -> Iterator[Row]:
        """Yield rows up to the end, or up to a row that cannot be read as CSV."""
        lines, layout = self._lines, self._layout
        columns, make, identity = layout.width, layout.make, layout.identity
        before = lines.read
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        last = before
        read = blank = 0
        try:
            for cells in reader:
                number, last = last + 1, before + reader.line_num
                if not any(cells):
                    blank += bool(cells)
                    continue
                read += 1
                if len(cells) != columns:
                    self._ragged(number, last, len(cells))
                    continue
                if lines.has_null and "\0" in "".join(cells):
                    self._null(number, last, cells)
                    continue
                try:
                    record = make(cells)
                except UnfitValue:
                    self._unfit(number, last, cells)
                    continue
                if self._asked and record.keys().isdisjoint(self._entities):
                    text = "".join(lines.between(number, last))
                    self._reject(Reject(number, [nothing_to_decide(self._entities)], text))
                    continue
                yield number, identity(record, cells), record
        except csv.Error as error:
            self.read += read + 1
            self.blank += blank
            lines.read = before + reader.line_num
            self._broken(last + 1, error)
            return
        self.read += read
        self.blank += blank
        lines.read = before + reader.line_num
        if lines.too_long is not None:
            self._too_long(lines.too_long)

    def _ragged(self, first: int, last: int, found: int) -> None:
        problem = Problem(
            "ragged-row",
            f"the row has {found} {'cell' if found == 1 else 'cells'} and the header {self._layout.width}",
            found=str(found),
            remedy="put cells that hold the delimiter, a quote or a line break in double quotes",
        )
        self._reject(Reject(first, [problem], "".join(self._lines.between(first, last))))

    def _null(self, first: int, last: int, cells: Sequence[str]) -> None:
        position = next(position for position, cell in enumerate(cells) if "\0" in cell)
        problem = Problem(
            "invalid-text",
            f"cell {position + 1} of the row holds a null character, which is no text",
            found=found_text(cells[position]),
            remedy="export the file anew; where every second character is null, name its encoding, such as "
            "`--encoding utf-16-le`",
        )
        self._reject(Reject(first, [problem], "".join(self._lines.between(first, last))))

    def _unfit(self, first: int, last: int, cells: Sequence[str]) -> None:
        problems = self._layout.problems(cells)
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
    the stream (`at_end`) or after a line that is too long, whose beginning is then in `too_long`. `has_null`
    tells that a null character was met so far.
    """

    def __init__(self, stream: Readable) -> None:
        self.read = 0
        self.too_long: str | None = None
        self.at_end = False
        self.has_null = False
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

    def header(self, file: str | None, number: int) -> str:
        """Return the line of that number, without a byte-order mark; DocumentError where it is blank."""
        lines = iter(self)
        first = ""
        for _ in range(number):
            first = next(lines, "")
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
        self.read = number
        return first.rstrip("\r\n")

    def between(self, first: int, last: int) -> list[str]:
        """Return the lines from `first` to `last`, as far as they are still kept."""
        return [line for block in self._kept for line in block.between(first, last)]

    def keep_all(self) -> None:
        """Keep the text of all lines from here on, until this is called again."""
        last = list(self._kept)[-_KEPT_BLOCKS:]
        self._kept = deque(last)

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
        self.has_null = self.has_null or "\0" in text
        self._kept.append(_KeptBlock(block.first, text))
        self._current = StringIO(text, newline="\n")
        return True


def delimiter_of(header: str) -> str:
    """Return the delimiter that divides the header into the most cells; a comma where none does."""
    return max(DELIMITERS, key=header.count)


def cells_of(header: str, delimiter: str, file: str | None) -> list[str]:
    """Return the names in a header; raise DocumentError where it is not CSV."""
    try:
        return [cell.strip() for cell in next(csv.reader([header], delimiter=delimiter, strict=True))]
    except csv.Error:
        problem = Problem("invalid-csv", "the header is not CSV", remedy="close each quoted name")
        raise DocumentError([problem.at(file=file, line=1, column=1)]) from None
