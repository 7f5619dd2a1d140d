"""What an idle signed-in socket keeps of a gateway's memory, everything counted."""

from __future__ import annotations

import argparse
import asyncio

from bench.dialects import Dialect, Parley
from bench.idle_parts import weigh
from bench.load_picows import Load
from bench.meter import uss_bytes
from bench.servers import Stack, parley

SUMMARY = "idle sockets in 10 rooms of 10 people each: memory of the gateway a socket"
ROOMS = 10
"""Each person is in so many rooms, of as many people, all of whom are on this gateway."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """How many people; each has one socket."""
    parser.add_argument("--conns", type=int, default=500, help="people, rounded to whole rooms")
    parser.add_argument("--settle", type=float, default=12.0, help="seconds before it is measured")


async def run(given: argparse.Namespace) -> dict[str, object]:
    """Give bytes a socket: of the whole process, from without any socket to all of them."""
    people = given.conns - given.conns % ROOMS
    async with parley() as stack:
        tokens = await stack.people(people)
        await _rooms(stack, tokens)
        (pid,) = stack.gateway_pids
        load = Load()
        ways: list[Dialect] = [Parley("", token) for token in tokens.values()]
        try:
            # A few first: what the first of anything costs is not the price of the next.
            await load.open(stack.urls[0], ways[:ROOMS])
            await asyncio.sleep(given.settle)
            before = uss_bytes(pid)
            await load.open(stack.urls[0], ways[ROOMS:])
            await asyncio.sleep(given.settle)
            after = uss_bytes(pid)
        finally:
            await load.close()
    opened = people - ROOMS
    return {
        "sockets": opened,
        "rooms_of_each": ROOMS,
        "people_in_a_room": ROOMS,
        "lost_sockets": load.lost,
        "uss_bytes_before": before,
        "uss_bytes_after": after,
        "bytes_a_socket": round((after - before) / opened),
        "parts": await _table(round((after - before) / opened)),
    }


async def _table(whole: int) -> dict[str, int]:
    """What of it is which of our objects; the rest is uvloop's handle and the allocator's."""
    parts = await weigh(200, ROOMS)
    return {**parts, "the rest: uvloop, allocator": whole - sum(parts.values())}


async def _rooms(stack: Stack, tokens: dict[str, str]) -> None:
    """As many rooms as people: the circle of people is cut into tens at ten different places."""
    users = list(tokens)
    gate = asyncio.Semaphore(4)

    async def make(start: int) -> None:
        async with gate:
            await stack.room(tokens, [users[(start + n) % len(users)] for n in range(ROOMS)])

    await asyncio.gather(*map(make, range(len(users))))
