"""What many sockets share: one flush a turn of the event loop, one timer for all that must end."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from services.clock import monotonic

SLICE: Final = 256
"""Writes of large rooms in a turn of the loop, about 3 ms: what anybody else waits for them."""
_FORGET: Final = 16 * SLICE


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

    Those of a large room wait for their slice: the loop goes on in between, so that what is said
    elsewhere does not wait until thousands have been written to. Whoever is written to meanwhile
    leaves at once, and what comes for one who still waits leaves with it, in one write.

    `on_flushed` hears once a turn how many frames left in how many writes.
    """

    __slots__ = ("_flushed", "_is_due", "_on_flushed", "_patient", "_waiting")

    def __init__(self, on_flushed: Callable[[int, int], None] | None = None) -> None:
        self._waiting: list[Flushable] = []
        self._patient: list[Flushable] = []
        self._flushed = 0
        """How many of those had their slice."""
        self._is_due = False
        self._on_flushed = on_flushed

    def flush_later(self, who: Flushable) -> None:
        """Call its `flush` in the next turn; ask once for each flush."""
        self._waiting.append(who)
        if not self._is_due:
            self._come()

    def flush_in_slices(self, who: Flushable) -> None:
        """Call its `flush` when those who asked so before have had theirs, `SLICE` in a turn."""
        self._patient.append(who)
        if not self._is_due:
            self._come()

    def _come(self) -> None:
        self._is_due = True
        asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._is_due = False
        waiting, self._waiting = self._waiting, []
        if self._patient:
            waiting += self._slice()
        counts = [who.flush() for who in waiting]
        if self._on_flushed is not None:
            self._on_flushed(sum(counts), len(counts) - counts.count(0))

    def _slice(self) -> list[Flushable]:
        patient, start = self._patient, self._flushed
        end = self._flushed = start + SLICE
        taken = patient[start:end]
        if end >= len(patient) or end >= _FORGET:
            # Not at each slice: the rest is moved.
            del patient[:end]
            self._flushed = 0
        if patient:
            self._come()
        return taken


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
