"""A round is judged rightly: whatever was lost, doubled or out of order is found."""

from __future__ import annotations

from verify.tally import Tally, percentile


def _round(numbers: int = 3) -> Tally:
    """A round in which everything was said, acknowledged and seen, in order, at places 10, 11, …"""
    tally = Tally(["a", "b"])
    for number in range(numbers):
        tally.said(number, number)
        tally.acknowledged(number, 10 + number, number + 0.5)
    for listener in ("a", "b"):
        for number in range(numbers):
            tally.seen(listener, number, 10 + number, number + 1.0)
    return tally


def _history(numbers: int = 3) -> dict[int, list[int]]:
    return {number: [10 + number] for number in range(numbers)}


def test_a_round_without_a_fault_is_kept() -> None:
    """With the times from a send to its `ok` and to each who saw it."""
    tally = _round()
    assert tally.complete
    verdict = tally.verdict(_history())
    assert verdict.kept
    assert verdict.acknowledged == 3
    assert (list(verdict.ok), list(verdict.seen)) == ([0.5] * 3, [1.0] * 6)


def test_what_one_of_two_did_not_see_is_lost() -> None:
    """And the round is not complete before it came."""
    tally = Tally(["a", "b"])
    tally.said(0, 0.0)
    tally.acknowledged(0, 10, 0.1)
    tally.seen("a", 0, 10, 0.2)
    assert not tally.complete
    verdict = tally.verdict({0: [10]})
    assert (verdict.lost, verdict.kept) == (1, False)


def test_what_history_lacks_or_has_elsewhere_is_lost() -> None:
    """Acknowledged means: at that place, for ever."""
    assert _round().verdict({1: [11], 2: [12]}).lost == 1
    assert _round().verdict({**_history(), 0: [99]}).lost == 1


def test_what_was_never_acknowledged_is_not_lost() -> None:
    """Nothing was promised of it, whether it came or not."""
    tally = _round()
    tally.said(7, 5.0)
    assert tally.complete
    assert tally.verdict(_history()).kept


def test_what_is_seen_or_stored_twice_is_doubled() -> None:
    """Once each, however often it comes; the first time counts as seen."""
    tally = _round()
    tally.seen("b", 2, 12, 9.0)
    verdict = tally.verdict({**_history(), 2: [12, 13]})
    assert (verdict.doubled, verdict.kept) == (1, False)
    assert max(verdict.seen) == 1.0


def test_what_comes_after_a_later_one_is_out_of_order() -> None:
    """By its place in the room."""
    tally = Tally(["a"])
    for number, seq in ((0, 11), (1, 10)):
        tally.said(number, 0.0)
        tally.acknowledged(number, seq, 0.1)
        tally.seen("a", number, seq, 0.2)
    verdict = tally.verdict({0: [11], 1: [10]})
    assert (verdict.disordered, verdict.kept) == (1, False)


def test_a_gap_that_is_told_breaks_the_round() -> None:
    """It is not hidden, but on a living installation it should not be."""
    tally = _round()
    tally.gap("a")
    verdict = tally.verdict(_history())
    assert (verdict.gaps, verdict.kept) == (1, False)


def test_somebody_elses_message_is_none_of_ours() -> None:
    """A number that was never said is seen, and has no time."""
    tally = _round()
    tally.seen("a", 99, 50, 9.0)
    verdict = tally.verdict(_history())
    assert verdict.kept
    assert len(verdict.seen) == 6


def test_percentiles() -> None:
    """The value that so many do not exceed; of nothing, 0."""
    assert percentile([], 0.5) == 0.0
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.5) == 3.0
    assert percentile([1.0, 2.0], 1.0) == 2.0
