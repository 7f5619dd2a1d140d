"""How many connections a gateway takes, and how fast; a core, which closes none."""

from __future__ import annotations

import math


class Gate:
    """A bound on living connections and a token bucket on new ones.

    The bucket holds one period's worth: a burst of `count` passes at once, then `count` per
    `seconds`. A count of 0 switches the rate off.
    """

    __slots__ = (
        "_count",
        "_filled_at",
        "_maximum",
        "_seconds",
        "_tokens",
        "closed",
        "connections",
        "limited",
    )

    def __init__(self, maximum: int, count: int, seconds: float) -> None:
        self._maximum = maximum
        self._count = count
        self._seconds = seconds
        self._tokens = float(count)
        self._filled_at = 0.0
        self.connections = 0
        self.limited = 0
        self.closed = False
        """While draining nobody is let in."""

    def enter(self, now: float) -> int | None:
        """Let one in: None if that is right, else after how many whole seconds to come again.

        `limited` counts those who came too fast, not those for whom there is no room.
        """
        if self.closed or self.connections >= self._maximum:
            return 1 if self.closed else 5
        if self._count:
            elapsed = max(0.0, now - self._filled_at)
            rate = self._count / self._seconds
            self._tokens = min(float(self._count), self._tokens + elapsed * rate)
            self._filled_at = now
            if self._tokens < 1.0:
                self.limited += 1
                return max(1, math.ceil((1.0 - self._tokens) / rate))
            self._tokens -= 1.0
        self.connections += 1
        return None

    def leave(self) -> None:
        """Learn that one who was let in is gone."""
        self.connections -= 1
