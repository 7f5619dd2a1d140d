"""Two days in the life of an operator, with very many sockets: a deploy, and a gateway that dies.

Lean sockets are the mass; people with the library are judged beside them. What was found is a
table of figures for `bench/results`; how fast a machine has to be is not said here.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace
from parley_sdk import Api

from tests.faults import harness, processor
from tests.faults.checker import Kind, Violation, check
from tests.faults.cluster import Cluster, cluster
from tests.faults.crowd import PASSWORD, Crowd, now_ms
from tests.faults.mass_picows import Lean, Mass
from tests.faults.queries_postgres import Queries
from tests.faults.record import Fault, Run
from tests.faults.report import machine

DEVICES = 10
"""Sockets of each person: a password is hashed for every person, and that takes its time."""
REGISTERING = 4
JUDGED = (2, 3, 8)
BACK_SECONDS = 120.0
SETTLE_SECONDS = 180.0
DRAIN_SECONDS = 10
_LOOK_SECONDS = 0.02
Tell = Callable[[str], None]


class Size(NamedTuple):
    """How many sockets in how many rooms, one message a second in each.

    `connects` is `PARLEY_LIMIT_CONNECTS`: how many a gateway takes, such as `200/1`.
    """

    sockets: int = 2_000
    rooms: int = 50
    connects: str = "200/1"

    @property
    def people(self) -> int:
        """How many of them there are, so that rooms are of one size."""
        return max(1, self.sockets // DEVICES // self.rooms) * self.rooms


class Played(NamedTuple):
    """What came of a scenario."""

    run: Run
    violations: list[Violation]
    figures: dict[str, Any]


class Scene:
    """A stack, the mass in it and those who are judged; made by `scene`."""

    def __init__(
        self, stack: Cluster, size: Size, seed: int, tell: Tell, *, keep: bool = True
    ) -> None:
        """Nobody is here; `keep` as in `Mass`."""
        self.stack = stack
        self.size = size
        self.seed = seed
        self.tell = tell
        self.mass = Mass(stack.front_url, keep=keep)
        self.crowd = Crowd(stack.url, seed)
        self.rooms: list[str] = []
        self.refresh_tokens: dict[str, str] = {}
        self.faults: list[Fault] = []
        self._talking: asyncio.Task[None] | None = None

    async def gather(self, first: str = "") -> None:
        """Open everything, and let everyone talk."""
        await self.gather_mass(first)
        await self.crowd.gather(JUDGED)
        self.crowd.talk(1.0)

    async def gather_mass(self, first: str = "", *, talks: bool = True) -> None:
        """Register the mass, make its rooms, open all sockets (at `first`), and let them talk."""
        tokens: dict[str, str] = {}
        at_once = asyncio.Semaphore(REGISTERING)
        share = self.size.people // self.size.rooms
        names = [f"m{number}-{os.urandom(4).hex()}" for number in range(self.size.people)]
        shares = [names[at : at + share] for at in range(0, len(names), share)]
        await asyncio.gather(*(self._room(some, tokens, at_once) for some in shares))
        self.crowd.others.update(self.rooms)
        await self.mass.open(tokens, DEVICES, first)
        self.tell(f"{self.mass.alive} sockets in {len(self.rooms)} rooms")
        if talks:
            self._talking = asyncio.create_task(self._talk())

    async def settle(self) -> None:
        """Let the last be said, and wait until everyone has it."""
        await self.crowd.hush()
        await self._hush()
        async with asyncio.timeout(SETTLE_SECONDS):
            await _until(lambda: not any(socket.waits for socket in self.mass.sockets))
            ends = {room: await self._end(room) for room in self.rooms}
            await _until(lambda: all(socket.hears(ends) for socket in self.mass.sockets))
        await harness.settle(self.stack, self.crowd)

    async def judged(self) -> tuple[Run, list[Violation]]:
        """Compare what everyone was told and shown with what there is."""
        run = await harness.record_of(self.stack, self.crowd, self.faults, self.seed)
        sendings = [*run.sendings, *self.mass.sendings]
        run = replace(run, sendings=sendings, holdings=[*run.holdings, *self.mass.holdings()])
        return run, check(run)

    async def stop(self) -> None:
        """Disconnect everyone. Idempotent."""
        await self._hush()
        await self.crowd.stop()
        await self.mass.stop()

    async def _room(
        self, names: list[str], tokens: dict[str, str], gate: asyncio.Semaphore
    ) -> None:
        """Register the people of one room, and let the last of them make it."""
        users: list[str] = []
        async with gate, Api(self.stack.front_url) as api:
            for name in names:
                signed = await api.register(name, PASSWORD)
                tokens[signed.user.id] = signed.access_token
                self.refresh_tokens[signed.user.id] = signed.refresh_token or ""
                users.append(signed.user.id)
            room = await api.create_room("private", name="Mass", members=users[:-1])
        self.rooms.append(room.id)

    async def _talk(self) -> None:
        """One message a second in each room, each by the same socket, evenly spread."""
        talkers = self._talkers()
        while True:
            for room, talker in talkers.items():
                talker.say(room)
                await asyncio.sleep(1 / len(talkers))

    def _talkers(self) -> dict[str, Lean]:
        return {room: s for s in reversed(self.mass.sockets) for room in s.begins}

    async def _hush(self) -> None:
        if self._talking is not None:
            self._talking.cancel()
            await asyncio.gather(self._talking, return_exceptions=True)

    async def _end(self, room: str) -> int:
        talker = self._talkers()[room]
        talker.say(room)
        await _until(lambda: not talker.waits)
        last: int = talker.sendings()[-1].seq or 0
        return last


@asynccontextmanager
async def scene(
    data: Path, size: Size, seed: int, tell: Tell, *, keep: bool = True
) -> AsyncIterator[Scene]:
    """Start a stack with nobody in it, and end everything whatever happens."""
    environment = {"PARLEY_LIMIT_CONNECTS": size.connects}
    async with (
        cluster(data, environment, drain_seconds=DRAIN_SECONDS) as stack,
        staged(stack, size, seed, tell, keep=keep) as made,
    ):
        yield made


@asynccontextmanager
async def staged(
    stack: Cluster, size: Size, seed: int, tell: Tell, *, keep: bool = True
) -> AsyncIterator[Scene]:
    """Take a stack that runs already; whatever happens nobody is left in it."""
    made = Scene(stack, size, seed, tell, keep=keep)
    try:
        yield made
    finally:
        await made.stop()


async def rolling(here: Scene) -> Played:
    """End every gateway in turn as an operator does, and wait for its successor.

    Raises:
        TimeoutError: not everyone came back, or was settled.
    """
    await here.gather()
    here.mass.forget()
    load = os.getloadavg()[0]
    began = time.monotonic()
    async with Queries(here.stack.postgres_url) as queries:
        for name in here.stack.names("gateway"):
            start = now_ms()
            await here.stack.started_again(name, here.stack.end(name))
            here.faults.append(Fault(kind="term", target=name, began_ms=start, ended_ms=now_ms()))
            async with asyncio.timeout(BACK_SECONDS):
                await here.stack.ready()
                await here.mass.live()
                await here.crowd.live()
            here.tell(f"{name} was replaced in {(now_ms() - start) / 1000:.1f} s")
    mass = here.mass
    found = {
        "seconds": round(time.monotonic() - began, 1),
        "returns": len(mass.away_ms),
        "longest_gap_seconds": max(mass.away_ms, default=0) / 1000,
        **_gaps(mass, queries),
        "drain_seconds": DRAIN_SECONDS,
        "load_average_before": round(load, 1),
    }
    return await _judged(here, "rolling", found)


async def herd(here: Scene) -> Played:
    """Kill the gateway that all sockets of the mass are on; they come back through Caddy.

    Raises:
        TimeoutError: not everyone came back, or was settled.
    """
    victim, mass = here.stack.names("gateway")[0], here.mass
    await here.gather(here.stack.gateway_url(victim))
    mass.forget()
    load = os.getloadavg()[0]
    async with Queries(here.stack.postgres_url) as queries:
        start, cpu, servers = now_ms(), time.process_time(), here.stack.processor()
        old = here.stack.kill(victim)
        async with asyncio.timeout(BACK_SECONDS):
            # Some are back before the last one has noticed.
            await _until(lambda: all(socket.losses for socket in mass.sockets))
            await mass.live()
        back, busy = now_ms(), time.process_time() - cpu
        took = processor.spent(servers, here.stack.processor())
        await here.stack.started_again(victim, old)
    here.faults.append(Fault(kind="kill", target=victim, began_ms=start, ended_ms=now_ms()))
    seconds = (back - start) / 1000
    here.tell(f"all of {mass.alive} were back and caught up after {seconds:.1f} s")
    found = {
        "back_seconds": round(seconds, 2),
        **_gaps(mass, queries),
        "cpu_seconds": {"clients": round(busy, 2), **took},
        "clients_cores": round(busy / seconds, 2),
        "load_average_before": round(load, 1),
    }
    return await _judged(here, "herd", found)


def _gaps(mass: Mass, queries: Queries) -> dict[str, Any]:
    """How long sockets were away, how they ended, and what their return asked for."""
    return {
        "median_gap_seconds": share(mass.away_ms, 0.5) / 1000,
        "p99_gap_seconds": share(mass.away_ms, 0.99) / 1000,
        "peak_ready_per_second": mass.peak_ready(),
        "peak_queries_per_second": queries.peak_per_second,
        "ends": dict(mass.ends),
        "gateways_that_drained": len(mass.farewells),
    }


async def _judged(here: Scene, name: str, found: dict[str, Any]) -> Played:
    await here.settle()
    run, violations = await here.judged()
    size = here.size
    figures = {
        "scenario": name,
        "command": f"python -m tests.faults --scenario {name} --sockets {size.sockets}"
        f" --rooms {size.rooms} --connects {size.connects}",
        "machine": machine(),
        "sockets": len(here.mass.sockets),
        "rooms": size.rooms,
        "people": size.people,
        "sent": len(run.sendings),
        "ok": sum(sending.outcome == "ok" for sending in run.sendings),
        "shown": sum(len(holding.items) for holding in run.holdings),
        **{kind.value: sum(one.kind == kind for one in violations) for kind in Kind},
        **found,
        "ended_by_themselves": here.stack.falls,
    }
    return Played(run, violations, figures)


async def _until(true: Callable[[], bool]) -> None:
    """Look often; whoever calls it has the deadline."""
    while not true():  # noqa: ASYNC110 - thousands of sockets, and one look at all of them
        await asyncio.sleep(_LOOK_SECONDS)


def share(numbers: list[int], part: float) -> int:
    """Give the number that this part of them does not exceed; 0 if there are none."""
    return sorted(numbers)[int(part * (len(numbers) - 1))] if numbers else 0
