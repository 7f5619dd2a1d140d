"""Migrations by a Job: done once, and waited for."""

from __future__ import annotations

import asyncio

import pytest

from services.deploy import migrate
from services.migrations_yoyo import MigrationError, missing


async def test_who_waits_goes_on_when_it_is_done(postgres_database: str) -> None:
    """Not before, also when the schema is not there at all; then at once."""
    waiting = asyncio.create_task(migrate.wait(postgres_database, "auth"))
    left = await missing(postgres_database, "auth", migrate.directory("auth"))
    assert left
    assert left[0].startswith("0001_")
    assert not waiting.done()
    await migrate.run(postgres_database, ["auth", "history"], only_wait=False)
    await asyncio.wait_for(waiting, 10)
    await migrate.run(postgres_database, ["auth", "history"], only_wait=True)


async def test_a_newer_schema_does(postgres_database: str) -> None:
    """An older version that starts in a rollout finds more than it knows."""
    await migrate.run(postgres_database, ["auth"], only_wait=False)
    first = migrate.directory("auth")
    assert await missing(postgres_database, "auth", first) == []


def test_a_name_that_is_no_service_is_refused() -> None:
    """Instead of waiting for ever."""
    with pytest.raises(MigrationError):
        migrate.directory("nobody")
