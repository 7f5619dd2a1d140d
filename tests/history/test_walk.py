"""Going back through the log: how wide a stretch is, and where it ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from history.walk import ENOUGH, NARROWEST, WIDTH, Walk
from proto import limits


def test_the_first_stretch_has_its_width() -> None:
    """Below where one begins, and never beyond where one ends."""
    walk = Walk(100_001, 0)
    assert walk.stretch_above == 100_000 - WIDTH
    walk = Walk(100_001, 99_000)
    assert walk.stretch_above == 99_000
    assert not walk.is_over


def test_one_room_alone_is_one_stretch() -> None:
    """As the newest messages of it are taken, wherever they are."""
    assert Walk(limits.SEQ_MAX, 7, alone=True).stretch_above == 7


@pytest.mark.parametrize(
    ("looked_at", "width"),
    [(0, 16 * WIDTH), (ENOUGH // 2, 2 * WIDTH), (ENOUGH, WIDTH), (3 * ENOUGH, WIDTH // 2)],
)
def test_a_stretch_is_as_wide_as_there_is_much_in_it(looked_at: int, width: int) -> None:
    """After few messages wider, after many narrower."""
    walk = Walk(10**9, 0)
    walk.went(10**8, looked_at)
    assert walk.stretch_above == 10**8 - 1 - width


def test_what_was_too_much_is_taken_in_smaller_pieces() -> None:
    """From what the stretch really had, until there is nothing left to make smaller."""
    walk = Walk(10_001, 0, alone=True)
    assert walk.narrow()
    assert walk.stretch_above == 10_000 - 10_001 // 16
    while walk.narrow():
        assert walk.below - 1 - walk.stretch_above >= NARROWEST


def test_where_little_was_said_the_end_is_near() -> None:
    """A few steps lead through a log of 10^12 places with nothing in them."""
    walk = Walk(10**12, 0)
    steps = 0
    while not walk.is_over:
        walk.went(walk.stretch_above + 1, 0)
        steps += 1
    assert steps < 10


@given(
    below=st.integers(0, 10**12),
    above=st.integers(0, 10**12),
    amounts=st.lists(st.sampled_from([0, 300, ENOUGH, 9 * ENOUGH]), min_size=1, max_size=50),
)
def test_every_place_is_looked_at_once(below: int, above: int, amounts: list[int]) -> None:
    """Stretches follow each other without a gap, whatever is in them, and none beyond the end."""
    walk = Walk(below, above)
    for turn, amount in enumerate(amounts):
        if walk.is_over:
            break
        start, end = walk.stretch_above, walk.below
        assert above <= start < end - 1
        # What a stretch has too much of is left to the next one.
        reached = start + 1 if turn % 3 else (start + end) // 2 + 1
        walk.went(min(reached, end - 1), amount)
        assert walk.below < end
