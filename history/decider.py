"""Decides changes of rooms and members, and has them in the log before it answers.

Each decision is one transaction that holds the room's lock: rights, tables, outbox. Then the relay
carries it into the log. If that takes too long the answer is `timeout` and the decision stands:
repeating the call is harmless, and answers when it is in the log.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from msgspec import UNSET

from history import (
    audit_postgres,
    invites_postgres,
    marks_postgres,
    members_postgres,
    outbox_postgres,
    pictures_postgres,
    rights,
    room,
    rooms_postgres,
    sanctions_postgres,
    webhooks_postgres,
)
from history.audit_postgres import Deed
from history.lanes import Lanes
from history.members_postgres import Gone
from history.pictures_postgres import Picture
from history.relay import Relay
from history.rights import Right
from history.rooms_postgres import Place
from history.sanctions_postgres import Term
from proto import limits
from proto.codes import ErrorCode
from proto.shapes import Role, RoomPatch
from services import clock
from services.pool_postgres import Connection, Pool
from services.problem import Problem, Unavailable

_ARCHIVED: Final = "this room is archived: nobody writes in it"


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
        """Make people members who are not, in this order.

        Raises:
            Problem: one of them is banned, or the room is archived.
        """
        if self.place.archived:
            raise Problem(ErrorCode.FORBIDDEN, _ARCHIVED)
        for user, _ in members:
            ban = await sanctions_postgres.term(
                self.connection, "bans", self.place.id, user, self.now_ms
            )
            if ban is not None:
                raise _banned(ban, themselves=user == self.user)
        await admit(self.connection, self.place.id, self.user, members, self.now_ms)

    async def remove(self, user: str, held: Role, *, banned: bool = False) -> None:
        """End the membership of one who holds a role, and with it their invites and webhooks."""
        await members_postgres.remove(self.connection, self.place.id, user, self.now_ms)
        event = room.removed(self.place.id, user, self.user, held, self.now_ms, banned=banned)
        await self.put(event)
        await invites_postgres.drop_of(self.connection, self.place.id, user)
        await webhooks_postgres.drop_of(self.connection, self.place.id, user)

    async def note(self, deed: Deed) -> None:
        """Have moderators find what was done."""
        await audit_postgres.note(self.connection, self.place.id, self.user, deed, self.now_ms)


class Decider:
    """Every method raises Problem (what it refuses, or `timeout`) and Unavailable."""

    def __init__(self, pool: Pool, relay: Relay) -> None:
        self._pool = pool
        self._relay = relay
        self._lanes = Lanes()

    async def change(
        self, room_id: str, user: str, patch: RoomPatch, picture: Picture | None = None
    ) -> None:
        """Change what a room is, by a checked patch; what is the same already is no change.

        `picture`: how media keeps the one that the patch names, if the room did not have it before.
        """
        async with self.turn(room_id, user, Right.READ) as turn:
            check_patch(patch, turn.place)
            change = room.changes(patch, turn.place._asdict())
            if change is not None:
                await members_postgres.update(turn.connection, room_id, change)
                if change.picture is not UNSET:
                    if change.picture is not None and picture is None:
                        raise Unavailable("another picture came and went meanwhile: ask again")
                    await pictures_postgres.put(turn.connection, room_id, picture)
                await turn.put(room.updated(room_id, user, change, turn.now_ms))
                await turn.note(Deed("room.updated", detail=room.fields(change)))

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
                await turn.note(Deed("room.deleted"))
            elif not isinstance(place, Gone) or place.deleted_by != user:
                raise _no_room()
        await self._relay.push(room_id)

    async def join(self, room_id: str, user: str) -> None:
        """Become a member of a public room; in one that nobody is left in, its owner."""
        async with self.turn(room_id, user, Right.READ) as turn:
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
        async with self.turn(room_id, user, Right.MANAGE) as turn:
            if role != "member":
                check(Right.OWN, turn.place)
            new = await members_postgres.role(turn.connection, room_id, other) is None
            if new:
                await turn.admit((other, role))
                await turn.note(Deed("member.added", other, {"role": role}))
            return new

    async def give(self, room_id: str, user: str, other: str, role: Role) -> None:
        """Give a member another role; a room keeps at least one owner."""
        async with self.turn(room_id, user, Right.OWN) as turn:
            held = await members_postgres.role(turn.connection, room_id, other)
            if held is None:
                raise Problem(ErrorCode.NOT_FOUND, "they are not a member of this room")
            if held == role:
                return
            if held == "owner" and await members_postgres.owners(turn.connection, room_id) == 1:
                raise Problem(ErrorCode.CONFLICT, "a room keeps at least one owner")
            await members_postgres.give(turn.connection, room_id, other, role)
            if role == "member":
                await webhooks_postgres.drop_of(turn.connection, room_id, other)
            await turn.put(room.given(room_id, other, user, role, turn.now_ms))
            await turn.note(Deed("member.role", other, {"role": role}))

    async def remove(self, room_id: str, user: str, other: str) -> None:
        """End somebody's membership; for one who is no member it is no news."""
        async with self.turn(room_id, user, Right.MANAGE) as turn:
            held = await members_postgres.role(turn.connection, room_id, other)
            if held is None:
                return
            if turn.place.role is None or not rights.is_above(turn.place.role, held):
                raise Problem(ErrorCode.FORBIDDEN, "they are not below you in this room")
            await turn.remove(other, held)
            await turn.note(Deed("member.removed", other))

    @asynccontextmanager
    async def turn(self, room_id: str, user: str, right: Right | None) -> AsyncIterator[Turn]:
        """Decide something about a room that `user` must have `right` to; then relay it.

        Without a right it is the caller's to see to it that they may.

        The relaying is done for repeated calls too: the answer says that it is in the log.
        """
        self._relay.require()
        async with self._lanes.turn(room_id), self._pool.transaction() as connection:
            place = await members_postgres.lock(connection, room_id, user)
            if not isinstance(place, Place):
                raise _no_room()
            if right is not None:
                check(right, place)
            yield Turn(connection, place, user)
        await self._relay.push(room_id)


def check(right: Right, place: Place) -> None:
    """Return if somebody may. Raises Problem: `not_found` or `forbidden`."""
    code = rights.refusal(right, place.kind, place.role, archived=place.archived)
    if code is ErrorCode.NOT_FOUND:
        raise _no_room()
    if code is not None and rights.refusal(right, place.kind, place.role) is None:
        raise Problem(code, _ARCHIVED)
    if code is not None:
        raise Problem(code, f"your place in this room does not include: {right.value}")
    if right is Right.SEND and place.muted_until_ms is not None:
        until = _until(place.muted_until_ms)
        raise Problem(ErrorCode.FORBIDDEN, f"you are muted in this room{until}")


def check_patch(patch: RoomPatch, place: Place) -> None:
    """Return if somebody may change all that a patch names. Raises Problem as `check`."""
    if patch.archived is False:
        # Whoever may undo it may change the rest with it.
        place = place._replace(archived=False)
    for right in {rights.RIGHT_OF_FIELD[name] for name in room.fields(patch)} or {Right.MANAGE}:
        check(right, place)


async def entitled(pool: Pool, room_id: str, user: str, right: Right) -> Place:
    """The room, for one who has a right in it; an archived one is looked at like any other.

    Raises:
        Problem: `not_found` or `forbidden`.
        Unavailable: Postgres is away.
    """
    place = await rooms_postgres.place(pool, room_id, user)
    if place is None:
        raise _no_room()
    check(right, place._replace(archived=False, muted_until_ms=None))
    return place


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
    await webhooks_postgres.drop_of(turn.connection, room_id, turn.user)
    await turn.put(room.left(room_id, turn.user, role, turn.now_ms))
    staying = await members_postgres.oldest(turn.connection, room_id)
    heir = room.successor(staying)
    if heir is not None:
        await members_postgres.give(turn.connection, room_id, heir.user, "owner")
        await turn.put(room.given(room_id, heir.user, turn.user, "owner", turn.now_ms))
    elif not staying and kind == "private":
        await members_postgres.delete(turn.connection, room_id, turn.user, turn.now_ms)
        await turn.put(room.deleted(room_id, turn.user, turn.now_ms))


def _banned(ban: Term, *, themselves: bool) -> Problem:
    if not themselves:
        return Problem(ErrorCode.CONFLICT, "they are banned from this room: lift the ban first")
    reason = f" ({ban.reason})" if ban.reason else ""
    return Problem(
        ErrorCode.FORBIDDEN, f"you are banned from this room{_until(ban.until_ms)}{reason}"
    )


def _until(until_ms: int) -> str:
    return "" if until_ms == limits.FOREVER_MS else f" until {clock.rfc3339(until_ms)}"


def _no_room() -> Problem:
    return Problem(ErrorCode.NOT_FOUND, "there is no such room")
