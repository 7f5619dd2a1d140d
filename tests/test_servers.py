"""The fixtures of conftest.py: each server is real, and what a test gets is its own."""

from collections.abc import Callable

import asyncpg
import nats
from redis.asyncio import Redis

from tests.nats_server import NatsServer


async def test_a_database_is_empty_and_has_the_extensions_we_use(postgres_database: str) -> None:
    """A fresh database holds no table, and pg_trgm can be made in it."""
    connection = await asyncpg.connect(postgres_database)
    tables = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    await connection.execute("CREATE EXTENSION pg_trgm")
    await connection.close()
    assert tables == 0


async def test_a_redis_database_is_empty(redis_url: str) -> None:
    """The numbered database of a test holds nothing."""
    client = Redis.from_url(redis_url)
    assert await client.dbsize() == 0
    await client.aclose()


async def test_an_own_nats_server_keeps_its_stream_through_a_kill(
    nats_server: Callable[..., NatsServer],
) -> None:
    """What was acknowledged is there after SIGKILL and a start on the same store and port."""
    server = nats_server()
    client = await nats.connect(server.url)
    stream = client.jetstream()
    await stream.add_stream(name="S", subjects=["s"])
    await stream.publish("s", b"1")
    await client.close()
    server.restart()
    client = await nats.connect(server.url)
    info = await client.jetstream().stream_info("S")
    await client.close()
    assert info.state.messages == 1


async def test_the_shared_nats_server_wants_a_password(nats_url: str) -> None:
    """The url carries a password, and JetStream answers with it."""
    client = await nats.connect(nats_url)
    account = await client.jetstream().account_info()
    await client.close()
    assert "@" in nats_url
    assert account.streams >= 0
