"""How many connections are let in, and how fast."""

from __future__ import annotations

from gateway.gate import Gate


def test_the_number_of_connections_is_bounded() -> None:
    """One more is told when to come again; one who leaves makes room."""
    gate = Gate(2, 0, 1.0)
    assert [gate.enter(0.0) for _ in range(3)] == [None, None, 5]
    gate.leave()
    assert gate.enter(0.0) is None


def test_a_burst_passes_and_then_the_rate_holds() -> None:
    """A period's worth at once, then as many per period."""
    gate = Gate(1_000, 10, 1.0)
    assert [gate.enter(100.0) for _ in range(10)] == [None] * 10
    assert gate.enter(100.0) == 1
    assert gate.enter(100.125) is None
    assert gate.enter(100.125) == 1


def test_a_slow_rate_says_how_long_to_wait() -> None:
    """`Retry-After` is in whole seconds, rounded up."""
    gate = Gate(1_000, 1, 10.0)
    assert gate.enter(100.0) is None
    assert gate.enter(101.0) == 9


def test_a_clock_that_stands_still_lets_nobody_in_twice() -> None:
    """No tokens are made without time passing."""
    gate = Gate(1_000, 1, 1.0)
    assert gate.enter(5.0) is None
    assert gate.enter(4.0) == 1


def test_while_draining_nobody_is_let_in() -> None:
    """Whatever room there is."""
    gate = Gate(10, 0, 1.0)
    gate.closed = True
    assert gate.enter(0.0) == 1
