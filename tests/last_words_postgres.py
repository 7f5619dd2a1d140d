"""A way to a Postgres that can say that it crashes, some time before the connection breaks."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

# What every session is told once another one was killed (protocol 3.0, ErrorResponse).
_FIELDS = b"SFATAL\0VFATAL\0C57P02\0Mterminating connection because of a crash\0\0"
LAST_WORDS = b"E" + struct.pack("!I", len(_FIELDS) + 4) + _FIELDS


class LastWords:
    """Carries bytes between a port of its own and a server."""

    def __init__(self, url: str) -> None:
        """Lead to the server of a URL; nothing listens yet."""
        self._parts = urlsplit(url)
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The server's URL with our port in it."""
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        user = self._parts.netloc.rpartition("@")[0]
        return urlunsplit(self._parts._replace(netloc=f"{user}@127.0.0.1:{port}"))

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["LastWords"]:
        """Carry for as long as the block lasts."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        try:
            yield self
        finally:
            self._server.close()
            for writer in self._writers:
                writer.transport.abort()

    async def say(self) -> None:
        """Tell every client, and give the loop the turns it takes to arrive."""
        for writer in self._writers:
            writer.write(LAST_WORDS)
        # The client shows nothing of it until it asks again, so there is nothing to wait for.
        for _ in range(5):
            await asyncio.sleep(0.01)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far = await asyncio.open_connection(self._parts.hostname, self._parts.port)
        self._writers.add(writer)
        try:
            await asyncio.gather(_pump(reader, far), _pump(far_reader, writer))
        finally:
            self._writers.discard(writer)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
    writer.transport.abort()
