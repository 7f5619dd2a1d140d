"""A client that stays connected: the core's doer, with a socket, a clock and chance.

No rule of the protocol is here; they are in `connection` and the cores it stands on. One task a
client, which sleeps while the socket lives.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

from parley_sdk import effects as do
from parley_sdk.address import socket_url
from parley_sdk.connection import Connection, Settings
from parley_sdk.effects import State
from parley_sdk.errors import ApiError, ClosedError, ParleyError, SendError
from parley_sdk.room_log import Item
from parley_sdk.socket_websockets import Socket, UpgradeRefusedError, connect
from parley_sdk.tokens import FixedToken, TokenSource
from proto import codes, events, frames, ids, shapes
from proto.limits import SYNC_EVENTS

NAME = "parley-sdk-python/0.1"
QUEUE_EVENTS = 1_000
_LOG = logging.getLogger("parley_sdk")
_HOPELESS = frozenset({codes.ErrorCode.UNAUTHORIZED, codes.ErrorCode.FORBIDDEN})
Frame = frames.ServerFrame | events.LogEvent


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
    ) -> None:
        self._url = socket_url(url)
        self._tokens = FixedToken(tokens) if isinstance(tokens, str) else tokens
        self._on_frame = on_frame
        self._on_state = on_state
        self._open_timeout_seconds = open_timeout_seconds
        self._core = Connection(
            Settings(client=name, capacity=queue, resume=dict(resume or {})),
            make_key=lambda ms: ids.uuid7(max(0, ms), os.urandom(10)),
            draw=random.random,
            status=status,
        )
        self._socket: Socket | None = None
        self._run_task: asyncio.Task[None] | None = None
        self._renew_task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._lost = asyncio.Event()
        self._more = asyncio.Event()
        self._changed = asyncio.Event()
        self._token = ""
        self._acting = False
        self._error: ClosedError | None = None
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
        self._run_task = asyncio.create_task(self._run(), name="parley client")
        try:
            async with asyncio.timeout(self._open_timeout_seconds):
                await self._until(State.CATCHING_UP, State.LIVE)
        except TimeoutError as error:
            await self.close()
            why = self._core.why or "no answer"
            raise TimeoutError(f"not connected to {self._url} in time: {why}") from error
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close for good; sends and requests under way end with `ClosedError`. Idempotent."""
        self._core.stop(None)
        socket = self._socket
        self._act()
        tasks = [task for task in (self._run_task, self._renew_task) if task is not None]
        if socket is not None:
            await self._lost.wait()  # the socket gives up by itself after 2 s
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def _loop(self) -> asyncio.AbstractEventLoop:
        """The loop the client is used in; it may be made outside of any."""
        return asyncio.get_running_loop()

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
        await self._until(State.LIVE)

    # --------------------------------------------------------------------------- what happens

    async def events(self) -> AsyncIterator[Item]:
        """Iterate over log events, each once, in order within each room; and markers.

        Markers: `Missed`, `Rewound`, `Gone`. It ends when the client is closed. Only one iterator
        at a time; leaving and coming back loses nothing. A slow reader loses nothing either.

        Raises:
            ClosedError: the client stopped by itself, after everything before was given.
        """
        if self._reading:
            raise ParleyError("events are read by somebody already")
        self._reading = True
        try:
            while True:
                item = self._core.pop(self._loop.time())
                if item is not None:
                    if not self._core.inbox.whole:
                        self._act()
                    yield item
                elif self._core.state is State.CLOSED:
                    if self._error is not None:
                        raise self._end()
                    return
                else:
                    self._more.clear()
                    await self._more.wait()
        finally:
            self._reading = False

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
        self._check_open()
        ticket = self._core.send(frame)
        try:
            async with asyncio.timeout(timeout_seconds):
                result: frames.SendResult = await self._settled(ticket)
        except TimeoutError as error:
            late = SendError(codes.ErrorCode.TIMEOUT, f"not acknowledged in {timeout_seconds} s")
            late.key = self._core.withdraw(ticket)
            self._act()
            raise late from error
        except asyncio.CancelledError:
            self._core.withdraw(ticket)
            self._act()
            raise
        return result

    async def sync(self, room: str, after: int, limit: int = SYNC_EVENTS) -> frames.SyncResult:
        """Ask for log events of a room after a seq, oldest first; `events` is not touched by it.

        Raises:
            RequestError: it was refused, or not answered.
            ClosedError: the client stopped.
        """
        await self._until(State.CATCHING_UP, State.LIVE)
        result: frames.SyncResult = await self._ask(
            self._core.sync(room, after, limit, self._loop.time())
        )
        return result

    async def watch(self, users: Sequence[str]) -> list[shapes.Presence]:
        """Follow the presence of these people (at most 500), instead of those before.

        Their changes come as `PresenceEvent` to `on_frame`, on later connections too.

        Raises:
            RequestError: it was refused, or not answered.
            ClosedError: the client stopped.
        """
        await self._until(State.CATCHING_UP, State.LIVE)
        result: frames.WatchResult = await self._ask(self._core.watch(users, self._loop.time()))
        return result.presence

    def read(self, room: str, seq: int) -> None:
        """Move one's read mark forward; lost when there is no connection."""
        self._core.tell(frames.Read(room=room, seq=seq))
        self._act()

    def typing(self, room: str, *, active: bool) -> None:
        """Show that one types, or no longer; lost when there is no connection."""
        self._core.tell(frames.Typing(room=room, active=active))
        self._act()

    def set_status(self, status: shapes.OwnStatus) -> None:
        """Show oneself so, on later connections too."""
        self._core.set_status(status)
        self._act()

    def probe(self) -> None:
        """Find out at once whether the connection lives: call it when the network came back."""
        self._core.probe(self._loop.time())
        self._act()

    def drop(self) -> None:
        """Break the connection without a word, as a lost network does; it comes back by itself."""
        if self._socket is not None:
            self._socket.abort()

    # ------------------------------------------------------------------------------ the doing

    async def _run(self) -> None:
        """Dial, and dial again whenever the socket is lost, until stopped."""
        while self._core.state is not State.CLOSED:
            await asyncio.sleep(max(0.0, self._core.dial_at - self._loop.time()))
            self._core.dialing()
            await self._dial()
            self._act()

    async def _dial(self) -> None:
        """Open a socket and stay with it until it is lost."""
        self._lost.clear()
        try:
            self._token = await self._tokens.access(fresh=self._core.fresh)
            socket = await connect(self._url, self._text, self._heard, self._closed)
        except ApiError as error:
            if error.code in _HOPELESS:
                self._core.stop(_because(error, "no token to be had"))
            else:
                self._core.unreachable(str(error), self._loop.time())
        except UpgradeRefusedError as error:
            self._core.refused(error.status, error.retry_after_seconds, self._loop.time())
        except OSError as error:
            self._core.unreachable(f"{type(error).__name__} {error}".strip(), self._loop.time())
        except Exception as error:
            self._core.stop(_because(error, type(error).__name__))
        else:
            if not self._lost.is_set():
                self._socket = socket
                expires = self._tokens.expires_in_seconds()
                self._core.opened(self._token, expires, self._loop.time())
                self._act()
                await self._lost.wait()

    def _text(self, data: bytes) -> None:
        self._core.received(data, self._loop.time())
        self._act()
        if self._core.inbox.queue:
            self._more.set()

    def _heard(self) -> None:
        self._core.heard(self._loop.time())

    def _closed(self, code: int) -> None:
        self._socket = None
        self._core.lost(code, self._loop.time())
        self._lost.set()
        self._act()

    def _tick(self) -> None:
        self._timer = None
        self._core.tick(self._loop.time())
        self._act()

    def _act(self) -> None:
        """Do what the core wants, in order, also what callbacks bring about meanwhile."""
        if self._acting:
            return
        self._acting = True
        try:
            while effects := self._core.take(self._loop.time()):
                for effect in effects:
                    self._do(effect)
        finally:
            self._acting = False
        at = self._core.next_at()
        # A timer that is too early costs one look; only one that is too late is set anew.
        if at is not None and (self._timer is None or at < self._timer.when()):
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(at, self._tick)

    def _do(self, effect: do.Effect) -> None:
        match effect:
            case do.Write(data):
                if self._socket is not None:
                    self._socket.send(data)
            case do.Saw(frame):
                if self._on_frame is not None:
                    self._call(self._on_frame, frame)
            case do.Settle(ticket, outcome):
                self._settle(ticket, outcome)
            case do.Entered(state):
                self._entered(state)
            case do.Hangup(None):
                self.drop()
            case do.Hangup(int(code)):
                if self._socket is not None:
                    self._socket.close(code)
            case do.Renew():
                self._renew()
            case do.Strange(what):
                _LOG.warning("ignored: %s", what)
            case do.Stopped(error):
                self._stopped(error)

    def _entered(self, state: State) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
        if self._on_state is not None:
            self._call(self._on_state, state, self._core.why)

    def _stopped(self, error: ClosedError | None) -> None:
        self._error = error
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(self._end())
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._lost_or_never()
        self._more.set()

    def _lost_or_never(self) -> None:
        """Let `_run` go on when there is no socket whose end it could wait for."""
        if self._socket is None:
            self._lost.set()

    def _settle(self, ticket: int, outcome: object) -> None:
        future = self._waiting.pop(ticket, None)
        if future is None or future.done():
            return
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)

    def _renew(self) -> None:
        renewing = self._renew_task is not None and not self._renew_task.done()
        if not renewing and not isinstance(self._tokens, FixedToken):
            self._renew_task = asyncio.create_task(self._fetch_token(), name="parley renewal")

    async def _fetch_token(self) -> None:
        """Bring a fresh token to the connection; the core asks again when that failed."""
        try:
            token = await self._tokens.access()
        except Exception as error:
            _LOG.warning("no fresh token yet: %s", error)
            return
        if token != self._token:
            self._token = token
            self._core.renewed(token, self._tokens.expires_in_seconds(), self._loop.time())
            self._act()

    def _call(self, callback: Callable[..., None], *arguments: object) -> None:
        try:
            callback(*arguments)
        except Exception:
            _LOG.exception("a callback raised")

    async def _settled(self, ticket: int) -> Any:  # noqa: ANN401 - the caller knows its answer
        """Wait for the end of a message or request."""
        future = self._waiting[ticket] = self._loop.create_future()
        try:
            self._act()
            return await future
        finally:
            self._waiting.pop(ticket, None)

    async def _ask(self, ticket: int) -> Any:  # noqa: ANN401 - the caller knows its answer
        try:
            return await self._settled(ticket)
        except asyncio.CancelledError:
            self._core.withdraw(ticket)
            raise

    async def _until(self, *states: State) -> None:
        while self._core.state not in states:
            self._check_open()
            await self._changed.wait()

    def _check_open(self) -> None:
        if self._core.state is State.CLOSED:
            raise self._end()

    def _end(self) -> ClosedError:
        """A new exception each time: one raised in two places would mix up their traces."""
        if self._error is None:
            return ClosedError("the client was closed")
        again = ClosedError(self._error.reason, self._error.code)
        again.__cause__ = self._error.__cause__
        return again


def _because(error: Exception, what: str) -> ClosedError:
    closed = ClosedError(f"{what}: {error}")
    closed.__cause__ = error
    return closed
