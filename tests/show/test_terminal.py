"""A page in a terminal."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console
from tests.show.all_kinds import HOSTILE, load

from fairlead.ruleset.load import load_ruleset
from fairlead.show import Page, page_of, print_page


def printed(page: Page, width: int = 100, **options: object) -> str:
    text = io.StringIO()
    print_page(page, Console(file=text, width=width, **options))  # type: ignore[arg-type]
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())


def test_a_decision_is_a_heading_and_a_table() -> None:
    text = printed(page_of(load_ruleset("medical-travel/partner-programme"), decisions=["partner.tier"]))

    assert (
        "Partner's recognition tier  decision table  partner.tier\n"
        "\n"
        "Recognition only: no reward reads it.\n"
        "\n"
        "At most one row may be true"
    ) in text
    assert (
        "Rows: partner's recognition tier\n"
        "┌────────┬───────────────────────────────────┬────────┐\n"
        "│ Row    │ number of introductions this year │ Result │\n"
        "├────────┼───────────────────────────────────┼────────┤\n"
        "│ none   │ 0                                 │ none   │\n"
        "├────────┼───────────────────────────────────┼────────┤\n"
        "│ bronze │ 1 to 5                            │ bronze │\n"
    ) in text


def test_a_table_that_is_too_wide_is_a_list_per_row_of_what_the_row_asks_for() -> None:
    page = page_of(load_ruleset("medical-travel/lead-scoring"), decisions=["lead.segment"])

    assert (
        "  Row                   pages_read\n"
        "  number of pages read  5 or more\n"
        "  Result                mql\n"
        "  Reason                Read five or more pages\n"
        "                        pages_read\n"
    ) in printed(page, 100)
    assert "│ pages_read" in printed(page, 200)


def test_no_line_is_wider_than_the_terminal(tmp_path: Path) -> None:
    for width in (40, 80, 200):
        text = printed(page_of(load(tmp_path), "tr"), width)
        assert max(map(len, text.splitlines())) <= width


def test_texts_are_neither_markup_nor_control_characters(tmp_path: Path) -> None:
    text = printed(page_of(load(tmp_path, HOSTILE)), 200, force_terminal=True, color_system=None)

    assert "[bold red]not markup[/] \\x1b[31mred\\x1b[0m \\x00" in text
    assert "\\u202egnp.exe" in text
    assert "\x1b[31m" not in text
    assert "\u202e" not in text
