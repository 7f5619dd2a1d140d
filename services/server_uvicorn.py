"""An HTTP/1.1 listener as a part of a service; what is answered is the application's."""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
from collections.abc import Iterator, Sequence
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from proto.codes import ErrorCode
from services.face import problem_body
from services.problem import CONTENT_TYPE, Problem

BACKLOG: Final = 2_048
KEEP_ALIVE_SECONDS: Final = 75
"""Longer than a proxy keeps an idle connection, so that it is the proxy who closes it."""
HEAD_SECONDS: Final = 15.0
"""A request's head is here that long after its connection, or its first byte, or it is cut off."""
HEAD_BYTES: Final = 32_768
STOP_SECONDS: Final = 8.0
_LINGER_SECONDS: Final = 2.0


class HttpServer:
    """Listens on `host:port`; port 0 takes a free one, told by `port` after the start.

    `ws` is the protocol class that takes over WebSocket upgrades; without one they are ordinary
    requests. `trusted_proxies` are those whose `X-Forwarded-For` and `-Proto` are believed.
    """

    def __init__(
        self,
        app: Any,  # noqa: ANN401 - any ASGI application
        host: str,
        port: int,
        *,
        ws: type[asyncio.Protocol] | None = None,
        name: str = "http",
        trusted_proxies: Sequence[str] = (),
        head_seconds: float = HEAD_SECONDS,
        stop_seconds: float = STOP_SECONDS,
    ) -> None:
        self.name = name
        self.host = host
        self.port = port
        self._stop_seconds = stop_seconds
        config = uvicorn.Config(
            app,
            http=_protocol(head_seconds),
            ws="none" if ws is None else ws,
            loop="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(trusted_proxies),
            forwarded_allow_ips=list(trusted_proxies),
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=math.ceil(stop_seconds),
        )
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take the port and listen.

        Raises:
            OSError: the port is taken or the host is not ours; the message names both.
        """
        listener = _listen(self.host, self.port)
        self.port = listener.getsockname()[1]
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))
        up = asyncio.create_task(self._server.up.wait())
        try:
            await asyncio.wait((self._task, up), return_when=asyncio.FIRST_COMPLETED)
        finally:
            up.cancel()
        if self._task.done():
            await self._task

    async def failure(self) -> BaseException:
        """Return why the server ended by itself; wait while it runs."""
        if self._task is None:
            raise RuntimeError(f"{self.name} was not started")
        await asyncio.wait((self._task,))
        error = None if self._task.cancelled() else self._task.exception()
        return error or RuntimeError(f"{self.name} ended by itself")

    async def stop(self) -> None:
        """Close the listener and idle connections at once, and let running requests end.

        What is still running after `stop_seconds` is cancelled. Idempotent.
        """
        if self._task is None:
            return
        self._server.should_exit = True
        await asyncio.wait((self._task,))
        for connection in list(self._server.server_state.connections):
            # Those that outlived the deadline, such as a client that does not read its answer.
            if connection.transport is not None:
                connection.transport.abort()


class _Server(uvicorn.Server):
    """uvicorn's server, which leaves signals to the life cycle and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.up.set()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        message = f"cannot listen on {host} port {port}: {error.strerror}"
        raise OSError(error.errno, message) from None


def _protocol(head_seconds: float) -> type[asyncio.Protocol]:
    """The protocol class with our deadline; uvicorn makes its instances and passes nothing on."""

    class BoundedHttp(_BoundedHttp):
        _head_seconds = head_seconds

    return BoundedHttp


class _BoundedHttp(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 with bounds it lacks: on the size of a head and on the time it takes."""

    _head_seconds: float
    _head_bytes = 0
    _in_head = True
    _head_timer: asyncio.TimerHandle | None = None
    _is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        super().connection_made(transport)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._head_bytes += len(data)
        super().data_received(data)
        # One read that holds a whole head and much of a body is no fault: only an unfinished head.
        is_over = self._is_refused or self.transport.is_closing()
        if self._in_head and self._head_bytes > HEAD_BYTES and not is_over:
            self.send_400_response("")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._watch_head()

    def on_headers_complete(self) -> None:
        self._unwatch_head()
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > HEAD_BYTES:
            self._head_bytes = size
            raise ValueError("the head is too large")
        self._in_head = False
        self._head_bytes = 0
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's sentence says less
        """Refuse what is no HTTP request, as problem details like every other refusal."""
        self._unwatch_head()
        if self._in_head and self._head_bytes > HEAD_BYTES:
            text, status = f"the head is larger than {HEAD_BYTES} bytes", 431
        else:
            text, status = "this is not an HTTP/1.1 request", 400
        problem = Problem(ErrorCode.BAD_FRAME, text, status=status)
        body = problem_body(problem)
        head = (
            f"HTTP/1.1 {status} {_REASONS[status]}\r\ncontent-type: {CONTENT_TYPE}\r\n"
            f"content-length: {len(body)}\r\nx-content-type-options: nosniff\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        # Closed with something unread, the connection would be reset, and the answer with it
        # (RFC 9112, 9.6): what still comes is dropped until the client has seen the end.
        self._is_refused = True
        self.transport.write_eof()
        self._head_timer = self.loop.call_later(_LINGER_SECONDS, self.transport.close)

    def _unsupported_upgrade_warning(self) -> None:
        """An upgrade nobody takes is an ordinary request, and no advice to install anything."""

    def _watch_head(self) -> None:
        self._unwatch_head()
        self._head_timer = self.loop.call_later(self._head_seconds, self._head_late)

    def _unwatch_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_late(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


_REASONS: Final = {400: "Bad Request", 431: "Request Header Fields Too Large"}
