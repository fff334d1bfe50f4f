"""Each quirk that a connector's BEHAVIOR.md tells of is pinned by a test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(ROOT.glob("connectors/*/fairlead_*/BEHAVIOR.md"))
_NAMED = re.compile(r"(tests/[\w/]+\.py)::(?:(\w+)::)?(test_\w+)")


def named_in(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_each_connector_has_its_page() -> None:
    assert [page.parent.name for page in PAGES] == [
        "fairlead_hubspot",
        "fairlead_salesforce",
        "fairlead_zoho",
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_the_tests_that_a_page_names_exist(page: Path) -> None:
    named = _NAMED.findall(page.read_text("utf-8"))

    assert len(named) >= 50
    missing = [
        f"{file}::{test}"
        for file, _, test in named
        if not (ROOT / file).is_file() or test not in named_in(ROOT / file)
    ]
    assert missing == []
