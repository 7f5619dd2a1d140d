"""A server that does by the path of a request what none should, and keeps what it was told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.listening import listening

PLENTY_SECONDS = 60.0
HUGE = b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n"


class Stranger:
    """It hangs, never ends, sends on, fails, recovers; on other paths it takes what it is sent."""

    def __init__(self) -> None:
        """Nobody came yet."""
        self.port = 0
        self.came: dict[str, list[dict[str, str]]] = {}
        """The headers of each request, by path."""
        self._told = asyncio.Condition()

    @property
    def url(self) -> str:
        """By a name, which is allowed where the address is not."""
        return f"http://localhost:{self.port}"

    def counts(self) -> dict[str, int]:
        """How often somebody came, by path."""
        return {path: len(requests) for path, requests in self.came.items()}

    async def until(self, path: str, times: int = 1) -> list[dict[str, str]]:
        """Wait until somebody came there so often; the headers of each."""
        async with asyncio.timeout(PLENTY_SECONDS), self._told:
            await self._told.wait_for(lambda: len(self.came.get(path, ())) >= times)
        return self.came[path]

    async def met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request, and answer it in the way of its path."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            path = first.split(" ")[1]
            headers = dict(line.lower().split(": ", 1) for line in lines if line)
            await reader.readexactly(int(headers["content-length"]))
            self.came.setdefault(path, []).append(headers)
            async with self._told:
                self._told.notify_all()
            await self._answer(path, reader, writer)
        writer.close()

    async def _answer(
        self, path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if path.startswith("/hangs"):
            await reader.read()
        elif path == "/huge":
            writer.write(HUGE)
            while True:
                writer.write(bytes(65_536))
                await writer.drain()
        status = {
            "/gone": "410 Gone",
            "/elsewhere": f"307 Temporary Redirect\r\nLocation: {self.url}/stolen",
            "/forbidden": "403 Forbidden",
            "/fails": "503 Service Unavailable",
            "/recovers": "500 Oops" if len(self.came[path]) == 1 else "201 Created",
        }.get(path, "201 Created")
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()


@asynccontextmanager
async def stranger() -> AsyncIterator[Stranger]:
    """Give one that listens."""
    made = Stranger()
    async with listening(made.met) as made.port:
        yield made
