"""A client made of bytes, which can do what no proper client would; it checks nothing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import cycle
from typing import NamedTuple

from gateway.frame import CLOSE, CONTINUATION

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
MASK = b"\x01\x80\x7f\xfe"
LIMIT_SECONDS = 10.0


class Frame(NamedTuple):
    """What the server sent."""

    opcode: int
    payload: bytes

    @property
    def code(self) -> int:
        """The code of a close frame."""
        assert self.opcode == CLOSE
        return int.from_bytes(self.payload[:2], "big")


def masked(opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0) -> bytes:
    """A client's frame."""
    size = len(payload)
    first = (0x80 if fin else 0) | reserved << 4 | opcode
    if size < 126:
        head = bytes((first, 0x80 | size))
    elif size < 65_536:
        head = bytes((first, 0x80 | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, 0x80 | 127)) + size.to_bytes(8, "big")
    return head + MASK + bytes(a ^ b for a, b in zip(payload, cycle(MASK), strict=False))


def fragmented(opcode: int, *parts: bytes) -> bytes:
    """A message in as many frames as there are parts."""
    last = len(parts) - 1
    return b"".join(
        masked(CONTINUATION if index else opcode, part, fin=index == last)
        for index, part in enumerate(parts)
    )


def request(headers: Mapping[str, str] | None = None, line: str = "GET /v1/ws HTTP/1.1") -> bytes:
    """A request to open a socket; a header with an empty value is left out."""
    fields = {
        "Host": "chat.example",
        "Upgrade": "websocket",
        "Connection": "keep-alive, Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": KEY,
        **(headers or {}),
    }
    lines = [line, *(f"{name}: {value}" for name, value in fields.items() if value)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Peer:
    """One connection. Everything that waits gives up after LIMIT_SECONDS."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, *chunks: bytes) -> None:
        """Write raw bytes."""
        self.writer.write(b"".join(chunks))

    async def head(self) -> str:
        """The head of an HTTP answer."""
        async with asyncio.timeout(LIMIT_SECONDS):
            return (await self.reader.readuntil(b"\r\n\r\n")).decode()

    async def open(self, headers: Mapping[str, str] | None = None) -> None:
        """Open the socket."""
        self.send(request(headers))
        assert (await self.head()).startswith("HTTP/1.1 101 ")

    async def frame(self) -> Frame:
        """The next frame; IncompleteReadError if the connection ends instead."""
        async with asyncio.timeout(LIMIT_SECONDS):
            first, size = await self.reader.readexactly(2)
            assert first & 0x80
            assert not size & 0x80
            if size == 126:
                size = int.from_bytes(await self.reader.readexactly(2), "big")
            elif size == 127:
                size = int.from_bytes(await self.reader.readexactly(8), "big")
            return Frame(first & 0x0F, await self.reader.readexactly(size))

    async def rest(self) -> bytes:
        """Everything until the connection ends."""
        async with asyncio.timeout(LIMIT_SECONDS):
            return await self.reader.read()


@asynccontextmanager
async def connected(port: int, receive_bytes: int | None = None) -> AsyncIterator[Peer]:
    """Connect; `receive_bytes` bounds what the kernel takes in while the peer does not read."""
    sock = socket.socket()
    if receive_bytes is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    sock.settimeout(0)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=sock, limit=4096)
    try:
        yield Peer(reader, writer)
    finally:
        writer.transport.abort()
