"""What a client says to each kind of server, and what it hears; pure, no socket."""

from __future__ import annotations

import json
import os
import time
from typing import Protocol

from proto import frames, ids, wire


class Dialect(Protocol):
    """One way to talk. A socket is in one room at least; what is said there comes back to it."""

    path: str
    """Where the socket is opened."""

    def greet(self) -> list[bytes]:
        """What to say once the socket is open."""

    def take(self, frame: bytes) -> bytes | None:
        """Answer a frame, with nothing in most cases."""

    def is_ready(self, frame: bytes) -> bool:
        """Whether with this frame the socket has what it needs."""

    def say(self, text: str) -> bytes:
        """A frame that has `text` delivered to everybody in the room."""

    def is_delivery(self, frame: bytes) -> bool:
        """Whether this is something that somebody said."""


class Plain:
    """A room is a path, a message its text: the floor, `ws`, Starlette, Channels."""

    def __init__(self, room: str) -> None:
        self.path = f"/{room}"

    def greet(self) -> list[bytes]:
        """Nothing needs to be said."""
        return []

    def take(self, frame: bytes) -> bytes | None:  # noqa: ARG002 - nothing is asked
        """Nothing is asked."""
        return None

    def is_ready(self, frame: bytes) -> bool:  # noqa: ARG002 - an open socket is ready
        """It is, once it is open."""
        return True

    def say(self, text: str) -> bytes:
        """The text itself."""
        return text.encode()

    def is_delivery(self, frame: bytes) -> bool:  # noqa: ARG002 - there is nothing else
        """Everything is."""
        return True


class SocketIo:
    """Socket.IO 4 over a WebSocket alone (its protocol 5, Engine.IO's 4)."""

    path = "/socket.io/?EIO=4&transport=websocket"

    def __init__(self, room: str) -> None:
        self._room = room

    def greet(self) -> list[bytes]:
        """Nothing before the server has said how it goes on."""
        return []

    def take(self, frame: bytes) -> bytes | None:
        """Connect, join, answer pings."""
        if frame[:1] == b"0":
            return b"40"
        if frame[:2] == b"40":
            return b"42" + json.dumps(["join", self._room]).encode()
        return b"3" if frame == b"2" else None

    def is_ready(self, frame: bytes) -> bool:
        """Once it is connected, the join is on its way, in order with what it says later."""
        return frame[:2] == b"40"

    def say(self, text: str) -> bytes:
        """An event."""
        return b"42" + json.dumps(["say", self._room, text]).encode()

    def is_delivery(self, frame: bytes) -> bool:
        """Events are."""
        return frame[:2] == b"42"


class Parley:
    """`parley.v1`: a hello with a token, sends with keys."""

    path = "/v1/ws"

    def __init__(self, room: str, token: str) -> None:
        self.room = room
        self._token = token
        self._sent = 0

    def greet(self) -> list[bytes]:
        """Say who it is."""
        return [wire.encode(frames.Hello(token=self._token, client="parley-bench"))]

    def take(self, frame: bytes) -> bytes | None:  # noqa: ARG002 - nothing is asked
        """Nothing is asked."""
        return None

    def is_ready(self, frame: bytes) -> bool:
        """With `ready`."""
        return frame.startswith(b'{"type":"ready"')

    def say(self, text: str) -> bytes:
        """A send, with a key of its own."""
        return self.send(self.room, text)

    def send(self, room: str, text: str) -> bytes:
        """A send to any room; its request id is a number that rises."""
        self._sent += 1
        key = ids.uuid7(time.time_ns() // 1_000_000, os.urandom(10))
        return wire.encode(frames.Send(id=str(self._sent), room=room, key=key, text=text))

    def is_delivery(self, frame: bytes) -> bool:
        """Messages are; everything placed in the log begins with its place."""
        return b'"type":"message"' in frame[:96]
