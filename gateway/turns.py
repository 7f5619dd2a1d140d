"""What many sockets share: one flush a turn of the event loop, one timer for all that must end."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from gateway.wave import Recipient, Wave
from services.clock import monotonic

SLICE: Final = 256
"""Writes of large rooms in a turn of the loop, about 3 ms: what anybody else waits for them."""


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

    Then waves go on, those of large rooms, by one slice: the loop turns in between, so that what is
    said elsewhere does not wait until thousands have been written to.

    `on_flushed` hears once a turn how many frames left in how many writes.
    """

    __slots__ = ("_is_due", "_on_flushed", "_waiting", "_waves")

    def __init__(self, on_flushed: Callable[[int, int], None] | None = None) -> None:
        self._waiting: list[Flushable] = []
        self._waves: deque[Wave] = deque()
        self._is_due = False
        self._on_flushed = on_flushed

    def flush_later(self, who: Flushable) -> None:
        """Call its `flush` in the next turn; ask once for each flush."""
        self._waiting.append(who)
        if not self._is_due:
            self._come()

    def begin(self, wave: Wave) -> None:
        """Write it when those that began before are over, `SLICE` sockets in a turn."""
        self._waves.append(wave)
        if not self._is_due:
            self._come()

    def hurry(self, socket: Recipient) -> None:
        """Write to this one now whatever waves it waits for."""
        for wave in self._waves:
            wave.hurry(socket)

    def _come(self) -> None:
        self._is_due = True
        asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._is_due = False
        waiting, self._waiting = self._waiting, []
        counts = [who.flush() for who in waiting]
        frames, writes = sum(counts), len(counts) - counts.count(0)
        left = SLICE
        while left and self._waves:
            wave = self._waves[0]
            written = wave.write(left)
            left -= written.sockets
            frames += written.frames
            writes += written.writes
            if wave.is_over:
                self._waves.popleft()
        if self._waves:
            self._come()
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
