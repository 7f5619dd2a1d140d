"""`parley status` and `parley down`: what runs in a data directory; it starts nothing."""

import asyncio
import os
import signal
from pathlib import Path

import msgspec

from services.local import orphans, state
from services.local.errors import LocalError
from services.local.members import probe_of
from services.local.passwords import Passwords, load

# Beyond the drain: the waves of the stop, each with its deadline.
DOWN_SECONDS = 60.0


class ProcessStatus(msgspec.Struct, frozen=True):
    """One process as other tools see it; `private_port` serves /metrics and the probes."""

    name: str
    pid: int | None
    port: int
    private_port: int | None
    ready: bool
    restarts: int


class Status(msgspec.Struct, frozen=True):
    """The whole; `url` is None and there are no processes when nothing runs.

    `ca` is the file of the root certificate to trust, and None without TLS.
    """

    url: str | None
    ca: str | None
    processes: list[ProcessStatus]


def status(data: Path) -> Status:
    """Ask each process now whether it is ready. Blocking, at most a few seconds.

    Raises:
        LocalError: the records of the data directory are damaged.
    """
    recorded = state.running(data)
    if recorded is None:
        return Status(None, None, [])
    found = asyncio.run(_ask(recorded, load(data)))
    return Status(recorded.url, recorded.ca, found)


async def _ask(recorded: state.State, passwords: Passwords) -> list[ProcessStatus]:
    ca = None if recorded.ca is None else Path(recorded.ca)
    asked = (_ask_one(one, passwords, ca) for one in recorded.processes)
    return list(await asyncio.gather(*asked))


async def _ask_one(one: state.Process, passwords: Passwords, ca: Path | None) -> ProcessStatus:
    lives = state.runs(one.pid, one.birth)
    ready = lives and await probe_of(one, passwords, ca)()
    pid = one.pid if lives else None
    return ProcessStatus(one.name, pid, one.port, one.private_port, ready, one.restarts)


def down(data: Path) -> list[str]:
    """Stop what runs and wait until it is gone; give the names of what was stopped. Idempotent.

    Raises:
        LocalError: the supervisor did not end in time.
    """
    recorded = state.read(data)
    if recorded is None:
        return []
    names = [process.name for process in recorded.processes]
    handle = orphans.open_process(recorded.pid, recorded.birth)
    if handle is None:
        names = orphans.end(recorded)
        state.remove(data)
        return names
    try:
        signal.pidfd_send_signal(handle, signal.SIGTERM)
        if not orphans.wait(handle, recorded.drain_seconds + DOWN_SECONDS):
            raise LocalError(
                f"the supervisor (pid {recorded.pid}) did not end in time: send SIGTERM once more"
                " to kill what is left."
            )
    finally:
        os.close(handle)
    return names


def table(found: Status) -> str:
    """Give the status for people."""
    rows = [("NAME", "PID", "PORT", "PRIVATE", "READY", "RESTARTS")]
    for one in found.processes:
        ready = "yes" if one.ready else "no"
        cells = (one.name, one.pid or "-", one.port, one.private_port or "-", ready, one.restarts)
        rows.append(tuple(map(str, cells)))  # type: ignore[arg-type]  # six in, six out
    lines = ["".join(f"{cell:<12}" for cell in row).rstrip() for row in rows]

    trust = [] if found.ca is None else [f"root certificate: {found.ca}"]
    return "\n".join([*lines, f"{found.url}", *trust])
