"""Brings what history counted of rooms up to the present; who is shown it is not decided here."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from gateway.fanout import Entry, Fanout
from gateway.reader import Reader
from gateway.room import Event
from proto import calls, shapes
from services.bus import BusError

READ_TRIES = 3
"""How often a read of the log is repeated because the tail moved on beyond it meanwhile."""
_CATCH_UP_EVENTS = 500

Beyond = tuple[Entry, calls.RoomAsOf, list[Event]]
"""A room, what history says of it, and the log's events after that."""


class Surveyor:
    """Mostly the tails of the rooms suffice, and nothing is read."""

    def __init__(self, fanout: Fanout, reader: Reader) -> None:
        self._fanout = fanout
        self._reader = reader

    async def beyond(self, known: Sequence[tuple[Entry, calls.RoomAsOf]]) -> list[Beyond]:
        """What the log holds beyond what history has counted, all of it as of this very moment.

        Raises:
            BusError: history lags too far behind the log, or it cannot be read.
        """
        # Not `as_of`, which is the whole log's: a quiet room would seem to be behind it for ever.
        await self._fanout.reach((entry, state.room.last_seq) for entry, state in known)
        read: dict[str, tuple[Sequence[Event], int]] = {}
        for _ in range(READ_TRIES):
            found: list[Beyond] = []
            for entry, state in known:
                events, end = read.get(entry.id, ((), state.as_of))
                later = entry.room.since(end)
                if later is None:
                    read[entry.id] = await self._before_tail(entry, state.as_of)
                else:
                    found.append((entry, state, [*events, *later]))
            if len(found) == len(known):
                return found  # nothing was awaited in this round
        raise BusError("the log goes on faster than it can be read")

    async def _before_tail(self, entry: Entry, as_of: int) -> tuple[Sequence[Event], int]:
        """The events above `as_of` up to where the tail begins, and where that is."""
        end = entry.room.tail_from
        stretch = await self._reader.read(entry.id, as_of, end, _CATCH_UP_EVENTS)
        if stretch.more:
            raise BusError(f"history lags more than {_CATCH_UP_EVENTS} events behind")
        # Others will ask for the same; a tail has a bound, so this may come to nothing.
        entry.room.extend_back(stretch.events, as_of, end)
        return stretch.events, end


def at(room: shapes.Room, last: int) -> shapes.Room:
    """The room with `last_seq` where the live events go on."""
    return room if room.last_seq == last else msgspec.structs.replace(room, last_seq=last)
