"""Columns of a table about one entity, by the names that people give them: a fact's name, or its title.

A fact is known by its full name (`partner.code`), its short one, also with spaces, and its titles in all
languages; a fact of a linked record by the link's name before it. The link's own name stands for the id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo

from fairlead.documents.found import found_text
from fairlead.facts.model import Fact, FactModel
from fairlead.files.cells import LIST_SEPARATOR
from fairlead.files.layout import Layout
from fairlead.files.mapped_layout import ColumnMap, Table, column_key, mapped_layout
from fairlead.files.mappings import NamedMapping, Stated, recognised
from fairlead.files.understanding import Understanding
from fairlead.problems import DocumentError, Problem, nearest_name
from fairlead.ruleset.mapping_document import ColumnSource

__all__ = ["EntityHeadings", "KnownColumns"]

#: what a linked record is known by, besides its id
_NAMED_BY = ("code", "name")


class KnownColumns:
    """The facts that columns of a table about an entity can be, by what people call them.

    `withheld` are the facts that columns may be named after and that are never taken. `telling` are the facts
    that tell what a table is about: by default all of the entity but its id.
    """

    def __init__(
        self,
        model: FactModel,
        entity: str,
        *,
        withheld: frozenset[str] = frozenset(),
        telling: frozenset[str] | None = None,
    ) -> None:
        self.model = model
        self.entity = entity
        self.withheld = withheld
        own = model.entities[entity]
        every = frozenset(fact.name for fact in own.facts.values())
        self._telling = telling or every - {f"{entity}.id"}
        self.prefixes = frozenset({entity, *own.links})
        names: dict[str, set[str]] = {}
        for fact in own.facts.values():
            for called in _called(fact):
                names.setdefault(column_key(called), set()).add(fact.name)
        for link in own.links.values():
            target = model.entities[link.entity]
            for short in ("id", *_NAMED_BY):
                linked = target.facts.get(short)
                if linked is None:
                    continue
                full = f"{link.name}.{short}"
                called_by = [full, full.replace(".", "_"), full.replace(".", " "), *linked.title.values()]
                if short == "id":
                    called_by += [link.name, link.name.replace("_", " "), *target.title.values()]
                for called in called_by:
                    # what the entity itself calls so comes first
                    if not any(name.startswith(f"{entity}.") for name in names.get(column_key(called), ())):
                        names.setdefault(column_key(called), set()).add(full)
        self._facts = {key: next(iter(facts)) for key, facts in names.items() if len(facts) == 1}
        self.names = tuple(self._facts)

    def fact(self, heading: str) -> str | None:
        """Return the full name of the fact that a column is, None where it is none or not only one."""
        return self._facts.get(column_key(heading))

    def count(self, headings: Iterable[str]) -> int:
        """Return how many columns are known; none where they do not tell what the table is about."""
        known = {fact for heading in headings if (fact := self.fact(heading)) is not None}
        return len(known) if known & self._telling else 0

    def mapped_by(self, mapping: NamedMapping) -> bool:
        """Tell whether a mapping is about the entity, with nothing but what it links to."""
        prefixes = {name.partition(".")[0] for name in mapping.document.facts}
        return self.entity in prefixes and prefixes <= self.prefixes


class EntityHeadings(Understanding):
    """Reads the header of a table about one entity.

    `named` is the mapping that is to be taken; without one it is the only one of `mappings` that knows the
    header, if there is one.
    """

    def __init__(
        self,
        known: KnownColumns,
        zone: tzinfo,
        stated: Stated,
        file: str | None,
        *,
        named: NamedMapping | None,
        mappings: Sequence[NamedMapping],
    ) -> None:
        super().__init__(known.model, zone, tuple(sorted(known.prefixes)), stated, file)
        self._known = known
        self._named = named
        self._candidates = mappings

    def score(self, rows: Iterable[Sequence[str]]) -> int:
        """Return how many columns of the best of the first rows are known."""
        return max((self._columns_known(names) for names in rows), default=0)

    def _columns_known(self, names: Sequence[str]) -> int:
        mapping = self._mapping_of(names, 1)
        if mapping is not None:
            own = {column_key(name) for name in names}
            read = [column for each in mapping.document.facts.values() for column in each.column or ()]
            return sum(column_key(column) in own for column in read) if self._known.mapped_by(mapping) else 0
        return self._known.count(names)

    def rows_in(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """Yield the cells of lines that may be headers."""
        for line in lines:
            yield self._names_in(line)

    def header_among(self, rows: Sequence[Sequence[str]]) -> int | None:
        """Return the place of the row that is the header: the one with the most known columns."""
        counts = [self._columns_known(names) for names in rows]
        best = max(counts, default=0)
        return counts.index(best) if best else None

    def _header_line(self, lines: Sequence[str]) -> int:
        place = self.header_among([self._names_in(line) for line in lines])
        return 1 + (place if place is not None else _first_filled(lines))

    def _mapping_of(self, names: Sequence[str], line: int) -> NamedMapping | None:
        if self._named is not None:
            return self._named
        found = recognised(self._candidates, names)
        return found[0] if len(found) == 1 and self._known.mapped_by(found[0]) else None

    def _of_facts(self, table: Table) -> Layout:
        columns: dict[str, list[str]] = {}
        for name in table.names:
            fact = self._known.fact(name) if name else None
            if fact is not None:
                columns.setdefault(fact, []).append(name)
        problems = [
            Problem(
                "duplicate-name",
                f"{len(names)} columns are `{fact}`: {', '.join(f'`{found_text(name)}`' for name in names)}",
                found=found_text(names[1]),
                remedy="take out, or rename, all but one of them",
            )
            for fact, names in columns.items()
            if len(names) > 1
        ]
        if not columns:
            problems = [self._nothing_known(table)]
        if problems:
            raise DocumentError(
                [each.at(file=self._file, line=table.line or None, column=None) for each in problems]
            )
        sources = {fact: ColumnSource.model_construct(column=names) for fact, names in columns.items()}
        mapped = self._with_stated(ColumnMap(sources, list_separator=LIST_SEPARATOR))
        return mapped_layout(mapped, table, self._model, self._zone, self._entities)

    def _nothing_known(self, table: Table) -> Problem:
        shown = [name for name in table.names if name]
        names = ", ".join(f"`{found_text(name)}`" for name in shown[:30])
        return Problem(
            "unknown-columns",
            f"none of the columns is a fact of `{self._known.entity}`; they are {names}",
            found=found_text(shown[0]) if shown else None,
            nearest=nearest_name(shown[0][:200], self._known.names) if shown else None,
            remedy="name the columns after facts, which `fairlead facts` lists, or give a `--mapping`",
        )


def _called(fact: Fact) -> Iterator[str]:
    yield fact.name
    yield fact.short
    yield fact.short.replace("_", " ")
    yield from fact.title.values()


def _first_filled(lines: Sequence[str]) -> int:
    return next((place for place, line in enumerate(lines) if line.strip()), 0)
