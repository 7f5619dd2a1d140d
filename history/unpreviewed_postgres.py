"""Messages whose links are to be looked up, as the writer noted them; it looks nothing up."""

from __future__ import annotations

from typing import Final, NamedTuple

from history import page
from services.pool_postgres import Pool

# Whoever takes one has it for a while; others pass it over. What is no message of a room any more
# comes with nothing to look at.
TAKE: Final = """
    WITH due AS MATERIALIZED (
        SELECT seq FROM unpreviewed WHERE due_ms <= $1 ORDER BY due_ms LIMIT $3
        FOR UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE unpreviewed u SET due_ms = $2 FROM due WHERE u.seq = due.seq
        RETURNING u.seq, u.room, u.message, u.said_ms
    )
    SELECT t.seq, t.room, t.message, t.said_ms, m.sender,
           CASE WHEN r.previews AND r.deleted_ms IS NULL AND NOT m.deleted THEN e.body END AS body
    FROM taken t
    LEFT JOIN rooms r ON r.id = t.room
    LEFT JOIN messages m ON m.room = t.room AND m.seq = t.message
    LEFT JOIN events e ON e.room = t.room AND e.seq = t.message
    ORDER BY t.seq
"""


class Note(NamedTuple):
    """A text of a message, noted at `seq`; `text` None: there is none to be looked at any more."""

    seq: int
    room: str
    message: int
    said_ms: int
    sender: str | None
    text: str | None


async def take(pool: Pool, now_ms: int, until_ms: int, limit: int) -> list[Note]:
    """Take what is due; what is not `done` by `until_ms` is due again."""
    rows = await pool.fetch(TAKE, now_ms, until_ms, limit)
    return [
        Note(
            row["seq"],
            row["room"],
            row["message"],
            row["said_ms"],
            row["sender"],
            None if row["body"] is None else page.said(row["body"]).text,
        )
        for row in rows
    ]


async def done(pool: Pool, note: Note) -> None:
    """Forget a note."""
    await pool.execute("DELETE FROM unpreviewed WHERE seq = $1", note.seq)
