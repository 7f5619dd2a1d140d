"""Invites of rooms; who may make and use them is decided elsewhere."""

from __future__ import annotations

from typing import Final, NamedTuple

from proto.moderation import InvitedRoom, RoomInvitation
from proto.shapes import User
from services.pool_postgres import Connection, Pool, Row

_GOOD: Final = "i.expires_ms > $2 AND (i.uses_left IS NULL OR i.uses_left > 0)"
_BY: Final = "b.id AS by_id, b.username, b.display_name, b.avatar"


class Link(NamedTuple):
    """An invite as it is kept."""

    code: str
    room: str
    by: User
    created_ms: int
    expires_ms: int
    uses_left: int | None


async def put(connection: Connection, link: Link) -> None:
    """Keep a new one."""
    await connection.execute(
        "INSERT INTO invites VALUES ($1, $2, $3, $4, $5, $6)",
        *link._replace(by=link.by.id),  # type: ignore[arg-type]  # its row
    )


async def drop(connection: Connection, room: str, code: str) -> bool:
    """Make it good no more; False if the room has none with that code."""
    query = "DELETE FROM invites WHERE room = $1 AND code = $2 RETURNING true"
    return bool(await connection.fetchval(query, room, code))


async def drop_of(connection: Connection, room: str, by: str) -> None:
    """Make those of somebody who has no say in the room any more good no more."""
    await connection.execute("DELETE FROM invites WHERE room = $1 AND by = $2", room, by)


async def use(connection: Connection, code: str, now_ms: int) -> bool:
    """Take one of its uses; False if there is none to take. Within a transaction that lets in."""
    query = (
        "UPDATE invites i SET uses_left = uses_left - 1"  # noqa: S608 - made of constants
        f" WHERE code = $1 AND {_GOOD} RETURNING true"
    )
    return bool(await connection.fetchval(query, code, now_ms))


async def count(connection: Connection, room: str, now_ms: int) -> int:
    """How many of a room are good."""
    query = f"SELECT count(*) FROM invites i WHERE i.room = $1 AND {_GOOD}"  # noqa: S608
    return int(await connection.fetchval(query, room, now_ms))


async def of_room(pool: Pool, room: str, now_ms: int) -> list[Link]:
    """Those of a room that are good, the newest first."""
    rows = await pool.fetch(
        f"SELECT i.code, i.room, i.created_ms, i.expires_ms, i.uses_left, {_BY}"  # noqa: S608
        f" FROM invites i JOIN people b ON b.id = i.by WHERE i.room = $1 AND {_GOOD}"
        " ORDER BY i.created_ms DESC, i.code",
        room,
        now_ms,
    )
    return [
        Link(
            row["code"],
            row["room"],
            _by(row),
            row["created_ms"],
            row["expires_ms"],
            row["uses_left"],
        )
        for row in rows
    ]


async def look(pool: Pool, code: str, now_ms: int) -> RoomInvitation | None:
    """What a good one leads to; None if it is none, or its room is no more."""
    row = await pool.fetchrow(
        f"SELECT r.id, r.name, r.topic, r.kind, r.members, {_BY}"  # noqa: S608 - made of constants
        " FROM invites i JOIN rooms r ON r.id = i.room AND r.deleted_ms IS NULL"
        f" JOIN people b ON b.id = i.by WHERE i.code = $1 AND {_GOOD}",
        code,
        now_ms,
    )
    if row is None:
        return None
    room = InvitedRoom(row["id"], row["name"], row["topic"], row["kind"], row["members"])
    return RoomInvitation(room, _by(row))


async def prune(pool: Pool, now_ms: int) -> None:
    """Forget those that are good no more."""
    await pool.execute("DELETE FROM invites WHERE expires_ms <= $1 OR uses_left = 0", now_ms)


def _by(row: Row) -> User:
    return User(row["by_id"], row["username"], row["display_name"], row["avatar"])
