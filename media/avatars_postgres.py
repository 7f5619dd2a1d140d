"""Which pictures of people are kept, and which of them are in doubt; who has which is auth's.

A picture is doubted from before auth is asked for a change until auth has said what came of it. So
whoever is killed in between, one that is somebody's stays and one that is nobody's goes.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from services.pool_postgres import Pool

_DOUBT: Final = "UPDATE avatars SET doubted_ms = $2 WHERE user_id = $1"


class Doubted(NamedTuple):
    """A picture of which nobody knows whether `user` has it."""

    object: str
    user: str
    since_ms: int


class AvatarLedger:
    """All calls raise `Unavailable` while Postgres is away; each happens whole or not at all."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, picture: str, user: str, size: int, now_ms: int) -> None:
        """Keep one that is in the store, noted as left over until now, and doubt all of theirs."""
        async with self._pool.transaction() as connection:
            await connection.execute(_DOUBT, user, now_ms)
            await connection.execute(
                "INSERT INTO avatars VALUES ($1, $2, $3, $4)", picture, user, size, now_ms
            )
            await connection.execute("DELETE FROM leftovers WHERE object = $1", picture)

    async def doubt(self, user: str, now_ms: int) -> None:
        """Doubt all of theirs. Idempotent."""
        await self._pool.execute(_DOUBT, user, now_ms)

    async def doubted(self, before_ms: int, limit: int) -> list[Doubted]:
        """Those doubted since before then, the longest first."""
        rows = await self._pool.fetch(
            "SELECT object, user_id, doubted_ms FROM avatars WHERE doubted_ms < $1"
            " ORDER BY doubted_ms LIMIT $2",
            before_ms,
            limit,
        )
        return [Doubted(row[0], row[1], row[2]) for row in rows]

    async def confirm(self, one: Doubted) -> None:
        """Know that they have it; nothing happens if it is doubted anew."""
        await self._pool.execute(
            "UPDATE avatars SET doubted_ms = NULL WHERE object = $1 AND doubted_ms = $2",
            one.object,
            one.since_ms,
        )

    async def remove(self, picture: str, now_ms: int) -> None:
        """Have it no more: nobody has it, nor ever will again. Idempotent."""
        async with self._pool.transaction() as connection:
            gone = await connection.fetchval(
                "DELETE FROM avatars WHERE object = $1 RETURNING object", picture
            )
            if gone is not None:
                await connection.execute("INSERT INTO leftovers VALUES ($1, $2)", gone, now_ms)

    async def owner(self, picture: str) -> str | None:
        """Whose one is, or was; None if there is no such one."""
        user = await self._pool.fetchval("SELECT user_id FROM avatars WHERE object = $1", picture)
        return None if user is None else str(user)

    async def size(self, picture: str) -> int | None:
        """How many bytes one has; None if there is no such one."""
        size = await self._pool.fetchval("SELECT size FROM avatars WHERE object = $1", picture)
        return None if size is None else int(size)
