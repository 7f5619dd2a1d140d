"""What was said, read back: log events for sync, messages for pages. The writer stores them."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from history.rooms_postgres import POSITION
from proto.calls import EventsReply, StoredEvent
from services.pool_postgres import Pool, Row

REPLY_BYTES: Final = 640 * 1024
"""Most bytes of events in one reply; with their frames it stays below NATS's 1 MB."""
_EVENTS: Final = f"""
    WITH found AS MATERIALIZED (
        SELECT seq, prev, body, sum(octet_length(body) + 64) OVER (ORDER BY seq) AS size,
               row_number() OVER (ORDER BY seq) AS number
        FROM (SELECT seq, prev, body FROM events WHERE room = $1 AND seq > $2
              ORDER BY seq LIMIT $3 + 1) e
    )
    SELECT f.seq, f.prev, f.body, p.as_of, (SELECT count(*) FROM found) AS found
    FROM (SELECT coalesce({POSITION}, 0) AS as_of) p
    LEFT JOIN found f ON f.number = 1 OR (f.size <= $4 AND f.number <= $3)
    ORDER BY f.seq
"""  # noqa: S608 - made of constants
_MESSAGE: Final = (
    "SELECT m.seq, e.prev, m.deleted, e.body FROM messages m"
    " JOIN events e ON e.room = m.room AND e.seq = m.seq WHERE m.room = $1"
)
_HEAD: Final = "SELECT last_seq FROM heads WHERE room = $1"


class Stored(NamedTuple):
    """One message as it is stored."""

    seq: int
    prev: int
    deleted: bool
    body: bytes


class Window(NamedTuple):
    """Messages in order, whether there is more in the direction asked, the room's last event."""

    messages: list[Stored]
    more: bool
    as_of: int


async def events(pool: Pool, room: str, after: int, limit: int) -> EventsReply:
    """Events of a room above `after`, in order: at most `limit`, and as many as a reply holds.

    There is always at least one if there is any. Nothing is ever removed, so all are kept from 1.
    """
    rows = await pool.fetch(_EVENTS, room, after, limit, REPLY_BYTES)
    given = [
        StoredEvent(row["seq"], row["prev"], msgspec.Raw(row["body"]))
        for row in rows
        if row["seq"] is not None
    ]
    return EventsReply(given, rows[0]["found"] > len(given), 1, rows[0]["as_of"])


async def key(pool: Pool, room: str, sender: str, message_key: str) -> tuple[int, int] | None:
    """The place and the time of the message with that key, or None."""
    row = await pool.fetchrow(
        "SELECT seq, ts FROM messages WHERE room = $1 AND sender = $2 AND key = $3",
        room,
        sender,
        message_key,
    )
    return None if row is None else (row["seq"], row["ts"])


async def before(pool: Pool, room: str, seq: int, limit: int) -> Window:
    """The last `limit` messages below `seq`; `more`: there are older ones."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
        query = _MESSAGE + " AND m.seq < $2 ORDER BY m.seq DESC LIMIT $3"
        rows = await connection.fetch(query, room, seq, limit + 1)
        as_of = await connection.fetchval(_HEAD, room)
    return Window(_stored(rows[:limit])[::-1], len(rows) > limit, as_of or 0)


async def after(pool: Pool, room: str, seq: int, limit: int) -> Window:
    """The first `limit` messages above `seq`; `more`: there are newer ones."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
        query = _MESSAGE + " AND m.seq > $2 ORDER BY m.seq LIMIT $3"
        rows = await connection.fetch(query, room, seq, limit + 1)
        as_of = await connection.fetchval(_HEAD, room)
    return Window(_stored(rows[:limit]), len(rows) > limit, as_of or 0)


async def around(pool: Pool, room: str, seq: int, limit: int) -> Window:
    """`limit` messages about `seq`, itself among them if it is one; `more`: on either side."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
        older = await connection.fetch(
            _MESSAGE + " AND m.seq <= $2 ORDER BY m.seq DESC LIMIT $3", room, seq, limit + 1
        )
        newer = await connection.fetch(
            _MESSAGE + " AND m.seq > $2 ORDER BY m.seq LIMIT $3", room, seq, limit + 1
        )
        as_of = await connection.fetchval(_HEAD, room)
    # Half on each side, and what one side lacks from the other.
    below = min(len(older), max(limit - limit // 2, limit - len(newer)))
    above = min(len(newer), limit - below)
    kept = _stored(older[:below])[::-1] + _stored(newer[:above])
    return Window(kept, below < len(older) or above < len(newer), as_of or 0)


def _stored(rows: list[Row]) -> list[Stored]:
    fields: list[Any] = [tuple(row) for row in rows]  # type: ignore[arg-type]  # a row is a sequence
    return [Stored(*row) for row in fields]
