"""Of whom others are to be told, and when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presence.agenda import Agenda


def test_nobody_is_due_in_an_empty_one() -> None:
    """There is nothing to wait for."""
    agenda = Agenda(0.25, 10)
    assert agenda.next_at() is None
    assert agenda.take(9, 10) == []
    assert len(agenda) == 0


def test_a_person_is_due_once_a_window_after_their_first_change() -> None:
    """Further changes neither put it off nor double it."""
    agenda = Agenda(0.25, 10)
    agenda.add(["u"], 1.0)
    agenda.add(["u", "v"], 1.2)
    assert agenda.next_at() == 1.25
    assert agenda.take(1.24, 10) == []
    assert agenda.take(1.25, 10) == ["u"]
    assert agenda.take(1.25, 10) == []
    assert agenda.next_at() == 1.45
    assert agenda.take(1.45, 10) == ["v"]


def test_who_was_taken_may_change_again() -> None:
    """A change after the window begins the next one."""
    agenda = Agenda(0.25, 10)
    agenda.add(["u"], 1.0)
    assert agenda.take(2, 10) == ["u"]
    agenda.add(["u"], 2.0)
    assert agenda.next_at() == 2.25


def test_no_more_are_taken_than_asked_for() -> None:
    """The oldest come first; the rest stay due."""
    agenda = Agenda(0, 10)
    agenda.add(["c", "a", "b"], 1)
    assert agenda.take(1, 2) == ["c", "a"]
    assert agenda.take(1, 2) == ["b"]


def test_thousands_are_spread_over_windows() -> None:
    """As many as are taken at once, and then nobody for a window; a few wait for nobody."""
    agenda = Agenda(0.25, 5_000)
    agenda.add([f"u{n}" for n in range(1_200)], 1.0)
    times = []
    while (at := agenda.next_at()) is not None:
        assert agenda.take(at - 0.01, 500) == []
        times.append((at, len(agenda.take(at, 500))))
    assert times == [(1.25, 500), (1.5, 500), (1.75, 200)]
    agenda.add(["v"], 1.8)
    assert agenda.next_at() == 2.05


@pytest.mark.parametrize(("most", "dropped", "left"), [(3, 0, "abc"), (2, 1, "bc"), (1, 2, "c")])
def test_beyond_its_bound_the_oldest_are_dropped(most: int, dropped: int, left: str) -> None:
    """What is newest is told; how many are not, is said."""
    agenda = Agenda(1, most)
    assert agenda.add("abc", 0) == dropped
    assert agenda.take(1, 10) == list(left)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(0, 5)), max_size=30))
def test_nobody_is_lost_and_nobody_waits_longer(steps: list[tuple[str, float]]) -> None:
    """Whatever comes, each who changed is taken within a window of it, and the size is bounded."""
    agenda = Agenda(1, 4)
    now = 0.0
    changed: dict[str, float] = {}
    for user, pause in steps:
        now += pause
        for taken in agenda.take(now, 100):
            assert changed.pop(taken) + 1 <= now
        assert all(now < since + 1 for since in changed.values())
        changed.setdefault(user, now)
        if agenda.add([user], now):
            del changed[next(iter(changed))]
        assert len(agenda) == len(changed) <= 4
