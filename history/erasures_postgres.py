"""Places of the log that still hold text of deleted messages; erasing them is `eraser`'s."""

from __future__ import annotations

from services.pool_postgres import Pool


async def of(pool: Pool, room: str, message: int) -> list[int]:
    """The places of one message and its edits that are not erased yet."""
    rows = await pool.fetch(
        "SELECT seq FROM erasures WHERE room = $1 AND message = $2 ORDER BY seq", room, message
    )
    return [row["seq"] for row in rows]


async def left(pool: Pool, limit: int) -> list[tuple[str, int]]:
    """Rooms and messages that have such places, at most `limit`."""
    rows = await pool.fetch("SELECT DISTINCT room, message FROM erasures LIMIT $1", limit)
    return [(row["room"], row["message"]) for row in rows]


async def done(pool: Pool, room: str, message: int, seqs: list[int]) -> None:
    """Note that these places are erased, and empty the decisions that led to them."""
    await pool.execute(
        "WITH gone AS (DELETE FROM erasures"
        " WHERE room = $1 AND message = $2 AND seq = ANY($3::bigint[]))"
        " UPDATE outbox SET body = '' WHERE room = $1 AND seq = ANY($3::bigint[])",
        room,
        message,
        seqs,
    )
