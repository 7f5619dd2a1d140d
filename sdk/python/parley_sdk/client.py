"""A client that stays connected, as its user sees it; no rule of the protocol is here.

The rules are in `connection` and the cores it stands on, the doing is in `driver`.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

from parley_sdk.address import socket_url
from parley_sdk.connection import Connection, Settings
from parley_sdk.driver import Driver, Frame
from parley_sdk.effects import State
from parley_sdk.errors import ParleyError, SendError
from parley_sdk.room_log import Item
from parley_sdk.tokens import FixedToken, TokenSource
from proto import codes, frames, ids, shapes
from proto.encoding import JSON, Encoding
from proto.limits import SYNC_EVENTS

NAME = "parley-sdk-python/0.1"
QUEUE_EVENTS = 1_000


class Client:
    """One user's live connection, kept up through everything that can be waited out.

    Use it as an async context manager: entering waits for the first `ready`, for at most
    `open_timeout_seconds`; leaving closes. Each log event of each room comes out of `events` once,
    in the room's order, and whatever is missing is told by a marker in its place.

    url: where Parley is (`https://chat.example.org`), or the very URL of the socket.
    tokens: an access token, or a source of them (`Api.tokens`).
    resume: the seq of the last event handled in each room, as `positions` gave it; without, a
        room begins with what happens from now on.
    queue: events kept for a slow reader; what is beyond is asked for again later. 0: this client
        takes no events.
    on_frame: called with every frame as it comes, log events and passing ones, before anything
        else sees it. It must be quick and not raise.
    encoding: `MSGPACK` for frames in MessagePack, which are shorter and read faster than JSON.
    compress: offer compression to the server; it pays where bytes are dear, as over a mobile
        network, not within a data centre.
    on_state: called when the state changes, with the reason of the last loss.
    """

    def __init__(
        self,
        url: str,
        tokens: str | TokenSource,
        *,
        name: str = NAME,
        status: shapes.OwnStatus = "online",
        resume: Mapping[str, int] | None = None,
        queue: int = QUEUE_EVENTS,
        on_frame: Callable[[Frame], None] | None = None,
        on_state: Callable[[State, str], None] | None = None,
        open_timeout_seconds: float | None = 30.0,
        encoding: Encoding = JSON,
        compress: bool = False,
    ) -> None:
        self._url = url
        self._open_timeout_seconds = open_timeout_seconds
        self._core = Connection(
            Settings(name, encoding, capacity=queue, resume=dict(resume or {})),
            make_key=lambda ms: ids.uuid7(max(0, ms), os.urandom(10)),
            draw=random.random,
            status=status,
        )
        self._driver = Driver(
            socket_url(url),
            FixedToken(tokens) if isinstance(tokens, str) else tokens,
            self._core,
            on_frame,
            on_state,
            compress=compress,
        )
        self._reading = False

    # ------------------------------------------------------------------------- coming and going

    async def __aenter__(self) -> Client:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Connect, and wait for `ready`.

        Raises:
            ClosedError: it was turned down for good.
            TimeoutError: it is still trying; it has been closed.
        """
        self._driver.start()
        try:
            async with asyncio.timeout(self._open_timeout_seconds):
                await self._driver.until(State.CATCHING_UP, State.LIVE)
        except TimeoutError as error:
            await self.close()
            why = self._core.why or "no answer"
            raise TimeoutError(f"not connected to {self._url} in time: {why}") from error
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close for good; sends and requests under way end with `ClosedError`. Idempotent."""
        await self._driver.stop()

    @property
    def state(self) -> State:
        """Where the client stands."""
        return self._core.state

    @property
    def user(self) -> frames.ReadyUser:
        """Who the client speaks for; known since the first `ready`.

        Raises:
            ParleyError: there was none yet.
        """
        if self._core.user is None:
            raise ParleyError("not connected yet")
        return self._core.user

    @property
    def session(self) -> str:
        """The gateway's name for the present connection, for its logs; empty before the first."""
        return self._core.session

    @property
    def rooms(self) -> Mapping[str, shapes.Room]:
        """The rooms the user is in; their counts are those of the last `ready`."""
        return self._core.rooms

    @property
    def limits(self) -> frames.ReadyLimits:
        """The server's limits."""
        return self._core.limits

    def positions(self) -> dict[str, int]:
        """Give the last seq of each room that `events` has given out, for a later `resume`."""
        return dict(self._core.inbox.handed)

    async def live(self) -> None:
        """Wait until everything the server told of is taken or waits in `events`.

        Raises:
            ClosedError: the client stopped.
        """
        await self._driver.until(State.LIVE)

    # --------------------------------------------------------------------------- what happens

    def events(self) -> AsyncIterator[Item]:
        """Iterate over log events, each once, in order within each room; and markers.

        Markers: `Missed`, `Rewound`, `Gone`. It ends when the client is closed. All iterators of
        a client share one stream, and only one may wait for it at a time; leaving a loop and
        coming back loses nothing. A slow reader loses nothing either.

        Raises:
            ClosedError: the client stopped by itself, after everything before was given.
        """
        # An object and not a generator: a loop that is left by `break` must leave nothing open.
        return _Events(self._next)

    async def _next(self) -> Item | None:
        """Give the next item, or None when the client was closed."""
        if self._reading:
            raise ParleyError("events are waited for by somebody already")
        self._reading = True
        try:
            while (item := self._core.pop(self._driver.now())) is None:
                if self._core.state is State.CLOSED:
                    if self._driver.failed:
                        raise self._driver.end()
                    return None
                self._driver.more.clear()
                await self._driver.more.wait()
        finally:
            self._reading = False
        if not self._core.inbox.whole:
            self._driver.act()
        return item

    async def send(
        self,
        room: str,
        text: str,
        *,
        key: str | None = None,
        reply_to: int | None = None,
        thread: int | None = None,
        attachments: Sequence[str] | None = None,
        timeout_seconds: float | None = None,
    ) -> frames.SendResult:
        """Send a message, and wait until it is durable in the log.

        Messages into one room go out one after the other in the order of the calls. Through lost
        connections, `timeout` and `unavailable` it is tried again with the same key, for ever or
        for `timeout_seconds`; the room then has it once. Cancelled or timed out, it may be in the
        log all the same if it was ever sent; the same `key` settles it.

        Raises:
            SendError: it is not in the log and never will be; with code `timeout`: not known.
            ClosedError: the client stopped meanwhile; it is not known whether it is in the log.
        """
        frame = frames.Send(
            room=room,
            key=key or "",
            text=text,
            reply_to=reply_to,
            thread=thread,
            attachments=list(attachments) if attachments else None,
        )
        self._driver.check_open()
        ticket = self._core.send(frame)
        try:
            async with asyncio.timeout(timeout_seconds):
                result: frames.SendResult = await self._driver.settled(ticket)
        except TimeoutError as error:
            late = SendError(codes.ErrorCode.TIMEOUT, f"not acknowledged in {timeout_seconds} s")
            late.key = self._core.withdraw(ticket)
            self._driver.act()
            raise late from error
        except asyncio.CancelledError:
            self._core.withdraw(ticket)
            self._driver.act()
            raise
        return result

    async def sync(self, room: str, after: int, limit: int = SYNC_EVENTS) -> frames.SyncResult:
        """Ask for log events of a room after a seq, oldest first; `events` is not touched by it.

        Raises:
            RequestError: it was refused, or not answered.
            ClosedError: the client stopped.
        """
        await self._driver.until(State.CATCHING_UP, State.LIVE)
        result: frames.SyncResult = await self._ask(
            self._core.sync(room, after, limit, self._driver.now())
        )
        return result

    async def watch(self, users: Sequence[str]) -> list[shapes.Presence]:
        """Follow the presence of these people (at most 500), instead of those before.

        Their changes come as `PresenceEvent` to `on_frame`, on later connections too.

        Raises:
            RequestError: it was refused, or not answered.
            ClosedError: the client stopped.
        """
        await self._driver.until(State.CATCHING_UP, State.LIVE)
        result: frames.WatchResult = await self._ask(self._core.watch(users, self._driver.now()))
        return result.presence

    def read(self, room: str, seq: int) -> None:
        """Move one's read mark forward; lost when there is no connection."""
        self._core.tell(frames.Read(room=room, seq=seq))
        self._driver.act()

    def typing(self, room: str, *, active: bool) -> None:
        """Show that one types, or no longer; lost when there is no connection."""
        self._core.tell(frames.Typing(room=room, active=active))
        self._driver.act()

    def set_status(self, status: shapes.OwnStatus) -> None:
        """Show oneself so, on later connections too."""
        self._core.set_status(status)
        self._driver.act()

    def probe(self) -> None:
        """Find out at once whether the connection lives: call it when the network came back."""
        self._core.probe(self._driver.now())
        self._driver.act()

    def drop(self) -> None:
        """Break the connection without a word, as a lost network does; it comes back by itself."""
        self._driver.drop()

    async def _ask(self, ticket: int) -> Any:  # noqa: ANN401 - the caller knows its answer
        try:
            return await self._driver.settled(ticket)
        except asyncio.CancelledError:
            self._core.withdraw(ticket)
            raise


class _Events:
    """The one stream of a client, for `async for`."""

    def __init__(self, next_item: Callable[[], Awaitable[Item | None]]) -> None:
        self._next_item = next_item

    def __aiter__(self) -> AsyncIterator[Item]:
        return self

    async def __anext__(self) -> Item:
        item = await self._next_item()
        if item is None:
            raise StopAsyncIteration
        return item
