"""What keeps the pictures of rooms at media, and which former ones it is still to let go of.

Which picture a room has is read with the room; telling media is `eraser`'s.
"""

from __future__ import annotations

from typing import NamedTuple

from history.releases_postgres import Release
from services.pool_postgres import Connection, Pool


class Picture(NamedTuple):
    """A file that media keeps by a key, for whoever uploaded it."""

    file: str
    key: str
    by: str


async def put(connection: Connection, room: str, picture: Picture | None) -> None:
    """Give a room a picture, or none, and have media let go of the one it had.

    The room's lock is held.
    """
    await connection.execute(
        "INSERT INTO picture_releases SELECT picture_key, id, picture_by FROM rooms"
        " WHERE id = $1 AND picture IS NOT NULL",
        room,
    )
    await connection.execute(
        "UPDATE rooms SET picture = $2, picture_key = $3, picture_by = $4 WHERE id = $1",
        room,
        *(picture or (None, None, None)),
    )


async def is_kept(pool: Pool, room: str, key: str) -> bool:
    """Say whether a room that has not ended has a picture that is kept by a key."""
    query = "SELECT true FROM rooms WHERE id = $1 AND picture_key = $2 AND deleted_ms IS NULL"
    return bool(await pool.fetchval(query, room, key))


async def left(pool: Pool, limit: int) -> list[tuple[str, Release]]:
    """Rooms and their former pictures that media is to let go of, at most `limit`."""
    rows = await pool.fetch("SELECT room, sender, key FROM picture_releases LIMIT $1", limit)
    return [(row["room"], Release(row["sender"], str(row["key"]))) for row in rows]


async def done(pool: Pool, key: str) -> None:
    """Note that media knows."""
    await pool.execute("DELETE FROM picture_releases WHERE key = $1", key)
