"""Messages stored a second by the process of history that stores, and pages of what it stored.

The log is filled while history is stopped (SIGSTOP), as after an hour without Postgres; then it
goes on, and what counts is the time until Postgres has it all. Nothing else is said meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import time
from collections.abc import Sequence

from parley_sdk import Api, FixedToken

from bench.meter import family, percentiles, since, spread
from bench.servers import Stack, parley
from bench.watching_postgres import watching
from proto import events, ids, subjects, wire
from services.bus_nats import Bus
from services.log_nats import Log

SUMMARY = "messages that history stores a second, what that costs, and pages of 50 of them"
TEXT = "x" * 100
AT_ONCE = 256
SECONDS = 120.0
PAGE = 50


def arguments(parser: argparse.ArgumentParser) -> None:
    """How much is stored, where, and how often it is asked for."""
    parser.add_argument("--messages", type=int, default=10_000, help="of a round")
    parser.add_argument("--rooms", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pages", type=int, default=300)


async def run(given: argparse.Namespace) -> dict[str, object]:
    """Give messages a second, processor time a message, and milliseconds a page."""
    rounds: list[dict[str, float]] = []
    async with parley() as stack:
        tokens = await stack.people(2)
        rooms = [await stack.room(tokens, list(tokens)) for _ in range(given.rooms)]
        bus = Bus([stack.nats_url()], "bench")
        await bus.start()
        try:
            log = Log(bus, subjects.ROOMS_STREAM)
            for _ in range(given.rounds):
                rounds.append(await _round(stack, log, rooms, next(iter(tokens)), given.messages))
        finally:
            await bus.stop()
        pages = await _pages(stack, next(iter(tokens.values())), rooms, given.pages)
    return {
        "messages": given.messages,
        "rooms": given.rooms,
        **{what: spread([one[what] for one in rounds], 1) for what in rounds[0]},
        "page_ms": pages,
        "rounds": rounds,
    }


async def _round(
    stack: Stack, log: Log, rooms: Sequence[str], sender: str, count: int
) -> dict[str, float]:
    pids = {name: stack.pids[name] for name in ("history", "postgres")}
    async with watching(stack.postgres_url()) as until_stored:
        os.kill(pids["history"], signal.SIGSTOP)
        try:
            last = await _fill(log, rooms, sender, count)
            before = {name: family(pid) for name, pid in pids.items()}
            began = time.perf_counter()
        finally:
            os.kill(pids["history"], signal.SIGCONT)
        await until_stored(last, SECONDS)
        seconds = time.perf_counter() - began
        after = {name: family(pid) for name, pid in pids.items()}
    spent = {name: since(before[name], after[name]) for name in pids}
    return {
        "stored_per_second": round(count / seconds, 1),
        **{f"{name}_us": round(1e6 * used / count, 1) for name, used in spent.items()},
    }


async def _fill(log: Log, rooms: Sequence[str], sender: str, count: int) -> int:
    """Publish so many, by turns into the rooms; give the last one's place."""
    numbers = iter(range(count))
    last = 0

    async def work() -> None:
        nonlocal last
        for number in numbers:
            room = rooms[number % len(rooms)]
            now_ms = time.time_ns() // 1_000_000
            key = ids.uuid7(now_ms, os.urandom(10))
            message = events.Message(
                room=room, ts=now_ms, id=key, sender=sender, sender_name="Bench", text=TEXT
            )
            ack = await log.publish(subjects.room_log(room), wire.encode(message), key)
            last = max(last, ack.seq)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return last


async def _pages(stack: Stack, token: str, rooms: Sequence[str], count: int) -> dict[str, float]:
    """Milliseconds of a page at the newest end of each room by turns, one after the other."""
    taken = []
    async with Api(stack.history_url(), FixedToken(token)) as api:
        for number in range(count + 3):
            began = time.perf_counter()
            await api.messages(rooms[number % len(rooms)], limit=PAGE)
            taken.append(1000 * (time.perf_counter() - began))
    # Without the first few, which find nothing prepared.
    return percentiles(taken[3:])
