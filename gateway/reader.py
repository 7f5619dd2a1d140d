"""Reads a room's past for the gateway: from the stream, else from history; it keeps nothing."""

from __future__ import annotations

import asyncio
import contextlib
from typing import NamedTuple

from gateway.asker import Asker
from gateway.room import Event, erased, is_event, lacks_deleted
from proto import calls, limits, subjects
from services.bus import BusError, BusTimeout, Record
from services.log_nats import Log

_LAG_TRIES = 40
_LAG_PAUSE_SECONDS = 0.05
_HISTORY_EVENTS = 2 * limits.RESUME_EVENTS
"""Most events that history gives in one answer."""


class Stretch(NamedTuple):
    """Log events of a room, in order, all there are in the range read, up to a limit.

    `oldest`: all events of the room from it on are still kept. `known`: as far as was found, what
    the range begins after is an event of the room.
    """

    events: list[Event]
    more: bool
    oldest: int
    known: bool = True


_Range = tuple[str, int, int, int]


class Reader:
    """Many who ask for the same at the same time share one read."""

    def __init__(self, log: Log, asker: Asker) -> None:
        self._log = log
        self._asker = asker
        self._reading: dict[_Range, asyncio.Task[Stretch]] = {}

    async def read(self, room: str, after: int, up_to: int, limit: int) -> Stretch:
        """Read the events of (`after`, `up_to`], at most `limit`. Cancelling leaves the others be.

        Raises:
            BusError: neither the stream nor history could answer.
        """
        key = (room, after, up_to, limit)
        task = self._reading.get(key)
        if task is None:
            task = self._reading[key] = asyncio.create_task(self._read(*key))
            task.add_done_callback(lambda done: self._finished(key, done))
        return await asyncio.shield(task)

    def _finished(self, key: _Range, task: asyncio.Task[Stretch]) -> None:
        self._reading.pop(key, None)
        if not task.cancelled():
            task.exception()  # seen: whoever asked may have gone

    async def _read(self, room: str, after: int, up_to: int, limit: int) -> Stretch:
        stretch = await self._from_stream(room, after, up_to, limit)
        # Asked after the read: what was trimmed before or during it is missing there, unsaid.
        first = (await self._log.state()).first_seq
        if first > after + 1:
            return await self._from_history(room, after, up_to, limit)
        if lacks_deleted(stretch.events, after):
            # The log has erased them; history knows whose they were, and where they stood.
            with contextlib.suppress(BusError):
                return await self._from_history(room, after, up_to, limit)
        return stretch

    async def _from_stream(self, room: str, after: int, up_to: int, limit: int) -> Stretch:
        subject = subjects.room_log(room)
        for _ in range(_LAG_TRIES):
            page = await self._log.read(subject, after, limit, up_to=up_to)
            if page.more or await self._reaches(page.records, subject, up_to):
                # A replica may lag behind an erasure too.
                found = erased(_events(page.records, after))
                return Stretch(found, page.more, after + 1)
            await asyncio.sleep(_LAG_PAUSE_SECONDS)
        raise BusTimeout(f"a replica of the log does not reach {up_to}")

    async def _reaches(self, records: list[Record], subject: str, up_to: int) -> bool:
        """Say whether nothing is missing at the end, as a follower that lags would have it."""
        if records and records[-1].seq == up_to:
            return True
        last = await self._log.get(up_to)
        return last is None or last.subject != subject

    async def _from_history(self, room: str, after: int, up_to: int, limit: int) -> Stretch:
        found: list[Event] = []
        first: calls.EventsReply | None = None
        while True:
            start = found[-1].seq if found else after
            count = min(limit - len(found), _HISTORY_EVENTS)
            reply = await self._asker.events(room, start, count, up_to)
            first = first or reply
            wanted = [event for event in reply.events if event.seq <= up_to]
            found += [Event(event.seq, event.prev, bytes(event.body)) for event in wanted]
            more = reply.more and len(wanted) == len(reply.events)
            if not more or not wanted or len(found) >= limit:
                return Stretch(found, more, first.oldest, first.known)


def _events(records: list[Record], after: int) -> list[Event]:
    """Name for each record the one before it: what was deleted or set aside is no loss."""
    events, prev = [], after
    for record in records:
        if is_event(record.data):
            events.append(Event(record.seq, prev, record.data))
            prev = record.seq
    return events
