"""Fixtures that start real servers, when a test asks for them and not before."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.databases_postgres import fresh_database
from tests.databases_redis import empty_database
from tests.nats_server import NatsServer
from tests.servers import Servers, external, local

BACKENDS = ("local", "testcontainers", "external")


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Postgres, NATS and Valkey, started once a run by the backend PARLEY_TEST_SERVERS names."""
    backend = os.environ.get("PARLEY_TEST_SERVERS", "local")
    if backend == "local":
        with local() as started:
            yield started
    elif backend == "testcontainers":
        # Here alone: nobody else needs the package, nor an engine.
        from tests.servers_testcontainers import testcontainers

        with testcontainers() as started:
            yield started
    elif backend == "external":
        with external() as started:
            yield started
    else:
        pytest.exit(f"PARLEY_TEST_SERVERS={backend} is none of {', '.join(BACKENDS)}", 2)


@pytest.fixture
async def postgres_database(servers: Servers) -> AsyncIterator[str]:
    """Give the url of a database that is this test's own and empty."""
    async with fresh_database(servers.postgres_url) as url:
        yield url


@pytest.fixture
async def redis_url(servers: Servers) -> str:
    """Give the url of an empty numbered database."""
    return await empty_database(servers.redis_url)


@pytest.fixture
def nats_url(servers: Servers) -> str:
    """Give the url of the NATS server of this run: its streams are shared by all tests."""
    return servers.nats_url


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[Callable[..., NatsServer]]:
    """Give a function that starts a NATS server of this test's own, as often as it is called.

    Keywords: `name` of its directory (the same name again: the same store), `extra_config`, `port`.
    """
    started: list[NatsServer] = []

    def start(name: str = "", *, extra_config: str = "", port: int | None = None) -> NatsServer:
        directory = tmp_path / (name or f"nats-{len(started) + 1}")
        server = NatsServer(directory, extra_config=extra_config, port=port)
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()
