"""What a message and a subscription cost in the client library: ours on nats-py, and nats-py's own.

Publishing: the same number of messages into a log of one server, so many under way at any time; the
processor time is this process's. Following: many subjects, each a room, as a gateway has them.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import os
import pstats
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import nats
from nats.aio.client import Client

from bench.meter import spread, uss_bytes
from proto import subjects
from services.bus import StreamSpec
from services.bus_nats import Bus
from services.log_nats import Log
from services.subjects_nats import Subjects
from tests.nats_server import NatsServer

SUMMARY = "what a message and a subscription cost in the NATS client, ours and nats-py's own"
DATA = b"x" * 300
UNDER_WAY = 64
THEIRS = 5_000
"""Subscriptions of nats-py's own kind: at 100,000 it would take half a gigabyte."""
SHOWN = 12
Publish = Callable[[int], Awaitable[object]]


def arguments(parser: argparse.ArgumentParser) -> None:
    """How many messages and rooms."""
    parser.add_argument("--messages", type=int, default=5_000, help="of a round, each way")
    parser.add_argument("--rooms", type=int, default=100_000, help="that are followed")
    parser.add_argument("--rounds", type=int, default=5)


async def run(given: argparse.Namespace) -> dict[str, object]:
    """Give microseconds of this process's time a message and a subject, and bytes a subject."""
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        server = await asyncio.to_thread(NatsServer, Path(folder) / "nats")
        try:
            return await _measure(server.url, given)
        finally:
            await asyncio.to_thread(server.stop)


async def _measure(url: str, given: argparse.Namespace) -> dict[str, object]:
    bus = Bus([url], "bench")
    theirs = await nats.connect(url)
    await bus.start()
    try:
        log, stream = Log(bus, subjects.ROOMS_STREAM), theirs.jetstream()
        spec = StreamSpec(name=subjects.ROOMS_STREAM, subjects=(subjects.ROOM_LOG_ALL,))
        await log.ensure_stream(spec)
        ways: dict[str, Publish] = {
            "ours": lambda n: log.publish("room.log.bench", DATA, f"o{run_of()}-{n}"),
            "nats-py, publish in a gather": lambda n: stream.publish(
                "room.log.bench", DATA, headers={"Nats-Msg-Id": f"t{run_of()}-{n}"}
            ),
        }
        rounds = [
            {name: await _publish(way, given.messages) for name, way in ways.items()}
            for _ in range(given.rounds)
        ]
        profile = await _profile(ways["ours"], given.messages)
        followed = {
            "ours": await _follow_ours(bus, given.rooms),
            "nats-py": await _follow_theirs(theirs, THEIRS),
        }
    finally:
        await bus.stop()
        await theirs.close()
    return {
        "messages": given.messages,
        "under_way": UNDER_WAY,
        "publish_us": {name: spread([one[name] for one in rounds], 1) for name in rounds[0]},
        "profile": profile,
        "followed": followed,
        "rounds": rounds,
    }


def run_of() -> int:
    """A number that no other message has in its id: what is repeated is not stored."""
    return time.perf_counter_ns()


async def _publish(way: Publish, count: int) -> float:
    """Microseconds a message, with so many under way."""
    before = time.process_time()
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            await way(number)

    await asyncio.gather(*(work() for _ in range(UNDER_WAY)))
    return round(1e6 * (time.process_time() - before) / count, 1)


async def _profile(way: Publish, count: int) -> list[dict[str, object]]:
    """Where the time of a message goes: the functions that take most by themselves."""
    profile = cProfile.Profile()
    with profile:
        await _publish(way, count)
    stats = pstats.Stats(profile)
    whole = stats.total_tt  # type: ignore[attr-defined]  # typeshed leaves it out
    rows = sorted(stats.stats.items(), key=lambda row: -row[1][2])  # type: ignore[attr-defined]
    return [
        {"function": f"{Path(file).name}:{name}", "percent": round(100 * own / whole, 1)}
        for (file, _line, name), (_calls, _all, own, _cumulated, _callers) in rows[:SHOWN]
    ]


async def _follow_ours(bus: Bus, rooms: int) -> dict[str, float]:
    followed = Subjects(bus, lambda *_message: None)

    async def follow(number: int) -> None:
        followed.add(subjects.room_live(f"r{number}"))

    return await _follow(follow, bus.flush, rooms)


async def _follow_theirs(theirs: Client, rooms: int) -> dict[str, float]:
    async def heard(_message: object) -> None:
        """Nothing is said here."""

    async def follow(number: int) -> None:
        await theirs.subscribe(f"theirs.{number}", cb=heard)

    return await _follow(follow, theirs.flush, rooms)


async def _follow(
    follow: Callable[[int], Awaitable[None]], flush: Callable[[], Awaitable[None]], rooms: int
) -> dict[str, float]:
    memory, before = uss_bytes(os.getpid()), time.process_time()
    for number in range(rooms):
        await follow(number)
        # The server is to keep up: what waits for it has a bound.
        if number % 1_000 == 0:
            await flush()
    await flush()
    return {
        "rooms": rooms,
        "us_each": round(1e6 * (time.process_time() - before) / rooms, 2),
        "bytes_each": round((uss_bytes(os.getpid()) - memory) / rooms),
    }
