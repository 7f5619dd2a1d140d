"""Answers that wait for a position: none too early, each once, in order, none for ever."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.escrow import Escrow


def test_what_waits_is_released_when_the_position_reaches_it() -> None:
    """By position, and of one position in the order put in; once."""
    escrow: Escrow[str] = Escrow()
    for seq, item in ((3, "c"), (2, "a"), (2, "b"), (9, "d")):
        assert escrow.put(seq, 1.0, item)
    assert escrow.advance(1) == []
    assert escrow.advance(3) == ["a", "b", "c"]
    assert escrow.advance(3) == []
    assert len(escrow) == 1


def test_what_is_reached_already_is_not_held() -> None:
    """Also when an older position was heard of later: it never goes back."""
    escrow: Escrow[str] = Escrow()
    assert escrow.advance(5) == []
    assert escrow.advance(4) == []
    assert not escrow.put(5, 1.0, "a")
    assert escrow.put(6, 1.0, "b")
    assert len(escrow) == 1


def test_what_waited_too_long_is_given_up() -> None:
    """At its deadline, in the order put in; the others wait on, in their order."""
    escrow: Escrow[str] = Escrow()
    for seq, deadline, item in ((7, 1.0, "a"), (3, 1.0, "b"), (9, 2.0, "c"), (8, 3.0, "d")):
        escrow.put(seq, deadline, item)
    assert escrow.expire(0.9) == []
    assert escrow.expire(1.0) == ["a", "b"]
    assert escrow.expire(1.0) == []
    assert escrow.advance(9) == ["d", "c"]


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=40))
def test_every_item_comes_out_once_and_none_before_its_position(
    steps: list[tuple[int, bool]],
) -> None:
    """Whatever is put in and however far it goes on, in whatever order."""
    escrow: Escrow[tuple[int, int]] = Escrow()
    out: list[tuple[int, int]] = []
    for number, (seq, puts) in enumerate(steps):
        if puts:
            if not escrow.put(seq, float(number), (seq, number)):
                assert seq <= escrow.seq
                out.append((seq, number))
        else:
            released = escrow.advance(seq)
            assert released == sorted(released)
            assert all(wanted <= escrow.seq for wanted, _ in released)
            out += released
    out += escrow.expire(float(len(steps)))
    assert sorted(out) == sorted((seq, number) for number, (seq, puts) in enumerate(steps) if puts)
    assert len(escrow) == 0
