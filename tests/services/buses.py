"""What the tests of the bus share: a stream of one's own, and waiting for what a callback tells."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from services.bus import StreamSpec
from services.bus_nats import Bus
from services.log_nats import Log

WAIT_SECONDS = 20.0
T = TypeVar("T")


class Told(Generic[T]):
    """What callbacks told, in order; `await until(...)` instead of sleeping."""

    def __init__(self) -> None:
        self.items: list[T] = []
        self._news = asyncio.Event()

    def __call__(self, item: T) -> None:
        self.items.append(item)
        self._news.set()

    async def until(self, done: Callable[[list[T]], bool]) -> None:
        """Wait until `done` is true of what was told so far."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not done(self.items):
                self._news.clear()
                await self._news.wait()

    async def has(self, item: T) -> None:
        """Wait until `item` was told."""
        await self.until(lambda items: item in items)


class Topic:
    """A stream with subjects that no other test uses."""

    def __init__(self, bus: Bus, **limits: int) -> None:
        self.bus = bus
        self.root = "t" + secrets.token_hex(6)
        self.log = Log(bus, self.root, **limits)

    def spec(self, **values: object) -> StreamSpec:
        """Say how the stream is to be; `values` change it."""
        wanted = StreamSpec(
            name=self.root,
            subjects=(f"{self.root}.log.>",),
            republish_from=f"{self.root}.log.>",
            republish_to=f"{self.root}.live.>",
        )
        return msgspec.structs.replace(wanted, **values)

    def subject(self, room: str) -> str:
        """Name the subject of `room` in the log."""
        return f"{self.root}.log.{room}"

    def live(self, room: str) -> str:
        """Name the subject of `room` after it is stored."""
        return f"{self.root}.live.{room}"

    async def fill(self, *rooms: str) -> list[int]:
        """Store one message in each of `rooms`, in that order; returns the sequences."""
        acks = [
            self.log.publish(self.subject(room), f"{room}#{n}".encode(), secrets.token_hex(8))
            for n, room in enumerate(rooms)
        ]
        return [ack.seq for ack in await asyncio.gather(*acks)]

    async def api(self, verb: str, question: object = None) -> dict[str, Any]:
        """Ask the server's JetStream API past our own code."""
        data = b"" if question is None else msgspec.json.encode(question)
        answer: dict[str, Any] = msgspec.json.decode(
            await self.bus.request(f"$JS.API.{verb}", data, 5.0)
        )
        return answer
