"""Databases with history's schema, copied from one that was migrated once a run."""

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from history.app import MIGRATIONS, NAME
from history.rooms_postgres import BY_KEY
from services.migrations_yoyo import migrate


def at(url: str, database: str) -> str:
    """The url of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


async def execute(url: str, statement: str, *values: object) -> None:
    """Run one statement on a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement, *values)
    finally:
        await connection.close()


async def fetch(url: str, query: str, *values: object) -> list[tuple[object, ...]]:
    """The rows of a query in the schema of history, on a connection of its own."""
    connection = await asyncpg.connect(url, server_settings={"search_path": NAME})
    try:
        return [tuple(row) for row in await connection.fetch(query, *values)]
    finally:
        await connection.close()


async def work(url: str, query: str, *values: object) -> dict[str, int]:
    """How many rows each table was asked for when a query ran as the service runs it.

    What it changes is undone. Raises AssertionError if a table was read from end to end.
    """
    # What Postgres may turn to after a few executions, whatever the service asks of it.
    settings = {"search_path": NAME, **BY_KEY, "plan_cache_mode": "force_generic_plan"}
    connection = await asyncpg.connect(url, server_settings=settings)
    try:
        await connection.execute("BEGIN; PREPARE asked AS " + query)
        given = ", ".join("NULL" if value is None else f"'{value}'" for value in values)
        asked = f"asked ({given})" if values else "asked"
        raw = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE {asked}")
    finally:
        await connection.close()
    looked_at: dict[str, int] = {}
    nodes = [json.loads(raw)[0]["Plan"]]
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if table := node.get("Relation Name"):
            assert node["Node Type"] != "Seq Scan", table
            rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            name = table.rstrip("0123456789").rstrip("_")
            looked_at[name] = looked_at.get(name, 0) + round(rows * node["Actual Loops"])
    return looked_at


# Hundreds of copies are made in a run, and each costs what its files cost. Most of those were of
# empty partitions, half a second of a processor for each copy; the tables answer the same without.
_ONE_PARTITION = f"""
DO $$
DECLARE
    whole regclass;
    part regclass;
BEGIN
    FOR whole IN SELECT oid FROM pg_class
        WHERE relkind = 'p' AND relnamespace = '{NAME}'::regnamespace
    LOOP
        FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = whole LOOP
            EXECUTE format('DROP TABLE %s', part);
        END LOOP;
        EXECUTE format('CREATE TABLE {NAME}.%I PARTITION OF %s '
            'FOR VALUES WITH (MODULUS 1, REMAINDER 0)',
            (SELECT relname FROM pg_class WHERE oid = whole) || '_0', whole);
    END LOOP;
END $$
"""  # noqa: S608 - made of a constant


async def make_template(url: str, *, is_partitioned: bool = False) -> str:
    """Make a migrated database and answer its name; with tables in as many parts as those of an
    operator, where it is asked for."""
    name = f"history_{secrets.token_hex(6)}"
    await execute(url, f'CREATE DATABASE "{name}"')
    await migrate(at(url, name), NAME, MIGRATIONS)
    if not is_partitioned:
        await execute(at(url, name), _ONE_PARTITION)
    return name


async def drop(url: str, name: str) -> None:
    """Drop a database, whoever is connected to it, and the copies of it that are kept."""
    for one in (*_kept.pop((url, name), ()), name):
        await execute(url, f'DROP DATABASE "{one}" WITH (FORCE)')


# Copies that no test uses just now, by the server and what they are copies of.
_kept: dict[tuple[str, str], list[str]] = {}
_shapes: dict[tuple[str, str], object] = {}
_SHAPE = f"""
SELECT md5(string_agg(concat_ws(' ', relname, relkind, relnatts, relchecks, relhastriggers), ','
    ORDER BY relname))
FROM pg_class WHERE relnamespace = '{NAME}'::regnamespace
"""  # noqa: S608 - made of a constant
_EMPTIED = f"""
DO $$
DECLARE
    one regclass;
    written text[];
    is_written boolean;
BEGIN
    PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    FOR one IN SELECT oid FROM pg_class WHERE relnamespace = '{NAME}'::regnamespace
        AND relkind IN ('r', 'p') AND NOT relispartition AND relname NOT LIKE '\\_yoyo%'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', one) INTO is_written;
        IF is_written THEN
            written := written || one::text;
        END IF;
    END LOOP;
    IF written IS NOT NULL THEN
        EXECUTE 'TRUNCATE ' || array_to_string(written, ', ') || ' CASCADE';
    END IF;
    FOR one IN SELECT oid FROM pg_class
        WHERE relnamespace = '{NAME}'::regnamespace AND relkind = 'S'
    LOOP
        EXECUTE format('ALTER SEQUENCE %s RESTART', one);
    END LOOP;
END $$
"""  # noqa: S608 - made of a constant


@asynccontextmanager
async def copied(url: str, template: str) -> AsyncIterator[str]:
    """Give the url of a database that is like `template`.

    To empty the few tables that a test wrote to costs a tenth of a new copy, so the next test gets
    what this one is done with; a copy of which more was changed than rows is dropped.
    """
    kept = _kept.setdefault((url, template), [])
    if (url, template) not in _shapes:
        _shapes[url, template] = await _asked(at(url, template), _SHAPE)
    if kept:
        name = kept.pop()
    else:
        name = f"test_{secrets.token_hex(6)}"
        await execute(url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield at(url, name)
    finally:
        if await _asked(at(url, name), _EMPTIED, _SHAPE) == _shapes[url, template]:
            kept.append(name)
        else:
            await drop(url, name)


async def _asked(url: str, *statements: str) -> object:
    """Run statements on one connection, which costs more than they do, and answer the last."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return await connection.fetchval(statements[-1])
    finally:
        await connection.close()
