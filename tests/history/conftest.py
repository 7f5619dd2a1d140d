"""Fixtures of history: a replica that a module's tests share, and parts for tests that break it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio

from proto import subjects
from tests.history.databases_postgres import copied, drop, make_template
from tests.history.running import Auth, Peer, Replica, no_revocations, peering, running
from tests.nats_server import NatsServer
from tests.servers import Servers


@pytest.fixture(scope="session")
def template(servers: Servers) -> Iterator[str]:
    """Give the name of a migrated database to copy."""
    name = asyncio.run(make_template(servers.postgres_url))
    yield name
    asyncio.run(drop(servers.postgres_url, name))


@pytest.fixture
async def database(servers: Servers, template: str) -> AsyncIterator[str]:
    """Give the url of a migrated database of this test's own."""
    async with copied(servers.postgres_url, template) as url:
        yield url


@pytest.fixture
def own_nats(nats_server: Callable[..., NatsServer]) -> NatsServer:
    """Give a NATS server of this test's own."""
    return nats_server()


@pytest.fixture
async def own_peer(own_nats: NatsServer) -> AsyncIterator[Peer]:
    """Give another service on this test's own NATS server; it answers for auth."""
    async with peering(own_nats.url) as peer:
        await peer.bus.serve(subjects.AUTH_USERS, subjects.AUTH_QUEUE, Auth().answer)
        await peer.bus.serve(subjects.AUTH_REVOCATIONS, subjects.AUTH_QUEUE, no_revocations)
        yield peer


@pytest.fixture
async def own(database: str, own_nats: NatsServer, own_peer: Peer) -> AsyncIterator[Replica]:
    """Give a replica on servers of this test's own."""
    async with running(database, own_nats.url) as replica:
        yield replica


@pytest.fixture(scope="module")
def shared_nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """Give a NATS server for this module."""
    server = NatsServer(tmp_path_factory.mktemp("nats"))
    yield server
    server.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def peer(shared_nats: NatsServer) -> AsyncIterator[Peer]:
    """Give another service beside this module's replica."""
    async with peering(shared_nats.url) as connected:
        yield connected


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def auth(peer: Peer) -> Auth:
    """Give what answers for auth beside this module's replica."""
    answering = Auth()
    await peer.bus.serve(subjects.AUTH_USERS, subjects.AUTH_QUEUE, answering.answer)
    await peer.bus.serve(subjects.AUTH_REVOCATIONS, subjects.AUTH_QUEUE, no_revocations)
    return answering


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def replica(
    servers: Servers, template: str, shared_nats: NatsServer, auth: Auth
) -> AsyncIterator[Replica]:
    """Give a replica that this module's tests share; each makes rooms and users of its own."""
    async with (
        copied(servers.postgres_url, template) as url,
        running(url, shared_nats.url) as started,
    ):
        yield started
