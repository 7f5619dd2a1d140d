"""A herd: everybody on a gateway that is killed comes back with what they have, and gets the rest.

Each waits as clients do (half a second, doubled, with full jitter), comes through the load balancer
and says what it has of its room, where somebody has gone on talking. It is over when everyone has
all of it; that nothing was left out or came twice is checked, not measured.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from collections.abc import Callable

from picows import WSError

from bench.load_picows import Ear, Load
from bench.meter import cpu, percentiles, spread
from bench.returning import Returning
from bench.servers import Stack, parley

SUMMARY = "a gateway is killed, its sockets come back with their last seqs: seconds, and who works"
DEVICES = 10
"""Sockets of a person: a password is hashed for each person."""
SECONDS = 120.0
PAUSE_SECONDS = 0.5
MOST_SECONDS = 30.0
OPENING_MOST_SECONDS = 3.0
"""Before it is measured nobody needs to be patient."""
LOOK_SECONDS = 0.02
MEASURED = ("gateway-2", "history", "auth", "presence", "nats")


def arguments(parser: argparse.ArgumentParser) -> None:
    """How many, in how many rooms, and what a gateway lets in."""
    parser.add_argument("--conns", type=int, default=2_000, help="sockets on the gateway")
    parser.add_argument("--rooms", type=int, default=50, help="with a message a second in each")
    parser.add_argument(
        "--connects",
        nargs="+",
        default=["200/1", "500/1"],
        help="PARLEY_LIMIT_CONNECTS of a gateway: as it is by default, and others beside it",
    )
    parser.add_argument("--rounds", type=int, default=3)


async def run(given: argparse.Namespace) -> dict[str, object]:
    """Give seconds until all are back, how long each was away, and processor time a socket."""
    by_rate = {connects: await _rounds(given, connects) for connects in given.connects}
    first, *others = given.connects
    return {
        "sockets": given.conns,
        "rooms": given.rooms,
        "connects": first,
        **by_rate[first],
        "others": {connects: by_rate[connects] for connects in others},
    }


async def _rounds(given: argparse.Namespace, connects: str) -> dict[str, object]:
    async with parley(gateways=2, PARLEY_LIMIT_CONNECTS=connects) as stack:
        herd = Herd(stack)
        try:
            await herd.gather(given.conns, given.rooms)
            rounds = [await herd.kill() for _ in range(given.rounds)]
        finally:
            await herd.close()
    figures = {name: spread([one[name] for one in rounds], 3) for name in rounds[0]}
    return {"figures": figures, "rounds": rounds}


class Herd:
    """Clients on the first gateway, and on the second somebody who talks in each room."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._load = Load(self._heard, self._left)
        self._talkers = Load(self._heard)
        self._clients: list[Returning] = []
        self._away: dict[Returning, float] = {}
        self._gaps: list[float] = []
        self._returns: set[asyncio.Task[None]] = set()
        self._talking: asyncio.Task[None] | None = None

    async def gather(self, sockets: int, rooms: int) -> None:
        """Register people, make the rooms, open the sockets, and begin to talk."""
        share = max(1, sockets // DEVICES // rooms)
        tokens = await self._stack.people(share * rooms)
        users = list(tokens)
        speakers = []
        for at in range(0, len(users), share):
            room = await self._stack.room(tokens, users[at : at + share])
            speakers.append(Returning(tokens[users[at]]))
            speakers[-1].room = room
        self._clients = [Returning(token) for token in tokens.values() for _ in range(DEVICES)]
        await self._talkers.open(self._stack.urls[1], speakers)
        await self._come_all()
        self._talking = asyncio.create_task(self._talk())

    async def kill(self) -> dict[str, float]:
        """Kill the first gateway and wait until everybody is back; then let all be as before."""
        # Until here nobody was away on purpose of what is measured.
        self._gaps.clear()
        pids = {name: [self._stack.pids[name]] for name in MEASURED}
        before = {name: cpu(of) for name, of in pids.items()}
        began = self._now()
        self._stack.kill("gateway-1")
        await _until(lambda: len(self._gaps) >= len(self._clients) and not self._away)
        seconds = self._now() - began
        spent = {name: cpu(of).since(before[name]).all for name, of in pids.items()}
        await self._check()
        figures = {
            "back_seconds": round(seconds, 3),
            **{f"away_{at}_seconds": found for at, found in percentiles(self._gaps, 3).items()},
            **{f"{name}_ms": 1000 * used / len(self._clients) for name, used in spent.items()},
        }
        await self._stack.until_back("gateway-1")
        await self._load.close()
        self._load = Load(self._heard, self._left)
        await self._come_all()
        return {name: round(figure, 3) for name, figure in figures.items()}

    async def close(self) -> None:
        """Let everybody go. Idempotent."""
        for task in (self._talking, *self._returns):
            if task is not None:
                task.cancel()
        await self._load.close()
        await self._talkers.close()

    async def _come_all(self) -> None:
        """Open all at the first gateway, as fast as it lets them in."""
        url, most = self._stack.urls[0], OPENING_MOST_SECONDS
        await asyncio.gather(*(self._come(client, url, most) for client in self._clients))

    async def _come(self, client: Returning, url: str, most: float = MOST_SECONDS) -> None:
        """Come (back), as often as it takes."""
        pause = PAUSE_SECONDS
        while True:
            # Spreading the load, nothing secret.
            await asyncio.sleep(random.uniform(0, pause))  # noqa: S311
            pause = min(most, 2 * pause)
            try:
                await self._load.open(url, [client])
            except (OSError, TimeoutError, WSError):
                continue
            return

    def _left(self, ear: Ear) -> None:
        client = ear.dialect
        assert isinstance(client, Returning)
        self._away[client] = self._now()
        task = asyncio.create_task(self._come(client, self._stack.front))
        self._returns.add(task)
        task.add_done_callback(self._returns.discard)

    def _heard(self, ear: Ear, data: bytes) -> None:
        client = ear.dialect
        assert isinstance(client, Returning)
        client.hear(data)
        if client in self._away and ear.ready.is_set() and not client.awaiting:
            self._gaps.append(self._now() - self._away.pop(client))

    async def _talk(self) -> None:
        while True:
            for ear in list(self._talkers.ears):
                ear.say("x" * 100)
                await asyncio.sleep(1 / len(self._talkers.ears))

    async def _check(self) -> None:
        """Everybody has everything, once.

        Raises:
            ValueError: it came twice, or not at all.
        """
        ends = {
            room: last
            for ear in self._talkers.ears
            if isinstance(ear.dialect, Returning)
            for room, last in ear.dialect.last.items()
        }

        def is_whole(client: Returning) -> bool:
            return all(last >= ends[room] for room, last in client.last.items())

        await _until(lambda: all(map(is_whole, self._clients)))
        doubled = sum(client.doubled for client in self._clients)
        missed = sum(client.missed for client in self._clients)
        if doubled or missed:
            raise ValueError(f"{doubled} events came twice, and {missed} times some were left out")

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


async def _until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not done():  # noqa: ASYNC110 - thousands of sockets would set an event each
            await asyncio.sleep(LOOK_SECONDS)
