"""The record of what runs: pids are proven by the birth of their process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.local import state
from services.local.errors import LocalError

RECORD = state.State(
    pid=1,
    birth="boot/1",
    url="http://127.0.0.1:8080",
    drain_seconds=3.0,
    processes=[state.Process("nats", None, None, 20_000, None, 2, 3, 15)],
)


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """Nothing is lost between two commands."""
    assert state.read(tmp_path) is None
    state.write(tmp_path, RECORD)
    assert state.read(tmp_path) == RECORD
    state.remove(tmp_path)
    state.remove(tmp_path)
    assert state.read(tmp_path) is None


def test_the_own_process_runs_and_another_birth_does_not() -> None:
    """A pid that came back is not the process that was written down."""
    born = state.own_birth()
    assert state.runs(os.getpid(), born)
    assert not state.runs(os.getpid(), born + "0")
    assert not state.runs(None, born)
    assert not state.runs(os.getpid(), None)


def test_a_zombie_and_the_dead_are_gone() -> None:
    """A process that ended but was not waited for does nothing any more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert state.birth(child.pid) is None
    assert state.birth(child.pid) is None


def test_a_record_of_a_dead_supervisor_is_not_running(tmp_path: Path) -> None:
    """A file alone is no proof."""
    state.write(tmp_path, RECORD)
    assert state.running(tmp_path) is None


def test_a_damaged_record_is_told(tmp_path: Path) -> None:
    """What may still run can't be guessed."""
    (tmp_path / state.FILE).write_text("{}")
    with pytest.raises(LocalError, match="is damaged"):
        state.read(tmp_path)
