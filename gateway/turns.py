"""What many sockets share: one flush a turn of the event loop, one timer for all that must end."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from services.clock import monotonic


class Flushable(Protocol):
    """Has something pending."""

    def flush(self) -> int:
        """Write it, at once, and give how many frames that were, 0 if none were left.

        It must not raise, for others are waiting their turn.
        """


class Abortable(Protocol):
    """Has a connection that may be slow to end."""

    def abort(self) -> None:
        """End it at once; idempotent, and nothing if it has ended."""


class Turns:
    """Flushes, after whatever runs now, everyone who asked for it, in that order.

    `on_flushed` hears once a turn how many frames left in how many writes.
    """

    __slots__ = ("_on_flushed", "_waiting")

    def __init__(self, on_flushed: Callable[[int, int], None] | None = None) -> None:
        self._waiting: list[Flushable] = []
        self._on_flushed = on_flushed

    def flush_later(self, who: Flushable) -> None:
        """Call its `flush` in the next turn; ask once for each flush."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.append(who)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        frames = writes = 0
        for who in waiting:
            count = who.flush()
            frames += count
            writes += count > 0
        if self._on_flushed is not None:
            self._on_flushed(frames, writes)


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
