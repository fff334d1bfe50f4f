"""Evaluating whole tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo

import polars as pl

from fairlead.columns.backends import run_plan
from fairlead.columns.decoding import decoded_reasons, decoded_unknown
from fairlead.columns.intake import Intake, Misfit, Parse, Taken, column_name, facts_of_columns
from fairlead.columns.nodes import Node
from fairlead.columns.plan import MASK_BITS, Mark, Plan, ReasonBit, make_plan
from fairlead.columns.related import RelatedTable, aggregates_of
from fairlead.columns.terms import Rates
from fairlead.facts.model import Aggregate, Fact
from fairlead.facts.types import TEXT
from fairlead.facts.values import instant
from fairlead.problems import Problem, RecordError, UsageError
from fairlead.ruleset.typed import Ruleset

__all__ = ["Evaluated", "TableProgram"]

#: how many unfit cells an error names
_MOST_PROBLEMS = 20


@dataclass
class Evaluated:
    """The results of a table, row by row; `misfits` are the cells that do not fit their facts, by row."""

    frame: pl.DataFrame
    misfits: Mapping[int, Sequence[Misfit]] = field(default_factory=dict)


class TableProgram:
    """A ruleset for tables with the given columns, as of an instant, or of the start of a day.

    `columns` are names of facts; one without a point in it is of no concern. Where they are of one entity,
    every row has it; else an entity without any value is not there. `related` are tables of related records
    by the name of their list, from which the aggregates of records with an id are computed. Without
    `check_all` only values that decisions read are checked. Raises UsageError for a column that is no fact,
    and with everything in the ruleset that columns cannot compute exactly.
    """

    def __init__(
        self,
        ruleset: Ruleset,
        columns: Iterable[str],
        as_of: date,
        *,
        zone: tzinfo = UTC,
        select: Iterable[str] | None = None,
        rates: Rates | None = None,
        parser: Callable[[Fact | Aggregate, tzinfo], Parse] | None = None,
        related: Mapping[str, pl.DataFrame] | None = None,
        check_all: bool = True,
    ) -> None:
        facts = facts_of_columns(ruleset.model, list(columns))
        lists = related or {}
        computed = aggregates_of(ruleset, facts, lists)
        _check_stated(facts, computed)
        keys = {name.partition(".")[0] for name in facts}
        moment, day = moment_and_day(as_of, zone)
        self.plan: Plan = make_plan(
            ruleset,
            moment,
            day,
            select=select,
            available=facts.keys() | computed.keys(),
            entities=keys if len(keys) == 1 else None,
            rates=rates,
        )
        self._intake = Intake(facts, zone, parser)
        self._computed = {name: each for name, each in computed.items() if name in self.plan.facts}
        self._values = self.plan.read_values()
        self._check_all = check_all
        self._related = {
            name: RelatedTable(ruleset, frame, zone, moment, day) for name, frame in lists.items()
        }

    @property
    def reason_bits(self) -> tuple[ReasonBit, ...]:
        """What the bits of the mask of reasons mean."""
        return tuple(bit for bit, _ in self.plan.reasons)

    @property
    def unknown_bits(self) -> tuple[Mark, ...]:
        """What the bits of the mask of what is unknown mean."""
        return tuple(mark for mark, _ in self.plan.marks)

    def read(self, frame: pl.DataFrame, engine: str = "polars") -> Taken:
        """Read the facts of a frame, and compute the aggregates of the related records."""
        ids = {f"{name.partition('.')[0]}.id": TEXT for name in self._computed}
        taken = self._intake.take(
            frame,
            {**self.plan.facts, **ids},
            sorted(self.plan.present),
            values=self._values | ids.keys(),
            check_all=self._check_all,
        )
        for name, aggregate in self._computed.items():
            owners = taken.frame[column_name(f"{name.partition('.')[0]}.id", "value")]
            values = self._related[aggregate.of].series(name, aggregate, owners, engine)
            taken.frame = taken.frame.with_columns(values.alias(column_name(name, "value")))
        return taken

    def evaluate(
        self, frame: pl.DataFrame, *, engine: str = "polars", reasons: str = "mask", unknown: str = "mask"
    ) -> Evaluated:
        """Evaluate a frame.

        `reasons` and `unknown` are `none`, `mask` (columns `reasons` and `unknown` of up to 62 bits, numbered
        on as `reasons_2` where these do not do) or `names`: lists of reason codes; lists of decisions in
        `undetermined` and `conflicts`, and of rows in `unknown_rows`. Rows with misfits have no results.
        """
        taken = self.read(frame, engine)
        return Evaluated(self.results(taken, engine=engine, reasons=reasons, unknown=unknown), taken.misfits)

    def results(
        self, taken: Taken, *, engine: str = "polars", reasons: str = "mask", unknown: str = "mask"
    ) -> pl.DataFrame:
        """Evaluate facts that were read."""
        plan = self.plan
        further: dict[str, Node] = {}
        if reasons != "none":
            further |= named_masks("reasons", plan.masks([test for _, test in plan.reasons]))
        if unknown != "none":
            further |= named_masks("unknown", plan.masks([test for _, test in plan.marks]))
        if reasons == "names":
            ranks = ((f"#rank{place}", bit.rank) for place, (bit, _) in enumerate(plan.reasons))
            further |= {name: rank for name, rank in ranks if rank is not None}
        if unknown == "names":
            further |= named_masks("#hits", plan.masks([test for _, test in plan.hits]))
        frame = run_plan(engine, plan, taken, plan.outputs, further)
        if reasons == "names":
            frame = decoded_reasons(frame, plan)
        if unknown == "names":
            frame = decoded_unknown(frame, plan)
        if taken.misfits:
            unfit = pl.Series(sorted(taken.misfits), dtype=pl.Int64).implode()
            fits = ~pl.int_range(pl.len(), dtype=pl.Int64).is_in(unfit)
            frame = frame.select(pl.when(fits).then(pl.col(name)).alias(name) for name in frame.columns)
        return frame


def _check_stated(facts: Iterable[str], computed: Mapping[str, Aggregate]) -> None:
    problems = [
        Problem(
            "stated-twice",
            f"`{name}` is stated, and also the records in `{computed[name].of}` that it is computed from",
            found=name,
            remedy="leave out one of them",
        )
        for name in facts
        if name in computed
    ]
    if problems:
        raise UsageError(problems)


def named_masks(name: str, masks: Sequence[Node]) -> dict[str, Node]:
    """Return masks by the names of their columns."""
    return {mask_name(name, place): mask for place, mask in enumerate(masks)}


def mask_name(name: str, place: int) -> str:
    """Return the name of the mask column at a place; each holds MASK_BITS bits."""
    assert MASK_BITS < 63
    return name if place == 0 else f"{name}_{place + 1}"


def moment_and_day(as_of: date, zone: tzinfo) -> tuple[datetime, date]:
    """Return the instant in UTC, and its day in the zone, of an instant or the start of a day."""
    if isinstance(as_of, datetime):
        moment = instant(as_of, zone)
        return moment, moment.astimezone(zone).date()
    return instant(datetime.combine(as_of, time()), zone), as_of


def misfits_error(misfits: Mapping[int, Sequence[Misfit]]) -> RecordError:
    """Return the error that names the first unfit cells of a table, with their rows from 1."""
    problems: list[Problem] = []
    for row in sorted(misfits):
        problems += [
            each.unfit.problem(each.name, "/" + each.name.replace(".", "/")).at(
                file=None, line=row + 1, column=None
            )
            for each in misfits[row]
        ]
        if len(problems) >= _MOST_PROBLEMS:
            break
    return RecordError(problems[:_MOST_PROBLEMS])
