"""One socket, its conversation and who it speaks for; what is to be done is the dispatcher's."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

import msgspec

from gateway.session import Effect, Session, State
from gateway.socket_picows import Socket
from proto import frames
from proto.codes import CloseCode, ErrorCode
from proto.encoding import JSON, Encoding
from proto.shapes import OwnStatus
from services import clock
from services.guard import Claims

if TYPE_CHECKING:
    from gateway.fanout import Entry
    from gateway.roster import Person
    from gateway.sender import Lane
    from gateway.watchlist import Watch


class Dispatcher(Protocol):
    """Carries out what a conversation asks for."""

    def opened(self, connection: Connection) -> None:
        """The upgrade was answered."""

    def carry_out(self, connection: Connection, effect: Effect) -> None:
        """Do one thing; effects of one connection come in the order they are to happen."""

    def closed(self, connection: Connection, code: int) -> None:
        """The socket is gone."""


class Connection:
    """The state of one socket. Everything a person may have many of is in `Person`."""

    __slots__ = (
        "_dispatcher",
        "claims",
        "id",
        "lanes",
        "meanwhile",
        "next_ping_at",
        "opened_at",
        "person",
        "requests",
        "resuming",
        "session",
        "since_ms",
        "socket",
        "status",
        "warned",
        "watch",
        "watching",
    )

    def __init__(
        self, connection_id: str, dispatcher: Dispatcher, encoding: Encoding = JSON
    ) -> None:
        self.id = connection_id
        self.session = Session(encoding)
        self.socket: Socket
        self.claims: Claims | None = None
        self.person: Person | None = None
        self.status: OwnStatus = "online"
        self.lanes: dict[str, Lane] | None = None
        """Sends that are not answered yet, by room."""
        self.meanwhile: dict[tuple[str, str], msgspec.Struct] | None = None
        """What was told of the person's own during the greeting: the last word by sort and room."""
        self.requests = 0
        """Requests besides sends that are under way."""
        self.resuming: dict[str, Entry] | None = None
        """Rooms whose replay is not over: held, so that membership is acted on, not attached."""
        self.opened_at = self.next_ping_at = clock.monotonic()
        self.since_ms = 0
        """When it became live (wall clock): of too many of a person the oldest makes way."""
        self.warned = False
        """Whether `auth.expiring` was sent for the present token."""
        self.watch: Watch[Connection] | None = None
        """Whose presence it follows, if anyone's."""
        self.watching: asyncio.Lock | None = None
        """Held by the `watch` that is under way: they take effect in the order sent."""
        self._dispatcher = dispatcher

    @property
    def is_live(self) -> bool:
        """Whether `ready` was sent and nothing has ended it."""
        return self.session.state is State.LIVE

    @property
    def is_greeting(self) -> bool:
        """Whether `ready` is being prepared."""
        return self.session.state is State.GREETING

    @property
    def is_over(self) -> bool:
        """Whether nothing may be sent any more."""
        return self.session.state is State.CLOSED

    # What the socket tells.

    def opened(self, socket: Socket) -> None:
        """Keep the socket; it may be written to from here on."""
        self.socket = socket
        self._dispatcher.opened(self)

    def text(self, data: bytes) -> None:
        """Take a message."""
        self._carry_out(self.session.receive(data, clock.now_ms()))

    def binary(self, data: bytes) -> None:
        """Take a binary message."""
        self._carry_out(self.session.receive(data, clock.now_ms(), is_binary=True))

    def closed(self, code: int) -> None:
        """The connection has ended."""
        self.session.closed()
        self._dispatcher.closed(self, code)

    # What the gateway says.

    def greeted(self) -> None:
        """Take up what came before `ready`."""
        self._carry_out(self.session.greeted(clock.now_ms()))

    def send(self, frame: msgspec.Struct) -> None:
        """Send one frame to this client alone."""
        self.socket.say(self.session.encoding.encode(frame))

    def send_json(self, data: bytes) -> None:
        """Send this client alone what is JSON already.

        Raises:
            msgspec.MsgspecError: it is not, and the client wants it otherwise.
        """
        self.socket.say(self.session.encoding.from_json(data))

    def ok(self, request: str, result: msgspec.Raw | msgspec.Struct) -> None:
        """Answer a request that was carried out; what is raw is JSON.

        Raises:
            msgspec.MsgspecError: it is not, and the client wants it otherwise.
        """
        encoding = self.session.encoding
        if isinstance(result, msgspec.Raw):
            data = encoding.from_json(result)
        else:
            data = encoding.encode(result)
        self.send(frames.Ok(id=request, result=msgspec.Raw(data)))

    def error(
        self,
        request: str | None,
        code: ErrorCode,
        message: str,
        retry_after_ms: int | None = None,
        field: str | None = None,
    ) -> None:
        """Answer a request that was not."""
        self.send(
            frames.Error(
                id=request, code=code, message=message, field=field, retry_after_ms=retry_after_ms
            )
        )

    def close(self, code: CloseCode, reason: str) -> None:
        """End the conversation; what was sent before still goes out."""
        self.session.closed()
        self.socket.close(code, reason)

    def _carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            self._dispatcher.carry_out(self, effect)
