"""Write the corpus of decisions that a release is held to: `python tests/corpus/make_corpus.py 0.1.0`.

Made once for each release, from the scenarios of the shipped rulesets that score or reward: each record as it
is, and without one of its facts. Older corpora stay: what was decided once is decided so again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import fairlead
from fairlead.engine import json_value
from fairlead.ruleset.catalogue import shipped_root
from fairlead.ruleset.typed import Reward, Scorecard

HERE = Path(__file__).resolve().parent
#: variants of one scenario besides itself
_MOST_VARIANTS = 1


def main(release: str) -> None:
    """Write `decisions-RELEASE.jsonl`; one that is there already is kept."""
    path = HERE / f"decisions-{release}.jsonl"
    if path.exists():
        sys.exit(f"{path.name} is there already: what was released is not changed")
    lines = [json.dumps(case, ensure_ascii=False, sort_keys=True) for case in _cases()]
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    sys.stdout.write(f"{len(lines)} decisions in {path.name}\n")


def _cases() -> Iterator[dict[str, Any]]:
    for path in sorted((shipped_root() / "medical-travel" / "tests").glob("*.json")):
        scenarios = json.loads(path.read_text("utf-8"))
        program = fairlead.load(scenarios["ruleset"])
        if not any(isinstance(each, Reward | Scorecard) for each in program.ruleset.decisions):
            continue
        for scenario in scenarios["scenarios"]:
            as_of = scenario.get("as_of", scenarios.get("as_of"))
            for record in _variants(scenario["given"]):
                result = program.evaluate(record, as_of=date.fromisoformat(as_of[:10]))
                yield {
                    "ruleset": program.name,
                    "version": program.ruleset.version,
                    "as_of": as_of[:10],
                    "record": record,
                    "decisions": {name: json_value(value) for name, value in result.decisions.items()},
                    "reasons": list(result.reasons),
                    "missing": list(result.missing),
                }


def _variants(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield record
    places = [(key, short) for key, facts in record.items() for short in facts if short != "id"]
    # spread over the record, the same in every run
    step = max(len(places) // _MOST_VARIANTS, 1)
    for key, short in places[::step][:_MOST_VARIANTS]:
        variant = deepcopy(record)
        del variant[key][short]
        yield variant


if __name__ == "__main__":
    main(sys.argv[1])
