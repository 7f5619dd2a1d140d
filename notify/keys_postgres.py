"""The table of the one VAPID key; what it signs is `vapid_jwt`'s."""

from __future__ import annotations

from services.pool_postgres import Pool

_READ = "SELECT private_key FROM vapid"
_MAKE = "INSERT INTO vapid (private_key, created_ms) VALUES ($1, $2) ON CONFLICT DO NOTHING"


async def ensured(pool: Pool, made: bytes, now_ms: int) -> bytes:
    """The private key of this installation: `made`, if there was none. One, however many ask.

    Raises:
        Unavailable: Postgres is away.
    """
    await pool.execute(_MAKE, made, now_ms)
    return bytes(await pool.fetchval(_READ))
