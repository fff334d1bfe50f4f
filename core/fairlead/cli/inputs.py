"""What can be said about an input file, and what is told of how it was understood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.problems import Problem, UsageError

if TYPE_CHECKING:
    from fairlead.cli.targets import Target
    from fairlead.files import RelatedFile, Stated, Summary

__all__ = [
    "Dates",
    "Decimal",
    "Encoding",
    "MappingName",
    "Related",
    "related_files",
    "stated_of",
    "understood",
]

MappingName = Annotated[
    str | None,
    typer.Option(
        "--mapping",
        metavar="NAME",
        help="The mapping from columns to facts: its name or file. Default: the one that knows the columns.",
        show_default=False,
    ),
]

Encoding = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        metavar="NAME",
        help="The encoding of the input, such as windows-1252. Default: UTF-8, or as its mark says.",
        show_default=False,
    ),
]

Decimal = Annotated[
    str | None,
    typer.Option(
        "--decimal",
        metavar="SIGN",
        help="The decimal sign of the input: `.` or `,`. Default: as the mapping or the data show.",
        show_default=False,
    ),
]

Dates = Annotated[
    str | None,
    typer.Option(
        "--dates",
        metavar="ORDER",
        help="year-first, day-first or month-first. Default: as the mapping or the data show.",
        show_default=False,
    ),
]

Related = Annotated[
    list[str] | None,
    typer.Option(
        "--related",
        metavar="LIST=FILE",
        help="Related records to compute aggregates from, such as introductions=FILE: CSV, JSON Lines or "
        "Parquet, with the id of what each belongs to (`partner.id`). This file is held in memory whole.",
        show_default=False,
    ),
]

_DATES = {"year-first": "year_first", "day-first": "day_first", "month-first": "month_first"}
_DECIMALS = {".": ".", ",": ",", "point": ".", "comma": ","}


def stated_of(
    target: Target, mapping: str | None, encoding: str | None, decimal: str | None, dates: str | None
) -> Stated:
    """Return what the options say about an input of a project. Raises UsageError."""
    from fairlead.files import Stated

    return Stated(
        mapping,
        _mapping_folders(target),
        encoding,
        _one_of("--decimal", decimal, _DECIMALS),
        _one_of("--dates", dates, _DATES),
    )


def related_files(texts: Sequence[str] | None) -> list[RelatedFile]:
    """Return the lists with their files in texts such as `introductions=FILE`. Raises UsageError."""
    from fairlead.files import RelatedFile

    files = []
    for text in texts or ():
        name, _, path = text.partition("=")
        if not (name and path):
            message = f"`--related {text}` does not name a list and a file"
            remedy = "write it as `--related introductions=FILE`"
            raise UsageError([Problem("wrong-usage", message, found=text, remedy=remedy)])
        files.append(RelatedFile(name, path))
    return files


def understood(summary: Summary) -> Iterator[str]:
    """Yield sentences about how an input was read."""
    if summary.delimiter is not None:
        yield f"the delimiter of the input is a {summary.delimiter}"
    if summary.encoding not in (None, "utf-8"):
        yield f"the encoding of the input is {summary.encoding}"
    if summary.header is not None and summary.header > 1:
        yield f"the columns are named in line {summary.header}; the lines before it are passed over"
    if summary.mapping is not None:
        yield f"the columns are read with the mapping {summary.mapping}"
    yield from summary.notes
    if summary.unused:
        yield f"columns that are not used: {', '.join(summary.unused)}"
    for column, values in summary.unmapped.items():
        shown = ", ".join(f"`{value}`" for value in values)
        yield f"values of `{column}` that are not mapped, and read as absent: {shown}"
    if summary.blank:
        rows = "1 empty row is" if summary.blank == 1 else f"{summary.blank:,} empty rows are"
        yield f"{rows} passed over"
    for each in summary.related:
        yield f"{each.name}: {each.read:,} read"
        for key, count in each.unmatched.items():
            if count:
                yield f"  {count:,} without their {key} in the input"
        for key, count in each.unlinked.items():
            if count:
                yield f"  {count:,} without the id of their {key}"


def _mapping_folders(target: Target) -> tuple[Path, ...]:
    return (target.project.folder / "mappings",) if target.project is not None else ()


def _one_of(option: str, text: str | None, known: Mapping[str, str]) -> str | None:
    if text is None:
        return None
    if text not in known:
        message = f"`{option}` takes no `{text}`"
        raise UsageError([Problem("wrong-usage", message, found=text, allowed=tuple(known))])
    return known[text]
