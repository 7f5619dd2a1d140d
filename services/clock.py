"""The one place where a process reads a clock; it formats nothing and waits for nothing."""

from __future__ import annotations

import time


def now_ms() -> int:
    """Wall clock: milliseconds since the Unix epoch. It may jump back when the host corrects it."""
    return time.time_ns() // 1_000_000


def monotonic() -> float:
    """Seconds from an arbitrary start, never going back: for durations and deadlines."""
    return time.monotonic()
