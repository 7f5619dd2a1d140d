"""What the log keeps, read from NATS itself, past every gateway and history."""

from __future__ import annotations

from typing import NamedTuple

import nats

from proto import subjects, wire
from services.bus_nats import Bus
from services.log_nats import Log
from tests.faults import marks
from tests.faults.crowd import entry
from tests.faults.record import Entry

PAGE = 500


class Logged(NamedTuple):
    """Every event of every room that is still there, and where the log begins and ends.

    `words`: the marked words in it.
    """

    events: dict[str, list[Entry]]
    first_seq: int
    last_seq: int
    words: frozenset[str]


async def logged(urls: str) -> Logged:
    """Read it from the leader, record by record: a follower may lag."""
    bus = Bus(tuple(urls.split(",")), "truth")
    await bus.start()
    try:
        log = Log(bus, subjects.ROOMS_STREAM)
        state = await log.state()
        cursor = await log.cursor("truth", subjects.ROOM_LOG_ALL, after=0)
        events: dict[str, list[Entry]] = {}
        words: set[str] = set()
        seen = 0
        while seen < state.last_seq:
            for record in await cursor.fetch(PAGE, 5.0):
                seen = record.seq
                room = subjects.room_of(record.subject)
                assert room is not None
                event = wire.decode_event(wire.place(record.data, record.seq, 0))
                events.setdefault(room, []).append(entry(event, 0))
                words |= marks.found(record.data)
        cursor.close()
        return Logged(events, state.first_seq, state.last_seq, frozenset(words))
    finally:
        await bus.stop()


async def leader(urls: str) -> str:
    """The name of the node that leads the log's stream just now; empty if none does."""
    client = await nats.connect(urls.split(","), allow_reconnect=False)
    try:
        info = await client.jetstream().stream_info(subjects.ROOMS_STREAM)
    finally:
        await client.close()
    return (info.cluster.leader or "") if info.cluster else ""
