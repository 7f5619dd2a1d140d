"""One supervised process: kept alive, waited for, stopped; with real processes."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from services.local import process
from services.local.errors import LocalError
from services.local.logfile import LogFile
from services.local.process import Child, Spec

# Says that it is there by a file, as a server does by its port, and waits.
SERVER = "import pathlib, signal, sys; pathlib.Path(sys.argv[1]).touch(); signal.pause()"
# Where the tests run in the background of a script, a child would inherit that SIGINT is ignored.
HEEDING = "import signal; signal.signal(2, signal.default_int_handler); " + SERVER
STUBBORN = "import signal; signal.signal(15, signal.SIG_IGN); " + SERVER
Changes = asyncio.Queue[tuple[int | None, bool]]


class Watch:
    """A child and what it said of itself."""

    def __init__(self, directory: Path, code: str, **more: object) -> None:
        """Start nothing yet."""
        self.sign = directory / "ready"
        self.changes: Changes = asyncio.Queue()
        self.log = LogFile(directory / "child.log")
        spec = Spec(
            name="child",
            argv=(sys.executable, "-c", code, str(self.sign)),
            environment=dict(os.environ),
            probe=self._probe,
            port=1,
            prepare=lambda: self.sign.unlink(missing_ok=True),
            **more,  # type: ignore[arg-type]  # stop_seconds and the like, by name
        )
        self.child = Child(spec, self.log, self._changed)

    async def until(self, wanted: Callable[[int | None, bool], bool]) -> None:
        """Wait for a change of the wanted kind."""
        async with asyncio.timeout(60):
            while not wanted(*await self.changes.get()):
                pass

    async def _probe(self) -> bool:
        return self.sign.exists()

    def _changed(self, child: Child) -> None:
        self.changes.put_nowait((child.pid, child.ready))


async def test_a_killed_process_is_started_again(tmp_path: Path) -> None:
    """Another process is ready in its place, and the restart is counted."""
    watch = Watch(tmp_path, SERVER)
    await watch.child.start()
    await watch.until(lambda _, ready: ready)
    first = watch.child.pid
    watch.child.kill()
    await watch.until(lambda pid, ready: ready and pid != first)
    assert watch.child.restarts == 1
    assert watch.child.end == "was ended by signal 9 (Killed)"
    await watch.child.stop()


async def test_a_process_that_needs_another_start_gets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it says so: it is ended in order, and what is told is why."""
    monkeypatch.setattr(process, "STUCK_SECONDS", 0.01)
    said = iter(["", "no room"])

    async def stuck() -> str:
        return next(said, "")

    watch = Watch(tmp_path, HEEDING, stop_signal=signal.SIGINT, stuck=stuck)
    await watch.child.start()
    first = watch.child.pid
    await watch.until(lambda pid, ready: ready and pid != first)
    assert watch.child.restarts == 1
    assert watch.child.end == "had to be started again: no room"
    await watch.child.stop()
    assert watch.child.end.startswith("was ended by signal 2")


async def test_a_stopped_process_is_gone_and_stays_so(tmp_path: Path) -> None:
    """Its end is an orderly one, by its own signal."""
    watch = Watch(tmp_path, HEEDING, stop_signal=signal.SIGINT)
    await watch.child.start()
    pid = watch.child.pid
    assert pid is not None
    await watch.child.stop()
    await watch.child.stop()
    assert watch.child.pid is None
    assert watch.child.restarts == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert "KeyboardInterrupt" in watch.log.path.read_text()


async def test_one_that_does_not_heed_is_killed_at_its_deadline(tmp_path: Path) -> None:
    """Nothing keeps the stack from stopping."""
    watch = Watch(tmp_path, STUBBORN, stop_seconds=0.2)
    await watch.child.start()
    async with asyncio.timeout(20):
        await watch.child.stop()
    assert watch.child.pid is None


async def test_one_that_falls_at_each_start_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the process, its log and its last words."""
    monkeypatch.setattr(process, "BACKOFF_SECONDS", (0.01, 0.02))
    watch = Watch(tmp_path, "raise SystemExit('no such luck')")
    with pytest.raises(LocalError, match=r"child ended with code 1 .*child\.log.*no such luck"):
        await watch.child.start()
    await watch.child.stop()
    assert watch.log.path.read_text().count("no such luck") == process.START_ATTEMPTS


async def test_refused_settings_are_not_tried_again(tmp_path: Path) -> None:
    """Exit code 2 says that no further attempt can end otherwise."""
    watch = Watch(tmp_path, "print('PARLEY_X: wrong'); raise SystemExit(2)")
    with pytest.raises(LocalError, match="code 2"):
        await watch.child.start()
    await watch.child.stop()
    assert watch.log.path.read_text().count("PARLEY_X: wrong") == 1


async def test_one_that_is_never_ready_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start that hangs ends with a sentence, and what an earlier run said is not in it."""
    monkeypatch.setattr(process, "START_SECONDS", 0.3)
    watch = Watch(tmp_path, "import signal; signal.pause()")
    watch.log.write("of an earlier run")
    with pytest.raises(LocalError, match=r"was not ready within .* it said nothing"):
        await watch.child.start()
    await watch.child.stop()
    assert watch.child.pid is None


async def test_a_missing_program_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that was removed meanwhile falls like one that ends at once."""
    monkeypatch.setattr(process, "BACKOFF_SECONDS", (0.01, 0.02))
    log = LogFile(tmp_path / "child.log")

    async def probe() -> bool:
        return False

    child = Child(Spec("child", (str(tmp_path / "nothing"),), probe, 1), log, lambda _: None)
    with pytest.raises(LocalError, match=r"can't be started: .*No such file"):
        await child.start()
    await child.stop()


async def test_the_wait_between_restarts_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It doubles up to its bound; the jitter takes off half at most."""
    monkeypatch.setattr(process, "BACKOFF_SECONDS", (0.1, 0.4))
    watch = Watch(tmp_path, SERVER)
    await watch.child.start()
    loop = asyncio.get_running_loop()
    waits = []
    for _ in range(4):
        await watch.until(lambda _, ready: ready)
        watch.child.kill()
        await watch.until(lambda pid, _: pid is None)
        ended = loop.time()
        await watch.until(lambda pid, _: pid is not None)
        waits.append(loop.time() - ended)
    await watch.child.stop()
    assert all(wait >= 0.5 * least for wait, least in zip(waits, (0.1, 0.2, 0.4, 0.4), strict=True))


async def test_a_stop_does_not_wait_for_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two attempts there is nothing to end."""
    monkeypatch.setattr(process, "BACKOFF_SECONDS", (30.0, 30.0))
    watch = Watch(tmp_path, SERVER)
    await watch.child.start()
    watch.child.kill()
    await watch.until(lambda pid, _: pid is None)
    async with asyncio.timeout(20):
        await watch.child.stop()


async def test_a_cancelled_start_can_be_stopped(tmp_path: Path) -> None:
    """Ctrl-C during the start leaves nothing behind."""
    watch = Watch(tmp_path, "import signal; signal.pause()")
    starting = asyncio.create_task(watch.child.start())
    await watch.until(lambda pid, _: pid is not None)
    starting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await starting
    await watch.child.stop()
    assert watch.child.pid is None
