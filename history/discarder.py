"""Gets rid of a log that is an old copy, and saves what was said into it since; makes no new one.

1. The log takes nothing any more.
2. What it holds and Postgres does not, because it came after the copy was put in place, gets into
   the outbox, in its order: the relay publishes it again, at a new place.
3. The log is removed. The writer finds it gone and makes it anew, above every sequence there was.

If it is interrupted it is begun again: until 3 nothing is gone, and a message that is published
twice is found by its key.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final, NamedTuple

from history import batch, events_postgres, outbox_postgres, rooms_postgres
from proto import subjects
from services import clock
from services.bus import Record
from services.log_nats import Log
from services.pool_postgres import Pool

_PAGE: Final = 500


class Fits(Exception):  # noqa: N818 - a state, named as one
    """The log is the one that was stored from: there is nothing to discard."""


class Discarded(NamedTuple):
    """How many records the log held, and how many of them are published again."""

    records: int
    saved: int


class Discarder:
    """One log, one database."""

    def __init__(self, pool: Pool, log: Log) -> None:
        self._pool = pool
        self._log = log

    async def discard(self) -> Discarded:
        """Do it.

        Raises:
            Fits: the log ends where it should or beyond, and its end is what is stored.
            NotFound: there is no log.
            BusError, Unavailable: NATS or Postgres did not answer; do it again.
        """
        position = await rooms_postgres.position(self._pool)
        state = await self._log.state()
        if state.last_seq >= position and await self._is_stored(position):
            raise Fits(f"the log ends at {state.last_seq}, {position} is stored, and they agree")
        await self._log.suspend()
        state = await self._log.state()
        after = await self._parting(state.first_seq - 1, state.last_seq)
        saved = await self._save(after)
        await self._log.remove()
        return Discarded(state.messages, saved)

    async def _is_stored(self, seq: int) -> bool:
        """Whether what the log has at a place is what is stored; also if it has nothing there."""
        record = await self._log.get(seq) if seq else None
        return record is None or await self._has(record)

    async def _has(self, record: Record) -> bool:
        event = batch.event_of(record)
        return event is None or await events_postgres.has(
            self._pool, event.room, record.seq, event.ts
        )

    async def _parting(self, low: int, high: int) -> int:
        """The last place up to which all is stored, by halving: new records are at the end."""
        while low < high:
            middle = (low + high) // 2
            page = await self._log.read(subjects.ROOM_LOG_ALL, middle, 1, up_to=high)
            if page.records and await self._has(page.records[0]):
                low = page.records[0].seq
            else:
                high = middle
        return low

    async def _save(self, after: int) -> int:
        saved, more = 0, True
        while more:
            page = await self._log.read(subjects.ROOM_LOG_ALL, after, _PAGE)
            async with self._pool.transaction() as connection:
                for room, bodies in _by_room(page.records):
                    await outbox_postgres.put(connection, room, bodies, clock.now_ms())
                    saved += len(bodies)
            after, more = page.records[-1].seq if page.records else after, page.more
        return saved


def _by_room(records: list[Record]) -> Iterator[tuple[str, list[bytes]]]:
    """What can be understood of it, in order, neighbours of one room together."""
    events = [(event.room, record.data) for record in records if (event := batch.event_of(record))]
    for room, group in groupby(events, key=lambda pair: pair[0]):
        yield room, [data for _, data in group]
