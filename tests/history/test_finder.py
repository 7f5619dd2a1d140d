"""Searching in bounded time: whatever way it goes, all pages together are all there is."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest

from history import finder, walk
from history.finder import Finder
from history.rooms_postgres import BY_KEY
from history.search_postgres import LAST_MS, Found, Source, Wanted, rooms
from proto import limits
from services.pool_postgres import Pool
from services.problem import Unavailable
from tests.history.databases_postgres import execute, fetch

MESSAGES = 3_000
EVERYTHING = Wanted("'often':*", None, limits.SEQ_MAX, 0, LAST_MS, -1)


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    """Give connections to a database where ada is in ten rooms, and much is said; one room has
    nearly all of it, another one nothing, and of a third she is no member."""
    said = (
        " CASE WHEN n % 10 < 7 THEN 'busy' ELSE 'r' || n % 9 END, n, n * 1000,"
        " CASE WHEN n % 5 = 0 THEN 'bob' ELSE 'cyd' END"
    )
    for statement in (
        "INSERT INTO history.rooms (id, kind, name, created_ms, members) SELECT id, 'private', 'x',"
        " 1, 1 FROM unnest('{busy,silent,r0,r1,r2,r3,r4,r5,r6,r7,r8}'::text[]) t (id)",
        'INSERT INTO history.members (room, "user", role, joined_ms)'
        " SELECT id, 'ada', 'owner', 1 FROM history.rooms WHERE id <> 'r8'",
        f"INSERT INTO history.search (room, seq, ts, sender, words) SELECT {said},"  # noqa: S608
        " to_tsvector('simple', 'often' || CASE WHEN n % 97 = 0 THEN ' rare' ELSE '' END ||"
        " CASE WHEN n < 60 THEN ' old' ELSE '' END)"
        f" FROM generate_series(1, {MESSAGES}) n",
        "INSERT INTO history.heads SELECT room, max(seq) FROM history.search GROUP BY room",
    ):
        await execute(database, statement)
    pool = Pool(database, "history", service="history", session=BY_KEY)
    await pool.start()
    yield pool
    await pool.stop()


async def plainly(database: str, wanted: Wanted, sources: list[Source]) -> list[Found]:
    """The same by one plain query without bounds."""
    rows = await fetch(
        database,
        "SELECT room, seq FROM search WHERE room = ANY($1) AND words @@ $2::text::tsquery"
        " AND ($3::text IS NULL OR sender = $3) AND seq < $4 AND seq > $5 AND ts < $6 AND ts > $7"
        " ORDER BY seq DESC",
        [source.room for source in sources],
        *wanted,
    )
    return [Found(*row) for row in rows]  # type: ignore[arg-type]  # a row has what was asked for


async def all_pages(
    found_by: Finder, sources: list[Source], wanted: Wanted, limit: int
) -> tuple[list[Found], int]:
    """What one finds who asks on until there is no more, and in how many pages."""
    found: list[Found] = []
    for pages in range(1, MESSAGES):
        answer = await found_by.find(sources, wanted, limit)
        assert len(answer.found) <= limit
        found += answer.found
        if answer.next is None:
            return found, pages
        assert answer.next < wanted.below
        wanted = wanted._replace(below=answer.next)
    raise AssertionError("there is no end")


@pytest.mark.parametrize("seed", range(4))
async def test_pages_are_all_there_are(
    database: str, pool: Pool, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Common and rare words, in one room and many, of one sender, between places and times; by the
    index, by looking, by both, and however soon time is over."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    mine = await rooms(pool, "ada")
    assert {source.last for source in mine if source.room == "silent"} == {0}
    for _ in range(12):
        monkeypatch.setattr(walk, "WIDTH", dice.choice([64, 500, 8_192]))
        enough = dice.choice([50, 400, 4_096])
        monkeypatch.setattr(walk, "ENOUGH", enough)
        monkeypatch.setattr(finder, "ENOUGH", enough)
        monkeypatch.setattr(finder, "FEW", dice.choice([5, 200, 2_000]))
        monkeypatch.setattr(finder, "SECONDS", dice.choice([0.0, 0.01, 10.0]))
        monkeypatch.setattr(finder, "SKEW_MS", 0)
        wanted = EVERYTHING._replace(
            condition=dice.choice(["'often':*", "'rare'", "'old':*", "'never'", "'of':*&'rar':*"]),
            sender=dice.choice([None, None, "bob"]),
            below=dice.choice([limits.SEQ_MAX, dice.randrange(MESSAGES)]),
            above=dice.choice([0, dice.randrange(MESSAGES)]),
            before_ms=dice.choice([LAST_MS, 1000 * dice.randrange(MESSAGES)]),
            after_ms=dice.choice([-1, 1000 * dice.randrange(MESSAGES)]),
        )
        some = dice.choice([mine, mine[:3], dice.sample(mine, 1)])
        found, _ = await all_pages(Finder(pool), some, wanted, dice.choice([7, 50]))
        assert found == await plainly(database, wanted, some), wanted


async def test_a_page_ends_when_time_is_over(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what was found by then, and where to go on: nobody waits for the whole of a log."""
    monkeypatch.setattr(finder, "SECONDS", 0.0)
    monkeypatch.setattr(finder, "FEW", 5)
    monkeypatch.setattr(walk, "WIDTH", 300)
    mine = await rooms(pool, "ada")
    old = EVERYTHING._replace(condition="'old'")
    answer = await Finder(pool).find(mine, old, 50)
    assert answer.found == []
    assert answer.next is not None
    found, pages = await all_pages(Finder(pool), mine, old, 50)
    assert len(found) > 50
    assert pages > 2


async def test_a_search_in_time_does_not_begin_at_the_end(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was said long before a time is found on the first page, however short it is."""
    monkeypatch.setattr(finder, "SECONDS", 0.0)
    monkeypatch.setattr(finder, "FEW", 5)
    monkeypatch.setattr(finder, "SKEW_MS", 60_000)
    monkeypatch.setattr(finder, "_NEAR", 16)
    monkeypatch.setattr(walk, "WIDTH", 300)
    mine = await rooms(pool, "ada")
    answer = await Finder(pool).find(mine, EVERYTHING._replace(before_ms=100_000), 50)
    assert len(answer.found) == 50
    assert answer.found[0].seq == 99
    after = EVERYTHING._replace(after_ms=1000 * (MESSAGES - 20))
    assert (await Finder(pool).find(mine, after, 50)).next is None


async def test_a_database_that_is_slow_is_asked_for_less(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By each question; and where even little takes too long, that is said."""
    monkeypatch.setattr(finder, "STEP_SECONDS", 0.05)
    mine = await rooms(pool, "ada")
    async with pool.transaction() as connection:
        await connection.execute("LOCK TABLE search IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(Unavailable, match="too slow"):
            await Finder(pool).find(mine, EVERYTHING, 50)
    assert len((await Finder(pool).find(mine, EVERYTHING, 50)).found) == 50
