"""Members and what a room is to them, read and changed inside the transactions of decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec import UNSET

from history import releases_postgres, rooms_postgres
from history.room import Draft, Standing
from history.rooms_postgres import Place
from proto.shapes import Member, Preferences, Role, RoomPatch, SetPreferences, User
from services.pool_postgres import Connection, Pool, Row

_MEMBER: Final = (
    "SELECT p.id, p.username, p.display_name, p.avatar, m.role, m.joined_ms, m.number"
    ' FROM members m JOIN people p ON p.id = m."user" WHERE m.room = $1'
)
PAGE: Final = _MEMBER + " AND m.number > $2 ORDER BY m.number LIMIT $3"


class Gone(NamedTuple):
    """A room that was deleted, and by whom."""

    deleted_by: str | None


async def lock(connection: Connection, room: str, user: str) -> Place | Gone | None:
    """Hold a room until the transaction ends, and say what the user is to it.

    Whoever changes members, role or name holds this lock. The role is read after the lock is
    held: what was true before may not be so any more.
    """
    row = await connection.fetchrow(
        "SELECT deleted_ms, deleted_by FROM rooms WHERE id = $1 FOR UPDATE", room
    )
    if row is None:
        return None
    if row["deleted_ms"] is not None:
        return Gone(row["deleted_by"])
    return await rooms_postgres.place(connection, room, user)


async def role(connection: Connection, room: str, user: str) -> Role | None:
    """What somebody is in a room; None for one who is not a member."""
    query = 'SELECT role FROM members WHERE room = $1 AND "user" = $2'
    held: Role | None = await connection.fetchval(query, room, user)
    return held


async def make(connection: Connection, room: str, draft: Draft, now_ms: int) -> bool:
    """Make a room without members; False if there is that one, or one for these people, already."""
    made = await connection.fetchval(
        "INSERT INTO rooms (id, kind, name, topic, people, created_ms)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING true",
        room,
        draft.kind,
        draft.name,
        draft.topic,
        draft.people,
        now_ms,
    )
    return bool(made)


async def of_people(connection: Connection, people: str) -> str | None:
    """The direct room of a set of people, if there is one."""
    found: str | None = await connection.fetchval("SELECT id FROM rooms WHERE people = $1", people)
    return found


async def add(
    connection: Connection, room: str, members: Sequence[tuple[str, Role]], now_ms: int
) -> None:
    """Make people members who are not, in the order given."""
    users, roles = [user for user, _ in members], [role for _, role in members]
    await connection.execute(
        'INSERT INTO members (room, "user", role, joined_ms)'
        ' SELECT $1, "user", role, $4 FROM unnest($2::text[], $3::text[])'
        ' WITH ORDINALITY AS t ("user", role, place) ORDER BY place',
        room,
        users,
        roles,
        now_ms,
    )
    await connection.execute(
        "UPDATE rooms SET members = members + $2 WHERE id = $1", room, len(users)
    )


async def remove(connection: Connection, room: str, user: str, now_ms: int) -> None:
    """End a membership, and with it the read mark."""
    for table in ("members", "marks"):
        query = f'DELETE FROM {table} WHERE room = $1 AND "user" = $2'  # noqa: S608 - constants
        await connection.execute(query, room, user)
    await connection.execute(
        'INSERT INTO departures VALUES ($1, $2, $3) ON CONFLICT (room, "user") DO UPDATE'
        " SET left_ms = EXCLUDED.left_ms",
        room,
        user,
        now_ms,
    )
    await connection.execute("UPDATE rooms SET members = members - 1 WHERE id = $1", room)


async def departed(connection: Connection, room: str, user: str) -> bool:
    """Say whether somebody has left a room once, or was removed from it."""
    query = 'SELECT true FROM departures WHERE room = $1 AND "user" = $2'
    return bool(await connection.fetchval(query, room, user))


async def give(connection: Connection, room: str, user: str, new: Role) -> None:
    """Give a member another role."""
    query = 'UPDATE members SET role = $3 WHERE room = $1 AND "user" = $2'
    await connection.execute(query, room, user, new)


async def prefer(pool: Pool, room: str, user: str, chosen: SetPreferences) -> Preferences | None:
    """Keep how a member wants to have a room; None for one who is not a member. Idempotent."""
    values = [None if value is UNSET else value for value in msgspec.structs.astuple(chosen)]
    row = await pool.fetchrow(
        "UPDATE members SET muted = coalesce($3, muted), notify = coalesce($4, notify),"
        ' favourite = coalesce($5, favourite) WHERE room = $1 AND "user" = $2'
        " RETURNING muted, notify, favourite",
        room,
        user,
        *values,
    )
    return None if row is None else Preferences(row["muted"], row["notify"], row["favourite"])


async def update(connection: Connection, room: str, change: RoomPatch) -> None:
    """Change what a room is; what the patch leaves out stays. Its picture is elsewhere."""
    values = [
        None if value is UNSET else value
        for value in (
            *(change.name, change.topic, change.slow_mode_seconds),
            *(change.archived, change.previews),
        )
    ]
    await connection.execute(
        "UPDATE rooms SET name = coalesce($2, name), topic = coalesce($3, topic),"
        " slow_mode_seconds = coalesce($4, slow_mode_seconds), archived = coalesce($5, archived),"
        " previews = coalesce($6, previews) WHERE id = $1",
        room,
        *values,
    )


async def delete(connection: Connection, room: str, by: str, now_ms: int) -> None:
    """End a room and every membership of it. What was said stays, for nobody to read; files go."""
    for table in ("members", "marks"):
        query = f"DELETE FROM {table} WHERE room = $1"  # noqa: S608 - constants
        await connection.execute(query, room)
    await connection.execute(
        "UPDATE rooms SET members = 0, deleted_ms = $2, deleted_by = $3 WHERE id = $1",
        room,
        now_ms,
        by,
    )
    await releases_postgres.note_room(connection, room)


async def oldest(connection: Connection, room: str) -> list[Standing]:
    """The oldest member of each role that anybody has."""
    rows = await connection.fetch(
        'SELECT DISTINCT ON (role) "user", role, number FROM members WHERE room = $1'
        " ORDER BY role, number",
        room,
    )
    return [Standing(*row) for row in rows]  # type: ignore[misc]  # a row is a sequence


async def owners(connection: Connection, room: str) -> int:
    """How many owners a room has."""
    query = "SELECT count(*) FROM members WHERE room = $1 AND role = 'owner'"
    return int(await connection.fetchval(query, room))


async def one(pool: Pool, room: str, user: str) -> Member | None:
    """A member as others see them."""
    row = await pool.fetchrow(_MEMBER + ' AND m."user" = $2', room, user)
    return None if row is None else _member(row)


async def page(pool: Pool, room: str, after: int, limit: int) -> list[tuple[Member, int]]:
    """Members in the order they came, from above a number on; each with its number."""
    return [(_member(row), row["number"]) for row in await pool.fetch(PAGE, room, after, limit)]


def _member(row: Row) -> Member:
    user = User(row["id"], row["username"], row["display_name"], row["avatar"])
    return Member(user, row["role"], row["joined_ms"])
