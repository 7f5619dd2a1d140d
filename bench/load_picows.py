"""Many sockets in one process that hear, count and time; what a server is they do not know."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Sequence

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench.dialects import Dialect

AT_ONCE = 32
"""Sockets being opened at the same time: a storm is what `connect` measures, nobody else."""
OPEN_SECONDS = 30.0
_BUFFER_BYTES = 2_048
Heard = Callable[["Ear", bytes], None]
Left = Callable[["Ear"], None]


class Ear(WSListener):
    """One socket. Of its load `heard` is called for each frame, and `left` when the server ends
    it, if they are given."""

    def __init__(self, dialect: Dialect, load: Load) -> None:
        self.dialect = dialect
        self.ready = asyncio.Event()
        self.transport: WSTransport | None = None
        self._load = load
        self._closing = False

    def say(self, text: str) -> None:
        """Say it to everybody in the room."""
        self.write(self.dialect.say(text))

    def write(self, frame: bytes) -> None:
        """Send a frame as it is.

        Raises:
            ConnectionError: the socket is gone; a figure without it would be wrong.
        """
        if self.transport is None:
            raise ConnectionError("the server closed a socket of the bench")
        self.transport.send(WSMsgType.BINARY if self.dialect.is_binary else WSMsgType.TEXT, frame)

    def close(self) -> None:
        """Close it. Idempotent."""
        self._closing = True
        if self.transport is not None:
            self.transport.send_close(WSCloseCode.OK)
            self.transport.disconnect()

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Greet."""
        self.transport = transport
        for frame in self.dialect.greet():
            self.write(frame)
        if self.dialect.is_ready(b""):
            self.ready.set()

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - its signature
        """Remember that it is gone."""
        self.transport = None
        if self._closing:
            return
        self._load.lost += 1
        if not self.ready.is_set():
            self.ready.set()  # who waits for it finds that it is gone
        elif self._load.left is not None:
            self._load.left(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Count a delivery; answer what has to be answered."""
        if frame.msg_type == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
            return
        if frame.msg_type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            return
        data = frame.get_payload_as_bytes()
        self._load.payload_bytes += len(data)
        if frame.rsv1:
            # A message of its own, without context takeover (RFC 7692 §7.2.2).
            data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data + b"\x00\x00\xff\xff")
        if count := self.dialect.deliveries(data):
            self._load.delivered(count)
        elif not self.ready.is_set() and self.dialect.is_ready(data):
            self.ready.set()
        # A ping may come behind deliveries.
        answer = self.dialect.take(data)
        if answer is not None:
            self.write(answer)
        if self._load.heard is not None:
            self._load.heard(self, data)


class Load:
    """The sockets of one measurement against one server, and what they heard together."""

    def __init__(self, heard: Heard | None = None, left: Left | None = None) -> None:
        self.ears: list[Ear] = []
        self.deliveries = 0
        self.payload_bytes = 0
        """Of all messages heard, as they came: compressed or not, without their frames' heads."""
        self.lost = 0
        """Sockets that the server ended."""
        self.heard = heard
        self.left = left
        self._wanted = 0
        self._reached = asyncio.Event()

    async def open(self, url: str, dialects: Sequence[Dialect], at_once: int = AT_ONCE) -> None:
        """Open a socket for each, and return when all are ready.

        Raises:
            TimeoutError, OSError: one of them could not be opened.
        """
        gate = asyncio.Semaphore(at_once)

        async def one(dialect: Dialect) -> None:
            ear = Ear(dialect, self)
            self.ears.append(ear)
            async with gate, asyncio.timeout(OPEN_SECONDS):
                await ws_connect(
                    lambda: ear,
                    url.replace("http", "ws", 1) + dialect.path,
                    extra_headers=dialect.headers,
                    websocket_handshake_timeout=OPEN_SECONDS,
                    read_buffer_init_size=_BUFFER_BYTES,
                )
                await ear.ready.wait()
            if ear.transport is None:
                raise ConnectionError("the server closed a socket before it was ready")

        await asyncio.gather(*map(one, dialects))

    def delivered(self, count: int) -> None:
        """Count so many."""
        self.deliveries += count
        if self.deliveries >= self._wanted:
            self._reached.set()

    async def until(self, deliveries: int, seconds: float) -> None:
        """Return when so many have come in all.

        Raises:
            TimeoutError: they have not, in so long.
        """
        self._wanted = deliveries
        self._reached.clear()
        if self.deliveries < deliveries:
            async with asyncio.timeout(seconds):
                await self._reached.wait()

    async def close(self) -> None:
        """Close all. Idempotent."""
        for ear in self.ears:
            ear.close()
        await asyncio.sleep(0.1)
