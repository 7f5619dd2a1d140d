"""A very small HTTP server: it keeps what it was asked, and answers what a test wants."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    query: str
    token: str | None
    body: Any


class HttpPeer:
    """The server. `answers` are given in order; what was asked is in `asked`."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answers: list[Answer] = []
        self.url = ""

    def then(self, value: object, status: int = 200, **headers: str) -> None:
        """Add an answer; bytes as they are, anything else as JSON, None as nothing."""
        raw = value if isinstance(value, bytes) else json.dumps(value).encode()
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        self.answers.append((status, named, b"" if value is None else raw))

    async def app(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        """Keep the request, and give the next answer."""
        body = b""
        more = True
        while more:
            part = await receive()
            body += part.get("body", b"")
            more = part.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.asked.append(
            Asked(
                scope["method"],
                scope["raw_path"].decode(),
                scope["query_string"].decode(),
                headers.get("authorization"),
                json.loads(body) if body else None,
            )
        )
        status, named, raw = self.answers.pop(0)
        fields = [(name.encode(), value.encode()) for name, value in named.items()]
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": raw})


@asynccontextmanager
async def http_peer() -> AsyncIterator[HttpPeer]:
    """Serve on a free port of the loopback while the block runs."""
    peer = HttpPeer()
    config = uvicorn.Config(
        peer.app, port=0, interface="asgi3", log_config=None, lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    listening = config.bind_socket()
    peer.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    serving = asyncio.create_task(server.serve([listening]))
    try:
        yield peer
    finally:
        server.should_exit = True
        await serving
        listening.close()
    assert not peer.answers
