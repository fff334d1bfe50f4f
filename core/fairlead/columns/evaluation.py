"""Evaluating whole tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, tzinfo

import polars as pl

from fairlead.columns.backends import run_plan
from fairlead.columns.decoding import decoded_causes, decoded_missing, decoded_reasons, decoded_unknown
from fairlead.columns.intake import Intake, Misfit, Parse, Taken, column_name, facts_of_columns
from fairlead.columns.moments import add_moments, check_moments, moment_and_day
from fairlead.columns.nodes import Node
from fairlead.columns.plan import MASK_BITS, Mark, Plan, ReasonBit, make_plan
from fairlead.columns.related import RelatedTable, aggregates_of, check_stated
from fairlead.columns.terms import Rates
from fairlead.facts.model import Aggregate, Fact
from fairlead.facts.types import TEXT
from fairlead.problems import Problem, RecordError, UsageError, nearest_name
from fairlead.ruleset.typed import Ruleset

__all__ = ["Evaluated", "TableProgram"]

#: how many unfit cells an error names
_MOST_PROBLEMS = 20

#: the forms that reasons, and what is unknown, can have
_REASONS = ("none", "mask", "names")
_UNKNOWN = ("none", "mask", "names", "missing", "causes")


@dataclass
class Evaluated:
    """The results of a table, row by row; `misfits` are the cells that do not fit their facts, by row."""

    frame: pl.DataFrame
    misfits: Mapping[int, Sequence[Misfit]] = field(default_factory=dict)


class TableProgram:
    """A ruleset for tables with the given columns, as of an instant, or of the start of a day.

    `as_of` may also be the name of a column of dates or date-times, by which each row is decided as of its
    own moment: it need be no fact, and a row where it is absent or no moment does not fit.
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
        as_of: date | str,
        *,
        zone: tzinfo = UTC,
        select: Iterable[str] | None = None,
        rates: Rates | None = None,
        parser: Callable[[Fact | Aggregate, tzinfo], Parse] | None = None,
        related: Mapping[str, pl.DataFrame] | None = None,
        check_all: bool = True,
    ) -> None:
        names = list(columns)
        facts = facts_of_columns(ruleset.model, names)
        lists = related or {}
        computed = aggregates_of(ruleset, facts, lists)
        check_stated(facts, computed)
        keys = {name.partition(".")[0] for name in facts}
        self._moments = as_of if isinstance(as_of, str) else None
        self._zone = zone
        moment, day = None, None
        if isinstance(as_of, str):
            check_moments(as_of, names)
        else:
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
        self._values_by_form: dict[str, set[str]] = {}
        self._check_all = check_all
        self._related = {
            name: RelatedTable(ruleset, frame, zone, moment, day, parser) for name, frame in lists.items()
        }

    @property
    def reason_bits(self) -> tuple[ReasonBit, ...]:
        """What the bits of the mask of reasons mean."""
        return tuple(bit for bit, _ in self.plan.reasons)

    @property
    def unknown_bits(self) -> tuple[Mark, ...]:
        """What the bits of the mask of what is unknown mean."""
        return tuple(mark for mark, _ in self.plan.marks)

    def read(self, frame: pl.DataFrame, engine: str = "polars", *, unknown: str = "mask") -> Taken:
        """Read the facts of a frame, and compute the aggregates of the related records.

        `unknown` is what `results` will be asked for: causes can depend on values that nothing else reads.
        """
        ids = {f"{name.partition('.')[0]}.id": TEXT for name in self._computed}
        values = frozenset(self._values_for(unknown) | ids.keys())
        taken = self._intake.take(
            frame,
            {**self.plan.facts, **ids},
            sorted(self.plan.present),
            values=values,
            check_all=self._check_all,
        )
        taken.values = values
        if self._moments is not None:
            add_moments(taken, self._moments, frame[self._moments], self._zone)
        for name, aggregate in self._computed.items():
            identity = taken.frame[column_name(f"{name.partition('.')[0]}.id", "value")]
            owners = taken.frame.with_columns(identity.alias("owner"))
            computed = self._related[aggregate.of].series(name, aggregate, owners, engine)
            taken.frame = taken.frame.with_columns(computed.alias(column_name(name, "value")))
        return taken

    def evaluate(
        self, frame: pl.DataFrame, *, engine: str = "polars", reasons: str = "mask", unknown: str = "mask"
    ) -> Evaluated:
        """Evaluate a frame.

        `reasons` and `unknown` are `none`, `mask` (columns `reasons` and `unknown` of up to 62 bits, numbered
        on as `reasons_2` where these do not do) or `names`: lists of reason codes; lists of decisions in
        `undetermined`, and of rows in `conflicts` and `unknown_rows`. What is unknown can also be `missing`,
        one list of the facts that are absent behind undetermined decisions and unknown rows, or `causes`:
        the lists of `names`, `missing`, and in `causes` a struct (`decision`, `kind`, `subject`) for each
        cause of each undetermined decision, as `Result.undetermined` has them. Rows with misfits have no
        results. Raises UsageError for another form or engine.
        """
        taken = self.read(frame, engine, unknown=unknown)
        return Evaluated(self.results(taken, engine=engine, reasons=reasons, unknown=unknown), taken.misfits)

    def results(
        self, taken: Taken, *, engine: str = "polars", reasons: str = "mask", unknown: str = "mask"
    ) -> pl.DataFrame:
        """Evaluate facts that were read, in the forms that `evaluate` explains."""
        _check_form("reasons", reasons, _REASONS)
        _check_form("unknown", unknown, _UNKNOWN)
        assert taken.values is None or self._values_for(unknown) <= taken.values, "read for another form"
        further = further_columns(self.plan, reasons, unknown)
        frame = run_plan(engine, self.plan, taken, self.plan.outputs, further)
        frame = decoded(frame, self.plan, reasons, unknown)
        if taken.misfits:
            unfit = pl.Series(sorted(taken.misfits), dtype=pl.Int64).implode()
            fits = ~pl.int_range(pl.len(), dtype=pl.Int64).is_in(unfit)
            frame = frame.select(pl.when(fits).then(pl.col(name)).alias(name) for name in frame.columns)
        return frame

    def _values_for(self, unknown: str) -> set[str]:
        """Return the facts whose values are read where what is unknown is asked for in a form."""
        if unknown not in ("missing", "causes"):
            return self._values
        if unknown not in self._values_by_form:
            tests = [test for _, test in self.plan.missing]
            if unknown == "causes":
                tests += [test for *_, test in self.plan.causes]
            self._values_by_form[unknown] = self.plan.read_values(tests)
        return self._values_by_form[unknown]


def further_columns(plan: Plan, reasons: str, unknown: str) -> dict[str, Node]:
    """Return the columns to compute beside the results, for reasons and what is unknown in these forms."""
    found: dict[str, Node] = {}
    if reasons != "none":
        found |= named_masks("reasons", plan.masks([test for _, test in plan.reasons]))
    if reasons == "names":
        ranks = ((f"#rank{place}", bit.rank) for place, (bit, _) in enumerate(plan.reasons))
        found |= {name: rank for name, rank in ranks if rank is not None}
    if unknown in ("mask", "names", "causes"):
        found |= named_masks("unknown", plan.masks([test for _, test in plan.marks]))
    if unknown in ("names", "causes"):
        found |= named_masks("#hits", plan.masks([test for _, test in plan.hits]))
    if unknown == "causes":
        found |= named_masks("#causes", plan.masks([test for *_, test in plan.causes]))
    if unknown in ("missing", "causes"):
        found |= named_masks("#missing", plan.masks([test for _, test in plan.missing]))
    return found


def decoded(frame: pl.DataFrame, plan: Plan, reasons: str, unknown: str) -> pl.DataFrame:
    """Return results with lists in the place of the masks that `further_columns` gave for them."""
    if reasons == "names":
        frame = decoded_reasons(frame, plan)
    if unknown in ("names", "causes"):
        frame = decoded_unknown(frame, plan)
    if unknown == "causes":
        frame = decoded_causes(frame, plan)
    if unknown in ("missing", "causes"):
        frame = decoded_missing(frame, plan)
    return frame


def _check_form(option: str, form: str, allowed: tuple[str, ...]) -> None:
    if form not in allowed:
        message = f"`{option}` of a table has no form `{form}`"
        nearest = nearest_name(form, allowed)
        raise UsageError([Problem("wrong-usage", message, found=form, allowed=allowed, nearest=nearest)])


def named_masks(name: str, masks: Sequence[Node]) -> dict[str, Node]:
    """Return masks by the names of their columns."""
    return {mask_name(name, place): mask for place, mask in enumerate(masks)}


def mask_name(name: str, place: int) -> str:
    """Return the name of the mask column at a place; each holds MASK_BITS bits."""
    assert MASK_BITS < 63
    return name if place == 0 else f"{name}_{place + 1}"


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
