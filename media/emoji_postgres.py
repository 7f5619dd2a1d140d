"""Which custom emoji there are and who added them; their pictures are the store's."""

from __future__ import annotations

from typing import Final, NamedTuple

from media import deeds_postgres
from media.emoji import Outcome
from proto import limits
from services.pool_postgres import Pool

_COLUMNS: Final = "name, object, size, width, height, added_by, added_ms"
# Two that are added at once would not see each other in the count.
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('parley.media.emoji', 0))"


class Kept(NamedTuple):
    """One of them; `object` is its picture in the store, and in its URL."""

    name: str
    object: str
    size: int
    width: int
    height: int
    added_by: str
    added_ms: int


class EmojiLedger:
    """All calls raise `Unavailable` while Postgres is away; each happens whole or not at all."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def all(self) -> list[Kept]:
        """All there are, by name."""
        rows = await self._pool.fetch(f"SELECT {_COLUMNS} FROM emoji ORDER BY name")  # noqa: S608
        return [Kept(*(row[column] for column in range(7))) for row in rows]

    async def is_known(self, name: str) -> bool:
        """Whether there is one of this name."""
        return bool(await self._pool.fetchval("SELECT true FROM emoji WHERE name = $1", name))

    async def picture(self, name: str) -> int | None:
        """How many bytes an object has that is a picture; None if it is none's."""
        size = await self._pool.fetchval("SELECT size FROM emoji WHERE object = $1", name)
        return None if size is None else int(size)

    async def add(self, new: Kept) -> Outcome:
        """Have one whose picture is in the store, noted as left over until now.

        If it cannot be had, its picture goes with the next sweep.
        """
        async with self._pool.transaction() as connection:
            await connection.execute(_LOCK)
            if await connection.fetchval("SELECT true FROM emoji WHERE name = $1", new.name):
                outcome: Outcome = "taken"
            elif await connection.fetchval("SELECT count(*) FROM emoji") >= limits.CUSTOM_EMOJI:
                outcome = "full"
            else:
                values = ", ".join(f"${n}" for n in range(1, len(new) + 1))
                await connection.execute(
                    f"INSERT INTO emoji ({_COLUMNS}) VALUES ({values})",  # noqa: S608
                    *new,
                )
                await connection.execute("DELETE FROM leftovers WHERE object = $1", new.object)
                await deeds_postgres.note(
                    connection, new.added_ms, new.added_by, "emoji.added", new.name
                )
                return "kept"
            await connection.execute(
                "UPDATE leftovers SET due_ms = $2 WHERE object = $1", new.object, new.added_ms
            )
            return outcome

    async def added_by(self, name: str) -> str | None:
        """Who added it; None if there is no such one."""
        found = await self._pool.fetchval("SELECT added_by FROM emoji WHERE name = $1", name)
        return None if found is None else str(found)

    async def remove(self, name: str, added_by: str, by: str, now_ms: int) -> None:
        """Have it no more, its picture with it. Idempotent; another's of that name stays."""
        async with self._pool.transaction() as connection:
            gone = await connection.fetchval(
                "DELETE FROM emoji WHERE name = $1 AND added_by = $2 RETURNING object",
                name,
                added_by,
            )
            if gone is not None:
                await connection.execute("INSERT INTO leftovers VALUES ($1, $2)", gone, now_ms)
                words = f"added by {added_by}"
                await deeds_postgres.note(connection, now_ms, by, "emoji.removed", name, words)
