"""A way to a server that can be cut and mended, so that it is away for one client alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit


class Way:
    """Carries bytes between a port of its own and a server; cut, it breaks and refuses all."""

    def __init__(self, url: str) -> None:
        """Lead to the server of a URL; `url` then is the one to use instead."""
        self._parts = urlsplit(url)
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows: set[asyncio.Event] = set()
        self._server: asyncio.Server | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """The server's URL with our port in it."""
        user = self._parts.netloc.rpartition("@")[0]
        return urlunsplit(self._parts._replace(netloc=f"{user}@127.0.0.1:{self._port}"))

    async def mend(self) -> None:
        """Accept connections, on the same port as before."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Break every connection and refuse new ones. Idempotent."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        for flow in self._flows:
            flow.set()

    async def hang(self) -> None:
        """Carry nothing more on the connections there are, and tell nobody; new ones are whole."""
        for flow in self._flows:
            flow.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = self._parts.hostname, self._parts.port
        far_reader, far_writer = await asyncio.open_connection(host, port)
        flow = asyncio.Event()
        flow.set()
        self._flows.add(flow)
        self._writers |= {writer, far_writer}
        try:
            await asyncio.gather(_pump(reader, far_writer, flow), _pump(far_reader, writer, flow))
        finally:
            self._flows.discard(flow)
            self._writers -= {writer, far_writer}


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flow: asyncio.Event
) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            await flow.wait()
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


@asynccontextmanager
async def way_to(url: str) -> AsyncIterator[Way]:
    """Make a way that is whole, and cut it at the end."""
    way = Way(url)
    await way.mend()
    try:
        yield way
    finally:
        await way.cut()
