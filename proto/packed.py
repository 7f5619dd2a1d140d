"""Frames as MessagePack, for `parley.v1.msgpack`: the Structs of `wire` in other bytes; no others.

Source: https://github.com/msgpack/msgpack/blob/master/spec.md
"""

from __future__ import annotations

import msgspec

from proto import events, frames, limits, wire
from proto.codes import ErrorCode

_client: msgspec.msgpack.Decoder[frames.ClientFrame] = msgspec.msgpack.Decoder(frames.ClientFrame)
_server: msgspec.msgpack.Decoder[frames.ServerFrame | events.LogEvent] = msgspec.msgpack.Decoder(
    frames.ServerFrame | events.LogEvent
)
_named = msgspec.msgpack.Decoder(wire.Named)
_envelope = msgspec.msgpack.Decoder(wire.Envelope)
_text = msgspec.msgpack.Decoder(str)
_encoder = msgspec.msgpack.Encoder()

# First bytes of maps and arrays: of up to 15 members, of 16 bits' and 32 bits' worth of them.
_CONTAINERS = bytes((*range(0x80, 0xA0), 0xDC, 0xDD, 0xDE, 0xDF))
# How many bytes follow a first byte that says it by itself, and in how many it is told otherwise;
# `ext` has one byte more, its type.
_FIXED = {0xCA: 4, 0xCB: 8}
_FIXED |= {first + n: 1 << n for first in (0xCC, 0xD0) for n in range(4)}
_FIXED |= {0xD4 + n: 1 + (1 << n) for n in range(5)}
_SIZED = {0xC4: (1, 0), 0xC5: (2, 0), 0xC6: (4, 0), 0xC7: (1, 1), 0xC8: (2, 1), 0xC9: (4, 1)}
_SIZED |= {0xD9: (1, 0), 0xDA: (2, 0), 0xDB: (4, 0)}


def decode_client(data: bytes) -> frames.ClientFrame | wire.Fault:
    """Read one frame of a client: a map with a known `type`, at most 32 deep, and nothing more."""
    if too_deep(data):
        return wire.Fault(ErrorCode.BAD_FRAME, f"nested deeper than {limits.FRAME_DEPTH}")
    try:
        return _client.decode(data)
    except msgspec.ValidationError as error:
        return wire.diagnose(data, error, _envelope, _text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return wire.Fault(ErrorCode.BAD_FRAME, "the frame is not MessagePack")


def decode_server(data: bytes) -> frames.ServerFrame | events.LogEvent | None:
    """Read one frame of a server; None for a type this version does not know, which is ignored.

    Raises:
        msgspec.MsgspecError: the frame is not of the protocol.
    """
    try:
        return _server.decode(data)
    except msgspec.ValidationError:
        if _named.decode(data).type in wire.SERVER_TYPES:
            raise
        return None


def encode(value: object) -> bytes:
    """Encode a frame, an event or a result as MessagePack."""
    return _encoder.encode(value)


def from_json(data: bytes | msgspec.Raw) -> bytes:
    """Encode what is JSON already, be it of a kind this version does not know.

    Raises:
        msgspec.MsgspecError: it is no JSON, or has a number that MessagePack has no room for.
    """
    try:
        return _encoder.encode(msgspec.json.decode(data))
    except (OverflowError, UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from error


def too_deep(data: bytes) -> bool:
    """Say whether MessagePack nests deeper than `limits.FRAME_DEPTH`; linear, rarely looks twice.

    What is cut short or is no MessagePack at all is not too deep: whoever decodes it says so.
    """
    if len(data) - len(data.translate(None, _CONTAINERS)) <= limits.FRAME_DEPTH:
        return False
    # How many values are still to come in each container that is open.
    rest: list[int] = []
    at, end = 0, len(data)
    while at < end:
        while rest and rest[-1] == 0:
            rest.pop()
        if rest:
            rest[-1] -= 1
        at, members = _step(data, at)
        if members is not None:
            rest.append(members)
            if len(rest) > limits.FRAME_DEPTH:
                return True
    return False


def _step(data: bytes, at: int) -> tuple[int, int | None]:
    """Where what begins at `at` ends, or its first member begins; and how many values it holds."""
    first, after = data[at], at + 1
    if 0x80 <= first < 0xA0:
        members = first & 0x0F
        return after, members if first >= 0x90 else 2 * members
    if 0xDC <= first < 0xE0:
        size = 4 if first & 1 else 2
        members = int.from_bytes(data[after : after + size], "big")
        return after + size, members if first < 0xDE else 2 * members
    if 0xA0 <= first < 0xC0:
        return after + (first & 0x1F), None
    if first in _SIZED:
        size, more = _SIZED[first]
        return after + size + more + int.from_bytes(data[after : after + size], "big"), None
    return after + _FIXED.get(first, 0), None
