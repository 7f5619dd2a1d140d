"""Read marks, and what is left unread above them; who is told of a move is not decided here."""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

from history.rooms_postgres import UNREAD
from proto.shapes import ReadMark, Receipt
from services.pool_postgres import Connection, Pool


class Moved(NamedTuple):
    """Where a mark is after an attempt to move it, how many members the room has, and whether its
    owner lets them see how far they have read."""

    mark: ReadMark
    moved: bool
    members: int
    shown: bool


# Of the mark `k`. As a value it is looked up by key; NOT EXISTS may be turned into a hash of all.
SHOWN: Final = """coalesce(
        (SELECT g.receipts FROM settings g WHERE g."user" = k."user"), true
    )"""
MOVE: Final = f"""
    WITH k AS (
        UPDATE marks k SET read_seq = least($3, h.last_seq), said_seq = least($3, h.last_seq),
            -- Known where nothing is left: else there may be one's own above, as on the way back.
            said = CASE WHEN NOT $4 AND h.said_seq = h.last_seq AND NOT EXISTS (
                SELECT FROM messages s WHERE s.room = h.room AND s.seq > least($3, h.last_seq)
            ) THEN h.said END
        FROM heads h
        WHERE k.room = $1 AND k."user" = $2 AND h.room = $1
          AND (coalesce(k.read_seq, 0) < least($3, h.last_seq)
               OR ($4 AND k.read_seq > least($3, h.last_seq)))
        RETURNING k.room, k."user", k.read_seq, true AS moved
    ), now AS (
        SELECT * FROM k
        UNION ALL
        SELECT room, "user", read_seq, false FROM marks
        WHERE room = $1 AND "user" = $2 AND NOT EXISTS (SELECT FROM k)
    )
    SELECT coalesce(k.read_seq, h.last_seq, 0) AS read_seq, c.unread, c.mentions, k.moved,
           r.members, {SHOWN} AS shown
    FROM now k
    JOIN rooms r ON r.id = k.room AND r.deleted_ms IS NULL
    LEFT JOIN heads h ON h.room = k.room
    CROSS JOIN LATERAL ({UNREAD}) c
"""  # noqa: S608 - made of constants

RECEIPTS: Final = f"""
    SELECT k."user", k.read_seq FROM marks k WHERE k.room = $1 AND k."user" <> $2
        AND k.read_seq IS NOT NULL AND {SHOWN} ORDER BY k."user"
"""  # noqa: S608 - made of constants


async def start(connection: Connection, room: str, users: list[str], rows: list[UUID]) -> None:
    """Give new members a mark that waits for the log to say where their membership begins."""
    await connection.execute(
        'INSERT INTO marks (room, "user", joined_row)'
        " SELECT $1, * FROM unnest($2::text[], $3::uuid[])",
        room,
        users,
        rows,
    )


async def move(pool: Pool, room: str, user: str, seq: int, *, back: bool) -> Moved | None:
    """Move a mark to `seq`, never beyond the last stored event; backward only if `back`.

    Answers where it is then, in any case; None for one who is not a member. Idempotent.
    """
    row = await pool.fetchrow(MOVE, room, user, seq, back)
    if row is None:
        return None
    mark = ReadMark(row["read_seq"], row["unread"], row["mentions"])
    return Moved(mark, row["moved"], row["members"], row["shown"])


async def receipts(pool: Pool, room: str, user: str) -> list[Receipt]:
    """How far the others of a room have read, those who show it."""
    rows = await pool.fetch(RECEIPTS, room, user)
    return [Receipt(row["user"], row["read_seq"]) for row in rows]
