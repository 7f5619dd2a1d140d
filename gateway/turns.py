"""What many sockets share: one flush a turn of the event loop, one timer for all that must end."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from services.clock import monotonic


class Flushable(Protocol):
    """Has something pending."""

    def flush(self) -> None:
        """Write it; must not raise, for others are waiting their turn."""


class Abortable(Protocol):
    """Has a connection that may be slow to end."""

    def abort(self) -> None:
        """End it at once; idempotent, and nothing if it has ended."""


class Turns:
    """Flushes, after whatever runs now, everyone who asked for it, in that order."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: list[Flushable] = []

    def flush_later(self, who: Flushable) -> None:
        """Call its `flush` in the next turn; ask once for each flush."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.append(who)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        for who in waiting:
            who.flush()


class Endings:
    """Aborts connections `seconds` after their end was begun, with one timer for all of them."""

    __slots__ = ("_due", "_seconds")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        # All wait equally long, so the oldest is always the next to be due.
        self._due: deque[tuple[float, Abortable]] = deque()

    def abort_later(self, who: Abortable) -> None:
        """Abort it when its time is up; it is kept until then even if it ends by itself."""
        if not self._due:
            asyncio.get_running_loop().call_later(self._seconds, self._abort)
        self._due.append((monotonic() + self._seconds, who))

    def _abort(self) -> None:
        now = monotonic()
        while self._due and self._due[0][0] <= now:
            self._due.popleft()[1].abort()
        if self._due:
            asyncio.get_running_loop().call_later(self._due[0][0] - now, self._abort)
