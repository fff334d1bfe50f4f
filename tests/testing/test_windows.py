"""Rate windows as the sandboxes count them."""

from __future__ import annotations

from fairlead.testing.windows import SlidingWindow


def test_a_window_admits_so_many_calls_and_no_more() -> None:
    window = SlidingWindow(3, 10)

    assert [window.admits(at) for at in (0, 1, 2, 3, 9.9)] == [True, True, True, False, False]


def test_a_call_leaves_the_window_when_its_time_is_over() -> None:
    window = SlidingWindow(2, 10)

    assert [window.admits(at) for at in (0, 5, 10, 14.9, 15)] == [True, True, True, False, True]


def test_refused_calls_are_not_counted() -> None:
    window = SlidingWindow(1, 10)

    assert [window.admits(at) for at in (0, 9, 10)] == [True, False, True]


def test_what_is_left_is_told() -> None:
    window = SlidingWindow(3, 10)
    window.admits(0)
    window.admits(1)

    assert window.left == 1
