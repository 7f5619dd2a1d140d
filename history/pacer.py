"""Says whether a member may write just now; in slow mode every message comes through here."""

from __future__ import annotations

from history import rooms_postgres, turns_postgres
from history.decider import check
from history.rights import Right
from history.rooms_postgres import Place
from proto.codes import ErrorCode
from services import clock
from services.pool_postgres import Pool
from services.problem import Problem


class Pacer:
    """Reads the room anew for each message: its gateways ask of no other room."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def wait_ms(self, room: str, user: str, key: str) -> int:
        """Take the turn for the message `key`; answers 0, or how long its sender has to wait.

        Raises:
            Problem: they may not write at all.
            Unavailable: Postgres is away.
        """
        place = await rooms_postgres.place(self._pool, room, user)
        if place is None:
            raise Problem(ErrorCode.NOT_FOUND, "there is no such room")
        check(Right.SEND, place)
        return await self._take(place, user, key)

    async def require(self, place: Place, user: str, key: str) -> None:
        """Return if the message `key` may be written, its sender being a member who may write.

        Raises:
            Problem: `rate_limited`, with how long they have to wait.
            Unavailable: Postgres is away.
        """
        wait_ms = await self._take(place, user, key)
        if wait_ms:
            message = f"this room is in slow mode: one message in {place.slow_mode_seconds} s"
            raise Problem(ErrorCode.RATE_LIMITED, message, retry_after_ms=wait_ms)

    async def _take(self, place: Place, user: str, key: str) -> int:
        if place.slow_mode_seconds == 0 or place.role != "member":
            return 0
        pause_ms = place.slow_mode_seconds * 1000
        return await turns_postgres.take(self._pool, place.id, user, key, pause_ms, clock.now_ms())
