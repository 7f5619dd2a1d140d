"""The one reader of a clock outside the event loop's own; it waits for nothing."""

import time


def monotonic() -> float:
    """Give seconds from some fixed moment; it never jumps."""
    return time.monotonic()
