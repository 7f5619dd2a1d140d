"""Messages at a steady rate, whatever the server does, and how long each took; small rooms.

An open loop: each message has its time, from which its delay is counted, also when it could only be
said later (which is what a closed loop leaves out, "coordinated omission"). All samples are kept.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from bench.dialects import Parley
from bench.load_picows import Ear, Load
from bench.servers import Stack

ROOM = 10
"""Sockets in a room, which hear all that is said in it, and nothing else."""
PEOPLE_MAX = 200
"""A password is hashed for each: of more sockets each person has several, in the one room."""
DEVICES = (1, 2, 5, 10)
TEXT_CHARACTERS = 100
LATE_SECONDS = 30.0


class _Result(msgspec.Struct):
    seq: int = 0


class _Heard(msgspec.Struct):
    type: str
    id: str = ""
    text: str = ""
    code: str = ""
    result: _Result | None = None


_decode = msgspec.json.Decoder(_Heard).decode


class Samples(NamedTuple):
    """Milliseconds from the time that a message was due."""

    ok: list[float]
    """Until its sender had the `ok`."""
    seen: list[float]
    """Until another socket had it: one sample for each of them."""
    errors: int
    lag: list[float]
    """How late the load itself was: what it adds to all others."""


class Crowd:
    """Sockets in rooms of ten, evenly over the urls given."""

    def __init__(self, sockets: int) -> None:
        self.load = Load(self._heard)
        self._sockets = sockets
        self._due: dict[tuple[int, str], float] = {}
        self._at: list[float] = []
        self._samples = Samples([], [], 0, [])
        self._errors = 0
        self._numbers: dict[int, int] = {}
        self._answered = asyncio.Event()
        self._heard_before = 0

    async def gather(self, stack: Stack, urls: Sequence[str]) -> None:
        """Register people, make the rooms, open the sockets."""
        devices = next((d for d in DEVICES if self._sockets <= d * PEOPLE_MAX), DEVICES[-1])
        share = ROOM // devices
        tokens = await stack.people(share * (self._sockets // ROOM))
        users = list(tokens)
        rooms: list[tuple[str, list[str]]] = []
        gate = asyncio.Semaphore(4)

        async def make(group: list[str]) -> None:
            async with gate:
                rooms.append((await stack.room(tokens, group), group))

        await asyncio.gather(*(make(users[at : at + share]) for at in range(0, len(users), share)))
        ways = [Parley(room, tokens[user]) for room, group in rooms for user in group * devices]
        for number, url in enumerate(urls):
            await self.load.open(url, ways[number :: len(urls)])

    async def talk(self, rate: float, seconds: float, seed: int = 1) -> Samples:
        """Say `rate` messages a second, and wait for what is still under way.

        Raises:
            ValueError: more was heard than was said: somebody hears what is not their room's.
        """
        self._samples = Samples([], [], 0, [])
        self._errors, self._at = 0, []
        self._heard_before = self.load.deliveries
        chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        began = time.perf_counter() + 0.1
        for number in range(int(rate * seconds)):
            due = began + number / rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            self._samples.lag.append(1000 * max(0.0, time.perf_counter() - due))
            self._say(chance.choice(self.load.ears), number, due)
        await self.load.until(self.load.deliveries + self._missing(), LATE_SECONDS)
        async with asyncio.timeout(LATE_SECONDS):
            await self._answered.wait()
        if missing := self._missing():
            raise ValueError(f"{-missing} deliveries too many")
        return self._samples._replace(errors=self._errors)

    def _missing(self) -> int:
        """Deliveries that are still to come: each message goes to everybody in its room."""
        return self._heard_before + ROOM * len(self._at) - self.load.deliveries

    def _say(self, ear: Ear, number: int, due: float) -> None:
        self._at.append(due)
        text = f"{number} ".ljust(TEXT_CHARACTERS, "x")
        sent = self._numbers[id(ear)] = self._numbers.get(id(ear), 0) + 1
        self._due[id(ear), str(sent)] = due
        self._answered.clear()
        ear.say(text)

    def _heard(self, ear: Ear, data: bytes) -> None:
        heard = _decode(data)
        now = time.perf_counter()
        if heard.type == "message":
            number = int(heard.text.partition(" ")[0])
            if number < len(self._at):
                self._samples.seen.append(1000 * (now - self._at[number]))
        elif heard.type in ("ok", "error"):
            due = self._due.pop((id(ear), heard.id), None)
            if due is not None and heard.type == "ok":
                self._samples.ok.append(1000 * (now - due))
            self._errors += heard.type == "error"
            if not self._due:
                self._answered.set()
