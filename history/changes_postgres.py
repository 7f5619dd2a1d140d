"""What later events do to messages that are stored; the events themselves are stored elsewhere.

Everything here runs in the writer's transaction, in the order of the log. Doing it again changes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from history import batch, page, releases_postgres
from history.batch import Change
from proto import events, replay
from services.pool_postgres import Connection

# Counted as they really go in and out, in the transaction that does it.
_ADD: Final = """
    WITH new AS (
        INSERT INTO reactions (room, message, "user", emoji, seq)
        SELECT s.room, s.message, s."user", s.emoji, s.seq
        FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[])
            AS s (room, message, "user", emoji, seq)
        JOIN messages m ON m.room = s.room AND m.seq = s.message AND NOT m.deleted
        ORDER BY s.seq
        ON CONFLICT DO NOTHING RETURNING room, message, emoji, seq
    )
    INSERT INTO reaction_kinds AS k (room, message, emoji, count, since)
    SELECT room, message, emoji, count(*), min(seq) FROM new GROUP BY room, message, emoji
    ON CONFLICT (room, message, emoji) DO UPDATE SET count = k.count + EXCLUDED.count
"""
_REMOVE: Final = """
    WITH gone AS (
        DELETE FROM reactions r
        USING unnest($1::text[], $2::bigint[], $3::text[], $4::text[])
            AS s (room, message, "user", emoji)
        WHERE r.room = s.room AND r.message = s.message AND r."user" = s."user"
          AND r.emoji = s.emoji
        RETURNING r.room, r.message, r.emoji
    ), fewer AS (
        SELECT room, message, emoji, count(*) AS number FROM gone GROUP BY room, message, emoji
    )
    UPDATE reaction_kinds k SET count = k.count - f.number FROM fewer f
    WHERE k.room = f.room AND k.message = f.message AND k.emoji = f.emoji
"""
_END: Final = """
    DELETE FROM reaction_kinds k
    USING unnest($1::text[], $2::bigint[], $3::text[]) AS s (room, message, emoji)
    WHERE k.room = s.room AND k.message = s.message AND k.emoji = s.emoji AND k.count <= 0
"""
_PIN: Final = """
    INSERT INTO pins (room, message, seq)
    SELECT s.room, s.message, s.seq
    FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS s (room, message, seq)
    JOIN messages m ON m.room = s.room AND m.seq = s.message AND NOT m.deleted
    ON CONFLICT DO NOTHING
"""
_UNPIN: Final = """
    DELETE FROM pins p USING unnest($1::text[], $2::bigint[]) AS s (room, message)
    WHERE p.room = s.room AND p.message = s.message
"""
_STANDS: Final = """
    SELECT e.body, m.deleted,
           EXISTS (SELECT FROM edits d
                   WHERE d.room = $1 AND d.message = $2 AND d.seq >= $3) AS later
    FROM messages m JOIN events e ON e.room = m.room AND e.seq = m.seq
    WHERE m.room = $1 AND m.seq = $2
"""


_PREVIEWED: Final = """
    SELECT e.body, m.deleted,
           EXISTS (SELECT FROM previews p
                   WHERE p.room = $1 AND p.message = $2 AND p.seq >= $3) AS later
    FROM messages m JOIN events e ON e.room = m.room AND e.seq = m.seq
    WHERE m.room = $1 AND m.seq = $2
"""


async def apply(connection: Connection, changes: Iterable[Change]) -> None:
    """Make the messages what they are after these events; one about no message does nothing."""
    for run in batch.runs(changes):
        match run[0].event:
            case events.MessageEdited():
                for change in run:
                    await _edit(connection, change)
            case events.MessageDeleted():
                for change in run:
                    await _delete(connection, change.room, change.event.target)
            case events.MessagePreview():
                for change in run:
                    await _preview(connection, change)
            case events.ReactionAdded():
                await connection.execute(_ADD, *_reactions(run), [one.seq for one in run])
            case events.ReactionRemoved():
                rooms, messages, users, emoji = _reactions(run)
                await connection.execute(_REMOVE, rooms, messages, users, emoji)
                await connection.execute(_END, rooms, messages, emoji)
            case events.MessagePinned():
                await connection.execute(_PIN, *_targets(run), [one.seq for one in run])
            case events.MessageUnpinned():
                await connection.execute(_UNPIN, *_targets(run))


async def _edit(connection: Connection, change: Change) -> None:
    edit = change.event
    if not isinstance(edit, events.MessageEdited):
        return
    row = await connection.fetchrow(_STANDS, change.room, edit.target, change.seq)
    if row is None or row["later"]:
        return
    if row["deleted"]:
        await _empty(connection, change.room, [change.seq])
        await _note(connection, change.room, edit.target, [change.seq])
        return
    await connection.execute(
        "INSERT INTO edits (room, message, seq, body) VALUES ($1, $2, $3, $4)",
        change.room,
        edit.target,
        change.seq,
        row["body"],
    )
    await _rewrite(connection, change.room, edit.target, replay.edited(row["body"], edit))
    await connection.execute(
        "UPDATE messages SET mentions = $3, everyone = $4 WHERE room = $1 AND seq = $2",
        change.room,
        edit.target,
        edit.mentions,
        edit.everyone is True,
    )


async def _preview(connection: Connection, change: Change) -> None:
    preview = change.event
    if not isinstance(preview, events.MessagePreview):
        return
    room, message, seq = change.room, preview.target, change.seq
    row = await connection.fetchrow(_PREVIEWED, room, message, seq)
    if row is None or row["later"]:
        return
    if row["deleted"]:
        await _empty(connection, room, [seq])
        await _note(connection, room, message, [seq])
        return
    await connection.execute("INSERT INTO previews VALUES ($1, $2, $3)", room, message, seq)
    await _rewrite(connection, room, message, replay.previewed(row["body"], preview))


async def _delete(connection: Connection, room: str, message: int) -> None:
    """Leave no word of a message in any table, and note where the log still has some."""
    body = await connection.fetchval(
        "SELECT body FROM events WHERE room = $1 AND seq = $2 AND type = 'message'", room, message
    )
    if body is None:
        return
    await connection.execute(
        "UPDATE messages SET deleted = true, mentions = '{}', everyone = false"
        " WHERE room = $1 AND seq = $2",
        room,
        message,
    )
    await _rewrite(connection, room, message, replay.tombstone(body))
    await releases_postgres.note(connection, page.said(body), message)
    changes = []
    for table in ("edits", "previews"):
        query = f"DELETE FROM {table} WHERE room = $1 AND message = $2 RETURNING seq"  # noqa: S608 - constants
        changes += [row["seq"] for row in await connection.fetch(query, room, message)]
    changes.sort()
    await _empty(connection, room, changes)
    for table in ("reactions", "reaction_kinds", "pins"):
        query = f"DELETE FROM {table} WHERE room = $1 AND message = $2"  # noqa: S608 - constants
        await connection.execute(query, room, message)
    await _note(connection, room, message, [message, *changes])


async def _note(connection: Connection, room: str, message: int, seqs: Sequence[int]) -> None:
    """Have places of the log erased."""
    await connection.execute(
        "INSERT INTO erasures (room, message, seq) SELECT $1, $2, unnest($3::bigint[])"
        " ON CONFLICT DO NOTHING",
        room,
        message,
        seqs,
    )


async def _empty(connection: Connection, room: str, changes: Sequence[int]) -> None:
    """Take out of edits and previews what they gave a message."""
    rows = await connection.fetch(
        "SELECT seq, body FROM events WHERE room = $1 AND seq = ANY($2::bigint[])", room, changes
    )
    for row in rows:
        await _rewrite(connection, room, row["seq"], replay.emptied(row["body"]))


async def _rewrite(connection: Connection, room: str, seq: int, body: bytes) -> None:
    await connection.execute(
        "UPDATE events SET body = $3 WHERE room = $1 AND seq = $2", room, seq, body
    )


def _targets(run: Sequence[Change]) -> tuple[list[str], list[int]]:
    return [one.room for one in run], [one.event.target for one in run]


def _reactions(run: Sequence[Change]) -> tuple[list[str], list[int], list[str], list[str]]:
    said = [
        (one.event.by, one.event.emoji)
        for one in run
        if isinstance(one.event, events.ReactionAdded | events.ReactionRemoved)
    ]
    return *_targets(run), [user for user, _ in said], [emoji for _, emoji in said]
