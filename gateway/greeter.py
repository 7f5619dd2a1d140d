"""Turns a `hello` into `ready`, replays what was missed, and lets members into rooms later on.

Free of races by its order (architecture: subscribe, read, then drop what the state holds already):
follow the person, ask history for their rooms, follow the rooms, learn where each room's log is.
From there to `ready` nothing is awaited, so `ready` plus the live events is exactly the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from gateway.asker import Asker
from gateway.connection import Connection
from gateway.fanout import Entry, Fanout
from gateway.metrics import GatewayMetrics
from gateway.reader import Reader
from gateway.revoked import Revoked
from gateway.room import Event
from gateway.roster import Person, Roster
from gateway.summary import advance
from proto import calls, frames, limits, shapes
from proto.codes import CloseCode, ErrorCode
from services import clock, logs_structlog
from services.bus import BusError
from services.guard import Checker, Claims, Unauthorized
from services.problem import Unavailable

_GREETINGS_AT_ONCE = 64
_CATCH_UP_EVENTS = 500
_REPLAY_TRIES = 3
REPLAY_BYTES = limits.OUTBOX_BYTES // 2
"""A replay that does not fit half an outbox would close the socket as slow: it is not begun."""

_log = logs_structlog.get_logger()


class Greeter:
    """At most so many greetings at once; the others wait their turn, up to the hello's time-out."""

    def __init__(
        self,
        guard: Checker,
        asker: Asker,
        roster: Roster,
        fanout: Fanout,
        reader: Reader,
        revoked: Revoked,
        metrics: GatewayMetrics,
    ) -> None:
        self._guard = guard
        self._asker = asker
        self._roster = roster
        self._fanout = fanout
        self._reader = reader
        self._revoked = revoked
        self._metrics = metrics
        self._turn = asyncio.Semaphore(_GREETINGS_AT_ONCE)
        self._admitting: dict[tuple[str, str], asyncio.Task[calls.MemberReply]] = {}

    # ------------------------------------------------------------------------------- hello

    async def greet(self, connection: Connection, hello: frames.Hello) -> None:
        """Answer a hello: `ready` and the replays, or a close that says why not."""
        began = clock.monotonic()
        try:
            async with asyncio.timeout(limits.HELLO_TIMEOUT_SECONDS), self._turn:
                outcome = await self._greet(connection, hello)
        except (BusError, Unavailable, TimeoutError) as error:
            _log.warning("hello failed", connection_id=connection.id, error=str(error))
            outcome = "unavailable"
            if not connection.is_over:
                connection.close(CloseCode.UNAVAILABLE, "the gateway cannot serve a hello now")
        self._metrics.hellos.labels(outcome).inc()
        if outcome == "ready":
            self._metrics.hello_seconds.observe(clock.monotonic() - began)
            await self._replay(connection, hello.resume)

    async def _greet(self, connection: Connection, hello: frames.Hello) -> str:
        if connection.is_over:
            return "gone"
        claims = await self._identify(connection, hello.token)
        if claims is None or connection.is_over:
            return "unauthorized"
        connection.claims, connection.status = claims, hello.status
        person, first = self._roster.enter(connection, claims.sub)
        if first:
            # In place before history answers: the server takes our commands in their order.
            self._fanout.follow_user(person.id)
        held: list[Entry] = []
        try:
            rooms = await self._gather(person.id, held)
            if connection.is_over:
                return "gone"
            self._ready(connection, person, rooms, hello.resume)
        finally:
            for entry in held:
                self._fanout.release(entry)
        connection.greeted()
        return "ready"

    async def claims(self, token: str) -> Claims | None:
        """What a token says; None if its session was signed out.

        Raises:
            Unauthorized: it is not good.
            Unavailable: it cannot be told now.
        """
        claims = await self._guard.check(token)
        return None if self.is_revoked(claims) else claims

    async def _identify(self, connection: Connection, token: str) -> Claims | None:
        """Check the token of a hello; if it is not good, say so and close (protocol.md §7)."""
        code, problem = CloseCode.REVOKED, "the session was signed out"
        try:
            claims = await self.claims(token)
        except Unauthorized as error:
            claims, code, problem = None, CloseCode.UNAUTHORIZED, str(error)
        if claims is None and not connection.is_over:
            connection.error(None, ErrorCode.UNAUTHORIZED, problem)
            connection.close(code, "the token is not good")
        return claims

    def is_revoked(self, claims: Claims) -> bool:
        """Say whether the token's session or user was signed out after it was issued."""
        return self._revoked.holds(claims.sub, claims.sid, claims.exp * 1000)

    async def _gather(self, user: str, held: list[Entry]) -> list[tuple[Entry, shapes.Room]]:
        """The user's rooms as of this very moment: nothing is awaited after the last is known."""
        found = await self._asker.rooms_of(user)
        for state in found:
            held.append(self._fanout.hold(state.room.id))
        await self._fanout.prime(held)
        pairs = list(zip(held, found, strict=True))
        # Not `as_of`, which is the whole log's: a quiet room would seem to be behind it for ever.
        await self._fanout.reach((entry, state.room.last_seq) for entry, state in pairs)
        for entry, state in pairs:
            await self._extend(entry, state.as_of)
        rooms = []
        for entry, state in pairs:
            later = entry.room.since(state.as_of)
            room = advance(state.room, later or (), user)
            if room is not None:
                rooms.append((entry, room))
        return rooms

    async def _extend(self, entry: Entry, as_of: int) -> None:
        """Have the tail reach back to what history has counted; mostly it does already.

        Raises:
            BusError: history lags too far behind the log, or cannot be read.
        """
        if as_of >= entry.room.tail_from:
            return
        end = entry.room.tail_from
        stretch = await self._reader.read(entry.id, as_of, end, _CATCH_UP_EVENTS)
        if stretch.more:
            raise BusError(f"history lags more than {_CATCH_UP_EVENTS} events behind")
        entry.room.extend_back(stretch.events, as_of)

    def _ready(
        self,
        connection: Connection,
        person: Person,
        rooms: Sequence[tuple[Entry, shapes.Room]],
        resume: dict[str, int],
    ) -> None:
        claims = connection.claims
        assert claims is not None  # noqa: S101 - set before the rooms were gathered
        connection.send(
            frames.Ready(
                session=connection.id,
                user=frames.ReadyUser(claims.sub, claims.username, claims.name),
                rooms=[at(room, entry.room.last) for entry, room in rooms],
                heartbeat_ms=limits.HEARTBEAT_MS,
                limits=frames.ReadyLimits(),
                server_time_ms=clock.now_ms(),
            )
        )
        for entry, room in rooms:
            if room.role is not None:
                person.rooms[entry.id] = room.role
            if entry.id not in resume:
                self._fanout.attach(entry, connection)

    # ------------------------------------------------------------------------------- resume

    async def _replay(self, connection: Connection, resume: dict[str, int]) -> None:
        for room, seq in resume.items():
            person = connection.person
            if connection.is_over or person is None:
                return
            if room in person.rooms:
                await self._replay_room(connection, room, seq)
            else:
                gone = frames.Resumed(room=room, from_=seq, to=0, complete=False, gone=True)
                connection.send(gone)
                self._metrics.resumes.labels("gone").inc()
        await self._admit_missed(connection)

    async def _replay_room(self, connection: Connection, room: str, seq: int) -> None:
        entry = self._fanout.hold(room)
        try:
            missed = await self._missed(entry, seq)
            person = connection.person
            if connection.is_over or person is None:
                return
            if room not in person.rooms:
                missed = None
            for event in missed or ():
                connection.socket.send_text(event.data)
            complete = missed is not None
            last = entry.room.last
            connection.send(frames.Resumed(room=room, from_=seq, to=last, complete=complete))
            self._metrics.resumes.labels("complete" if complete else "incomplete").inc()
            if room in person.rooms:
                self._fanout.attach(entry, connection)
        except BusError as error:
            _log.warning("resume failed", connection_id=connection.id, error=str(error))
            if not connection.is_over:
                connection.close(CloseCode.UNAVAILABLE, "what was missed cannot be read now")
        finally:
            self._fanout.release(entry)

    async def _missed(self, entry: Entry, seq: int) -> list[Event] | None:
        """The events above `seq` up to this moment; None if they are too many or `seq` is unknown.

        Raises:
            BusError: they cannot be read.
        """
        await self._fanout.prime([entry])
        for _ in range(_REPLAY_TRIES):
            if seq > entry.room.last:
                return None
            recent = entry.room.since(seq)
            if recent is not None:
                return recent if _fits(recent) else None
            end = entry.room.tail_from
            stretch = await self._reader.read(entry.id, seq, end, limits.RESUME_EVENTS)
            if stretch.more or stretch.oldest > seq + 1 or not _fits(stretch.events):
                return None
            # What came while reading is in the tail; if that moved on beyond our read, read again.
            later = entry.room.since(end)
            if later is not None:
                missed = [*stretch.events, *later]
                return missed if _fits(missed) else None
        return None

    # ------------------------------------------------------------------- rooms that come later

    async def admit(self, room: str, user: str) -> calls.MemberReply:
        """Let a user's connections into a room that they are a member of by now; idempotent.

        Raises:
            BusError: history or the log could not be asked.
        """
        key = (room, user)
        task = self._admitting.get(key)
        if task is None:
            task = self._admitting[key] = asyncio.create_task(self._admit(room, user))
            task.add_done_callback(lambda _: self._admitting.pop(key, None))
        return await asyncio.shield(task)

    def admit_soon(self, room: str, user: str) -> None:
        """The same, when nobody waits for it."""
        if self._roster.get(user) is not None:
            task = asyncio.ensure_future(self.admit(room, user))
            task.add_done_callback(_note_failure)

    async def recheck(self, person: Person) -> None:
        """Find rooms that a person was let into while word of it may have been lost.

        Raises:
            BusError: history could not be asked.
        """
        for state in await self._asker.rooms_of(person.id):
            if state.room.id not in person.rooms:
                await self.admit(state.room.id, person.id)

    async def _admit(self, room: str, user: str) -> calls.MemberReply:
        reply = await self._asker.member(room, user)
        if reply.state is None or self._roster.get(user) is None:
            return reply
        entry = self._fanout.hold(room)
        try:
            await self._fanout.prime([entry])
            await self._fanout.reach([(entry, reply.state.room.last_seq)])
            await self._extend(entry, reply.state.as_of)
            self._let_in(entry, reply.state, user)
        finally:
            self._fanout.release(entry)
        return reply

    def _let_in(self, entry: Entry, state: calls.RoomAsOf, user: str) -> None:
        person = self._roster.get(user)
        seen = advance(state.room, entry.room.since(state.as_of) or (), user)
        if person is None or seen is None or seen.role is None:
            return
        person.rooms[entry.id] = seen.role
        added = frames.RoomAdded(room=at(seen, entry.room.last))
        for connection in person.connections:
            if connection.is_live and connection not in entry.connections:
                connection.send(added)
                self._fanout.attach(entry, connection)

    async def _admit_missed(self, connection: Connection) -> None:
        """Let a connection into rooms that its person joined while it was being greeted."""
        person = connection.person
        if person is None:
            return
        for room in list(person.rooms):
            entry = self._fanout.get(room)
            if not connection.is_over and (entry is None or connection not in entry.connections):
                with suppress(BusError):
                    await self.admit(room, person.id)


def at(room: shapes.Room, last: int) -> shapes.Room:
    """The room with `last_seq` where the live events go on."""
    return msgspec.structs.replace(room, last_seq=last)


def _fits(events: Sequence[Event]) -> bool:
    size = sum(len(event.body) for event in events)
    return len(events) <= limits.RESUME_EVENTS and size <= REPLAY_BYTES


def _note_failure(task: asyncio.Future[calls.MemberReply]) -> None:
    if not task.cancelled() and task.exception() is not None:
        _log.warning("a member could not be let into a room", error=str(task.exception()))
