"""The sockets of one server: frames in and out, backpressure, closing; not what messages mean.

`protocol_class` makes the class uvicorn takes as `ws=`: uvicorn parses the HTTP request and hands
over the connection, this layer answers the upgrade and keeps the connection from then on. uvicorn
forgets it at that moment: its shutdown does not touch open sockets, whoever made their handlers
closes them.

    state       entered by                          left by
    HANDSHAKE   the connection                      an answer: OPEN, or ENDED when refused
    OPEN        an accepted upgrade                 close(): CLOSING; fault, peer's close: ENDED
    CLOSING     our close frame                     the peer's close frame: ENDED
    ENDED       nothing more is read or written     the end of the connection: CLOSED
    CLOSED      connection_lost                     -

In CLOSING and ENDED a connection has `close_wait_seconds` to end, then it is aborted.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from typing import Any, Final, cast

from gateway.deflate import agree
from gateway.descriptor import descriptor
from gateway.fragments import Fragments, inflate, whole
from gateway.frame import (
    ABNORMAL,
    BINARY,
    CLOSE,
    CONTINUATION,
    INTERNAL_ERROR,
    PING,
    PONG,
    TEXT,
    close_frame,
    ping_frame,
    pong_frame,
    read_close,
    text_frame,
)
from gateway.handler import Accept, Decide, Decision, Handler, SocketLimits
from gateway.parcel import DEFLATED, PACKED, framed
from gateway.parser_picows import Parser, Parsers
from gateway.turns import Endings, Turns
from gateway.upgrade import Networks, Refuse, Upgrade, accepted, networks, read_upgrade, refused
from proto.codes import CloseCode, ErrorCode
from services.clock import monotonic
from services.logs_structlog import get_logger

__all__ = [
    "Accept",
    "Decision",
    "Handler",
    "Refuse",
    "Socket",
    "SocketLimits",
    "Upgrade",
    "protocol_class",
    "text_frame",
]

_PING: Final = ping_frame()


class State(Enum):
    """See the table at the top."""

    HANDSHAKE = auto()
    OPEN = auto()
    CLOSING = auto()
    ENDED = auto()
    CLOSED = auto()


# Plain names: looking up an enum's member costs more than the comparison it is for.
_HANDSHAKE, _OPEN, _CLOSING, _ENDED, _CLOSED = State


class Layer:
    """What the sockets of one server share."""

    __slots__ = ("decide", "endings", "limits", "on_paced", "parsers", "trusted", "turns")

    def __init__(
        self,
        decide: Decide,
        limits: SocketLimits,
        trusted: Networks,
        turns: Turns,
        on_paced: Callable[[], None],
    ) -> None:
        self.on_paced = on_paced
        self.decide = decide
        self.limits = limits
        self.trusted = trusted
        self.parsers = Parsers(limits.max_message_bytes)
        self.turns = turns
        self.endings = Endings(limits.close_wait_seconds)


class Socket(asyncio.Protocol):
    """One client's connection. Not thread-safe: use it from the event loop's thread alone."""

    __slots__ = (
        "_code",
        "_descriptor",
        "_fragments",
        "_frames",
        "_frames_since",
        "_handler",
        "_is_direct",
        "_layer",
        "_outbox_bytes",
        "_parser",
        "_pending",
        "_state",
        "_transport",
        "form",
        "heard_at",
        "remote",
    )

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self._state: State = _HANDSHAKE
        self._code = ABNORMAL
        self._pending: list[bytes] | None = None
        self._outbox_bytes = 0
        self._frames = 0
        self._frames_since = 0.0
        self._parser: Parser | None = None
        self._fragments: Fragments | None = None
        self._handler: Handler | None = None
        self._transport: asyncio.Transport
        self._descriptor, self._is_direct = -1, False
        self.form = 0
        """What it takes of a `Parcel`: agreed to in the opening, and the same from then on."""
        self.heard_at = 0.0
        """`services.clock.monotonic()` when the peer's last whole frame came, be it a pong: who
        sends one byte now and then is silent."""
        self.remote = ""
        """The client's address as the trusted proxies tell it."""

    # For the gateway.

    @property
    def outbox_bytes(self) -> int:
        """Unsent bytes: those of this turn and those the kernel has not taken yet."""
        if self._pending is not None:
            return self._outbox_bytes
        return 0 if self._state is _CLOSED else self._transport.get_write_buffer_size()

    @property
    def is_open(self) -> bool:
        """Whether `send` has an effect: from `opened` to the first close, ours or the peer's."""
        return self._state is _OPEN

    @property
    def is_closed(self) -> bool:
        """Whether the connection has ended."""
        return self._state is _CLOSED

    def send(self, frame: bytes) -> None:
        """Send a frame as it is: `text_frame` makes one, a `Parcel` one for sockets of a form.

        What is sent within one turn of the event loop leaves in one write, in order. More than
        `outbox_bytes` unsent closes with 4001 instead. Does nothing once the socket is closing.
        """
        if self._state is not _OPEN:
            return
        pending = self._pending
        if pending is None:
            # Until the flush the transport's own buffer can only shrink: asked once, it is a bound.
            unsent = 0 if self._is_direct else self._transport.get_write_buffer_size()
            self._outbox_bytes = unsent + len(frame)
            self._pending = [frame]
            self._layer.turns.flush_later(self)
        else:
            self._outbox_bytes += len(frame)
            pending.append(frame)
        if self._outbox_bytes > self._layer.limits.outbox_bytes:
            self._pending = None
            self.close(CloseCode.SLOW_CONSUMER)

    def write_joined(self, frames: Mapping[int, bytes]) -> bool:
        """Write the frames of its form at once, behind what is pending; whether it took them.

        For a `Wave`, with the same bound as `send`.
        """
        if self._state is not _OPEN:
            return False
        if self._pending is not None:
            self.flush()
        data = frames[self.form]
        unsent = 0 if self._is_direct else self._transport.get_write_buffer_size()
        if unsent + len(data) > self._layer.limits.outbox_bytes:
            self.close(CloseCode.SLOW_CONSUMER)
            return False
        self._put(data)
        return True

    def hurry(self) -> None:
        """Write at once what large rooms have told it: what is sent next is to come after that."""
        self._layer.turns.hurry(self)

    def say(self, message: bytes) -> None:
        """Send this socket alone a message that is in its encoding."""
        self.send(framed(message, self.form))

    @property
    def inflates(self) -> bool:
        """Whether the peer may send compressed messages."""
        return self.form & DEFLATED != 0

    def ping(self) -> None:
        """Send a ping; its answer shows in `heard_at`."""
        self.send(_PING)

    def close(self, code: int, reason: str = "") -> None:
        """Send what is pending and a close frame, then wait for the peer's; idempotent.

        Raises:
            ValueError: `code` may not be sent (RFC 6455 §7.4).
        """
        if self._state is not _OPEN:
            return
        frame = close_frame(code, reason)
        self._state = _CLOSING
        self._code = code
        self._write_last(frame)

    def abort(self) -> None:
        """End the connection without a word; what is unsent is lost. Idempotent."""
        if self._state is not _CLOSED:
            self._state = _ENDED
            self._pending = None
            self._transport.abort()

    def flush(self) -> int:
        """Write what is pending, at once; the layer calls this at the end of a turn."""
        pending, self._pending = self._pending, None
        if pending is None:
            return 0
        count = len(pending)
        self._put(pending[0] if count == 1 else b"".join(pending))
        return count

    def _put(self, data: bytes) -> None:
        """Write; the transport keeps what the kernel does not take."""
        if self._is_direct:
            # What the transport would do, without its bookkeeping: a tenth of a delivery.
            try:
                sent = os.write(self._descriptor, data)
            except OSError:
                sent = 0  # it is full, or broken: the transport finds out, and says so
            data = data[sent:]
        if data:
            self._write(data)

    # For the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by uvicorn with the connection whose upgrade request follows."""
        self._transport = cast(asyncio.Transport, transport)
        # So that it says at once when it keeps something.
        self._transport.set_write_buffer_limits(0)
        self._descriptor = descriptor(self._transport)
        self.resume_writing()

    def pause_writing(self) -> None:
        """The transport keeps something unsent, so that what comes has to queue behind it."""
        self._is_direct = False

    def resume_writing(self) -> None:
        """It keeps nothing."""
        self._is_direct = self._descriptor >= 0

    def data_received(self, data: bytes) -> None:
        """Called by uvicorn with the request's head, then by the event loop."""
        if self._state is _OPEN or self._state is _CLOSING:
            self._parse(data)
        elif self._state is _HANDSHAKE:
            self._answer(data)

    def eof_received(self) -> None:
        """The peer sends nothing more; without a close frame that is 1006. The transport closes."""
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The connection is gone, for whatever reason; tell the handler if there is one."""
        self._state, self._descriptor, self._is_direct = _CLOSED, -1, False
        self._pending = self._fragments = None
        self._drop_parser()
        handler, self._handler = self._handler, None
        if handler is not None:
            self._tell(handler.closed, self._code)

    # The opening.

    def _answer(self, request: bytes) -> None:
        decision = self._decide(request)
        if isinstance(decision, Refuse):
            self._state = _ENDED
            self._transport.write(refused(decision))
            self._transport.close()
            return
        self._handler = decision.handler
        self._state = _OPEN
        self.heard_at = monotonic()
        self._tell(decision.handler.opened, self)

    def _decide(self, request: bytes) -> Decision:
        """Write the answer to a request that is accepted, too: its key is known here alone."""
        peername = self._transport.get_extra_info("peername")
        peer = peername[0] if isinstance(peername, tuple) else ""
        upgrade = read_upgrade(request, peer, self._layer.trusted)
        if isinstance(upgrade, Refuse):
            return upgrade
        try:
            decision = self._layer.decide(upgrade)
        except Exception:
            get_logger().exception("socket_decision_failed")
            return Refuse(500, ErrorCode.INTERNAL, "The server failed.")
        if isinstance(decision, Accept):
            self.remote = upgrade.remote
            agreed = None
            if self._layer.limits.deflates:
                agreed = agree(upgrade.headers.get("sec-websocket-extensions", ""))
            self.form = (PACKED if decision.is_binary else 0) | (DEFLATED if agreed else 0)
            self._transport.write(accepted(upgrade.key, decision.subprotocol, agreed))
        return decision

    # Incoming frames.

    def _parse(self, data: bytes) -> None:
        parser = self._parser or self._layer.parsers.borrow()
        self._parser = parser
        parser.feed(data, self)
        if parser.fault is not None:
            self._fail(parser.fault)
        if parser.between_frames or parser.fault is not None:
            self._drop_parser()

    def _drop_parser(self) -> None:
        parser, self._parser = self._parser, None
        if parser is not None:
            self._layer.parsers.give_back(parser)

    def frame(self, opcode: int, payload: bytes, *, fin: bool, rsv1: bool) -> None:
        """Take a frame from the parser."""
        self.heard_at = monotonic()
        if self._layer.limits.frames:
            self._pace()
        if rsv1 and opcode not in (TEXT, BINARY):
            # It belongs to the first frame of a message (RFC 7692 §6).
            self._fail(CloseCode.PROTOCOL_ERROR)
        elif opcode == CLOSE:
            self._peer_closes(payload)
        elif self._state is not _OPEN or opcode == PONG:
            return
        elif opcode == PING:
            # A peer that pings without reading fills its own outbox, and is closed with 4001.
            self.send(pong_frame(payload))
        else:
            self._data(opcode, payload, fin=fin, is_deflated=rsv1)

    def _pace(self) -> None:
        """Count a frame; of a peer that sends too many nothing more is read for a while.

        What was read already is taken, and lengthens the while: the peer waits, and loses nothing.
        """
        limits, now = self._layer.limits, self.heard_at
        if self._frames <= limits.frames and now - self._frames_since > limits.frames_seconds:
            self._frames, self._frames_since = 0, now
        self._frames += 1
        if self._frames == limits.frames + 1 and self._state is _OPEN:
            self._layer.on_paced()
            self._transport.pause_reading()
            self._resume_later()

    def _resume_later(self) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(self._layer.limits.frames_seconds, self._resume)

    def _resume(self) -> None:
        if self._state is _CLOSED or self._transport.is_closing():
            return
        self._frames -= self._layer.limits.frames
        if self._frames > self._layer.limits.frames:
            self._resume_later()
        else:
            self._frames_since = monotonic()
            self._transport.resume_reading()

    def _data(self, opcode: int, payload: bytes, *, fin: bool, is_deflated: bool) -> None:
        limit_bytes = self._layer.limits.max_message_bytes
        if self._fragments is None and fin and opcode != CONTINUATION:
            plain = not is_deflated
            outcome = whole(opcode, payload) if plain else inflate(opcode, payload, limit_bytes)
        else:
            self._fragments = self._fragments or Fragments(limit_bytes, is_deflated=is_deflated)
            received = self._fragments.receive(opcode, payload, fin=fin)
            if received is None:
                return
            self._fragments, outcome = None, received
        if isinstance(outcome, CloseCode):
            self._fail(outcome)
        elif self._handler is not None:
            take = self._handler.text if outcome.is_text else self._handler.binary
            self._tell(take, outcome.data)

    def _tell(self, take: Callable[[Any], None], what: object) -> None:
        try:
            take(what)
        except Exception:
            get_logger().exception("socket_handler_failed", during=take.__name__)
            self.close(INTERNAL_ERROR)

    # The end.

    def _peer_closes(self, payload: bytes) -> None:
        said = read_close(payload)
        if self._state is _CLOSING:
            # Both have said it; the server is the one that ends the connection (RFC 6455 §7.1.1).
            self._end()
            self._transport.close()
        elif isinstance(said, CloseCode):
            self._fail(said)
        elif self._state is _OPEN:
            self._code = said.code
            self._state = _ENDED
            self._write_last(close_frame(said.code))
            self._transport.close()

    def _fail(self, code: CloseCode) -> None:
        """Fail the connection (RFC 6455 §7.1.7): say why, and read nothing more.

        The sending side alone is closed: closing both with bytes of the peer still unread would
        reset the connection, and the reset would overtake the close frame.
        """
        if self._state is _CLOSING:
            self._end()
            self._transport.close()
        elif self._state is _OPEN:
            self.close(code)
            self._end()
            if not self._transport.is_closing():
                self._transport.write_eof()

    def _end(self) -> None:
        if self._state is _OPEN:
            self._layer.endings.abort_later(self)
        if self._state is not _CLOSED:
            self._state = _ENDED

    def _write_last(self, frame: bytes) -> None:
        pending, self._pending = self._pending, None
        self._write(b"".join((*pending, frame)) if pending else frame)
        self._layer.endings.abort_later(self)

    def _write(self, data: bytes) -> None:
        try:
            self._transport.write(data)
        except Exception:
            # uvloop raises for a transport that is already closed; the others are to be flushed.
            self.abort()


def protocol_class(
    decide: Decide,
    limits: SocketLimits | None = None,
    trusted_proxies: Sequence[str] = (),
    turns: Turns | None = None,
    on_paced: Callable[[], None] = lambda: None,
) -> type[Socket]:
    """Make the class that uvicorn takes as `ws=`; each server needs its own.

    `decide` is called for every well-formed upgrade request, whatever its path; it must not block.
    `trusted_proxies` are addresses and networks whose X-Forwarded-For is believed. `turns` are
    those that waves of large rooms go by, too; `on_paced` hears that a peer which sends too many
    frames is read no more for a while.

    Raises:
        ValueError: a trusted proxy is neither an address nor a network.
    """
    bounds, trusted = limits or SocketLimits(), networks(trusted_proxies)
    layer = Layer(decide, bounds, trusted, turns or Turns(), on_paced)

    class ServerSocket(Socket):
        __slots__ = ()

        def __init__(self, **_uvicorn: object) -> None:
            """uvicorn names its config, server_state and app_state; none is needed or kept."""
            super().__init__(layer)

    return ServerSocket
