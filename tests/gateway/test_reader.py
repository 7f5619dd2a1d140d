"""Reading a room's past where the log has let go of it: history's answers put together."""

from __future__ import annotations

import asyncio
import json

from gateway.asker import Asker
from gateway.reader import Reader
from proto import subjects
from services.log_nats import Log
from tests.gateway.running import House
from tests.history.running import user


async def test_what_was_erased_is_read_as_a_tombstone(house: House) -> None:
    """The log holds nothing of it: whoever missed it sees where it stood, and what it is to."""
    ada = user()
    room = await house.replica.room(ada)
    said = [await house.peer.say(room, ada, text) for text in ("one", "secret", "three")]
    path = f"/v1/rooms/{room}/messages/{said[1]}"
    await house.replica.ask.ok(ada, "PATCH", path, {"text": "secret, too"})
    await house.replica.ask(ada, "DELETE", path)
    bus = house.gateway.bus
    log = Log(bus, subjects.ROOMS_STREAM)
    assert await log.get(said[1]) is None
    last = (await log.last([subjects.room_log(room)]))[subjects.room_log(room)]
    whole = await Reader(log, Asker(bus)).read(room, said[0], last, 100)
    tombstone, _, edited, deleted = (json.loads(event.data) for event in whole.events)
    assert [event.seq for event in whole.events[:2]] == said[1:]
    assert (tombstone["deleted"], tombstone["text"], tombstone["sender"]) == (True, "", ada)
    assert (edited["type"], edited["text"]) == ("message.edited", "")
    assert (deleted["type"], deleted["target"]) == ("message.deleted", said[1])
    await house.replica.history.pool.stop()
    without = await Reader(log, Asker(bus)).read(room, said[0], last, 100)
    assert [event.seq for event in without.events] == [said[2], whole.events[3].seq]


async def test_what_the_log_let_go_of_is_read_whole(house: House) -> None:
    """In order, up to where it was asked for, also if it is more than history gives at once."""
    ada = user()
    room = await house.replica.room(ada)
    elsewhere = await house.peer.say(await house.replica.room(ada), ada)
    seqs = sorted(await asyncio.gather(*(house.peer.say(room, ada) for _ in range(1_100))))
    await house.replica.stored(seqs[-1])
    await house.peer.log.purge(seqs[-1])
    bus = house.gateway.bus
    reader = Reader(Log(bus, subjects.ROOMS_STREAM), Asker(bus))
    whole = await reader.read(room, seqs[0], seqs[-2], 5_000)
    assert [event.seq for event in whole.events] == seqs[1:-1]
    assert (whole.more, whole.known, whole.oldest) == (False, True, 1)
    part = await reader.read(room, elsewhere, seqs[-1], 1_050)
    assert (len(part.events), part.more, part.known) == (1_050, True, False)
    assert part.events[-1].seq == part.events[0].seq + 1_049
