"""What a client says to each kind of server, and what it hears; pure, no socket."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from typing import Protocol

from proto import frames, ids
from proto.encoding import JSON, Encoding


class Dialect(Protocol):
    """One way to talk. A socket is in one room at least; what is said there comes back to it."""

    path: str
    """Where the socket is opened."""
    headers: Mapping[str, str]
    """With what else than any WebSocket's."""
    is_binary: bool
    """Whether its messages are binary ones."""

    def greet(self) -> list[bytes]:
        """What to say once the socket is open."""

    def take(self, frame: bytes) -> bytes | None:
        """Answer a frame, with nothing in most cases."""

    def is_ready(self, frame: bytes) -> bool:
        """Whether with this frame the socket has what it needs."""

    def say(self, text: str) -> bytes:
        """A frame that has `text` delivered to everybody in the room."""

    def deliveries(self, frame: bytes) -> int:
        """How many things that somebody said are in it."""


class Plain:
    """A room is a path, a message its text: the floor, `ws`, Starlette, Channels."""

    headers: Mapping[str, str] = {}
    is_binary = False

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

    def deliveries(self, frame: bytes) -> int:  # noqa: ARG002 - there is nothing else
        """Each is one."""
        return 1


class SocketIo:
    """Socket.IO 4 over a WebSocket alone (its protocol 5, Engine.IO's 4)."""

    path = "/socket.io/?EIO=4&transport=websocket"
    headers: Mapping[str, str] = {}
    is_binary = False

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

    def deliveries(self, frame: bytes) -> int:
        """Each event is one."""
        return int(frame[:2] == b"42")


class Centrifuge:
    """Centrifugo's JSON protocol; several replies may come in one message, a line each."""

    path = "/connection/websocket"
    headers: Mapping[str, str] = {}
    is_binary = False

    def __init__(self, room: str) -> None:
        self._room = room
        self._asked = 2

    def greet(self) -> list[bytes]:
        """Connect and subscribe at once: the server takes commands in their order."""
        subscribe = {"id": 2, "subscribe": {"channel": self._room}}
        return [b'{"id":1,"connect":{}}', json.dumps(subscribe).encode()]

    def take(self, frame: bytes) -> bytes | None:
        """Answer a ping, which is an empty object, by itself or behind what else there is."""
        return b"{}" if b"{}" in frame.split(b"\n") else None

    def is_ready(self, frame: bytes) -> bool:
        """With the answer to the subscription."""
        return b'"subscribe":' in frame

    def say(self, text: str) -> bytes:
        """A publication."""
        self._asked += 1
        publish = {"channel": self._room, "data": {"text": text}}
        return json.dumps({"id": self._asked, "publish": publish}).encode()

    def deliveries(self, frame: bytes) -> int:
        """Each publication is one."""
        return frame.count(b'"push":')


class Parley:
    """A hello with a token, sends with keys; in either encoding, compressed or not."""

    path = "/v1/ws"

    def __init__(
        self, room: str, token: str, encoding: Encoding = JSON, *, compress: bool = False
    ) -> None:
        self.room = room
        self.is_binary = encoding.is_binary
        offer = {"Sec-WebSocket-Extensions": "permessage-deflate"} if compress else {}
        self.headers: Mapping[str, str] = {
            "Sec-WebSocket-Protocol": encoding.subprotocol,
            **offer,
        }
        self._encode = encoding.encode
        self._token = token
        self._sent = 0

    def greet(self) -> list[bytes]:
        """Say who it is."""
        return [self._encode(frames.Hello(token=self._token, client="parley-bench"))]

    def take(self, frame: bytes) -> bytes | None:  # noqa: ARG002 - nothing is asked
        """Nothing is asked."""
        return None

    def is_ready(self, frame: bytes) -> bool:
        """With `ready`."""
        return b"ready" in frame[:16]

    def say(self, text: str) -> bytes:
        """A send, with a key of its own."""
        return self.send(self.room, text)

    def send(self, room: str, text: str) -> bytes:
        """A send to any room; its request id is a number that rises."""
        self._sent += 1
        key = ids.uuid7(time.time_ns() // 1_000_000, os.urandom(10))
        return self._encode(frames.Send(id=str(self._sent), room=room, key=key, text=text))

    def deliveries(self, frame: bytes) -> int:
        """A message is one; everything placed in the log begins with its place."""
        head = frame[:96]
        return int(b'"type":"message"' in head or b"\xa4type\xa7message" in head)
