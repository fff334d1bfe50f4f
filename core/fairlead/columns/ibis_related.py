"""Aggregates over related Ibis tables: groups by owner, joined to the owners in the expression itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import ibis
import ibis.expr.types as ir

from fairlead.columns.backends import names_of
from fairlead.columns.dialects import WIDE, Dialect
from fairlead.columns.ibis_intake import IbisIntake
from fairlead.columns.intake import column_name, facts_of_columns
from fairlead.columns.nodes import Kind
from fairlead.columns.on_ibis import IbisEmitter, integer_type
from fairlead.columns.plan import AS_OF, AS_OF_DATE, Plan
from fairlead.columns.related import NOTHING, aggregates_plan, link_of
from fairlead.columns.values import shape_of
from fairlead.facts.model import Aggregate
from fairlead.facts.types import INT64_HIGH, INT64_LOW, IntegerType
from fairlead.ruleset.typed import Ruleset

__all__ = ["RelatedQuery"]

_OWNER, _UNFIT = "#owner", "#unfit"


@dataclass(frozen=True, slots=True)
class RelatedQuery:
    """A table of related records: their own facts, and the id of what they belong to.

    `as_of` and `as_of_date` are None where each owner has its own, in its columns.
    """

    ruleset: Ruleset
    table: ir.Table
    dialect: Dialect
    as_of: datetime | None
    as_of_date: date | None
    check: bool

    def joined(self, owners: ir.Table, aggregates: Mapping[str, Aggregate]) -> ir.Table:
        """Return the owners with columns of the aggregates, whose names begin with the owner's key.

        An owner is a `misfit` as well where a record of its own does not fit, or has the id of another.
        Raises UsageError for what columns cannot compute exactly.
        """
        by_key: dict[str, dict[str, Aggregate]] = {}
        for name, aggregate in aggregates.items():
            by_key.setdefault(name.partition(".")[0], {})[name] = aggregate
        for key, own in by_key.items():
            owners = self._joined(owners, column_name(f"{key}.id", "value"), own)
        return owners

    def _joined(self, owners: ir.Table, identity: str, aggregates: Mapping[str, Aggregate]) -> ir.Table:
        listed = list(aggregates.values())
        facts = facts_of_columns(self.ruleset.model, self.table.columns)
        plan, roots = aggregates_plan(self.ruleset, listed, facts, self.as_of, self.as_of_date)
        link = link_of(self.ruleset, listed[0], facts)
        rows = self._rows(plan, link, f"{listed[0].record}.id")
        times = [column_name(each, "value") for each in (AS_OF, AS_OF_DATE) if each in plan.facts]
        if times:
            # an owner that is there for several moments has an aggregate for each
            moments = owners.select(owners[identity].name(_OWNER), *times).distinct()
            rows = rows.join(moments, _OWNER)
        emitter = IbisEmitter(rows, names_of(plan), self.dialect)
        emitter.run([node for pair in roots for node in pair])
        made = {
            f"#{part}{place}": emitter.column(node)
            for place, pair in enumerate(roots)
            for part, node in zip(("state", "value"), pair, strict=True)
        }
        counted = emitter.table.select(_OWNER, _UNFIT, *times, **made)
        groups = self._groups(counted, [_OWNER, *times], listed)
        pairs = [(identity, _OWNER), *zip(times, times, strict=True)]
        joined = owners.left_join(groups, [owners[own] == groups[f"{other}#"] for own, other in pairs])
        kept = {name: owners[name] for name in owners.columns if name != "misfit"}
        computed = {
            column_name(name, "value"): self._computed(owners[identity], groups, place, aggregate)
            for place, (name, aggregate) in enumerate(aggregates.items())
        }
        misfit = owners["misfit"]
        if self.check:
            misfit = misfit | ibis.coalesce(groups[_UNFIT], False)
        return joined.select(**kept, **computed, misfit=misfit)

    def _rows(self, plan: Plan, link: str, identity: str) -> ir.Table:
        """Return the facts of the related records with their owner, and whether one does not fit."""
        facts = facts_of_columns(self.ruleset.model, self.table.columns)
        asked = (*plan.facts, link, identity) if self.check else (*plan.facts, link)
        wanted = [name for name in asked if name in facts]
        intake = IbisIntake(self.table, self.dialect, check=self.check)
        intake.take({name: facts[name] for name in wanted}, wanted)
        unfit: Any = ibis.literal(value=False)
        if self.check:
            unfit = intake.misfit()
            if identity in facts:
                own = self.table[identity].nullif("")
                unfit = unfit | (own.count().over(group_by=own) > 1)
        owner = intake.parts[column_name(link, "value")]
        rows = self.table.select(**intake.parts, **{_OWNER: owner, _UNFIT: unfit})
        return rows.filter(rows[_OWNER].notnull())

    def _groups(self, rows: ir.Table, keys: Sequence[str], aggregates: Sequence[Aggregate]) -> ir.Table:
        """Return a row for each owner, or owner and moment; an aggregate is null where it is unknown."""
        made: dict[str, Any] = {_UNFIT: rows.count(where=rows[_UNFIT]) > 0}
        for place, aggregate in enumerate(aggregates):
            state, value = rows[f"#state{place}"], rows[f"#value{place}"]
            known = rows.count(where=state.isnull()) == 0
            match aggregate.function:
                case "count":
                    found = rows.count(where=state)
                case "exists":
                    found = rows.count(where=state) > 0
                case "sum":
                    wide = value if value.type() == WIDE else self.dialect.to_wide(value)
                    found = ibis.coalesce(wide.sum(where=state), self.dialect.wide_literal(0))
                case "earliest":
                    found = value.min(where=state)
                case _:
                    found = value.max(where=state)
            if aggregate.value is not None:
                known = known & (rows.count(where=state & value.isnull()) == 0)
            if aggregate.function == "sum" and isinstance(aggregate.type, IntegerType):
                low, high = map(self.dialect.wide_literal, (INT64_LOW, INT64_HIGH))
                known = known & found.between(low, high)
            made[f"#found{place}"] = ibis.cases((known, found), else_=self.dialect.null(found.type()))
        grouped = rows.group_by(list(keys)).aggregate(**made)
        # other names than the owners have
        return grouped.rename({f"{key}#": key for key in keys})

    def _computed(self, owner: Any, groups: ir.Table, place: int, aggregate: Aggregate) -> Any:
        """Return an aggregate in the type that the algebra has it in; absent where the owner's id is."""
        found = groups[f"#found{place}"]
        (shape,) = shape_of(aggregate.type)
        if shape.kind is Kind.NUMBER:
            wanted = integer_type(*shape.reach)
            if found.type() == WIDE != wanted:
                found = self.dialect.from_wide(found, wanted)
            elif found.type() != wanted:
                found = self.dialect.to_wide(found) if wanted == WIDE else found.cast(wanted)
        nothing = NOTHING.get(aggregate.function)
        if nothing is None:
            return found
        none: Any = ibis.literal(value=False)
        if shape.kind is Kind.NUMBER:
            wide = found.type() == WIDE
            none = self.dialect.wide_literal(0) if wide else ibis.literal(0, type=found.type())
        without = owner.notnull() & groups[f"{_OWNER}#"].isnull()
        return ibis.cases((without, none), else_=found)
