"""From a header and a mapping to how rows become records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from operator import itemgetter
from typing import Any, cast

from fairlead.documents.found import found_text
from fairlead.documents.positions import join_pointer
from fairlead.facts.model import Aggregate, Entity, Fact, FactModel
from fairlead.facts.types import DateTimeType, DateType, DecimalType, IntegerType, ListType, MoneyType, Type
from fairlead.facts.values import UnfitValue, internal_from_json
from fairlead.files.cells import LIST_SEPARATOR
from fairlead.files.layout import Layout, cell_problem
from fairlead.files.mapped_cells import ColumnReading, Values, filled, joined, value_of
from fairlead.files.notation import (
    PLAIN,
    DateEvidence,
    Evidence,
    Notation,
    date_evidence,
    number_evidence,
    shown,
)
from fairlead.files.rows import Record, record_id
from fairlead.problems import DocumentError, Problem, nearest_name
from fairlead.ruleset.mapping_document import ColumnSource, DateOrder, DecimalSign, MappingDocument

__all__ = [
    "ColumnMap",
    "Table",
    "column_key",
    "column_title",
    "is_dated",
    "is_numeric",
    "mapped_layout",
    "mapping_problems",
]


@dataclass(frozen=True)
class ColumnMap:
    """What a mapping says, whether it stands in a document or is made of a header.

    A fact that the model does not have is a problem where `strict`; else its columns are not used.
    """

    facts: Mapping[str, ColumnSource]
    ignored: Sequence[str] = ()
    list_separator: str = ";"
    decimal: DecimalSign | None = None
    dates: DateOrder | None = None
    century: int | None = None
    strict: bool = True


@dataclass(frozen=True)
class Table:
    """The header of a table and the first of its rows.

    The columns at `typed` come from numbers and dates that were no text. `file` is what problems call the
    table, `line` is that of the header.
    """

    names: Sequence[str]
    rows: Sequence[Sequence[str]]
    typed: frozenset[int] = frozenset()
    file: str | None = None
    line: int = 1

    def texts(self, position: int) -> Iterable[str]:
        """Return the texts of a column that are not empty."""
        return [row[position] for row in self.rows if row[position].strip()]


@dataclass(frozen=True)
class _Column:
    """A fact with the cells that it is made of."""

    name: str
    positions: tuple[int, ...]
    values: Values
    pick: Callable[[Sequence[str]], Any]


@dataclass
class _Columns:
    """What was found in the header so far."""

    columns: list[_Column] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unmapped: dict[str, set[str]] = field(default_factory=dict)


def column_key(name: str) -> str:
    """Return the form in which names of columns are compared: without case and repeated spaces."""
    return " ".join(name.casefold().split())


def column_title(names: Sequence[str], position: int) -> str:
    """Return how a column is called in messages."""
    return f"`{found_text(names[position])}`" if names[position] else f"column {position + 1}, without a name"


def is_numeric(type_: Type) -> bool:
    """Tell whether cells of a type hold numbers."""
    return isinstance(type_, IntegerType | DecimalType | MoneyType)


def is_dated(type_: Type) -> bool:
    """Tell whether cells of a type hold dates."""
    return isinstance(type_, DateType | DateTimeType)


def mapped_layout(
    map_: ColumnMap, table: Table, model: FactModel, zone: tzinfo, entities: tuple[str, ...]
) -> Layout:
    """Return the layout of a table that a mapping knows.

    Raises DocumentError where a fact or an option value is not one of the model, where a column that is used
    stands twice, and where it is open how a column writes numbers or dates.
    """
    maker = _Maker(map_, table, model, zone)
    for name, source in map_.facts.items():
        maker.add(name, source)
    found = maker.found
    if found.problems:
        line = table.line or None
        raise DocumentError(
            [problem.at(file=table.file, line=line, column=None) for problem in found.problems]
        )
    used = {position for column in found.columns for position in column.positions}
    known = {column_key(name) for name in map_.ignored}
    unused = [
        column_title(table.names, position)
        for position, name in enumerate(table.names)
        if position not in used and column_key(name) not in known
    ]
    return Layout(
        [column.name for column in found.columns],
        len(table.names),
        _record_maker(found.columns),
        _problem_finder(found.columns, table.names),
        lambda record, _cells: record_id(record, entities),
        found.notes,
        unused,
        found.unmapped,
    )


def mapping_problems(mapping: MappingDocument, model: FactModel, zone: tzinfo) -> list[Problem]:
    """Return the facts and option values of a mapping that a model does not have, with their pointers."""
    sources = mapping.facts.values()
    names = {
        name
        for source in sources
        for name in (
            *(source.column or source.columns or source.filled or ()),
            *(source.currency_column or ()),
        )
    }
    table = Table(list({column_key(name): name for name in sorted(names)}.values()), ())
    maker = _Maker(ColumnMap(mapping.facts), table, model, zone)
    for name, source in mapping.facts.items():
        maker.add(name, source)
    return maker.found.problems


class _Maker:
    """Puts the columns of a table to the facts of a mapping."""

    def __init__(self, map_: ColumnMap, table: Table, model: FactModel, zone: tzinfo) -> None:
        self.found = _Columns()
        self._map = map_
        self._table = table
        self._zone = zone
        self._facts: dict[str, Fact | Aggregate] = {
            f"{key}.{short}": fact
            for key, entity in model.record_keys().items()
            for short, fact in _facts_of(model.entities[entity]).items()
        }
        self._places: dict[str, list[int]] = {}
        for position, name in enumerate(table.names):
            if name:
                self._places.setdefault(column_key(name), []).append(position)

    def add(self, name: str, source: ColumnSource) -> None:
        """Add a fact, where the table has a column for it."""
        fact = self._facts.get(name)
        if fact is None:
            if self._map.strict:
                self._refuse(
                    "unknown-fact",
                    f"the mapping has `{name}`, which is not a fact",
                    pointer=join_pointer(["facts", name]),
                    found=name,
                    allowed=tuple(self._facts),
                    nearest=nearest_name(name, self._facts),
                )
            return
        if source.column is not None:
            position = self._place(source.column)
            if position is None:
                return
            positions = [position]
            if source.currency_column is not None and isinstance(fact.type, MoneyType):
                currency = self._place(source.currency_column)
                positions += [currency] if currency is not None else []
            value = value_of(fact, self._reading(name, fact, source, position), self._zone)
        else:
            several = (self._place([each]) for each in source.columns or source.filled or ())
            positions = [position for position in several if position is not None]
            if not positions:
                return
            if source.filled is not None:
                value = filled
            else:
                value = joined(fact, self._reading(name, fact, source, positions[0]), self._zone)
        self.found.columns.append(
            _Column(name, tuple(positions), Values(value), cast(Any, itemgetter(*positions)))
        )

    def _place(self, names: Sequence[str]) -> int | None:
        """Return where the first of the columns is that the table has."""
        for name in names:
            places = self._places.get(column_key(name))
            if places is None:
                continue
            if len(places) > 1:
                shown_name = found_text(self._table.names[places[0]])
                self._refuse(
                    "duplicate-name",
                    f"the column `{shown_name}` stands {len(places)} times, and the mapping reads it",
                    found=shown_name,
                    remedy="take out of the export, or rename, all but one of them",
                )
            return places[0]
        return None

    def _reading(
        self, name: str, fact: Fact | Aggregate, source: ColumnSource, position: int
    ) -> ColumnReading:
        title = self._table.names[position]
        typed = position in self._table.typed
        unmapped = self.found.unmapped.setdefault(title, set()) if source.other == "absent" else set()
        return ColumnReading(
            notation=self._notation(fact.type, source, position),
            options=self._options(name, fact, source),
            others_absent=source.other == "absent",
            currency=source.currency,
            separator=LIST_SEPARATOR if typed else source.separator or self._map.list_separator,
            unmapped=unmapped,
        )

    def _options(self, name: str, fact: Fact | Aggregate, source: ColumnSource) -> dict[str, Any]:
        type_ = fact.type.item if isinstance(fact.type, ListType) and fact.type.item else fact.type
        for option, value in (source.values or {}).items():
            if value is None:
                continue
            try:
                internal_from_json(type_, value, zone=self._zone)
            except UnfitValue as unfit:
                problem = unfit.problem(name, join_pointer(["facts", name, "values", option]))
                message = f"the mapping of `{found_text(option)}`: {problem.message}"
                self.found.problems.append(replace(problem, message=message))
        return {option.strip().casefold(): value for option, value in (source.values or {}).items()}

    def _notation(self, type_: Type, source: ColumnSource, position: int) -> Notation:
        if position in self._table.typed:
            return PLAIN
        if is_numeric(type_):
            decimal = source.decimal or self._map.decimal
            if decimal is None:
                evidence = number_evidence(self._table.texts(position))
                decimal = cast(DecimalSign, self._shown_by_data(evidence, position, "decimal"))
            return Notation(decimal=decimal)
        if is_dated(type_):
            evidence = date_evidence(self._table.texts(position))
            century = source.century or self._map.century
            self._tell_dates(evidence, position, century)
            dates = source.dates or self._map.dates
            if dates is None and (evidence.whole or evidence.short is None or century is not None):
                dates = cast(DateOrder, self._shown_by_data(evidence, position, "dates"))
            return Notation(dates=dates or "year_first", century=century)
        return PLAIN

    def _tell_dates(self, evidence: DateEvidence, position: int, century: int | None) -> None:
        """Tell what dates show beside their order; refuse years and months that nobody can know."""
        title = column_title(self._table.names, position)
        if evidence.unknown is not None and not (evidence.whole or evidence.named):
            self._refuse(
                "ambiguous-notation",
                f"the dates of {title} name months in a language that is not known: `{evidence.unknown}`",
                found=evidence.unknown,
                remedy="write dates with the number of the month, such as `2026-11-21`; "
                "known are English, German and Turkish names",
            )
        elif evidence.named is not None:
            self.found.notes.append(f"the dates of {title} name their months, as in `{evidence.named}`")
        if evidence.short is None:
            return
        if century is None and evidence.whole:
            # rows of their own: each is rejected with the remedy
            return
        if century is None:
            self._refuse(
                "ambiguous-notation",
                f"the years of {title} have two digits, and may be of two centuries: `{evidence.short}`",
                found=evidence.short,
                remedy="export years of four digits, or say `--century 2000`, or `century` in a mapping",
            )
        else:
            years = f"{century} to {century + 99}"
            self.found.notes.append(
                f"the years of {title} are read as {years} where they have two digits, as in "
                f"`{evidence.short}`"
            )

    def _shown_by_data(self, evidence: Evidence, position: int, what: str) -> str:
        """Return how the texts of a column can only be read; refuse the table where that is open."""
        usual, kind, ways = (
            (".", "numbers", "with a decimal point or with a decimal comma")
            if what == "decimal"
            else ("year_first", "dates", "with the day or with the month first")
        )
        title = column_title(self._table.names, position)
        example = "," if what == "decimal" else "day-first"
        remedy = f"say which: `--{what} {example}`, or `{what}` in a mapping"
        if len(evidence.shown) > 1:
            found = " and ".join(f"`{text}`" for text in evidence.shown.values())
            message = f"the {kind} of {title} are written in two ways: {found}"
            self._refuse("mixed-notation", message, found=next(iter(evidence.shown.values())), remedy=remedy)
        elif evidence.shown:
            ((way, text),) = evidence.shown.items()
            if way != usual:
                self.found.notes.append(f"the {kind} of {title} are read {shown(way)}, as `{text}` shows")
            return way
        elif evidence.open is not None:
            message = f"the {kind} of {title} can be read {ways}: `{evidence.open}`"
            self._refuse("ambiguous-notation", message, found=evidence.open, remedy=remedy)
        return usual

    def _refuse(self, code: str, message: str, **more: Any) -> None:
        problem = Problem(code, message, **more)
        if problem not in self.found.problems:
            self.found.problems.append(problem)


def _facts_of(entity: Entity) -> dict[str, Fact | Aggregate]:
    return {**entity.facts, **entity.aggregates}


def _record_maker(columns: Sequence[_Column]) -> Callable[[Sequence[str]], Record]:
    grouped: dict[str, list[tuple[str, Values, Callable[[Sequence[str]], Any]]]] = {}
    for column in columns:
        key, _, short = column.name.partition(".")
        grouped.setdefault(key, []).append((short, column.values, column.pick))
    parts = list(grouped.items())

    def make(cells: Sequence[str]) -> Record:
        record: Record = {}
        for key, facts in parts:
            members = {}
            for short, values, pick in facts:
                value = values[pick(cells)]
                if value is not None:
                    members[short] = value
            if members:
                record[key] = members
        return record

    return make


def _problem_finder(
    columns: Sequence[_Column], names: Sequence[str]
) -> Callable[[Sequence[str]], list[Problem]]:
    def problems(cells: Sequence[str]) -> list[Problem]:
        found = []
        for column in columns:
            try:
                column.values[column.pick(cells)]
            except UnfitValue as unfit:
                problem = cell_problem(unfit, column.name, cells[column.positions[0]])
                title = column_title(names, column.positions[0])
                found.append(replace(problem, message=f"{problem.message}, in {title}"))
        return found

    return problems
