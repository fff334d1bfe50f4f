"""Compare two versions of the lead scorecard over a Parquet file of leads, by row and as tables; print times.

Run it from the repository: `python -m benchmarks.diff_data --rows 1000000` (needs the extra `columns`). The
draft gives one row other points, with `--all` every row. Both ways have to find the same.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import polars as pl
from benchmarks.columns import AS_OF, leads_table
from benchmarks.machine import machine

from fairlead.engine import Program, load
from fairlead.files import InputFile
from fairlead.project.past_records import PastRecords, past_changes
from fairlead.ruleset.catalogue import shipped_root

NAME = "medical-travel/lead-scoring"


def draft_of(folder: Path, *, everywhere: bool) -> Program:
    """Return the scorecard with other points: of one row, or of all."""
    document = json.loads((shipped_root() / f"{NAME}.json").read_text("utf-8"))
    rows = document["decisions"][0]["rows"]
    for row in rows if everywhere else rows[:1]:
        row["points"] += 5
    if everywhere:
        document["decisions"][0]["initial"] = 1
    path = folder / "draft.json"
    path.write_text(json.dumps(document), "utf-8")
    return load(path)


def leads_file(rows: int, path: Path) -> None:
    """Write the leads of the other benchmark with ids, texts as texts."""
    budget = pl.col("lead.budget").struct
    text = budget.with_fields(budget.field("currency").cast(pl.String))
    known = pl.when(pl.col("lead.budget").is_not_null()).then(text)
    leads = leads_table(rows).with_columns(
        pl.col("lead.channel").cast(pl.String),
        known.alias("lead.budget"),
        pl.format("L{}", pl.int_range(pl.len())).alias("lead.id"),
    )
    leads.write_parquet(path)


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diff_data", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="how many leads (default 1000000)")
    parser.add_argument("--all", action="store_true", help="change the points of every row")
    parser.add_argument("--columns-only", action="store_true", help="leave the row engine out")
    options = parser.parse_args()
    print(f"{machine()}; polars {pl.__version__}, {pl.thread_pool_size()} threads")
    found, seconds = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "leads.parquet"
        # in a process of its own: its memory is not that of the comparison
        writer = get_context("spawn").Process(target=leads_file, args=(options.rows, path))
        writer.start()
        writer.join()
        old, new = load(NAME), draft_of(Path(folder), everywhere=options.all)
        for engine in ("columns", "row")[: 1 if options.columns_only else 2]:
            past = PastRecords(InputFile(str(path)), engine=engine)
            start = perf_counter()
            found[engine] = past_changes(past, AS_OF, old, new, 3)
            seconds[engine] = perf_counter() - start
            rate = options.rows / seconds[engine]
            print(f"{engine}: {seconds[engine]:.1f} s, {rate:,.0f} records a second")
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"  most memory so far: {most:,.0f} MiB")
    changes = found["columns"].changes
    print(f"{changes.compared:,} compared, {changes.changed:,} changed: {changes.by_decision}")
    if not options.columns_only:
        if json.dumps(found["row"].changes.as_json()) != json.dumps(changes.as_json()):
            raise SystemExit("the two ways find other changes")
        print(f"both find the same; row / columns: {seconds['row'] / seconds['columns']:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
