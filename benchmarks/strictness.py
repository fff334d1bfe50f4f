"""Ask JSONLogic engines twelve ordinary questions and print their answers side by side.

Run it from the repository, the first time with `--install` (it needs pip, node and npm):

    python -m benchmarks.strictness --peers ../peers --install

`--record` writes the answers to `docs/strictness.json`, which `docs/strictness.md` shows. An engine that is
not installed is left out. Each Python engine runs in a process of its own: two share one module name.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1] / "docs"

#: engine -> the version that is installed
ENGINES = {
    "json-logic-js": "2.0.5",
    "json-logic-engine": "5.0.7",
    "json-logic-qubit": "0.9.1",
    "panzi-json-logic": "1.0.1",
    "jsonlogic-rs": "0.5.0",
    "datalogic-py": "5.9.0",
}

#: engine -> its module and function in Python; the others come from npm
PYTHON_ENGINES = {
    "json-logic-qubit": ("json_logic", "jsonLogic"),
    "panzi-json-logic": ("json_logic", "jsonLogic"),
    "jsonlogic-rs": ("jsonlogic_rs", "apply"),
    "datalogic-py": ("datalogic_py", "apply"),
}

_INTEGER = {"type": "integer"}
_TEXT = {"type": "text"}
_BOOLEAN = {"type": "boolean"}

#: what is asked: a rule, the data it reads, and for Fairlead the types of its facts and of its result
CASES: list[dict[str, Any]] = [
    {
        "question": "Is null less than 2?",
        "rule": {"<": [{"var": "lead.pages"}, 2]},
        "data": {"lead": {"pages": None}},
        "facts": {"pages": _INTEGER},
        "result": _BOOLEAN,
    },
    {
        "question": "Is null equal to 0?",
        "rule": {"==": [{"var": "lead.pages"}, 0]},
        "data": {"lead": {"pages": None}},
        "facts": {"pages": _INTEGER},
        "result": _BOOLEAN,
    },
    {
        "question": "Is an empty name missing?",
        "rule": {"missing": ["lead.name"]},
        "data": {"lead": {"name": ""}},
        "facts": {"name": _TEXT},
        "result": {"type": "list", "items": _TEXT},
    },
    {
        "question": "What is 0.1 times 3?",
        "rule": {"*": [0.1, 3]},
        "data": {"lead": {}},
        "facts": {},
        "result": {"type": "decimal", "precision": 5, "scale": 1},
    },
    {
        "question": 'Is the text "10" less than 9?',
        "rule": {"<": [{"var": "lead.code"}, 9]},
        "data": {"lead": {"code": "10"}},
        "facts": {"code": _TEXT},
        "result": _BOOLEAN,
    },
    {
        "question": "Does an empty list count as true?",
        "rule": {"if": [{"var": "lead.languages"}, "yes", "no"]},
        "data": {"lead": {"languages": []}},
        "facts": {"languages": {"type": "list", "items": _TEXT}},
        "result": _TEXT,
    },
    {
        "question": 'Does the text "0" count as true?',
        "rule": {"if": [{"var": "lead.code"}, "yes", "no"]},
        "data": {"lead": {"code": "0"}},
        "facts": {"code": _TEXT},
        "result": _TEXT,
    },
    {
        "question": "Are all of no ratings above 3?",
        "rule": {"all": [{"var": "lead.ratings"}, {">": [{"var": ""}, 3]}]},
        "data": {"lead": {"ratings": []}},
        "facts": {"ratings": {"type": "list", "items": _INTEGER}},
        "result": _BOOLEAN,
    },
    {
        "question": "Does a fallback of 5 stand in for null?",
        "rule": {"var": ["lead.pages", 5]},
        "data": {"lead": {"pages": None}},
        "facts": {"pages": _INTEGER},
        "result": _INTEGER,
    },
    {
        "question": 'Is the number 1 in the text "101"?',
        "rule": {"in": [{"var": "lead.pages"}, "101"]},
        "data": {"lead": {"pages": 1}},
        "facts": {"pages": _INTEGER},
        "result": _BOOLEAN,
    },
    {
        "question": "What is the largest of nothing?",
        "rule": {"max": []},
        "data": {"lead": {}},
        "facts": {},
        "result": _INTEGER,
    },
    {
        "question": "What does -7 leave over, divided by 3?",
        "rule": {"%": [{"var": "lead.balance"}, 3]},
        "data": {"lead": {"balance": -7}},
        "facts": {"balance": _INTEGER},
        "result": _INTEGER,
    },
]

_NODE_PROGRAM = """
const name = process.argv[1], folder = process.argv[2];
const engine = require(`${folder}/node_modules/${name}`);
const apply = name === "json-logic-js"
  ? (rule, data) => engine.apply(rule, data)
  : (rule, data) => new engine.LogicEngine().run(rule, data);
const shown = value => typeof value === "number" && !Number.isFinite(value) ? String(value)
  : value === undefined ? "undefined" : JSON.stringify(value);
const cases = JSON.parse(require("fs").readFileSync(0, "utf-8"));
console.log(JSON.stringify(cases.map(({rule, data}) => {
  try { return shown(apply(rule, data)); } catch (error) { return "an error"; }
})));
"""


def answer_in_this_process(name: str) -> None:
    """Read cases from the standard input and print the answers of a Python engine."""
    module, function = PYTHON_ENGINES[name]
    apply = getattr(import_module(module), function)
    answers = []
    for case in json.load(sys.stdin):
        try:
            answers.append(json.dumps(apply(case["rule"], case["data"])))
        except Exception:  # noqa: BLE001 - an engine may raise anything
            answers.append("an error")
    print(json.dumps(answers))


def answers_of(name: str, peers: Path) -> list[str] | None:
    """Return an engine's answers as JSON texts, or None where it is not installed."""
    if name in PYTHON_ENGINES:
        folder = peers / name
        installed = folder
        command = [sys.executable, __file__, "--answer", name]
    else:
        folder = peers / "node"
        installed = folder / "node_modules" / name
        command = ["node", "-e", _NODE_PROGRAM, name, str(folder.resolve())]
    if not installed.exists():
        return None
    asked = [{"rule": case["rule"], "data": case["data"]} for case in CASES]
    run = subprocess.run(
        command,
        input=json.dumps(asked),
        env={**os.environ, "PYTHONPATH": str(folder.resolve())},
        capture_output=True,
        text=True,
        check=True,
    )
    answers: list[str] = json.loads(run.stdout)
    return answers


def install(peers: Path) -> None:
    """Install every engine under a folder, each Python engine apart from the others."""
    for name, version in ENGINES.items():
        if name in PYTHON_ENGINES:
            target = str(peers / name)
            command = [sys.executable, "-m", "pip", "install", "--target", target, f"{name}=={version}"]
        else:
            command = ["npm", "install", "--prefix", str(peers / "node"), f"{name}@{version}"]
        subprocess.run(command, check=True)


def _model(facts: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {"title": "fact", "description": "A fact.", "labels": [], "reviewed_by": None}
    declared = {short: {**type_, **said} for short, type_ in {"id": _TEXT, **facts}.items()}
    lead = {"title": "lead", "description": "A lead.", "facts": declared}
    head = {"fairlead": 1, "kind": "fact-model", "name": "asked/facts", "version": "1.0.0"}
    return {**head, "title": "Facts", "about": "What is asked.", "entities": {"lead": lead}}


def _ruleset(case: dict[str, Any]) -> dict[str, Any]:
    decision = {
        "name": "lead.answer",
        "kind": "formula",
        "title": "answer",
        "result": case["result"],
        "value": case["rule"],
    }
    head = {"fairlead": 1, "kind": "ruleset", "name": "asked/rules", "version": "1.0.0"}
    model = {"name": "asked/facts", "version": "1.0.0"}
    return {**head, "title": "Rules", "about": case["question"], "model": model, "decisions": [decision]}


def fairlead_answer(case: dict[str, Any]) -> str:
    """Return what Fairlead does: the answer as a JSON text, `unknown`, or the code of its refusal."""
    import datetime as dt

    import fairlead

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "asked").mkdir()
        (root / "asked" / "facts.json").write_text(json.dumps(_model(case["facts"])), "utf-8")
        (root / "asked" / "rules.json").write_text(json.dumps(_ruleset(case)), "utf-8")
        try:
            program = fairlead.load("asked/rules", roots=[root])
        except fairlead.DocumentError as error:
            return "refused: " + ", ".join(sorted({problem.code for problem in error.problems}))
    value = program.evaluate(case["data"], as_of=dt.date(2026, 1, 1)).decisions["lead.answer"]
    return "unknown" if value is None else json.dumps(value, default=str)


def recorded(peers: Path) -> dict[str, Any]:
    """Return every engine's answers with the versions that gave them."""
    import fairlead

    answers = {name: given for name in ENGINES if (given := answers_of(name, peers)) is not None}
    return {
        "engines": {**{name: ENGINES[name] for name in answers}, "fairlead": fairlead.__version__},
        "cases": [
            {
                "question": case["question"],
                "rule": case["rule"],
                "data": case["data"],
                "answers": {
                    **{name: given[index] for name, given in answers.items()},
                    "fairlead": fairlead_answer(case),
                },
            }
            for index, case in enumerate(CASES)
        ],
    }


def main() -> None:
    """Ask, print, and record."""
    parser = argparse.ArgumentParser(description="Ask JSONLogic engines twelve ordinary questions.")
    parser.add_argument("--peers", type=Path, default=Path("peers"), help="the folder of the engines")
    parser.add_argument("--install", action="store_true", help="install the engines there first")
    parser.add_argument("--record", action="store_true", help="write docs/strictness.json")
    parser.add_argument("--answer", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.answer:
        answer_in_this_process(options.answer)
        return
    if options.install:
        install(options.peers)
    found = recorded(options.peers)
    for case in found["cases"]:
        print(f"{case['question']}  {json.dumps(case['rule'])}")
        for name, given in case["answers"].items():
            print(f"    {name} {found['engines'][name]}: {given}")
    missing = sorted(set(ENGINES) - set(found["engines"]))
    if missing:
        print(f"not installed: {', '.join(missing)}")
    elif options.record:
        (DOCS / "strictness.json").write_text(json.dumps(found, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
