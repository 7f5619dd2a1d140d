"""A day of a company, compressed: everybody talks, types, reads, comes and goes (`habits`).

An open loop: each act has its time, from which its delay is counted. Processor time is that of all
of Parley, Caddy and Postgres too, so it is what a person costs whoever runs it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import time
from collections.abc import Callable, Coroutine, Mapping

from parley_sdk import Api, FixedToken

from bench.habits import A_DAY, DAY_SECONDS, WHERE, Act, day, rooms
from bench.load_picows import Ear, Load
from bench.meter import busy, family, percentiles, since, spread
from bench.returning import Returning
from bench.servers import Stack, parley
from proto import frames, ids
from proto.shapes import OwnStatus

SUMMARY = "a day of a company compressed: processor time a person, and how long things take"
TEXT_CHARACTERS = 100
LATE_SECONDS = 60.0
AT_ONCE = 4
PAGE = 50


def arguments(parser: argparse.ArgumentParser) -> None:
    """How many people, and how fast their day goes by."""
    parser.add_argument("--people", type=int, default=100, help="each with a socket")
    parser.add_argument("--seconds", type=float, default=60.0, help="that the day takes")
    parser.add_argument("--rounds", type=int, default=3, help="days")


async def run(given: argparse.Namespace) -> dict[str, object]:
    """Give processor seconds a person and day by process, and milliseconds by what was done."""
    async with parley(gateways=2) as stack:
        company = Company(stack, given.people)
        try:
            await company.gather()
            rounds = [await _day(stack, company, given, seed) for seed in range(given.rounds)]
        finally:
            await company.close()
    return {
        "people": given.people,
        "day_seconds": given.seconds,
        "times_faster": round(DAY_SECONDS / given.seconds),
        "a_day": A_DAY,
        "where_percent": WHERE,
        "cpu_seconds_a_person": {
            name: spread([one["cpu"][name] for one in rounds], 4) for name in rounds[0]["cpu"]
        },
        "rounds": rounds,
    }


async def _day(
    stack: Stack, company: Company, given: argparse.Namespace, seed: int
) -> dict[str, dict[str, float]]:
    before = {name: family(pid) for name, pid in stack.pids.items()}
    worked, there = busy()
    delays = await company.live(day(given.people, given.seconds, seed))
    worked_then, there_then = busy()
    spent = {name: since(before[name], family(pid)) for name, pid in stack.pids.items()}
    spent["all"] = sum(spent.values())
    return {
        "cpu": {name: round(used / given.people, 4) for name, used in spent.items()},
        **{f"{what}_ms": percentiles(taken) for what, taken in delays.items()},
        "counts": {what: len(taken) for what, taken in delays.items()},
        "machine": {
            "cores_busy_percent": round(100 * (worked_then - worked) / (there_then - there))
        },
    }


class Company:
    """Everybody with a socket, in their rooms. What comes twice or not at all is an error."""

    def __init__(self, stack: Stack, people: int) -> None:
        self._stack = stack
        self._people = people
        self._load = Load(self._heard)
        self._ears: list[Ear] = []
        self._apis: list[Api] = []
        self._rooms: list[Mapping[str, list[str]]] = []
        """Of each person: the rooms of each kind."""
        self._near: list[list[str]] = []
        """Of each person: whose presence they follow, who are their team and whom they talk to."""
        self._due: dict[str, float] = {}
        """Of each message: when it was to be said, by its text's first word."""
        self._asked: dict[tuple[Returning, str], float] = {}
        self._delays: dict[str, list[float]] = {}
        self._numbers = 0
        self._moving: set[int] = set()
        """Who is between two connections."""
        self._refused: list[bytes] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def gather(self) -> None:
        """Register people, make the rooms, open the sockets."""
        tokens = await self._stack.people(self._people)
        users = list(tokens)
        mine: list[dict[str, list[str]]] = [{kind: [] for kind in WHERE} for _ in users]
        near: list[set[str]] = [set() for _ in users]
        gate = asyncio.Semaphore(AT_ONCE)

        async def make(kind: str, members: list[int]) -> None:
            async with gate:
                room = await self._stack.room(tokens, [users[one] for one in members])
            for one in members:
                mine[one][kind].append(room)
                if kind in ("direct", "team"):
                    near[one].update(users[other] for other in members if other != one)

        made = rooms(self._people)
        await asyncio.gather(*(make(kind, some) for kind, of in made.items() for some in of))
        self._rooms, self._near = list(mine), [sorted(some) for some in near]
        self._apis = [Api(self._stack.front, FixedToken(token)) for token in tokens.values()]
        clients = [Returning(token) for token in tokens.values()]
        await self._load.open(self._stack.front, clients)
        self._ears = list(self._load.ears)
        for person in range(self._people):
            self._watch(person)

    async def live(self, acts: list[Act]) -> dict[str, list[float]]:
        """Do all that at its time, wait for what is under way, and give the delays by what it was.

        Raises:
            TimeoutError: something did not come.
            ValueError: it was refused, came twice, or was left out.
        """
        self._delays = {what: [] for what in ("ok", "seen", "page", "reconnect", "late")}
        chance = random.Random(len(acts))  # noqa: S311 - to be repeated, not to be secret
        began = time.perf_counter() + 0.1
        for act in acts:
            due = began + act.at
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            self._delays["late"].append(1000 * max(0.0, time.perf_counter() - due))
            room = chance.choice(self._rooms[act.person][act.where])
            self._do(act, room, due, chance)
        await self._settle()
        return self._delays

    async def close(self) -> None:
        """Let everybody go. Idempotent."""
        await self._load.close()
        for api in self._apis:
            await api.close()

    # ------------------------------------------------------------------------ what people do

    def _do(self, act: Act, room: str, due: float, chance: random.Random) -> None:
        ear, client = self._ears[act.person], self._client(act.person)
        if act.what == "page":
            self._spawn(self._page(act.person, room, due))
        elif act.what == "reconnect":
            self._spawn(self._reconnect(act.person, due))
        elif act.person in self._moving:
            return  # between two connections; a client of people would keep it for then
        elif act.what == "send":
            self._send(ear, client, room, due)
        elif act.what == "type":
            ear.write(client.frame(frames.Typing(room=room, active=True)))
        elif act.what == "read":
            ear.write(client.frame(frames.Read(room=room, seq=client.last.get(room, 0))))
        else:
            status: OwnStatus = chance.choice(("online", "idle"))
            ear.write(client.frame(frames.SetStatus(status=status)))

    def _send(self, ear: Ear, client: Returning, room: str, due: float) -> None:
        self._numbers += 1
        number = f"n{self._numbers}"
        self._due[number] = self._asked[client, number] = due
        key = ids.uuid7(time.time_ns() // 1_000_000, os.urandom(10))
        text = f"{number} ".ljust(TEXT_CHARACTERS, "x")
        ear.write(client.frame(frames.Send(id=number, room=room, key=key, text=text)))

    async def _page(self, person: int, room: str, due: float) -> None:
        await self._apis[person].messages(room, limit=PAGE)
        self._delays["page"].append(1000 * (time.perf_counter() - due))

    async def _reconnect(self, person: int, due: float) -> None:
        if person in self._moving:
            return
        self._moving.add(person)
        client, late = self._client(person), time.perf_counter() - due
        # What it has asked for is answered first: a client of people would ask again.
        await _until(lambda: all(whose is not client for whose, _number in self._asked))
        left = time.perf_counter() - late
        self._ears[person].close()
        await self._load.open(self._stack.front, [client])
        self._ears[person] = next(e for e in reversed(self._load.ears) if e.dialect is client)
        self._watch(person)
        await _until(lambda: not client.awaiting)
        self._delays["reconnect"].append(1000 * (time.perf_counter() - left))
        self._moving.remove(person)

    def _watch(self, person: int) -> None:
        watch = frames.Watch(id="watch", users=self._near[person])
        self._ears[person].write(self._client(person).frame(watch))

    def _client(self, person: int) -> Returning:
        client = self._ears[person].dialect
        assert isinstance(client, Returning)
        return client

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    # ------------------------------------------------------------------------ what they hear

    def _heard(self, ear: Ear, data: bytes) -> None:
        client, now = ear.dialect, time.perf_counter()
        assert isinstance(client, Returning)
        heard = client.hear(data)
        if heard.type == "message":
            due = self._due.get(heard.text.partition(" ")[0])
            if due is not None:
                self._delays["seen"].append(1000 * (now - due))
        elif heard.type == "ok":
            due = self._asked.pop((client, heard.id), None)
            if due is not None:
                self._delays["ok"].append(1000 * (now - due))
        elif heard.type == "error":
            self._refused.append(data)

    async def _settle(self) -> None:
        await asyncio.gather(*self._tasks)
        self._tasks.clear()
        if self._refused:
            raise ValueError(f"refused: {self._refused[0]!r}")
        await _until(lambda: not self._asked)
        ends: dict[str, int] = {}
        clients = [self._client(person) for person in range(self._people)]

        def is_whole() -> bool:
            for client in clients:
                for room, last in client.last.items():
                    ends[room] = max(last, ends.get(room, 0))
            return all(last >= ends[room] for one in clients for room, last in one.last.items())

        await _until(is_whole)
        doubled, missed = sum(one.doubled for one in clients), sum(one.missed for one in clients)
        if doubled or missed:
            raise ValueError(f"{doubled} events came twice, and {missed} times some were left out")


async def _until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(LATE_SECONDS):
        while not done():  # noqa: ASYNC110 - many things make it so
            await asyncio.sleep(0.005)
