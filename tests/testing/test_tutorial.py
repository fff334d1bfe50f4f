"""The tutorial shows the package as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.testing.installed import ACME

PAGE = Path(__file__).parents[2] / "docs" / "connector-tutorial.md"
CODE = re.findall(r"^```(?:py|toml)\n(.*?)^```$", PAGE.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
FILES = [*ACME.rglob("*.py"), ACME / "pyproject.toml", Path(__file__).parent / "test_acme.py"]


def test_the_tutorial_shows_code() -> None:
    assert len(CODE) >= 10


@pytest.mark.parametrize("code", CODE, ids=range(len(CODE)))
def test_each_piece_of_code_stands_in_the_package(code: str) -> None:
    assert any(code in path.read_text("utf-8") for path in FILES), code


def test_each_module_is_named() -> None:
    page = PAGE.read_text("utf-8")

    assert [path.name for path in (ACME / "fairlead_acme").glob("*.py") if f"/{path.name}`" not in page] == []
