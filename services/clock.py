"""The one place where a process reads a clock; and says a time; it waits for nothing."""

from __future__ import annotations

import time
from typing import Final

_LAST_SECOND: Final = 253_402_300_799


def now_ms() -> int:
    """Wall clock: milliseconds since the Unix epoch. It may jump back when the host corrects it."""
    return time.time_ns() // 1_000_000


def rfc3339(time_ms: int) -> str:
    """A time in whole seconds of UTC, as RFC 3339 has it; beyond the year 9999 its last second."""
    seconds = min(time_ms // 1000, _LAST_SECOND)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def monotonic() -> float:
    """Seconds from an arbitrary start, never going back: for durations and deadlines."""
    return time.monotonic()
