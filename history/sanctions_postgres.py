"""Bans and mutes of rooms; who may impose them is decided elsewhere."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from proto import limits
from proto.moderation import Sanction
from proto.shapes import User
from services.pool_postgres import Connection, Pool, Row

Kind = Literal["bans", "mutes"]

PAGE: Final = """
    SELECT p.id, p.username, p.display_name, p.avatar,
           b.id AS by_id, b.username AS by_username, b.display_name AS by_display_name,
           b.avatar AS by_avatar, s.reason, s.until_ms, s.created_ms
    FROM {kind} s
    JOIN people p ON p.id = s."user"
    JOIN people b ON b.id = s.by
    WHERE s.room = $1 AND s.until_ms > $2 AND (s.created_ms, s."user") < ($3, $4)
    ORDER BY s.created_ms DESC, s."user" DESC LIMIT $5
"""
_TOLD: Final = """
    SELECT b.until_ms, b.reason FROM bans b JOIN rooms r ON r.id = b.room
    WHERE b.room = $1 AND b."user" = $2 AND b.until_ms > $3 AND r.deleted_ms IS NULL
    AND (r.kind = 'public' OR EXISTS (
        SELECT FROM departures d WHERE d.room = b.room AND d."user" = b."user"))"""


class Term(NamedTuple):
    """Until when, and why; `limits.FOREVER_MS` where there is no end."""

    until_ms: int
    reason: str


async def put(
    connection: Connection, kind: Kind, room: str, user: str, by: str, term: Term, now_ms: int
) -> bool:
    """Impose it, in place of one that was; False if there was the very same."""
    changed = await connection.fetchval(
        f"INSERT INTO {kind} AS s VALUES ($1, $2, $3, $4, $5, $6)"  # noqa: S608 - one of two names
        ' ON CONFLICT (room, "user") DO UPDATE SET by = $3, reason = $4, until_ms = $5,'
        " created_ms = $6 WHERE (s.reason, s.until_ms) <> ($4, $5) RETURNING true",
        room,
        user,
        by,
        term.reason,
        term.until_ms,
        now_ms,
    )
    return bool(changed)


async def lift(connection: Connection, kind: Kind, room: str, user: str, now_ms: int) -> bool:
    """End it; False if there was none in force."""
    query = f'DELETE FROM {kind} WHERE room = $1 AND "user" = $2 RETURNING until_ms'  # noqa: S608
    until_ms: int | None = await connection.fetchval(query, room, user)
    return until_ms is not None and until_ms > now_ms


async def term(
    connection: Pool | Connection, kind: Kind, room: str, user: str, now_ms: int
) -> Term | None:
    """What is in force for somebody, or None."""
    row = await connection.fetchrow(
        f"SELECT until_ms, reason FROM {kind}"  # noqa: S608 - one of two names
        ' WHERE room = $1 AND "user" = $2 AND until_ms > $3',
        room,
        user,
        now_ms,
    )
    return None if row is None else Term(row["until_ms"], row["reason"])


async def told(pool: Pool, room: str, user: str, now_ms: int) -> Term | None:
    """The ban that somebody may be told who is out of a room, or None.

    A room that is not public is known only to those who were in it once.
    """
    row = await pool.fetchrow(_TOLD, room, user, now_ms)
    return None if row is None else Term(row["until_ms"], row["reason"])


async def page(
    pool: Pool, kind: Kind, room: str, before: tuple[int, str], limit: int, now_ms: int
) -> list[Sanction]:
    """Those in force, the newest first, from below the time and person of the page before."""
    query = PAGE.format(kind=kind)
    rows = await pool.fetch(query, room, now_ms, *before, limit)
    return [_sanction(row) for row in rows]


async def prune(pool: Pool, now_ms: int) -> None:
    """Forget those that are over."""
    for kind in ("bans", "mutes"):
        await pool.execute(f"DELETE FROM {kind} WHERE until_ms <= $1", now_ms)  # noqa: S608


def _sanction(row: Row) -> Sanction:
    until_ms = row["until_ms"]
    return Sanction(
        User(row["id"], row["username"], row["display_name"], row["avatar"]),
        User(row["by_id"], row["by_username"], row["by_display_name"], row["by_avatar"]),
        row["reason"],
        None if until_ms == limits.FOREVER_MS else until_ms,
        row["created_ms"],
    )
