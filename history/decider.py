"""Decides changes of rooms and members, and has them in the log before it answers.

Each decision is one transaction that holds the room's lock: rights, tables, outbox. Then the relay
carries it into the log. If that takes too long the answer is `timeout` and the decision stands:
repeating the call is harmless, and answers when it is in the log.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from history import marks_postgres, members_postgres, outbox_postgres, rights, room
from history.members_postgres import Gone
from history.relay import Relay
from history.rights import Right
from history.rooms_postgres import Place
from proto.codes import ErrorCode
from proto.shapes import Role, RoomPatch
from services import clock
from services.pool_postgres import Connection, Pool
from services.problem import Problem


class Turn:
    """One decision about one room while its lock is held."""

    def __init__(self, connection: Connection, place: Place, user: str) -> None:
        self.connection = connection
        self.place = place
        self.user = user
        self.now_ms = clock.now_ms()

    async def put(self, *bodies: bytes) -> None:
        """Have events follow from the decision."""
        await outbox_postgres.put(self.connection, self.place.id, bodies, self.now_ms)

    async def admit(self, *members: tuple[str, Role]) -> None:
        """Make people members who are not, in this order."""
        await admit(self.connection, self.place.id, self.user, members, self.now_ms)


class Decider:
    """Every method raises Problem (what it refuses, or `timeout`) and Unavailable."""

    def __init__(self, pool: Pool, relay: Relay) -> None:
        self._pool = pool
        self._relay = relay

    async def rename(self, room_id: str, user: str, patch: RoomPatch) -> None:
        """Give a room another name or topic; what is the same already is no change."""
        async with self._turn(room_id, user, Right.MANAGE) as turn:
            change = room.changes(patch, turn.place.name, turn.place.topic)
            if change is not None:
                name = change.name if isinstance(change.name, str) else turn.place.name
                topic = change.topic if isinstance(change.topic, str) else turn.place.topic
                await members_postgres.update(turn.connection, room_id, name, topic)
                await turn.put(room.updated(room_id, user, change, turn.now_ms))

    async def delete(self, room_id: str, user: str) -> None:
        """End a room. Repeated by the same person it is no news."""
        self._relay.require()
        async with self._pool.transaction() as connection:
            place = await members_postgres.lock(connection, room_id, user)
            if isinstance(place, Place):
                check(Right.OWN, place)
                turn = Turn(connection, place, user)
                await members_postgres.delete(connection, room_id, user, turn.now_ms)
                await turn.put(room.deleted(room_id, user, turn.now_ms))
            elif not isinstance(place, Gone) or place.deleted_by != user:
                raise _no_room()
        await self._relay.push(room_id)

    async def join(self, room_id: str, user: str) -> None:
        """Become a member of a public room; in one that nobody is left in, its owner."""
        async with self._turn(room_id, user, Right.READ) as turn:
            place = turn.place
            if place.role is not None:
                return
            if not rights.may_join(place.kind):
                raise _no_room()
            await turn.admit((user, "member" if place.members else "owner"))

    async def leave(self, room_id: str, user: str) -> None:
        """End one's own membership; for one who is gone already it is no news.

        If it was the last owner's, the oldest moderator, else the oldest member follows. A private
        room that nobody is left in ends, for nobody could ever come back.
        """
        self._relay.require()
        async with self._pool.transaction() as connection:
            place = await members_postgres.lock(connection, room_id, user)
            if not isinstance(place, Place) or place.role is None:
                await _absent(connection, place, room_id, user)
            elif not rights.may_leave(place.kind):
                raise Problem(ErrorCode.FORBIDDEN, "a direct room cannot be left")
            else:
                await _depart(Turn(connection, place, user), place.role)
        await self._relay.push(room_id)

    async def add(self, room_id: str, user: str, other: str, role: Role) -> bool:
        """Make somebody a member who is known to exist; False if they are one already."""
        async with self._turn(room_id, user, Right.MANAGE) as turn:
            if role != "member":
                check(Right.OWN, turn.place)
            new = await members_postgres.role(turn.connection, room_id, other) is None
            if new:
                await turn.admit((other, role))
            return new

    async def give(self, room_id: str, user: str, other: str, role: Role) -> None:
        """Give a member another role; a room keeps at least one owner."""
        async with self._turn(room_id, user, Right.OWN) as turn:
            held = await members_postgres.role(turn.connection, room_id, other)
            if held is None:
                raise Problem(ErrorCode.NOT_FOUND, "they are not a member of this room")
            if held == role:
                return
            if held == "owner" and await members_postgres.owners(turn.connection, room_id) == 1:
                raise Problem(ErrorCode.CONFLICT, "a room keeps at least one owner")
            await members_postgres.give(turn.connection, room_id, other, role)
            await turn.put(room.given(room_id, other, user, role, turn.now_ms))

    async def remove(self, room_id: str, user: str, other: str) -> None:
        """End somebody's membership; for one who is no member it is no news."""
        async with self._turn(room_id, user, Right.MANAGE) as turn:
            held = await members_postgres.role(turn.connection, room_id, other)
            if held is None:
                return
            if turn.place.role is None or not rights.may_remove(turn.place.role, held):
                raise Problem(ErrorCode.FORBIDDEN, "they are not below you in this room")
            await members_postgres.remove(turn.connection, room_id, other, turn.now_ms)
            await turn.put(room.removed(room_id, other, user, held, turn.now_ms))

    @asynccontextmanager
    async def _turn(self, room_id: str, user: str, right: Right) -> AsyncIterator[Turn]:
        """Decide something about a room that `user` must have `right` to; then relay it.

        The relaying is done for repeated calls too: the answer says that it is in the log.
        """
        self._relay.require()
        async with self._pool.transaction() as connection:
            place = await members_postgres.lock(connection, room_id, user)
            if not isinstance(place, Place):
                raise _no_room()
            check(right, place)
            yield Turn(connection, place, user)
        await self._relay.push(room_id)


def check(right: Right, place: Place) -> None:
    """Return if somebody may. Raises Problem: `not_found` or `forbidden`."""
    code = rights.refusal(right, place.kind, place.role)
    if code is ErrorCode.NOT_FOUND:
        raise _no_room()
    if code is not None:
        raise Problem(code, f"your place in this room does not include: {right.value}")


async def admit(
    connection: Connection, room_id: str, by: str, members: Sequence[tuple[str, Role]], now_ms: int
) -> None:
    """Make people members who are not, in this order, with their events and read marks."""
    bodies = [room.joined(room_id, user, by, role, now_ms) for user, role in members]
    await members_postgres.add(connection, room_id, members, now_ms)
    rows = await outbox_postgres.put(connection, room_id, bodies, now_ms)
    await marks_postgres.start(connection, room_id, [user for user, _ in members], rows)


async def _absent(
    connection: Connection, place: Place | Gone | None, room_id: str, user: str
) -> None:
    """Return if one who is not in a room may be told that they have left it."""
    if isinstance(place, Place) and place.kind == "public":
        return
    if not await members_postgres.departed(connection, room_id, user):
        raise _no_room()


async def _depart(turn: Turn, role: Role) -> None:
    """Let a member go, and see who the room belongs to then."""
    room_id, kind = turn.place.id, turn.place.kind
    await members_postgres.remove(turn.connection, room_id, turn.user, turn.now_ms)
    await turn.put(room.left(room_id, turn.user, role, turn.now_ms))
    staying = await members_postgres.oldest(turn.connection, room_id)
    heir = room.successor(staying)
    if heir is not None:
        await members_postgres.give(turn.connection, room_id, heir.user, "owner")
        await turn.put(room.given(room_id, heir.user, turn.user, "owner", turn.now_ms))
    elif not staying and kind == "private":
        await members_postgres.delete(turn.connection, room_id, turn.user, turn.now_ms)
        await turn.put(room.deleted(room_id, turn.user, turn.now_ms))


def _no_room() -> Problem:
    return Problem(ErrorCode.NOT_FOUND, "there is no such room")
