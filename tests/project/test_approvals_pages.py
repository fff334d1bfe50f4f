"""Signed reports: the page is what its JSON renders to, and its signatures stand apart from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.project.approved_clinic import add_people, signer

from fairlead.problems import DocumentError
from fairlead.project.envelope import sign
from fairlead.project.register import read_register
from fairlead.project.signed_page import SignedFile, read_signed

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
REPORT = {"fairlead": 1, "kind": "audit-report", "id": "R-1", "said": "no </script> <b>bold</b> & proved"}


def rendering(payload: Mapping[str, Any]) -> str:
    said = json.dumps(payload, separators=(",", ":"), sort_keys=True).replace("<", "\\u003c")
    return (
        f"<!doctype html>\n<html>\n<body>\n<p>{escape(payload['said'])}</p>\n"
        f'<script type="application/json" id="fairlead-report">{said}</script>\n</body>\n</html>\n'
    )


def sign_file(path: Path, person: str = "ayse") -> SignedFile:
    before = read_signed(path)
    path.write_text(before.text_with(sign(before.envelope.payload, signer(person), "approver", AT)), "utf-8")
    return read_signed(path)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "audit.html"
    path.write_text(rendering(REPORT), "utf-8")
    return path


def test_a_page_without_its_signatures_is_what_its_report_renders_to(page: Path) -> None:
    signed = sign_file(sign_file(page).path, "can")

    assert signed.envelope.payload == REPORT
    assert [each.person for each in signed.envelope.signatures] == ["ayse", "can"]
    assert signed.page == rendering(REPORT)
    assert signed.page_problem(rendering) is None
    text = page.read_text("utf-8")
    assert text.index('id="fairlead-report"') < text.index('id="fairlead-signatures"') < text.index("</body>")


def test_the_signatures_of_a_page_count_by_the_register(page: Path, tmp_path: Path) -> None:
    add_people(tmp_path / "people.json")
    register = read_register(tmp_path / "people.json")
    signed = sign_file(page)

    assert register.fault(signed.envelope, signed.envelope.signatures[0]) is None

    changed = (
        page.read_text("utf-8").replace("bold\\u003c/b", "bald\\u003c/b").replace("bold&lt;", "bald&lt;")
    )
    page.write_text(changed, "utf-8")
    forged = read_signed(page)
    # the page is again what its report renders to, and the report is no longer what was signed
    assert forged.page_problem(rendering) is None
    fault = register.fault(forged.envelope, forged.envelope.signatures[0])
    assert fault is not None
    assert fault.code == "bad-signature"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("proved</p>", "proved, and lawful</p>"),
        ("<body>", '<body class="x">'),
        ("</html>", "</html><p>one more</p>"),
        ("</body>", "<p>one more</p></body>"),
    ],
)
def test_a_page_whose_visible_part_was_changed_is_found_out(page: Path, old: str, new: str) -> None:
    sign_file(page)
    page.write_text(page.read_text("utf-8").replace(old, new), "utf-8")

    problem = read_signed(page).page_problem(rendering)

    assert problem is not None
    assert problem.code == "page-altered"


def test_nothing_can_be_hidden_among_the_signatures(page: Path) -> None:
    sign_file(page)
    text = page.read_text("utf-8")
    page.write_text(text.replace('"kind":"signatures"', '"kind":"signatures" '), "utf-8")

    problem = read_signed(page).page_problem(rendering)

    assert problem is not None
    assert problem.code == "page-altered"


@given(place=st.integers(0, 5_000), byte=st.integers(0, 255))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_byte_changed_anywhere_in_a_signed_page_is_found_out(
    tmp_path: Path, place: int, byte: int
) -> None:
    people, path = tmp_path / "people.json", tmp_path / "changed.html"
    if not people.exists():
        add_people(people)
    path.write_text(rendering(REPORT), "utf-8")
    sign_file(path)
    before = path.read_bytes()
    place %= len(before)
    after = before[:place] + bytes([byte]) + before[place + 1 :]
    path.write_bytes(after)

    assert is_found_out(path, people) is (after != before)


def is_found_out(path: Path, people: Path) -> bool:
    try:
        signed = read_signed(path)
    except DocumentError:
        return True
    register = read_register(people)
    faults = [register.fault(signed.envelope, each) for each in signed.envelope.signatures]
    return not faults or any(faults) or signed.page_problem(rendering) is not None


def test_a_json_report_becomes_a_signed_document(tmp_path: Path) -> None:
    path = tmp_path / "audit.json"
    path.write_text(json.dumps(REPORT), "utf-8")

    signed = sign_file(path)

    value = json.loads(path.read_text("utf-8"))
    assert (value["kind"], value["payload"]) == ("signed", REPORT)
    assert [each["person"] for each in value["signatures"]] == ["ayse"]
    assert signed.page_problem(rendering) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{}", "wrong-kind"),
        ("[]", "wrong-kind"),
        ("", "invalid-json"),
        ('{"fairlead":1,"kind":"signed","payload":{},"signatures":[]}', "empty-value"),
        ("<html></html>", "wrong-kind"),
        ('<script type="application/json" id="fairlead-report">{}</script>', "wrong-kind"),
        ('<script type="application/json" id="fairlead-report">{', "page-altered"),
    ],
)
def test_what_is_neither_is_refused(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "file"
    path.write_text(text, "utf-8")

    with pytest.raises(DocumentError) as caught:
        read_signed(path)

    assert [problem.code for problem in caught.value.problems] == [code]
    assert caught.value.problems[0].file == str(path)


def test_a_report_that_stands_twice_is_refused(page: Path) -> None:
    text = page.read_text("utf-8")
    start, end = text.index("<script"), text.index("</script>") + len("</script>")
    page.write_text(text[:end] + text[start:end] + text[end:], "utf-8")

    with pytest.raises(DocumentError) as caught:
        read_signed(page)

    assert [problem.code for problem in caught.value.problems] == ["page-altered"]
