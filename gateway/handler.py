"""What a socket tells and what it may cost: the words of the socket layer, without its work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from gateway.upgrade import Refuse, Upgrade
from proto.limits import FRAME_BYTES, OUTBOX_BYTES

if TYPE_CHECKING:
    from gateway.socket_picows import Socket


class Handler(Protocol):
    """What a socket tells; one for each socket. Called from the event loop; must not block.

    The order is opened, then any number of text and binary, then closed. An exception from one of
    them is logged and closes the socket with 1011. After `close` or `abort` no message comes.
    """

    def opened(self, socket: Socket) -> None:
        """The upgrade is answered; sending is possible from here on."""

    def text(self, data: bytes) -> None:
        """Take a whole message: valid UTF-8 of at most `max_message_bytes`."""

    def binary(self, data: bytes) -> None:
        """Take a whole message of at most `max_message_bytes`."""

    def closed(self, code: int) -> None:
        """The connection is gone: exactly once for each `opened`.

        `code` is that of the first close frame, ours or the peer's (1005 if it carried none), and
        1006 when there was none. After `close` it comes within `close_wait_seconds`.
        """


@dataclass(frozen=True, slots=True)
class Accept:
    """Open the socket; `subprotocol` must be one that the request offers, or None.

    `is_binary`: what `say` and parcels send are binary messages in MessagePack, not texts in JSON.
    """

    handler: Handler
    subprotocol: str | None = None
    is_binary: bool = False


Decision = Accept | Refuse
Decide = Callable[[Upgrade], Decision]


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """What one socket may cost."""

    max_message_bytes: int = FRAME_BYTES
    """A longer message, fragments counted together, closes with 4513."""
    outbox_bytes: int = OUTBOX_BYTES
    """More that is unsent closes with 4001."""
    close_wait_seconds: float = 5.0
    """How long a connection may take to end once a close frame was sent."""
    deflates: bool = False
    """Whether compression is agreed to with clients that offer it."""
    frames: int = 0
    """Frames of one peer in `frames_seconds`; who sends more is read no faster. 0 is no limit."""
    frames_seconds: float = 1.0
