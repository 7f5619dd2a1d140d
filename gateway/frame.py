"""RFC 6455 frames as a server writes them, and close payloads as it reads them; no parser."""

from __future__ import annotations

from typing import Final, NamedTuple

from proto.codes import CloseCode

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA

NO_STATUS: Final = 1005
"""What a close frame without a code means (RFC 6455 §7.4.1); it never goes over the wire."""
ABNORMAL: Final = 1006
"""The connection ended without a close frame; it never goes over the wire either."""
INTERNAL_ERROR: Final = 1011

CONTROL_BYTES: Final = 125
"""Largest payload of a control frame (RFC 6455 §5.5)."""
RSV1: Final = 0x40
"""The bit of a message's first frame that says it is compressed, if that was agreed to."""
_FIN: Final = 0x80
_REASON_BYTES: Final = CONTROL_BYTES - 2


class Close(NamedTuple):
    """What a peer said when it closed: `code` is NO_STATUS if it gave none."""

    code: int
    reason: str


def text_frame(payload: bytes) -> bytes:
    """A whole text message as one unmasked frame; `payload` must be UTF-8. Share it freely."""
    return _header(TEXT, len(payload)) + payload


def binary_frame(payload: bytes) -> bytes:
    """A whole binary message as one unmasked frame."""
    return _header(BINARY, len(payload)) + payload


def message_frame(opcode: int, payload: bytes, *, is_deflated: bool = False) -> bytes:
    """A whole message of either kind; `is_deflated` if it is compressed (RFC 7692 §6)."""
    return _header(opcode | RSV1 if is_deflated else opcode, len(payload)) + payload


def ping_frame(payload: bytes = b"") -> bytes:
    """A ping.

    Raises:
        ValueError: the payload is longer than CONTROL_BYTES.
    """
    return _control(PING, payload)


def pong_frame(payload: bytes) -> bytes:
    """The answer to the ping that carried `payload`.

    Raises:
        ValueError: the payload is longer than CONTROL_BYTES.
    """
    return _control(PONG, payload)


def close_frame(code: int, reason: str = "") -> bytes:
    """A close frame; NO_STATUS makes one without a payload, a long reason is cut at a character.

    Raises:
        ValueError: `code` may not be sent (RFC 6455 §7.4).
    """
    if code == NO_STATUS:
        return _control(CLOSE, b"")
    if not may_be_sent(code):
        raise ValueError(f"{code} is not a close code that may be sent")
    text = reason.encode("utf-8", "replace")[:_REASON_BYTES].decode("utf-8", "ignore")
    return _control(CLOSE, code.to_bytes(2, "big") + text.encode())


def read_close(payload: bytes) -> Close | CloseCode:
    """Read the payload of a peer's close frame; a CloseCode is the fault to fail it with."""
    if not payload:
        return Close(NO_STATUS, "")
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not may_be_sent(code):
        return CloseCode.PROTOCOL_ERROR
    try:
        return Close(code, payload[2:].decode())
    except UnicodeDecodeError:
        return CloseCode.NOT_UTF8


def may_be_sent(code: int) -> bool:
    """Say whether a close frame may carry `code`: RFC 6455 §7.4 and IANA's registry of codes."""
    return 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999


def _header(opcode: int, payload_bytes: int) -> bytes:
    # The shortest of the three length forms is the only legal one (RFC 6455 §5.2).
    first = _FIN | opcode
    if payload_bytes < 126:
        return bytes((first, payload_bytes))
    if payload_bytes < 65_536:
        return bytes((first, 126)) + payload_bytes.to_bytes(2, "big")
    return bytes((first, 127)) + payload_bytes.to_bytes(8, "big")


def _control(opcode: int, payload: bytes) -> bytes:
    if len(payload) > CONTROL_BYTES:
        raise ValueError(f"a control frame carries at most {CONTROL_BYTES} bytes")
    return bytes((_FIN | opcode, len(payload))) + payload
