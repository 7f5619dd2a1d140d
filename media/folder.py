"""Keeps objects as files of a folder; a name says where, so nothing is looked up.

A file is written beside, brought to the disk, and then renamed: whenever the process or the machine
dies, there is the whole object or none (rename(2); the folder is brought to the disk as well).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from pathlib import Path

from media.store import CHUNK_BYTES, Missing, StoreError


class Folder:
    """A store on a disk. Several processes may share the folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, name: str, source: Path) -> None:
        """As `Store`; `source` has to be on the same file system."""
        try:
            await asyncio.to_thread(self._put, name, source)
        except OSError as error:
            raise StoreError(f"{name} cannot be kept: {error.strerror}") from error

    async def read(self, name: str, start: int, length: int) -> AsyncGenerator[bytes, None]:
        """As `Store`."""
        try:
            file = await asyncio.to_thread(self._path(name).open, "rb")
        except FileNotFoundError:
            raise Missing(name) from None
        except OSError as error:
            raise StoreError(f"{name} cannot be read: {error.strerror}") from error
        with file:
            file.seek(start)
            while length > 0:
                data = await asyncio.to_thread(file.read, min(CHUNK_BYTES, length))
                if not data:
                    raise StoreError(f"{name} is shorter than it was")
                length -= len(data)
                yield data

    async def remove(self, name: str) -> None:
        """As `Store`."""
        try:
            await asyncio.to_thread(self._path(name).unlink, missing_ok=True)
        except OSError as error:
            raise StoreError(f"{name} cannot be removed: {error.strerror}") from error

    async def check(self) -> None:
        """As `Store`: the folder is there, and may be written."""
        if not await asyncio.to_thread(os.access, self._root, os.W_OK | os.X_OK):
            raise StoreError(f"the folder {self._root} cannot be written")

    def _put(self, name: str, source: Path) -> None:
        path = self._path(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with source.open("rb") as file:
            os.fsync(file.fileno())
        source.replace(path)
        for folder in (path.parent, path.parent.parent):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _path(self, name: str) -> Path:
        # In 256 folders: none of them grows beyond what is quick to look at.
        return self._root / "objects" / name[:2] / name
