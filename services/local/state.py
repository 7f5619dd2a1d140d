"""What runs, as written down for other commands and the next start; it is a record, no proof.

A pid alone proves nothing, since pids come back: beside each stands the time of the process's
birth as the kernel counts it, and the boot it counts from.
"""

import os
from pathlib import Path

import msgspec

from services.local.errors import LocalError
from services.local.passwords import write_private

FILE = "state.json"


class Process(msgspec.Struct, frozen=True):
    """A process that the supervisor started; `pid` is None while it waits to be started again."""

    name: str
    pid: int | None
    birth: str | None
    port: int
    private_port: int | None
    restarts: int
    stop_order: int
    stop_signal: int
    monitor: int | None = None
    """The port of a foreign server's own monitoring."""


class State(msgspec.Struct, frozen=True):
    """One run of the local stack, in the order of `parley status`."""

    pid: int
    birth: str
    url: str
    drain_seconds: float
    processes: list[Process] = []
    ca: str | None = None
    """Where the root certificate of its HTTPS is; None without TLS."""


def birth(pid: int) -> str | None:
    """Give what tells this process from every other that has or had its pid; None if it is gone.

    Source: proc(5), field 22 of /proc/PID/stat. A zombie counts as gone.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    # The name, field 2, is in parentheses and may hold anything.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else f"{boot}/{fields[19]}"


def runs(pid: int | None, born: str | None) -> bool:
    """Tell whether the very process that was written down is still there."""
    return pid is not None and born is not None and birth(pid) == born


def own_birth() -> str:
    """Give the birth of this process.

    Raises:
        LocalError: this machine has no /proc.
    """
    born = birth(os.getpid())
    if born is None:
        raise LocalError("the local stack needs Linux with /proc mounted.")
    return born


def write(data: Path, state: State) -> None:
    """Replace the record at once.

    Raises:
        OSError: it can't be written.
    """
    write_private(data / FILE, msgspec.json.format(msgspec.json.encode(state)).decode())


def read(data: Path) -> State | None:
    """Give the last record, or None if there is none.

    Raises:
        LocalError: the file can't be read or is not what `write` writes.
    """
    try:
        return msgspec.json.decode((data / FILE).read_bytes(), type=State)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LocalError(f"{data / FILE} can't be read: {error.strerror}.") from error
    except msgspec.DecodeError as error:
        raise LocalError(
            f"{data / FILE} is damaged ({error}); remove it if nothing runs."
        ) from error


def remove(data: Path) -> None:
    """Forget the record: nothing runs. Idempotent."""
    (data / FILE).unlink(missing_ok=True)


def running(data: Path) -> State | None:
    """Give the record if the supervisor that wrote it lives.

    Raises:
        LocalError: as `read`.
    """
    state = read(data)
    return state if state is not None and runs(state.pid, state.birth) else None
