"""What the queries that matter cost in a large room: the rows they touch, counted by Postgres."""

import pytest

from history.decisions_postgres import STATE
from history.events_postgres import AFTER, AROUND, BEFORE, EVENTS, LINES, PINNED, QUOTED, REACTED
from history.rooms_postgres import OF_USER, OF_USERS
from history.search_postgres import FIND, INDEXED, LOOK, TAKE
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
        "INSERT INTO history.search (room, seq, ts, sender, words)"
        " SELECT 'r1', n, 1, 'bob', to_tsvector('simple', 'often w' || n % 200)"
        " FROM generate_series(1, 20000) n",
        "INSERT INTO history.unindexed SELECT n, 'r1', n FROM generate_series(1, 20000) n",
    ):
        await execute(database, statement)
    return database


@pytest.mark.parametrize("query", [BEFORE, AFTER, AROUND], ids=["before", "after", "around"])
@pytest.mark.parametrize("place", [1, MESSAGES // 2, MESSAGES], ids=["start", "middle", "end"])
async def test_a_page_looks_at_what_it_shows(large: str, query: str, place: int) -> None:
    """Wherever it is in the room: no more rows than twice the page on either side."""
    looked_at = await work(large, query, "r1", place, 51, "ada")
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


@pytest.fixture
async def lively(large: str) -> str:
    """Give the same room with one message that 20,000 people reacted to, a hundred pins, and
    decisions of which all but two are stored."""
    for statement in (
        "INSERT INTO history.reactions SELECT 'r1', 7, 'u' || n, CASE n % 2 WHEN 0 THEN 'a' ELSE"
        " 'b' END, n + 20000 FROM generate_series(1, 20000) n",
        "INSERT INTO history.reaction_kinds VALUES ('r1', 7, 'a', 10000, 20001),"
        " ('r1', 7, 'b', 10000, 20002)",
        "INSERT INTO history.pins SELECT 'r1', n, n + 40000 FROM generate_series(1, 100) n",
        "INSERT INTO history.position VALUES ('ROOMS', 50000)",
        "INSERT INTO history.outbox (room, id, body, created_ms, seq)"
        " SELECT 'r1', gen_random_uuid(), '', 1, n FROM generate_series(40000, 49999) n",
        "INSERT INTO history.outbox (room, id, body, created_ms, seq) VALUES"
        " ('r1', gen_random_uuid(), '', 1, 50001), ('r1', gen_random_uuid(), '', 1, NULL)",
        "INSERT INTO history.events (room, seq, prev, ts, type, body) SELECT 'r1', n, n - 1, 1,"
        " CASE WHEN n % 1000 = 0 THEN 'message.pinned' ELSE 'reaction.added' END, ''"
        " FROM generate_series(20001, 40000) n",
    ):
        await execute(large, statement)
    return large


async def test_a_popular_message_costs_a_page_no_more(lively: str) -> None:
    """Its reactions are summed already; who looks at it is found by their name alone."""
    looked_at = await work(lively, BEFORE, "r1", 50, 51, "u7")
    assert looked_at["reaction_kinds"] == 2
    assert looked_at["reactions"] <= 2
    looked_at = await work(lively, REACTED, "r1", 7, "u7", 100)
    assert looked_at["reactions"] <= 2 * 100 + 2
    assert (await work(lively, PINNED, "r1", 0, 100, "u7"))["events"] <= 100


async def test_lines_are_found_among_reactions(lively: str) -> None:
    """By an index that has them alone; and quotes by their places."""
    assert (await work(lively, LINES, "r1", 20_000, 40_000, 100))["events"] == 20
    looked_at = await work(lively, QUOTED, "r1", "{5,6,7}")
    assert (looked_at["messages"], looked_at["events"]) == (3, 3)


async def test_a_decision_looks_at_what_is_not_stored(lively: str) -> None:
    """Of the outbox at the two rows that are not, of the reactions at one's own."""
    looked_at = await work(lively, STATE, "r1", 7, "u7")
    assert looked_at["outbox"] == 2
    assert looked_at["reactions"] == 1


async def test_search_looks_at_what_has_the_words(large: str) -> None:
    """The messages that have them, not the room; of common ones no more than the newest."""
    asked = ("{r1,r2}", "w7", "bob", 10**6, 0, 10**6, -1, 51)
    looked_at = await work(large, FIND, *asked)
    assert looked_at["search"] == MESSAGES // 200
    assert looked_at["messages"] <= 51
    often = await work(large, LOOK, "{r1}", "often", *asked[2:], 2_000)
    assert often["search"] <= 2_000
    assert often["messages"] <= 51


async def test_the_indexer_looks_at_what_is_due(large: str) -> None:
    """A batch from the front of the queue, however long it is; so does who waits for it."""
    assert (await work(large, TAKE, 100))["unindexed"] <= 3 * 100
    assert (await work(large, INDEXED))["unindexed"] <= 1
