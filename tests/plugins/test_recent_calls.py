"""What one process used of a CRM's windows, and the next one knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.plugins.recent_calls import RecentCalls


class Clock:
    def __init__(self) -> None:
        self.at = 1_800_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_calls_of_earlier_processes_are_known_with_their_age(tmp_path: Path, clock: Clock) -> None:
    first = RecentCalls(tmp_path / "calls.log", clock)
    for kind in ("auth", "read", "search"):
        first.note(kind)
        clock.at += 2

    second = RecentCalls(tmp_path / "calls.log", clock)

    assert second.ages(10) == [6, 4, 2]
    assert second.ages(5) == [4, 2]
    assert second.ages(10, ("auth",)) == [6]
    clock.at += 600
    assert RecentCalls(tmp_path / "calls.log", clock).ages(10_000) == []


def test_a_process_does_not_count_its_own_calls_twice(tmp_path: Path, clock: Clock) -> None:
    one = RecentCalls(tmp_path / "calls.log", clock)
    one.note("read")

    assert one.ages(10) == []


def test_the_file_does_not_grow_for_ever(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "calls.log"
    for _ in range(20):
        one = RecentCalls(path, clock)
        for _ in range(500):
            one.note("read")
        clock.at += 400

    assert path.stat().st_size < 120_000  # 22 bytes a call: three runs of 500 calls, and 64 KiB at most
    assert len(RecentCalls(path, clock).ages(600)) == 500


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\n", b"1800000000.000", b"nan read\n", b"soon read\n\n", b"9e99 read\n"]
)
def test_a_file_that_was_damaged_is_done_without(tmp_path: Path, clock: Clock, content: bytes) -> None:
    path = tmp_path / "calls.log"
    path.write_bytes(content)
    one = RecentCalls(path, clock)

    one.note("read")

    assert one.ages(10, ("read",)) == []


def test_a_folder_that_is_not_there_stops_nobody(tmp_path: Path, clock: Clock) -> None:
    one = RecentCalls(tmp_path / "gone" / "calls.log", clock)

    one.note("read")

    assert one.ages(10) == []


def test_a_clock_that_was_put_back_counts_nothing_that_is_to_come(tmp_path: Path, clock: Clock) -> None:
    RecentCalls(tmp_path / "calls.log", clock).note("read")
    clock.at -= 3_600

    assert RecentCalls(tmp_path / "calls.log", clock).ages(600) == []
