"""Files while they come in and are worked on; whoever makes one here sees to its end.

What a process that was killed left behind is removed after a day, by any replica.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Final

from media.kind import HEAD_BYTES
from media.store import CHUNK_BYTES, StoreError
from services import clock

LEFT_MS: Final = 86_400_000


class Incoming:
    """A file that is being written; its hash and its beginning are known as it grows."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self.path = path
        self.size = 0
        self._file = file
        self._hash = hashlib.sha256()
        self._head = bytearray()
        self._waiting = bytearray()

    @property
    def head(self) -> bytes:
        """Its first bytes."""
        return bytes(self._head)

    @property
    def sha256(self) -> bytes:
        """The hash of what was written."""
        return self._hash.digest()

    async def write(self, data: bytes) -> None:
        """Add bytes. Raises StoreError, as when the disk is full."""
        self.size += len(data)
        self._head += data[: HEAD_BYTES - len(self._head)]
        self._waiting += data
        if len(self._waiting) >= CHUNK_BYTES:
            await self.flush()

    async def flush(self) -> None:
        """Have everything in the file. Raises StoreError."""
        data, self._waiting = bytes(self._waiting), bytearray()
        try:
            await asyncio.to_thread(self._write, data)
        except OSError as error:
            raise StoreError(f"the file cannot be written: {error.strerror}") from error

    def _write(self, data: bytes) -> None:
        self._hash.update(data)
        self._file.write(data)
        self._file.flush()


class Spool:
    """A part of the service: its folder is there once it has started."""

    name = "spool"

    def __init__(self, root: Path) -> None:
        self.root = root / "incoming"

    async def start(self) -> None:
        """Make the folder. Raises OSError where it cannot be."""
        await asyncio.to_thread(self.root.mkdir, mode=0o700, parents=True, exist_ok=True)

    async def stop(self) -> None:
        """Nothing to do: each upload clears up behind itself."""

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[Path]:
        """A folder of one upload, gone at the end with all that is still in it.

        Raises:
            StoreError: it cannot be made.
        """
        path = self.root / secrets.token_hex(16)
        try:
            await asyncio.to_thread(path.mkdir, mode=0o700)
        except OSError as error:
            raise StoreError(f"nothing can be written: {error.strerror}") from error
        try:
            yield path
        finally:
            await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)

    @asynccontextmanager
    async def incoming(self, desk: Path) -> AsyncIterator[Incoming]:
        """A file on a desk, open for what comes. Raises StoreError."""
        path = desk / "original"
        try:
            file = await asyncio.to_thread(path.open, "xb")
        except OSError as error:
            raise StoreError(f"nothing can be written: {error.strerror}") from error
        with file:
            yield Incoming(path, file)

    async def sweep(self) -> int:
        """Remove the desks of uploads that nobody is at any more; answers how many."""
        return await asyncio.to_thread(self._sweep, clock.now_ms() - LEFT_MS)

    def _sweep(self, before_ms: int) -> int:
        left = [path for path in self.root.iterdir() if path.stat().st_mtime * 1000 < before_ms]
        for path in left:
            shutil.rmtree(path, ignore_errors=True)
        return len(left)
