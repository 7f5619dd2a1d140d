"""nats-py's client with raw routes, commands that need no task, and an exact flush; not an API for
services (that is `bus_nats`).

Everything that reaches into nats-py's private parts is in this file. nats-py makes a task and a
queue for every subscription and a dict of headers for every message; here a subscription is one
entry `sid -> function`, and the function is called while the socket is read: nats-py's own reader
hears of commands alone. So nothing is queued on our side, one order holds over all subjects of a
connection, and what is too slow is told by the server, which closes the connection of a slow
consumer: that is a loss like any disconnection.
A test fails when a version of nats-py changes what is relied on here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol, TypeAlias

from nats import errors
from nats.aio.client import Client

from proto import subjects
from services.bus import BusError, BusTimeout, Disconnected, Overloaded, TooLarge
from services.parser_nats import Parser

Route: TypeAlias = Callable[[bytes, bytes, bytes, bytes], None]
"""Called with subject, reply, data, raw headers; must not block and should not raise."""

_PING: Final = b"PING\r\n"
_CORE: Final = b"PUB "


class Listener(Protocol):
    """Who is told what happens to the connection; all calls are synchronous."""

    def came_up(self) -> None:
        """Subscriptions have been sent ahead of everything else; commands may follow."""

    def went_down(self, reason: str) -> None:
        """Nothing comes in any more. Called once for each `came_up`."""

    def route_failed(self, error: Exception) -> None:
        """A route raised."""


class Connection(Client):
    """One connection that comes back by itself, for ever, until it is closed.

    Not promised: that a command posted before a disconnection arrives. Core publishes that wait
    here are sent after the reconnection; everything else is its caller's to repeat.
    """

    def __init__(
        self, listener: Listener, max_pending_bytes: int, inbox_root: str = subjects.INBOXES
    ) -> None:
        super().__init__()
        self.inbox_root = inbox_root
        """Where answers to us come: nobody else may listen below it (`subjects.inbox_root`)."""
        self._listener = listener
        self._routes: dict[int, Route] = {}
        self._fixed: dict[int, bytes] = {}
        self._interests: list[Callable[[], Iterable[bytes]]] = [self._fixed.values]
        self._trip: asyncio.Future[bool] | None = None
        self._up = False
        self._kicked = False
        self._bound_bytes = max_pending_bytes

    @property
    def is_up(self) -> bool:
        """Commands posted now go out at once."""
        return self._up

    @property
    def pending_bytes(self) -> int:
        """What is posted and not yet handed to the socket."""
        return int(self._pending_data_size)

    def next_sid(self) -> int:
        """Return a subscription id that is unique for this connection."""
        self._sid += 1
        return int(self._sid)

    def subscribe_raw(self, subject: str, route: Route, queue: str = "") -> int:
        """Have `route` called for `subject`, after reconnections too; returns the id."""
        check_subject(subject)
        sid = self.next_sid()
        command = f"SUB {subject} {queue} {sid}\r\n".encode()
        self._routes[sid] = route
        self._fixed[sid] = command
        self.interest(command)
        return sid

    def unsubscribe_raw(self, sid: int) -> None:
        """End it at once; idempotent. Messages still under way are dropped."""
        if self._routes.pop(sid, None) is not None:
            del self._fixed[sid]
            self.interest(b"UNSUB %d\r\n" % sid)

    def add_interests(self, commands: Callable[[], Iterable[bytes]]) -> dict[int, Route]:
        """Send what `commands` answers at every (re)connection; returns the routes to fill."""
        self._interests.append(commands)
        return self._routes

    def interest(self, command: bytes) -> None:
        """Send a SUB or UNSUB; without a connection nothing, as the next one sends all."""
        if self._up:
            self._pending.append(command)
            self._pending_data_size += len(command)
            self._kick()

    def post(self, command: bytes) -> None:
        """Send a PUB or HPUB command after all that were posted before; needs no task.

        Raises:
            Overloaded: the server does not take what is posted, and the buffer is full.
            Disconnected: there is no connection, and the buffer is full.
        """
        size = self._pending_data_size + len(command)
        if size > self._bound_bytes:
            problem = f"{size} bytes wait for NATS, more than {self._bound_bytes}"
            raise Overloaded(problem) if self._up else Disconnected(problem)
        self._pending.append(command)
        self._pending_data_size = size
        if self._up:
            self._kick()

    def send(self, subject: str, data: bytes, reply_to: str = "", headers: bytes = b"") -> None:
        """Post one message; `headers` is an encoded block.

        Raises:
            BusError: `subject` is none; and what `post` and `check_size` raise.
        """
        check_subject(subject)
        size = len(headers) + len(data)
        self.check_size(size)
        if headers:
            head = f"HPUB {subject} {reply_to} {len(headers)} {size}\r\n".encode()
        else:
            head = f"PUB {subject} {reply_to} {size}\r\n".encode()
        self.post(b"".join((head, headers, data, b"\r\n")))

    def check_size(self, size: int) -> None:
        """Refuse what the server would answer by closing the connection.

        Raises:
            TooLarge: header and payload together are above the server's `max_payload`.
        """
        if size > self._max_payload:
            raise TooLarge(f"{size} bytes, the server takes {self._max_payload}")

    async def round_trip(self, timeout_seconds: float) -> None:
        """Return when the server has processed all that was posted before this call, and all it
        had sent before its answer has been given to the routes. Callers of one loop turn share it.

        Raises:
            Disconnected: there is no connection, or it broke.
            BusTimeout: no answer in time.
        """
        if not self._up:
            raise Disconnected("no connection to NATS")
        loop = asyncio.get_running_loop()
        if self._trip is None:
            self._trip = loop.create_future()
            loop.call_soon(self._write_ping)
        try:
            async with asyncio.timeout(timeout_seconds):
                # Shielded: it is shared, and nats-py's reader dies of a cancelled one.
                arrived = await asyncio.shield(self._trip)
        except TimeoutError:
            raise BusTimeout(f"NATS did not answer a ping within {timeout_seconds} s") from None
        if not arrived:
            raise Disconnected("the connection to NATS broke")

    def _write_ping(self) -> None:
        trip, self._trip = self._trip, None
        if trip is None or trip.done():
            return
        if not self._up or self._transport is None:
            trip.set_result(False)
            return
        # nats-py writes its PING straight to the transport, ahead of what is pending; we do not.
        self._transport.write(self._take_pending() + _PING)
        self._pongs.append(trip)

    def _kick(self) -> None:
        """Have all that is posted in this turn of the loop written at its end, in one go."""
        if not self._kicked:
            self._kicked = True
            asyncio.get_running_loop().call_soon(self._write_pending)

    def _write_pending(self) -> None:
        self._kicked = False
        if not self._up or not self._pending:
            return
        writer = getattr(self._transport, "_io_writer", None)
        if writer and not writer.is_closing() and not writer.transport.get_write_buffer_size():
            writer.write(self._take_pending())
        elif (queue := self._flush_queue) is not None and queue.empty():
            # The server is behind: nats-py's flusher waits for it, and `post` bounds what waits.
            queue.put_nowait(asyncio.get_running_loop().create_future())

    def _take_pending(self) -> bytes:
        commands, self._pending, self._pending_data_size = self._pending, [], 0
        return b"".join(commands)

    def _lost(self, reason: str) -> None:
        if not self._up:
            return
        self._up = False
        pongs, self._pongs = self._pongs, []
        for pong in pongs:
            if not pong.done():
                pong.set_result(False)
        self._listener.went_down(reason)

    def _abort(self) -> None:
        # Closing politely waits for the peer to take what is buffered; a dead peer never does.
        writer = getattr(self._transport, "_io_writer", None)
        if writer is not None:
            writer.transport.abort()

    def _hear(self) -> None:
        """Have messages delivered as they come in; the reader gets what else there is."""
        reader = getattr(self._transport, "_io_reader")  # noqa: B009 - of the kinds we use
        take, feed = Parser(self._deliver).take, reader.feed_data

        def feed_commands(data: bytes) -> None:
            if commands := take(data):
                feed(commands)

        reader.feed_data = feed_commands

    def _deliver(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> None:
        route = self._routes.get(sid)
        if route is None:
            return  # unsubscribed while it was under way
        try:
            route(subject, reply, data, headers)
        except Exception as error:  # the reader must live on, whatever a route does
            self._listener.route_failed(error)

    # What nats-py calls, made to do the above.

    async def _process_pong(self) -> None:
        if self._pongs and self._pongs[0].done():
            self._pongs.pop(0)  # nats-py would set its result twice, and its reader would die
        else:
            await super()._process_pong()

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:  # noqa: FBT001, FBT002 - nats-py's signature
        # The configured addresses are the truth: discovered ones are never forgotten, so that in
        # a cluster whose addresses change the pool would grow for ever.
        info.pop("connect_urls", None)
        server = self._current_server
        if initial_connection and server is not None and server.uri.scheme == "tls":
            # nats-py encrypts if the server says that it must: who stands in between, or a server
            # that was set up wrongly, would be told the password in clear.
            if not (info.get("tls_required") or info.get("tls_available")):
                raise errors.Error("nats: the server speaks no TLS, which tls:// demands")
            info["tls_required"] = True
        await super()._process_info(info, initial_connection)

    async def _connect_to_server(self, s: Any) -> None:  # noqa: ANN401 - nats-py's own
        try:
            await super()._connect_to_server(s)
        finally:
            _heed_cancellation()

    async def _process_connect_init(self) -> None:
        for task in (self._reading_task, self._ping_interval_task, self._flusher_task):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
        try:
            await super()._process_connect_init()
            _heed_cancellation()
            if self._status != Client.CONNECTED or self._transport is None:
                raise errors.Error("nats: connection closed during the handshake")
        except BaseException:
            self._abort()
            raise
        # Interest that was pending is out of date, and a log message that was pending is posted
        # again by its owner, in order; what stays are core publishes.
        self._pending = [command for command in self._pending if command.startswith(_CORE)]
        self._pending_data_size = sum(map(len, self._pending))
        # Nothing but answers to the handshake can have come before.
        self._hear()
        self._transport.write(b"".join(c for group in self._interests for c in group()))
        self._up = True
        self._listener.came_up()

    async def _process_op_err(self, e: Exception) -> None:
        self._lost(str(e) or type(e).__name__)
        if not self.is_closed and not self.is_reconnecting:
            self._abort()
        await super()._process_op_err(e)

    async def _close(self, status: int, do_cbs: bool = True) -> None:  # noqa: FBT001, FBT002 - nats-py's signature
        self._lost("closed")
        try:
            await super()._close(status, do_cbs)
        except OSError:
            # Lost with something pending, which is gone by now. What was left undone is done by
            # closing again, which a connection that calls itself closed would not.
            self._status = Client.DISCONNECTED
            await super()._close(status, do_cbs)

    async def _process_err(self, err_msg: str) -> None:
        # nats-py gives a connection up for good after most errors of the server.
        if "permissions violation" in err_msg:
            await super()._process_err(err_msg)
        else:
            await self._process_op_err(errors.Error(f"nats: {err_msg}"))


def _heed_cancellation() -> None:
    """Raise a cancellation again that was lost.

    On Python 3.11 `wait_for`, by which nats-py connects, loses the one that comes as the attempt
    ends: connecting would go on after the close, and the loop that waits for it never end.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def check_subject(subject: str) -> None:
    """Refuse a subject that would end the protocol line.

    Raises:
        BusError: it is empty, or holds white space.
    """
    if not subject or not subject.isprintable() or " " in subject:
        raise BusError(f"not a subject: {subject!r}")
