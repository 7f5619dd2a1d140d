"""One round: two people talk in a room while their connections are cut; it judges nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from parley_sdk import Api, Client, Gone, Message, Missed, Rewound

from proto import limits
from services import clock
from verify.tally import Tally, Verdict

SEEN_SECONDS = 30.0
"""How long after the last `ok` a message may still be on its way to somebody."""
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is said, and how often a connection is cut meanwhile."""

    messages: int = 100
    cuts: int = 6
    pause_seconds: float = 0.05
    send_seconds: float = 60.0


async def talk(url: str, people: Sequence[Api], plan: Plan) -> Verdict:
    """Make a room, talk in it, compare, and remove it.

    Raises:
        ParleyError: something could not be asked or sent at all.
        TimeoutError: a send was not answered within `send_seconds`.
    """
    first, second = people
    me = await second.me()
    room = (await first.create_room("private", name=f"verify {os.urandom(4).hex()}")).id
    try:
        await first.add_member(room, me.id)
        return await _talk(url, people, room, plan)
    finally:
        await first.delete_room(room)


async def _talk(url: str, people: Sequence[Api], room: str, plan: Plan) -> Verdict:
    tally = Tally(str(index) for index in range(len(people)))
    async with AsyncExitStack() as stack:
        clients = [
            # From the room's beginning, so that nothing depends on who connects first.
            await stack.enter_async_context(Client(url, api.tokens, resume={room: 0}))
            for api in people
        ]
        listening = [
            asyncio.create_task(_listen(client, str(index), room, tally))
            for index, client in enumerate(clients)
        ]
        try:
            await _say(clients, room, tally, plan)
            await _settle(tally)
        finally:
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)
    return tally.verdict(await _history(people[0], room))


async def _say(clients: Sequence[Client], room: str, tally: Tally, plan: Plan) -> None:
    """Say everything, by turns; each cut comes while a message is under way."""
    every = max(1, plan.messages // (plan.cuts + 1))
    for number in range(plan.messages):
        speaker = clients[number % len(clients)]
        tally.said(number, clock.monotonic())
        sending = asyncio.create_task(
            speaker.send(room, f"{number}", timeout_seconds=plan.send_seconds)
        )
        if plan.cuts and number % every == every - 1:
            await asyncio.sleep(0)
            # By turns that of the speaker, and that of who listens.
            clients[(number // every + number) % len(clients)].drop()
        answer = await sending
        tally.acknowledged(number, answer.seq, clock.monotonic())
        await asyncio.sleep(plan.pause_seconds)


async def _listen(client: Client, name: str, room: str, tally: Tally) -> None:
    async for event in client.events():
        if event.room != room:
            continue
        if isinstance(event, Message) and isinstance(event.seq, int):
            tally.seen(name, int(event.text), event.seq, clock.monotonic())
        elif isinstance(event, Missed | Rewound | Gone):
            tally.gap(name)


async def _settle(tally: Tally) -> None:
    """Wait until everybody has seen everything, or it is too late for that."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SEEN_SECONDS):
            while not tally.complete:  # noqa: ASYNC110 - the listeners tell nobody
                await asyncio.sleep(_LOOK_SECONDS)


async def _history(api: Api, room: str) -> dict[int, list[int]]:
    """Read the whole room over HTTP: where each number stands."""
    found: dict[int, list[int]] = {}
    after: int | None = 0
    while after is not None:
        page = await api.messages(room, after=after, limit=limits.PAGE_ITEMS)
        for message in page.messages:
            found.setdefault(int(message.text), []).append(message.seq)
        after = page.messages[-1].seq if page.more and page.messages else None
    return found
