"""The one reader of clocks outside the event loop's own; it waits for nothing."""

import time


def monotonic() -> float:
    """Give seconds from some fixed moment; it never jumps."""
    return time.monotonic()


def now_ms() -> int:
    """Give milliseconds since the Unix epoch, as this machine has them."""
    return time.time_ns() // 1_000_000
