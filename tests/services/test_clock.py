"""The clock's two readings."""

import datetime as dt

from services import clock


def test_wall_clock_is_milliseconds_since_the_epoch() -> None:
    """`now_ms` agrees with the calendar to the second."""
    calendar = dt.datetime.now(dt.UTC).timestamp() * 1000
    assert abs(clock.now_ms() - calendar) < 1_000


def test_monotonic_never_goes_back() -> None:
    """Later readings are never smaller."""
    readings = [clock.monotonic() for _ in range(100)]
    assert readings == sorted(readings)
