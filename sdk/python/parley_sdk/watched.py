"""Whom the client watches, and when the server is to be told again; it sends nothing itself."""

from __future__ import annotations

from proto import codes, frames
from proto.shapes import Presence

RETRY_SECONDS = 5.0
"""After a `watch` of the client's own that the server could not carry out just then."""
_PASSING = frozenset(
    {
        codes.ErrorCode.INTERNAL,
        codes.ErrorCode.RATE_LIMITED,
        codes.ErrorCode.TIMEOUT,
        codes.ErrorCode.UNAVAILABLE,
    }
)


class Watched:
    """The people of the last `watch`, whom every later connection is told of anew."""

    def __init__(self) -> None:
        self.users: tuple[str, ...] = ()
        self.retry_at: float | None = None
        """When to say it again on this connection, or None."""

    def refused(self, code: str, now: float) -> None:
        """Take the error that a `watch` of the client's own was answered with."""
        self.retry_at = now + RETRY_SECONDS if code in _PASSING else None

    def is_due(self, now: float) -> bool:
        """Whether it is to be said again now; True once."""
        due = self.retry_at is not None and now >= self.retry_at
        if due:
            self.retry_at = None
        return due


def event_of(presence: Presence) -> frames.PresenceEvent:
    """Give what changed while there was no connection, in the form of a change."""
    return frames.PresenceEvent(
        user=presence.user,
        status=presence.status,
        last_seen_ms=presence.last_seen_ms,
        custom_status=presence.custom_status,
    )
