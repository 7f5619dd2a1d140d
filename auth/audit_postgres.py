"""The audit log: what admins did and what came of the links they gave; rows are only ever added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from proto.identity import DeedElsewhere
from services.pool_postgres import Connection, Pool

_INSERT = "INSERT INTO audit (at_ms, actor, action, target, detail) VALUES ($1, $2, $3, $4, $5)"
_TAKE = """
    INSERT INTO audit (origin, at_ms, actor, action, target, detail)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[])
    ON CONFLICT (origin) DO NOTHING"""
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
    """Reads it, and takes what was done elsewhere; raises `Unavailable` without Postgres."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def before(self, number: int, limit: int) -> list[Deed]:
        """Up to `limit` lines before a number, the newest first."""
        rows = await self._pool.fetch(_PAGE, number, limit)
        return [Deed(row[0], row[1], row[2], row[3], row[4], row[5]) for row in rows]

    async def take(self, deeds: Sequence[DeedElsewhere]) -> None:
        """Add lines of what other services did. Idempotent: each of them is there once."""
        columns = [
            [deed.id for deed in deeds],
            [deed.at_ms for deed in deeds],
            [deed.actor for deed in deeds],
            [deed.action for deed in deeds],
            [deed.target for deed in deeds],
            [deed.detail[:DETAIL_CHARACTERS] for deed in deeds],
        ]
        await self._pool.execute(_TAKE, *columns)


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
