"""How an input was understood, so that it can be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fairlead.files.csv_rows import DELIMITERS, CsvRows
from fairlead.files.json_rows import JsonRows

if TYPE_CHECKING:
    from fairlead.files.typed_rows import TypedRows
    from fairlead.files.xlsx_rows import XlsxRows

__all__ = ["Reading"]


@dataclass(frozen=True, slots=True)
class Reading:
    """How an input was understood.

    `delimiter` is the name of a CSV input's delimiter, `encoding` what its text is in, `header` the number of
    the line with its columns; they are None for other formats. `mapping` is the name of the mapping that was
    used. `blank` rows had nothing in them and are not among the read ones. `notes` are sentences about how
    columns are read, `unused` the columns that are not, `unmapped` the option values that are read as absent,
    by column.
    """

    delimiter: str | None = None
    encoding: str | None = None
    header: int | None = None
    mapping: str | None = None
    blank: int = 0
    notes: Sequence[str] = ()
    unused: Sequence[str] = ()
    unmapped: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: CsvRows | JsonRows | TypedRows | XlsxRows) -> Reading:
        """Return how rows were understood, once they are read."""
        if isinstance(rows, JsonRows):
            return cls()
        heading = rows.heading
        layout = heading.layout
        return cls(
            delimiter=DELIMITERS.get(heading.delimiter),
            encoding=rows.encoding,
            header=heading.line or None,
            mapping=heading.mapping,
            blank=rows.blank,
            notes=list(layout.notes),
            unused=list(layout.unused),
            unmapped={name: sorted(values) for name, values in layout.unmapped.items() if values},
        )
