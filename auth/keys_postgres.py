"""The table of signing keys; which of them signs is `keyring`'s to say."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from services.pool_postgres import Pool

# Taken by whoever finds no key: of several replicas at their first start one makes it.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('parley.auth.signing_keys', 0))"
_LIVING = "SELECT kid, private_key, created_ms FROM signing_keys WHERE retired_ms IS NULL"
_INSERT = "INSERT INTO signing_keys (kid, private_key, created_ms) VALUES ($1, $2, $3)"


class StoredKey(NamedTuple):
    """A row that is not retired."""

    kid: str
    private: bytes
    created_ms: int

    def __repr__(self) -> str:
        return f"StoredKey(kid={self.kid!r})"


class Keys:
    """Reads and adds signing keys. All calls raise `Unavailable` while Postgres is away."""

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
