"""Deleted messages and rooms whose files media is still to be told of; telling is `eraser`'s."""

from __future__ import annotations

from typing import NamedTuple

from proto import events
from services.pool_postgres import Connection, Pool


class Release(NamedTuple):
    """A message that had files: by its sender and key, as media knows it."""

    sender: str
    key: str


async def note(connection: Connection, said: events.Message, message: int) -> None:
    """Have media be told that a message is deleted, if it had files. Idempotent."""
    if said.attachments:
        await connection.execute(
            "INSERT INTO releases VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            said.room,
            message,
            said.sender,
            said.id,
        )


async def of(pool: Pool, room: str, message: int) -> Release | None:
    """What media is to be told of one message."""
    row = await pool.fetchrow(
        "SELECT sender, key FROM releases WHERE room = $1 AND message = $2", room, message
    )
    return None if row is None else Release(row["sender"], str(row["key"]))


async def left(pool: Pool, limit: int) -> list[tuple[str, int]]:
    """Rooms and messages that media is to be told of, at most `limit`."""
    rows = await pool.fetch("SELECT room, message FROM releases LIMIT $1", limit)
    return [(row["room"], row["message"]) for row in rows]


async def done(pool: Pool, room: str, message: int) -> None:
    """Note that media knows."""
    await pool.execute("DELETE FROM releases WHERE room = $1 AND message = $2", room, message)


async def note_room(connection: Connection, room: str) -> None:
    """Have media be told that a room has ended. Idempotent."""
    await connection.execute("INSERT INTO ended_rooms VALUES ($1) ON CONFLICT DO NOTHING", room)


async def rooms_left(pool: Pool, limit: int) -> list[str]:
    """Rooms that media is to be told of, at most `limit`."""
    rows = await pool.fetch("SELECT room FROM ended_rooms LIMIT $1", limit)
    return [row["room"] for row in rows]


async def room_done(pool: Pool, room: str) -> None:
    """Note that media knows."""
    await pool.execute("DELETE FROM ended_rooms WHERE room = $1", room)
