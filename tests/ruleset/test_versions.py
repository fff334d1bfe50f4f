from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.ruleset.clinic import MORE_FOR_RECORDS, overlay, ruleset, write

from fairlead.problems import DocumentError, Problem
from fairlead.ruleset.catalogue import Catalogue
from fairlead.ruleset.load import load_ruleset
from fairlead.ruleset.lock import Lock, pin
from fairlead.ruleset.resolve import resolve
from fairlead.ruleset.versions import Versions


def version(number: str, first: str | None, last: str | None = None) -> dict[str, Any]:
    value = ruleset(number)
    del value["effective"]
    if first is not None:
        value["effective"] = {"from": first} if last is None else {"from": first, "to": last}
    return value


def refused(day: date, **keys: Any) -> Problem:
    with pytest.raises(DocumentError) as caught:
        load_ruleset("base/scoring", as_of=day, **keys)
    [problem] = caught.value.problems
    return problem


def numbers(versions: Versions) -> list[tuple[str, date | None, date | None]]:
    return [(each.found.version, each.first, each.last) for each in versions.versions]


def test_the_first_day_is_in_and_the_last_is_out(shipped: Path) -> None:
    write(shipped, version("1.0.0", "2026-01-01", "2026-07-01"), older=True)
    write(shipped, version("2.0.0", "2026-07-01", "2027-01-01"))
    versions = Versions("base/scoring", Catalogue())
    assert versions.at(date(2026, 1, 1)).version == "1.0.0"
    assert versions.at(date(2026, 6, 30)).version == "1.0.0"
    assert versions.at(date(2026, 7, 1)).version == "2.0.0"
    assert versions.at(datetime(2026, 12, 31, 23, 59, tzinfo=UTC)).version == "2.0.0"


def test_a_version_is_built_once(shipped: Path) -> None:
    versions = Versions("base/scoring", Catalogue())
    assert versions.at(date(2026, 1, 1)) is versions.at(date(2026, 12, 31))


def test_a_version_without_an_end_is_in_force_until_the_next_begins(shipped: Path) -> None:
    write(shipped, version("1.0.0", None), older=True)
    write(shipped, version("2.0.0", "2026-01-01"), older=True)
    write(shipped, version("3.0.0", "2027-01-01"))
    assert numbers(Versions("base/scoring", Catalogue())) == [
        ("1.0.0", None, date(2026, 1, 1)),
        ("2.0.0", date(2026, 1, 1), date(2027, 1, 1)),
        ("3.0.0", date(2027, 1, 1), None),
    ]


def test_a_version_that_the_next_one_ends_says_when(shipped: Path) -> None:
    write(shipped, version("1.0.0", "2026-01-01"), older=True)
    write(shipped, version("2.0.0", "2026-07-01"))
    versions = Versions("base/scoring", Catalogue())
    assert versions.at(date(2026, 6, 30)).effective_to == date(2026, 7, 1)
    assert versions.at(date(2026, 7, 1)).effective_to is None


@pytest.mark.parametrize("number", ["banana", "", "1.0", "1.0.0+build", "01.0.0", "9" * 5000 + ".0.0"])
def test_a_version_that_is_none_is_said_with_everything_else(number: str, shipped: Path) -> None:
    value = version("1.0.0", None)
    write(shipped, {**value, "version": number, "decisionss": []})
    with pytest.raises(DocumentError) as caught:
        load_ruleset("base/scoring", as_of=date(2026, 1, 1))
    assert [(problem.code, problem.pointer) for problem in caught.value.problems] == [
        ("invalid-value", "/version"), ("unknown-key", "/decisionss"),
    ]  # fmt: skip


def test_one_version_does_not_stand_in_two_files_that_differ(shipped: Path) -> None:
    value = version("1.0.0", "2026-01-01")
    write(shipped, value)
    write(shipped, value, older=True)
    assert load_ruleset("base/scoring", version="1.0.0").version == "1.0.0"
    write(shipped, {**value, "about": "Edited."}, older=True)
    problem = refused(date(2026, 1, 1))
    assert (problem.code, problem.pointer) == ("misplaced-document", "/version")


def test_of_versions_without_days_the_newest_counts(shipped: Path) -> None:
    write(shipped, version("1.0.0", None), older=True)
    write(shipped, version("1.1.0", None))
    assert numbers(Versions("base/scoring", Catalogue())) == [("1.1.0", None, None)]


@pytest.mark.parametrize(
    ("older", "newer", "said"),
    [
        (("2026-01-01", "2026-08-01"), ("2026-07-01", None), "from 2026-07-01"),
        (("2026-01-01", None), ("2026-01-01", None), "from 2026-01-01"),
        (("2026-01-01", None), (None, None), "always"),
        (("2026-06-01", None), ("2026-01-01", "2026-07-01"), "from 2026-01-01 until 2026-06-30"),
    ],
)
def test_versions_do_not_overlap(
    older: tuple[str, str | None], newer: tuple[str | None, str | None], said: str, shipped: Path
) -> None:
    write(shipped, version("1.0.0", *older), older=True)
    write(shipped, version("2.0.0", *newer))
    problem = refused(date(2026, 7, 15))
    assert (problem.code, problem.file, problem.found) == (
        "overlapping-versions",
        "shipped/base/scoring.json",
        said,
    )
    assert problem.message.startswith("versions 1.0.0 (from ")
    assert problem.message.endswith(f"and 2.0.0 ({said}) of `base/scoring` overlap")


def test_before_the_first_version_none_is_in_force(shipped: Path) -> None:
    problem = refused(date(2025, 12, 31))
    assert (problem.code, problem.file, problem.pointer) == (
        "not-yet-effective", "shipped/base/scoring.json", "/effective/from",
    )  # fmt: skip
    assert (problem.line, problem.column) == (9, 13)
    assert (
        problem.message == "`base/scoring` 1.0.0 is not in force yet on 2025-12-31: it begins on 2026-01-01"
    )
    assert problem.remedy == "ask for a day from 2026-01-01 on"


def test_after_the_last_version_none_is_in_force(shipped: Path) -> None:
    write(shipped, version("1.0.0", "2026-01-01", "2027-01-01"))
    problem = refused(date(2027, 1, 1))
    assert (problem.code, problem.pointer) == ("no-longer-effective", "/effective/to")
    assert (
        problem.message == "`base/scoring` 1.0.0 is no longer in force on 2027-01-01: it ended on 2027-01-01"
    )


def test_in_a_gap_the_next_version_is_named(shipped: Path) -> None:
    write(shipped, version("1.0.0", "2026-01-01", "2026-03-01"), older=True)
    write(shipped, version("2.0.0", "2026-07-01"))
    problem = refused(date(2026, 5, 1))
    assert problem.code == "not-yet-effective"
    assert problem.remedy == "ask for a day from 2026-07-01 on"


def test_a_version_that_is_asked_for_must_be_in_force_too(shipped: Path) -> None:
    assert load_ruleset("base/scoring", version="1.0.0", as_of=date(2026, 1, 1)).version == "1.0.0"
    assert refused(date(2025, 1, 1), version="1.0.0").code == "not-yet-effective"


def test_an_overlay_without_days_has_those_of_what_it_extends(shipped: Path, own: Path) -> None:
    write(own, overlay(MORE_FOR_RECORDS))
    versions = Versions("client/scoring", Catalogue([own]))
    assert numbers(versions) == [("1.0.0", date(2026, 1, 1), None)]
    with pytest.raises(DocumentError) as caught:
        versions.at(date(2025, 1, 1))
    assert [problem.file for problem in caught.value.problems] == ["shipped/base/scoring.json"]


def test_with_a_lock_a_version_that_is_not_pinned_is_not_there_yet(shipped: Path) -> None:
    lock = Lock(pin(resolve("base/scoring", Catalogue()).builds_on))
    write(shipped, version("1.0.0", "2026-01-01"), older=True)
    write(shipped, ruleset(), older=True)
    write(shipped, version("2.0.0", "2026-07-01"))
    assert Versions("base/scoring", Catalogue(), lock).at(date(2026, 8, 1)).version == "1.0.0"
    assert Versions("base/scoring", Catalogue()).at(date(2026, 8, 1)).version == "2.0.0"
