"""Rooms that nobody here is in any more, and which to follow no longer; a core.

Most who leave come back: out of a tunnel, from another network, after a reload. A room that is
still followed has nothing to be asked for then. Bounded in number and in time, longest first.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

ROOMS: Final = 4_096
"""Most that are kept; one costs about 1 KB, its tail, and what is said in it meanwhile."""
SECONDS: Final = 60.0
"""How long one is kept."""


class Vacant:
    """In the order in which they became empty. Times are of one clock, in seconds."""

    def __init__(self) -> None:
        self._since: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._since)

    def add(self, room: str, now: float) -> None:
        """Keep a room that is not kept yet."""
        self._since[room] = now

    def remove(self, room: str) -> None:
        """Somebody is in it again, or it was given up. Idempotent."""
        self._since.pop(room, None)

    def due(self, now: float, at_most: int) -> list[str]:
        """Take out those that are to be given up: kept for long enough, or too many."""
        found: list[str] = []
        while self._since and len(found) < at_most:
            room, since = next(iter(self._since.items()))
            if len(self._since) <= ROOMS and since + SECONDS > now:
                break
            del self._since[room]
            found.append(room)
        return found

    def clear(self) -> list[str]:
        """Take out all."""
        found, self._since = list(self._since), OrderedDict()
        return found
