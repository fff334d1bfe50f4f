"""Every console example in README and docs prints what it shows, and generated pages are up to date.

A `console` block holds commands after `$ ` and their output. A line `...` stands for any lines, and `...`
inside a line for the rest of it. A block after `<!-- exit 1 -->` ends with that exit code.
Commands run one after the other, page by page, in a
copy of docs/examples. `fairlead sandbox` goes on until the end of the page, and what it asks to be exported
is set for the commands after it; `<!-- crm {...} -->` is what somebody does in that CRM meanwhile.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from tests.docs.commands import CommandServer

from fairlead.cli.app import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])

_BLOCK = re.compile(r"^(?:<!-- exit (\d+) -->\n)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CRM = re.compile(r"^<!-- crm (\{.*\}) -->$", re.MULTILINE)
_PORT = re.compile(r"--port (\d+)")


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


def commands(page: Path) -> Iterator[tuple[str, str, int]]:
    """Yield (command, output shown, exit code) of the page; what is done in the CRM is `crm` and its JSON."""
    text = page.read_text(encoding="utf-8")
    found = [*_BLOCK.finditer(text), *_CRM.finditer(text)]
    for each in sorted(found, key=lambda match: match.start()):
        if each.re is _CRM:
            yield f"crm {each[1]}", "", 0
        elif each[2] == "console":
            steps = re.split(r"^\$ ", each[3], flags=re.MULTILINE)[1:]
            for step in steps:
                command, _, shown = step.partition("\n")
                yield command, shown, int(each[1] or 0) if step is steps[-1] else 0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandServer]:
    found = CommandServer(tmp_path_factory.mktemp("commands") / "bin")
    yield found
    found.close()


class Terminal:
    """A reader's terminal: `fairlead` and `python` are those under test."""

    def __init__(self, folder: Path, server: CommandServer) -> None:
        self._folder = folder
        self._sandboxes: list[subprocess.Popen[str]] = []
        #: the port that a page names, and the one that was free
        self._ports: dict[str, str] = {}
        self._exports = ""
        self._scripts = Path(sys.executable).parent
        self._environment = {
            **os.environ,
            "PATH": os.pathsep.join([str(server.folder), str(self._scripts), os.environ["PATH"]]),
            "COLUMNS": "160",
            "NO_COLOR": "1",
            "PYTHONUNBUFFERED": "1",
        }

    def type(self, command: str) -> tuple[int, str]:
        """Run a command and return its exit code and what it printed, with the page's ports."""
        if command.startswith("fairlead sandbox "):
            return 0, self._shown(self._serve(command))
        if command.startswith("crm "):
            (port,) = self._ports.values()
            url = f"http://127.0.0.1:{port}/_control/do"
            answer = requests.post(url, data=command.removeprefix("crm "), timeout=10)
            return 0 if answer.ok else 1, "" if answer.ok else answer.text
        for named, taken in self._ports.items():
            command = command.replace(f":{named}", f":{taken}")
        done = subprocess.run(
            ["bash", "-c", self._exports + command],
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, self._shown(done.stdout)

    def close(self) -> None:
        """Stop the sandboxes."""
        for process in self._sandboxes:
            process.terminate()
            process.communicate(timeout=20)

    def _serve(self, command: str) -> str:
        process = subprocess.Popen(
            [str(self._scripts / "fairlead"), *shlex.split(command)[1:], "--port", "0"],
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._sandboxes.append(process)
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Stop it with"):
                break
        printed = "".join(lines)
        named, taken = _PORT.search(command), re.search(r"127\.0\.0\.1:(\d+)", printed)
        assert named is not None, "a page names the port of its sandbox"
        assert taken is not None, printed
        self._ports[named[1]] = taken[1]
        self._exports += printed[printed.index("export ") : printed.rindex("\nStop it with")]
        return printed

    def _shown(self, printed: str) -> str:
        for named, taken in self._ports.items():
            printed = printed.replace(f":{taken}", f":{named}")
        return printed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_console_examples_print_what_they_show(page: Path, tmp_path: Path, server: CommandServer) -> None:
    folder = tmp_path / "examples"
    shutil.copytree(ROOT / "docs" / "examples", folder)
    terminal = Terminal(folder, server)
    try:
        for command, shown, expected_code in commands(page):
            code, printed = terminal.type(command)
            assert matches(shown, printed), f"$ {command}\n--- shown\n{shown}\n--- printed\n{printed}"
            assert code == expected_code, (command, code)
    finally:
        terminal.close()


# Ibis calls a function of DuckDB by its old name
@pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")
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


def test_the_readme_names_every_command() -> None:
    rows = [line for line in (ROOT / "README.md").read_text("utf-8").splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`([a-z]+)`", row.split("|")[1])}

    assert set(COMMANDS) <= named


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
