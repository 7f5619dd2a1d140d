"""One at a time for each room within this process; whoever waits here holds no connection.

Decisions about a room hold its lock in Postgres. Without this a crowd that reacts to one message
would wait for that lock with every connection of the pool, and the other rooms with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from services.problem import Unavailable

WAITING: Final = 200
"""Most who wait for one room."""
WAIT_SECONDS: Final = 10.0


class Lane:
    """One room's turn. `begun` and `ended` number what was done in it, for who shares it."""

    __slots__ = ("begun", "ended", "lock", "users")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.users = 0
        self.begun = 0
        self.ended = 0
        """The last one that was done to its end."""


class Lanes:
    """Lanes exist while somebody is in them."""

    def __init__(self) -> None:
        self._lanes: dict[str, Lane] = {}

    def __len__(self) -> int:
        """How many rooms somebody has or wants a turn in."""
        return len(self._lanes)

    @asynccontextmanager
    async def join(self, room: str) -> AsyncIterator[Lane]:
        """Have a room's lane without waiting for a turn in it."""
        lane = self._lanes.setdefault(room, Lane())
        lane.users += 1
        try:
            yield lane
        finally:
            lane.users -= 1
            if lane.users == 0:
                del self._lanes[room]

    @asynccontextmanager
    async def turn(self, room: str) -> AsyncIterator[None]:
        """Be the one whose turn it is, in the order they came. Cancelling is safe.

        Raises:
            Unavailable: too many are waiting, or it takes too long.
        """
        async with self.join(room) as lane:
            if lane.users > WAITING:
                raise Unavailable("too much happens in this room at once")
            try:
                async with asyncio.timeout(WAIT_SECONDS):
                    await lane.lock.acquire()
            except TimeoutError:
                raise Unavailable("too much happens in this room at once") from None
            try:
                yield
            finally:
                lane.lock.release()
