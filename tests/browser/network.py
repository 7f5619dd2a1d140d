"""A network between a browser and the stack that can vanish without a word; not a load balancer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


class Network:
    """Carries bytes to a server. Those under way can be lost for good: no FIN, no RST, no answer.

    `url` is the one to open instead of the server's. What is opened later gets through, as when a
    phone has moved from one network to the next: the old address simply is nobody's any more.
    """

    def __init__(self, url: str) -> None:
        """Lead to the server of a URL; nothing listens yet."""
        self._target = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._pumps: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.url = ""

    async def start(self) -> None:
        """Listen on a port of its own."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"{self._target.scheme}://127.0.0.1:{port}"

    def vanish(self) -> None:
        """Carry nothing any more for those connected now, both ways, and close nothing."""
        for pump in self._pumps:
            pump.cancel()

    def cut(self) -> None:
        """Close everything, and refuse what comes until it is mended."""
        if self._server is not None:
            self._server.close()
        self.vanish()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def mend(self) -> None:
        """Listen again, at the same address."""
        port = urlsplit(self.url).port
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", port)

    async def stop(self) -> None:
        """Close everything. Idempotent."""
        if self._server is not None:
            self._server.close()
        self.vanish()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = self._target.hostname, self._target.port
        far_reader, far_writer = await asyncio.open_connection(host, port)
        self._writers |= {writer, far_writer}
        pumps = {
            asyncio.create_task(_pump(reader, far_writer)),
            asyncio.create_task(_pump(far_reader, writer)),
        }
        self._pumps |= pumps
        done = await asyncio.gather(*pumps, return_exceptions=True)
        self._pumps -= pumps
        if any(isinstance(end, asyncio.CancelledError) for end in done):
            return  # vanished: both sockets stay open, and silent
        self._writers -= {writer, far_writer}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


@asynccontextmanager
async def network_to(url: str) -> AsyncIterator[Network]:
    """Give a network that works, and take it away at the end."""
    network = Network(url)
    await network.start()
    try:
        yield network
    finally:
        await network.stop()
