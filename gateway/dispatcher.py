"""Carries out what conversations ask for; each thing it does is another module's."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

import msgspec

from gateway import session
from gateway.admitter import Admitter
from gateway.announcer import Announcer
from gateway.connection import Connection
from gateway.crowd import Crowd
from gateway.fanout import Fanout
from gateway.gate import Gate
from gateway.greeter import Greeter
from gateway.metrics import GatewayMetrics
from gateway.onlooker import Onlooker
from gateway.renewer import Renewer
from gateway.replayer import Replayer
from gateway.roster import Person, Roster
from gateway.sender import Sender
from gateway.session import Effect
from gateway.syncer import Syncer
from proto import calls, frames, subjects, wire
from proto.codes import CloseCode, ErrorCode
from proto.passing import Blocked, Joined, Notified, Preferred, ReadMoved, Replaced, UserPassing
from proto.shapes import OwnStatus
from services import clock, logs_structlog
from services.bus import BusError
from services.bus_nats import Bus
from services.guard import Unauthorized
from services.meter import Meter
from services.problem import Unavailable

OwnFrame = frames.ReadEvent | frames.RoomPreferences | frames.BlockEvent
REQUESTS_AT_ONCE = 32
"""Requests of one connection, besides sends, that are answered at the same time."""
_MUTE = "this API token has no scope send"
_log = logs_structlog.get_logger()


class Dispatcher:
    """One for a gateway. Nothing here raises into the socket layer."""

    def __init__(
        self,
        bus: Bus,
        gate: Gate,
        crowd: Crowd,
        roster: Roster,
        fanout: Fanout,
        greeter: Greeter,
        replayer: Replayer,
        admitter: Admitter,
        sender: Sender,
        syncer: Syncer,
        onlooker: Onlooker,
        announcer: Announcer,
        renewer: Renewer,
        meter: Meter,
        metrics: GatewayMetrics,
        *,
        sockets: int,
    ) -> None:
        """`sockets`: how many of one person are served at a time; 0 is any number."""
        self._meter = meter
        self._sockets = sockets
        self._bus = bus
        self._gate = gate
        self._crowd = crowd
        self._roster = roster
        self._fanout = fanout
        self._greeter = greeter
        self._replayer = replayer
        self._admitter = admitter
        self._sender = sender
        self._syncer = syncer
        self._onlooker = onlooker
        self._announcer = announcer
        self._renewer = renewer
        self._metrics = metrics
        self._tasks: set[asyncio.Task[None]] = set()

    # ------------------------------------------------------------------ what connections tell

    def opened(self, connection: Connection) -> None:
        """Count it."""
        self._roster.connections.add(connection)
        self._metrics.connections.set(len(self._roster.connections))

    def closed(self, connection: Connection, code: int) -> None:
        """Undo everything that the connection holds."""
        self._gate.leave()
        self._crowd.leave(connection.socket.remote)
        self._metrics.closes.labels(_label(code)).inc()
        person = connection.person
        if person is not None:
            for room in person.rooms:
                entry = self._fanout.get(room)
                if entry is not None:
                    self._fanout.detach(entry, connection)
            self._renewer.end(connection, code)
        self._onlooker.closed(connection)
        if self._roster.leave(connection) is not None and person is not None:
            self._fanout.unfollow_user(person.id)
        self._announcer.closed(connection)
        self._metrics.connections.set(len(self._roster.connections))

    def carry_out(self, connection: Connection, effect: Effect) -> None:
        """Do one thing that the conversation asks for."""
        match effect:
            case session.Publish(send, key_ms):
                if _may_send(connection):
                    self._sender.submit(connection, send, key_ms)
                else:
                    self._metrics.sends.labels(ErrorCode.FORBIDDEN).inc()
                    connection.error(send.id, ErrorCode.FORBIDDEN, _MUTE)
            case session.Answer(frame):
                connection.send(frame)
            case session.Refuse(frame):
                self._metrics.sends.labels(frame.code).inc()
                connection.send(frame)
            case session.Greet(hello):
                self._spawn(self._greet(connection, hello))
            case session.Sync(sync):
                self._ask(connection, sync.id, self._syncer.answer(connection, sync))
            case session.MarkRead(read):
                self._mark_read(connection, read)
            case session.Type(typing):
                if _may_send(connection):
                    self._announcer.typed(connection, typing)
            case session.Watch(watch):
                self._ask(connection, watch.id, self._onlooker.answer(connection, watch))
            case session.Show(status):
                self._show(connection, status)
            case session.Renew(auth):
                self._ask(connection, auth.id, self._renew(connection, auth))
            case session.Close(code, reason):
                connection.close(code, reason)

    # --------------------------------------------------------------- what others tell people

    def for_user(self, user: str, data: bytes) -> None:
        """Take a passing event that is meant for one person's connections."""
        person = self._roster.get(user)
        if person is None:
            return
        try:
            passing = msgspec.json.decode(data, type=UserPassing)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            _log.warning("unreadable passing event")
            return
        if isinstance(passing, Joined):
            self._admitter.admit_soon(passing.room, user)
            return
        if isinstance(passing, Replaced):
            self._replace([c for c in person.connections if c.id in passing.sessions])
            return
        if isinstance(passing, Notified):
            _notify(person, passing)
            return
        frame = _own(passing)
        for connection in person.connections:
            if connection.is_live:
                connection.send(frame)
            elif connection.is_greeting:
                connection.meanwhile = connection.meanwhile or {}
                connection.meanwhile[_about(frame)] = frame

    # ------------------------------------------------------------------------ what takes time

    async def _greet(self, connection: Connection, hello: frames.Hello) -> None:
        if not await self._greeter.greet(connection, hello):
            self._replayer.let_go(connection)
            return
        if connection.is_live:
            connection.since_ms = clock.now_ms()
            self._renewer.begin(connection)
            self._make_way(connection)
        await self._replayer.replay(connection, hello.resume)

    def _make_way(self, newest: Connection) -> None:
        """Close the person's oldest sockets here beyond the limit; presence finds those elsewhere.

        Whichever are too many here are among the oldest of all too.
        """
        if newest.person is None or not self._sockets:
            return
        live = [connection for connection in newest.person.connections if connection.is_live]
        if len(live) > self._sockets:
            live.sort(key=lambda connection: (connection.since_ms, connection is newest))
            self._replace(live[: len(live) - self._sockets])

    def _replace(self, connections: list[Connection]) -> None:
        for connection in connections:
            if not connection.is_over:
                self._meter.count("sockets")
                connection.close(CloseCode.REPLACED, "a newer socket of the same user took over")

    def _mark_read(self, connection: Connection, read: frames.Read) -> None:
        person = connection.person
        if person is None or read.room not in person.rooms or not _may_send(connection):
            return
        call = calls.ReadCall(read.room, person.id, read.seq)
        try:
            self._bus.publish(subjects.HISTORY_READ, wire.encode(call))
        except BusError as error:
            # Passing by nature: the client's next mark says it all again.
            _log.warning("a read mark was dropped", error=str(error))

    def _show(self, connection: Connection, status: OwnStatus) -> None:
        if connection.status != status:
            connection.status = status
            self._renewer.change(connection)

    async def _renew(self, connection: Connection, auth: frames.Auth) -> None:
        """A bad token is an answer, not an end: the old one still holds until it runs out."""
        claims, problem = None, "the token is somebody else's"
        try:
            claims = await self._greeter.claims(auth.token)
        except Unauthorized as error:
            problem = str(error)
        except Unavailable as error:
            if not connection.is_over:
                connection.error(auth.id, ErrorCode.UNAVAILABLE, str(error), error.retry_after_ms)
            return
        if connection.is_over or connection.claims is None:
            return
        if claims is None or claims.sub != connection.claims.sub:
            connection.error(auth.id, ErrorCode.UNAUTHORIZED, problem)
            return
        connection.claims, connection.warned = claims, False
        left_ms = claims.exp * 1000 - clock.now_ms()
        connection.ok(auth.id, frames.AuthResult(expires_in_ms=max(0, left_ms)))

    def _ask(self, connection: Connection, request: str, work: Coroutine[None, None, None]) -> None:
        """Do what answers a request; many at once would cost more than the peer pays for them."""
        if connection.requests >= REQUESTS_AT_ONCE:
            work.close()
            text = f"at most {REQUESTS_AT_ONCE} requests at once"
            connection.error(request, ErrorCode.RATE_LIMITED, text, 1_000)
        else:
            connection.requests += 1
            self._spawn(self._answer(connection, request, work))

    async def _answer(
        self, connection: Connection, request: str, work: Coroutine[None, None, None]
    ) -> None:
        try:
            await work
        except Exception:
            _log.exception("a request failed", connection_id=connection.id)
            if not connection.is_over:
                connection.error(request, ErrorCode.INTERNAL, "something went wrong")
        finally:
            connection.requests -= 1

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("a request failed", exc_info=task.exception())


def _notify(person: Person, notified: Notified) -> None:
    """Tell the person's connections of a message, and one of them to make a sound."""
    for connection in person.connections:
        if connection.is_live:
            sounds = notified.session in (None, connection.id)
            connection.send(
                frames.Notification(
                    kind=notified.kind, room=notified.room, seq=notified.seq, sound=sounds
                )
            )


def _own(passing: ReadMoved | Preferred | Blocked) -> OwnFrame:
    """What a person's own devices are told of what one of them did."""
    match passing:
        case ReadMoved():
            return frames.ReadEvent(room=passing.room, user=passing.user, seq=passing.seq)
        case Blocked():
            return frames.BlockEvent(user=passing.user, blocked=passing.blocked)
        case Preferred():
            return frames.RoomPreferences(
                room=passing.room,
                muted=passing.muted,
                notify=passing.notify,
                favourite=passing.favourite,
            )


def _about(frame: OwnFrame) -> tuple[str, str]:
    """What a later word of the same takes the place of."""
    whose = frame.user if isinstance(frame, frames.BlockEvent) else frame.room
    return type(frame).__name__, whose


def _may_send(connection: Connection) -> bool:
    """Say whether a token is good for talking, typing and reading on; a bot's may be for listening
    alone."""
    claims = connection.claims
    return claims is not None and claims.may("send")


_LABELS = frozenset({1000, 1001, 1002, 1005, 1006, 1007, 1009, 1011}) | frozenset(CloseCode)


def _label(code: int) -> str:
    """A bounded label: a peer may close with any code it likes."""
    return str(code) if code in _LABELS else "other"
