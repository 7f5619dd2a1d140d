"""Rooms as large as they get: a million messages, 50,000 members, a person in 500 rooms.

The same is asked of a small room, one request after another, past the load balancer: what a large
history costs is the difference.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable

from parley_sdk import Api, FixedToken

from bench.filling_postgres import FIRST, fill
from bench.hellos import hellos
from bench.meter import percentiles
from bench.servers import Stack, parley
from proto import subjects
from services.bus_nats import Bus
from services.log_nats import Log

SUMMARY = "pages, search and ready where there is very much, and where there is little"
PAGE = 50


def arguments(parser: argparse.ArgumentParser) -> None:
    """How much there is, and how often it is asked for."""
    parser.add_argument("--messages", type=int, default=1_000_000, help="in the large room")
    parser.add_argument("--members", type=int, default=50_000, help="of the large room")
    parser.add_argument("--rooms", type=int, default=500, help="that one person is in")
    parser.add_argument("--people", type=int, default=20, help="each in so many rooms")
    parser.add_argument("--requests", type=int, default=300, help="of each kind")


async def run(given: argparse.Namespace) -> dict[str, object]:
    """Give milliseconds by what was asked."""
    async with parley() as stack:
        tokens = await stack.people(3 + given.people)
        busy, visitor, quiet, *many = tokens
        large = await stack.room(tokens, [busy, visitor])
        small = await stack.room(tokens, [quiet])
        began = time.monotonic()
        await fill(
            stack.postgres_url(),
            room=large,
            readers=[busy, visitor],
            messages=given.messages,
            members=given.members,
            many=[busy, *many],
            rooms=given.rooms,
        )
        filled = time.monotonic() - began
        await _let_go(stack.nats_url(), up_to=FIRST + given.messages)
        figures = {
            "small": await _measure(stack, tokens[quiet], small, 0, given.requests),
            "large": await _measure(stack, tokens[busy], large, given.messages, given.requests),
        }
        greeted = await hellos(
            stack,
            first=tokens[busy],
            small=tokens[quiet],
            large=tokens[visitor],
            many=[tokens[one] for one in many],
        )
    sizes = {"messages": given.messages, "members": given.members, "rooms": given.rooms}
    return {**sizes, "fill_seconds": round(filled, 1), "milliseconds": figures, "hellos": greeted}


async def _let_go(url: str, *, up_to: int) -> None:
    """Empty the log as time would: most of what is large is older than the log is kept."""
    bus = Bus([url], "bench")
    await bus.start()
    try:
        await Log(bus, subjects.ROOMS_STREAM).purge(up_to)
    finally:
        await bus.stop()


async def _measure(
    stack: Stack, token: str, room: str, messages: int, requests: int
) -> dict[str, dict[str, float]]:
    async with Api(stack.history_url(), FixedToken(token)) as api:
        step = max(1, messages // requests)
        middle = {number: max(1, number * step) for number in range(requests)}
        found = {
            "page, newest": lambda _n: api.messages(room, limit=PAGE),
            "page, anywhere": lambda n: api.messages(room, before=middle[n], limit=PAGE),
            "page, around": lambda n: api.messages(room, around=middle[n], limit=PAGE),
            "members": lambda _n: api.members(room, limit=PAGE),
            "search, common word": lambda _n: api.search("common"),
            "search, common once": lambda _n: api.search("forgotten"),
            "search, one in a hundred": lambda _n: api.search("seldom", room=room),
            "search, rare word": lambda _n: api.search("rare"),
            "search, no such word": lambda _n: api.search("nowhere"),
        }
        return {name: await _times(ask, requests) for name, ask in found.items()}


async def _times(ask: Callable[[int], Awaitable[object]], count: int) -> dict[str, float]:
    """Milliseconds, without the first few, which find nothing prepared."""
    loop = asyncio.get_running_loop()
    taken = []
    for number in (0, 0, 0, *range(count)):
        began = loop.time()
        await ask(number)
        taken.append((loop.time() - began) * 1000)
    return percentiles(taken[3:])
