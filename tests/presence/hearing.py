"""What a gateway hears on some subjects, one by one; it is the gateway's bus that listens."""

import asyncio
from collections.abc import Iterable
from typing import Generic, TypeVar

import msgspec

from services.bus_nats import Bus
from services.subjects_nats import Subjects

T = TypeVar("T")


class Hearing(Generic[T]):
    """Collects events of one type."""

    def __init__(self, bus: Bus, kind: type[T]) -> None:
        """Nothing was heard yet."""
        self._bus = bus
        self._decoder = msgspec.json.Decoder(kind)
        self._queue: asyncio.Queue[T] = asyncio.Queue()
        self._subjects = Subjects(bus, self._take)

    async def follow(self, subjects: Iterable[str]) -> None:
        """Hear these from now on."""
        for subject in subjects:
            self._subjects.add(subject)
        await self._bus.flush()

    async def next(self) -> T:
        """Wait for the next event."""
        async with asyncio.timeout(30):
            return await self._queue.get()

    async def rest(self, publisher: Bus) -> list[T]:
        """Return what was published on that bus so far and not handed out yet."""
        await publisher.flush()
        await self._bus.flush()
        return [self._queue.get_nowait() for _ in range(self._queue.qsize())]

    def _take(self, _subject: str, data: bytes, _headers: bytes, _reply: str) -> None:
        self._queue.put_nowait(self._decoder.decode(data))
