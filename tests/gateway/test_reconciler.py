"""What presence told nobody of, or what was lost on the way, is found, everyone once a round."""

from __future__ import annotations

import asyncio

import pytest

from gateway.onlooker import Onlooker
from gateway.reconciler import Reconciler
from services.bus import NoResponders
from tests.gateway.running import Fault, House, until
from tests.history.running import user
from tests.system.raw import Raw


async def _watch(socket: Raw, *users: str) -> None:
    answer = await socket.ask({"type": "watch", "id": "w", "users": list(users)})
    assert len(answer["result"]["presence"]) == len(users)


class _Counting(Onlooker):
    """Notes what would be read, and reads nothing."""

    def __init__(self, house: House, watched: int) -> None:
        gateway = house.gateway
        super().__init__(gateway.bus, gateway.greeter._asker, gateway.onlooker._metrics)
        self.reads: list[list[str]] = []
        self.watchlist.hold(self.watchlist.ask("u", ()), (f"u{n}" for n in range(watched)))

    async def read(self, users: list[str]) -> None:
        """Note it."""
        self.reads.append(users)


async def test_a_change_that_nobody_told_is_found(house: House) -> None:
    """By itself, for everyone who watches; a presence that lost its memory is believed."""
    ada, bob = user(), user()
    await house.replica.room(ada, bob)
    async with house.socket(ada) as one, house.socket(bob) as two:
        await _watch(one, bob)
        await _watch(two, bob)
        house.presence.set(bob, "dnd")
        for socket in (one, two):
            assert (await socket.until("presence"))["status"] == "dnd"
        house.presence.forget()
        for socket in (one, two):
            assert (await socket.until("presence"))["status"] == "offline"
            assert await socket.nothing_more() == []


async def test_a_presence_that_is_away_is_asked_again(house: House) -> None:
    """Quietly; so is one whose answer makes no sense."""
    ada = user()
    async with house.socket(ada) as socket:
        await _watch(socket, ada)
        for error in (NoResponders("as asked"), ValueError("as asked")):
            Fault(house.gateway.onlooker, "read", error, 1)
        house.presence.set(ada, "online")
        assert (await socket.until("presence"))["status"] == "online"


async def test_after_a_loss_it_is_tried_until_all_were_read(house: House) -> None:
    """Not a share of them, and not at some later time."""
    counting = _Counting(house, 30)
    reconciler = Reconciler(house.gateway.bus, counting)
    fault = Fault(counting, "read", NoResponders("as asked"), 1)
    reconciler._on_loss("disconnected")
    assert not reconciler._lost.is_set()
    reconciler._on_loss("slow_consumer")
    running = asyncio.create_task(reconciler.run())
    await until(lambda: bool(counting.reads))
    running.cancel()
    assert fault.times == 0
    assert [len(users) for users in counting.reads] == [30]


@pytest.mark.parametrize(("watched", "looks"), [(0, 0), (3, 3), (30, 15), (44, 15)])
async def test_everyone_is_read_once_a_round(house: House, watched: int, looks: int) -> None:
    """A share at a time, spread over 15 looks; then it begins again."""
    counting = _Counting(house, watched)
    reconciler = Reconciler(house.gateway.bus, counting)
    for _ in range(2):
        counting.reads.clear()
        for _ in range(looks):
            await reconciler.look(everyone=False)
        read = [one for users in counting.reads for one in users]
        assert sorted(read) == sorted(counting.watchlist.users())
        assert len(counting.reads) == looks


async def test_a_long_list_is_read_in_parts(house: House) -> None:
    """Presence takes 500 at once; without NATS nothing is asked."""
    counting = _Counting(house, 1_100)
    reconciler = Reconciler(house.gateway.bus, counting)
    await reconciler.look(everyone=True)
    assert [len(users) for users in counting.reads] == [500, 500, 100]
    await house.way.cut()
    await until(lambda: not house.gateway.bus.connected)
    await reconciler.look(everyone=True)
    assert len(counting.reads) == 3
