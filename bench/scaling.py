"""One gateway, then two: what a second core brings to a room of many, if there is one."""

from __future__ import annotations

import argparse
import asyncio

from bench.load_picows import Load
from bench.meter import cpu, spread
from bench.servers import devices, parley

SUMMARY = "the same room on one gateway and on two: messages a second, and cores used"
GATEWAYS = (1, 2)
PEOPLE = 20
TEXT = "x" * 100
SECONDS = 120.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """How many sockets, and how much is said."""
    parser.add_argument("--conns", type=int, default=1_000, help="sockets in the room")
    parser.add_argument("--messages", type=int, default=200, help="of a round")
    parser.add_argument("--under-way", type=int, default=32, help="messages under way at any time")
    parser.add_argument("--rounds", type=int, default=5)


async def run(given: argparse.Namespace) -> dict[str, object]:
    """Give what came in a second, and what the gateways needed, by their number."""
    found = {str(count): await _measure(count, given) for count in GATEWAYS}
    figures = {
        count: {what: spread([one[what] for one in rounds]) for what in rounds[0]}
        for count, rounds in found.items()
    }
    return {"sockets": given.conns, "gateways": figures, "rounds": found}


async def _measure(gateways: int, given: argparse.Namespace) -> list[dict[str, float]]:
    now = asyncio.get_running_loop().time
    rounds: list[dict[str, float]] = []
    async with parley(gateways) as stack:
        tokens = await stack.people(PEOPLE)
        room = await stack.room(tokens, list(tokens))
        ways, load = devices(tokens, room, given.conns), Load()
        try:
            for number, url in enumerate(stack.urls):
                await load.open(url, ways[number::gateways])
            for _ in range(given.rounds):
                before, began = cpu(stack.gateway_pids), now()
                await _say(load, given.messages, given.under_way)
                seconds, spent = now() - began, cpu(stack.gateway_pids).since(before)
                rounds.append(
                    {
                        "messages_per_second": round(given.messages / seconds, 1),
                        "gateway_cores": round(spent.all / seconds, 2),
                        "us_a_delivery": round(1e6 * spent.all / given.messages / given.conns, 2),
                    }
                )
        finally:
            await load.close()
    return rounds


async def _say(load: Load, count: int, under_way: int) -> None:
    """Say so many, with so many under way at most; return when everybody has them all."""
    each, start = len(load.ears), load.deliveries
    for number in range(count):
        await load.until(start + each * (number - under_way + 1), SECONDS)
        # By turns: a socket may have so many sends under way, and no more.
        load.ears[number % PEOPLE].say(TEXT)
    await load.until(start + each * count, SECONDS)
    if load.lost:
        raise ConnectionError(f"{load.lost} sockets were closed by the server")
