"""The data directory: made private, locked by one supervisor; what its servers keep is theirs."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.local.errors import LocalError

LOCK = "lock"
LOGS = "log"
# Less than this and a server would stop in the middle of its start.
MIN_FREE_BYTES = 256_000_000


def prepare(data: Path, min_free_bytes: int = MIN_FREE_BYTES) -> None:
    """Make the directory (mode 0700) with its log directory, and see that there is room in it.

    Raises:
        LocalError: it can't be made or written, or the disk is nearly full.
    """
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        data.chmod(0o700)
        (data / LOGS).mkdir(mode=0o700, exist_ok=True)
        free = shutil.disk_usage(data).free
    except OSError as error:
        raise LocalError(f"the data directory {data} can't be used: {error.strerror}.") from error
    if not os.access(data, os.W_OK | os.X_OK):
        raise LocalError(f"the data directory {data} can't be written by this user.")
    if free < min_free_bytes:
        raise LocalError(
            f"the disk of {data} is full: {free // 1_000_000} MB are free,"
            f" Parley needs {min_free_bytes // 1_000_000} MB."
        )


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Hold the directory for this process; the kernel lets go of it however the process ends.

    Raises:
        LocalError: another process holds it, or the file can't be made.
    """
    try:
        file = (data / LOCK).open("a")
    except OSError as error:
        raise LocalError(f"the data directory {data} can't be used: {error.strerror}.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalError(
                f"Parley already runs in {data}: `parley status` shows it, `parley down` stops it."
            ) from None
        yield
