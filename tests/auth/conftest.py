"""Fixtures of auth: a replica that a module's tests share, its database emptied for each."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.auth.running import Running, running, until
from tests.databases_postgres import fresh_database
from tests.servers import Servers


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def replica(servers: Servers) -> AsyncIterator[Running]:
    """Give a running replica with open registration and a database of its own."""
    async with (
        fresh_database(servers.postgres_url) as url,
        running(url, servers.nats_url) as started,
    ):
        # Auth starts without NATS, which comes a moment later; what is asked by it needs it.
        await until(lambda: started.auth.bus.connected)
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def auth(replica: Running) -> Running:
    """Give the replica of this module with nobody registered. Its counters go on counting."""
    await replica.auth.pool.execute(
        "TRUNCATE accounts, sessions, revocations, invitations, resets, api_tokens"
    )
    return replica
