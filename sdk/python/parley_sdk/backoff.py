"""How long to wait before the next try: full jitter, doubling. It draws no random number."""

from __future__ import annotations

BASE_SECONDS = 0.5
CAP_SECONDS = 30.0
TOLD_SECONDS = 300.0
"""Longest wait that a server is obeyed in."""
_MOST_DOUBLINGS = 6  # 0.5 s · 2⁶ is beyond the cap


def delay_seconds(attempt: int, draw: float) -> float:
    """Give the wait before try number `attempt` (from 0), for a `draw` from [0, 1).

    Full jitter: anything from 0 up to 0.5 s doubled with each try, at most 30 s, so that many
    clients that lost one gateway do not come back together.
    """
    return draw * min(CAP_SECONDS, BASE_SECONDS * (1 << min(attempt, _MOST_DOUBLINGS)))


def told_seconds(ms: float | None) -> float:
    """Give the wait that a server asked for, in seconds; at most 5 minutes, 0 without."""
    return min(TOLD_SECONDS, max(0.0, (ms or 0) / 1000))
