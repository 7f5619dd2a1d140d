"""A very small Parley gateway, on a real WebSocket: a peer for the client, scripted by a test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

Frame = dict[str, Any]
ROOM: Frame = {
    "id": "r1",
    "kind": "public",
    "name": "General",
    "topic": "",
    "role": "member",
    "members": 2,
    "last_seq": 0,
    "read_seq": 0,
    "unread": 0,
    "mentions": 0,
    "muted": False,
    "notify": "all",
    "favourite": False,
    "archived": False,
    "slow_mode_seconds": 0,
    "picture": None,
    "muted_until_ms": None,
    "peers": [],
}


class Link:
    """One connection, as the server's side sees it."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection

    async def receive(self, type_: str | None = None) -> Frame:
        """Give the next frame of a type, passing over others; of any type with None."""
        async with asyncio.timeout(20):
            while True:
                frame: Frame = json.loads(await self.connection.recv())
                if type_ in (None, frame["type"]):
                    return frame

    async def send(self, *frames: Frame) -> None:
        """Send frames in order."""
        for frame in frames:
            await self.connection.send(json.dumps(frame))

    async def close(self, code: int) -> None:
        """Close with a code."""
        await self.connection.close(code)

    def abort(self) -> None:
        """Break the connection without a close frame."""
        self.connection.transport.abort()

    async def gone(self) -> int | None:
        """Wait until the client is gone; answer its close code."""
        await self.connection.wait_closed()
        return self.connection.close_code

    async def hello(self, *rooms: Frame, heartbeat_ms: int = 25_000, now_ms: int = 10**12) -> Frame:
        """Take a hello and answer that it is ready; give the hello."""
        hello = await self.receive("hello")
        await self.send(ready(*rooms, heartbeat_ms=heartbeat_ms, now_ms=now_ms))
        return hello


def ready(*rooms: Frame, heartbeat_ms: int = 25_000, now_ms: int = 10**12) -> Frame:
    """Give a `ready` with these rooms."""
    return {
        "type": "ready",
        "session": "s1",
        "user": {"id": "me", "username": "ada", "display_name": "Ada"},
        "rooms": list(rooms),
        "heartbeat_ms": heartbeat_ms,
        "limits": {},
        "server_time_ms": now_ms,
    }


def room(last_seq: int = 0, name: str = "r1") -> Frame:
    """Give a room of a `ready`."""
    return ROOM | {"id": name, "last_seq": last_seq}


def message(seq: int, prev: int | None = None, *, text: str = "", name: str = "r1") -> Frame:
    """Give a message event."""
    return {
        "type": "message",
        "room": name,
        "seq": seq,
        "prev": seq - 1 if prev is None else prev,
        "ts": 10**12 + seq,
        "id": f"key-{seq}",
        "sender": "u2",
        "sender_name": "Bob",
        "text": text or f"text {seq}",
    }


def ok(request: Frame, **result: object) -> Frame:
    """Give the `ok` of a request."""
    return {"type": "ok", "id": request["id"], "result": result}


def stored(request: Frame, seq: int, *, duplicate: bool = False) -> Frame:
    """Give the `ok` of a send."""
    return ok(request, seq=seq, ts=10**12 + seq, duplicate=duplicate)


def error(request: Frame, code: str, **fields: object) -> Frame:
    """Give the `error` of a request."""
    return {"type": "error", "id": request["id"], "code": code, "message": "no"} | fields


class Peer:
    """The server; each connection runs the next of `scripts`, and is then closed with 1000."""

    def __init__(self) -> None:
        self.scripts: asyncio.Queue[Callable[[Link], Awaitable[None]]] = asyncio.Queue()
        self.failed: list[BaseException] = []
        self.refusals: list[tuple[int, dict[str, str]]] = []
        self.server: Server | None = None
        self.running = 0
        self.ended = asyncio.Event()

    @property
    def url(self) -> str:
        """Where it is."""
        assert self.server is not None
        host, port = self.server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    def then(self, script: Callable[[Link], Awaitable[None]]) -> None:
        """Add what the next connection does."""
        self.scripts.put_nowait(script)

    async def serve(self, connection: ServerConnection) -> None:
        """Run the next script on a connection."""
        link = Link(connection)
        script = await self.scripts.get()
        self.running += 1
        try:
            await script(link)
        except ConnectionClosed:
            pass
        except BaseException as problem:
            self.failed.append(problem)
            link.abort()
            raise
        finally:
            self.running -= 1
            self.ended.set()

    async def idle(self) -> None:
        """Wait until no script runs any more."""
        async with asyncio.timeout(20):
            while self.running:
                self.ended.clear()
                await self.ended.wait()

    def answer(self, connection: ServerConnection, _request: Request) -> Response | None:
        """Refuse an upgrade when the test wants that."""
        if not self.refusals:
            return None
        status, headers = self.refusals.pop(0)
        response = connection.respond(HTTPStatus(status), "no")
        for name, value in headers.items():
            response.headers[name] = value
        return response


@asynccontextmanager
async def peer() -> AsyncIterator[Peer]:
    """Serve on a free port of the loopback while the block runs."""
    scripted = Peer()
    async with serve(
        scripted.serve,
        "127.0.0.1",
        0,
        subprotocols=["parley.v1"],  # type: ignore[list-item]  # a NewType of str
        process_request=scripted.answer,
        ping_interval=None,
        compression=None,
    ) as server:
        scripted.server = server
        yield scripted
    assert not scripted.failed


async def stay(link: Link) -> None:
    """Be ready, and then say nothing until the client goes."""
    await link.hello(room())
    await link.gone()
