"""A way between two processes that can be cut, slowed, silenced or severed; it reads nothing."""

from __future__ import annotations

import asyncio
from contextlib import suppress

PIECE_BYTES = 65_536


class Wire:
    """Carries bytes from a port of its own to a server's. All methods on one event loop.

    Whole at first. Faults end with `mend`, except for the connections that they broke.
    """

    def __init__(self, port: int, target: int, host: str = "127.0.0.1") -> None:
        """Lead from `port` to `target`; nothing listens yet."""
        self.port = port
        self._target = target
        self._host = host
        self._delay_seconds = 0.0
        self._severing = False
        self._flows = asyncio.Event()
        self._flows.set()
        self._refusing = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, self._host, self.port)

    async def stop(self) -> None:
        """Close everything. Idempotent."""
        if self._server is not None:
            self._server.close()
        self._break()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Break every connection, and each new one at once, until mended."""
        self._refusing = True
        self._break()

    def sever(self) -> None:
        """Break each connection in the middle of the next thing it carries; new ones are whole."""
        self._severing = True
        asyncio.get_running_loop().call_later(1.0, self._end_severing)

    def slow(self, seconds: float) -> None:
        """Let everything take so much longer, each way, until mended."""
        self._delay_seconds = seconds

    def silence(self) -> None:
        """Carry nothing and close nothing, until mended; then all of it, in order."""
        self._flows.clear()

    def mend(self) -> None:
        """Undo everything that lasts."""
        self._refusing = False
        self._delay_seconds = 0.0
        self._flows.set()

    def _end_severing(self) -> None:
        self._severing = False

    def _break(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._flows.wait()
            if self._refusing:
                return
            far_reader, far_writer = await asyncio.open_connection(self._host, self._target)
            self._writers.add(far_writer)
            try:
                await self._carry(reader, writer, far_reader, far_writer)
            finally:
                far_writer.transport.abort()
                self._writers.discard(far_writer)
        except OSError:
            pass  # the server is away: so is its wire
        finally:
            writer.transport.abort()
            self._writers.discard(writer)

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
    ) -> None:
        pumps = {
            asyncio.create_task(self._pump(reader, far_writer)),
            asyncio.create_task(self._pump(far_reader, writer)),
        }
        self._tasks |= pumps
        try:
            # Nothing that runs through here lives on when one direction has ended.
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            self._tasks -= pumps

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(PIECE_BYTES):
                await self._flows.wait()
                if self._delay_seconds:
                    await asyncio.sleep(self._delay_seconds)
                if self._severing:
                    writer.write(data[: len(data) // 2])
                    await writer.drain()
                    return
                writer.write(data)
                await writer.drain()
