"""Fixtures of auth: a database of the test's own, and a replica that runs on it."""

from collections.abc import AsyncIterator

import pytest

from tests.auth.running import Running, running


@pytest.fixture
async def auth(postgres_database: str, nats_url: str) -> AsyncIterator[Running]:
    """Give a running replica with open registration and an empty database."""
    async with running(postgres_database, nats_url) as replica:
        yield replica
