"""Score the same leads with Fairlead, a hand-written function and other engines; print rates and ratios.

Run it from the repository: `python -m benchmarks.lead_scoring` (needs the extra `bench`).
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import json
import random
import statistics
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.handwritten import score_lead
from benchmarks.leads import Lead, synthetic_leads
from benchmarks.machine import machine
from benchmarks.peers import Answer, Contender, datalogic, datalogic_session, json_logic_qubit, zen_engine

AS_OF = dt.date(2026, 11, 21)
DECISIONS = ["lead.score", "lead.band"]

#: leads scored by one contender before the next has its turn: short, so that a slow moment hits all alike
BLOCK = 1_000

FAIRLEAD = "fairlead"
CHECKED = "fairlead, input checked"
HANDWRITTEN = "hand-written"

#: mode, ours, other, at least so many times as fast
TARGETS = [
    ("results kept", FAIRLEAD, HANDWRITTEN, 0.6),
    ("results discarded", FAIRLEAD, HANDWRITTEN, 0.6),
    ("results discarded", FAIRLEAD, "datalogic-py", 2.0),
    ("results discarded", FAIRLEAD, "datalogic-py, session", 2.0),
    ("results discarded", FAIRLEAD, "zen-engine", 10.0),
    ("results discarded", FAIRLEAD, "json-logic-qubit", 40.0),
    ("results discarded", CHECKED, "datalogic-py", 1.0),
    ("results discarded", CHECKED, "datalogic-py, session", 1.0),
]

#: seconds per round
Times = dict[str, list[float]]


def fairlead_contenders(leads: Sequence[Lead]) -> tuple[list[Contender], list[Lead]]:
    """Return Fairlead on checked records and with the checking included, and the checked records."""
    import fairlead

    program = fairlead.load("medical-travel/lead-scoring", select=DECISIONS)
    check, run = program.check, program.runner(as_of=AS_OF)
    number = _fairlead_version()
    contenders = [
        Contender(FAIRLEAD, number, run, _read_tuple),
        Contender(CHECKED, number, lambda raw: run(check(raw)), _read_tuple),
    ]
    return contenders, [check(lead) for lead in leads]


def _fairlead_version() -> str:
    try:
        return version("fairlead")
    except PackageNotFoundError:
        return "checkout"


def _read_tuple(result: tuple[dict[str, Any], list[str], int]) -> Answer:
    decisions, reasons, _ = result
    return decisions["lead.score"], decisions["lead.band"], reasons


def time_discarded(contenders: Sequence[Contender], inputs: dict[str, Sequence[Lead]], rounds: int) -> Times:
    """Time each contender over all leads, dropping each result at once.

    They take turns at blocks of leads, in an order drawn anew, so that nobody always comes after the same.
    """
    times: Times = {contender.name: [] for contender in contenders}
    order, rng = list(contenders), random.Random(1)
    for _ in range(rounds):
        totals = dict.fromkeys(times, 0.0)
        size = len(next(iter(inputs.values())))
        for start in range(0, size, BLOCK):
            rng.shuffle(order)
            for contender in order:
                block = inputs[contender.name][start : start + BLOCK]
                totals[contender.name] += _discard(contender.score, block)
        for name, seconds in totals.items():
            times[name].append(seconds)
    return times


def _discard(score: Callable[[Lead], Any], leads: Sequence[Lead]) -> float:
    # read once outside the time: else who comes first after another input pays for fetching it from memory
    for lead in leads:
        for facts in lead.values():
            list(facts.values())
    start = perf_counter()
    for lead in leads:
        score(lead)
    return perf_counter() - start


def time_kept(contenders: Sequence[Contender], inputs: dict[str, Sequence[Lead]], rounds: int) -> Times:
    """Time each contender over all leads, keeping every result in one list.

    The garbage collector runs as in any program (enabled, default thresholds): walking the kept results
    is part of the time. It is called before each turn so that nobody pays for the turn before.
    """
    times: Times = {contender.name: [] for contender in contenders}
    for number in range(rounds):
        for contender in contenders if number % 2 == 0 else reversed(contenders):
            gc.collect()
            times[contender.name].append(_keep(contender.score, inputs[contender.name]))
    return times


def _keep(score: Callable[[Lead], Any], leads: Sequence[Lead]) -> float:
    kept = []
    start = perf_counter()
    for lead in leads:
        kept.append(score(lead))  # noqa: PERF401  # what is measured is a caller that appends
    return perf_counter() - start


def differences(contenders: Sequence[Contender], inputs: dict[str, Sequence[Lead]]) -> list[str]:
    """Return, for each contender that answers any lead otherwise than by hand, the first such lead."""
    expected = [_read_tuple(score_lead(lead)) for lead in inputs[HANDWRITTEN]]
    found = []
    for contender in contenders:
        for lead, wanted in zip(inputs[contender.name], expected, strict=True):
            answer = contender.answer(contender.score(lead))
            if answer != wanted:
                found.append(f"{contender.name}: {json.dumps(lead, default=str)}: {answer}, not {wanted}")
                break
    return found


def ratio(times: Times, ours: str, other: str) -> float:
    """Return how many times as fast as `other` ours is: the median over the rounds."""
    return statistics.median(slow / fast for fast, slow in zip(times[ours], times[other], strict=True))


def print_times(title: str, times: Times, count: int) -> None:
    """Print leads a second and nanoseconds a lead (median, lowest and highest round) for each contender."""
    print(f"\n{title}")
    print(f"{'engine':26}{'leads/s':>12}{'ns/lead':>10}{'lowest':>10}{'highest':>10}{'fairlead is':>14}")
    for name, seconds in times.items():
        each = [second / count * 1e9 for second in seconds]
        middle = statistics.median(each)
        against = f"{ratio(times, FAIRLEAD, name):.2f} x" if FAIRLEAD in times else ""
        spread = f"{min(each):>10,.0f}{max(each):>10,.0f}"
        print(f"{name:26}{1e9 / middle:>12,.0f}{middle:>10,.0f}{spread}{against:>14}")


def print_targets(modes: dict[str, Times]) -> None:
    """Print each demand of the project with the ratio measured."""
    print(f"\n{'demand':64}{'at least':>10}{'measured':>10}")
    for mode, ours, other, least in TARGETS:
        times = modes[mode]
        if ours in times and other in times:
            measured = ratio(times, ours, other)
            verdict = "" if measured >= least else "  missed"
            print(f"{f'{ours} / {other}, {mode}':64}{least:>10.1f}{measured:>10.2f}{verdict}")


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lead_scoring", description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000, help="how many leads (default 100000)")
    parser.add_argument("--rounds", type=int, default=7, help="rounds, results discarded (default 7)")
    parser.add_argument("--kept-rounds", type=int, default=15, help="rounds, results kept (default 15)")
    parser.add_argument("--without", nargs="*", default=[], metavar="NAME", help="engines to leave out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all times to FILE too")
    return parser.parse_args()


def main() -> int:
    """Run the benchmark; return 1 where the engines' answers differ, else 0."""
    options = arguments()
    leads = list(synthetic_leads(options.leads))
    contenders = [Contender(HANDWRITTEN, "", score_lead, _read_tuple)]
    inputs: dict[str, Sequence[Lead]] = {}
    if FAIRLEAD not in options.without:
        ours, checked = fairlead_contenders(leads)
        contenders = [*ours, *contenders]
        inputs[FAIRLEAD] = checked
    peers = [datalogic, datalogic_session, zen_engine, json_logic_qubit]
    contenders += [peer for peer in (make() for make in peers) if peer.name not in options.without]
    for contender in contenders:
        inputs.setdefault(contender.name, leads)

    print(machine())
    print("; ".join(f"{c.name} {c.version}".strip() for c in contenders))
    wrong = differences(contenders, inputs)
    if wrong:
        print("the answers differ:", *wrong, sep="\n", file=sys.stderr)
        return 1
    print(f"{options.leads:,} leads; score, band and reasons are the same from all engines for every lead")

    discarded = time_discarded(contenders, inputs, options.rounds)
    print_times(f"results discarded, {options.rounds} rounds", discarded, options.leads)
    keepers = [contender for contender in contenders if contender.name in (FAIRLEAD, HANDWRITTEN)]
    kept = time_kept(keepers, inputs, options.kept_rounds)
    print_times(f"results kept, {options.kept_rounds} rounds", kept, options.leads)
    modes = {"results discarded": discarded, "results kept": kept}
    if FAIRLEAD in discarded:
        print_targets(modes)
    if options.json:
        report = {
            "machine": machine(),
            "leads": options.leads,
            "versions": {c.name: c.version for c in contenders},
        }
        options.json.write_text(json.dumps({**report, "seconds": modes}, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
