"""Finds where the logs of rooms end, asking as little as it can; what follows is not its matter.

The log can be asked for the end of each room, but that costs by the room, and where it is kept
threefold a question to its leader for each: a follower might not know of the newest. Who has just
asked history knows where each room ended as of a place in the log: then only what came after that
place has to be looked at, which is little whoever asks, and every room in which nothing came ends
where history says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from proto import subjects
from services.log_nats import Log

FEW: Final = 16
"""So many rooms are asked for one by one."""
_EVENTS: Final = 200
"""More than that after what history knows, and each room is asked for, too."""


class Known(NamedTuple):
    """The last event of each of some rooms, as of a place in the log of all rooms."""

    as_of: int
    ends: Mapping[str, int]


class Ends:
    """Asks the log."""

    def __init__(self, log: Log) -> None:
        self._log = log

    async def of(self, rooms: Sequence[str], known: Known | None = None) -> dict[str, int]:
        """The last event of each room, 0 of one that the log never had or has let go of all of.

        Exact: nothing that was in the log before the call is above it, but for events that history
        could not read. What is `known` must be older than the call.

        Raises:
            BusError: the log could not be asked.
        """
        found: dict[str, int] = {}
        unsure: Sequence[str] = rooms
        if known is not None and len(rooms) > FEW:
            moved = await self._moved(known.as_of)
            if moved is not None:
                found = {room: known.ends[room] for room in rooms if room not in moved}
                unsure = [room for room in rooms if room in moved]
        if unsure:
            last = await self._log.last([subjects.room_log(room) for room in unsure])
            found |= {room: last.get(subjects.room_log(room), 0) for room in unsure}
        return found

    async def _moved(self, after: int) -> set[str | None] | None:
        """The rooms in which something came after a place; None if that is not known for sure."""
        state = await self._log.state()
        if not 0 <= state.last_seq - after <= _EVENTS:
            return None  # history is far behind, or the log is another one
        if state.last_seq == after:
            return set()
        page = await self._log.read(subjects.ROOM_LOG_ALL, after, _EVENTS)
        # Whichever replica answered has all of it if it has the last one.
        reaches = bool(page.records) and page.records[-1].seq >= state.last_seq
        if not reaches and (page.more or state.replicas > 1):
            return None
        return {subjects.room_of(record.subject) for record in page.records}
