"""Twelve people in one room through two gateways: one order for all, kept over a restart."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from parley_sdk import Client, Message

from tests.local_stack import LocalStack
from tests.system.conftest import People, Person

CLIENTS = 12
EACH = 50


async def _take(client: Client, room: str, count: int) -> list[tuple[int, str, str]]:
    """Read the first messages of the room: seq, sender, text."""
    taken = []
    async with asyncio.timeout(120):
        async for item in client.events():
            if isinstance(item, Message) and item.room == room:
                assert isinstance(item.seq, int)
                taken.append((item.seq, item.sender, item.text))
                if len(taken) == count:
                    break
    return taken


async def _history(person: Person, room: str) -> list[tuple[int, str, str]]:
    """Page the whole room over HTTP."""
    found: list[tuple[int, str, str]] = []
    after = 0
    while True:
        page = await person.api.messages(room, after=after, limit=100)
        found += [(message.seq, message.sender, message.text) for message in page.messages]
        if not page.more:
            return found
        after = page.messages[-1].seq


async def test_one_order_for_all_and_it_lasts(
    stack: LocalStack, person: People, gateways: tuple[str, str]
) -> None:
    """600 messages of twelve SDK clients: every one sees all of them once, in the same order,
    which is history's too, and a restart of the whole stack keeps them."""
    people = [await person(f"p{n}") for n in range(CLIENTS)]
    room = (await people[0].api.create_room("public", name="Twelve")).id
    for other in people[1:]:
        await other.api.join(room)

    async with AsyncExitStack() as closing:
        clients = [
            await closing.enter_async_context(Client(gateways[n % 2], one.token))
            for n, one in enumerate(people)
        ]

        async def talk(number: int) -> None:
            for turn in range(EACH):
                await clients[number].send(room, f"{number}/{turn}")

        reading = [asyncio.create_task(_take(client, room, CLIENTS * EACH)) for client in clients]
        await asyncio.gather(*(talk(n) for n in range(CLIENTS)))
        seen = await asyncio.gather(*reading)

    order = seen[0]
    assert all(one == order for one in seen)
    assert [seq for seq, _, _ in order] == sorted({seq for seq, _, _ in order})
    texts = [text for _, _, text in order]
    assert sorted(texts) == sorted(f"{n}/{t}" for n in range(CLIENTS) for t in range(EACH))
    for number in range(CLIENTS):
        own = [text for text in texts if text.startswith(f"{number}/")]
        assert own == [f"{number}/{turn}" for turn in range(EACH)]
    assert await _history(people[0], room) == order

    await asyncio.to_thread(stack.restart)
    assert await _history(people[-1], room) == order
    async with Client(stack.url, people[0].token) as again:
        (state,) = [known for known in again.rooms.values() if known.id == room]
        assert state.last_seq >= order[-1][0]
        await again.send(room, "still here")
