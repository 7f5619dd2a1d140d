"""How many requests each host, or person, has under way: one that hangs takes its share alone."""

from __future__ import annotations

from collections import Counter


class Shares:
    """Of one process. It holds those that have something under way just now and no others."""

    def __init__(self, most: int) -> None:
        """`most` requests of each at a time."""
        self._most = most
        self._busy: Counter[str] = Counter()

    def __len__(self) -> int:
        """How many have something under way now."""
        return len(self._busy)

    def take(self, who: str) -> bool:
        """Begin a request, to be ended by `give`; False where there are as many as may be."""
        if self._busy[who] >= self._most:
            return False
        self._busy[who] += 1
        return True

    def give(self, who: str) -> None:
        """End a request."""
        self._busy[who] -= 1
        if self._busy[who] <= 0:
            del self._busy[who]
