"""The count of a limit: never more than it says in any window, and back when it says."""

from hypothesis import given
from hypothesis import strategies as st

from services.settings import Rate
from services.window import Window

RATE = Rate(5, 10.0)
steps = st.lists(st.floats(0.0, 4.0), max_size=60)


@given(steps)
def test_no_window_holds_more_than_the_limit(pauses: list[float]) -> None:
    """However an owner tries, at most `count` are let through in any `seconds`."""
    window, now, taken = Window(RATE), 1_000.0, []
    for pause in pauses:
        now += pause
        if not window.take("ada", now):
            taken.append(now)
    for i, began in enumerate(taken):
        assert sum(at < began + RATE.seconds for at in taken[i:]) <= RATE.count


@given(steps, st.integers(1, 5))
def test_what_is_told_to_wait_for_comes_true(pauses: list[float], amount: int) -> None:
    """After the wait there is as much as was asked for; it is a slice too long at most."""
    window, now, taken = Window(RATE), 1_000.0, []
    for pause in pauses:
        now += pause
        if not window.take("ada", now):
            taken.append(now)
    wait_ms = window.wait_ms("ada", now, amount)
    assert window.wait_ms("ada", now + wait_ms / 1000, amount) == 0
    assert wait_ms <= (RATE.seconds + RATE.seconds / 20) * 1000 + 1
    if len([at for at in taken if at > now - RATE.seconds - 0.5]) + amount <= RATE.count:
        assert wait_ms == 0


def test_owners_do_not_share() -> None:
    """What one uses is not counted for another."""
    window = Window(RATE)
    for _ in range(RATE.count):
        assert window.take("ada", 0.0) == 0
    assert window.take("ada", 0.0) > 0
    assert window.take("bob", 0.0) == 0


def test_what_was_used_without_leave_counts() -> None:
    """An amount that is counted in any case may pass the limit; it has to be waited for."""
    window = Window(RATE)
    window.add("ada", 0.0, 7)
    window.add("ada", 0.1)
    assert window.used("ada", 1.0) == 8
    assert window.wait_ms("ada", 1.0) > 9_000
    assert window.wait_ms("ada", 1.0, 100) == 10_000
    assert window.used("ada", 11.0) == 0


def test_a_clock_that_stands_still_or_goes_back_is_no_way_around() -> None:
    """What is counted at an earlier time than the last lands beside it."""
    window = Window(RATE)
    window.add("ada", 100.0, 3)
    window.add("ada", 99.0, 2)
    assert window.take("ada", 100.0) > 0


def test_it_remembers_as_many_owners_as_it_may() -> None:
    """Of too many the first are forgotten, and whoever used nothing lately is."""
    window = Window(RATE, most=2)
    for owner in ("ada", "bob", "cyd"):
        window.add(owner, 0.0)
    assert (len(window), window.used("ada", 0.0)) == (2, 0)
    window.add("cyd", 8.0)
    window.prune(11.0)
    assert len(window) == 1
    assert window.used("cyd", 11.0) == 1
