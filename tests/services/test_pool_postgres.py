"""The pool against a real Postgres: its bounds, its session, and what it says of one away."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

from proto.codes import ErrorCode
from services import pool_postgres
from services.pool_postgres import Pool
from services.problem import Unavailable
from tests.last_words_postgres import LastWords


@asynccontextmanager
async def pooled(url: str, **options: Any) -> AsyncIterator[Pool]:  # noqa: ANN401 - passed on
    """A started pool."""
    pool = Pool(url, "demo", service="demo", **options)
    await pool.start()
    try:
        yield pool
    finally:
        await pool.stop()


async def test_unqualified_names_mean_the_schema(postgres_database: str) -> None:
    """What a service makes lands in its own schema; sessions carry its name and a time limit."""
    async with pooled(postgres_database) as pool:
        await pool.health()
        await pool.execute("CREATE SCHEMA demo")
        await pool.execute("CREATE TABLE room (id text PRIMARY KEY)")
        assert await pool.fetchval("SELECT count(*) FROM demo.room") == 0
        assert await pool.fetchval("SHOW application_name") == "parley-demo"
        assert await pool.fetchval("SHOW statement_timeout") == "10s"


async def test_rows_are_read_by_name_and_position(postgres_database: str) -> None:
    """All rows, the first, or none."""
    async with pooled(postgres_database) as pool:
        rows = await pool.fetch("SELECT n, n * 2 AS twice FROM generate_series(1, 3) AS n")
        assert [(row["n"], row[1], len(row)) for row in rows] == [(1, 2, 2), (2, 4, 2), (3, 6, 2)]
        assert await pool.fetchrow("SELECT 1 WHERE false") is None


async def test_a_transaction_is_whole_or_not_at_all(postgres_database: str) -> None:
    """Committed at the end of its block, rolled back by a raise or a cancel."""
    async with pooled(postgres_database) as pool:
        await pool.execute("CREATE TABLE public.room (id text PRIMARY KEY)")

        async def insert(room: str, then: asyncio.Future[None]) -> None:
            async with pool.transaction() as connection:
                await connection.execute("INSERT INTO room VALUES ($1)", room)
                await then

        loop = asyncio.get_running_loop()
        good, bad, never = (loop.create_future() for _ in range(3))
        good.set_result(None)
        bad.set_exception(KeyError("no"))
        await insert("good", good)
        with pytest.raises(KeyError):
            await insert("bad", bad)
        cut = asyncio.create_task(insert("cut", never))
        locks = "SELECT count(*) FROM pg_locks WHERE mode = 'RowExclusiveLock'"
        while await pool.fetchval(locks) == 0:  # noqa: ASYNC110 - only Postgres knows
            await asyncio.sleep(0.005)
        cut.cancel()
        await asyncio.wait((cut,))
        assert [row["id"] for row in await pool.fetch("SELECT id FROM room")] == ["good"]


async def test_errors_of_a_statement_stay_what_they_are(postgres_database: str) -> None:
    """Only what says that Postgres is away becomes `Unavailable`."""
    async with pooled(postgres_database) as pool:
        with pytest.raises(Exception, match="does not exist") as caught:
            await pool.execute("SELECT * FROM nowhere")
        assert not isinstance(caught.value, Unavailable)


async def test_a_full_pool_is_unavailable(postgres_database: str) -> None:
    """Who gets no connection in time is told, and nobody waits for ever."""
    async with pooled(postgres_database, max_size=1, acquire_seconds=0.3) as pool:
        async with pool.acquire():
            with pytest.raises(Unavailable) as caught:
                await pool.health()
        assert (caught.value.code, caught.value.status) == (ErrorCode.UNAVAILABLE, 503)
        assert caught.value.retry_after_ms
        await pool.health()


async def test_a_full_disk_is_unavailable(postgres_database: str) -> None:
    """What has no room now, may have it later: nothing is wrong with what was asked."""
    async with pooled(postgres_database) as pool:
        with pytest.raises(Unavailable) as caught:
            await pool.execute("DO $$ BEGIN RAISE disk_full; END $$")
        assert caught.value.status == 503
        await pool.health()


async def test_a_statement_has_a_time_limit(postgres_database: str) -> None:
    """One that takes too long is ended, and its connection is good again."""
    async with pooled(postgres_database, max_size=1, statement_seconds=0.5) as pool:
        with pytest.raises(Unavailable):
            await pool.execute("SELECT pg_sleep(30)")
        await pool.health()


async def test_a_lost_connection_is_unavailable_once(postgres_database: str) -> None:
    """Postgres ends the session: the block is told, and the next one gets a new connection."""
    async with pooled(postgres_database, max_size=2) as pool:

        async def losing() -> None:
            async with pool.acquire() as connection:
                process = await connection.fetchval("SELECT pg_backend_pid()")
                await pool.execute("SELECT pg_terminate_backend($1, 5000)", process)
                await connection.fetchval("SELECT 1")

        with pytest.raises(Unavailable):
            await losing()
        await pool.health()


async def test_a_crash_that_is_told_is_unavailable_once(postgres_database: str) -> None:
    """A Postgres that says it crashed is away, also before the connection breaks."""
    async with LastWords(postgres_database).listening() as way, pooled(way.url) as pool:
        await pool.health()
        await way.say()
        with pytest.raises(Unavailable):
            await pool.health()
        await pool.health()


async def test_a_pool_that_is_not_started_is_unavailable(postgres_database: str) -> None:
    """Before the start and after the stop; stopping twice is stopping once."""
    pool = Pool(postgres_database, "demo", service="demo")
    with pytest.raises(Unavailable, match="not connected"):
        await pool.health()
    await pool.start()
    await pool.stop()
    await pool.stop()
    with pytest.raises(Unavailable, match="not connected"):
        await pool.health()


async def test_a_start_waits_for_postgres_to_come_up(postgres_database: str) -> None:
    """The port opens only after the first attempts: the start goes on trying and succeeds."""
    parts = urlsplit(postgres_database)
    attempts = 0
    up = asyncio.Event()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            writer.close()
            return
        up.set()
        there, back = await asyncio.open_connection(parts.hostname, parts.port)
        await asyncio.gather(_copy(reader, back), _copy(there, writer))

    relay = await asyncio.start_server(forward, "127.0.0.1", 0)
    port = relay.sockets[0].getsockname()[1]
    netloc = f"{parts.username}:{parts.password}@127.0.0.1:{port}"
    async with pooled(urlunsplit(parts._replace(netloc=netloc))) as pool:
        await pool.health()
    assert up.is_set()
    relay.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()


async def test_a_start_gives_up_in_time() -> None:
    """Nobody listens: one sentence without the password."""
    pool = Pool("postgres://u:hunter2@127.0.0.1:1/d", "demo", service="demo", start_seconds=0.15)
    with pytest.raises(Unavailable, match=re.escape("no Postgres within 0.15 s")) as caught:
        await pool.start()
    assert "hunter2" not in str(caught.value)


async def test_a_refusal_is_not_waited_out(postgres_database: str) -> None:
    """A wrong database or user never becomes right by waiting."""
    wrong = urlunsplit(urlsplit(postgres_database)._replace(path="/nowhere"))
    async with asyncio.timeout(20):
        with pytest.raises(Unavailable, match='refuses us: database "nowhere" does not exist'):
            await pool_postgres.connect(wrong, 60.0)


def test_a_name_is_quoted_for_sql() -> None:
    """Whatever it holds, it stays one identifier."""
    assert pool_postgres.quoted('a"b') == '"a""b"'
