"""Hellos that come together are read together: each gets its own, and what is true by then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from history.app import NAME
from history.gatherer import PEOPLE, READS_AT_ONCE, Gatherer
from history.rooms_postgres import BY_KEY, OF_USERS
from services.pool_postgres import Pool, Row
from services.problem import Unavailable
from tests.history.databases_postgres import execute

USERS = 3 * PEOPLE


class Counting(Pool):
    """A pool that counts its reads, and holds them up as long as `go` is not set."""

    def __init__(self, url: str) -> None:
        """Not connected yet."""
        super().__init__(url, NAME, service=NAME, session=BY_KEY)
        self.reads = 0
        self.go = asyncio.Event()
        self.go.set()

    async def fetch(self, query: str, *args: object) -> list[Row]:
        """Count it, if it is of rooms, and read."""
        if query == OF_USERS:
            self.reads += 1
            await self.go.wait()
        return await super().fetch(query, *args)


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Counting]:
    """Give a pool on a database in which each of many people has a room of their own."""
    for statement in (
        "INSERT INTO history.rooms (id, kind, name, created_ms, members)"
        " SELECT 'r' || n, 'private', 'x', 1, 1 FROM generate_series(1, 500) n",
        'INSERT INTO history.members (room, "user", role, joined_ms)'
        " SELECT 'r' || n, 'u' || n, 'owner', 1 FROM generate_series(1, 500) n",
        'INSERT INTO history.marks (room, "user", read_seq, joined_row)'
        " SELECT 'r' || n, 'u' || n, 1, gen_random_uuid() FROM generate_series(1, 500) n",
    ):
        await execute(database, statement)
    made = Counting(database)
    await made.start()
    yield made
    made.go.set()
    await made.stop()


async def _ids(gatherer: Gatherer, user: str) -> list[str]:
    return [seen.room.id for seen in (await gatherer.known_of(user)).rooms]


async def test_a_herd_is_read_in_a_few_statements(pool: Counting) -> None:
    """Ten devices of each of many people: each gets the person's rooms, nobody another's."""
    gatherer = Gatherer(pool)
    users = [f"u{n}" for n in range(1, USERS + 1)] * 10
    found = await asyncio.gather(*(_ids(gatherer, user) for user in users))
    assert found == [[user.replace("u", "r")] for user in users]
    assert pool.reads <= USERS / PEOPLE + READS_AT_ONCE
    assert await _ids(gatherer, "stranger") == []


async def test_who_comes_later_is_told_what_is_true_by_then(pool: Counting, database: str) -> None:
    """A read that has begun is not shared: it may have missed what its new asker knows of."""
    gatherer = Gatherer(pool)
    pool.go.clear()
    early = asyncio.create_task(_ids(gatherer, "u1"))
    while not pool.reads:  # noqa: ASYNC110 - until it has begun
        await asyncio.sleep(0)
    await execute(database, "UPDATE history.rooms SET deleted_ms = 2 WHERE id = 'r1'")
    late = asyncio.create_task(_ids(gatherer, "u1"))
    await asyncio.sleep(0)
    pool.go.set()
    await early
    assert await late == []
    assert pool.reads == 2


async def test_each_is_told_whom_they_block(pool: Counting, database: str) -> None:
    """Their own, and not the others' who are read with them."""
    await execute(database, "INSERT INTO history.blocks VALUES ('u1', 'u9', 1), ('u2', 'u1', 1)")
    gatherer = Gatherer(pool)
    known = await asyncio.gather(*(gatherer.known_of(user) for user in ("u1", "u2", "u3")))
    assert [one.blocked for one in known] == [["u9"], ["u1"], []]


async def test_who_gives_up_takes_nobody_along(pool: Counting) -> None:
    """Another device of the same person, whose gateway died while it asked."""
    gatherer = Gatherer(pool)
    pool.go.clear()
    gone, stays = (asyncio.create_task(_ids(gatherer, "u1")) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait((gone,))
    pool.go.set()
    assert await stays == ["r1"]


async def test_a_failure_is_told_to_everybody_and_forgotten(pool: Counting) -> None:
    """Without Postgres all who ask are told; the next one asks anew."""
    gatherer = Gatherer(pool)
    await pool.stop()
    asked = (_ids(gatherer, f"u{n}") for n in range(1, 100))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(answer) for answer in answers} == {Unavailable}
    await pool.start()
    assert await _ids(gatherer, "u1") == ["r1"]
