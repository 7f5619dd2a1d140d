"""Turns a `hello` into `ready`, replays what was missed, and lets members into rooms later on.

Free of races by its order (architecture: subscribe, read, then drop what the state holds already):
follow the person, ask history for their rooms, follow the rooms, learn where each room's log is.
From there to `ready` nothing is awaited, so `ready` plus the live events is exactly the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

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
_READ_TRIES = 3
_ADMIT_SECONDS = 30.0
"""How long history may be away before who was added to a room has to start afresh."""
_ADMIT_PAUSE_SECONDS = 1.0
_OUTBOX_SECONDS = 20.0
_OUTBOX_PAUSE_SECONDS = 0.02
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
        self._insisting: set[asyncio.Task[None]] = set()

    # ------------------------------------------------------------------------------- hello

    async def greet(self, connection: Connection, hello: frames.Hello) -> bool:
        """Answer a hello by `ready` or a close that says why not.

        True if it was `ready`: then `replay` has to follow, whatever happens to the connection.
        """
        began = clock.monotonic()
        outcome = "unavailable"
        try:
            async with asyncio.timeout(limits.HELLO_TIMEOUT_SECONDS), self._turn:
                outcome = await self._greet(connection, hello)
        except (BusError, Unavailable, TimeoutError) as error:
            _log.warning("hello failed", connection_id=connection.id, error=str(error))
        except Exception:
            _log.exception("hello failed", connection_id=connection.id)
        if outcome == "unavailable":
            self._let_go(connection)
            if not connection.is_over:
                connection.close(CloseCode.UNAVAILABLE, "the gateway cannot serve a hello now")
        self._metrics.hellos.labels(outcome).inc()
        if outcome == "ready":
            self._metrics.hello_seconds.observe(clock.monotonic() - began)
        return outcome == "ready"

    async def _greet(self, connection: Connection, hello: frames.Hello) -> str:
        if connection.is_over:
            return "gone"
        claims = await self._identify(connection, hello.token)
        if claims is None:
            return "unauthorized"
        if connection.is_over:
            return "gone"
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

    async def _gather(self, user: str, held: list[Entry]) -> list[_Joined]:
        """The user's rooms as of this very moment: nothing is awaited after the last is known."""
        found = await self._asker.rooms_of(user)
        for state in found:
            held.append(self._fanout.hold(state.room.id))
        await self._fanout.prime(held)
        rooms = []
        for entry, state, later in await self._beyond(list(zip(held, found, strict=True))):
            room = advance(state.room, later, user)
            if room is not None and room.role is not None:
                rooms.append((entry, room, room.role))
        return rooms

    async def _beyond(self, known: Sequence[tuple[Entry, calls.RoomAsOf]]) -> list[_Beyond]:
        """What the log holds beyond what history has counted, all of it as of this very moment.

        Raises:
            BusError: history lags too far behind the log, or it cannot be read.
        """
        # Not `as_of`, which is the whole log's: a quiet room would seem to be behind it for ever.
        await self._fanout.reach((entry, state.room.last_seq) for entry, state in known)
        read: dict[str, tuple[Sequence[Event], int]] = {}
        for _ in range(_READ_TRIES):
            found: list[_Beyond] = []
            for entry, state in known:
                events, end = read.get(entry.id, ((), state.as_of))
                later = entry.room.since(end)
                if later is None:
                    read[entry.id] = await self._before_tail(entry, state.as_of)
                else:
                    found.append((entry, state, [*events, *later]))
            if len(found) == len(known):
                return found  # nothing was awaited in this round
        raise BusError("the log goes on faster than it can be read")

    async def _before_tail(self, entry: Entry, as_of: int) -> tuple[Sequence[Event], int]:
        """The events above `as_of` up to where the tail begins, and where that is."""
        end = entry.room.tail_from
        stretch = await self._reader.read(entry.id, as_of, end, _CATCH_UP_EVENTS)
        if stretch.more:
            raise BusError(f"history lags more than {_CATCH_UP_EVENTS} events behind")
        # Others will ask for the same; a tail has a bound, so this may come to nothing.
        entry.room.extend_back(stretch.events, as_of, end)
        return stretch.events, end

    def _ready(
        self,
        connection: Connection,
        person: Person,
        rooms: Sequence[_Joined],
        resume: dict[str, int],
    ) -> None:
        claims = connection.claims
        assert claims is not None  # noqa: S101 - set before the rooms were gathered
        connection.send(
            frames.Ready(
                session=connection.id,
                user=frames.ReadyUser(claims.sub, claims.username, claims.name),
                rooms=[at(room, entry.room.last) for entry, room, _ in rooms],
                heartbeat_ms=limits.HEARTBEAT_MS,
                limits=frames.ReadyLimits(),
                server_time_ms=clock.now_ms(),
            )
        )
        # What came while history was asked may be newer than its answer.
        for mark in (connection.marks or {}).values():
            connection.send(mark)
        connection.resuming, connection.marks = {}, None
        for entry, _, role in rooms:
            person.rooms[entry.id] = role
            if entry.id in resume:
                connection.resuming[entry.id] = self._fanout.hold(entry.id)
            else:
                self._fanout.attach(entry, connection)

    # ------------------------------------------------------------------------------- resume

    async def replay(self, connection: Connection, resume: dict[str, int]) -> None:
        """Send what was missed, room by room, then let the connection into what came meanwhile."""
        try:
            for room, seq in resume.items():
                if connection.is_over:
                    return
                await self._replay_room(connection, room, seq)
            await self._admit_missed(connection)
        except TimeoutError:
            connection.close(CloseCode.SLOW_CONSUMER, "what was missed is not taken")
        except BusError as error:
            _log.warning("resume failed", connection_id=connection.id, error=str(error))
            connection.close(CloseCode.UNAVAILABLE, "what was missed cannot be read now")
        except Exception:
            _log.exception("resume failed", connection_id=connection.id)
            connection.close(CloseCode.UNAVAILABLE, "what was missed cannot be read now")
        finally:
            self._let_go(connection)

    def _let_go(self, connection: Connection) -> None:
        held, connection.resuming = connection.resuming or {}, None
        for entry in held.values():
            self._fanout.release(entry)

    async def _replay_room(self, connection: Connection, room: str, seq: int) -> None:
        resuming, person = connection.resuming or {}, connection.person
        entry = resuming.get(room)
        await self._drained(connection)
        missed = None if entry is None else await self._missed(entry, seq)
        if connection.is_over or person is None:
            return
        if entry is None or room not in person.rooms:
            gone = frames.Resumed(room=room, from_=seq, to=0, complete=False, gone=True)
            connection.send(gone)
            self._metrics.resumes.labels("gone").inc()
            return
        for event in missed or ():
            connection.socket.send_text(event.data)
        complete = missed is not None
        last = entry.room.last
        connection.send(frames.Resumed(room=room, from_=seq, to=last, complete=complete))
        self._metrics.resumes.labels("complete" if complete else "incomplete").inc()
        del resuming[room]
        self._fanout.attach(entry, connection)
        self._fanout.release(entry)

    async def _drained(self, connection: Connection) -> None:
        """Wait until a replay fits the outbox beside what is in it: only a slow reader waits long.

        Raises:
            TimeoutError: the peer does not take what it asked for.
        """
        async with asyncio.timeout(_OUTBOX_SECONDS):
            while not connection.is_over and _is_filled(connection):  # noqa: ASYNC110 - no event
                await asyncio.sleep(_OUTBOX_PAUSE_SECONDS)

    async def _missed(self, entry: Entry, seq: int) -> list[Event] | None:
        """The events above `seq` up to this moment; None if they are too many or `seq` is unknown.

        Raises:
            BusError: they cannot be read.
        """
        await self._fanout.prime([entry])
        if seq > entry.room.last:
            # Seen through another gateway, it may be on its way to this one.
            await self._fanout.catch_up(entry)
        for _ in range(_READ_TRIES):
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
            ((_, state, later),) = await self._beyond([(entry, reply.state)])
            self._let_in(entry, advance(state.room, later, user), user)
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
        if live:
            person.rooms[entry.id] = room.role
        added = frames.RoomAdded(room=at(room, entry.room.last))
        for connection in live:
            resumes = connection.resuming is not None and entry.id in connection.resuming
            if connection not in entry.connections and not resumes:
                connection.send(added)
                self._fanout.attach(entry, connection)

    async def _admit_missed(self, connection: Connection) -> None:
        """Let a connection into rooms that its person was let into while it was being greeted."""
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


_Joined = tuple[Entry, shapes.Room, shapes.Role]
_Beyond = tuple[Entry, calls.RoomAsOf, list[Event]]


def at(room: shapes.Room, last: int) -> shapes.Room:
    """The room with `last_seq` where the live events go on."""
    return msgspec.structs.replace(room, last_seq=last)


def _is_filled(connection: Connection) -> bool:
    return connection.socket.outbox_bytes > REPLAY_BYTES // 2


def _fits(events: Sequence[Event]) -> bool:
    size = sum(len(event.body) for event in events)
    return len(events) <= limits.RESUME_EVENTS and size <= REPLAY_BYTES
