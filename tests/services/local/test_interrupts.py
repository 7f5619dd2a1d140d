"""A signal while the stack starts: whenever it comes, nobody is left; `parley up` is elsewhere."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from services.local import datadir, state
from services.local.process import Spec
from services.local.settings import LocalSettings
from services.local.supervisor import Supervisor

TURNS = 12
"""Of the event loop, from the last readiness until the start has surely returned."""


def sleeper(name: str) -> Spec:
    """Describe a process that is ready at once and waits for its end."""

    async def ready() -> bool:
        return True

    return Spec(
        name=name,
        argv=(sys.executable, "-c", "import signal; signal.pause()"),
        environment=dict(os.environ),
        probe=ready,
        port=1,
    )


@pytest.mark.parametrize("turns", range(TURNS))
async def test_a_signal_as_the_last_becomes_ready_leaves_nobody(tmp_path: Path, turns: int) -> None:
    """Each turn of the event loop between the last readiness and the welcome is tried."""
    settings = LocalSettings.read(str(tmp_path), source={"PATH": os.environ["PATH"]})
    datadir.prepare(settings.data)
    loop = asyncio.get_running_loop()
    heard: asyncio.Queue[signal.Signals] = asyncio.Queue()
    started: list[int] = []

    def interrupt(left: int) -> None:
        if left:
            loop.call_soon(interrupt, left - 1)
        else:
            heard.put_nowait(signal.SIGINT)

    def tell(line: str) -> None:
        children = supervisor.stack.children.values()
        if " ready on " in line and all(child.ready for child in children):
            started.extend(child.pid for child in children if child.pid)
            interrupt(turns)

    supervisor = Supervisor(settings, [sleeper("one"), sleeper("two")], tell)
    async with asyncio.timeout(30):
        await supervisor.run(heard)
    assert len(started) == 2
    assert [pid for pid in started if state.birth(pid)] == []
