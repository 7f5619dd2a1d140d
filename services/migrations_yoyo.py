"""Brings a schema of Postgres up to date from plain SQL files; it never goes back."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import yoyo
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import parse_uri

from services import clock, logs_structlog, pool_postgres

WAIT_SECONDS: Final = 120.0
"""How long a replica waits for another one's migrations."""
_FILE: Final = re.compile(r"[0-9]{4}_[a-z0-9_]+\.sql")
# One lock for all schemas of a database: extensions, which migrations create, belong to all.
_LOCK: Final = "hashtextextended('parley.migrations', 0)"
_log = logs_structlog.get_logger()


class MigrationError(Exception):
    """A directory of migrations that cannot be used; the message names the file."""


async def migrate(url: str, schema: str, directory: Path) -> list[str]:
    """Apply the files `NNNN_name.sql` of `directory` that `schema` has not seen, in their order.

    Each file runs whole in one transaction, together with the note that it was applied: it happens
    once or not at all, however many replicas start at once and whenever one is killed. Answers the
    names applied by this call. The URL must lead to Postgres itself or a pooler in session mode,
    because the lock belongs to a session.

    Raises:
        MigrationError: a file is misnamed or asks to run outside a transaction.
        Unavailable: Postgres is away.
        TimeoutError: another replica held the lock for two minutes.
    """
    _check_names(directory)
    connection = await pool_postgres.connect(url, pool_postgres.START_SECONDS)
    try:
        await connection.execute(f"SELECT pg_advisory_lock({_LOCK})", timeout=WAIT_SECONDS)
        await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {pool_postgres.quoted(schema)}")
        return await asyncio.to_thread(_apply, url, schema, directory)
    finally:
        # Ends the session and with it the lock.
        await connection.close(timeout=5.0)


async def missing(url: str, schema: str, directory: Path) -> list[str]:
    """Name the files of `directory` that `schema` has not seen; nothing is changed.

    Raises:
        MigrationError: a file is misnamed.
        Unavailable: Postgres is away.
    """
    _check_names(directory)
    known = _names(directory)
    connection = await pool_postgres.connect(url, pool_postgres.START_SECONDS)
    try:
        table = f"{pool_postgres.quoted(schema)}._yoyo_migrations"
        there = await connection.fetchval("SELECT to_regclass($1)", table)
        applied = f"SELECT migration_id FROM {table}"  # noqa: S608 - a name of ours, quoted
        rows = await connection.fetch(applied) if there else []
    finally:
        await connection.close(timeout=5.0)
    return sorted(known - {row[0] for row in rows})


def _names(directory: Path) -> set[str]:
    return {path.stem for path in directory.glob("*.sql")}


class Migrations:
    """`migrate` as a part of a service: before the pool, after nothing."""

    name = "migrations"

    def __init__(self, url: str, schema: str, directory: Path) -> None:
        self._arguments = (url, schema, directory)

    async def start(self) -> None:
        applied = await migrate(*self._arguments)
        _log.info("migrated", schema=self._arguments[1], applied=applied)

    async def stop(self) -> None:
        """Nothing is left to stop."""


class _Backend(PostgresqlPsycopgBackend):  # type: ignore[misc]  # yoyo has no types
    """yoyo's bookkeeping, with a migration and the note of it in one transaction."""

    def init_connection(self, connection: Any) -> None:  # noqa: ANN401 - a psycopg connection
        name = pool_postgres.quoted(self.schema)
        connection.execute(f"SET search_path TO {name}, public")

    def apply_one(self, migration: Any, force: bool = False, mark: bool = True) -> None:  # noqa: ANN401, ARG002, FBT001, FBT002 - yoyo's signature
        migration.load()
        if not migration.use_transactions:
            raise MigrationError(f"{migration.path}: every migration runs in a transaction")
        with self.transaction():
            # The file as it is, not split into statements: splitting breaks on function bodies.
            self.cursor().execute(migration.source)
            self.mark_one(migration)

    def get_log_data(self, migration: Any = None, operation: str = "apply") -> dict[str, Any]:  # noqa: ANN401 - yoyo's
        # yoyo's own asks for a user name and a DNS name, which a container may not have.
        return {
            "id": str(uuid4()),
            "migration_id": migration.id,
            "migration_hash": migration.hash,
            "username": "parley",
            "hostname": "",
            "created_at_utc": datetime.fromtimestamp(clock.now_ms() / 1000, UTC).replace(
                tzinfo=None
            ),
            "operation": operation,
        }


def _check_names(directory: Path) -> None:
    names = sorted(path.name for path in directory.glob("*.sql"))
    for name in names:
        if _FILE.fullmatch(name) is None:
            raise MigrationError(f"{name}: a migration is called NNNN_name.sql")
    numbers = [name[:4] for name in names]
    for name, before in zip(names[1:], names, strict=False):
        if name[:4] == before[:4]:
            raise MigrationError(f"{name} and {before} have the same number")
    if not numbers:
        raise MigrationError(f"{directory}: there is no migration here")


def _apply(url: str, schema: str, directory: Path) -> list[str]:
    uri = parse_uri(url)
    backend = _Backend(uri._replace(args={**uri.args, "schema": schema}), "_yoyo_migrations")
    try:
        backend.init_database()
        # A lock row left by a killed run. Nobody else can be at work: we hold the advisory lock.
        backend.break_lock()
        pending = list(backend.to_apply(yoyo.read_migrations(str(directory))))
        for migration in sorted(pending, key=lambda item: str(item.id)):
            backend.apply_one(migration)
        return sorted(migration.id for migration in pending)
    finally:
        backend.connection.close()
