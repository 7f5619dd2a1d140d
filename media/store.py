"""Where bytes are kept, by names that we make; what they are and whose is the ledger's."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final, Protocol

CHUNK_BYTES: Final = 262_144
"""So much is read and written at a time."""


class StoreError(Exception):
    """The store could not do it; nothing is half there."""


class Missing(StoreError):  # noqa: N818 - a state, named as one
    """There is no such object."""


class Store(Protocol):
    """An object is there whole or not at all, and never changes. All methods raise StoreError."""

    async def put(self, name: str, source: Path) -> None:
        """Keep what is in a file of the spool, durably; the file may be gone then."""
        ...

    def read(self, name: str, start: int, length: int) -> AsyncGenerator[bytes, None]:
        """Bytes of an object, at least one, from `start` on. Raises Missing before the first.

        Whoever does not take all of them closes it.
        """
        ...

    async def remove(self, name: str) -> None:
        """Have an object no more; one that is not there is no news."""
        ...

    async def check(self) -> None:
        """Answer if objects can be kept and read now."""
        ...
