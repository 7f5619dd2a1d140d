"""The NATS connection of a process: publish, request, serve; the stream is `log_nats`'s matter."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

from nats import errors

from proto import subjects
from services import certificates
from services.bus import BusError, BusTimeout, Disconnected, Loss, LossCallback
from services.connection_nats import Connection
from services.inbox_nats import Inbox, error_in
from services.logs_structlog import get_logger
from services.server_nats import Handler, Server

_RECONNECT_SECONDS: Final = 0.5
_STOP_SECONDS: Final = 5.0
_CLOSE_SECONDS: Final = 2.0
_log = get_logger()


class Bus:
    """One connection that comes back by itself; a part of every service.

    User and password (or a token as user alone) come in the first URL that has them and hold for
    all, and so do the certificates of `tls://` (`services.certificates`). `on_loss` callbacks are
    synchronous; see `services.bus.Loss`. `on_connected` callbacks run at every (re)connection
    before anything but subscriptions is sent, `on_stop` ones at the end.
    """

    name = "nats"

    def __init__(
        self,
        urls: Sequence[str],
        client_name: str,
        *,
        max_pending_bytes: int = 16 * 1024 * 1024,
        max_requests: int = 10_000,
        connect_seconds: float = 30.0,
        ping_seconds: float = 10.0,
    ) -> None:
        self.on_loss: list[LossCallback] = []
        self.on_connected: list[Callable[[], None]] = []
        self.on_stop: list[Callable[[], None]] = []
        self._urls = tuple(urls)
        self._addresses, (self.user, self._password, self._token) = _split(urls)
        self._client_name = client_name
        self._connect_seconds = connect_seconds
        self._ping_seconds = ping_seconds
        self._last_error = "no answer"
        self._started = False
        self._start_limit: asyncio.Timeout | None = None
        self._stopping = False
        self._servers: list[Server] = []
        root = subjects.inbox_root(self.user)
        self.connection = Connection(self, max_pending_bytes, root)
        self.inbox = Inbox(self.connection, max_requests)

    @property
    def connected(self) -> bool:
        """What is published now goes out at once."""
        return self.connection.is_up

    async def start(self) -> None:
        """Connect, trying again for `connect_seconds`; not after wrong credentials.

        Raises:
            Disconnected: not connected by then; the text has the last reason.
        """
        try:
            tls = certificates.nats_context(self._urls)
        except OSError as error:
            raise Disconnected(f"the certificates for NATS are not good: {error}") from None
        self._started = True
        try:
            async with asyncio.timeout(self._connect_seconds) as self._start_limit:
                await self._connect(tls)
        except (TimeoutError, errors.Error, OSError):
            await self._close()
            raise Disconnected(f"no connection to NATS: {self._last_error}") from None
        finally:
            self._start_limit = None

    async def stop(self) -> None:
        """Take no more requests, finish those at work, flush, close; at most about 10 s.

        Idempotent. Whoever still waits for an answer gets Disconnected.
        """
        if self._stopping or not self._started:
            return
        self._stopping = True
        with contextlib.suppress(TimeoutError, BusError):
            async with asyncio.timeout(_STOP_SECONDS):
                await self._drain()
        for server in self._servers:
            server.cancel()
        for callback in self.on_stop:
            callback()
        self.inbox.fail("the bus stops")
        await self._close()

    async def check(self) -> None:
        """Do one round trip; for the health report.

        Raises:
            Disconnected: there is no connection.
            BusTimeout: the server does not answer.
        """
        await self.flush(1.0)

    async def flush(self, timeout_seconds: float = 5.0) -> None:
        """Return when the server has processed everything sent before the call, subscriptions
        included, and everything it had sent us by then has been given to its callback.

        So "subscribe, flush, read the state" misses nothing. Callers of one loop turn share one
        round trip. Cancelling is safe.

        Raises:
            Disconnected: there is no connection, or it broke.
            BusTimeout: no answer in time.
        """
        await self.connection.round_trip(timeout_seconds)

    def publish(self, subject: str, data: bytes) -> None:
        """Send to whoever listens now. At most once; may be lost, at a disconnection above all.

        Without a connection it waits in a bounded buffer for the next one.

        Raises:
            Disconnected: there is no connection, and the buffer is full.
            Overloaded: the server does not take it, and the buffer is full.
            TooLarge: above the server's `max_payload`.
            BusError: `subject` is none.
        """
        self.connection.send(subject, data)

    async def request(self, subject: str, data: bytes, timeout_seconds: float) -> bytes:
        """Ask one of those who serve `subject`; at most once, never repeated here.

        Cancelling is safe; an answer that comes later is dropped.

        Raises:
            NoResponders: nobody serves it.
            RemoteError: whoever took it failed.
            BusTimeout: no answer in time.
            Disconnected: there is no connection, or it broke before the answer.
            Overloaded: too many requests are under way, or the buffer is full.
            TooLarge: above the server's `max_payload`.
        """
        if not self.connected:
            raise Disconnected(f"no connection to NATS to ask {subject}")
        question = _Question(subject)
        reply_to = self.inbox.open(question)
        try:
            self.connection.send(subject, data, reply_to)
            async with asyncio.timeout(timeout_seconds):
                return await question.answer
        except TimeoutError:
            raise BusTimeout(f"{subject}: no answer within {timeout_seconds:g} s") from None
        finally:
            self.inbox.close(reply_to)

    async def serve(
        self, subject: str, queue: str, handler: Handler, *, concurrency: int = 64
    ) -> None:
        """Answer requests on `subject`, sharing them with everyone who serves in the same `queue`.

        At most `concurrency` handlers run and as many requests wait; beyond that the caller gets
        RemoteError 503. A handler that raises is logged, and the caller gets RemoteError 500
        without details. Returns when the server knows of it (without a connection: at once, and
        the next one tells it). Ends with the bus.

        Raises:
            BusError: `subject` is none, or the flush failed.
        """
        self._servers.append(Server(self.connection, subject, handler, concurrency, queue))
        if self.connected:
            await self.flush()

    async def _connect(self, tls: ssl.SSLContext | None) -> None:
        await self.connection.connect(
            self._addresses,
            name=self._client_name,
            error_cb=self._on_error,
            closed_cb=self._on_closed,
            reconnected_cb=self._on_reconnected,
            connect_timeout=2,
            reconnect_time_wait=_RECONNECT_SECONDS,  # type: ignore[arg-type] # typed int, used in sleep()
            max_reconnect_attempts=-1,
            ping_interval=self._ping_seconds,  # type: ignore[arg-type] # typed int, used in sleep()
            max_outstanding_pings=2,
            pending_size=0,  # the bound is ours: nats-py's would block in a task
            user=self.user,
            password=self._password,
            token=self._token,
            tls=tls,
        )

    async def _drain(self) -> None:
        for server in self._servers:
            server.close()
        if self.connected:
            await self.flush()
            for server in self._servers:
                await server.drained()
            await self.flush()

    async def _close(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self.connection.close()

    # What the connection tells.
    def came_up(self) -> None:
        """Told by the connection; repeat what must not wait for new commands."""
        for callback in self.on_connected:
            callback()

    def went_down(self, reason: str) -> None:
        """Told by the connection, once for each `came_up`."""
        if not self._stopping:
            _log.warning("nats disconnected", reason=reason)
            self.inbox.fail(f"the connection to NATS broke: {reason}")
            self._tell("disconnected")

    def route_failed(self, error: Exception) -> None:
        """Told by the connection: a message that arrived was not taken."""
        _log.error("nats receiver failed", exc_info=error)
        self._tell("slow_consumer")

    def _tell(self, loss: Loss) -> None:
        for callback in self.on_loss:
            try:
                callback(loss)
            except Exception:
                _log.exception("loss callback failed", loss=loss)

    async def _on_reconnected(self) -> None:
        _log.info("nats reconnected")
        self._tell("reconnected")

    async def _on_error(self, error: Exception) -> None:
        # One for each attempt to reconnect: only the change of state is worth a line.
        distrust = certificates.distrust(error)
        self._last_error = distrust or str(error) or type(error).__name__
        _log.debug("nats error", error=self._last_error)
        refused = distrust or "authorization" in self._last_error.lower()
        if self._start_limit is not None and refused:
            self._start_limit.reschedule(0.0)  # no waiting makes it right

    async def _on_closed(self) -> None:
        if not self._stopping and self._start_limit is None:
            _log.error("nats connection closed for good", reason=self._last_error)


class _Question:
    """One request that waits for its one answer."""

    def __init__(self, subject: str) -> None:
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._subject = subject

    def reply(self, data: bytes, headers: bytes) -> None:
        if self.answer.done():
            return
        error = error_in(self._subject, headers)
        if error is None:
            self.answer.set_result(data)
        else:
            self.answer.set_exception(error)

    def broken(self, error: BusError) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


_Credentials = tuple[str | None, str | None, str | None]
"""User, password, token."""


def _split(urls: Sequence[str]) -> tuple[list[str], _Credentials]:
    """Take the credentials out of the URLs: so they hold for all, and no error text has them."""
    addresses: list[str] = []
    credentials: _Credentials = (None, None, None)
    for url in urls:
        parts = urlsplit(url)
        if parts.username and credentials == (None, None, None):
            name = unquote(parts.username)
            secret = parts.password
            credentials = (name, unquote(secret), None) if secret else (None, None, name)
        netloc = parts.netloc.rpartition("@")[2]
        addresses.append(urlunsplit(parts._replace(netloc=netloc, query="")))
    return addresses, credentials
