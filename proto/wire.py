"""Bytes to frames and back. A peer's fault is a `Fault` that is returned, never an exception."""

from __future__ import annotations

import re
from typing import Protocol, TypeVar

import msgspec

from proto import events, frames, limits
from proto.codes import ErrorCode

Read_co = TypeVar("Read_co", covariant=True)

_client: msgspec.json.Decoder[frames.ClientFrame] = msgspec.json.Decoder(frames.ClientFrame)
_server: msgspec.json.Decoder[frames.ServerFrame | events.LogEvent] = msgspec.json.Decoder(
    frames.ServerFrame | events.LogEvent
)
_stored: msgspec.json.Decoder[events.LogEvent] = msgspec.json.Decoder(events.LogEvent)
_encoder = msgspec.json.Encoder()

_PATH = re.compile(r" - at `(?:key` in `)?\$(?P<path>[^`]*)`$")
_MALFORMED = re.compile(r", got `|missing required field|matching regex")
_FIELD = re.compile(r"\.?([A-Za-z_]+)")
# A string that never ends is taken to the end: tried again from each of its quotes, it would cost
# the square of its length.
_SCAN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a frame or a body; `id` is the request's, where it could be read."""

    code: ErrorCode
    message: str
    field: str | None = None
    id: str | None = None


class Envelope(msgspec.Struct):
    """The little that is read of a frame that could not be read."""

    type: msgspec.Raw = msgspec.Raw(b"null")
    id: msgspec.Raw = msgspec.Raw(b"null")


class Reads(Protocol[Read_co]):
    """A decoder of `msgspec`, whatever its encoding."""

    def decode(self, data: bytes | msgspec.Raw, /) -> Read_co:
        """Read it, or raise."""


_envelope = msgspec.json.Decoder(Envelope)
_text = msgspec.json.Decoder(str)
CLIENT_TYPES = frozenset(
    str(frame.__struct_config__.tag)
    for frame in (
        frames.Hello,
        frames.Send,
        frames.Sync,
        frames.Read,
        frames.Typing,
        frames.Watch,
        frames.SetStatus,
        frames.Auth,
        frames.Ping,
    )
)


def decode_client(data: bytes) -> frames.ClientFrame | Fault:
    """Read one frame of a client: UTF-8 JSON, an object with a known `type`, at most 32 deep."""
    if too_deep(data):
        return Fault(ErrorCode.BAD_FRAME, f"nested deeper than {limits.FRAME_DEPTH}")
    try:
        return _client.decode(data)
    except msgspec.ValidationError as error:
        return diagnose(data, error, _envelope, _text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Fault(ErrorCode.BAD_FRAME, "the frame is not JSON")


def decode_server(data: bytes | str) -> frames.ServerFrame | events.LogEvent | None:
    """Read one frame of a server; None for a type this version does not know, which is ignored.

    Raises:
        msgspec.MsgspecError: the frame is not of the protocol.
    """
    try:
        return _server.decode(data)
    except msgspec.ValidationError:
        known = msgspec.json.decode(data, type=Named)
        if known.type in SERVER_TYPES:
            raise
        return None


class Named(msgspec.Struct):
    """The little that is read of a frame that may be of a type that is not known here."""

    type: str


SERVER_TYPES = frozenset(
    str(struct.__struct_config__.tag)
    for struct in (*frames.ServerFrame.__args__, *events.LogEvent.__args__)
)


def decode_event(data: bytes | msgspec.Raw) -> events.LogEvent:
    """Read a log event as the log stores it.

    Raises:
        msgspec.MsgspecError: it is none; whoever reads the log sets it aside and goes on.
    """
    return _stored.decode(data)


def encode(value: object) -> bytes:
    """Encode a frame, event, call or shape as JSON."""
    return _encoder.encode(value)


def place(body: bytes | msgspec.Raw, seq: int, prev: int) -> bytes:
    """The event as clients see it: the stored bytes with `seq` and `prev` put in front."""
    return b'{"seq":%d,"prev":%d,%b' % (seq, prev, bytes(body)[1:])


def sync_result(placed: list[bytes], *, more: bool, oldest: int) -> msgspec.Raw:
    """A `frames.SyncResult` made of events that are bytes already."""
    return msgspec.Raw(
        b'{"events":[%b],"more":%b,"oldest":%d}'
        % (b",".join(placed), b"true" if more else b"false", oldest)
    )


def too_deep(data: bytes) -> bool:
    """Say whether JSON nests deeper than `limits.FRAME_DEPTH`; linear, and rarely looks twice."""
    if data.count(b"{") + data.count(b"[") <= limits.FRAME_DEPTH:
        return False
    depth = 0
    for token in _SCAN.finditer(data):
        first = token.group()[0]
        if first in b"[{":
            depth += 1
            if depth > limits.FRAME_DEPTH:
                return True
        elif first in b"]}":
            depth -= 1
    return False


def fault(error: msgspec.ValidationError) -> Fault:
    """What a validation error means to the one who sent the value.

    Malformed (`bad_frame`): a wrong type, a missing field, an id that is no id. A value that
    breaks a rule: `invalid`, with the name of the outermost field. msgspec says which only in its
    message, whose wording the golden vectors hold fast against an upgrade.
    """
    text = str(error)
    match = _PATH.search(text)
    path = match.group("path") if match else ""
    found = _FIELD.match(path)
    field = found.group(1) if found else None
    message = text[: match.start()] if match else text
    if "matching regex" in message:
        message = f"an id is 1 to {limits.ID_CHARACTERS} of A-Z a-z 0-9 _ -"
    elif message.startswith("Invalid enum value "):
        # msgspec quotes the value, which may be as long as a frame.
        message = "none of the values that may stand here"
    if _MALFORMED.search(text) or field in (None, "id"):
        return Fault(ErrorCode.BAD_FRAME, f"{message} at `{field}`" if field else message, field)
    return Fault(ErrorCode.INVALID, message, field)


def diagnose(
    data: bytes, error: msgspec.ValidationError, envelopes: Reads[Envelope], texts: Reads[str]
) -> Fault:
    """Find out what was wrong with a client's frame, off the fast path; the decoders say how."""
    try:
        envelope = envelopes.decode(data)
    except msgspec.MsgspecError:
        return Fault(ErrorCode.BAD_FRAME, "the frame is not an object with names of fields")
    kind, request = _string(envelope.type, texts), _string(envelope.id, texts)
    if request is not None and not 1 <= len(request) <= limits.REQUEST_ID_CHARACTERS:
        request = None
    if kind is None:
        return Fault(ErrorCode.BAD_FRAME, "the frame has no string `type`", "type", request)
    if kind not in CLIENT_TYPES:
        return Fault(ErrorCode.UNKNOWN_TYPE, "no such frame type", "type", request)
    return msgspec.structs.replace(fault(error), id=request)


def _string(raw: msgspec.Raw, texts: Reads[str]) -> str | None:
    try:
        return texts.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
