"""Every console example in README and docs prints what it shows, and generated pages are up to date.

A `console` block holds commands after `$ ` and their output. A line `...` stands for any lines, and `...`
inside a line for the rest of it. A block after `<!-- exit 1 -->` ends with that exit code.
Commands run one after the other, page by page, in a
copy of docs/examples.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])

_BLOCK = re.compile(r"^(?:<!-- exit (\d+) -->\n)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[tuple[int, str]]:
    """Return (expected exit code, text) of the page's blocks in one language."""
    found = _BLOCK.findall(page.read_text(encoding="utf-8"))
    return [(int(code or 0), text) for code, kind, text in found if kind == language]


def matches(shown: str, printed: str) -> bool:
    """Tell whether the printed lines are those shown, where a line `...` stands for any lines."""
    parts = [re.escape(line.rstrip()) for line in shown.rstrip("\n").split("\n")]
    gap = re.escape("...")
    pattern = "\n".join("(?:.*\n)*?.*" if part == gap else part.replace(gap, ".*") for part in parts)
    lines = "\n".join(line.rstrip() for line in printed.rstrip("\n").split("\n"))
    return re.fullmatch(pattern, lines) is not None


def run(command: str, folder: Path) -> tuple[int, str]:
    """Run one command as a reader would, `fairlead` and `python` being those under test."""
    scripts = str(Path(sys.executable).parent)
    environment = {
        **os.environ,
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "160",
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_console_examples_print_what_they_show(page: Path, tmp_path: Path) -> None:
    folder = tmp_path / "examples"
    shutil.copytree(ROOT / "docs" / "examples", folder)
    for expected_code, text in blocks(page, "console"):
        steps = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
        for index, step in enumerate(steps):
            command, _, shown = step.partition("\n")
            code, printed = run(command, folder)
            assert matches(shown, printed), f"$ {command}\n--- shown\n{shown}\n--- printed\n{printed}"
            assert code == (expected_code if index == len(steps) - 1 else 0), (command, code)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_examples_run_and_hold_their_own_assertions(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "examples"
    shutil.copytree(ROOT / "docs" / "examples", folder)
    monkeypatch.chdir(folder)
    names: dict[str, object] = {}
    for _, text in blocks(page, "python"):
        exec(compile(text, page.name, "exec"), names)  # noqa: S102 - the examples are our own


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_json_examples_are_json(page: Path) -> None:
    for _, text in blocks(page, "json"):
        json.loads(text)


def test_the_matcher_refuses_other_output() -> None:
    assert matches("a\n...\nd\n", "a\nb\nc\nd\n")
    assert not matches("a\n...\nd\n", "a\nb\nc\n")
    assert not matches("a\n", "a\nb\n")


def test_generated_pages_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cogapp", "--check", *map(str, PAGES)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
