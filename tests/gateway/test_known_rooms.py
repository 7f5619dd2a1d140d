"""What is not asked of the log at a hello: where rooms end that history, or the gateway, knows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from gateway import ends, vacant
from gateway.ends import Ends, Known
from proto import subjects
from services.log_nats import Log
from tests.gateway.running import House, Pause, until
from tests.history.running import user


class Asked:
    """Notes of which rooms the end was asked for, and has it answered."""

    def __init__(self, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take the place of `log.last`."""
        self._last = log.last
        self.rooms: list[str | None] = []
        monkeypatch.setattr(log, "last", self)

    async def __call__(self, wanted: Sequence[str]) -> dict[str, int]:
        """Ask."""
        self.rooms += [subjects.room_of(subject) for subject in wanted]
        return await self._last(wanted)


async def test_where_rooms_end_is_asked_of_those_that_went_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Since history answered; of all where that is too much to look at, or history is ahead of the
    log. What is then in `ready` and what follows is the log."""
    monkeypatch.setattr(ends, "FEW", 0)
    ada, bob = user(), user()
    calm, lively = await house.replica.room(ada, bob), await house.replica.room(ada, bob)
    first = await house.peer.say(calm, ada)
    before = await house.peer.say(lively, ada)
    await house.replica.stored(before)
    asked = Asked(house.gateway.fanout._log, monkeypatch)
    pause = Pause(house.gateway.greeter._asker, "rooms_of")
    socket = house.socket(bob)
    entering = asyncio.create_task(socket.__aenter__())
    async with asyncio.timeout(10):
        await pause.answered.wait()
    last = await house.peer.say(lively, ada)
    pause.end()
    await entering
    try:
        assert asked.rooms == [lively]
        known = {room["id"]: (room["last_seq"], room["unread"]) for room in socket.ready["rooms"]}
        assert known == {calm: (first, 1), lively: (last, 2)}
        later = [await house.peer.say(room, ada) for room in (calm, lively)]
        assert [(await socket.until("message"))["seq"] for _ in later] == later
        assert await socket.nothing_more() == []
    finally:
        await socket.__aexit__(None, None, None)
    there = Ends(house.gateway.fanout._log)
    told = {calm: 1, lively: 2}
    assert await there.of([calm, lively], Known(later[1], told)) == told
    for as_of in (later[1] + 1, before):
        monkeypatch.setattr(ends, "_EVENTS", 2)
        right = dict(zip((calm, lively), later, strict=True))
        assert await there.of([calm, lively], Known(as_of, told)) == right


async def test_a_room_is_followed_until_nobody_has_come_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who comes back soon finds it whole, and nothing is asked; what was lost meanwhile is no
    hole that anybody is shown. After a while, or a loss, it is given up."""
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    fanout = house.gateway.fanout
    async with house.socket(bob):
        pass
    await until(house.holds_nothing)
    assert len(fanout) == len(fanout.vacant) == 1
    asked = Asked(fanout._log, monkeypatch)
    said = await house.peer.say(room, ada)
    async with house.socket(bob) as socket:
        (known,) = socket.ready["rooms"]
        assert (known["last_seq"], known["unread"], asked.rooms) == (said, 1, [])
        said = await house.peer.say(room, ada)
        assert (await socket.until("message"))["seq"] == said
    await until(house.holds_nothing)
    # An event is lost: the next one shows it.
    assert fanout._subjects.remove(subjects.room_live(room))
    missed = await house.peer.say(room, ada)
    entry = fanout.get(room)
    assert entry is not None
    fanout._release_events(entry, entry.room.accept(missed + 1, missed, b'{"type":"message",}'))
    assert len(fanout) == 0
    async with house.socket(bob) as socket:
        assert socket.ready["rooms"][0]["last_seq"] == missed
    await until(house.holds_nothing)
    house.gateway.bus._tell("slow_consumer")
    assert len(fanout) == 0
    monkeypatch.setattr(vacant, "SECONDS", 0.0)
    async with house.socket(bob):
        pass
    await until(lambda: len(fanout) == 0)
    assert house.metric("gaps_lost_total") == house.metric("gaps_healed_total") == 0
