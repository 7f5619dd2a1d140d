"""What was said, read back: log events for sync, messages for pages. The writer stores them."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from history.rooms_postgres import POSITION
from proto.calls import EventsReply, StoredEvent
from services.pool_postgres import Connection, Pool

REPLY_BYTES: Final = 640 * 1024
"""Most bytes of events in one reply; with their frames it stays below NATS's 1 MB."""
EVENTS: Final = f"""
    WITH found AS MATERIALIZED (
        SELECT seq, prev, body, sum(octet_length(body) + 64) OVER (ORDER BY seq) AS size,
               row_number() OVER (ORDER BY seq) AS number
        FROM (SELECT seq, prev, body FROM events WHERE room = $1 AND seq > $2
              ORDER BY seq LIMIT $3 + 1) e
    )
    SELECT f.seq, f.prev, f.body, p.as_of, p.known, (SELECT count(*) FROM found) AS found
    FROM (SELECT coalesce({POSITION}, 0) AS as_of, $2 = 0 OR EXISTS (
        SELECT FROM events WHERE room = $1 AND seq = $2) AS known) p
    LEFT JOIN found f ON f.number = 1 OR (f.size <= $4 AND f.number <= $3)
    ORDER BY f.seq
"""  # noqa: S608 - made of constants
_HAS: Final = (
    "SELECT EXISTS (SELECT FROM events WHERE room = $1 AND seq = $2 AND ts = $3)"
    " OR EXISTS (SELECT FROM set_aside WHERE seq = $2)"
)
# One statement, so that the page and `as_of` are of one moment.
_PAGE: Final = """
    WITH page AS MATERIALIZED ({})
    SELECT m.seq, m.prev, m.deleted, m.body, h.as_of
    FROM (SELECT coalesce((SELECT last_seq FROM heads WHERE room = $1), 0) AS as_of) h
    LEFT JOIN (
        SELECT p.seq, e.prev, p.deleted, e.body
        FROM page p JOIN events e ON e.room = $1 AND e.seq = p.seq
    ) m ON true
    ORDER BY m.seq
"""
_SEQS: Final = "(SELECT seq, deleted FROM messages WHERE room = $1 AND seq {} LIMIT $3)"
_ABOVE: Final = _SEQS.format("> $2 ORDER BY seq")
_UP_TO: Final = _SEQS.format("<= $2 ORDER BY seq DESC")
BEFORE: Final = _PAGE.format(_SEQS.format("< $2 ORDER BY seq DESC"))
AFTER: Final = _PAGE.format(_ABOVE)
AROUND: Final = _PAGE.format(_UP_TO + " UNION ALL " + _ABOVE)


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
    rows = await pool.fetch(EVENTS, room, after, limit, REPLY_BYTES)
    given = [
        StoredEvent(row["seq"], row["prev"], msgspec.Raw(row["body"]))
        for row in rows
        if row["seq"] is not None
    ]
    return EventsReply(given, rows[0]["found"] > len(given), 1, rows[0]["as_of"], rows[0]["known"])


async def has(database: Pool | Connection, room: str, seq: int, ts: int) -> bool:
    """Whether what is stored from that place of the log is this event, or was set aside."""
    return bool(await database.fetchval(_HAS, room, seq, ts))


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
    found, as_of = await _page(pool, BEFORE, room, seq, limit)
    return Window(found[-limit:], len(found) > limit, as_of)


async def after(pool: Pool, room: str, seq: int, limit: int) -> Window:
    """The first `limit` messages above `seq`; `more`: there are newer ones."""
    found, as_of = await _page(pool, AFTER, room, seq, limit)
    return Window(found[:limit], len(found) > limit, as_of)


async def around(pool: Pool, room: str, seq: int, limit: int) -> Window:
    """`limit` messages about `seq`, itself among them if it is one; `more`: on either side.

    Half of them on each side, and what one side lacks from the other.
    """
    found, as_of = await _page(pool, AROUND, room, seq, limit)
    older = sum(stored.seq <= seq for stored in found)
    start = max(0, older - max(limit - limit // 2, limit - (len(found) - older)))
    kept = found[start : start + limit]
    return Window(kept, len(kept) < len(found), as_of)


async def _page(
    pool: Pool, query: str, room: str, seq: int, limit: int
) -> tuple[list[Stored], int]:
    """One message more than asked for, where there is, and the room's last event."""
    rows = await pool.fetch(query, room, seq, limit + 1)
    found = [
        Stored(row["seq"], row["prev"], row["deleted"], row["body"])
        for row in rows
        if row["seq"] is not None
    ]
    return found, rows[0]["as_of"]
