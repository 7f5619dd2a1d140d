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

import msgspec

from bench.dialects import Dialect
from bench.load_picows import Load
from bench.meter import cpu, spread
from bench.profile_perf import profile
from bench.servers import PEERS, Server, devices, dialects, install, parley, peer

SUMMARY = "a room of many sockets: processor time a delivery, beside the peers"
PEOPLE = 20
TEXT = "x" * 100
SECONDS = 120.0
SLOW = {"channels": 10, "python-socketio": 4}
"""Of how many messages of a round these take one: each costs them so much more."""
FEW = ("parley", "floor", "ws")
"""Who is measured in rooms of other sizes."""
OTHER_ROUNDS = 3
WATCHED = ("parley", "ws")
"""Whose time is looked into afterwards, for so long."""
WATCHED_SECONDS = 4.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Size, rounds and whom to measure."""
    names = ["parley", *(one.name for one in PEERS)]
    parser.add_argument("--conns", type=int, default=1_000, help="sockets in the room")
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=[10, 100, 5_000], help="other rooms, for a few"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=50, help="in a round, one at a time")
    parser.add_argument("--rate", type=float, default=250.0, help="messages a second in `load`")
    parser.add_argument("--only", nargs="*", choices=names, default=names, metavar="SERVER")


async def run(given: argparse.Namespace) -> dict[str, object]:
    """Give microseconds a delivery by server and way, of all rounds, and for other sizes."""
    await install()
    skipped = {name: why for name in given.only if (why := _missing(name))}
    names = [name for name in given.only if name not in skipped]
    few = [name for name in names if name in FEW]
    whole = await _room(names, given.conns, given.rounds, given, is_watched=True)
    sizes = {}
    for size in given.sizes:
        sizes[str(size)] = (await _room(few, size, OTHER_ROUNDS, given))["servers"]
    return {"sockets": given.conns, "skipped": skipped, **whole, "sizes": sizes}


def _missing(name: str) -> str:
    return next((which.missing() for which in PEERS if which.name == name), "")


async def _room(
    names: list[str],
    conns: int,
    rounds: int,
    given: argparse.Namespace,
    *,
    is_watched: bool = False,
) -> dict[str, object]:
    """Measure these servers, round by round, each with a room of so many."""
    async with AsyncExitStack() as closing:
        stages: list[tuple[Server, Load]] = []
        if "parley" in names:
            stack = await closing.enter_async_context(parley())
            tokens = await stack.people(min(PEOPLE, conns))
            room = await stack.room(tokens, list(tokens))
            ways = devices(tokens, room, conns)
            stages.append((stack.server(), await _open(closing, stack.server(), ways)))
        for which in PEERS:
            if which.name in names:
                server = await closing.enter_async_context(peer(which))
                ways = dialects(which, ["bench"] * conns)
                stages.append((server, await _open(closing, server, ways)))
        found: dict[str, list[dict[str, float]]] = {server.name: [] for server, _ in stages}
        for _ in range(rounds):
            for server, load in stages:
                found[server.name].append(await _round(server, load, given))
        figures = _figures(stages, found)
        if is_watched:
            watched = [stage for stage in stages if stage[0].name in WATCHED]
            figures["profile"] = {
                server.name: await _watch(server, load) for server, load in watched
            }
    return figures


async def _watch(server: Server, load: Load) -> object:
    """Say where the server's time goes, a message at a time; it is no figure, as watching costs."""
    looking = asyncio.create_task(profile(server.pids, WATCHED_SECONDS))
    while not looking.done():
        await _one_by_one(load, 10)
    return msgspec.to_builtins(await looking)


async def _open(closing: AsyncExitStack, server: Server, ways: list[Dialect]) -> Load:
    """Open the sockets, evenly over the server's processes."""
    load = Load()
    closing.push_async_callback(load.close)
    share = len(server.urls)
    for number, url in enumerate(server.urls):
        await load.open(url, ways[number::share])
    return load


async def _round(server: Server, load: Load, given: argparse.Namespace) -> dict[str, float]:
    # As many deliveries whatever the size, within reason: a small room costs little to measure.
    share = given.conns / len(load.ears)
    count = max(10, min(10 * given.messages, round(given.messages * share)))
    messages = max(3, count // SLOW.get(server.name, 1))
    rate = given.rate * min(1.0, share)
    found: dict[str, float] = {}
    for way in ("one", "load"):
        # Under load there is more to do a second, and more has to be done to measure it.
        count = messages if way == "one" else 4 * messages
        began, before = asyncio.get_running_loop().time(), cpu(server.pids)
        try:
            await (_one_by_one(load, count) if way == "one" else _steadily(load, count, rate))
        except TimeoutError:
            had = f"{load.deliveries:,} deliveries came, {load.lost} sockets were closed"
            raise TimeoutError(f"{server.name}, {way}: {had}") from None
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
        load.ears[number % min(PEOPLE, len(load.ears))].say(TEXT)
    await load.until(expected, SECONDS)


def _figures(
    stages: list[tuple[Server, Load]], rounds: dict[str, list[dict[str, float]]]
) -> dict[str, object]:
    servers = {
        name: {
            "bias": next(server.bias for server, _ in stages if server.name == name),
            **{what: spread([one[what] for one in some]) for what in some[0]},
            "rounds": [{what: round(figure, 3) for what, figure in one.items()} for one in some],
        }
        for name, some in rounds.items()
    }
    return {"servers": servers, "ratios": _ratios(rounds)}


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
