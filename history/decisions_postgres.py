"""What a decision about a message must know, read in its transaction; it decides nothing."""

from __future__ import annotations

from typing import Final

import msgspec

from history import message, page
from history.message import State
from history.rooms_postgres import POSITION
from proto import wire
from services.pool_postgres import Connection

# One statement, so that what is stored and what is only decided are of one moment: a row of the
# outbox is stored when its place is, or when the writer has seen it.
STATE: Final = f"""
    SELECT m.sender, m.deleted, e.body,
           (SELECT count(*) FROM edits d WHERE d.room = $1 AND d.message = $2) AS edits,
           (SELECT json_object_agg(k.emoji, k.count)::text FROM reaction_kinds k
            WHERE k.room = $1 AND k.message = $2) AS kinds,
           ARRAY(SELECT r.emoji FROM reactions r
                 WHERE r.room = $1 AND r.message = $2 AND r."user" = $3) AS own,
           ARRAY(SELECT p.message FROM pins p WHERE p.room = $1) AS pins,
           ARRAY(SELECT o.body FROM (
               SELECT number, body FROM outbox WHERE room = $1 AND seq > coalesce({POSITION}, 0)
               UNION ALL
               SELECT number, body FROM outbox u WHERE room = $1 AND seq IS NULL
                   AND NOT EXISTS (SELECT FROM relayed r WHERE r.id = u.id)
           ) o ORDER BY o.number) AS decided
    FROM messages m JOIN events e ON e.room = m.room AND e.seq = m.seq
    WHERE m.room = $1 AND m.seq = $2
"""  # noqa: S608 - made of constants
_kinds = msgspec.json.Decoder(dict[str, int])


async def state(connection: Connection, room: str, seq: int, user: str) -> State | None:
    """A message with everything decided about it, as it concerns `user`; None if there is none.

    The room's lock is held, so nothing is decided meanwhile.
    """
    row = await connection.fetchrow(STATE, room, seq, user)
    if row is None:
        return None
    said = page.said(row["body"])
    stored = State(
        seq,
        row["sender"],
        said.text,
        row["deleted"],
        row["edits"],
        _kinds.decode(row["kinds"]) if row["kinds"] else {},
        frozenset(row["own"]),
        frozenset(row["pins"]),
        tuple(said.previews or ()),
    )
    return message.after(stored, (wire.decode_event(body) for body in row["decided"]), user)
