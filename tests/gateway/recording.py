"""A real server whose sockets note what they are told; it asserts nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from gateway.socket_picows import (
    Accept,
    Decision,
    Socket,
    SocketLimits,
    Upgrade,
    protocol_class,
)
from services.server_uvicorn import HttpServer
from tests.gateway.peer import LIMIT_SECONDS

OUTBOX_BYTES = 262_144
LIMITS = SocketLimits(
    max_message_bytes=65_536, outbox_bytes=OUTBOX_BYTES, close_wait_seconds=LIMIT_SECONDS
)
IMPATIENT = replace(LIMITS, close_wait_seconds=0.2)
"""For tests of a peer that does not close: others would lose a race against the cutting off."""


class Recorder:
    """A handler that notes what it is told, and echoes unless it is to be silent."""

    def __init__(self, *, echo: bool = True) -> None:
        self.echo = echo
        self.socket: Socket
        self.open = asyncio.Event()
        self.gone = asyncio.Event()
        self.heard: list[bytes] = []
        self.codes: list[int] = []

    def opened(self, socket: Socket) -> None:
        """Keep the socket."""
        self.socket = socket
        self.open.set()

    def text(self, data: bytes) -> None:
        """Note it; `raise` does so."""
        if data == b"raise":
            raise RuntimeError("as asked")
        self.heard.append(data)
        if self.echo:
            self.socket.say(data)

    def binary(self, data: bytes) -> None:
        """Note it."""
        self.heard.append(data)

    def closed(self, code: int) -> None:
        """Note it."""
        self.codes.append(code)
        self.gone.set()

    async def end(self) -> list[int]:
        """Wait for the end and give every code that was told."""
        async with asyncio.timeout(LIMIT_SECONDS):
            await self.gone.wait()
        return self.codes


class Server:
    """A listening server and the handlers of its sockets, in the order they were opened."""

    def __init__(self) -> None:
        self.port = 0
        self.handlers: list[Recorder] = []
        self.upgrades: list[Upgrade] = []
        self.http: HttpServer
        self.decide: Callable[[Upgrade], Decision] = self.accept

    def accept(self, upgrade: Upgrade) -> Decision:
        """Open every socket, with the first subprotocol that is offered."""
        self.upgrades.append(upgrade)
        self.handlers.append(Recorder(echo=upgrade.path != "/silent"))
        chosen = upgrade.subprotocols[0] if upgrade.subprotocols else None
        return Accept(self.handlers[-1], chosen)

    async def handler(self, index: int = -1) -> Recorder:
        """The handler of a socket that is open."""
        async with asyncio.timeout(LIMIT_SECONDS):
            await self.handlers[index].open.wait()
        return self.handlers[index]


async def app(
    scope: MutableMapping[str, Any],
    _receive: Callable[[], Awaitable[Any]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    """The HTTP side answers everything with 426 and the path."""
    body = scope["path"].encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 426, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def serving(
    limits: SocketLimits = LIMITS, proxies: tuple[str, ...] = ()
) -> AsyncIterator[Server]:
    """Listen on a free port."""
    server = Server()
    sockets = protocol_class(lambda upgrade: server.decide(upgrade), limits, proxies)
    server.http = HttpServer(app, "127.0.0.1", 0, ws=sockets)
    await server.http.start()
    server.port = server.http.port
    try:
        yield server
    finally:
        for handler in server.handlers:
            if hasattr(handler, "socket"):
                handler.socket.abort()
        await server.http.stop()
