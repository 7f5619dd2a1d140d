"""One connection's conversation as a state machine; not its socket, its clock or its room state.

`receive` takes what the peer sent and the time, and returns what is to be done. A peer's fault is
an answer, never an exception. The table below is the whole of the states and what each does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from enum import Enum, auto
from typing import NamedTuple, TypeAlias

from proto import frames, limits, sending, wire
from proto.codes import CloseCode, ErrorCode
from proto.encoding import JSON, Encoding
from proto.shapes import OwnStatus


class State(Enum):
    """Where the conversation stands."""

    NEW = auto()
    """Upgraded; nothing heard yet."""
    GREETING = auto()
    """`hello` came; its token and rooms are being looked up."""
    LIVE = auto()
    """`ready` was sent."""
    CLOSED = auto()


class Kind(Enum):
    """What sort of frame came."""

    HELLO = auto()
    REQUEST = auto()
    FAULT = auto()
    """It could not be read, or is of a type that is not known."""


class Do(Enum):
    """What the table says to do."""

    GREET = auto()
    REFUSE_FIRST = auto()
    KEEP = auto()
    CONFLICT = auto()
    SERVE = auto()
    BLAME = auto()
    IGNORE = auto()


TABLE: Mapping[tuple[State, Kind], Do] = {
    (State.NEW, Kind.HELLO): Do.GREET,
    (State.NEW, Kind.REQUEST): Do.REFUSE_FIRST,
    (State.NEW, Kind.FAULT): Do.REFUSE_FIRST,
    (State.GREETING, Kind.HELLO): Do.CONFLICT,
    (State.GREETING, Kind.REQUEST): Do.KEEP,
    (State.GREETING, Kind.FAULT): Do.BLAME,
    (State.LIVE, Kind.HELLO): Do.CONFLICT,
    (State.LIVE, Kind.REQUEST): Do.SERVE,
    (State.LIVE, Kind.FAULT): Do.BLAME,
    (State.CLOSED, Kind.HELLO): Do.IGNORE,
    (State.CLOSED, Kind.REQUEST): Do.IGNORE,
    (State.CLOSED, Kind.FAULT): Do.IGNORE,
}


class Answer(NamedTuple):
    """Send this frame to the peer."""

    frame: frames.Error | frames.Pong


class Refuse(NamedTuple):
    """Send this frame to the peer: a send that is not taken."""

    frame: frames.Error


class Greet(NamedTuple):
    """Check the token, gather the state, answer `ready` and call `greeted`."""

    hello: frames.Hello


class Publish(NamedTuple):
    """Put a checked message into the log, if its sender may. `key_ms` is the age of its key."""

    send: frames.Send
    key_ms: int


class Sync(NamedTuple):
    """Answer with the room's log events after a seq."""

    sync: frames.Sync


class MarkRead(NamedTuple):
    """Pass a read mark on."""

    read: frames.Read


class Type(NamedTuple):
    """Pass on that the person types, or no longer."""

    typing: frames.Typing


class Watch(NamedTuple):
    """Follow these people's presence in place of those before, and answer with it."""

    watch: frames.Watch


class Show(NamedTuple):
    """Show the person so, as far as this connection goes."""

    status: OwnStatus


class Renew(NamedTuple):
    """Check a fresh token and take it in place of the old one."""

    auth: frames.Auth


class Close(NamedTuple):
    """Close the socket, after what was answered before."""

    code: CloseCode
    reason: str


Effect: TypeAlias = (
    Answer | Refuse | Greet | Publish | Sync | MarkRead | Type | Watch | Show | Renew | Close
)
Input: TypeAlias = frames.ClientFrame | wire.Fault

_SECOND_HELLO = frames.Error(code=ErrorCode.CONFLICT, message="hello was said already")
_MINUTE_MS = 60_000


class Session:
    """The state of one conversation. Bounded: at most `FRAMES_BEFORE_READY` frames are kept."""

    __slots__ = ("_bad_ms", "_early", "encoding", "state")

    def __init__(self, encoding: Encoding = JSON) -> None:
        self.encoding = encoding
        self.state = State.NEW
        self._early: deque[Input] | None = None
        self._bad_ms: deque[int] | None = None

    def receive(self, data: bytes, now_ms: int, *, is_binary: bool = False) -> list[Effect]:
        """Take one message of the peer, which came as text or not, as its subprotocol has it."""
        encoding = self.encoding
        if is_binary is encoding.is_binary:
            return self.take(encoding.decode_client(data), now_ms)
        kind = "binary" if encoding.is_binary else "text"
        text = f"{encoding.subprotocol} has {kind} frames only"
        return self.take(wire.Fault(ErrorCode.BAD_FRAME, text), now_ms)

    def take(self, frame: Input, now_ms: int) -> list[Effect]:
        """Take a decoded frame or what was wrong with it."""
        match TABLE[self.state, _kind(frame)], frame:
            # First what nearly all frames are: each case before it is tried with every one.
            case Do.SERVE, _:
                return [_serve(frame, now_ms)]
            case Do.GREET, frames.Hello() as hello:
                self.state = State.GREETING
                return [Greet(hello)]
            case Do.REFUSE_FIRST, _:
                return self._refuse_first(frame)
            case Do.CONFLICT, _:
                return [Answer(_SECOND_HELLO)]
            case Do.BLAME, wire.Fault() as fault:
                return self._blame(fault, now_ms)
            case Do.KEEP, _:
                return self._keep(frame)
        return []

    def greeted(self, now_ms: int) -> list[Effect]:
        """Learn that `ready` was sent: take up what came in the meantime, in order."""
        if self.state is not State.GREETING:
            return []
        self.state = State.LIVE
        early, self._early = self._early or deque(), None
        return [effect for frame in early for effect in self.take(frame, now_ms)]

    def closed(self) -> None:
        """Learn that the socket is gone or going; nothing is answered any more."""
        self.state = State.CLOSED
        self._early = None

    def _refuse_first(self, frame: Input) -> list[Effect]:
        self.closed()
        effects: list[Effect] = [Close(CloseCode.PROTOCOL, "the first frame must be hello")]
        if isinstance(frame, wire.Fault):
            effects.insert(0, Answer(_error(frame)))
        return effects

    def _keep(self, frame: Input) -> list[Effect]:
        if self._early is None:
            self._early = deque()
        if len(self._early) == limits.FRAMES_BEFORE_READY:
            self.closed()
            return [Close(CloseCode.PROTOCOL, "too many frames before ready")]
        self._early.append(frame)
        return []

    def _blame(self, fault: wire.Fault, now_ms: int) -> list[Effect]:
        effects: list[Effect] = [Answer(_error(fault))]
        if fault.code is ErrorCode.BAD_FRAME and self._too_many_bad(now_ms):
            self.closed()
            effects.append(Close(CloseCode.PROTOCOL, "too many bad frames"))
        return effects

    def _too_many_bad(self, now_ms: int) -> bool:
        if self._bad_ms is None:
            self._bad_ms = deque(maxlen=limits.BAD_FRAMES_PER_MINUTE)
        self._bad_ms.append(now_ms)
        full = len(self._bad_ms) == limits.BAD_FRAMES_PER_MINUTE
        return full and now_ms - self._bad_ms[0] < _MINUTE_MS


def _kind(frame: Input) -> Kind:
    if isinstance(frame, wire.Fault):
        return Kind.FAULT
    return Kind.HELLO if isinstance(frame, frames.Hello) else Kind.REQUEST


def _error(fault: wire.Fault) -> frames.Error:
    return frames.Error(id=fault.id, code=fault.code, message=fault.message, field=fault.field)


def _serve(frame: Input, now_ms: int) -> Effect:
    match frame:
        case frames.Send():
            return _check_send(frame, now_ms)
        case frames.Sync():
            return Sync(frame)
        case frames.Read():
            return MarkRead(frame)
        case frames.Typing():
            return Type(frame)
        case frames.Watch():
            return Watch(frame)
        case frames.SetStatus():
            return Show(frame.status)
        case frames.Auth():
            return Renew(frame)
        case _:
            return Answer(frames.Pong())


def _check_send(send: frames.Send, now_ms: int) -> Effect:
    """Check what can be told from the message alone (protocol.md §1, §3)."""
    key_ms = sending.check(send, now_ms)
    if isinstance(key_ms, int):
        return Publish(send, key_ms)
    fault = key_ms
    clock_ms = now_ms if fault.code is ErrorCode.BAD_KEY else None
    return Refuse(
        frames.Error(
            id=send.id,
            code=fault.code,
            message=fault.message,
            field=fault.field,
            server_time_ms=clock_ms,
        )
    )
