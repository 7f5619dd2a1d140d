"""Counts who of a room is here, now and then; who may know it is decided elsewhere."""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple

from presence.leases_redis import Leases
from presence.members import Members
from proto.shapes import RoomPresence
from services import clock

COUNT_SECONDS: Final = 10.0
"""So long a count is good, and longer where it takes long: it costs no more than 5 % of the time
of one who asks, however many ask and however large the room."""
_SHARE: Final = 20.0
ROOMS: Final = 1_000
"""Rooms whose count is kept; beyond it the oldest is dropped."""


class _Count(NamedTuple):
    """A count, perhaps still under way, and until when it is good once it is done."""

    work: asyncio.Task[RoomPresence]
    until: list[float]


class Counter:
    """One count at a time of each room, shared by all who ask meanwhile."""

    def __init__(
        self, leases: Leases, members: Members, *, count_seconds: float = COUNT_SECONDS
    ) -> None:
        self._leases = leases
        self._members = members
        self._count_seconds = count_seconds
        self._counts: dict[str, _Count] = {}

    async def of(self, room: str) -> RoomPresence:
        """Return the count of a room, at most `COUNT_SECONDS` old.

        Raises:
            Unavailable: history or Redis could not be asked; the next one tries again.
        """
        count = self._counts.get(room)
        if count is None or clock.monotonic() >= count.until[0]:
            count = self._begin(room)
        # Who gives up does not take the answer from the others.
        return await asyncio.shield(count.work)

    def _begin(self, room: str) -> _Count:
        until = [float("inf")]
        count = _Count(asyncio.create_task(self._count(room, until)), until)
        self._counts.pop(room, None)
        self._counts[room] = count
        while len(self._counts) > ROOMS:
            del self._counts[next(iter(self._counts))]
        return count

    async def _count(self, room: str, until: list[float]) -> RoomPresence:
        began = clock.monotonic()
        try:
            users = await self._members.of(room)
            online = await self._leases.count(users)
        except BaseException:
            until[0] = began
            raise
        now = clock.monotonic()
        until[0] = now + max(self._count_seconds, _SHARE * (now - began))
        return RoomPresence(room, len(users), online)
