"""What it costs a gateway to let people in, and how fast a storm of them is in."""

from __future__ import annotations

import argparse
import asyncio

from bench.load_picows import Load
from bench.meter import cpu, spread
from bench.servers import devices, parley

SUMMARY = "hello to ready: processor time in the gateway and all services, and sockets a second"
PEOPLE = 50


def arguments(parser: argparse.ArgumentParser) -> None:
    """How many, how many at the same time."""
    parser.add_argument("--conns", type=int, default=500, help="sockets of a round")
    parser.add_argument("--at-once", type=int, default=64, help="being opened at the same time")
    parser.add_argument("--rooms", type=int, default=10, help="that each person is in")
    parser.add_argument("--rounds", type=int, default=5)


async def run(given: argparse.Namespace) -> dict[str, object]:
    """Give milliseconds of processor time a hello, by process."""
    now = asyncio.get_running_loop().time
    rounds: list[dict[str, float]] = []
    async with parley() as stack:
        tokens = await stack.people(PEOPLE)
        for _ in range(given.rooms):
            await stack.room(tokens, list(tokens))
        (gateway,) = stack.gateway_pids
        services = {name: [stack.pids[name]] for name in ("history", "auth", "presence", "nats")}
        measured = {"gateway": [gateway], **services}
        for _ in range(given.rounds):
            load = Load()
            ways = devices(tokens, "", given.conns)
            before = {name: cpu(pids) for name, pids in measured.items()}
            began = now()
            try:
                await load.open(stack.urls[0], ways, given.at_once)
                seconds = now() - began
                spent = {name: cpu(pids).since(before[name]).all for name, pids in measured.items()}
            finally:
                await load.close()
            figures = {f"{name}_ms": 1000 * used / given.conns for name, used in spent.items()}
            rounds.append({**figures, "sockets_per_second": given.conns / seconds})
    return {
        "sockets": given.conns,
        "rooms_of_each": given.rooms,
        "figures": {name: spread([one[name] for one in rounds], 3) for name in rounds[0]},
        "rounds": [{name: round(figure, 3) for name, figure in one.items()} for one in rounds],
    }
