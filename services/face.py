"""What surrounds every HTTP request: its id, its limits, its log line; it routes nothing.

An ASGI middleware written against the bare protocol (https://asgi.readthedocs.io), so that it sees
the body before any framework reads it.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http import HTTPStatus
from typing import Any, Final

import msgspec

from proto import ids, shapes
from proto.codes import ErrorCode
from services import clock, logs_structlog
from services.metrics_prometheus import Metrics
from services.openapi import Upload
from services.problem import CONTENT_TYPE, Problem

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Scope = MutableMapping[str, Any]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

ROUTE: Final = "parley.route"
"""Key of the scope under which the router leaves the template of the path it matched."""
REQUEST_ID: Final = "parley.request_id"
_LINGER_BYTES: Final = 16_777_216
_LINGER_SECONDS: Final = 2.0
_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
)
_log = logs_structlog.get_logger()


class Face:
    """Wraps an ASGI application; one instance serves all requests and keeps no state of any."""

    def __init__(
        self,
        app: App,
        *,
        max_body_bytes: int,
        body_seconds: float,
        metrics: Metrics | None,
        uploads: Mapping[str, Upload],
        quiet: bool,
    ) -> None:
        self._app = app
        self._uploads = uploads
        self._max_body_bytes = max_body_bytes
        self._body_seconds = body_seconds
        self._quiet = quiet
        self._requests = self._seconds = None
        if metrics is not None:
            labels = ("method", "route", "status")
            self._requests = metrics.counter("http_requests", "Requests answered.", labels)
            self._seconds = metrics.histogram(
                "http_request_seconds",
                "From the head of a request to its answer.",
                ("method", "route"),
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        upload = self._uploads.get(scope["path"])
        most = self._max_body_bytes if upload is None else upload.max_bytes
        seconds = self._body_seconds if upload is None else upload.seconds
        exchange = Exchange(scope, receive, send, most, seconds, self._body_seconds)
        began = clock.monotonic()
        with logs_structlog.bound(request_id=exchange.request_id):
            try:
                await self._app(scope, exchange.receive, exchange.send)
            except Problem as problem:
                await exchange.refuse(problem)
            except Exception:
                _log.exception("unhandled", method=scope["method"], route=scope.get(ROUTE, "-"))
                await exchange.refuse(Problem(ErrorCode.INTERNAL, "something went wrong here"))
            finally:
                self._account(scope, exchange.status, clock.monotonic() - began)

    def _account(self, scope: Scope, status: int, seconds: float) -> None:
        # Neither label may hold what a client chose freely: the number of series stays bounded.
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = scope.get(ROUTE, "-")
        if self._requests is not None and self._seconds is not None:
            self._requests.labels(method, route, str(status)).inc()
            self._seconds.labels(method, route).observe(seconds)
        if not self._quiet:
            ms = round(seconds * 1000, 1)
            _log.info("request", method=method, route=route, status=status, ms=ms)


class Exchange:
    """One request and its answer, as the application sees them through our limits."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        max_body_bytes: int,
        body_seconds: float,
        piece_seconds: float,
    ) -> None:
        headers = dict(scope["headers"])
        self.request_id = _request_id(headers.get(b"x-request-id"))
        self.status = 0
        self._receive = receive
        self._send = send
        self._max_body_bytes = max_body_bytes
        self._announced = _content_length(headers)
        self._body_left = b"transfer-encoding" in headers or self._announced != 0
        self._received_bytes = 0
        self._deadline = clock.monotonic() + body_seconds
        self._piece_seconds = piece_seconds
        scope[REQUEST_ID] = self.request_id

    async def receive(self) -> Message:
        """The next piece of the body.

        Raises:
            Problem: the body is larger than allowed (413), or slower (408).
        """
        if not self._body_left:
            return await self._receive()
        if self._announced > self._max_body_bytes:
            raise self._too_large()
        try:
            left = max(0.0, self._deadline - clock.monotonic())
            async with asyncio.timeout(min(left, self._piece_seconds)):
                message = await self._receive()
        except TimeoutError:
            raise Problem(ErrorCode.BAD_FRAME, "the body came too slowly", status=408) from None
        if message["type"] == "http.request":
            self._received_bytes += len(message.get("body", b""))
            if self._received_bytes > self._max_body_bytes:
                raise self._too_large()
            self._body_left = message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Pass the answer on with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message.get("headers", ()))
            present = {name for name, _ in headers}
            headers += [header for header in _HEADERS if header[0] not in present]
            headers.append((b"x-request-id", self.request_id.encode()))
            if self._body_left:
                # Nobody will read the rest: without this a client could trickle it in for ever.
                headers.append((b"connection", b"close"))
            message = {**message, "headers": headers}
        elif self._body_left and not message.get("more_body", False):
            await self._send({**message, "more_body": True})
            await self._linger()
            message = {"type": "http.response.body"}
        await self._send(message)

    async def refuse(self, problem: Problem) -> None:
        """Answer with problem details, unless an answer has begun: then it can only be cut off."""
        if self.status:
            raise problem
        body = problem_body(problem, self.request_id)
        await self.send(
            {
                "type": "http.response.start",
                "status": problem.status,
                "headers": [
                    (b"content-type", CONTENT_TYPE.encode()),
                    (b"content-length", str(len(body)).encode()),
                    *((name.encode(), value.encode()) for name, value in problem.headers.items()),
                ],
            }
        )
        await self.send({"type": "http.response.body", "body": body})

    async def _linger(self) -> None:
        """Throw the rest of the body away, for a moment, before the connection closes.

        Closing with bytes unread resets the connection, and a client that writes all before it
        reads would lose the answer that says what was wrong (RFC 9112 §9.6).
        """
        left = _LINGER_BYTES
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_SECONDS):
                while left > 0:
                    message = await self._receive()
                    left -= len(message.get("body", b""))
                    if not message.get("more_body", False):
                        return

    def _too_large(self) -> Problem:
        return Problem(ErrorCode.TOO_LARGE, f"the body is larger than {self._max_body_bytes} bytes")


def problem_body(problem: Problem, request_id: str | None = None) -> bytes:
    """The JSON of problem details (RFC 9457 §3)."""
    return msgspec.json.encode(
        shapes.Problem(
            type="about:blank",
            title=HTTPStatus(problem.status).phrase,
            status=problem.status,
            code=problem.code.value,
            detail=problem.message,
            field=problem.field,
            retry_after_ms=problem.retry_after_ms,
            server_time_ms=problem.server_time_ms,
            request_id=request_id,
        )
    )


def _request_id(header: bytes | None) -> str:
    """The caller's id if it is one, so that it can be followed through services, else a new one."""
    given = header.decode("latin-1") if header is not None else ""
    return given if ids.is_id(given) else secrets.token_hex(8)


def _content_length(headers: dict[bytes, bytes]) -> int:
    # The server has checked that it is a number; absent means no body or a chunked one.
    return int(headers.get(b"content-length", b"0"))
