"""`parley up`: from an empty directory to an address, and back; how a process is kept is elsewhere.

1. The data directory is made and locked; what an earlier run left behind is ended.
2. The address is tried and the database made, before anything is started.
3. The processes start, each after those it needs. A line tells of each that is ready.
4. It waits for SIGINT, SIGTERM or SIGHUP; processes that end are started again.
5. Gateways drain; then everything stops, in waves. A second signal kills what is left.
"""

import asyncio
import os
import resource
import signal
import sys
from collections.abc import Callable

from services.local import datadir, members, orphans, ports, state
from services.local.errors import LocalError
from services.local.passwords import load
from services.local.process import Child, Spec
from services.local.servers import make_postgres
from services.local.settings import LocalSettings
from services.local.stack import Stack

OPEN_FILES = 65_536
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def say(line: str) -> None:
    """Tell the person at the keyboard at once, also through a pipe."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def report(line: str) -> None:
    """Say it as long as somebody reads; what runs goes on and is stopped in order all the same."""
    try:
        say(line)
    except OSError:
        # The pipe or the terminal was closed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def up(settings: LocalSettings) -> None:
    """Run the local stack in the foreground until a signal ends it.

    Raises:
        LocalError: it could not be started; then nothing is left running.
    """
    for slip in settings.slips:
        # Here, where somebody looks: each service tells it too, but in its log.
        say(f"Note: {slip}.")
    datadir.prepare(settings.data)
    _allow_open_files()
    with datadir.locked(settings.data):
        try:
            asyncio.run(_run(settings))
        except OSError as error:
            raise LocalError(f"{settings.data} can't be used: {error}.") from error


async def _run(settings: LocalSettings) -> None:
    stopped = _signals()
    left = state.read(settings.data)
    if left is not None and (ended := await asyncio.to_thread(orphans.end, left)):
        say(f"Ended what an earlier run left behind: {', '.join(ended)}.")
    ports.require_free(settings.port)
    passwords = load(settings.data)
    specs = members.make(settings, passwords)
    if not (settings.data / "postgres").exists():
        say("Making the database …")
        environment = members.foreign_environment(settings.data, settings.environment)
        await asyncio.to_thread(make_postgres, settings.data, passwords, environment)
    supervisor = Supervisor(settings, specs)
    supervisor.write()
    try:
        await supervisor.run(stopped)
    finally:
        state.remove(settings.data)


def _signals() -> "asyncio.Queue[signal.Signals]":
    heard: asyncio.Queue[signal.Signals] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    for sign in SIGNALS:
        loop.add_signal_handler(sign, heard.put_nowait, sign)
    return heard


def _allow_open_files() -> None:
    """Let the processes hold as many sockets as this user may; the usual 1,024 is few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


class Supervisor:
    """Starts the stack, tells of it and writes down what runs."""

    def __init__(
        self, settings: LocalSettings, specs: list[Spec], tell: Callable[[str], None] = report
    ) -> None:
        """Start nothing. Needs a running loop."""
        self.stack = Stack(specs, settings.data / datadir.LOGS, self._changed)
        self._settings = settings
        self._tell = tell
        self._born = state.own_birth()
        self._began = asyncio.get_running_loop().time()
        self._ended: dict[str, float] = {}

    async def run(self, heard: "asyncio.Queue[signal.Signals]") -> None:
        """Start everything, wait for a signal, stop everything.

        Raises:
            LocalError: a process could not be brought up; the others are stopped.
        """
        first = asyncio.create_task(heard.get())
        starting = asyncio.create_task(self.stack.start())
        await asyncio.wait([first, starting], return_when=asyncio.FIRST_COMPLETED)
        if first.done():
            starting.cancel()
            await asyncio.wait([starting])
            if starting.cancelled() or starting.exception() is not None:
                return  # it stopped what it had started
            # The signal came as the last of them became ready: nothing was left to cancel.
            await self._stop(heard)
            return
        try:
            starting.result()
        finally:
            if starting.exception() is not None:
                first.cancel()
        self._welcome()
        await first
        await self._stop(heard)

    def write(self) -> None:
        """Write down what runs, for `parley status` and for the next start."""
        processes = [self._record(child) for child in self.stack.children.values()]
        settings = self._settings
        ca = members.authority(settings)
        record = state.State(
            pid=os.getpid(),
            birth=self._born,
            url=settings.public_url,
            drain_seconds=settings.drain_seconds,
            processes=processes,
            ca=None if ca is None else str(ca),
        )
        state.write(settings.data, record)

    async def _stop(self, heard: "asyncio.Queue[signal.Signals]") -> None:
        self._tell("Stopping: gateways drain first. Once more kills what is left.")
        stop = asyncio.create_task(self.stack.stop())
        again = asyncio.create_task(heard.get())
        await asyncio.wait([stop, again], return_when=asyncio.FIRST_COMPLETED)
        while not stop.done():
            # As often as needed: one wave's end begins the next.
            self.stack.kill()
            await asyncio.wait([stop], timeout=0.1)
        again.cancel()
        await stop
        self._tell("Stopped.")

    def _changed(self, child: Child) -> None:
        try:
            self.write()
        except OSError as error:
            self._tell(f"What runs can't be written down: {error}.")
        if child.stopping:
            return
        name, now = child.spec.name, asyncio.get_running_loop().time()
        if child.ready:
            # Of a start again it matters how long the process was away.
            seconds = now - self._ended.pop(name, self._began)
            again = f" again (start {child.restarts + 1})" if child.restarts else ""
            where = f"{ports.HOST}:{child.spec.port}"
            self._tell(f"{name:<10} ready{again} on {where} after {seconds:.1f} s")
        elif child.pid is None:
            self._ended.setdefault(name, now)
            self._tell(f"{name:<10} {child.end}; `parley logs {name}` has its last words")

    def _record(self, child: Child) -> state.Process:
        spec, pid = child.spec, child.pid
        born = None if pid is None else state.birth(pid)
        return state.Process(
            name=spec.name,
            pid=pid,
            birth=born,
            port=spec.port,
            private_port=spec.private_port,
            restarts=child.restarts,
            stop_order=spec.stop_order,
            stop_signal=spec.stop_signal,
            monitor=spec.monitor,
        )

    def _welcome(self) -> None:
        self._tell(f"Parley is ready at {self._settings.public_url}")
        if (ca := members.authority(self._settings)) is not None:
            self._tell(f"Clients have to trust the root certificate {ca}")
        if self._settings.environment.get("PARLEY_REGISTRATION", "open") == "open":
            self._tell("Anyone who reaches it can register (PARLEY_REGISTRATION=open).")
        self._tell("Ctrl-C or `parley down` stops it.")
