"""The worked example on a bank's real calls measures what its page says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "bank-example.md"
DATA = ROOT / ".." / "shared" / "data" / "bank-full.csv"

MEASURED = """\
| band | clients | said yes | share | lift | with the bands above | of all yes | lift |
|---|---:|---:|---:|---:|---:|---:|---:|
| A | 1,533 | 986 | 64.3% | 5.50 | 3.4% of clients | 18.6% | 5.50 |
| B | 4,611 | 1,125 | 24.4% | 2.09 | 13.6% of clients | 39.9% | 2.94 |
| C | 14,563 | 1,628 | 11.2% | 0.96 | 45.8% of clients | 70.7% | 1.54 |
| D | 18,318 | 1,233 | 6.7% | 0.58 | 86.3% of clients | 94.0% | 1.09 |
| E | 6,186 | 317 | 5.1% | 0.44 | 100.0% of clients | 100.0% | 1.00 |
| all | 45,211 | 5,289 | 11.7% | 1.00 | | | |
"""


def test_the_page_shows_the_measured_table() -> None:
    text = PAGE.read_text("utf-8")

    assert MEASURED in text
    assert "makes 13.6 % of the calls and hears 39.9 % of the yeses: a lift of 2.94" in text


@pytest.mark.skipif(not DATA.is_file(), reason="bank-full.csv does not come with Fairlead and is not there")
def test_the_example_measures_the_table_again() -> None:
    scripts = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    done = subprocess.run(
        [sys.executable, "bank/lift.py", str(DATA)],
        cwd=ROOT / "docs" / "examples",
        env={**os.environ, "PATH": scripts},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == MEASURED
