"""What a client does after a close (protocol.md §7): a table, and nothing that acts on it."""

from __future__ import annotations

from enum import Enum

from proto.codes import CloseCode, should_reconnect


class Advice(Enum):
    """How a client goes on."""

    AT_ONCE = "reconnect at once"
    WHEN_TOLD = "reconnect after `after_ms` of the `reconnect` frame"
    BACKOFF = "reconnect with backoff"
    FRESH_TOKEN = "get a fresh token, then reconnect"  # noqa: S105 - words, no password
    STOP = "stop"


_ADVICE = {
    CloseCode.DRAIN: Advice.WHEN_TOLD,
    CloseCode.DISCONTINUITY: Advice.AT_ONCE,
    CloseCode.UNAUTHORIZED: Advice.FRESH_TOKEN,
}
# Not from a gateway but from what may stand before it: no status, internal error, try again
# later, bad gateway (RFC 6455 §7.4.1 and the IANA registry of close codes).
_ON_THE_WAY = frozenset({1005, 1011, 1013, 1014})
_RETRIED_STATUSES = frozenset({408, 425, 429})


def after_close(code: int) -> Advice:
    """Say what to do after a close with `code`; 1006 stands for a connection that broke."""
    if code in _ADVICE:
        return _ADVICE[CloseCode(code)]
    if should_reconnect(code) or code in _ON_THE_WAY:
        return Advice.BACKOFF
    return Advice.STOP


def after_refusal(status: int) -> Advice:
    """Say what to do after an upgrade was answered with an HTTP status instead."""
    if status >= 500 or status in _RETRIED_STATUSES:
        return Advice.BACKOFF
    return Advice.STOP


def reason(code: int) -> str:
    """Give a close code's name in words."""
    try:
        return CloseCode(code).name.lower().replace("_", " ")
    except ValueError:
        return "closed"
