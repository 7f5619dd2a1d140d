"""The audit log: what admins did and what came of the links they gave; rows are only ever added."""

from __future__ import annotations

from typing import Final, NamedTuple

from services.pool_postgres import Connection, Pool

_INSERT = "INSERT INTO audit (at_ms, actor, action, target, detail) VALUES ($1, $2, $3, $4, $5)"
_PAGE = """
    SELECT id, at_ms, actor, action, target, detail FROM audit
    WHERE id < $1 ORDER BY id DESC LIMIT $2"""
DETAIL_CHARACTERS: Final = 500


class Deed(NamedTuple):
    """One line. `actor` is null for the command line, and for who was not signed in."""

    number: int
    at_ms: int
    actor: str | None
    action: str
    target: str | None
    detail: str


class Audit:
    """Reads it. All calls raise `Unavailable` while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def before(self, number: int, limit: int) -> list[Deed]:
        """Up to `limit` lines before a number, the newest first."""
        rows = await self._pool.fetch(_PAGE, number, limit)
        return [Deed(row[0], row[1], row[2], row[3], row[4], row[5]) for row in rows]


async def note(
    connection: Connection,
    now_ms: int,
    actor: str | None,
    action: str,
    target: str | None,
    detail: str = "",
) -> None:
    """Add a line, in the transaction of what it tells: both are there, or neither."""
    await connection.execute(_INSERT, now_ms, actor, action, target, detail[:DETAIL_CHARACTERS])
