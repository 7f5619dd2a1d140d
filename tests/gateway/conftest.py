"""The gateway's tests run on the event loop that services run on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping

import pytest
import uvloop

from tests.gateway.running import House
from tests.gateway.running import house as running_house
from tests.history.databases_postgres import copied, drop, make_template
from tests.nats_server import NatsServer
from tests.servers import Servers


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """uvloop alone: its transports differ from asyncio's where it matters, as in a late write."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def template(servers: Servers) -> Iterator[str]:
    """Give the name of a database with history's schema, to copy."""
    name = asyncio.run(make_template(servers.postgres_url))
    yield name
    asyncio.run(drop(servers.postgres_url, name))


@pytest.fixture
def own_nats(nats_server: Callable[..., NatsServer]) -> NatsServer:
    """Give a NATS server of this test's own."""
    return nats_server()


@pytest.fixture
async def house(servers: Servers, template: str, own_nats: NatsServer) -> AsyncIterator[House]:
    """Give a gateway and a history on servers of this test's own."""
    async with (
        copied(servers.postgres_url, template) as url,
        running_house(url, own_nats.url) as started,
    ):
        yield started
