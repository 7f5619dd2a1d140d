"""The numbered steps of a process's life, told by parts that write down what happens to them."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable

import pytest

from services.health import Health, State
from services.lifecycle import Service

Step = Callable[[], Awaitable[object]]


class Watched(Health):
    """A health that tells when the process has become ready."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()
        super().__init__()

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if value is State.READY:
            self.ready.set()


class Diary:
    """What happened, in order."""

    def __init__(self) -> None:
        self.entries: list[str] = []
        self.health = Watched()

    def part(self, name: str, start: Step | None = None, stop: Step | None = None) -> "Noted":
        """A part that notes its start and its stop here."""
        return Noted(self, name, start, stop)

    async def drain(self) -> None:
        """A drain that notes the state in which it happens."""
        self.entries.append(f"drain while {self.health.state.value}")


class Noted:
    """A part whose start and stop do what the test says."""

    def __init__(self, diary: Diary, name: str, start: Step | None, stop: Step | None) -> None:
        self.name = name
        self._diary, self._start, self._stop = diary, start, stop

    async def start(self) -> None:
        """Note it, then do what the test says."""
        self._diary.entries.append(f"start {self.name}")
        if self._start is not None:
            await self._start()

    async def stop(self) -> None:
        """Note it, then do what the test says."""
        self._diary.entries.append(f"stop {self.name}")
        if self._stop is not None:
            await self._stop()


class Dying(Noted):
    """A part that dies of itself as soon as it has started."""

    async def failure(self) -> BaseException:
        """Die."""
        return ConnectionError("lost")


async def ready(service: Service, diary: Diary) -> asyncio.Task[int]:
    """Run the service and answer once it is ready."""
    running = asyncio.create_task(service.run())
    await diary.health.ready.wait()
    return running


async def hang() -> None:
    """A step that never ends."""
    await asyncio.Event().wait()


async def fail() -> None:
    """A step that fails."""
    raise ConnectionError("refused")


async def test_parts_start_in_order_and_stop_in_reverse() -> None:
    """A signal leads to: not ready, drain, the parts in reverse order, exit code 0."""
    diary = Diary()
    parts = [diary.part("a"), diary.part("b")]
    running = await ready(Service("demo", parts, health=diary.health, drain=diary.drain), diary)
    diary.entries.append("ready")
    os.kill(os.getpid(), signal.SIGTERM)
    assert await running == 0
    assert diary.entries == [
        *("start a", "start b", "ready"),
        *("drain while draining", "stop b", "stop a"),
    ]


async def test_not_ready_at_once_on_a_signal() -> None:
    """The state changes in the signal's own turn of the loop, before anything else can run."""
    diary = Diary()
    service = Service("demo", [diary.part("a")], health=diary.health)
    running = await ready(service, diary)
    service._signalled(signal.SIGTERM)
    assert (await diary.health.report())[0] is False
    assert await running == 0


async def test_a_start_that_fails_stops_what_had_started() -> None:
    """Part k fails: parts 0 to k-1 stop in reverse, later ones are not touched, exit code 1."""
    diary = Diary()
    parts = [diary.part("a"), diary.part("b"), diary.part("c", start=fail), diary.part("d")]
    service = Service("demo", parts, health=diary.health, drain=diary.drain)
    assert await service.run() == 1
    assert diary.entries == ["start a", "start b", "start c", "stop b", "stop a"]
    assert diary.health.state is not State.READY


async def test_a_signal_during_the_start_ends_it() -> None:
    """A start that waits for a server is cut off, and what had started stops; exit code 0."""
    diary = Diary()

    async def signal_and_hang() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        await hang()

    parts = [diary.part("a"), diary.part("b", start=signal_and_hang), diary.part("c")]
    assert await Service("demo", parts, health=diary.health, drain=diary.drain).run() == 0
    assert diary.entries == ["start a", "start b", "stop a"]


async def test_a_part_that_dies_ends_the_service_in_order() -> None:
    """The others are drained and stopped as ever, and the exit code is 1."""
    diary = Diary()
    parts = [diary.part("a"), Dying(diary, "b", None, None)]
    service = Service("demo", parts, health=diary.health, drain=diary.drain)
    assert await service.run() == 1
    assert diary.entries[2:] == ["drain while draining", "stop b", "stop a"]


async def test_anyone_may_report_that_it_cannot_go_on() -> None:
    """`fail` has the same effect from outside, and the first reason is the one that counts."""
    diary = Diary()
    service = Service("demo", [diary.part("a")], health=diary.health)
    service.fail(ConnectionError("lost"))
    service.fail(ConnectionError("again"))
    assert await service.run() == 1


async def test_a_drain_that_takes_too_long_is_cut_off() -> None:
    """The deadline holds, and the parts stop all the same."""
    diary = Diary()
    parts = [diary.part("a"), diary.part("b")]
    service = Service("demo", parts, health=diary.health, drain=hang, drain_seconds=0.02)
    running = await ready(service, diary)
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(8):
        assert await running == 0
    assert diary.entries[2:] == ["stop b", "stop a"]


async def test_a_stop_that_hangs_or_fails_does_not_hold_the_others() -> None:
    """Each stop has its own deadline; one that raises costs the exit code and no more."""
    diary = Diary()
    parts = [
        diary.part("a"),
        diary.part("b", stop=fail),
        diary.part("c", stop=hang),
    ]
    running = await ready(Service("demo", parts, health=diary.health, stop_seconds=0.02), diary)
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(8):
        assert await running == 1
    assert diary.entries[3:] == ["stop c", "stop b", "stop a"]


async def test_a_second_signal_ends_it_at_once() -> None:
    """No drain and no stop is waited for any more; exit code 1."""
    diary = Diary()

    async def signal_again_and_hang() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        await hang()

    service = Service("demo", [diary.part("a")], health=diary.health, drain=signal_again_and_hang)
    running = await ready(service, diary)
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(8):
        assert await running == 1
    assert diary.entries == ["start a"]


PROGRAM = """
from services import lifecycle
from services.health import Health, State
from services.lifecycle import Service
from services.settings import BaseSettings
from services.worker import Worker
import asyncio, os, signal

health = Health()

async def work():
    while health.state is not State.READY:
        await asyncio.sleep(0.001)
    print(type(asyncio.get_running_loop()).__module__, flush=True)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.Event().wait()

def build(env):
    base = BaseSettings.read(env)
    # Fails for 7, and for the 0 that a wrong value is read as.
    1 / (base.port % 7)
    return Service("demo", [Worker("work", work)], health=health)

lifecycle.main(build)
"""


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program above with these settings."""
    return subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", PROGRAM],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_process_runs_on_uvloop_and_ends_with_its_exit_code() -> None:
    """`main` is the whole program: JSON logs of each step, and 0 after SIGTERM."""
    done = run(PARLEY_POST="1")
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert done.returncode == 0
    assert "uvloop" in done.stdout
    assert [event["event"] for event in events] == [
        *("unknown setting", "started", "ready", "signal", "stopped", "exit"),
    ]
    assert {event["service"] for event in events} == {"demo"}


def test_wrong_settings_exit_with_2_and_a_line_each() -> None:
    """Nothing is started, nothing is logged, and standard error has one sentence a setting."""
    done = run(PARLEY_PORT="x", PARLEY_LOG_LEVEL="loud")
    assert done.returncode == 2
    assert done.stdout == ""
    assert sorted(line.split(":")[0] for line in done.stderr.splitlines()) == [
        "PARLEY_LOG_LEVEL",
        "PARLEY_PORT",
    ]


@pytest.mark.parametrize(("port", "code"), [("7", 1), ("x", 2)])
def test_a_fault_while_building_is_told_as_what_it_is(port: str, code: int) -> None:
    """With good settings it is a traceback; with wrong ones it is those settings."""
    done = run(PARLEY_PORT=port)
    assert done.returncode == code
    assert ("ZeroDivisionError" in done.stderr) is (code == 1)
