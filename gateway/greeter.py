"""Turns a `hello` into `ready`; what was missed is the replayer's, later rooms the admitter's.

Free of races by its order (architecture: subscribe, read, then drop what the state holds already):
follow the person, ask history for their rooms, follow the rooms, learn where each room's log is.
From there to `ready` nothing is awaited, so `ready` plus the live events is exactly the log.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Sequence
from http import HTTPStatus

from gateway import terms
from gateway.asker import Asker
from gateway.connection import Connection
from gateway.ends import Known
from gateway.fanout import Entry, Fanout
from gateway.metrics import GatewayMetrics
from gateway.roster import Person, Roster
from gateway.summary import advance, is_outdated
from gateway.surveyor import Surveyor, at
from proto import calls, frames, limits, shapes
from proto.codes import CloseCode, ErrorCode
from services import clock, logs_structlog
from services.bus import BusError, BusTimeout, RemoteError
from services.guard import Checker, Claims, Unauthorized
from services.problem import Unavailable
from services.revocations import SignedOut

_GREETINGS_AT_ONCE = 64
_TURN_SECONDS = 30.0
"""How long a hello waits for its turn. Who is sent away sooner comes back to the end of the same
queue, and everything that was done to let them in is done again."""
_GREETING_SECONDS = 10.0
"""How long one takes whose turn has come."""
_FULL_SECONDS = (0.05, 0.25)
"""Until history is asked again."""
_COUNTS = 3
_COUNT_SECONDS = 0.05
"""History is behind by so much at most, unless Postgres is slow or away: then what it has counted
stands until the next `ready`."""
_log = logs_structlog.get_logger()

_Joined = tuple[Entry, shapes.Room, shapes.Role]


class Greeter:
    """At most so many greetings at once; the others wait their turn, in the order they came."""

    def __init__(
        self,
        guard: Checker,
        asker: Asker,
        roster: Roster,
        fanout: Fanout,
        surveyor: Surveyor,
        metrics: GatewayMetrics,
    ) -> None:
        self.told = frames.ReadyLimits()
        """The limits in force, for `ready`."""
        self._guard = guard
        self._asker = asker
        self._roster = roster
        self._fanout = fanout
        self._surveyor = surveyor
        self._metrics = metrics
        self._name = f"g_{secrets.token_urlsafe(6)}"
        self._turn = asyncio.Semaphore(_GREETINGS_AT_ONCE)

    async def greet(self, connection: Connection, hello: frames.Hello) -> bool:
        """Answer a hello by `ready` or a close that says why not.

        True if it was `ready`: then `replay` has to follow, whatever happens to the connection.
        """
        began = clock.monotonic()
        outcome = "unavailable"
        try:
            async with asyncio.timeout(_TURN_SECONDS) as deadline, self._turn:
                # The time it waited is nothing that whoever answers it has taken.
                deadline.reschedule(asyncio.get_running_loop().time() + _GREETING_SECONDS)
                outcome = await self._greet(connection, hello)
        except (BusError, Unavailable, TimeoutError) as error:
            _log.warning("hello failed", connection_id=connection.id, error=str(error))
        except Exception:
            _log.exception("hello failed", connection_id=connection.id)
        if outcome == "unavailable" and not connection.is_over:
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
            rooms = await self._gather(claims, held)
            if connection.is_over:
                return "gone"
            self._ready(connection, person, rooms, hello.resume)
        finally:
            for entry in held:
                self._fanout.release(entry)
        connection.greeted()
        return "ready"

    async def claims(self, token: str) -> Claims:
        """What a token says that is good for a socket.

        Raises:
            SignedOut: its session was ended.
            Unauthorized: it is not good.
            Unavailable: it cannot be told now.
        """
        claims = await self._guard.check(token)
        if not claims.may("read"):
            # A socket tells everything that is said: a bot that may only talk does so over HTTP.
            raise Unauthorized("this API token has no scope read")
        return claims

    async def _identify(self, connection: Connection, token: str) -> Claims | None:
        """Check the token of a hello; if it is not good, say so and close (protocol.md §7)."""
        try:
            return await self.claims(token)
        except Unauthorized as error:
            revoked = isinstance(error, SignedOut)
            code = CloseCode.REVOKED if revoked else CloseCode.UNAUTHORIZED
            if not connection.is_over:
                connection.error(None, ErrorCode.UNAUTHORIZED, str(error))
                connection.close(code, "the token is not good")
            return None

    async def _rooms_of(self, claims: Claims) -> calls.HelloReply:
        """Ask again for as long as history has its hands full, as a herd of hellos fills them, or
        gives no answer, as when it was killed with the question in its hands.

        To send everybody away instead would bring the same herd back. The greeting's time ends it.
        """
        while True:
            try:
                return await self._asker.rooms_of(claims.sub, claims.username, claims.name)
            except BusTimeout:
                continue
            except RemoteError as error:
                if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
                    raise
            await asyncio.sleep(random.uniform(*_FULL_SECONDS))  # noqa: S311 - no secret

    async def _gather(self, claims: Claims, held: list[Entry]) -> list[_Joined]:
        """The user's rooms as of this very moment: nothing is awaited after the last is known.

        Where it is behind an edit or a deletion of what it has counted, history is asked again.
        """
        for _ in range(_COUNTS):
            before = len(held)
            rooms, is_right = await self._gather_once(claims, held)
            for entry in held[:before]:
                self._fanout.release(entry)
            del held[:before]
            if is_right:
                return rooms
            await asyncio.sleep(_COUNT_SECONDS)
        return (await self._gather_once(claims, held))[0]

    async def _gather_once(self, claims: Claims, held: list[Entry]) -> tuple[list[_Joined], bool]:
        """The rooms, and whether what is unread in them is sure."""
        reply = await self._rooms_of(claims)
        found, blocked = reply.rooms, frozenset(reply.blocked)
        entries: list[Entry] = []
        for state in found:
            entries.append(self._fanout.hold(state.room.id))
            held.append(entries[-1])
        as_of = min((state.as_of for state in found), default=0)
        ends = {state.room.id: state.room.last_seq for state in found}
        await self._fanout.prime(entries, Known(as_of, ends))
        rooms: list[_Joined] = []
        is_right = True
        known = list(zip(entries, found, strict=True))
        for entry, state, later in await self._surveyor.beyond(known):
            is_right = is_right and not is_outdated(state.room, later)
            room = advance(state.room, later, claims.sub, blocked)
            if room is not None and room.role is not None:
                rooms.append((entry, room, room.role))
        return rooms, is_right

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
                limits=self.told,
                server_time_ms=clock.now_ms(),
                gateway=self._name,
            )
        )
        # What came while history was asked may be newer than its answer.
        for word in (connection.meanwhile or {}).values():
            connection.send(word)
        connection.resuming, connection.meanwhile = {}, None
        for entry, room, role in rooms:
            person.rooms[entry.id] = role
            entry.members = room.members
            entry.terms = terms.told(entry.terms, room, person.id)
            if entry.id in resume:
                connection.resuming[entry.id] = self._fanout.hold(entry.id)
            else:
                self._fanout.attach(entry, connection)
