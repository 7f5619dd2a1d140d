"""What the client's core wants, done: with a socket, timers and chance. It knows no rule.

One task a client, which sleeps while the socket lives; everything else happens in callbacks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from parley_sdk import effects as do
from parley_sdk.connection import Connection
from parley_sdk.effects import State
from parley_sdk.errors import ApiError, ClosedError
from parley_sdk.socket_websockets import Socket, UpgradeRefusedError, connect
from parley_sdk.tokens import FixedToken, TokenSource
from proto import codes, events, frames

_LOG = logging.getLogger("parley_sdk")
_UNAUTHORIZED = codes.CloseCode.UNAUTHORIZED.value
_HOPELESS = frozenset({codes.ErrorCode.UNAUTHORIZED, codes.ErrorCode.FORBIDDEN})
Frame = frames.ServerFrame | events.LogEvent


class Driver:
    """Drives one `Connection`. `more` is set when the inbox may have something."""

    def __init__(
        self,
        url: str,
        tokens: TokenSource,
        core: Connection,
        on_frame: Callable[[Frame], None] | None,
        on_state: Callable[[State, str], None] | None,
        *,
        compress: bool = False,
    ) -> None:
        self.core = core
        self._compress = compress
        self.more = asyncio.Event()
        self._url = url
        self._tokens = tokens
        self._on_frame = on_frame
        self._on_state = on_state
        self._token = ""
        self._socket: Socket | None = None
        self._run_task: asyncio.Task[None] | None = None
        self._renew_task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._lost = asyncio.Event()
        self._changed = asyncio.Event()
        self._error: ClosedError | None = None
        self._acting = False

    def now(self) -> float:
        """Give the loop's time: the driver may be made outside of any loop."""
        return asyncio.get_running_loop().time()

    def start(self) -> None:
        """Begin to connect, and never stop trying until told."""
        self._run_task = asyncio.create_task(self._run(), name="parley client")

    async def stop(self) -> None:
        """Stop for good, and wait until the socket is closed: 2 s at most. Idempotent."""
        self.core.stop(None)
        socket = self._socket
        self.act()
        if socket is not None:
            await self._lost.wait()
        tasks = [task for task in (self._run_task, self._renew_task) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def drop(self) -> None:
        """Break the connection without a word."""
        if self._socket is not None:
            self._socket.abort()

    async def settled(self, ticket: int) -> Any:  # noqa: ANN401 - the caller knows its answer
        """Wait for the end of a message or request; cancelled, it is not withdrawn yet."""
        future = self._waiting[ticket] = asyncio.get_running_loop().create_future()
        try:
            self.act()
            return await future
        finally:
            self._waiting.pop(ticket, None)

    async def until(self, *states: State) -> None:
        """Wait for one of these states.

        Raises:
            ClosedError: it will never be.
        """
        while self.core.state not in states:
            self.check_open()
            await self._changed.wait()

    def check_open(self) -> None:
        """Raise ClosedError when the client has stopped."""
        if self.core.state is State.CLOSED:
            raise self.end()

    @property
    def failed(self) -> bool:
        """Whether it stopped by itself."""
        return self._error is not None

    def end(self) -> ClosedError:
        """Give why it stopped; a new exception each time, lest two raises mix their traces."""
        if self._error is None:
            return ClosedError("the client was closed")
        again = ClosedError(self._error.reason, self._error.code)
        again.__cause__ = self._error.__cause__
        return again

    async def _run(self) -> None:
        """Dial, and dial again whenever the socket is lost, until stopped."""
        try:
            while self.core.state is not State.CLOSED:
                await asyncio.sleep(max(0.0, self.core.dial_at - self.now()))
                self.core.dialing()
                await self._dial()
                self.act()
        except Exception as error:
            _LOG.exception("a fault of this library")
            self.core.stop(_because(error, "a fault of this library"))
            self.act()

    async def _dial(self) -> None:
        """Open a socket and stay with it until it is lost."""
        self._lost.clear()
        try:
            token = await self._tokens.access(fresh=self.core.fresh)
            if self.core.fresh and token == self._token:
                self.core.stop(ClosedError(f"no fresh token: {self.core.why}", _UNAUTHORIZED))
                return
            self._token = token
            socket = await self._connect()
        except ApiError as error:
            if error.code in _HOPELESS:
                self.core.stop(_because(error, "no token to be had"))
            else:
                self.core.unreachable(str(error), self.now())
        except UpgradeRefusedError as error:
            self.core.refused(error.status, error.retry_after_seconds, self.now())
        except OSError as error:
            self.core.unreachable(f"{type(error).__name__} {error}".strip(), self.now())
        except Exception as error:
            self.core.stop(_because(error, type(error).__name__))
        else:
            if not self._lost.is_set():
                self._socket = socket
                expires = self._tokens.expires_in_seconds()
                self.core.opened(self._token, expires, self.now())
                self.act()
                await self._lost.wait()

    async def _connect(self) -> Socket:
        encoding, compress = self.core.encoding, self._compress
        return await connect(
            self._url, self._message, self._heard, self._closed, encoding, compress=compress
        )

    def _message(self, data: bytes) -> None:
        self.core.received(data, self.now())
        self.act()
        if self.core.inbox.queue:
            self.more.set()

    def _heard(self) -> None:
        self.core.heard(self.now())

    def _closed(self, code: int) -> None:
        self._socket = None
        self.core.lost(code, self.now())
        self._lost.set()
        self.act()

    def _tick(self) -> None:
        self._timer = None
        self.core.tick(self.now())
        self.act()

    def act(self) -> None:
        """Do what the core wants, in order, also what callbacks bring about meanwhile."""
        if self._acting:
            return
        self._acting = True
        try:
            while effects := self.core.take(self.now()):
                for effect in effects:
                    self._do(effect)
        finally:
            self._acting = False
        at = self.core.next_at()
        # A timer that is too early costs one look; only one that is too late is set anew.
        if at is not None and (self._timer is None or at < self._timer.when()):
            if self._timer is not None:
                self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_at(at, self._tick)

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
            self._call(self._on_state, state, self.core.why)

    def _stopped(self, error: ClosedError | None) -> None:
        self._error = error
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(self.end())
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._lost_or_never()
        self.more.set()

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
            self.core.renewed(token, self._tokens.expires_in_seconds(), self.now())
            self.act()

    def _call(self, callback: Callable[..., None], *arguments: object) -> None:
        try:
            callback(*arguments)
        except Exception:
            _LOG.exception("a callback raised")


def _because(error: Exception, what: str) -> ClosedError:
    closed = ClosedError(f"{what}: {error}")
    closed.__cause__ = error
    return closed
