"""The table of signing keys; which of them signs is `keyring`'s to say."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from auth import audit_postgres
from services.pool_postgres import Pool

# Taken by whoever finds no key: of several replicas at their first start one makes it.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('parley.auth.signing_keys', 0))"
_LIVING = "SELECT kid, private_key, created_ms FROM signing_keys WHERE retired_ms IS NULL"
_INSERT = "INSERT INTO signing_keys (kid, private_key, created_ms) VALUES ($1, $2, $3)"


_NEWEST = "SELECT max(created_ms) FROM signing_keys WHERE retired_ms IS NULL"
_RETIRE = """
    UPDATE signing_keys SET retired_ms = $2
    WHERE kid = $1 AND retired_ms IS NULL
    AND (SELECT count(*) FROM signing_keys WHERE retired_ms IS NULL) > 1
    RETURNING kid"""
# The seed is of no use any more, and nobody is to find it in a backup.
_FORGET = "DELETE FROM signing_keys WHERE retired_ms < $1"


class StoredKey(NamedTuple):
    """A row that is not retired."""

    kid: str
    private: bytes
    created_ms: int

    def __repr__(self) -> str:
        return f"StoredKey(kid={self.kid!r})"


class Keys:
    """Reads and changes signing keys. All calls raise `Unavailable` while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def living(self) -> list[StoredKey]:
        """All keys that are not retired, in no order."""
        rows = await self._pool.fetch(_LIVING)
        return [StoredKey(row[0], row[1], row[2]) for row in rows]

    async def ensure(self, make: Callable[[], StoredKey]) -> None:
        """Add the key that `make` answers if there is none; one, however many ask at once."""
        async with self._pool.transaction() as connection:
            await connection.execute(_LOCK)
            if not await connection.fetch(_LIVING):
                await connection.execute(_INSERT, *make())

    async def add(self, key: StoredKey, before_ms: int, actor: str | None) -> bool:
        """Add a key, unless one was made at or after a time; one, however many ask at once."""
        async with self._pool.transaction() as connection:
            await connection.execute(_LOCK)
            if (await connection.fetchval(_NEWEST) or 0) >= before_ms:
                return False
            await connection.execute(_INSERT, *key)
            await audit_postgres.note(connection, key.created_ms, actor, "key.added", key.kid)
            return True

    async def retire(self, kid: str, actor: str | None, now_ms: int) -> bool:
        """Publish a key no more; False if it is not, or is the only one. Idempotent."""
        async with self._pool.transaction() as connection:
            await connection.execute(_LOCK)
            if await connection.fetchval(_RETIRE, kid, now_ms) is None:
                return False
            await audit_postgres.note(connection, now_ms, actor, "key.retired", kid)
            return True

    async def forget(self, before_ms: int) -> None:
        """Remove the keys that were retired before. Idempotent."""
        await self._pool.execute(_FORGET, before_ms)
