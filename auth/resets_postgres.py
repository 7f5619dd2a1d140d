"""The table of one-time links for a new password: given, used once; it sends none."""

from __future__ import annotations

from typing import Final

from services.pool_postgres import Connection, Pool

LIVING: Final = 5
"""Links of one account that are good at the same time; one more voids the oldest."""
_INSERT = """
    INSERT INTO resets (secret_hash, user_id, created_ms, expires_ms) VALUES ($1, $2, $3, $4)"""
_SURPLUS = """
    DELETE FROM resets WHERE secret_hash IN (
        SELECT secret_hash FROM resets WHERE user_id = $1
        ORDER BY created_ms DESC, secret_hash OFFSET $2)"""
_TAKE = "DELETE FROM resets WHERE secret_hash = $1 AND expires_ms > $2 RETURNING user_id"
_OTHERS = "DELETE FROM resets WHERE user_id = $1"
_OWNER = """
    SELECT a.username FROM resets r JOIN accounts a ON a.id = r.user_id
    WHERE r.secret_hash = $1 AND r.expires_ms > $2"""
_PRUNE = """
    DELETE FROM resets WHERE secret_hash IN (
        SELECT secret_hash FROM resets WHERE expires_ms < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING user_id"""


class Resets:
    """Prunes and looks. All calls raise `Unavailable` while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def username(self, secret_hash: bytes, now_ms: int) -> str | None:
        """Whose link it is; None if it is not good. `take` has the last word."""
        found: str | None = await self._pool.fetchval(_OWNER, secret_hash, now_ms)
        return found

    async def prune(self, before_ms: int, limit: int) -> int:
        """Forget up to `limit` that ran out before; answers how many."""
        return len(await self._pool.fetch(_PRUNE, before_ms, limit))


async def insert(
    connection: Connection, user_id: str, secret_hash: bytes, now_ms: int, expires_ms: int
) -> None:
    """Add one."""
    await connection.execute(_INSERT, secret_hash, user_id, now_ms, expires_ms)
    await connection.execute(_SURPLUS, user_id, LIVING)


async def take(connection: Connection, secret_hash: bytes, now_ms: int) -> str | None:
    """Use one up, and the account's others with it; answers whose it was, None if it is none."""
    user_id: str | None = await connection.fetchval(_TAKE, secret_hash, now_ms)
    if user_id is not None:
        await connection.execute(_OTHERS, user_id)
    return user_id
