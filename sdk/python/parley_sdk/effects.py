"""What the connection's core wants done; whoever owns the socket does it, in order."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from parley_sdk.errors import ClosedError, RequestError
from proto import frames
from proto.events import LogEvent


class State(StrEnum):
    """Where a client stands."""

    CONNECTING = "connecting"
    CATCHING_UP = "catching up"
    """Signed in; what was missed is coming."""
    LIVE = "live"
    """Everything the server told of has been taken."""
    CLOSED = "closed"


class Write(NamedTuple):
    """Send these bytes as one message."""

    data: bytes


class Hangup(NamedTuple):
    """Close the socket with `code`, or abort it when None; `lost` follows."""

    code: int | None


class Settle(NamedTuple):
    """The request with this ticket ended: with a result, or an error to raise."""

    ticket: int
    outcome: object | RequestError


class Saw(NamedTuple):
    """A frame came in, of whatever kind."""

    frame: frames.ServerFrame | LogEvent


class Entered(NamedTuple):
    """The client's state changed."""

    state: State


class Renew(NamedTuple):
    """Fetch a fresh token and give it to `renewed`."""


class Strange(NamedTuple):
    """The server sent something that is not of the protocol; it was ignored."""

    what: str


class Stopped(NamedTuple):
    """The client is done for good; None: because the user wanted it."""

    error: ClosedError | None


Effect = Write | Hangup | Settle | Saw | Entered | Renew | Strange | Stopped
