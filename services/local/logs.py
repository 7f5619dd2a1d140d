"""`parley logs`: prints what the processes said, and follows it; it writes no log."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from services.local.datadir import LOGS
from services.local.errors import LocalError
from services.local.logfile import rotated

FOLLOW_SECONDS = 0.2
LAST_BYTES = 65_536


def read(data: Path, name: str | None, *, follow: bool) -> Iterator[str]:
    """Give the lines of one process, or those of all with the name before each.

    Of each file it begins with the last 64 KB. With `follow` it goes on for ever, through
    rotation and for processes that begin to speak later.

    Raises:
        LocalError: there is no log of that name.
    """
    directory = data / LOGS
    names = [name] if name else _names(directory)
    if not names or (name and not (directory / f"{name}.log").is_file()):
        known = ", ".join(_names(directory)) or "none"
        raise LocalError(
            f"there is no log of {name or 'any process'} in {directory}; logs: {known}."
        )
    tails = {known: Tail(directory / f"{known}.log") for known in names}
    width = max(map(len, names))
    try:
        while True:
            for known, tail in tails.items():
                prefix = "" if name else f"{known:<{width}} | "
                for line in tail.lines():
                    yield prefix + line
            if not follow:
                return
            # Files tell nobody when they grow, short of a library for it.
            time.sleep(FOLLOW_SECONDS)
            if not name:
                for known in _names(directory):
                    tails.setdefault(known, Tail(directory / f"{known}.log"))
    finally:
        for tail in tails.values():
            tail.close()


def _names(directory: Path) -> list[str]:
    return sorted(path.stem for path in directory.glob("*.log"))


class Tail:
    """Reads whole lines of a log as it grows, through its rotation."""

    def __init__(self, path: Path) -> None:
        """Open nothing yet."""
        self._path = path
        self._file: BinaryIO | None = None
        self._rest = b""

    def lines(self) -> list[str]:
        """Give the lines that came since the last call."""
        file = self._file or self._open()
        if file is None:
            return []
        at = file.tell()
        if os.fstat(file.fileno()).st_size < at:  # rotated: the rest is in the copy
            self._rest += _from(rotated(self._path), at)
            file.seek(0)
        self._rest += file.read()
        *whole, self._rest = self._rest.split(b"\n")
        return [line.decode(errors="replace") for line in whole]

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _open(self) -> BinaryIO | None:
        try:
            file = self._file = self._path.open("rb")
        except FileNotFoundError:
            return None
        size = os.fstat(file.fileno()).st_size
        if size > LAST_BYTES:
            file.seek(size - LAST_BYTES)
            file.readline()
        return file


def _from(path: Path, offset: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read()
    except FileNotFoundError:
        return b""
