"""The key that URLs are signed with: made once for all replicas, and read by each."""

from __future__ import annotations

import secrets
from typing import Final

from services.pool_postgres import Pool

_BYTES: Final = 32


class SigningKey:
    """A part of the service: it is known once it has started."""

    name = "signing key"

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.secret = b""

    async def start(self) -> None:
        """Read it, and make it if there is none: one, however many ask. Raises Unavailable."""
        await self._pool.execute(
            "INSERT INTO signing_key (secret) VALUES ($1) ON CONFLICT DO NOTHING",
            secrets.token_bytes(_BYTES),
        )
        self.secret = bytes(await self._pool.fetchval("SELECT secret FROM signing_key"))

    async def stop(self) -> None:
        """Nothing to do."""
