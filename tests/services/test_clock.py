"""The clock's two readings."""

import datetime as dt

from proto import limits
from services import clock


def test_wall_clock_is_milliseconds_since_the_epoch() -> None:
    """`now_ms` agrees with the calendar to the second."""
    calendar = dt.datetime.now(dt.UTC).timestamp() * 1000
    assert abs(clock.now_ms() - calendar) < 1_000


def test_monotonic_never_goes_back() -> None:
    """Later readings are never smaller."""
    readings = [clock.monotonic() for _ in range(100)]
    assert readings == sorted(readings)


def test_a_time_is_said_in_utc() -> None:
    """Whole seconds of it; what lies beyond the form is its last second."""
    assert clock.rfc3339(1_732_300_000_999) == "2024-11-22T18:26:40Z"
    assert clock.rfc3339(limits.FOREVER_MS) == "9999-12-31T23:59:59Z"
