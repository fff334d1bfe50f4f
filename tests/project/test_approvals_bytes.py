"""One byte changed anywhere in what was approved, in the approval or in the register lets nothing run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.project.approved_clinic import RECORD, approved, repin

from fairlead import project
from fairlead.documents.canonical import canonical_bytes
from fairlead.documents.json_text import read_document
from fairlead.problems import DocumentError, FairleadError

DAY = date(2026, 3, 3)
#: every file that is bound, or that says that it is
FILES = (
    "rulesets/clinic/facts.json",
    "rulesets/clinic/rewards.json",
    "rulesets/policies/house.json",
    "mappings/list.json",
    "people.json",
    "approvals",
)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clinic")
    approved(folder)
    return folder


def file_of(clinic: Path, name: str) -> Path:
    return next((clinic / name).glob("*.json")) if name == "approvals" else clinic / name


@contextmanager
def written(path: Path, content: bytes) -> Iterator[None]:
    before = path.read_bytes()
    path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(before)


def says_the_same(before: bytes, after: bytes) -> bool:
    """Whether two texts are one document, laid out in another way."""
    try:
        value = read_document(after).value
    except DocumentError:
        return False
    return canonical_bytes(value) == canonical_bytes(json.loads(before))


def runs(clinic: Path) -> bool:
    # whoever edits the facts pins them anew: the pin is no protection against them
    with suppress(FairleadError):
        repin(clinic)
    try:
        result = project.open(clinic).evaluate(RECORD, DAY)
    except FairleadError:
        return False
    return result.approval.startswith("approved by Ayşe Yılmaz")


@given(name=st.sampled_from(FILES), place=st.integers(0, 20_000), byte=st.integers(0, 255))
@example(name="rulesets/clinic/rewards.json", place=0, byte=ord(" "))
@example(name="rulesets/policies/house.json", place=86, byte=ord(" "))
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_byte_changed_anywhere_is_refused(clinic: Path, name: str, place: int, byte: int) -> None:
    path = file_of(clinic, name)
    before = path.read_bytes()
    place %= len(before)
    after = before[:place] + bytes([byte]) + before[place + 1 :]

    with written(path, after):
        assert runs(clinic) is says_the_same(before, after)


@given(name=st.sampled_from(FILES), place=st.integers(0, 20_000), length=st.integers(1, 400))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bytes_taken_out_anywhere_are_refused(clinic: Path, name: str, place: int, length: int) -> None:
    path = file_of(clinic, name)
    before = path.read_bytes()
    place %= len(before)
    after = before[:place] + before[place + length :]

    with written(path, after):
        assert runs(clinic) is says_the_same(before, after)


def test_what_is_untouched_runs(clinic: Path) -> None:
    assert runs(clinic)


@pytest.mark.parametrize("name", FILES)
def test_the_layout_of_a_document_is_not_what_is_approved(clinic: Path, name: str) -> None:
    path = file_of(clinic, name)
    compact = json.dumps(json.loads(path.read_bytes()), separators=(",", ":"))

    with written(path, compact.encode()):
        assert runs(clinic)
