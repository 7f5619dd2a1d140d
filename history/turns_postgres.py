"""Who wrote last when in rooms in slow mode; rooms that are not in it have nothing here."""

from __future__ import annotations

from services.pool_postgres import Connection, Pool


async def take(
    connection: Pool | Connection, room: str, user: str, key: str, pause_ms: int, now_ms: int
) -> int:
    """Take the turn for the message `key`; answers 0, or how many ms to wait for the next one.

    The same key keeps its turn, so that a message can be tried again. Of two at once one wins,
    whichever replica each asks.
    """
    taken = await connection.fetchval(
        "INSERT INTO turns AS t VALUES ($1, $2, $3::uuid, $4)"
        ' ON CONFLICT (room, "user") DO UPDATE SET key = EXCLUDED.key,'
        " taken_ms = CASE WHEN t.key = EXCLUDED.key THEN t.taken_ms ELSE $4 END"
        " WHERE t.key = EXCLUDED.key OR t.taken_ms + $5 <= $4 RETURNING true",
        room,
        user,
        key,
        now_ms,
        pause_ms,
    )
    if taken:
        return 0
    query = 'SELECT taken_ms FROM turns WHERE room = $1 AND "user" = $2'
    last_ms = await connection.fetchval(query, room, user)
    # Never 0: the turn was refused, though its time may have come meanwhile.
    return max(1, (last_ms or now_ms) + pause_ms - now_ms)


async def prune(pool: Pool, before_ms: int) -> None:
    """Forget turns from before a time, which is longer ago than any pause."""
    await pool.execute("DELETE FROM turns WHERE taken_ms < $1", before_ms)
