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
    """The server does not know a frame of this type; it may be older than the client."""
    UNAUTHORIZED = "unauthorized"
    """No token, or one that is not good; name and password that do not belong together."""
    FORBIDDEN = "forbidden"
    """One may know of it, but not do this."""
    NOT_FOUND = "not_found"
    """There is no such thing, or none that one may know of."""
    TOO_LARGE = "too_large"
    """More bytes than are taken."""
    RATE_LIMITED = "rate_limited"
    """Too many at once or too soon; `retry_after_ms` says when to try again."""
    CONFLICT = "conflict"
    """It does not fit what is there already: a name that is taken, a second `hello`."""
    TIMEOUT = "timeout"
    """It is not known whether it happened; the same key settles it."""
    UNAVAILABLE = "unavailable"
    """It did not happen or is not known to have; try again later, with the same key."""
    INTERNAL = "internal"
    """A fault of the server, which has it in its log under the request's id."""


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
    """The answer to a client that closed with it."""
    PROTOCOL_ERROR = 1002
    """A frame that RFC 6455 does not allow: reserved bits, no mask, a torn message."""
    NOT_UTF8 = 1007
    """A text message that is not UTF-8."""
    DRAIN = 4000
    """The gateway is going; `reconnect` told when to come back."""
    SLOW_CONSUMER = 4001
    """The client did not read: more than 1 MiB was waiting for it. Resume."""
    DISCONTINUITY = 4002
    """The gateway may have missed events. Resume at once."""
    UNAVAILABLE = 4003
    """The gateway could not answer the `hello` now."""
    SILENT = 4004
    """Nothing was heard of the client for two heartbeats. Resume."""
    UNAUTHORIZED = 4500
    """The token is not good or ran out; get a fresh one, then reconnect."""
    REVOKED = 4501
    """Signed out, disabled or banned. Stop."""
    REPLACED = 4503
    """Above the limit for one user the oldest socket makes way for the newest. Stop."""
    PROTOCOL = 4510
    """A bug in the client: no `hello` first, or ten bad frames within a minute. Stop."""
    HELLO_TIMEOUT = 4511
    """No `hello` within ten seconds: the network was slow. Reconnect."""
    FRAME_TOO_LARGE = 4513
    """A message of more than 64 KiB, fragments counted together: a bug in the client. Stop."""


RECONNECT_AFTER: frozenset[int] = frozenset({1001, 1006, 1012})
"""Codes below 4000 after which a client reconnects too."""

RECONNECT_ALTHOUGH_FINAL: frozenset[int] = frozenset({CloseCode.HELLO_TIMEOUT})
"""Codes above 4499 after which a client reconnects all the same: the network was slow."""


def should_reconnect(code: int) -> bool:
    """Say whether a client reconnects by itself after a close with `code`.

    4500 (unauthorized) is False: the client first needs a fresh token, which it fetches itself.
    """
    return 4000 <= code <= 4499 or code in RECONNECT_AFTER or code in RECONNECT_ALTHOUGH_FINAL
