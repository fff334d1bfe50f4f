"""Time how long the command takes to start, compared with an empty Python program.

Run it from the repository: `python -m benchmarks.startup` (needs `fairlead` installed).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from time import perf_counter

from benchmarks.machine import command, machine

RUNS = 15
EMPTY = "python -c pass"
#: what runs, and at most how many milliseconds more than an empty program it may take
COMMANDS = {
    "fairlead --version": (["--version"], 150),
    "fairlead validate medical-travel/lead-scoring": (["validate", "medical-travel/lead-scoring"], 600),
}


def milliseconds(line: list[str]) -> float:
    """Run a command once and return how long it took."""
    start = perf_counter()
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL)  # our own command
    return (perf_counter() - start) * 1e3


def main() -> None:
    """Run the benchmark; the commands take turns, after one unmeasured run each."""
    lines = {EMPTY: [sys.executable, "-c", "pass"]}
    lines |= {title: [*command(), *words] for title, (words, _) in COMMANDS.items()}
    for line in lines.values():
        milliseconds(line)
    times: dict[str, list[float]] = {title: [] for title in lines}
    for _ in range(RUNS):
        for title, line in lines.items():
            times[title].append(milliseconds(line))

    print(machine())
    print(f"median of {RUNS} runs")
    print(f"\n{'command':50}{'ms':>8}{'more':>8}{'at most':>10}")
    base = statistics.median(times[EMPTY])
    print(f"{EMPTY:50}{base:>8.0f}")
    for title, (_, most) in COMMANDS.items():
        middle = statistics.median(times[title])
        print(f"{title:50}{middle:>8.0f}{middle - base:>8.0f}{most:>10}")


if __name__ == "__main__":
    main()
