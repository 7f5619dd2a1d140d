"""What was said, read back: log events for sync, messages for pages. The writer stores them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, get_args

import msgspec

from history.rooms_postgres import POSITION
from proto import events as log_events
from proto import limits, wire
from proto.calls import EventsReply, StoredEvent
from proto.shapes import Reaction, ReactionUsers, User
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
# One statement, so that the page and `as_of` are of one moment. $4 is who looks at it.
_PAGE: Final = """
    WITH page AS MATERIALIZED ({})
    SELECT m.seq, m.prev, m.deleted, m.body, m.pinned, m.reactions, h.as_of
    FROM (SELECT coalesce((SELECT last_seq FROM heads WHERE room = $1), 0) AS as_of) h
    LEFT JOIN (
        SELECT p.seq, e.prev, p.deleted, e.body,
               (SELECT x.seq FROM pins x WHERE x.room = $1 AND x.message = p.seq) AS pinned,
               (SELECT json_agg(json_build_object('emoji', k.emoji, 'count', k.count, 'me', EXISTS (
                    SELECT FROM reactions r WHERE r.room = $1 AND r.message = p.seq
                    AND r."user" = $4 AND r.emoji = k.emoji)) ORDER BY k.since)::text
                FROM reaction_kinds k WHERE k.room = $1 AND k.message = p.seq) AS reactions
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
ONE: Final = _PAGE.format(_SEQS.format("= $2"))
SOME: Final = _PAGE.format(_SEQS.format("= ANY($2::bigint[])"))
PINNED: Final = _PAGE.format(
    "SELECT m.seq, m.deleted FROM (SELECT message FROM pins WHERE room = $1 AND seq > $2 LIMIT $3)"
    " p JOIN messages m ON m.room = $1 AND m.seq = p.message"
)
_LINE_TYPES: Final = ", ".join(
    f"'{kind.__struct_config__.tag}'" for kind in get_args(log_events.LineEvent)
)
# Postgres sees that they are all in the index whose predicate is that it is no message, nor about
# the text or the reactions of one.
LINES: Final = f"""
    SELECT seq, prev, body FROM events
    WHERE room = $1 AND seq > $2 AND seq <= $3 AND type IN ({_LINE_TYPES})
    ORDER BY seq DESC LIMIT $4
"""  # noqa: S608 - made of constants
QUOTED: Final = """
    SELECT m.seq, m.deleted, e.body
    FROM unnest($2::bigint[]) AS q (seq)
    JOIN messages m ON m.room = $1 AND m.seq = q.seq
    JOIN events e ON e.room = $1 AND e.seq = q.seq
"""
REACTED: Final = """
    SELECT k.emoji, k.count,
           EXISTS (SELECT FROM reactions r WHERE r.room = $1 AND r.message = $2
                   AND r."user" = $3 AND r.emoji = k.emoji) AS me,
           (SELECT json_agg(json_build_object('id', p.id, 'username', p.username,
                   'display_name', p.display_name, 'avatar', p.avatar) ORDER BY u.seq)::text
            FROM (SELECT r."user", r.seq FROM reactions r
                  WHERE r.room = $1 AND r.message = $2 AND r.emoji = k.emoji
                  ORDER BY r.seq LIMIT $4) u
            JOIN people p ON p.id = u."user") AS users
    FROM reaction_kinds k WHERE k.room = $1 AND k.message = $2 ORDER BY k.since
"""
_reactions = msgspec.json.Decoder(list[Reaction])
_users = msgspec.json.Decoder(list[User])
_line: msgspec.json.Decoder[log_events.LineEvent] = msgspec.json.Decoder(log_events.LineEvent)


class Stored(NamedTuple):
    """One message as it is stored."""

    seq: int
    prev: int
    deleted: bool
    body: bytes
    pinned: int | None = None
    """Where in the log it was pinned, if it is."""
    reactions: Sequence[Reaction] = ()


class Window(NamedTuple):
    """Messages in order, the room's last event, and on which sides asked for there are more."""

    messages: list[Stored]
    as_of: int
    older: bool = False
    newer: bool = False

    @property
    def more(self) -> bool:
        """Whether there are more on a side that was asked for."""
        return self.older or self.newer


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


async def key(pool: Pool, room: str, sender: str, message_key: str) -> tuple[int, int, bool] | None:
    """The place and the time of the message with that key, and if it is deleted; or None."""
    row = await pool.fetchrow(
        "SELECT seq, ts, deleted FROM messages WHERE room = $1 AND sender = $2 AND key = $3",
        room,
        sender,
        message_key,
    )
    return None if row is None else (row["seq"], row["ts"], row["deleted"])


async def before(pool: Pool, room: str, seq: int, limit: int, reader: str) -> Window:
    """The last `limit` messages below `seq`; `more`: there are older ones."""
    found, as_of = await _page(pool, BEFORE, room, seq, limit + 1, reader)
    return Window(found[-limit:], as_of, older=len(found) > limit)


async def after(pool: Pool, room: str, seq: int, limit: int, reader: str) -> Window:
    """The first `limit` messages above `seq`; `more`: there are newer ones."""
    found, as_of = await _page(pool, AFTER, room, seq, limit + 1, reader)
    return Window(found[:limit], as_of, newer=len(found) > limit)


async def around(pool: Pool, room: str, seq: int, limit: int, reader: str) -> Window:
    """`limit` messages about `seq`, itself among them if it is one; `more`: on either side.

    Half of them on each side, and what one side lacks from the other.
    """
    found, as_of = await _page(pool, AROUND, room, seq, limit + 1, reader)
    older = sum(stored.seq <= seq for stored in found)
    start = max(0, older - max(limit - limit // 2, limit - (len(found) - older)))
    kept = found[start : start + limit]
    return Window(kept, as_of, older=start > 0, newer=start + limit < len(found))


async def one(pool: Pool, room: str, seq: int, reader: str) -> Stored | None:
    """The message at a place; None if there is no message."""
    found, _ = await _page(pool, ONE, room, seq, 1, reader)
    return found[0] if found else None


async def some(pool: Pool, room: str, seqs: Sequence[int], reader: str) -> list[Stored]:
    """The messages at these places, in their order; what is no message is left out."""
    found, _ = await _page(pool, SOME, room, seqs, len(seqs), reader)
    return found


async def pinned(pool: Pool, room: str, reader: str) -> list[Stored]:
    """The pinned messages, the one that was pinned last first."""
    found, _ = await _page(pool, PINNED, room, 0, limits.PINS, reader)
    return sorted(found, key=lambda stored: -(stored.pinned or 0))


async def lines(pool: Pool, room: str, after: int, up_to: int) -> list[log_events.LineEvent]:
    """What happened besides messages in (`after`, `up_to`], in order; the latest if it is much."""
    rows = await pool.fetch(LINES, room, after, up_to, limits.PAGE_EVENTS)
    placed = (wire.place(row["body"], row["seq"], row["prev"]) for row in reversed(rows))
    return [_line.decode(data) for data in placed]


async def quoted(pool: Pool, room: str, seqs: Sequence[int]) -> dict[int, Stored]:
    """Those of the places where a message is, as it is now."""
    rows = await pool.fetch(QUOTED, room, seqs)
    return {row["seq"]: Stored(row["seq"], 0, row["deleted"], row["body"]) for row in rows}


async def versions(pool: Pool, room: str, message: int) -> list[bytes]:
    """The former events of a message, oldest first."""
    rows = await pool.fetch(
        "SELECT body FROM edits WHERE room = $1 AND message = $2 ORDER BY seq", room, message
    )
    return [row["body"] for row in rows]


async def reacted(pool: Pool, room: str, message: int, reader: str) -> list[ReactionUsers]:
    """Who reacted to a message, by emoji."""
    rows = await pool.fetch(REACTED, room, message, reader, limits.REACTION_USERS)
    return [
        ReactionUsers(row["emoji"], row["count"], row["me"], _users.decode(row["users"] or "[]"))
        for row in rows
    ]


async def _page(
    pool: Pool, query: str, room: str, seq: int | Sequence[int], limit: int, reader: str
) -> tuple[list[Stored], int]:
    """At most `limit` messages in their order, and the room's last event."""
    rows = await pool.fetch(query, room, seq, limit, reader)
    found = [
        Stored(
            row["seq"],
            row["prev"],
            row["deleted"],
            row["body"],
            row["pinned"],
            _reactions.decode(row["reactions"]) if row["reactions"] else (),
        )
        for row in rows
        if row["seq"] is not None
    ]
    return found, rows[0]["as_of"]
