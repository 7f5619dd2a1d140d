"""What an acknowledgement costs, by how durable it is; who may lose what is in the documentation.

The log alone, as the gateway publishes to it: one message after another, and many at once. Then the
whole, as a client sees it, by what an `ok` waits for (`PARLEY_ACK`). Every choice has the same
servers, configuration and disk; only what is named differs.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

from parley_sdk import Api, Client

from proto import limits, subjects
from services.bus import BusError
from services.bus_nats import Bus
from services.local import datadir, members, nats_conf, probes, servers
from services.local.executables import executable
from services.local.passwords import load, write_private
from services.local.ports import HOST, free_ports
from services.local.process import Spec
from services.local.settings import LocalSettings
from services.local.stack import Stack
from services.log_nats import Log
from services.stream_nats import Stream

SUMMARY = "publishes a second, and how long one takes, by sync interval, replicas and storage"
BODY: Final = b'{"type":"message","room":"r_0","text":"' + b"x" * 100 + b'"}'
ALWAYS: Final = "sync_interval: always"
READY_SECONDS: Final = 30.0
WARM: Final = 50


class Choice(NamedTuple):
    """What an operator may choose."""

    sync_interval: str
    replicas: int
    storage: str


CHOICES: Final = (
    Choice("always", 1, "file"),
    Choice("2m", 1, "file"),
    Choice("always", 3, "file"),
    Choice("2m", 3, "file"),
    Choice("always", 1, "memory"),
    Choice("always", 3, "memory"),
)
"""The first one is ours; two minutes are the default of NATS."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--one", type=int, default=500, help="messages one after another")
    parser.add_argument("--many", type=int, default=5_000, help="messages many at once")
    parser.add_argument("--at-once", type=int, default=64, help="how many are under way")
    parser.add_argument("--rounds", type=int, default=5, help="the median of so many counts")
    parser.add_argument("--disk", type=Path, default=None, help="a folder on the disk to try")


async def run(given: argparse.Namespace) -> dict[str, object]:
    """Measure every choice, one after the other, and give the figures of each."""
    found: list[dict[str, object]] = []
    for choice in CHOICES:
        with tempfile.TemporaryDirectory(prefix="parley-bench-", dir=given.disk) as folder:
            async with _log(Path(folder), choice) as log:
                found.append({**choice._asdict(), **await _measure(log, given)})
    answers = []
    for ack in ("log", "stored"):
        with tempfile.TemporaryDirectory(prefix="parley-bench-", dir=given.disk) as folder:
            async with _whole(Path(folder), ack) as url:
                took_ms = await _answers(url, given.one)
        answers.append({"ack": ack, **_shares(took_ms)})
    shared = {"bytes": len(BODY), "at_once": given.at_once, "rounds": given.rounds}
    return {**shared, "choices": found, "answers": answers}


async def _measure(log: Log, given: argparse.Namespace) -> dict[str, object]:
    await _each(log, WARM)
    took_ms: list[float] = []
    rates: list[float] = []
    for _ in range(given.rounds):
        took_ms += await _each(log, given.one)
        began = time.perf_counter()
        await _many(log, given.many, given.at_once)
        rates.append(given.many / (time.perf_counter() - began))
    return {**_shares(took_ms), "per_second": round(statistics.median(rates))}


def _shares(took_ms: list[float]) -> dict[str, float]:
    took_ms.sort()
    p99 = took_ms[int(0.99 * (len(took_ms) - 1))]
    return {"p50_ms": round(statistics.median(took_ms), 3), "p99_ms": round(p99, 3)}


async def _each(log: Log, count: int) -> list[float]:
    """Publish one after another; how long each took, in ms."""
    took = []
    for _ in range(count):
        began = time.perf_counter()
        await log.publish(subjects.room_log("r_0"), BODY, _unique())
        took.append((time.perf_counter() - began) * 1_000)
    return took


async def _many(log: Log, count: int, at_once: int) -> None:
    """Publish with so many under way, into as many rooms."""
    rest = iter(range(count))

    async def work(room: str) -> None:
        for _ in rest:
            await log.publish(room, BODY, _unique())

    async with asyncio.TaskGroup() as group:
        for number in range(at_once):
            group.create_task(work(subjects.room_log(f"r_{number}")))


def _unique() -> str:
    return f"{time.perf_counter_ns():x}"


@asynccontextmanager
async def _log(folder: Path, choice: Choice) -> AsyncIterator[Log]:
    """Start as many nodes as there are replicas, and make the log on them."""
    datadir.prepare(folder)
    passwords = load(folder)
    found = free_ports(2 * choice.replicas)
    ports, routes = found[: choice.replicas], found[choice.replicas :]
    listens = [f"{HOST}:{route}" for route in routes]
    among = nats_conf.routes(passwords.nats, listens)
    specs = []
    for number, port in enumerate(ports, 1):
        others = nats_conf.Others(listens[number - 1], among) if choice.replicas > 1 else None
        name = f"nats-{number}"
        text = servers.nats_config(name, port, folder / name, passwords, others)
        config = folder / f"{name}.conf"
        write_private(config, text.replace(ALWAYS, f"sync_interval: {choice.sync_interval}"))
        argv = (executable("nats-server"), "-c", str(config))
        specs.append(Spec(name=name, argv=argv, probe=probes.nats(port), port=port))
    stack = Stack(specs, folder / datadir.LOGS)
    await stack.start()
    bus = Bus([servers.nats_url(port, passwords) for port in ports], "bench")
    try:
        await bus.start()
        await _make(Stream(bus, subjects.ROOMS_STREAM), choice)
        yield Log(bus, subjects.ROOMS_STREAM)
    finally:
        await bus.stop()
        await stack.stop()


async def _make(stream: Stream, choice: Choice) -> None:
    """Make it as history does, but for what is chosen; a cluster may need a moment."""
    config = {
        "name": stream.name,
        "subjects": [subjects.ROOM_LOG_ALL],
        "storage": choice.storage,
        "num_replicas": choice.replicas,
        "discard": "new",
        "duplicate_window": limits.DEDUPE_WINDOW_MS * 1_000_000,
        "allow_direct": True,
        "republish": {"src": subjects.ROOM_LOG_ALL, "dest": subjects.ROOM_LIVE_ALL},
    }
    async with asyncio.timeout(READY_SECONDS):
        while True:
            try:
                await stream.ask(f"STREAM.CREATE.{stream.name}", config)
            except BusError:
                await asyncio.sleep(0.25)
            else:
                return


@asynccontextmanager
async def _whole(folder: Path, ack: str) -> AsyncIterator[str]:
    """Run the local stack with one gateway; gives its address."""
    datadir.prepare(folder)
    passwords = load(folder)
    chosen = {**os.environ, "PARLEY_ACK": ack, "PARLEY_LIMIT_SENDS": "0"}
    (port,) = free_ports(1)
    settings = LocalSettings.read(str(folder), port=port, gateways=1, source=chosen)
    environment = members.foreign_environment(folder, chosen)
    await asyncio.to_thread(servers.make_postgres, folder, passwords, environment)
    stack = Stack(members.make(settings, passwords), folder / datadir.LOGS)
    await stack.start()
    try:
        yield f"http://{HOST}:{port}"
    finally:
        await stack.stop()


async def _answers(url: str, count: int) -> list[float]:
    """Say things one after another; how long each `ok` took, in ms."""
    async with Api(url) as api:
        await api.register(f"u{secrets.token_hex(6)}", secrets.token_hex(8))
        room = (await api.create_room("private", name="Bench")).id
        async with Client(url, api.tokens) as client:
            took = []
            for number in range(WARM + count):
                began = time.perf_counter()
                await client.send(room, "x" * 100)
                if number >= WARM:
                    took.append((time.perf_counter() - began) * 1_000)
    return took
