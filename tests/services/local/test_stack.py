"""Several processes: their order up and down, and nothing left when one fails; real processes."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from services.local import process
from services.local.errors import LocalError
from services.local.process import Child, Spec
from services.local.stack import Stack

# Ready a moment after its start, so that an order that is not kept would show.
SERVER = (
    "import pathlib, signal, sys, time; time.sleep(0.1);"
    " pathlib.Path(sys.argv[1]).touch(); signal.pause()"
)


class Story:
    """A stack and what happened in it, in order."""

    def __init__(self, directory: Path) -> None:
        """Tell nothing yet."""
        self.directory = directory
        self.lines: list[str] = []
        self.begun = asyncio.Event()

    def spec(self, name: str, *after: str, stop_order: int = 0, code: str = SERVER) -> Spec:
        """Describe a process."""
        sign = self.directory / name

        async def probe() -> bool:
            return sign.exists()

        return Spec(
            name=name,
            argv=(sys.executable, "-c", code, str(sign)),
            environment=dict(os.environ),
            probe=probe,
            port=1,
            after=after,
            stop_order=stop_order,
            prepare=lambda: sign.unlink(missing_ok=True),
        )

    def stack(self, *specs: Spec) -> Stack:
        """Make the stack."""
        return Stack(specs, self.directory, self._changed)

    def _changed(self, child: Child) -> None:
        what = "ready" if child.ready else "started" if child.pid else "ended"
        self.lines.append(f"{child.spec.name} {what}")
        self.begun.set()


async def test_each_starts_after_those_it_needs(tmp_path: Path) -> None:
    """What does not depend on each other starts at once; the rest waits for readiness."""
    story = Story(tmp_path)
    stack = story.stack(story.spec("c", "a", "b"), story.spec("a"), story.spec("b"))
    await stack.start()
    await stack.stop()
    place = story.lines.index
    assert max(place("a started"), place("b started")) < place("a ready")
    assert max(place("a ready"), place("b ready")) < place("c started")


async def test_they_stop_wave_after_wave(tmp_path: Path) -> None:
    """A server ends only when the services that use it are gone."""
    story = Story(tmp_path)
    stack = story.stack(story.spec("server", stop_order=1), story.spec("service", stop_order=0))
    await stack.start()
    await stack.stop()
    assert story.lines[-2:] == ["service ended", "server ended"]


async def test_when_one_fails_all_are_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left half started, and what needed the failed one was never begun."""
    monkeypatch.setattr(process, "BACKOFF_SECONDS", (0.01, 0.01))
    story = Story(tmp_path)
    stack = story.stack(
        story.spec("good"),
        story.spec("bad", code="raise SystemExit('bad')"),
        story.spec("c", "bad"),
    )
    with pytest.raises(LocalError, match="bad ended"):
        await stack.start()
    assert all(child.pid is None for child in stack.children.values())
    assert "good ended" in story.lines
    assert "c started" not in story.lines


async def test_a_start_that_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C while the processes start."""
    story = Story(tmp_path)
    stack = story.stack(story.spec("a", code="import signal; signal.pause()"), story.spec("b", "a"))
    starting = asyncio.create_task(stack.start())
    await story.begun.wait()
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert all(child.pid is None for child in stack.children.values())
