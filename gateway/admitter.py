"""Lets members into rooms that come after their hello; who is a member is history's to say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gateway import terms
from gateway.asker import Asker
from gateway.connection import Connection
from gateway.fanout import Entry, Fanout
from gateway.roster import Person, Roster
from gateway.summary import advance
from gateway.surveyor import Surveyor, at
from proto import calls, frames, shapes
from proto.codes import CloseCode
from services import clock, logs_structlog

_ADMIT_SECONDS = 30.0
"""How long history may be away before who was added to a room has to start afresh."""
_ADMIT_PAUSE_SECONDS = 1.0
_log = logs_structlog.get_logger()


class Admitter:
    """One question to history at a time for each member of each room."""

    def __init__(self, asker: Asker, roster: Roster, fanout: Fanout, surveyor: Surveyor) -> None:
        self._asker = asker
        self._roster = roster
        self._fanout = fanout
        self._surveyor = surveyor
        self._admitting: dict[tuple[str, str], asyncio.Task[calls.MemberReply]] = {}
        self._insisting: set[asyncio.Task[None]] = set()
        self.on_looked_up: Callable[[str], None] = lambda _user: None
        """Called with a user whose membership of a room that was not followed here was looked up:
        until now nobody told who else left it."""

    async def admit(self, room: str, user: str) -> calls.MemberReply:
        """Let a user's connections into a room that they are a member of by now; idempotent.

        History is asked after this call began: an answer to an earlier question that says no may
        be out of date.

        Raises:
            BusError: history or the log could not be asked.
        """
        key = (room, user)
        earlier = self._admitting.get(key)
        if earlier is not None:
            await asyncio.wait((earlier,))
        task = self._admitting.get(key)
        if task is None:
            task = self._admitting[key] = asyncio.create_task(self._admit(room, user))
            task.add_done_callback(lambda done: self._admitted(key, done))
        return await asyncio.shield(task)

    def _admitted(self, key: tuple[str, str], task: asyncio.Task[calls.MemberReply]) -> None:
        self._admitting.pop(key, None)
        if not task.cancelled():
            task.exception()  # seen: whoever waited may have gone

    def admit_soon(self, room: str, user: str) -> None:
        """The same when nobody waits for it: repeated until it is done or nobody is here."""
        if self._roster.get(user) is not None:
            task = asyncio.create_task(self._insist(room, user))
            self._insisting.add(task)
            task.add_done_callback(self._insisting.discard)

    async def _insist(self, room: str, user: str) -> None:
        deadline = clock.monotonic() + _ADMIT_SECONDS
        while (person := self._roster.get(user)) is not None:
            try:
                await self.admit(room, user)
            except Exception as error:
                _log.warning("a member could not be let into a room", room=room, error=repr(error))
            else:
                self.on_looked_up(user)
                return
            if clock.monotonic() > deadline:
                for connection in list(person.connections):
                    connection.close(CloseCode.DISCONTINUITY, "a room could not be opened")
                return
            await asyncio.sleep(_ADMIT_PAUSE_SECONDS)

    async def recheck(self, person: Person) -> None:
        """Find rooms that a person was let into while word of it may have been lost.

        Raises:
            BusError: history could not be asked.
        """
        for state in (await self._asker.rooms_of(person.id)).rooms:
            if state.room.id not in person.rooms:
                await self.admit(state.room.id, person.id)
        self.on_looked_up(person.id)

    async def _admit(self, room: str, user: str) -> calls.MemberReply:
        reply = await self._asker.member(room, user)
        if reply.state is None or self._roster.get(user) is None:
            return reply
        entry = self._fanout.hold(room)
        try:
            await self._fanout.prime([entry])
            ((_, state, later),) = await self._surveyor.beyond([(entry, reply.state)])
            now = advance(state.room, later, user, frozenset(reply.blocked))
            self._let_in(entry, now, user)
            self.on_looked_up(user)
        finally:
            self._fanout.release(entry)
        return reply

    def _let_in(self, entry: Entry, room: shapes.Room | None, user: str) -> None:
        person = self._roster.get(user)
        if person is None or room is None or room.role is None:
            return
        live = [connection for connection in person.connections if connection.is_live]
        if len(live) < len(person.connections):
            person.joined.add(entry.id)
        entry.members = room.members
        entry.terms = terms.told(entry.terms, room, user)
        if live:
            person.rooms[entry.id] = room.role
        added = frames.RoomAdded(room=at(room, entry.room.last))
        for connection in live:
            resumes = connection.resuming is not None and entry.id in connection.resuming
            if connection not in entry.connections and not resumes:
                connection.socket.hurry()  # who left may still wait for what was told before
                connection.send(added)
                self._fanout.attach(entry, connection)

    async def admit_missed(self, connection: Connection) -> None:
        """Let a connection into rooms that its person was let into while it was being greeted.

        Raises:
            BusError: history or the log could not be asked.
        """
        person = connection.person
        if person is None:
            return
        for room in person.rooms.keys() | person.joined:
            entry = self._fanout.get(room)
            if connection.is_over:
                return
            if entry is None or connection not in entry.connections:
                await self.admit(room, person.id)
        if all(other.is_live for other in person.connections):
            person.joined.clear()
