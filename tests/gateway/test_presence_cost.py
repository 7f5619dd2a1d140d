"""What a change of presence costs in messages and frames, held against the budget in the docs.

Two real gateways, wired, with their connections to NATS alone; presence over a real Valkey. Sockets
are opened without a network: what is written to them is counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from types import SimpleNamespace
from typing import cast

from gateway.app import Gateway
from gateway.connection import Connection
from gateway.settings import GatewaySettings
from presence.announcer import Announcer
from presence.calls import Calls
from presence.leases_redis import Leases
from presence.metrics import PresenceMetrics
from presence.store_redis import Store
from presence.teller import Teller
from presence.typing_redis import Typing
from proto import frames
from proto.calls import Lease
from services.bus_nats import Bus
from services.limiter_redis import Limiter
from services.metrics_prometheus import Metrics
from services.settings import Env
from services.tokens_jwt import Guard
from tests.gateway.peer import request
from tests.gateway.running import until
from tests.history.tokens_jwt import ISSUER, JWKS
from tests.presence.conftest import Choices
from tests.presence.history import serve_peers
from tests.presence.test_sweeper import sample
from verify import capacity

PEOPLE = [f"u{number}" for number in range(1_000)]
WATCHED = 50
"""Whom each of them has on the screen."""
WAVE = 100
GATEWAYS = 2


class Crowd:
    """A room of a thousand, half of them on each gateway; nobody is here at first."""

    def __init__(self, gateways: list[Gateway], leases: Leases, metrics: Metrics) -> None:
        """All run already; `metrics` are those of presence."""
        self.gateways = gateways
        self.leases = leases
        self._metrics = metrics

    @property
    def published(self) -> int:
        """What presence published of anybody: one message each."""
        return int(sample(self._metrics, "told_total", outcome="told") or 0)

    async def arrive(self, first: int) -> None:
        """Let a wave of them come, each watching those who are listed after them."""
        arriving = range(first, first + WAVE)
        await self.leases.renew("g", [Lease(PEOPLE[number], "s") for number in arriving])
        await asyncio.gather(*(self._watch(number) for number in arriving))

    async def _watch(self, number: int) -> None:
        gateway = self.gateways[number % len(self.gateways)]
        connection = _open(gateway, PEOPLE[number])
        users = [PEOPLE[(number + n) % len(PEOPLE)] for n in range(1, WATCHED + 1)]
        await gateway.onlooker.answer(connection, frames.Watch(id="w", users=users))
        assert connection.watch is not None

    def know(self, status: str) -> bool:
        """Whether both gateways know everybody, all of them so."""
        lists = [gateway.onlooker.watchlist._people.values() for gateway in self.gateways]
        return all(
            one.seen is not None and one.seen.status == status for some in lists for one in some
        )

    def told(self) -> int:
        """Frames that were handed to sockets."""
        return sum(
            int(float(line.rpartition(" ")[2]))
            for gateway in self.gateways
            for line in gateway.registry.exposition().decode().splitlines()
            if line.startswith("parley_gateway_presence_frames_total ")
        )

    def followed(self) -> Iterator[int]:
        """Subjects of people to which each gateway has subscribed."""
        return (len(gateway.onlooker._subjects) for gateway in self.gateways)


def _open(gateway: Gateway, user: str) -> Connection:
    make = cast("type[asyncio.Protocol]", gateway.http._server.config.ws)
    socket, before = make(), set(gateway.roster.connections)
    transport = SimpleNamespace(
        write=len,
        get_write_buffer_size=int,
        set_write_buffer_limits=int,
        get_extra_info=lambda _name: None,
    )
    socket.connection_made(transport)  # type: ignore[arg-type] # it is none
    socket.data_received(request({}))
    (connection,) = gateway.roster.connections - before
    gateway.roster.enter(connection, user)
    return connection


@asynccontextmanager
async def _crowd(nats_url: str, redis_url: str) -> AsyncIterator[Crowd]:
    async with AsyncExitStack() as stack:
        buses = [Bus([nats_url], f"presence-{n}") for n in range(2)]
        for bus in buses:
            await bus.start()
            stack.push_async_callback(bus.stop)
        metrics = Metrics("presence")
        counts, store, limiter = (
            PresenceMetrics(metrics),
            Store(redis_url),
            Limiter(redis_url, metrics),
        )
        stack.push_async_callback(store.stop)
        stack.push_async_callback(limiter.stop)
        leases = Leases(store, Choices().of)
        announcer = Announcer(buses[0], Typing(store), counts)
        await Calls(buses[0], leases, limiter, announcer, counts).start()
        teller = Teller(buses[0], leases, counts)
        await teller.start()
        stack.push_async_callback(teller.stop)
        await serve_peers(buses[1], PEOPLE)
        gateways = []
        for _ in range(GATEWAYS):
            told = {"PARLEY_NATS_URL": nats_url, "PARLEY_PUBLIC_URL": ISSUER}
            told["PARLEY_LIMIT_CONNECTS"] = "0"
            guard = Guard(issuer=ISSUER, jwks=JWKS)
            gateways.append(Gateway(GatewaySettings.read(Env(told)), guard))
            await gateways[-1].bus.start()
            stack.push_async_callback(gateways[-1].bus.stop)
        yield Crowd(gateways, leases, metrics)


async def test_a_thousand_arrive_in_a_room_of_a_thousand(nats_url: str, redis_url: str) -> None:
    """Each is told once, each gateway hears of it once, and only who watches them is shown it; so
    with one change, and with all leaving at once.
    """
    async with _crowd(nats_url, redis_url) as crowd:
        for first in range(0, len(PEOPLE), WAVE):
            await crowd.arrive(first)
        await until(lambda: crowd.know("online") and crowd.published == len(PEOPLE))
        budget = capacity.told(len(PEOPLE), WATCHED, GATEWAYS)
        arrived = crowd.told()
        assert crowd.published == budget.published
        assert all(followed <= len(PEOPLE) for followed in crowd.followed())
        assert 0 < arrived <= budget.frames == 50_000

        one = capacity.told(1, WATCHED, GATEWAYS)
        await crowd.leases.renew("g", [Lease(PEOPLE[0], "s", "dnd")])
        await until(lambda: crowd.told() == arrived + one.frames)
        await until(lambda: crowd.published == len(PEOPLE) + one.published)

        await crowd.leases.end([Lease(user, "s") for user in PEOPLE])
        await until(lambda: crowd.know("offline"))
        await until(lambda: crowd.published == 2 * len(PEOPLE) + 1)
        assert crowd.told() == arrived + one.frames + budget.frames
