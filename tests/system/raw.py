"""A WebSocket that sends and shows frames as they are: what a well-behaved client never does."""

from __future__ import annotations

import asyncio
import json
import os
import time
from types import TracebackType
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from proto import ids

Frame = dict[str, Any]
WAIT_SECONDS = 20.0


def key(offset_ms: int = 0) -> str:
    """A fresh message key, made `offset_ms` from now."""
    return ids.uuid7(int(time.time() * 1000) + offset_ms, os.urandom(10))


class Raw:
    """One socket. What is read and not asked for is kept, so that nothing is missed."""

    subprotocol = "parley.v1"

    def __init__(self, url: str, token: str | None = None, **hello: object) -> None:
        self._url = url.replace("http", "ws", 1) + "/v1/ws"
        self._hello = None if token is None else {"type": "hello", "token": token, **hello}
        self._socket: ClientConnection
        self.seen: list[Frame] = []
        self.ready: Frame = {}

    async def __aenter__(self) -> Raw:
        self._socket = await connect(
            self._url,
            subprotocols=[Subprotocol(self.subprotocol)],
            ping_interval=None,
            open_timeout=WAIT_SECONDS,
        )
        try:
            if self._hello is not None:
                await self.send(self._hello)
                self.ready = await self.until("ready")
        except BaseException:
            # Nobody else would: `__aexit__` belongs to those who came in.
            await self._socket.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._socket.close()

    def encode(self, frame: Frame) -> str | bytes:
        """Give a frame as it goes over the wire: text, or bytes for a binary message."""
        return json.dumps(frame)

    def decode(self, data: str | bytes) -> Frame:
        """Read a message of the server."""
        assert isinstance(data, str)
        frame: Frame = json.loads(data)
        return frame

    def cut(self) -> None:
        """End the connection without a word, as a network does."""
        self._socket.transport.abort()

    async def send(self, frame: Frame) -> None:
        """Send one frame."""
        await self._socket.send(self.encode(frame))

    async def send_as_is(self, data: str | bytes) -> None:
        """Send what need not be a frame; bytes go as a binary message."""
        await self._socket.send(data)

    async def receive(self) -> Frame:
        """Give the next frame."""
        async with asyncio.timeout(WAIT_SECONDS):
            frame = self.decode(await self._socket.recv())
        self.seen.append(frame)
        return frame

    async def until(self, kind: str, **fields: object) -> Frame:
        """Read on to the first frame of that type with those fields."""
        # However many others come meanwhile.
        async with asyncio.timeout(3 * WAIT_SECONDS):
            while True:
                frame = await self.receive()
                if frame["type"] == kind and fields.items() <= frame.items():
                    return frame

    async def ask(self, frame: Frame) -> Frame:
        """Send a request and give its answer, `ok` or `error`."""
        await self.send(frame)
        while True:
            answer = await self.receive()
            if answer["type"] in ("ok", "error") and answer.get("id") == frame["id"]:
                return answer

    async def say(self, room: str, text: str = "hi", **fields: object) -> Frame:
        """Send a message and give its answer."""
        frame = {"type": "send", "id": os.urandom(4).hex(), "room": room, "key": key()}
        return await self.ask({**frame, "text": text, **fields})

    async def nothing_more(self) -> list[Frame]:
        """Give the frames that come before the answer to a `ping`: then nothing is under way."""
        await self.send({"type": "ping"})
        frames = []
        while (frame := await self.receive())["type"] != "pong":
            frames.append(frame)
        return frames

    async def close_code(self) -> int:
        """Read to the end and give the close code."""
        try:
            async with asyncio.timeout(3 * WAIT_SECONDS):
                while True:
                    self.seen.append(self.decode(await self._socket.recv()))
        except ConnectionClosed:
            assert self._socket.close_code is not None
            return self._socket.close_code


class Packed(Raw):
    """The same in MessagePack."""

    subprotocol = "parley.v1.msgpack"

    def encode(self, frame: Frame) -> bytes:
        """Give a binary message."""
        return msgspec.msgpack.encode(frame)

    def decode(self, data: str | bytes) -> Frame:
        """Read a binary message."""
        assert isinstance(data, bytes)
        frame: Frame = msgspec.msgpack.decode(data)
        return frame
