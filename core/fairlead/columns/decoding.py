"""From masks to lists of names: decoded once for each combination of bits that occurs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from fairlead.columns.plan import MASK_BITS, Mark, Plan

__all__ = ["decoded_causes", "decoded_missing", "decoded_reasons", "decoded_unknown"]

_NAMES = pl.List(pl.String)
_CAUSES = pl.List(pl.Struct({"decision": pl.String, "kind": pl.String, "subject": pl.String}))


def _bits(masks: Sequence[int], count: int) -> list[int]:
    """Return the places of the bits that are set."""
    return [place for place in range(count) if masks[place // MASK_BITS] >> (place % MASK_BITS) & 1]


def _mapped(
    frame: pl.DataFrame,
    keys: Sequence[str],
    dtypes: Mapping[str, Any],
    decode: Callable[[dict[str, Any]], Any],
) -> pl.DataFrame:
    """Add columns of lists that depend on the keys alone, computed once for each combination."""
    kinds = frame.select(keys).unique().sort(keys)
    made = [decode(row) for row in kinds.to_dicts()]
    columns = [
        pl.Series(name, [row[place] for row in made], dtype=dtype)
        for place, (name, dtype) in enumerate(dtypes.items())
    ]
    if len(keys) == 1:
        places = kinds.to_series().search_sorted(frame[keys[0]])
        return frame.with_columns(column.gather(places) for column in columns)
    kinds = kinds.rename({key: f"#{key}" for key in keys}).with_columns(columns)
    return frame.join(
        kinds,
        left_on=list(keys),
        right_on=[f"#{key}" for key in keys],
        how="left",
        nulls_equal=True,
        maintain_order="left",
        suffix="#",
    )


def decoded_reasons(frame: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Replace the masks of reasons by lists of codes, in the order in which a record lists them."""
    own = {"reasons", *(f"reasons_{place}" for place in range(2, len(plan.reasons) // MASK_BITS + 2))}
    masks = [name for name in frame.columns if name in own]
    ranks = [name for name in frame.columns if name.startswith("#rank")]
    order = {name: place for place, name in enumerate(plan.ruleset.document_order)}

    def decode(row: dict[str, Any]) -> Any:
        given = []
        for place in _bits([row[name] for name in masks], len(plan.reasons)):
            bit = plan.reasons[place][0]
            given.append((order[bit.decision], row.get(f"#rank{place}", 0), place, bit.code))
        return ([code for *_, code in sorted(given)],)

    made = _mapped(frame, [*masks, *ranks], {"#codes": _NAMES}, decode)
    return made.drop(masks, ranks).rename({"#codes": "reasons"})


def decoded_unknown(frame: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Replace the masks of what is unknown by lists.

    These are decisions in `undetermined`, and rows (`lead.score/channel`) in `conflicts` and `unknown_rows`.
    """
    own = {"unknown", *(f"unknown_{place}" for place in range(2, len(plan.marks) // MASK_BITS + 2))}
    masks = [name for name in frame.columns if name in own]
    hits = [name for name in frame.columns if name.startswith("#hits")]

    def decode(row: dict[str, Any]) -> Any:
        marks = [plan.marks[place][0] for place in _bits([row[name] for name in masks], len(plan.marks))]
        conflicting = {mark.decision for mark in marks if mark.kind == "conflict"}
        true = [plan.hits[place][0] for place in _bits([row[name] for name in hits], len(plan.hits))]
        return (
            [mark.decision for mark in marks if mark.kind == "undetermined"],
            [_row_name(mark) for mark in true if mark.decision in conflicting],
            [_row_name(mark) for mark in marks if mark.kind == "row"],
        )

    names = dict.fromkeys(("undetermined", "conflicts", "unknown_rows"), _NAMES)
    return _mapped(frame, [*masks, *hits], names, decode).drop(masks, hits)


def decoded_causes(frame: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Replace the masks of causes by lists of structs, by decision and sorted as a record's are."""
    masks = [name for name in frame.columns if name.startswith("#causes")]
    causes = [
        {"decision": name, "kind": cause.kind, "subject": cause.subject} for name, cause, _ in plan.causes
    ]

    def decode(row: dict[str, Any]) -> Any:
        return ([causes[place] for place in _bits([row[name] for name in masks], len(causes))],)

    return _mapped(frame, masks, {"causes": _CAUSES}, decode).drop(masks)


def decoded_missing(frame: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Replace the masks of absent facts by lists of their names."""
    masks = [name for name in frame.columns if name.startswith("#missing")]

    def decode(row: dict[str, Any]) -> Any:
        places = _bits([row[name] for name in masks], len(plan.missing))
        return ([plan.missing[place][0] for place in places],)

    return _mapped(frame, masks, {"missing": _NAMES}, decode).drop(masks)


def _row_name(mark: Mark) -> str:
    return f"{mark.decision}/{mark.row}"
