"""Erases from the log what Postgres has deleted: the message and the texts its edits gave it, and
has media let go of its files.

The writer notes the places in the transaction that stores the deletion, so nothing is forgotten:
whoever deleted erases at once, and the sweeper of any replica what was left. Erasing overwrites the
record on the disk of every NATS server.
"""

from __future__ import annotations

from typing import Final

from history import erasures_postgres, pictures_postgres, releases_postgres
from history.attacher import Attacher
from services.log_nats import Log
from services.pool_postgres import Pool

_AT_ONCE: Final = 100


class Eraser:
    """Idempotent; any number of replicas may do the same."""

    def __init__(self, pool: Pool, log: Log, attacher: Attacher) -> None:
        self._pool = pool
        self._log = log
        self._attacher = attacher

    async def erase(self, room: str, message: int) -> None:
        """Return when the log holds no word of a deleted message any more, nor media a file.

        Raises:
            BusError: the log did not do it; nothing is forgotten.
            Unavailable: Postgres or media is away.
        """
        seqs = await erasures_postgres.of(self._pool, room, message)
        for seq in seqs:
            await self._log.delete(seq)
        if seqs:
            await erasures_postgres.done(self._pool, room, message, seqs)
        release = await releases_postgres.of(self._pool, room, message)
        if release is not None:
            await self._attacher.release(room, release)
            await releases_postgres.done(self._pool, room, message)

    async def erase_left(self) -> None:
        """Erase what nobody waits for any more, files of ended rooms last. Raises as `erase`.

        Nobody waits for former pictures of rooms.
        """
        for room, message in await erasures_postgres.left(self._pool, _AT_ONCE):
            await self.erase(room, message)
        for room, message in await releases_postgres.left(self._pool, _AT_ONCE):
            await self.erase(room, message)
        for room, release in await pictures_postgres.left(self._pool, _AT_ONCE):
            await self._attacher.release(room, release)
            await pictures_postgres.done(self._pool, release.key)
        for room in await releases_postgres.rooms_left(self._pool, _AT_ONCE):
            await self._attacher.release_room(room)
            await releases_postgres.room_done(self._pool, room)
