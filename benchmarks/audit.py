"""How long proofs take: all shipped rulesets against all packs, one programme against one, a large table.

Run `python -m benchmarks.audit`. Seconds are of the processor, of the best of three runs, because other work
on the machine lengthens the clock; the clock's are given beside them. Nothing is asserted.
"""

from __future__ import annotations

import json
import platform
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from fairlead.audit.auditor import Subject, audit
from fairlead.audit.findings import Audit
from fairlead.audit.solver import solver_name
from fairlead.engine import Program
from fairlead.ruleset.catalogue import shipped_root
from fairlead.ruleset.load import load_ruleset
from fairlead.ruleset.policy_pack import PolicyPack, load_pack

DAY = date(2026, 11, 22)
RUNS = 3


def main() -> None:
    """Print the figures."""
    print(f"{solver_name()}, CPython {platform.python_version()}, {platform.machine()}")
    root = shipped_root()
    names = [f"medical-travel/{path.stem}" for path in sorted((root / "medical-travel").glob("*.json"))]
    names = [name for name in names if not name.endswith("/facts")]
    packs = [path.stem for path in sorted((root / "policies").glob("*.json"))]
    shown("all shipped rulesets against all packs", lambda: audited(names, packs))
    shown(
        "the runnable programme against us-stark",
        lambda: audited(["medical-travel/partner-programme"], ["us-stark"]),
    )
    for overlap in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            write_table(Path(folder), overlap=overlap)
            what = "an overlap and a gap" if overlap else "neither overlap nor gap"
            subject, pack = table(Path(folder))
            asked = partial(audit, "table", [subject], [pack], DAY)
            shown(f"a table of 1,500 rows and 7 columns, {what}", asked)


def shown(what: str, run: Callable[[], Audit]) -> None:
    """Print the seconds of the best of several runs, and the verdicts."""
    spent, clock = [], []
    for _ in range(RUNS):
        begun, cpu = time.perf_counter(), time.process_time()
        found = run()
        clock.append(time.perf_counter() - begun)
        spent.append(time.process_time() - cpu)
    verdicts = Counter(str(finding.verdict) for finding in found.findings)
    print(f"{what}: {min(spent):.2f} s of the processor, {min(clock):.2f} s; {dict(verdicts)}")


def audited(names: list[str], packs: list[str]) -> Audit:
    """Audit shipped rulesets."""
    subjects = [Subject(ruleset := load_ruleset(name), Program(ruleset)) for name in names]
    typed = [load_pack(pack, model=subjects[0].ruleset.model) for pack in packs]
    return audit("shipped", subjects, typed, DAY)


def table(folder: Path) -> tuple[Subject, PolicyPack]:
    """Return the large table, loaded and compiled, and the pack that asks for overlaps and gaps."""
    ruleset = load_ruleset("bench/table", roots=[folder])
    return Subject(ruleset, Program(ruleset)), load_pack("bench", [folder], ruleset.model)


def write_table(folder: Path, *, overlap: bool) -> None:
    """Write a fact model, a table whose rows cut a box of 7 facts into 1,500 parts, and a pack."""
    facts: dict[str, Any] = {"id": fact({"type": "text"})}
    for place in range(7):
        facts[f"f{place}"] = fact({"type": "integer", "minimum": 0, "maximum": 9999})
    # 5 * 5 * 5 * 3 * 2 * 2 = 1,500 boxes; the seventh fact is cut at another place in each
    cuts = (5, 5, 5, 3, 2, 2)
    rows = []
    for number in range(1500):
        rest, cells = number, {}
        for place, parts in enumerate(cuts):
            rest, part = divmod(rest, parts)
            width = 10_000 // parts
            last = 9999 if part == parts - 1 else (part + 1) * width - 1
            cells[f"item.f{place}"] = {"at_least": part * width, "at_most": last}
        cells["item.f6"] = {"at_least": 0, "at_most": 9999}
        rows.append({"id": f"r{number}", "cells": cells, "then": number})
    if overlap:
        rows[700]["cells"]["item.f0"] = {"at_least": 0, "at_most": 9999}  # type: ignore[index]
        rows[1400]["cells"]["item.f6"] = {"at_least": 0, "at_most": 9998}  # type: ignore[index]
    write(
        folder / "bench" / "facts.json",
        {
            "fairlead": 1,
            "kind": "fact-model",
            "name": "bench/facts",
            "version": "1.0.0",
            "title": "Items",
            "about": "Items.",
            "labels": {"outcome": "of an outcome"},
            "entities": {"item": {"title": "Item", "description": "An item.", "facts": facts}},
        },
    )
    write(
        folder / "bench" / "table.json",
        {
            "fairlead": 1,
            "kind": "ruleset",
            "name": "bench/table",
            "version": "1.0.0",
            "title": "Table",
            "about": "A large table.",
            "model": {"name": "bench/facts", "version": "1.0.0"},
            "decisions": [
                {
                    "name": "item.class",
                    "kind": "table",
                    "title": "class",
                    "result": {"type": "integer"},
                    "hit_policy": "unique",
                    "rows": rows,
                    "otherwise": "undetermined",
                }
            ],
        },
    )
    obligation = {
        "title": "table",
        "text": "Of the table.",
        "citation": "none",
        "source": "none",
        "binds": "both",
        "force": "allow_if",
        "governing": "payment",
        "confidence": "high",
        "reviewed_by": None,
    }
    write(
        folder / "policies" / "bench.json",
        {
            "fairlead": 1,
            "kind": "policy-pack",
            "name": "policies/bench",
            "version": "1.0.0",
            "title": "Bench",
            "about": "Bench.",
            "model": {"name": "bench/facts", "version": "1.0.0"},
            "entity": "item",
            "obligations": [
                {"id": kind.replace("_", "-"), **obligation, "property": {"kind": kind, "of": "all_tables"}}
                for kind in ("disjoint", "total")
            ],
        },
    )


def fact(type_: dict[str, Any]) -> dict[str, Any]:
    """Return the declaration of a fact."""
    return {**type_, "title": "fact", "description": "A fact.", "labels": [], "reviewed_by": "bench"}


def write(path: Path, document: dict[str, Any]) -> None:
    """Write a document."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")


if __name__ == "__main__":
    main()
