"""Migrations against a real Postgres: once, in order, whole, however many start and die."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.migrations_yoyo import MigrationError, Migrations, migrate

ROOM = "CREATE TABLE room (id text PRIMARY KEY);"
FUNCTION = """
-- A function body with semicolons, an odd quote ' and a :colon must arrive as it is.
CREATE FUNCTION twice(n integer) RETURNS integer LANGUAGE plpgsql AS $body$
DECLARE result integer;
BEGIN
    -- it's 100% fine; really
    result := n * 2;
    RETURN result;
END;
$body$;
INSERT INTO room VALUES ('50% :off');
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Two migrations."""
    (tmp_path / "0001_room.sql").write_text(ROOM)
    (tmp_path / "0002_function.sql").write_text(FUNCTION)
    return tmp_path


async def value(url: str, query: str) -> Any:  # noqa: ANN401 - a column's own type
    """One value from the database."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_files_are_applied_once_and_in_order(postgres_database: str, directory: Path) -> None:
    """The first call applies them, the second finds nothing to do, a third only what is new."""
    names = ["0001_room", "0002_function"]
    assert await migrate(postgres_database, "demo", directory) == names
    assert await migrate(postgres_database, "demo", directory) == []
    (directory / "0003_more.sql").write_text("INSERT INTO room VALUES (twice(21)::text);")
    assert await migrate(postgres_database, "demo", directory) == ["0003_more"]
    assert (
        await value(postgres_database, "SELECT string_agg(id, ' ') FROM demo.room") == "50% :off 42"
    )


async def test_everything_is_in_the_schema(postgres_database: str, directory: Path) -> None:
    """The tables and the bookkeeping; two schemas of one database do not see each other."""
    await migrate(postgres_database, "demo", directory)
    await migrate(postgres_database, "other", directory)
    schemas = "SELECT string_agg(DISTINCT schemaname, ' ') FROM pg_tables WHERE tablename ~ "
    assert await value(postgres_database, schemas + "'^(room|_yoyo|yoyo)'") == "demo other"


async def test_a_migration_that_fails_leaves_nothing(
    postgres_database: str, directory: Path
) -> None:
    """What came before stays, the failed file is undone whole, and a corrected one is applied."""
    broken = directory / "0003_broken.sql"
    broken.write_text("CREATE TABLE half (); SELECT 1 / 0;")
    with pytest.raises(Exception, match="division by zero"):
        await migrate(postgres_database, "demo", directory)
    assert await value(postgres_database, "SELECT to_regclass('demo.half')") is None
    assert await value(postgres_database, "SELECT count(*) FROM demo.room") == 1
    broken.write_text("CREATE TABLE half ();")
    assert await migrate(postgres_database, "demo", directory) == ["0003_broken"]


async def test_replicas_that_start_at_once_share_the_work(
    postgres_database: str, directory: Path
) -> None:
    """Three processes: each file is applied by exactly one, and all of them come up."""
    (directory / "0003_slow.sql").write_text("SELECT pg_sleep(0.3); INSERT INTO room VALUES ('x');")
    program = (
        "import asyncio, pathlib, sys; from services.migrations_yoyo import migrate;"
        "print(*asyncio.run(migrate(sys.argv[1], 'demo', pathlib.Path(sys.argv[2]))))"
    )
    replicas = [await python(program, postgres_database, str(directory)) for _ in range(3)]
    outputs = await asyncio.gather(*(replica.communicate() for replica in replicas))
    assert [replica.returncode for replica in replicas] == [0, 0, 0]
    applied = sorted(b" ".join(out for out, _ in outputs).split())
    assert applied == [b"0001_room", b"0002_function", b"0003_slow"]
    assert await value(postgres_database, "SELECT count(*) FROM demo.room") == 2


async def test_a_killed_replica_holds_nobody_up(postgres_database: str, directory: Path) -> None:
    """Killed in the middle of a file: the next one does the whole of it."""
    slow = directory / "0003_slow.sql"
    slow.write_text("INSERT INTO room VALUES ('x'); SELECT pg_sleep(60);")
    program = (
        "import asyncio, pathlib, sys; from services.migrations_yoyo import migrate;"
        "asyncio.run(migrate(sys.argv[1], 'demo', pathlib.Path(sys.argv[2])))"
    )
    replica = await python(program, postgres_database, str(directory))
    sleeping = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'INSERT%pg_sleep(60)%'"
    async with asyncio.timeout(60):
        while (session := await value(postgres_database, sleeping)) is None:  # noqa: ASYNC110 - only Postgres knows
            await asyncio.sleep(0.02)
    replica.send_signal(signal.SIGKILL)
    await replica.communicate()
    # The server notices a dead client only when it next speaks to it: a sleep does not.
    await value(postgres_database, f"SELECT pg_terminate_backend({session}, 5000)")
    slow.write_text("INSERT INTO room VALUES ('y');")
    assert await migrate(postgres_database, "demo", directory) == ["0003_slow"]
    assert (
        await value(postgres_database, "SELECT string_agg(id, ' ') FROM demo.room") == "50% :off y"
    )


async def python(program: str, *arguments: str) -> asyncio.subprocess.Process:
    """Run a Python program."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=dict(os.environ),
    )


async def test_a_lock_left_by_a_killed_run_is_broken(
    postgres_database: str, directory: Path
) -> None:
    """The tool's own lock row means nothing to whoever holds the advisory lock."""
    # As a first start leaves it that was killed while it made the tool's tables.
    columns = "locked integer PRIMARY KEY, ctime timestamp, pid integer NOT NULL"
    await value(postgres_database, "CREATE SCHEMA demo")
    await value(postgres_database, f"CREATE TABLE demo.yoyo_lock ({columns})")
    await value(postgres_database, "INSERT INTO demo.yoyo_lock VALUES (1, now(), 1)")
    async with asyncio.timeout(8):
        assert await migrate(postgres_database, "demo", directory) == ["0001_room", "0002_function"]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("1_room.sql", ROOM, "1_room.sql: a migration is called NNNN_name.sql"),
        ("0001_again.sql", ROOM, "0001_room.sql and 0001_again.sql have the same number"),
        ("0003_x.rollback.sql", ROOM, "0003_x.rollback.sql: a migration is called NNNN_name.sql"),
        (
            "0003_x.sql",
            "-- transactional: false\nSELECT 1;",
            "every migration runs in a transaction",
        ),
    ],
)
async def test_a_directory_that_cannot_be_used_is_refused(
    postgres_database: str, directory: Path, name: str, content: str, why: str
) -> None:
    """The message names the file."""
    (directory / name).write_text(content)
    with pytest.raises(MigrationError, match=why):
        await migrate(postgres_database, "demo", directory)


async def test_an_empty_directory_is_refused(tmp_path: Path) -> None:
    """A wrong path must not look like a database that is up to date; nothing is connected."""
    with pytest.raises(MigrationError, match="there is no migration here"):
        await migrate("postgres://127.0.0.1:1/x", "demo", tmp_path)


async def test_migrations_are_a_part(postgres_database: str, directory: Path) -> None:
    """Its start migrates, its stop has nothing to do."""
    part = Migrations(postgres_database, "demo", directory)
    await part.start()
    assert await value(postgres_database, "SELECT count(*) FROM demo.room") == 1
    await part.stop()
