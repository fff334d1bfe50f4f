"""What can be said about an input file, and what is told of how it was understood."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_type_hints

import typer

from fairlead.problems import Problem, UsageError

if TYPE_CHECKING:
    from fairlead.cli.targets import Target
    from fairlead.files import InputFile, Reading, RelatedFile, RelatedSummary

__all__ = [
    "Said",
    "TableName",
    "reading_json",
    "related_json",
    "understood",
    "understood_related",
    "with_input_options",
]

Value = TypeVar("Value")

TableName = Annotated[
    str | None,
    typer.Option(
        "--table",
        metavar="NAME",
        help="The table or view, where --input is the URL of a database; its rows are numbered in the order "
        "of its primary key.",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class Said:
    """What the user says about an input, each by an option; see `with_input_options`."""

    mapping: Annotated[
        str | None,
        typer.Option(
            "--mapping",
            metavar="NAME",
            help="The mapping from columns to facts: its name or file. Default: the one that knows the "
            "columns.",
            show_default=False,
        ),
    ] = None
    delimiter: Annotated[
        str | None,
        typer.Option(
            "--delimiter",
            metavar="SIGN",
            help="What divides the cells of a CSV input: comma, semicolon, tab or pipe. Default: as its "
            "header shows.",
            show_default=False,
        ),
    ] = None
    encoding: Annotated[
        str | None,
        typer.Option(
            "--encoding",
            metavar="NAME",
            help="The encoding of the input, such as windows-1252. Default: UTF-8, or as its mark says.",
            show_default=False,
        ),
    ] = None
    decimal: Annotated[
        str | None,
        typer.Option(
            "--decimal",
            metavar="SIGN",
            help="The decimal sign of the input: `.` or `,`. Default: as the mapping or the data show.",
            show_default=False,
        ),
    ] = None
    dates: Annotated[
        str | None,
        typer.Option(
            "--dates",
            metavar="ORDER",
            help="year-first, day-first or month-first. Default: as the mapping or the data show.",
            show_default=False,
        ),
    ] = None
    century: Annotated[
        str | None,
        typer.Option(
            "--century",
            metavar="YEAR",
            help="1900 or 2000: where years of two digits begin. Default: as the mapping says, or refused.",
            show_default=False,
        ),
    ] = None
    related: Annotated[
        list[str] | None,
        typer.Option(
            "--related",
            metavar="LIST=FILE",
            help="Related records to compute aggregates from, such as introductions=FILE: CSV, JSON Lines "
            "or Parquet, with the id of what each belongs to (`partner.id`), or an export that a mapping "
            "knows. This file is held in memory whole.",
            show_default=False,
        ),
    ] = None

    def of(self, target: Target, path: str, file_format: str | None = None) -> InputFile:
        """Return the file with all that is said about it. Raises UsageError."""
        from fairlead.files import is_url

        if is_url(path):
            # it is not repeated: it may hold a password
            message = "this command reads files, and the URL of a database is given"
            remedy = "name a file; `fairlead evaluate` and `fairlead explain` read tables of databases"
            raise UsageError([Problem("wrong-usage", message, remedy=remedy)])
        return self._file(target, path, file_format)

    def _file(self, target: Target, path: str, file_format: str | None = None) -> InputFile:
        from fairlead.files import InputFile, Stated

        self._refuse_unapproved_mapping(target)
        stated = Stated(
            self.mapping,
            (target.project.folder / "mappings",) if target.project is not None else (),
            self.encoding,
            _one_of("--decimal", self.decimal, _DECIMALS),
            _one_of("--dates", self.dates, _DATES),
            _one_of("--delimiter", self.delimiter, _DELIMITERS),
            _one_of("--century", self.century, _CENTURIES),
        )
        return InputFile(path, file_format, stated, _related_files(self.related))

    def input(
        self, target: Target, path: str, table: str | None = None, file_format: str | None = None
    ) -> InputFile:
        """Return the file, or the table of a database, with all that is said about it. Raises UsageError."""
        from fairlead.files import is_url

        if table is None and not is_url(path):
            return self._file(target, path, file_format)
        if not is_url(path):
            message = "`--table` goes with the URL of a database, and the input is a file"
            remedy = "leave out `--table`, or name a database, such as `--input sqlite:///crm.db`"
            raise UsageError([Problem("wrong-usage", message, found=table, remedy=remedy)])
        if table is None:
            message = "the input is a database, and nothing says which of its tables"
            raise UsageError([Problem("wrong-usage", message, remedy="name it: `--table leads`")])
        from fairlead.files.databases import DatabaseTable

        database = DatabaseTable.of(path, table)
        return replace(self._file(target, database.shown), database=database)

    def _refuse_unapproved_mapping(self, target: Target) -> None:
        """Raise UsageError for a mapping from elsewhere: the project's own are approved with its rules."""
        project, name = target.project, self.mapping
        if project is None or name is None or not project.settings.require_approval:
            return
        if name.endswith(".json") and Path(name).resolve().parent != (project.folder / "mappings").resolve():
            message = f"the mapping `{name}` is not one of the project's, which are approved with its rules"
            remedy = "put it into the project's `mappings` folder, and run `fairlead approve`"
            raise UsageError([Problem("not-approved", message, found=name, remedy=remedy)])


def with_input_options(command: Callable[..., int], *, without: Sequence[str] = ()) -> Callable[..., int]:
    """Return a command that has the options of Said, but for some, in the place of its parameter `said`."""
    offered = [each for each in fields(Said) if each.name not in without]

    @functools.wraps(command)
    def run(**options: Any) -> int:
        said = Said(**{each.name: options.pop(each.name) for each in offered})
        return command(**options, said=said)

    types = get_type_hints(Said, include_extras=True)
    own = inspect.signature(command, eval_str=True)
    parameters: list[inspect.Parameter] = []
    for parameter in own.parameters.values():
        if parameter.name != "said":
            parameters.append(parameter)
            continue
        parameters += [
            inspect.Parameter(
                each.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=types[each.name]
            )
            for each in offered
        ]
    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters]
    vars(run)["__signature__"] = own.replace(parameters=parameters)
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


_DATES = {"year-first": "year_first", "day-first": "day_first", "month-first": "month_first"}
_DECIMALS = {".": ".", ",": ",", "point": ".", "comma": ","}
_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", ",": ",", ";": ";", "|": "|"}
_CENTURIES = {"1900": 1900, "2000": 2000}


def _related_files(texts: Sequence[str] | None) -> list[RelatedFile]:
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


def understood(reading: Reading) -> Iterator[str]:
    """Yield sentences about how an input was read."""
    if reading.delimiter is not None:
        yield f"the delimiter of the input is a {reading.delimiter}"
    if reading.encoding not in (None, "utf-8"):
        yield f"the encoding of the input is {reading.encoding}"
    if reading.header is not None and reading.header > 1:
        yield f"the columns are named in line {reading.header}; the lines before it are passed over"
    if reading.mapping is not None:
        yield f"the columns are read with the mapping {reading.mapping}"
    yield from reading.notes
    if reading.unused:
        yield f"columns that are not used: {', '.join(reading.unused)}"
    for column, values in reading.unmapped.items():
        shown = ", ".join(f"`{value}`" for value in values)
        yield f"values of `{column}` that are not mapped, and read as absent: {shown}"
    if reading.blank:
        rows = "1 empty row is" if reading.blank == 1 else f"{reading.blank:,} empty rows are"
        yield f"{rows} passed over"


def understood_related(summaries: Iterable[RelatedSummary]) -> Iterator[str]:
    """Yield sentences about how files of related records were read, and what became of the records."""
    for each in summaries:
        yield f"{each.name}: {each.read:,} read"
        for sentence in understood(each.reading):
            yield f"  {sentence}"
        for key, count in each.unmatched.items():
            if count:
                yield f"  {count:,} without their {key} in the input"
        for key, count in each.unlinked.items():
            if count:
                yield f"  {count:,} without the id of their {key}"


def reading_json(reading: Reading) -> dict[str, Any]:
    """Return how an input was read as members of a JSON object."""
    return {
        "delimiter": reading.delimiter,
        "encoding": reading.encoding,
        "header": reading.header,
        "mapping": reading.mapping,
        "empty_rows": reading.blank,
        "notes": list(reading.notes),
        "unused_columns": list(reading.unused),
        "unmapped_values": reading.unmapped,
    }


def related_json(summary: RelatedSummary) -> dict[str, Any]:
    """Return what became of related records as a JSON object."""
    return {
        "name": summary.name,
        "read": summary.read,
        "unmatched": summary.unmatched,
        "unlinked": summary.unlinked,
        **reading_json(summary.reading),
    }


def _one_of(option: str, text: str | None, known: Mapping[str, Value]) -> Value | None:
    if text is None:
        return None
    if text not in known:
        message = f"`{option}` takes no `{text}`"
        raise UsageError([Problem("wrong-usage", message, found=text, allowed=tuple(known))])
    return known[text]
