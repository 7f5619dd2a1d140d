"""picows' frame parser without its I/O: bytes in, frames out; it neither reads nor writes a socket.

A parser keeps nothing between two frames, so sockets borrow one only while a frame is incomplete:
an idle socket holds no parser and no buffer. This reaches into parts of picows that are not
documented (`picows.picows.WSProtocol`, pinned; tests/gateway/test_parser_picows.py fails when they
change): its protocol object is given a pipe that swallows what picows would write, and whatever
it writes after the handshake is a close frame, which names the fault it found.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

from picows import WSUpgradeResponse, WSUpgradeResponseWithListener
from picows.picows import (  # type: ignore[attr-defined] # WSProtocol is in no stub
    WSAutoPingStrategy,
    WSFrame,
    WSListener,
    WSProtocol,
    WSTransport,
)

from gateway.frame import CLOSE
from proto.codes import CloseCode
from services.logs_structlog import get_logger

_BUFFER_BYTES: Final = 2048
# picows doubles its buffer, for good, when less than this is free after a read. Slices are
# cut so that only a frame that does not fit makes it grow, never a burst of small ones.
_HEADROOM_BYTES: Final = 257
_SLICE_BYTES: Final = 16_384
_SPARE_PARSERS: Final = 32
_UNKNOWN: Final = -1
_CLOSE_BYTE: Final = 0x80 | CLOSE
_FAULTS: Final = {1007: CloseCode.NOT_UTF8, 1009: CloseCode.FRAME_TOO_LARGE}
_REQUEST: Final = (
    b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


class Sink(Protocol):
    """Who takes the frames."""

    @property
    def inflates(self) -> bool:
        """Whether the bit RSV1 may be set; who takes the frame knows where."""

    def frame(self, opcode: int, payload: bytes, *, fin: bool, rsv1: bool) -> None:
        """Take one whole frame, unmasked; it must not raise."""


class _Wire:
    """Stands in for the socket object whose options picows would set."""

    def fileno(self) -> int:
        return -1

    def setsockopt(self, *_: object) -> None:
        """Nothing to set."""

    def getsockopt(self, *_: object) -> int:
        return 0


class _Log:
    """picows' logger: a peer's fault is not worth a line, an exception of ours is."""

    def isEnabledFor(self, _level: int) -> bool:  # noqa: N802 - logging's name
        return False

    def info(self, *_: object) -> None:
        """Every connection would be one."""

    debug = warning = error = info

    def exception(self, event: str, *_: object) -> None:
        get_logger().exception("frame_parser_failed", reason=event)


_WIRE: Final = _Wire()
_LOG: Final = _Log()


class Parser(WSListener):
    """Parses masked client frames of at most `max_frame_bytes`; making one needs a running loop.

    Holds at most about four times `max_frame_bytes`, and that only within a large frame.
    """

    __slots__ = (
        "_fault_ahead",
        "_fresh_bytes",
        "_protocol",
        "_sink",
        "_tail_bytes",
        "fault",
        "spent",
    )

    def __init__(self, max_frame_bytes: int) -> None:
        self.fault: CloseCode | None = None
        """Why nothing more can be parsed: an illegal opcode, length or reserved bit, or no mask."""
        self.spent = False
        """It has seen a close frame, after which picows takes no second one."""
        self._fault_ahead: CloseCode | None = None
        self._sink: Sink | None = None
        self._tail_bytes = 0
        self._protocol = _protocol(self, max_frame_bytes)
        self._shake_hands()
        self._fresh_bytes = len(self._protocol.get_buffer(-1))

    @property
    def between_frames(self) -> bool:
        """Whether all bytes so far were whole frames."""
        return self._tail_bytes == 0

    @property
    def is_fresh(self) -> bool:
        """Whether another socket may use it: nothing is left over from this one."""
        return (
            self._tail_bytes == 0
            and not self.spent
            and self.fault is None
            and len(self._protocol.get_buffer(-1)) == self._fresh_bytes
        )

    def feed(self, data: bytes, sink: Sink) -> None:
        """Give the frames that `data` completes to `sink`, in order; ends early at a `fault`."""
        self._sink = sink
        position, size = 0, len(data)
        while position < size and self.fault is None:
            buffer = self._protocol.get_buffer(-1)
            free = len(buffer)
            count = min(size - position, _SLICE_BYTES)
            count = min(count, free - _HEADROOM_BYTES if free > _HEADROOM_BYTES else free)
            buffer[:count] = data[position : position + count]
            position += count
            # Stays so unless a frame is completed, which then says what is behind it.
            self._tail_bytes = _UNKNOWN
            self._protocol.buffer_updated(count)
            self.fault = self.fault or self._fault_ahead
        self._sink = None

    def retire(self) -> None:
        """Let go of picows' objects, which refer back to this one: no cycle is left to collect."""
        self._protocol = None

    def on_ws_frame(self, _transport: WSTransport, frame: WSFrame) -> None:
        """picows calls this for each frame."""
        if self.fault is not None or self._sink is None:
            return
        self._tail_bytes = frame.tail_size
        if frame.rsv2 or frame.rsv3 or (frame.rsv1 and not self._sink.inflates):
            self.fault = CloseCode.PROTOCOL_ERROR
            return
        opcode: int = frame.msg_type  # type: ignore[assignment] # an IntEnum, the stub errs
        if opcode == CLOSE:
            self.spent = True
        self._sink.frame(opcode, frame.get_payload_as_bytes(), fin=frame.fin, rsv1=frame.rsv1)

    # What picows asks of a transport.

    def get_extra_info(self, name: str) -> _Wire | None:
        return _WIRE if name == "socket" else None

    @staticmethod
    def get_write_buffer_size() -> int:
        """Claim to be busy: picows would else write to the file descriptor by itself."""
        return 1

    def write(self, data: bytes) -> None:
        """Swallow the answer to the handshake; anything later is a close frame with its fault.

        picows parses one frame ahead: the one before the fault is still to be delivered.
        """
        if data[0] == _CLOSE_BYTE and self._fault_ahead is None:
            code = int.from_bytes(data[2:4], "big")
            self._fault_ahead = _FAULTS.get(code, CloseCode.PROTOCOL_ERROR)

    def close(self) -> None:
        """picows would close the connection; who owns it does."""

    def _shake_hands(self) -> None:
        buffer = self._protocol.get_buffer(-1)
        buffer[: len(_REQUEST)] = _REQUEST
        self._protocol.buffer_updated(len(_REQUEST))


class Parsers:
    """Lends parsers for as long as a frame is incomplete; keeps a bounded number of spare ones."""

    __slots__ = ("_max_frame_bytes", "_spare")

    def __init__(self, max_frame_bytes: int) -> None:
        self._max_frame_bytes = max_frame_bytes
        self._spare: list[Parser] = []

    def borrow(self) -> Parser:
        return self._spare.pop() if self._spare else Parser(self._max_frame_bytes)

    def give_back(self, parser: Parser) -> None:
        """Take a parser back, in whatever state it is; its borrower must forget it."""
        if parser.is_fresh and len(self._spare) < _SPARE_PARSERS:
            self._spare.append(parser)
        else:
            parser.retire()


def _protocol(parser: Parser, max_frame_bytes: int) -> Any:  # noqa: ANN401 - it has no type
    """picows' server side of one connection, whose listener and transport are both `parser`."""
    answer = WSUpgradeResponse.create_101_response()
    protocol = WSProtocol(
        host_port=None,
        ws_path=None,
        is_client_side=False,
        ws_listener_factory=lambda _request: WSUpgradeResponseWithListener(answer, parser),
        logger=_LOG,
        disconnect_on_exception=True,
        websocket_handshake_timeout=None,
        enable_auto_ping=False,
        auto_ping_idle_timeout=None,
        auto_ping_reply_timeout=None,
        auto_ping_strategy=WSAutoPingStrategy.PING_WHEN_IDLE,
        enable_auto_pong=False,
        max_frame_size=max_frame_bytes,
        extra_headers=None,
        read_buffer_init_size=_BUFFER_BYTES,
    )
    protocol.connection_made(parser)
    return protocol
