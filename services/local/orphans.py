"""Ends processes whose supervisor was killed; one that only has a pid of theirs is left alone."""

import contextlib
import os
import select
import signal
from collections.abc import Iterable
from itertools import groupby

from services import clock
from services.local.state import Process, State, runs

STOP_SECONDS = 5.0


def end(state: State) -> list[str]:
    """End what is left of a run whose supervisor is gone, in its own order, and give the names.

    Blocking: at most 2 × STOP_SECONDS for each wave. The caller holds the data directory's lock.
    """
    ended = []
    order = sorted(state.processes, key=lambda process: process.stop_order)
    for _, wave in groupby(order, key=lambda process: process.stop_order):
        ended += _end_wave(wave)
    return ended


def wait(handle: int, seconds: float) -> bool:
    """Wait until the process of a pidfd has ended; False if it had not by then."""
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def open_process(pid: int | None, born: str | None) -> int | None:
    """Open the very process that was written down, so that no other can take its place."""
    if pid is None:
        return None
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return None
    # Only now: from here on the pid can't become another's without the handle showing it.
    if runs(pid, born):
        return handle
    os.close(handle)
    return None


def _end_wave(wave: Iterable[Process]) -> list[str]:
    ended = []
    handles = []
    for process in wave:
        handle = open_process(process.pid, process.birth)
        if handle is not None:
            signal.pidfd_send_signal(handle, signal.Signals(process.stop_signal))
            handles.append(handle)
            ended.append(process.name)
    deadline = clock.monotonic() + STOP_SECONDS
    for handle in handles:
        if not wait(handle, max(0.0, deadline - clock.monotonic())):
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
            wait(handle, STOP_SECONDS)
        os.close(handle)
    return ended
