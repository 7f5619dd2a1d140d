"""How much of a limit each owner used lately; pure: it is told the time and asks no server.

A limit of `count/seconds` is kept as it reads: at most `count` in any `seconds`, wherever one
begins to look. The time is cut into slices, and a slice counts until the last moment of it is
`seconds` ago: so nothing is let through too soon, and what is used comes back at most a slice late.
`lua/take.lua` counts the same way for the whole cluster.
"""

from __future__ import annotations

from collections import deque
from math import ceil, floor
from typing import Final

from services.settings import Rate

SLICES: Final = 20
"""Parts of a window: more of them would remember more of each owner, and be exact to less time."""
OWNERS: Final = 100_000
"""Most owners of one limit that are remembered; beyond it, those first seen are forgotten."""


class Window:
    """The use of one limit by all its owners, of `rate`, which is not off."""

    def __init__(self, rate: Rate, most: int = OWNERS) -> None:
        self.rate = rate
        self._most = most
        self._slice_seconds = rate.seconds / SLICES
        self._used: dict[str, deque[list[int]]] = {}

    def __len__(self) -> int:
        """How many owners something is remembered of."""
        return len(self._used)

    def used(self, owner: str, now: float) -> int:
        """How much an owner used in the window that ends at `now` (monotonic seconds)."""
        return sum(amount for _, amount in self._living(owner, now))

    def add(self, owner: str, now: float, amount: int = 1) -> None:
        """Count what an owner used, whether it was allowed or not."""
        slices = self._used.get(owner)
        if slices is None:
            while len(self._used) >= self._most:
                del self._used[next(iter(self._used))]
            slices = self._used[owner] = deque()
        current = floor(now / self._slice_seconds)
        if slices and slices[-1][0] >= current:
            slices[-1][1] += amount
        else:
            slices.append([current, amount])

    def wait_ms(self, owner: str, now: float, amount: int = 1) -> int:
        """After how many ms an owner may use `amount` more; 0: now. It counts nothing."""
        living = self._living(owner, now)
        missing = sum(used for _, used in living) + amount - self.rate.count
        if missing <= 0:
            return 0
        for begun, used in living:
            missing -= used
            if missing <= 0:
                return self._left_ms(begun, now)
        return ceil(self.rate.seconds * 1000)  # more at once than the limit ever allows

    def take(self, owner: str, now: float) -> int:
        """Let an owner use 1 more, and count it: 0 if they may, else after how many ms they may."""
        wait_ms = self.wait_ms(owner, now)
        if not wait_ms:
            self.add(owner, now)
        return wait_ms

    def prune(self, now: float) -> None:
        """Forget whoever used nothing in the window that ends at `now`."""
        self._used = {owner: used for owner, used in self._used.items() if self._living(owner, now)}

    def _living(self, owner: str, now: float) -> deque[list[int]]:
        """The slices that count at `now`, the oldest first; the others are forgotten."""
        slices = self._used.get(owner, deque())
        first = floor((now - self.rate.seconds) / self._slice_seconds)
        while slices and slices[0][0] < first:
            slices.popleft()
        return slices

    def _left_ms(self, begun: int, now: float) -> int:
        until = (begun + 1) * self._slice_seconds + self.rate.seconds
        return max(1, ceil((until - now) * 1000))
