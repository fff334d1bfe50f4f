"""Score Parquet files of growing size; print times, rates, memory, and where columns begin to win.

Run it from the repository: `python -m benchmarks.columns_files` (needs `fairlead` with the extra `columns`,
and some 6 GB on the disk for 100 million leads). Each run is a process of its own.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb
import ibis
import polars as pl
import pyarrow.parquet
from benchmarks.columns import AS_OF, DECISIONS, leads_table
from benchmarks.machine import command, machine, measured

import fairlead
from fairlead.columns import query
from fairlead.columns.on_ibis import sql_of

#: leads that are made, and written as one row group, at a time
TOGETHER = 1_000_000


def write_leads(path: Path, count: int) -> None:
    """Write seeded leads as Parquet, with ids."""
    writer: pyarrow.parquet.ParquetWriter | None = None
    for first in range(0, count, TOGETHER):
        leads = leads_table(min(TOGETHER, count - first), seed=20261121 + first)
        numbers = pl.int_range(first, first + leads.height, eager=True).cast(pl.String)
        budget = pl.col("lead.budget").cast(pl.Struct({"amount": pl.Decimal(18, 2), "currency": pl.String}))
        table = leads.with_columns(
            ("L-" + numbers).alias("lead.id"), pl.col("lead.channel").cast(pl.String), budget
        ).to_arrow()
        writer = writer or pyarrow.parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def by_command(source: Path, target: Path, engine: str) -> list[str]:
    """Return the command that evaluates a file."""
    line = [*command(), "evaluate", "medical-travel/lead-scoring", "--as-of", AS_OF.isoformat()]
    line += ["--decisions", ",".join(DECISIONS), "--engine", engine]
    return [*line, "--input", str(source), "--output", str(target)]


def by_query(source: Path, target: Path) -> list[str]:
    """Return the command that does it as a query on DuckDB: values, reasons and misfits."""
    return [sys.executable, "-m", "benchmarks.columns_files", "--query", str(source), str(target)]


def run_query(source: str, target: str) -> None:
    """Score a file by a query that reads Parquet and writes Parquet."""
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2; SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
        connection.read_parquet(source).create_view("leads")
        schema = ibis.Schema.from_pyarrow(pyarrow.parquet.read_schema(source))
        made = query(
            fairlead.load("medical-travel/lead-scoring").ruleset,
            ibis.table(schema, name="leads"),
            AS_OF,
            select=DECISIONS,
            keep=["lead.id"],
            back_end="duckdb",
        )
        connection.sql(sql_of(made, "duckdb")).write_parquet(target)


def counted(path: Path) -> list[tuple[object, ...]]:
    """Return how many leads have each score and band."""
    with duckdb.connect() as connection:
        groups = connection.read_parquet(str(path)).aggregate('"lead.score", "lead.band", count(*)')
        return sorted(groups.fetchall(), key=str)


def growth(folder: Path, sizes: Sequence[int]) -> None:
    """Print how time and memory grow with the file."""
    ways = {"fairlead evaluate --engine columns": "columns", "query on DuckDB": "query"}
    print(f"\n{'':38}{'rows':>14}{'seconds':>10}{'million rows/s':>16}{'peak MB':>10}")
    for size in sizes:
        source, answers = folder / "leads.parquet", []
        write_leads(source, size)
        for name, way in ways.items():
            target = folder / f"{way}.parquet"
            line = by_query(source, target) if way == "query" else by_command(source, target, way)
            seconds, megabytes = measured(line)
            print(f"{name:38}{size:>14,}{seconds:>10.1f}{size / seconds / 1e6:>16.2f}{megabytes:>10,.0f}")
            answers.append(counted(target))
            target.unlink()
        if answers[0] != answers[1]:
            sys.exit("the two give other scores")
    print("both give each score and band to as many leads")


def crossover(folder: Path, sizes: Sequence[int], runs: int) -> None:
    """Print both engines of the command on small files, their start included."""
    print(f"\n{'rows':>10}{'row, s':>10}{'columns, s':>12}{'row / columns':>16}{'row, rows/s':>14}")
    wins = None
    for size in sizes:
        source = folder / "leads.parquet"
        write_leads(source, size)
        times: dict[str, list[float]] = {"row": [], "columns": []}
        for _ in range(runs):
            for engine, taken in times.items():
                taken.append(measured(by_command(source, folder / f"{engine}.parquet", engine))[0])
        if counted(folder / "row.parquet") != counted(folder / "columns.parquet"):
            sys.exit("the two engines give other scores")
        row, columns = (statistics.median(taken) for taken in times.values())
        ratio = statistics.median(a / b for a, b in zip(*times.values(), strict=True))
        print(f"{size:>10,}{row:>10.2f}{columns:>12.2f}{ratio:>16.2f}{size / row:>14,.0f}")
        if ratio > 1 and wins is None:
            wins = size
    print(f"columns win from {wins:,} rows on" if wins else "columns do not win")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.columns_files", description=__doc__)
    parser.add_argument("--sizes", default="1000000,10000000,100000000", help="how many leads, by commas")
    parser.add_argument(
        "--small", default="1000,3000,10000,20000,30000,50000,100000", help="sizes for the crossover"
    )
    parser.add_argument("--runs", type=int, default=5, help="runs of each engine on small files (default 5)")
    parser.add_argument("--query", nargs=2, metavar=("FILE", "TARGET"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.query:
        run_query(*options.query)
        return
    print(machine())
    print(f"polars {pl.__version__}; duckdb {duckdb.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        if options.small:
            crossover(Path(folder), [int(each) for each in options.small.split(",")], options.runs)
        if options.sizes:
            growth(Path(folder), [int(each) for each in options.sizes.split(",")])


if __name__ == "__main__":
    main()
