"""The life of a process from start to exit; what its parts do is theirs.

1. The parts start in the order given. If part k fails, parts 0..k-1 are stopped and the exit code
   is 1. A signal during the start stops it the same way, with exit code 0.
2. The process is ready: `/readyz` says so.
3. It waits for SIGTERM or SIGINT, or for a part that cannot go on (then the exit code is 1).
4. It is not ready any more, at once, so that load balancers look elsewhere.
5. It drains: the service's own `drain`, cut off at its deadline.
6. The parts stop in reverse order, each with a deadline of its own; one that fails or hangs is
   logged and does not keep the others from stopping.
7. A second signal in 4 to 6 ends all of it at once, with exit code 1.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Final, NoReturn, Protocol, runtime_checkable

from services import clock, logs_structlog, loop_uvloop
from services.health import Health, State
from services.settings import Env, LogSettings, SettingsError

Look = Callable[[], Awaitable[str]]
"""Looks, without a start, at a server that one service alone needs; answers what it is.

Raises:
    Unavailable: it cannot be used, and why.
"""

STOP_SECONDS: Final = 10.0
_ALLOCATIONS: Final = 10_000
"""More objects with references made than let go of, until cycles are looked for."""
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_log = logs_structlog.get_logger()


class Part(Protocol):
    """Something with a start and a stop: a server, a connection, a background task.

    `start` returns when others may rely on the part; one that fails or is cancelled leaves nothing
    behind. `stop` is called once for every part that has started; it is cancelled at its deadline.
    """

    @property
    def name(self) -> str: ...
    async def start(self) -> None: ...
    async def stop(self) -> None: ...


@runtime_checkable
class Mortal(Protocol):
    """A part that can find out by itself that it cannot go on."""

    async def failure(self) -> BaseException:
        """Return the reason once the part is beyond help; wait for ever while it is not."""
        ...


class Service:
    """The parts of one process and the order of their life.

    `outside` has, by name, what `parley check` may look at besides the servers that all share.
    """

    def __init__(
        self,
        name: str,
        parts: Sequence[Part],
        *,
        health: Health,
        drain: Callable[[], Awaitable[None]] | None = None,
        drain_seconds: float = 25.0,
        stop_seconds: float = STOP_SECONDS,
        outside: Mapping[str, Look] | None = None,
    ) -> None:
        self.name = name
        self.outside = outside or {}
        self._parts = tuple(parts)
        self._health = health
        self._drain = drain
        self._drain_seconds = drain_seconds
        self._stop_seconds = stop_seconds
        self._started: list[Part] = []
        self._watchers: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self._at_once = asyncio.Event()
        self._exit_code = 0

    def fail(self, error: BaseException) -> None:
        """Report that the process cannot go on: it stops in order, with exit code 1. Idempotent."""
        if not self._stopping.is_set():
            _log.error("failed", error=f"{type(error).__name__}: {error}")
            self._exit_code = 1
            self._stopping.set()

    async def run(self) -> int:
        """Go through the numbered steps above and return the exit code of the process."""
        with self._signals():
            if await self._until(self._stopping, self._start()):
                self._health.state = State.READY
                _log.info("ready", parts=len(self._parts))
                await self._stopping.wait()
            self._health.state = State.DRAINING
            if not await self._until(self._at_once, self._end()):
                _log.warning("stopped at once")
                self._exit_code = 1
        _log.info("exit", code=self._exit_code)
        return self._exit_code

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._signalled, number)
        try:
            yield
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)

    def _signalled(self, number: signal.Signals) -> None:
        _log.info("signal", signal=number.name)
        if self._stopping.is_set():
            self._at_once.set()
        # Not ready before the loop turns once more: no probe may see a ready process drain.
        self._health.state = State.DRAINING
        self._stopping.set()

    async def _until(self, event: asyncio.Event, work: Awaitable[None]) -> bool:
        """Do `work` unless `event` comes first; say whether the work was done without a fault."""
        task = asyncio.ensure_future(work)
        interrupt = asyncio.create_task(event.wait())
        try:
            await asyncio.wait((task, interrupt), return_when=asyncio.FIRST_COMPLETED)
        finally:
            interrupt.cancel()
            task.cancel()
            await asyncio.wait((task, interrupt))
        if task.cancelled():
            return False
        if (error := task.exception()) is not None:
            self.fail(error)
            return False
        return not event.is_set()

    async def _start(self) -> None:
        for part in self._parts:
            began = clock.monotonic()
            try:
                await part.start()
            except Exception:
                _log.exception("start failed", part=part.name)
                raise
            self._started.append(part)
            _log.info("started", part=part.name, ms=_ms_since(began))
            if isinstance(part, Mortal):
                self._watchers.append(asyncio.create_task(self._watch(part)))

    async def _watch(self, part: Mortal) -> None:
        self.fail(await part.failure())

    async def _end(self) -> None:
        for watcher in self._watchers:
            watcher.cancel()
        if self._drain is not None and len(self._started) == len(self._parts):
            await self._step("drained", "drain", self._drain(), self._drain_seconds)
        for part in reversed(self._started):
            await self._step("stopped", part.name, part.stop(), self._stop_seconds)

    async def _step(self, event: str, part: str, work: Awaitable[None], deadline: float) -> None:
        began = clock.monotonic()
        try:
            async with asyncio.timeout(deadline):
                await work
        except TimeoutError:
            _log.warning("deadline passed", part=part, step=event, seconds=deadline)
        except Exception:
            self._exit_code = 1
            _log.exception("stop failed", part=part, step=event)
        else:
            _log.info(event, part=part, ms=_ms_since(began))


def main(build: Callable[[Env], Service]) -> NoReturn:
    """Read the settings, build the service, run it on uvloop and exit: what `__main__` calls.

    Wrong settings exit with code 2 and one line each on standard error.
    """
    env = Env()
    log = LogSettings.read(env)
    try:
        service = _build(build, env)
    except SettingsError as error:
        for problem in error.problems:
            sys.stderr.write(problem + "\n")
        sys.exit(2)
    logs_structlog.setup(service.name, log.level, log.format)
    for sentence in env.unknown():
        _log.warning("unknown setting", detail=sentence)
    _spare()
    sys.exit(loop_uvloop.run(service.run()))


def _spare() -> None:
    """Have the search for cycles leave alone what stays, and come less often.

    Everything imported so far is there until the end, and was looked through again and again: a
    sixth of the time of an answer that has thousands of objects. What is made for an answer is gone
    with its last reference; cycles are few, and wait a little longer.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, *gc.get_threshold()[1:])


def _build(build: Callable[[Env], Service], env: Env) -> Service:
    """Build the service; a fault while building on wrong settings is told as those settings."""
    try:
        service = build(env)
    except Exception:
        env.finish()
        raise
    env.finish()
    return service


def _ms_since(began: float) -> int:
    return round((clock.monotonic() - began) * 1000)
