"""One child process, kept alive; which processes there are, and their order, is elsewhere."""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from services.local.errors import LocalError
from services.local.logfile import LogFile
from services.local.probes import Probe

BACKOFF_SECONDS = (0.5, 10.0)
# A process that was ready this long has recovered: its next fall begins at the shortest wait.
STEADY_SECONDS = 10.0
PROBE_SECONDS = 0.05
# Long: a machine may be slow or busy, and a process that can't start ends, which is told at once.
START_SECONDS = 180.0
START_ATTEMPTS = 3
STUCK_SECONDS = 5.0
# Settings refused: another attempt can't end otherwise (services/lifecycle.py).
EXIT_SETTINGS = 2


@dataclass(frozen=True, slots=True)
class Spec:
    """What to start, how to see that it is ready, and how to stop it."""

    name: str
    argv: tuple[str, ...]
    probe: Probe
    port: int
    private_port: int | None = None
    # The environment may hold passwords.
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    after: tuple[str, ...] = ()
    # Lower stops earlier; equals stop together.
    stop_order: int = 0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    # Puts right what a killed process left in the way; before every start.
    prepare: Callable[[], None] | None = None
    # The port of its own monitoring: of a foreign server, which has no private port as ours have.
    monitor: int | None = None
    # Says why nothing but another start helps the process; empty while there is no such reason.
    stuck: Callable[[], Awaitable[str]] | None = None


class Child:
    """A process that is started again whenever it ends, until it is stopped.

    Between restarts it waits 0.5 s, doubling to 10 s, with jitter. Its own session keeps the
    terminal's Ctrl-C from it; its output goes to a log file of bounded size.
    """

    def __init__(self, spec: Spec, log: LogFile, changed: Callable[["Child"], None]) -> None:
        """Start nothing; `changed` is called at each start, readiness and end of the process."""
        self.spec = spec
        self.pid: int | None = None
        self.ready = False
        self.restarts = 0
        self.end = ""
        """How the process ended last, in words such as `ended with code 1`."""
        self._stuck = ""
        self._log = log
        self._log_began = 0
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._first_ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def stopping(self) -> bool:
        """Whether its end is wanted: then it is not started again."""
        return self._stopping.is_set()

    async def start(self) -> None:
        """Start the process and wait until it is ready for the first time. Cancelling is safe.

        Raises:
            LocalError: it did not become ready, or fell each time it was started.
        """
        self._log_began = self._log.size()
        self._keeper = asyncio.create_task(self._keep(), name=f"keep {self.spec.name}")
        try:
            async with asyncio.timeout(START_SECONDS):
                await asyncio.shield(self._first_ready)
        except TimeoutError:
            raise LocalError(self._why(f"was not ready within {START_SECONDS:.0f} s")) from None

    def rotate_log(self) -> None:
        """Cut the log file if it is too long."""
        self._log.rotate()

    async def stop(self) -> None:
        """Ask the process to end, make it end at its deadline, and start it no more. Idempotent."""
        self._stopping.set()
        if self._keeper is not None:
            await self._end_process()
            await self._keeper

    def kill(self, sign: signal.Signals = signal.SIGKILL) -> None:
        """Send the process a signal; one that is gone is left alone. It will be started again."""
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, sign)

    async def _end_process(self) -> None:
        process = self._process
        if process is None:
            return
        self.kill(self.spec.stop_signal)
        try:
            async with asyncio.timeout(self.spec.stop_seconds):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    async def _keep(self) -> None:
        wait_seconds = BACKOFF_SECONDS[0]
        chance = random.SystemRandom()
        attempts = 0
        while not self._stopping.is_set():
            code, ready_seconds = await self._run()
            if self._stopping.is_set():
                return
            attempts += 1
            if not self._first_ready.done() and (
                attempts == START_ATTEMPTS or code == EXIT_SETTINGS
            ):
                self._first_ready.set_exception(LocalError(self._why(self.end)))
                return
            if ready_seconds > STEADY_SECONDS:
                wait_seconds = BACKOFF_SECONDS[0]
            await self._pause(wait_seconds * chance.uniform(0.5, 1.0))
            wait_seconds = min(2 * wait_seconds, BACKOFF_SECONDS[1])
            self.restarts += 1

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def _run(self) -> tuple[int, float]:
        """Run the process once, and give its exit code and for how long it was ready."""
        loop = asyncio.get_running_loop()
        try:
            if self.spec.prepare is not None:
                self.spec.prepare()
            with self._log.open() as output:
                process = await asyncio.create_subprocess_exec(
                    *self.spec.argv,
                    env=self.spec.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        except OSError as error:
            self.end = "can't be started"
            self._log.write(f"{self.spec.name} can't be started: {error}")
            return -1, 0.0
        self._process, self.pid = process, process.pid
        self._changed(self)
        if self._stopping.is_set():  # a stop that came while the process was being made
            self.kill(self.spec.stop_signal)
        watching = asyncio.create_task(self._watch_ready())
        minding = asyncio.create_task(self._mind())
        code = await process.wait()
        ready_since = None
        watching.cancel()
        minding.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            ready_since = await watching
        self._process, self.pid, self.ready = None, None, False
        self.end, self._stuck = self._stuck or _end(code), ""
        self._changed(self)
        return code, 0.0 if ready_since is None else loop.time() - ready_since

    async def _watch_ready(self) -> float:
        # Asked again and again: another process has no event to wait for.
        while not await self.spec.probe():  # noqa: ASYNC110
            await asyncio.sleep(PROBE_SECONDS)
        self.ready = True
        if not self._first_ready.done():
            self._first_ready.set_result(None)
        self._changed(self)
        return asyncio.get_running_loop().time()

    async def _mind(self) -> None:
        """End a process that was ready and says that it needs another start."""
        if self.spec.stuck is None:
            return
        # Asked again and again: another process has no event to wait for.
        while not (self.ready and (why := await self.spec.stuck())):  # noqa: ASYNC110
            await asyncio.sleep(STUCK_SECONDS)
        self._stuck = f"had to be started again: {why}"
        # A task of its own: this one ends with the process.
        self._ending = asyncio.create_task(self._end_process())

    def _why(self, what: str) -> str:
        said = "; ".join(self._log.tail(3, self._log_began)) or "it said nothing"
        return f"{self.spec.name} {what} (see {self._log.path}): {said}"


def _end(code: int) -> str:
    if code < 0:
        return f"was ended by signal {-code} ({signal.strsignal(-code)})"
    return f"ended with code {code}"
