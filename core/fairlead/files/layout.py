"""How the cells of a row become a record: columns that are named after facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from operator import getitem

from fairlead.documents.found import found_text
from fairlead.facts.model import Aggregate, Fact, FactModel
from fairlead.facts.values import UnfitValue
from fairlead.files.cells import CellValues
from fairlead.files.rows import Record, record_id
from fairlead.problems import DocumentError, Problem, nearest_name

__all__ = [
    "NAME_ENCODING",
    "Heading",
    "Identity",
    "Layout",
    "cell_problem",
    "column_problem",
    "identity_of",
    "plain_facts",
    "plain_layout",
]

#: what to do about text in another encoding
NAME_ENCODING = (
    "save the file as UTF-8, or name its encoding: `--encoding windows-1252` for Western Europe, "
    "`windows-1254` for Turkish"
)

#: how many wrong columns of a header are told
_MOST_PROBLEMS = 30

#: from a record, and the cells it was made of, to its id
Identity = Callable[[Record, Sequence[str]], str | None]


@dataclass(frozen=True)
class Layout:
    """What each row of a table says.

    `facts` are the full names that records can have, `width` is the number of cells of a row. `make` raises
    UnfitValue where a cell does not fit its fact; `problems` then says which and why. `notes` are sentences
    about how columns are read, `unused` the columns that are not, and `unmapped` the option values that are
    read as absent, by column; these are complete once all rows are read. `plain` tells that each column is a
    fact as Fairlead writes it.
    """

    facts: Sequence[str]
    width: int
    make: Callable[[Sequence[str]], Record]
    problems: Callable[[Sequence[str]], list[Problem]]
    identity: Identity
    notes: Sequence[str] = ()
    unused: Sequence[str] = ()
    unmapped: dict[str, set[str]] = field(default_factory=dict)
    plain: bool = False

    @property
    def keys(self) -> frozenset[str]:
        """The entities and links that records can have."""
        return frozenset(name.partition(".")[0] for name in self.facts)


@dataclass(frozen=True)
class Heading:
    """Where the names of the columns stand (`line`, from 1), what divides them, and what they mean."""

    line: int
    delimiter: str
    layout: Layout
    mapping: str | None = None


def plain_layout(
    model: FactModel, names: Sequence[str], zone: tzinfo, entities: tuple[str, ...], file: str | None
) -> Layout:
    """Return the layout of columns that are facts; raise DocumentError with each column that is none."""
    values = [CellValues.of(fact, zone) for fact in plain_facts(model, names, file)]

    def problems(cells: Sequence[str]) -> list[Problem]:
        found = []
        for name, column, cell in zip(names, values, cells, strict=True):
            try:
                column[cell]
            except UnfitValue as unfit:
                found.append(cell_problem(unfit, name, cell))
        return found

    make = _record_maker(names, values)
    return Layout(names, len(names), make, problems, identity_of(names, names, entities), plain=True)


def plain_facts(model: FactModel, names: Sequence[str], file: str | None) -> list[Fact | Aggregate]:
    """Return the fact of each column; raise DocumentError where a column is none or stands twice.

    The error has the first of such columns.
    """
    keys = model.record_keys()
    facts: list[Fact | Aggregate] = []
    problems: list[Problem] = []
    seen: set[str] = set()
    for name in names:
        if len(problems) == _MOST_PROBLEMS:
            break
        key, _, short = name.partition(".")
        entity = model.entities[keys[key]] if key in keys else None
        fact = entity.get(short) if entity is not None else None
        if name in seen:
            message = f"the column `{found_text(name)}` stands twice"
            problems.append(column_problem("duplicate-name", message, name, file))
        elif fact is not None:
            facts.append(fact)
            seen.add(name)
        elif entity is not None and short in entity.related:
            problem = column_problem("unknown-fact", f"`{name}` is a list of records", name, file)
            remedy = f"give these records in a file of their own: `--related {short}=FILE`"
            problems.append(replace(problem, remedy=remedy))
        else:
            shown = found_text(name)
            problem = column_problem("unknown-fact", f"the column `{shown}` is not a fact", name, file)
            allowed = tuple(
                f"{known}.{fact}"
                for known, of in keys.items()
                for fact in (*model.entities[of].facts, *model.entities[of].aggregates)
            )
            problems.append(replace(problem, allowed=allowed, nearest=nearest_name(name[:200], allowed)))
    if problems:
        raise DocumentError(problems)
    return facts


def column_problem(code: str, message: str, name: str, file: str | None) -> Problem:
    """Return what is wrong with a column of the header."""
    return Problem(code, message, found=found_text(name), file=file, line=1)


def cell_problem(unfit: UnfitValue, name: str, cell: str) -> Problem:
    """Return what is wrong with a cell of the fact `name`."""
    problem = unfit.problem(name, "/" + name.replace(".", "/"))
    try:
        cell.encode()
    except UnicodeEncodeError:
        message = f"`{name}` is not UTF-8"
        return Problem("not-utf8", message, problem.pointer, found=problem.found, remedy=NAME_ENCODING)
    return problem


def identity_of(facts: Sequence[str], columns: Sequence[str], entities: tuple[str, ...]) -> Identity:
    """Return the function to the id; `columns` are the facts that are in the cells as they are."""
    keys = {name.partition(".")[0] for name in facts}
    if len(keys) > 1:
        return lambda record, _cells: record_id(record, entities)
    (key,) = keys
    if key not in entities or f"{key}.id" not in facts:
        return lambda _record, _cells: None
    if f"{key}.id" not in columns:
        return lambda record, _cells: record_id(record, entities)
    position = columns.index(f"{key}.id")
    return lambda _record, cells: cells[position] or None


def _record_maker(names: Sequence[str], values: Iterable[CellValues]) -> Callable[[Sequence[str]], Record]:
    """Return the function from the cells of a row to the record."""
    columns = list(values)
    positions: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        positions.setdefault(name.partition(".")[0], []).append(position)
    shorts = [name.partition(".")[2] for name in names]
    if len(positions) == 1:
        (key,) = positions

        def lone(cells: Sequence[str]) -> Record:
            return {key: dict(zip(shorts, map(getitem, columns, cells), strict=False))}

        return lone
    parts = [(key, [(shorts[at], at) for at in own]) for key, own in positions.items()]

    def several(cells: Sequence[str]) -> Record:
        found = list(map(getitem, columns, cells))
        record: Record = {}
        for key, facts in parts:
            members = {short: found[at] for short, at in facts if found[at] is not None}
            # an entity without any fact is not there: not every introduction has a partner
            if members:
                record[key] = members
        return record

    return several
