"""One room of many: what it costs a server to give a message to each of them.

`one`: the next message is said when everybody has the one before. `load`: so many are said a
second, whether the ones before have come or not. Every round measures each server once, one after
the other, so that what else the machine does meets all alike; the processor time is the kernel's,
of the server's processes alone.
"""

from __future__ import annotations

import argparse
import asyncio
from contextlib import AsyncExitStack

from bench.dialects import Dialect
from bench.load_picows import Load
from bench.meter import cpu, spread
from bench.servers import PEERS, Server, devices, dialects, install, parley, peer

SUMMARY = "a room of many sockets: processor time a delivery, beside the peers"
PEOPLE = 20
TEXT = "x" * 100
SECONDS = 120.0
SLOW = {"channels": 10, "python-socketio": 4}
"""Of how many messages of a round these take one: each costs them so much more."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Size, rounds and whom to measure."""
    names = ["parley", *(one.name for one in PEERS)]
    parser.add_argument("--conns", type=int, default=1_000, help="sockets in the room")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=50, help="in a round, one at a time")
    parser.add_argument("--rate", type=float, default=250.0, help="messages a second in `load`")
    parser.add_argument("--only", nargs="*", choices=names, default=names, metavar="SERVER")


async def run(given: argparse.Namespace) -> dict[str, object]:
    """Give microseconds a delivery by server and way, of all rounds."""
    await install()
    async with AsyncExitStack() as closing:
        stages: list[tuple[Server, Load]] = []
        if "parley" in given.only:
            stack = await closing.enter_async_context(parley())
            tokens = await stack.people(PEOPLE)
            room = await stack.room(tokens, list(tokens))
            ways = devices(tokens, room, given.conns)
            stages.append((stack.server(), await _open(closing, stack.server(), ways)))
        for which in PEERS:
            if which.name in given.only:
                server = await closing.enter_async_context(peer(which))
                ways = dialects(which, ["bench"] * given.conns)
                stages.append((server, await _open(closing, server, ways)))
        rounds: dict[str, list[dict[str, float]]] = {server.name: [] for server, _ in stages}
        for _ in range(given.rounds):
            for server, load in stages:
                rounds[server.name].append(await _round(server, load, given))
    return _figures(stages, rounds, given.conns)


async def _open(closing: AsyncExitStack, server: Server, ways: list[Dialect]) -> Load:
    """Open the sockets, evenly over the server's processes."""
    load = Load()
    closing.push_async_callback(load.close)
    share = len(server.urls)
    for number, url in enumerate(server.urls):
        await load.open(url, ways[number::share])
    return load


async def _round(server: Server, load: Load, given: argparse.Namespace) -> dict[str, float]:
    messages = max(3, given.messages // SLOW.get(server.name, 1))
    found: dict[str, float] = {}
    for way in ("one", "load"):
        # Under load there is more to do a second, and more has to be done to measure it.
        count = messages if way == "one" else 4 * messages
        began, before = asyncio.get_running_loop().time(), cpu(server.pids)
        await (_one_by_one(load, count) if way == "one" else _steadily(load, count, given.rate))
        if load.lost:
            raise ConnectionError(f"{load.lost} sockets were closed by the server")
        spent = cpu(server.pids).since(before)
        seconds = asyncio.get_running_loop().time() - began
        deliveries = count * len(load.ears)
        found[f"{way}_us"] = 1e6 * spent.all / deliveries
        found[f"{way}_user_us"] = 1e6 * spent.user / deliveries
        found[f"{way}_messages_per_second"] = count / seconds
    return found


async def _one_by_one(load: Load, count: int) -> None:
    """Say each when everybody has the one before; return when everybody has them all."""
    for _ in range(count):
        expected = load.deliveries + len(load.ears)
        load.ears[0].say(TEXT)
        await load.until(expected, SECONDS)


async def _steadily(load: Load, count: int, rate: float) -> None:
    """Say so many a second, or all that are due where this process was late; then the same."""
    loop = asyncio.get_running_loop()
    began, expected = loop.time(), load.deliveries + count * len(load.ears)
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number / rate - loop.time()))
        # By turns: a socket may have so many sends under way, and no more.
        load.ears[number % PEOPLE].say(TEXT)
    await load.until(expected, SECONDS)


def _figures(
    stages: list[tuple[Server, Load]], rounds: dict[str, list[dict[str, float]]], conns: int
) -> dict[str, object]:
    servers = {
        name: {
            "bias": next(server.bias for server, _ in stages if server.name == name),
            **{what: spread([one[what] for one in some]) for what in some[0]},
            "rounds": [{what: round(figure, 3) for what, figure in one.items()} for one in some],
        }
        for name, some in rounds.items()
    }
    return {"sockets": conns, "servers": servers, "ratios": _ratios(rounds)}


def _ratios(rounds: dict[str, list[dict[str, float]]]) -> dict[str, object]:
    """What Parley needs of each peer's time: round by round, as the machine changes."""
    own = rounds.get("parley")
    if own is None:
        return {}
    return {
        name: {
            way: spread(
                [mine[way] / max(1e-9, his[way]) for mine, his in zip(own, some, strict=True)]
            )
            for way in ("one_us", "load_us")
        }
        for name, some in rounds.items()
        if name != "parley"
    }
