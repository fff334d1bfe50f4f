# ruff: noqa: INP001, T201 - a script beside its data, which prints a table
"""Score the bank's clients with `fairlead evaluate`, and print what share of each band said yes.

`python bank/lift.py BANK-FULL.csv`, in docs/examples. A lift is the share of a group that said yes, over
the share of all.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
from collections import Counter
from itertools import accumulate
from pathlib import Path

PROJECT = Path(__file__).resolve().parent
BANDS = "ABCDE"


def bands_of(source: Path) -> list[str]:
    """Return the band of each client, in the order of the file."""
    with tempfile.TemporaryDirectory() as folder:
        scores = Path(folder) / "scores.csv"
        command = ["fairlead", "evaluate", str(PROJECT), "--input", str(source), "--output", str(scores)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - the reader's own paths
        with scores.open(encoding="utf-8", newline="") as lines:
            return [row["client.band"] for row in csv.DictReader(lines)]


def answers_of(source: Path) -> list[bool]:
    """Return whether each client said yes, in the order of the file."""
    with source.open(encoding="utf-8", newline="") as lines:
        return [row["y"] == "yes" for row in csv.DictReader(lines)]


def table(bands: list[str], answers: list[bool]) -> list[str]:
    """Return the lines of a table by band; the last columns are about a band and all above it."""
    clients = Counter(bands)
    yes = Counter(band for band, answer in zip(bands, answers, strict=True) if answer)
    every, share = len(answers), sum(answers) / len(answers)
    lines = [
        "| band | clients | said yes | share | lift | with the bands above | of all yes | lift |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    counts = ((clients[band], yes[band]) for band in BANDS)
    sums = accumulate(counts, lambda before, now: (before[0] + now[0], before[1] + now[1]))
    for band, (clients_above, yes_above) in zip(BANDS, sums, strict=True):
        own = yes[band] / clients[band]
        lines.append(
            f"| {band} | {clients[band]:,} | {yes[band]:,} | {own:.1%} | {own / share:.2f} "
            f"| {clients_above / every:.1%} of clients | {yes_above / sum(answers):.1%} "
            f"| {yes_above / clients_above / share:.2f} |"
        )
    lines.append(f"| all | {every:,} | {sum(answers):,} | {share:.1%} | 1.00 | | | |")
    return lines


def main() -> int:
    """Print the table; return the exit code."""
    if len(sys.argv) != 2:
        print("usage: python bank/lift.py BANK-FULL.csv", file=sys.stderr)
        return 2
    source = Path(sys.argv[1])
    print("\n".join(table(bands_of(source), answers_of(source))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
