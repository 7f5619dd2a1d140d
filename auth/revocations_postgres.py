"""The table of revocations: what is void before its time, and who still has to hear of it."""

from __future__ import annotations

from typing import NamedTuple

from proto.calls import Revoked
from services.pool_postgres import Pool

_WAITING = """
    SELECT id, user_id, sid, at_ms FROM revocations WHERE NOT announced ORDER BY id LIMIT $1"""
_ANNOUNCED = "UPDATE revocations SET announced = true WHERE id = ANY($1::bigint[])"
_SINCE = """
    SELECT user_id, sid, at_ms FROM revocations WHERE at_ms >= $1 ORDER BY at_ms, id LIMIT $2"""
_PRUNE = """
    DELETE FROM revocations WHERE id IN (
        SELECT id FROM revocations WHERE at_ms < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING id"""


class Waiting(NamedTuple):
    """A revocation that was not announced yet, with its row."""

    row: int
    revoked: Revoked


class Revocations:
    """Reads and prunes revocations; `Sessions` writes them, in the transaction that ends a session.

    All calls raise `Unavailable` while Postgres is away.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def waiting(self, limit: int) -> list[Waiting]:
        """Up to `limit` that were not announced, the oldest first."""
        rows = await self._pool.fetch(_WAITING, limit)
        return [
            Waiting(row["id"], Revoked(row["user_id"], row["sid"], row["at_ms"])) for row in rows
        ]

    async def announced(self, rows: list[int]) -> None:
        """Note that these were announced. Idempotent."""
        await self._pool.execute(_ANNOUNCED, rows)

    async def since(self, since_ms: int, limit: int) -> list[Revoked]:
        """Up to `limit` of those at or after a time, the oldest first."""
        rows = await self._pool.fetch(_SINCE, since_ms, limit)
        return [Revoked(row["user_id"], row["sid"], row["at_ms"]) for row in rows]

    async def prune(self, before_ms: int, limit: int) -> int:
        """Forget up to `limit` from before a time; answers how many."""
        return len(await self._pool.fetch(_PRUNE, before_ms, limit))
