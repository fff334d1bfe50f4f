"""Rows whose cells have types: they become the texts that CSV would have, and pass the same checks."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from fairlead.documents.found import found_text
from fairlead.facts.values import UnfitValue
from fairlead.files.cells import LIST_SEPARATOR
from fairlead.files.layout import Heading
from fairlead.files.rejects import Reject
from fairlead.files.rows import Row, nothing_to_decide, record_id
from fairlead.problems import DocumentError, Problem

__all__ = ["TypedRows", "list_problem", "text_of_value"]


class TypedRows(ABC):
    """The checked records of a table.

    Iterating yields the rows once, numbered from 1; a row that is no record goes to `reject`, and rows
    without any value are passed over: `blank` is how many. `read` is how many of the others were read so far.
    Raises DocumentError where no column is of an entity that is decided about.
    """

    encoding = None

    def __init__(
        self,
        names: Sequence[str],
        heading: Heading,
        entities: tuple[str, ...],
        reject: Callable[[Reject], None],
        *,
        file: str | None = None,
    ) -> None:
        self.read = 0
        self.blank = 0
        self.heading = heading
        self._names = names
        self._layout = heading.layout
        self.columns = list(self._layout.facts)
        self._entities = entities
        self._reject = reject
        if self._layout.keys.isdisjoint(entities):
            raise DocumentError([nothing_to_decide(entities).at(file=file, line=None, column=None)])

    @abstractmethod
    def _texts_of_rows(self) -> Iterator[tuple[Sequence[Sequence[str]], Mapping[int, Problem]]]:
        """Yield batches of rows: their cells as texts, and what is wrong with a row before it is read."""

    def __iter__(self) -> Iterator[Row]:
        make = self._layout.make
        number = 0
        for rows, unfit in self._texts_of_rows():
            for place, cells in enumerate(rows):
                number += 1
                if not any(cells):
                    self.blank += 1
                    continue
                self.read += 1
                if place in unfit:
                    self._refuse(number, cells, [unfit[place]])
                    continue
                try:
                    record = make(cells)
                except UnfitValue:
                    self._refuse(number, cells, self._layout.problems(cells))
                    continue
                if record.keys().isdisjoint(self._entities):
                    self._refuse(number, cells, [nothing_to_decide(self._entities)])
                    continue
                yield number, record_id(record, self._entities), record

    def _refuse(self, number: int, cells: Sequence[str], problems: Sequence[Problem]) -> None:
        known = {name: cell for name, cell in zip(self._names, cells, strict=True) if cell}
        self._reject(Reject(number, problems, json.dumps(known, ensure_ascii=False)))


def list_problem(name: str, items: Sequence[Any] | None) -> Problem | None:
    """Return what is wrong with a list whose items cannot be told apart in one text; None for nothing."""
    if not any(LIST_SEPARATOR in text_of_value(item) for item in items or ()):
        return None
    message = f"`{name}` has an item with a `{LIST_SEPARATOR}` in it"
    return Problem("invalid-value", message, found=found_text(items))


def text_of_value(value: Any) -> str:
    """Return the text that a value would have in CSV."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case float():
            number = Decimal(repr(value))
            return f"{number:f}" if number.is_finite() else str(number)
        case Decimal():
            return f"{value:f}"
        case datetime() | date():
            return value.isoformat()
        case {"amount": amount, "currency": currency} if len(value) == 2:
            return f"{text_of_value(amount)} {text_of_value(currency)}".strip()
        case list():
            return LIST_SEPARATOR.join(map(text_of_value, value))
        case dict() | bytes():
            return repr(value)
    return str(value)
