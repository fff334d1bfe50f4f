"""The pages of the programmes say what the shipped rulesets say now, and their links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMMES = Path(__file__).resolve().parents[2] / "docs" / "programmes"
PAGES = sorted(PROGRAMMES.glob("*.md"))


def test_the_pages_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, str(PROGRAMMES / "generate.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_link_leads_to_a_file_or_to_a_place_on_the_page(page: Path) -> None:
    text = page.read_text("utf-8")
    targets = re.findall(r"\]\(([^)]+)\)", text)
    anchors = set(re.findall(r'<a id="([^"]+)"></a>', text))

    assert targets
    assert {target for target in targets if target.startswith("#")} <= {f"#{anchor}" for anchor in anchors}
    files = (target for target in targets if not target.startswith("#"))
    assert [target for target in files if not (page.parent / target).is_file()] == []


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("lead-scoring", "| `medical_records` | the patient sent medical records | +25 |"),
        ("lead-scoring", "(2) 'Above 50' is read as written: exactly 50 is not hot."),
        ("partner-programme", "| `silver` | 6 to 14 | silver |"),
        ("partner-tiers-as-published", "a partner with 15 is in both, which is a conflict"),
        ("response-time", "an aim of one hour and a limit of two"),
    ],
)
def test_a_page_shows_published_numbers_contradictions_and_choices(page: str, said: str) -> None:
    assert said in (PROGRAMMES / f"{page}.md").read_text("utf-8")
