"""Fixtures of the presence tests: leases and typing in an empty Redis, what changed, buses."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from presence.leases_redis import Leases
from presence.metrics import PresenceMetrics
from presence.store_redis import Store
from presence.typing_redis import Typing
from proto.calls import Seen, Settled
from services.bus_nats import Bus
from services.limiter_redis import Limiter
from services.metrics_prometheus import Metrics
from services.problem import Unavailable
from tests.presence.valkey_server import ValkeyServer

LONG_MS = 600_000
"""A lease that no test outlives."""
SHORT_MS = 150
"""A lease that a test waits for; what is to happen within it needs a longer one."""
WAIT_SECONDS = 30.0


class Heard:
    """Collects the changes that leases tell, and hands them out one by one as they come."""

    def __init__(self) -> None:
        """Nothing was heard yet."""
        self._queue: asyncio.Queue[Seen] = asyncio.Queue()

    def __call__(self, changes: Sequence[Seen]) -> None:
        """Take what changed."""
        for change in changes:
            self._queue.put_nowait(change)

    async def next(self) -> Seen:
        """Wait for the next change."""
        async with asyncio.timeout(WAIT_SECONDS):
            return await self._queue.get()

    def rest(self) -> list[tuple[str, str]]:
        """Return user and status of what was heard and not handed out yet."""
        changes = [self._queue.get_nowait() for _ in range(self._queue.qsize())]
        return [(change.user, change.status) for change in changes]


class Choices:
    """What people settled, as history would tell it; nobody has settled anything at first."""

    def __init__(self) -> None:
        """Nobody was asked about yet."""
        self.people: dict[str, Settled] = {}
        self.asked: list[str] = []
        self.is_away = False

    async def of(self, users: Sequence[str]) -> list[Settled]:
        """Answer a question, or say that nobody can."""
        self.asked += users
        if self.is_away:
            raise Unavailable("as asked")
        return [self.people.get(user, Settled(user)) for user in users]


@pytest.fixture
def choices() -> Choices:
    """Give what every `leases` of this test asks."""
    return Choices()


@pytest.fixture
def heard() -> Heard:
    """Give what is told of every `leases` of this test."""
    return Heard()


MakeStore = Callable[..., Store]
MakeLeases = Callable[..., Leases]
MakeTyping = Callable[..., Typing]


@pytest.fixture
async def make_store(redis_url: str) -> AsyncIterator[MakeStore]:
    """Give a function that makes stores over the same empty Redis, like other replicas would."""
    async with AsyncExitStack() as stack:

        def make(url: str = redis_url) -> Store:
            store = Store(url)
            stack.push_async_callback(store.stop)
            return store

        yield make


@pytest.fixture
def make_leases(
    redis_url: str, make_store: MakeStore, choices: Choices, heard: Heard
) -> MakeLeases:
    """Give a function that makes leases, each over a store of its own."""

    def make(lease_ms: int = LONG_MS, *, url: str = redis_url, **bounds: int) -> Leases:
        leases = Leases(make_store(url), choices.of, lease_ms=lease_ms, **bounds)
        leases.on_change.append(heard)
        return leases

    return make


@pytest.fixture
def make_typing(redis_url: str, make_store: MakeStore) -> MakeTyping:
    """Give a function that makes what knows who types, each over a store of its own."""

    def make(typing_ms: int = LONG_MS, *, url: str = redis_url) -> Typing:
        return Typing(make_store(url), typing_ms=typing_ms)

    return make


@pytest.fixture
def leases(make_leases: MakeLeases) -> Leases:
    """Give leases that do not run out by themselves."""
    return make_leases()


@pytest.fixture
def short(make_leases: MakeLeases) -> Leases:
    """Give leases over the same Redis that run out while a test waits."""
    return make_leases(SHORT_MS)


@pytest.fixture
def metrics() -> Metrics:
    """Give the figures of this test's replicas."""
    return Metrics("presence")


@pytest.fixture
def counts(metrics: Metrics) -> PresenceMetrics:
    """Give what counts them."""
    return PresenceMetrics(metrics)


@pytest.fixture
async def limiter(redis_url: str, metrics: Metrics) -> AsyncIterator[Limiter]:
    """Give what counts limits in the same Redis."""
    counting = Limiter(redis_url, metrics)
    yield counting
    await counting.stop()


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    """Give a Valkey of this test's own."""
    server = ValkeyServer(tmp_path)
    yield server
    server.kill()


@pytest.fixture
async def bus(nats_url: str) -> AsyncIterator[Bus]:
    """Give a connection to NATS."""
    connection = Bus([nats_url], "presence-test")
    await connection.start()
    yield connection
    await connection.stop()


@pytest.fixture
async def gateway(nats_url: str) -> AsyncIterator[Bus]:
    """Give the bus of a gateway: another connection than the service's."""
    connection = Bus([nats_url], "gateway-test")
    await connection.start()
    yield connection
    await connection.stop()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Ask every 10 ms until `condition` holds: for what a server does by itself, telling nobody."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not await condition():  # noqa: ASYNC110  there is no event: it is in a server
            await asyncio.sleep(0.01)
