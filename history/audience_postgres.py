"""Whom messages of a room may concern, and how far they have read; who is told is decided by
notify.
"""

from __future__ import annotations

from typing import Final

from proto import limits
from proto.audience import AudienceCall, AudienceReply, Hearer
from services.pool_postgres import Pool, Row

_ROOM: Final = "SELECT kind, name, members FROM rooms WHERE id = $1 AND deleted_ms IS NULL"
SAID: Final = (
    "SELECT seq, sender FROM messages WHERE room = $1 AND seq = ANY($2::bigint[]) AND NOT deleted"
)
_HEARERS: Final = """
    SELECT m."user", m.notify, k.read_seq, ARRAY(
        SELECT b.blocked FROM blocks b WHERE b."user" = m."user" AND b.blocked = ANY($4::text[])
    ) AS blocked
    FROM members m JOIN marks k ON k.room = m.room AND k."user" = m."user"
    WHERE m.room = $1 AND m."user" > $2 AND k.read_seq < $3
        AND NOT m.muted AND m.notify <> 'none'
"""
_PAGE: Final = ' ORDER BY m."user" LIMIT $5'
EVERYONE: Final = _HEARERS + _PAGE
NAMED: Final = _HEARERS + ' AND m."user" = ANY($6::text[])' + _PAGE


async def audience(pool: Pool, call: AudienceCall) -> AudienceReply:
    """Answer the call from what is stored. Raises Unavailable without Postgres."""
    room = await pool.fetchrow(_ROOM, call.room)
    if room is None:
        return AudienceReply(kind=None)
    said = {row["seq"]: row["sender"] for row in await pool.fetch(SAID, call.room, call.seqs)}
    large = room["members"] > limits.NOTIFY_MEMBERS
    given = (call.room, call.after, call.seq, call.senders, limits.AUDIENCE_PEOPLE + 1)
    if large and not call.everyone:
        concerned = list({*call.named, *said.values()})
        rows = await pool.fetch(NAMED, *given, concerned)
    else:
        rows = await pool.fetch(EVERYONE, *given)
    return AudienceReply(
        kind=room["kind"],
        name=room["name"],
        large=large,
        said=said,
        people=[_hearer(row) for row in rows[: limits.AUDIENCE_PEOPLE]],
        more=len(rows) > limits.AUDIENCE_PEOPLE,
    )


def _hearer(row: Row) -> Hearer:
    return Hearer(row["user"], row["notify"], row["read_seq"], row["blocked"])
