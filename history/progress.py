"""How far the log is stored, for those who wait for it; it stores nothing itself."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import Awaitable, Callable
from typing import Final

from services.problem import Unavailable

WAIT_SECONDS: Final = 2.0
"""How long a reader waits for the writer before it answers `unavailable`."""
_POLL_SECONDS: Final = 0.02


class Progress:
    """The stored position as this process knows it; it only rises.

    The process that writes tells it; every other one looks, while somebody waits, 50 times a
    second at `read`, once for all who wait.
    """

    def __init__(self, read: Callable[[], Awaitable[int]]) -> None:
        self.seq = 0
        self._read = read
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self._poller: asyncio.Task[None] | None = None

    def advance(self, seq: int) -> None:
        """Note that everything up to `seq` is stored."""
        self.seq = max(self.seq, seq)
        while self._waiting and self._waiting[0][0] <= self.seq:
            future = heapq.heappop(self._waiting)[2]
            if not future.done():
                future.set_result(None)

    async def wait(self, seq: int, seconds: float = WAIT_SECONDS) -> bool:
        """Return True as soon as everything up to `seq` is stored, False when time is over."""
        if seq <= self.seq:
            return True
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (seq, next(self._numbers), future))
        if self._poller is None:
            self._poller = asyncio.create_task(self._poll())
        try:
            async with asyncio.timeout(seconds):
                await future
        except TimeoutError:
            return False
        return True

    async def refresh(self) -> int:
        """Look now. Raises Unavailable when Postgres is away."""
        self.advance(await self._read())
        return self.seq

    async def stop(self) -> None:
        """Look no more; who waits is left to their time."""
        if self._poller is not None:
            self._poller.cancel()
            await asyncio.wait((self._poller,))

    async def _poll(self) -> None:
        try:
            while self._drop_given_up():
                # Who waits is told of a failure when their time is over.
                with contextlib.suppress(Unavailable):
                    await self.refresh()
                await asyncio.sleep(_POLL_SECONDS)
        finally:
            self._poller = None

    def _drop_given_up(self) -> bool:
        """Forget those whose time is over; say whether anybody waits."""
        if any(entry[2].done() for entry in self._waiting):
            self._waiting = [entry for entry in self._waiting if not entry[2].done()]
            heapq.heapify(self._waiting)
        return bool(self._waiting)
