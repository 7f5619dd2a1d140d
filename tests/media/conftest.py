"""Fixtures of media: one that a module's tests share."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.databases_postgres import fresh_database
from tests.media.running import Place, running
from tests.media.seaweed import Seaweed
from tests.nats_server import NatsServer
from tests.servers import Servers


@pytest.fixture(scope="module")
def media_nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """Give a NATS server for this module."""
    server = NatsServer(tmp_path_factory.mktemp("nats"))
    yield server
    server.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(
    servers: Servers, media_nats: NatsServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Place]:
    """Give a media that this module's tests share, each with people of its own."""
    async with (
        fresh_database(servers.postgres_url) as url,
        running(url, media_nats.url, tmp_path_factory.mktemp("media")) as started,
    ):
        yield started


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    """Give a store with the S3 API; a test that kills it starts it again."""
    server = Seaweed(tmp_path_factory.mktemp("seaweed") / "data")
    yield server
    server.kill()
