"""Error codes and close codes, and what a client should do about each; not who sends them when."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType


class ErrorCode(StrEnum):
    """The `code` of an `error` frame and of an HTTP problem (RFC 9457)."""

    BAD_FRAME = "bad_frame"
    """Malformed: not JSON, not an object, wrong types, too deep, or an id that is no id."""
    INVALID = "invalid"
    """Well formed, but a value breaks a rule; `field` names it."""
    BAD_KEY = "bad_key"
    """A message key that is no UUIDv7 or lies more than 60 s ahead of the server's clock."""
    UNKNOWN_TYPE = "unknown_type"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    TOO_LARGE = "too_large"
    RATE_LIMITED = "rate_limited"
    CONFLICT = "conflict"
    TIMEOUT = "timeout"
    """It is not known whether it happened; the same key settles it."""
    UNAVAILABLE = "unavailable"
    """It did not happen or is not known to have; try again later, with the same key."""
    INTERNAL = "internal"


RETRYABLE: frozenset[ErrorCode] = frozenset({ErrorCode.TIMEOUT, ErrorCode.UNAVAILABLE})
"""Codes after which a send is repeated with the same key; every other one is final."""

HTTP_STATUS: Mapping[ErrorCode, int] = MappingProxyType(
    {
        ErrorCode.BAD_FRAME: 400,
        ErrorCode.INVALID: 400,
        ErrorCode.BAD_KEY: 400,
        ErrorCode.UNKNOWN_TYPE: 400,
        ErrorCode.UNAUTHORIZED: 401,
        ErrorCode.FORBIDDEN: 403,
        ErrorCode.NOT_FOUND: 404,
        ErrorCode.CONFLICT: 409,
        ErrorCode.TOO_LARGE: 413,
        ErrorCode.RATE_LIMITED: 429,
        ErrorCode.INTERNAL: 500,
        ErrorCode.UNAVAILABLE: 503,
        ErrorCode.TIMEOUT: 504,
    }
)
"""The HTTP status of a problem with that code, unless the endpoint says otherwise (405, 415)."""


class CloseCode(IntEnum):
    """WebSocket close codes (RFC 6455 §7.4) that Parley sends.

    The range is the advice: 4000-4499 reconnect with backoff, 4500-4999 do not until something
    changed.
    """

    NORMAL = 1000
    PROTOCOL_ERROR = 1002
    NOT_UTF8 = 1007
    DRAIN = 4000
    SLOW_CONSUMER = 4001
    DISCONTINUITY = 4002
    UNAVAILABLE = 4003
    SILENT = 4004
    UNAUTHORIZED = 4500
    REVOKED = 4501
    REPLACED = 4503
    PROTOCOL = 4510
    HELLO_TIMEOUT = 4511
    FRAME_TOO_LARGE = 4513


RECONNECT_AFTER: frozenset[int] = frozenset({1001, 1006, 1012})
"""Codes below 4000 after which a client reconnects too."""

RECONNECT_ALTHOUGH_FINAL: frozenset[int] = frozenset({CloseCode.HELLO_TIMEOUT})
"""Codes above 4499 after which a client reconnects all the same: the network was slow."""


def should_reconnect(code: int) -> bool:
    """Say whether a client reconnects by itself after a close with `code`.

    4500 (unauthorized) is False: the client first needs a fresh token, which it fetches itself.
    """
    return 4000 <= code <= 4499 or code in RECONNECT_AFTER or code in RECONNECT_ALTHOUGH_FINAL
