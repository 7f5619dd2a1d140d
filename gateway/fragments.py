"""Messages from data frames: order, size and UTF-8 of fragments; it sees no control frame.

    state      text/binary, fin   text/binary, more   continuation, fin   continuation, more
    nothing    message            collecting          1002                1002
    collecting 1002               1002                message             collecting

Any state: 4513 as soon as a message is larger than the limit, 1007 at the first byte that cannot
be UTF-8 in a text (RFC 6455 §5.4, §8.1). After a message or a fault an instance is used up.
"""

from __future__ import annotations

import codecs
from typing import Final, NamedTuple

from gateway.deflate import inflated
from gateway.frame import CONTINUATION, TEXT
from proto.codes import CloseCode

_UTF8: Final = codecs.getincrementaldecoder("utf-8")


class Message(NamedTuple):
    """A whole message; `data` of a text is valid UTF-8."""

    is_text: bool
    data: bytes


def whole(opcode: int, payload: bytes) -> Message | CloseCode:
    """Read a message that came in a single frame."""
    if opcode != TEXT:
        return Message(is_text=False, data=payload)
    if not is_utf8(payload):
        return CloseCode.NOT_UTF8
    return Message(is_text=True, data=payload)


def inflate(opcode: int, data: bytes, limit_bytes: int) -> Message | CloseCode:
    """Read a message that was compressed, once all of it is there (RFC 7692 §7.2.2)."""
    message = inflated(data, limit_bytes)
    return message if isinstance(message, CloseCode) else whole(opcode, message)


def is_utf8(data: bytes) -> bool:
    """Say whether `data` is valid UTF-8; ASCII is found out without decoding."""
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


class Fragments:
    """One message that arrives in several frames; made when its first frame has come.

    Of one that is compressed neither what came nor what it becomes is longer than the limit.
    """

    __slots__ = ("_data", "_decoder", "_is_deflated", "_limit_bytes", "_opcode")

    def __init__(self, limit_bytes: int, *, is_deflated: bool = False) -> None:
        self._limit_bytes = limit_bytes
        self._is_deflated = is_deflated
        self._opcode = CONTINUATION
        # One growing buffer, not a list of parts: empty fragments must cost nothing.
        self._data = bytearray()
        self._decoder: codecs.IncrementalDecoder | None = None

    def receive(self, opcode: int, payload: bytes, *, fin: bool) -> Message | CloseCode | None:
        """Take the next data frame: a message, a fault to close with, or None for more to come."""
        started = self._opcode != CONTINUATION
        if (opcode == CONTINUATION) != started:
            return CloseCode.PROTOCOL_ERROR
        if not started:
            self._opcode = opcode
            self._decoder = _UTF8() if opcode == TEXT and not self._is_deflated else None
        if len(self._data) + len(payload) > self._limit_bytes:
            return CloseCode.FRAME_TOO_LARGE
        if not self._is_utf8(payload, final=fin):
            return CloseCode.NOT_UTF8
        self._data += payload
        if not fin:
            return None
        if self._is_deflated:
            return inflate(self._opcode, bytes(self._data), self._limit_bytes)
        return Message(self._opcode == TEXT, bytes(self._data))

    def _is_utf8(self, payload: bytes, *, final: bool) -> bool:
        if self._decoder is None:
            return True
        try:
            self._decoder.decode(payload, final)
        except UnicodeDecodeError:
            return False
        return True
