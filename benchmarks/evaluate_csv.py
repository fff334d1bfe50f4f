"""Run `fairlead evaluate` on a large CSV file on one core; print rows a second and peak memory.

Run it from the repository: `python -m benchmarks.evaluate_csv` (needs `fairlead` installed).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.handwritten import score_lead
from benchmarks.leads import synthetic_leads
from benchmarks.machine import command, machine, measured

FACTS = ["submitted_medical_records", "asked_for_specific_dates", "channel", "budget"]
COLUMNS = ["lead.id", *(f"lead.{fact}" for fact in FACTS)]


def write_leads(path: Path, rows: int) -> None:
    """Write `rows` synthetic leads as CSV; a fact that is not known is an empty cell."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number, record in enumerate(synthetic_leads(rows)):
            lead = record["lead"]
            budget = lead.get("budget")
            writer.writerow(
                [
                    f"L-{number}",
                    _cell(lead.get("submitted_medical_records")),
                    _cell(lead.get("asked_for_specific_dates")),
                    lead.get("channel", ""),
                    f"{budget['amount']} {budget['currency']}" if budget else "",
                ]
            )


def _cell(value: bool | None) -> str:
    return "" if value is None else str(value).lower()


def evaluate(source: Path, target: Path) -> tuple[float, float]:
    """Run `fairlead evaluate` from `source` to `target`; return seconds and peak resident MB."""
    line = [*command(), "evaluate", "medical-travel/lead-scoring", "--as-of", "2026-11-21"]
    return measured([*line, "--input", str(source), "--output", str(target)])


def check_output(path: Path, rows: int) -> None:
    """Stop unless `path` has a result for each row and, in JSON Lines, the first 1,000 are right."""
    with path.open(encoding="utf-8") as file:
        if path.suffix == ".csv":
            found = sum(1 for _ in csv.reader(file)) - 1
        else:
            found = 0
            for found, (lead, line) in enumerate(zip(synthetic_leads(1_000), file, strict=False), start=1):
                decisions, reasons, _ = score_lead(lead)
                result = json.loads(line)
                got = {name: result["decisions"][name] for name in decisions}, result["reasons"]
                if got != (decisions, reasons):
                    sys.exit(f"row {found}: {got}, not {(decisions, reasons)}")
            found += sum(1 for _ in file)
    if found != rows:
        sys.exit(f"{path.name} has {found:,} results, not {rows:,}")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evaluate_csv", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the CSV file (default 1000000)")
    parser.add_argument("--runs", type=int, default=3, help="runs for each output format (default 3)")
    options = parser.parse_args()
    print(machine())
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        print("the command may use one core")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "leads.csv")
        write_leads(source, options.rows)
        print(f"{options.rows:,} rows, {source.stat().st_size / 1e6:.0f} MB; median of {options.runs} runs")
        print(f"\n{'output':12}{'rows/s':>12}{'seconds':>10}{'lowest':>10}{'highest':>10}{'peak MB':>10}")
        for suffix, title in ((".csv", "CSV"), (".jsonl", "JSON Lines")):
            target = Path(folder, f"scores{suffix}")
            runs = [evaluate(source, target) for _ in range(options.runs)]
            check_output(target, options.rows)
            times = [seconds for seconds, _ in runs]
            middle, peak = statistics.median(times), max(megabytes for _, megabytes in runs)
            print(
                f"{title:12}{options.rows / middle:>12,.0f}{middle:>10.2f}{min(times):>10.2f}"
                f"{max(times):>10.2f}{peak:>10.0f}"
            )


if __name__ == "__main__":
    main()
