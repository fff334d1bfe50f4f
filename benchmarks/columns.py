"""Score leads as tables with Fairlead and with queries written by hand; print rates and ratios.

Run it from the repository: `python -m benchmarks.columns` (needs the extra `columns`). The leads are seeded;
facts are absent in the shares of `benchmarks/leads.py`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import resource
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb
import ibis
import numpy as np
import polars as pl
from benchmarks.columns_handwritten import DUCKDB_SCORE, polars_score, wide_query, wide_ruleset
from benchmarks.leads import ABSENT, CHANNELS, CURRENCIES, YES
from benchmarks.machine import machine

import fairlead
from fairlead.columns import TableProgram, query
from fairlead.columns.on_ibis import sql_of

AS_OF = dt.date(2026, 11, 21)
DECISIONS = ["lead.score", "lead.band"]

#: what is measured against what, and how many times as fast it must be at least
Demand = tuple[str, str, str, float]
DEMANDS: list[Demand] = [
    ("memory", "fairlead", "by hand, Polars", 0.8),
    ("Parquet", "fairlead", "by hand, DuckDB", 0.9),
    ("memory", "fairlead, reasons", "fairlead", 1 / 1.5),
    ("200 rows", "fairlead", "by hand, Polars", 0.8),
]

#: seconds of each round by contender
Times = dict[str, list[float]]


def leads_table(count: int, seed: int = 20261121) -> pl.DataFrame:
    """Return leads with the four facts that the scorecard reads, texts as categories."""
    rng = np.random.default_rng(seed)

    def present(name: str) -> pl.Series:
        return pl.Series(rng.random(count) >= ABSENT[name])

    known = {name: present(name) for name in ABSENT}
    columns = {f"lead.{name}": pl.Series(rng.random(count) < share) for name, share in YES.items()}
    channel = rng.integers(0, len(CHANNELS), count, dtype=np.uint8)
    currency = rng.integers(0, len(CURRENCIES), count, dtype=np.uint8)
    frame = pl.DataFrame(
        {
            **columns,
            "lead.channel": pl.Series(CHANNELS).cast(pl.Enum(CHANNELS)).gather(channel),
            "amount": pl.Series(rng.integers(1_000, 40_000, count)).cast(pl.Decimal(18, 2)),
            "currency": pl.Series(CURRENCIES).cast(pl.Enum(CURRENCIES)).gather(currency),
        }
    )
    budget = pl.struct("amount", "currency").alias("lead.budget")
    frame = frame.with_columns(budget).drop("amount", "currency")
    return frame.select(
        pl.when(known[name.removeprefix("lead.")]).then(pl.col(name)).alias(name) for name in frame.columns
    )


def rounds(contenders: dict[str, Callable[[], Any]], count: int) -> Times:
    """Time each contender in turn, in an order that turns about; what is made is dropped outside the time."""
    times: Times = {name: [] for name in contenders}
    for number in range(count + 1):
        names = list(contenders) if number % 2 else list(reversed(contenders))
        for name in names:
            gc.collect()
            start = perf_counter()
            made = contenders[name]()
            took = perf_counter() - start
            del made
            if number:  # the first round warms up
                times[name].append(took)
    return times


def in_memory(frame: pl.DataFrame) -> dict[str, Callable[[], Any]]:
    """Return who scores a frame in memory."""
    ruleset = fairlead.load("medical-travel/lead-scoring").ruleset
    program = TableProgram(ruleset, frame.columns, AS_OF, select=DECISIONS, check_all=False)
    checking = TableProgram(ruleset, frame.columns, AS_OF, select=DECISIONS)

    def scored(chosen: TableProgram, reasons: str, engine: str = "polars") -> Callable[[], Any]:
        return lambda: chosen.evaluate(frame, engine=engine, reasons=reasons, unknown="none")

    return {
        "by hand, Polars": lambda: polars_score(frame.lazy()).collect(),
        "fairlead": scored(program, "none"),
        "fairlead, reasons": scored(program, "mask"),
        "fairlead, reasons and unknown rows": lambda: program.evaluate(frame),
        "fairlead, reason codes": scored(program, "names"),
        "fairlead, all values checked": scored(checking, "none"),
        "fairlead on DuckDB": scored(program, "none", "duckdb"),
    }


def from_parquet(path: Path, connection: Any) -> dict[str, Callable[[], Any]]:
    """Return who scores a Parquet file into an Arrow table."""
    ruleset = fairlead.load("medical-travel/lead-scoring").ruleset
    schema = ibis.Schema.from_pyarrow(pl.scan_parquet(path).head(0).collect().to_arrow().schema)
    table = ibis.table(schema, name="leads")
    connection.execute(f"CREATE OR REPLACE VIEW leads AS FROM read_parquet('{path}')")

    def text(**options: Any) -> str:
        made = query(ruleset, table, AS_OF, select=DECISIONS, unknown=False, back_end="duckdb", **options)
        return sql_of(made.drop("misfit"), "duckdb")

    plain, reasons = text(reasons=False, check=False), text(check=False)
    checked = text(reasons=False)
    return {
        "by hand, DuckDB": lambda: connection.sql(DUCKDB_SCORE).to_arrow_table(),
        "fairlead": lambda: connection.sql(plain).to_arrow_table(),
        "fairlead, reasons": lambda: connection.sql(reasons).to_arrow_table(),
        "fairlead, values checked": lambda: connection.sql(checked).to_arrow_table(),
        "by hand, Polars": lambda: polars_score(pl.scan_parquet(path)).collect(),
    }


def of_many_rows(count: int) -> dict[str, Callable[[], Any]]:
    """Return who runs a scorecard of 200 rows over 30 facts."""
    ruleset, frame = wide_ruleset(count)
    program = TableProgram(ruleset, frame.columns, AS_OF, check_all=False)
    return {
        "by hand, Polars": lambda: frame.lazy().select(wide_query()).collect(),
        "fairlead": lambda: program.evaluate(frame, reasons="none", unknown="none"),
        "fairlead, reasons": lambda: program.evaluate(frame, unknown="none"),
    }


def print_times(title: str, times: Times, count: int) -> None:
    """Print rows a second and the spread for each contender."""
    print(f"\n{title}, {count:,} rows")
    print(f"{'':38}{'million rows/s':>16}{'median ms':>12}{'lowest':>10}{'highest':>10}")
    for name, seconds in times.items():
        middle = statistics.median(seconds)
        spread = f"{min(seconds) * 1e3:>10,.0f}{max(seconds) * 1e3:>10,.0f}"
        print(f"{name:38}{count / middle / 1e6:>16.1f}{middle * 1e3:>12,.0f}{spread}")


def print_demands(found: dict[str, Times]) -> None:
    """Print each demand with the ratio measured: the median over the rounds."""
    print(f"\n{'demand':60}{'at least':>10}{'measured':>10}")
    for mode, ours, other, least in DEMANDS:
        if mode in found:
            pairs = zip(found[mode][ours], found[mode][other], strict=True)
            measured = statistics.median(slow / fast for fast, slow in pairs)
            verdict = "" if measured >= least else "  missed"
            print(f"{f'{mode}: {ours} / {other}':60}{least:>10.2f}{measured:>10.2f}{verdict}")


def check_equal(frame: pl.DataFrame, path: Path, connection: Any) -> None:
    """Stop where the scores or bands of any contender differ."""
    wanted = counted(polars_score(frame.lazy()).collect())
    contenders = [*in_memory(frame).items(), *from_parquet(path, connection).items()]
    for name, run in contenders:
        made = run()
        table = getattr(made, "frame", made)
        if counted(table if isinstance(table, pl.DataFrame) else pl.DataFrame(table)) != wanted:
            raise SystemExit(f"{name} gives other scores")


def counted(results: pl.DataFrame) -> list[tuple[Any, ...]]:
    """Return how many leads have each score and band; readers of Parquet keep no order."""
    score, band = results.columns[:2]
    named = results.select(score=pl.col(score).cast(pl.Int64), band=pl.col(band).cast(pl.String))
    return sorted(named.group_by("score", "band").len().rows())


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.columns", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000, help="how many leads (default 10000000)")
    parser.add_argument("--wide-rows", type=int, default=1_000_000, help="rows for the ruleset of 200 rows")
    parser.add_argument("--rounds", type=int, default=9, help="rounds (default 9)")
    parser.add_argument("--threads", type=int, default=2, help="threads of DuckDB (default 2)")
    options = parser.parse_args()
    print(machine())
    print(
        f"polars {pl.__version__}; duckdb {duckdb.__version__}; ibis {ibis.__version__}; "
        f"{pl.thread_pool_size()} threads of Polars, {options.threads} of DuckDB"
    )
    frame = leads_table(options.rows)
    found: dict[str, Times] = {}
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        connection.execute(f"SET threads = {options.threads}")
        path = Path(folder) / "leads.parquet"
        frame.with_columns(pl.col("lead.channel").cast(pl.String)).write_parquet(path)
        check_equal(frame, path, connection)
        print("all give each score and band to as many leads")
        found["memory"] = rounds(in_memory(frame), options.rounds)
        print_times("from memory", found["memory"], options.rows)
        found["Parquet"] = rounds(from_parquet(path, connection), options.rounds)
        print_times("from Parquet", found["Parquet"], options.rows)
    found["200 rows"] = rounds(of_many_rows(options.wide_rows), options.rounds)
    print_times("a scorecard of 200 rows over 30 facts", found["200 rows"], options.wide_rows)
    print_demands(found)
    print(f"\nmost memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
