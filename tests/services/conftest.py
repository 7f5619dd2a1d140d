"""Fixtures for the tests of the bus: connections and streams that end with the test."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from services.bus_nats import Bus
from tests.services.buses import Topic

OpenBus = Callable[..., Awaitable[Bus]]


@pytest.fixture
async def open_bus() -> AsyncIterator[OpenBus]:
    """Give a function that starts a bus to a url; keywords go to `Bus`."""
    started: list[Bus] = []

    async def start(
        url: str,
        *,
        max_pending_bytes: int = 16 * 1024 * 1024,
        max_requests: int = 10_000,
        ping_seconds: float = 10.0,
    ) -> Bus:
        bus = Bus(
            [url],
            "test",
            max_pending_bytes=max_pending_bytes,
            max_requests=max_requests,
            connect_seconds=10.0,
            ping_seconds=ping_seconds,
        )
        started.append(bus)
        await bus.start()
        return bus

    yield start
    for bus in started:
        await bus.stop()


@pytest.fixture
async def bus(open_bus: OpenBus, nats_url: str) -> Bus:
    """Give a bus to the server that all tests share."""
    return await open_bus(nats_url)


@pytest.fixture
async def topic(bus: Bus) -> AsyncIterator[Topic]:
    """Give a stream of this test's own on the shared server."""
    made = Topic(bus)
    await made.log.ensure_stream(made.spec())
    yield made
    await made.api(f"STREAM.DELETE.{made.root}")
