"""Changes what a room is: has media keep the picture it is to get, then has it decided.

Media is asked first, and outside of the room's lock: a picture that was decided and not kept could
be gone by then. If nothing is decided after all, nobody takes that back: an hour later media asks
whether the room has it, as it asks for a message that may never have been sent.
"""

from __future__ import annotations

import os

from history import decider, rooms_postgres
from history.attacher import Attacher
from history.decider import Decider
from history.pictures_postgres import Picture
from history.rights import Right
from proto import ids
from proto.codes import ErrorCode
from proto.shapes import RoomPatch
from services import clock
from services.pool_postgres import Pool
from services.problem import Problem


class Furnisher:
    """Raises Problem (what it refuses, or `timeout`) and Unavailable."""

    def __init__(self, pool: Pool, decider: Decider, attacher: Attacher) -> None:
        self._pool = pool
        self._decider = decider
        self._attacher = attacher

    async def change(self, room: str, user: str, patch: RoomPatch) -> None:
        """Change a room by a checked patch: all of it, or nothing."""
        await self._decider.change(room, user, patch, await self._picture(room, user, patch))

    async def _picture(self, room: str, user: str, patch: RoomPatch) -> Picture | None:
        """What the patch asks for, kept from now on; None if it has that already, or gets none."""
        if not isinstance(patch.picture, str):
            return None
        place = await rooms_postgres.place(self._pool, room, user)
        if place is None:
            raise Problem(ErrorCode.NOT_FOUND, "there is no such room")
        decider.check(Right.READ, place)
        decider.check_patch(patch, place)
        if place.picture == patch.picture:
            return None
        picture = Picture(patch.picture, ids.uuid7(clock.now_ms(), os.urandom(10)), user)
        await self._attacher.keep_picture(room, picture)
        return picture
