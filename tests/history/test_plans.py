"""What the queries that matter cost in a large room: the rows they touch, counted by Postgres."""

import pytest

from history.events_postgres import AFTER, AROUND, BEFORE, EVENTS
from history.rooms_postgres import OF_USER, OF_USERS
from tests.history.databases_postgres import execute, work

MESSAGES = 20_000
ROOMS = 50


@pytest.fixture
async def large(database: str) -> str:
    """Give a database with a room of many messages, and a user in that one and many small ones."""
    for statement in (
        "INSERT INTO history.rooms (id, kind, name, created_ms, members)"
        " SELECT 'r' || n, 'private', 'x', 1, 1 FROM generate_series(1, 50) n",
        'INSERT INTO history.members (room, "user", role, joined_ms)'
        " SELECT id, 'ada', 'owner', 1 FROM history.rooms",
        'INSERT INTO history.marks (room, "user", read_seq, joined_row)'
        " SELECT id, 'ada', 19990, gen_random_uuid() FROM history.rooms",
        "INSERT INTO history.events (room, seq, prev, ts, type, body)"
        " SELECT 'r1', n, n - 1, 1, 'message', repeat('x', 200)::bytea"
        " FROM generate_series(1, 20000) n",
        "INSERT INTO history.messages (room, seq, sender, key, ts, everyone, mentions)"
        " SELECT 'r1', n, 'bob', gen_random_uuid(), 1, false, '{}'"
        " FROM generate_series(1, 20000) n",
        "INSERT INTO history.heads VALUES ('r1', 20000)",
    ):
        await execute(database, statement)
    return database


@pytest.mark.parametrize("query", [BEFORE, AFTER, AROUND], ids=["before", "after", "around"])
@pytest.mark.parametrize("place", [1, MESSAGES // 2, MESSAGES], ids=["start", "middle", "end"])
async def test_a_page_looks_at_what_it_shows(large: str, query: str, place: int) -> None:
    """Wherever it is in the room: no more rows than twice the page on either side."""
    looked_at = await work(large, query, "r1", place, 51)
    assert looked_at["messages"] <= 2 * 51
    assert looked_at["events"] <= 2 * 51


async def test_sync_looks_at_what_it_gives(large: str) -> None:
    """The events asked for, the one before them, and one that tells whether there is more."""
    assert (await work(large, EVENTS, "r1", MESSAGES // 2, 200, 10**6))["events"] <= 202


@pytest.mark.parametrize("query", [OF_USER, OF_USERS], ids=["one", "many"])
async def test_hello_looks_at_what_is_unread(large: str, query: str) -> None:
    """One row a room in each table, and the unread messages: not what was read long ago."""
    looked_at = await work(large, query, "{ada,nobody}" if query == OF_USERS else "ada")
    assert looked_at["messages"] == 10
    assert {looked_at[table] for table in ("members", "marks", "rooms")} == {ROOMS}
