"""Into which default rooms people were let; who is let in is decided elsewhere."""

from __future__ import annotations

from services.pool_postgres import Connection, Pool


async def rooms(pool: Pool, user: str) -> set[str]:
    """Those that somebody was let into, be it long ago."""
    rows = await pool.fetch('SELECT room FROM welcomed WHERE "user" = $1', user)
    return {row[0] for row in rows}


async def note(connection: Connection, user: str, room: str) -> bool:
    """Note it; False if it was noted before."""
    noted = await connection.fetchval(
        "INSERT INTO welcomed VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true", user, room
    )
    return bool(noted)
