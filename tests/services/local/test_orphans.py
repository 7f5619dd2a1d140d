"""Orphans: ended in their order if they are who was written down, and nobody else ever."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from services.local import orphans, state

SLEEP = [sys.executable, "-c", "import signal; print(flush=True); signal.pause()"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal; signal.signal(15, signal.SIG_IGN); print(flush=True); signal.pause()",
]


class Children(list["subprocess.Popen[bytes]"]):
    """Real processes of this test."""

    def start(self, argv: list[str]) -> "subprocess.Popen[bytes]":
        """Start one and wait for its first word."""
        child = subprocess.Popen(argv, stdout=subprocess.PIPE)  # noqa: S603  this Python
        assert child.stdout is not None
        child.stdout.readline()
        self.append(child)
        return child


@pytest.fixture
def children() -> Iterator[Children]:
    """Give a way to start processes, and end what is left of them."""
    started = Children()
    yield started
    for child in started:
        child.kill()
        child.communicate()


def record(*processes: state.Process) -> state.State:
    """Write down processes of a supervisor that is gone."""
    return state.State(0, "", "http://127.0.0.1:1", 0.0, list(processes))


def process(name: str, pid: int | None, birth: str | None, order: int = 0) -> state.Process:
    """Write down one process."""
    return state.Process(name, pid, birth, 1, None, 0, order, signal.SIGTERM)


def test_what_was_left_is_ended(children: Children) -> None:
    """Their own stop signal is enough for those that heed it."""
    child = children.start(SLEEP)
    left = record(process("a", child.pid, state.birth(child.pid)), process("b", None, None))
    assert orphans.end(left) == ["a"]
    assert child.wait(timeout=20) == -signal.SIGTERM


def test_what_does_not_heed_is_killed(children: Children, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next start waits a bounded time."""
    monkeypatch.setattr(orphans, "STOP_SECONDS", 0.1)
    child = children.start(STUBBORN)
    orphans.end(record(process("a", child.pid, state.birth(child.pid))))
    assert child.wait(timeout=20) == -signal.SIGKILL


def test_another_process_with_the_pid_is_left_alone(children: Children) -> None:
    """After a reboot or many processes a pid is somebody else's."""
    child = children.start(SLEEP)
    assert orphans.end(record(process("a", child.pid, "another boot/1"))) == []
    assert child.poll() is None


def test_they_end_wave_after_wave(children: Children) -> None:
    """Services before the servers they still want to speak to."""
    first, second = children.start(SLEEP), children.start(SLEEP)
    left = record(
        process("server", first.pid, state.birth(first.pid), order=3),
        process("service", second.pid, state.birth(second.pid), order=2),
    )
    assert orphans.end(left) == ["service", "server"]
