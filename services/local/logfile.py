"""A log file of bounded size with one rotation; what is written is not looked at."""

import contextlib
from pathlib import Path
from typing import BinaryIO

MAX_BYTES = 10_000_000


class LogFile:
    """Append to NAME.log; at MAX_BYTES it becomes NAME.log.1 and a new one begins."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        """Open nothing yet: a process that never speaks leaves no file."""
        self.path = path
        self._max_bytes = max_bytes
        self._file: BinaryIO | None = None

    def write(self, data: bytes) -> None:
        """Append, rotating first where it would grow too long.

        A full disk drops what is written here: the process that speaks must not suffer for it.
        """
        with contextlib.suppress(OSError):
            file = self._file or self._open()
            if file.tell() and file.tell() + len(data) > self._max_bytes:
                self.close()
                self.path.replace(self.path.with_name(self.path.name + ".1"))
                file = self._open()
            file.write(data)

    def _open(self) -> BinaryIO:
        self._file = self.path.open("ab", buffering=0)
        return self._file

    def tail(self, lines: int) -> list[str]:
        """Give the last lines, for an error message."""
        try:
            text = self.path.read_bytes()[-8192:].decode(errors="replace")
        except OSError:
            return []
        return [line for line in text.splitlines() if line.strip()][-lines:]

    def close(self) -> None:
        """Close the file; writing again opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None
