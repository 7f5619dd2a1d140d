"""A log file of bounded size with one rotation; the process writes into it, nobody in between.

So a process goes on, and is heard, when its supervisor was killed. The price: a rotation copies
and cuts the file while it may be written to, and can lose the lines of that moment.
"""

import contextlib
import os
import shutil
from pathlib import Path
from typing import BinaryIO

MAX_BYTES = 10_000_000
ROTATE_SECONDS = 1.0
"""How often the size is looked at: what is written meanwhile may go beyond MAX_BYTES."""


def rotated(path: Path) -> Path:
    """Where the older part of a log is: a copy, so that an offset in one is an offset in both."""
    return path.with_name(path.name + ".1")


class LogFile:
    """What a process says, in NAME.log; at MAX_BYTES it moves to NAME.log.1."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        """Make nothing yet."""
        self.path = path
        self._max_bytes = max_bytes

    def open(self) -> BinaryIO:
        """Give a file to write to, always at its end, for a process to inherit.

        Raises:
            OSError: it can't be opened.
        """
        # O_APPEND: after a cut the next word goes to the beginning and not to where it was.
        return self.path.open("ab", buffering=0)

    def write(self, line: str) -> None:
        """Add a line of the supervisor's own; on a full disk it is dropped."""
        with contextlib.suppress(OSError), self.open() as file:
            file.write(line.encode() + b"\n")

    def rotate(self) -> None:
        """Cut the file if it is too long. Blocking, about 10 ms for 10 MB."""
        with contextlib.suppress(OSError):
            if self.path.stat().st_size <= self._max_bytes:
                return
            older = rotated(self.path)
            older.unlink(missing_ok=True)
            try:
                shutil.copyfile(self.path, older)
            finally:
                # Also when the disk has no room for the copy: the bound comes first.
                os.truncate(self.path, 0)

    def size(self) -> int:
        """Give its length in bytes; 0 where there is none."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def tail(self, lines: int, since: int = 0) -> list[str]:
        """Give the last lines that say something, for an error message.

        Of what was there at the size `since` none is given, unless the file was cut meanwhile.
        """
        try:
            text = self.path.read_bytes()
        except OSError:
            return []
        new = text[since:] if since <= len(text) else text
        said = new[-8192:].decode(errors="replace")
        return [line for line in said.splitlines() if line.strip()][-lines:]
