"""Problem codes are a stable list: each is described, and each described one is in use."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import fairlead
from fairlead.problem_codes import CODES

PACKAGE = Path(fairlead.__file__).parent
CONNECTORS = Path(__file__).parents[2] / "connectors"
SOURCES = [path for root in (PACKAGE, CONNECTORS) for path in sorted(root.rglob("*.py"))]

#: what takes a code as its first argument
MAKERS = {"Problem", "UnfitValue", "shape_error", "_Form"}


def codes_in(path: Path) -> set[str]:
    """Return the codes that a module gives to problems."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            arguments = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            arguments += node.args[:1] if name in MAKERS else []
            found |= {
                argument.value
                for argument in arguments
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            }
    return found


def test_every_code_that_a_problem_is_made_with_is_described() -> None:
    used = {code: path.name for path in SOURCES for code in codes_in(path)}
    used = {code: module for code, module in used.items() if re.fullmatch("[a-z0-9]+(-[a-z0-9]+)+", code)}
    assert {code: module for code, module in used.items() if code not in CODES} == {}


def test_every_described_code_is_in_use() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in SOURCES if path.name != "problem_codes.py")
    assert [code for code in CODES if f'"{code}"' not in sources] == []


def test_codes_are_slugs_and_meanings_are_sentences() -> None:
    for code, meaning in CODES.items():
        assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", code)
        assert re.fullmatch(r"[A-Z].*\.", meaning)
