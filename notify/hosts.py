"""How many requests each host has under way: one that hangs takes no more than its share."""

from __future__ import annotations

from collections import Counter


class Hosts:
    """Of one process. It holds the hosts that are asked just now and no others."""

    def __init__(self, most: int) -> None:
        """`most` requests to one host at a time."""
        self._most = most
        self._asked: Counter[str] = Counter()

    def __len__(self) -> int:
        """How many hosts are asked now."""
        return len(self._asked)

    def take(self, host: str) -> bool:
        """Begin a request, to be ended by `give`; False if the host has as many as it may have."""
        if self._asked[host] >= self._most:
            return False
        self._asked[host] += 1
        return True

    def give(self, host: str) -> None:
        """End a request."""
        self._asked[host] -= 1
        if self._asked[host] <= 0:
            del self._asked[host]
