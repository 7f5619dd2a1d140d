"""What the queries that matter cost in a large room: the rows they touch, counted by Postgres.

None of them reads a table from end to end: `work` sees to it.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from history import audit_postgres, members_postgres, sanctions_postgres
from history.audience_postgres import EVERYONE, NAMED, SAID
from history.decisions_postgres import STATE
from history.events_postgres import (
    AFTER,
    AROUND,
    BEFORE,
    EVENTS,
    LINES,
    ONE,
    PINNED,
    QUOTED,
    REACTED,
    SOME,
)
from history.marks_postgres import MOVE, RECEIPTS
from history.mentions_postgres import MEMBERS
from history.rooms_postgres import OF_USER, OF_USERS, PEERS, PLACE, PUBLIC
from history.search_postgres import FIND, INDEXED, LOOK, ROOMS, TAKE, TIME
from tests.history.databases_postgres import at, drop, execute, make_template, work
from tests.servers import Servers

pytestmark = pytest.mark.asyncio(loop_scope="module")
MESSAGES = 20_000
PEOPLE = 5_000
OWN_ROOMS = 50

_ROOMS = (
    "INSERT INTO history.rooms (id, kind, name, created_ms, members)"
    " SELECT 'r' || n, 'private', 'x', 1, 1 FROM generate_series(1, 50) n",
    "INSERT INTO history.rooms (id, kind, name, created_ms, members)"
    " SELECT 'o' || n, 'public', CASE WHEN n % 100 = 0 THEN 'Kiosk' ELSE 'Open' END || n, 1, 1"
    " FROM generate_series(1, 2000) n",
    'INSERT INTO history.members (room, "user", role, joined_ms)'
    " SELECT id, 'ada', 'owner', 1 FROM history.rooms WHERE kind = 'private'",
    'INSERT INTO history.marks (room, "user", read_seq, joined_row)'
    " SELECT id, 'ada', 19990, gen_random_uuid() FROM history.rooms WHERE kind = 'private'",
    "INSERT INTO history.people SELECT 'p' || n, 'person-' || n, 'Person', NULL, 1"
    " FROM generate_series(1, 5000) n",
    'INSERT INTO history.members (room, "user", role, joined_ms)'
    " SELECT 'r1', 'p' || n, 'member', 1 FROM generate_series(1, 5000) n",
    'INSERT INTO history.marks (room, "user", read_seq, joined_row)'
    " SELECT 'r1', 'p' || n, 0, gen_random_uuid() FROM generate_series(1, 5000) n",
    "INSERT INTO history.blocks SELECT 'p' || n, 'ada', 1 FROM generate_series(1, 3000) n",
    "INSERT INTO history.audit (room, ts, by, action, detail)"
    " SELECT 'r' || n % 2, n, 'p1', 'x', '{}' FROM generate_series(1, 5000) n",
    "INSERT INTO history.bans SELECT 'r' || n % 2, 'p' || n, 'p1', '', 10, n"
    " FROM generate_series(1, 5000) n",
)
_LOG = (
    "INSERT INTO history.events (room, seq, prev, ts, type, body)"
    " SELECT 'r1', n, n - 1, 1, 'message', repeat('x', 200)::bytea"
    " FROM generate_series(1, 20000) n",
    "INSERT INTO history.messages (room, seq, sender, key, ts, everyone, mentions)"
    " SELECT 'r1', n, 'bob', gen_random_uuid(), 1, false, '{}'"
    " FROM generate_series(1, 20000) n",
    "INSERT INTO history.heads VALUES ('r1', 20000, 20000, 20000)",
    "UPDATE history.marks SET said = 0, said_seq = 0 WHERE \"user\" LIKE 'p%'",
    "INSERT INTO history.search (room, seq, ts, sender, words)"
    " SELECT 'r1', n, 1, 'bob', to_tsvector('simple', 'often w' || n % 200)"
    " FROM generate_series(1, 20000) n",
    "INSERT INTO history.unindexed SELECT n, 'r1', n FROM generate_series(1, 20000) n",
)
# One message that 20,000 people reacted to, a hundred pins, decisions of which all but two are
# stored, and another 20,000 events that are no messages.
_LIFE = (
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
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def large(servers: Servers) -> AsyncIterator[str]:
    """Give a database with a room of many messages, people and more, and a user in that one and
    many small ones; what is asked of it changes nothing."""
    name = await make_template(servers.postgres_url, is_partitioned=True)
    url = at(servers.postgres_url, name)
    for statement in (*_ROOMS, *_LOG, *_LIFE, "ANALYZE"):
        await execute(url, statement)
    yield url
    await drop(servers.postgres_url, name)


@pytest.mark.parametrize("query", [BEFORE, AFTER, AROUND], ids=["before", "after", "around"])
@pytest.mark.parametrize("place", [1, MESSAGES // 2, MESSAGES], ids=["start", "middle", "end"])
async def test_a_page_looks_at_what_it_shows(large: str, query: str, place: int) -> None:
    """Wherever it is in the room: no more rows than twice the page on either side."""
    looked_at = await work(large, query, "r1", place, 51, "ada")
    assert looked_at["messages"] <= 2 * 51
    assert looked_at["events"] <= 2 * 51


async def test_messages_are_found_by_their_places(large: str) -> None:
    """One, and some: those of a search, say."""
    assert (await work(large, ONE, "r1", MESSAGES, 1, "ada"))["messages"] == 1
    assert (await work(large, SOME, "r1", "{5,6,19000}", 3, "ada"))["messages"] == 3


async def test_sync_looks_at_what_it_gives(large: str) -> None:
    """The events asked for, the one before them, and one that tells whether there is more."""
    assert (await work(large, EVENTS, "r1", MESSAGES // 2, 200, 10**6))["events"] <= 202


@pytest.mark.parametrize("query", [OF_USER, OF_USERS], ids=["one", "many"])
async def test_hello_looks_at_what_is_unread(large: str, query: str) -> None:
    """One row a room in each table, and the unread messages: not what was read long ago, nor the
    other members."""
    looked_at = await work(large, query, "{ada,nobody}" if query == OF_USERS else "ada")
    assert looked_at["messages"] == 10
    assert {looked_at[table] for table in ("members", "marks", "rooms")} == {OWN_ROOMS}


async def test_what_was_said_is_not_counted_again(large: str) -> None:
    """Where it is known by its number no message is looked at, unless one blocks somebody."""
    assert (await work(large, OF_USER, "p4000"))["messages"] == 0
    assert (await work(large, OF_USER, "p7"))["messages"] == MESSAGES


async def test_a_mark_looks_at_what_is_unread_above_it(large: str) -> None:
    """Whoever moves it, and one that tells that something is left; nobody else's mark."""
    looked_at = await work(large, MOVE, "r1", "ada", 19_995, "f")
    assert looked_at["messages"] <= 5 + 1
    assert looked_at["marks"] <= 3


async def test_what_somebody_is_to_a_room_is_one_row(large: str) -> None:
    """In a room of many members."""
    looked_at = await work(large, PLACE, "r1", "p7")
    assert (looked_at["rooms"], looked_at["members"]) == (1, 1)


async def test_members_are_listed_by_the_page(large: str) -> None:
    """Anywhere in the list, as many as are shown."""
    looked_at = await work(large, members_postgres.PAGE, "r1", PEOPLE // 2, 101)
    assert (looked_at["members"], looked_at["people"]) == (101, 101)


async def test_names_in_a_text_are_found_by_name(large: str) -> None:
    """Not among all members, nor all blocks; as few of them as there are names."""
    looked_at = await work(large, MEMBERS, "r1", "{person-7,person-4999,ada,nobody}", "ada")
    assert looked_at["people"] == 2
    assert max(looked_at["members"], looked_at["blocks"]) <= 2


async def test_who_shares_a_room_is_found_by_the_rooms_of_those_asked_for(large: str) -> None:
    """However many are in them."""
    looked_at = await work(large, PEERS, "ada", "{p7,p8,nobody}")
    assert looked_at["members"] <= 2 * OWN_ROOMS + 4


async def test_receipts_are_read_by_room(large: str) -> None:
    """Those of a small room, whatever there is in others."""
    assert (await work(large, RECEIPTS, "r2", "p1"))["marks"] <= 1


async def test_public_rooms_are_found_by_how_they_begin(large: str) -> None:
    """Of many those whose name begins so."""
    looked_at = await work(large, PUBLIC, "KIOSK", "", "", 101, "ada")
    assert looked_at["rooms"] == 20


async def test_what_moderators_read_is_read_by_the_page(large: str) -> None:
    """The record of who did what; and of the bans those of the room."""
    looked_at = await work(large, audit_postgres.PAGE, "r1", 4_000, 101)
    assert looked_at["audit"] == 101
    bans = sanctions_postgres.PAGE.format(kind="bans")
    looked_at = await work(large, bans, "r1", 1, 10**15, "", 101)
    assert looked_at["bans"] <= PEOPLE // 2


async def test_a_popular_message_costs_a_page_no_more(large: str) -> None:
    """Its reactions are summed already; who looks at it is found by their name alone."""
    looked_at = await work(large, BEFORE, "r1", 50, 51, "u7")
    assert looked_at["reaction_kinds"] == 2
    assert looked_at["reactions"] <= 2
    looked_at = await work(large, REACTED, "r1", 7, "u7", 100)
    assert looked_at["reactions"] <= 2 * 100 + 2
    assert (await work(large, PINNED, "r1", 0, 100, "u7"))["events"] <= 100


async def test_lines_are_found_among_reactions(large: str) -> None:
    """By an index that has them alone; and quotes by their places."""
    assert (await work(large, LINES, "r1", 20_000, 40_000, 100))["events"] == 20
    looked_at = await work(large, QUOTED, "r1", "{5,6,7}")
    assert (looked_at["messages"], looked_at["events"]) == (3, 3)


async def test_a_decision_looks_at_what_is_not_stored(large: str) -> None:
    """Of the outbox at the two rows that are not, of the reactions at one's own."""
    looked_at = await work(large, STATE, "r1", 7, "u7")
    assert looked_at["outbox"] == 2
    assert looked_at["reactions"] == 1


async def test_the_index_gives_what_has_the_words(large: str) -> None:
    """The messages that have them, not the room; of too many no more than tell that they are."""
    rest = (None, 10**6, 0, 10**6, -1, 51, 2_001)
    assert (await work(large, FIND, "{r1,r2}", "w7", *rest))["search"] == MESSAGES // 200
    assert (await work(large, FIND, "{r1,r2}", "often", *rest))["search"] == 2_001


async def test_a_search_looks_through_a_stretch(large: str) -> None:
    """Of several rooms what lies in it, and no more of each than the newest so many."""
    asked = ("{r1,r2}", "often & w7", "bob", MESSAGES - 1_000, MESSAGES - 3_000, 10**6, -1, 51)
    assert (await work(large, LOOK, *asked, 4_096))["search"] == 1_999
    assert (await work(large, LOOK, *asked, 500))["search"] == 500


async def test_a_search_in_time_finds_its_place(large: str) -> None:
    """By one message of each room; and the rooms by their member."""
    assert (await work(large, TIME, "{r1,r2}", MESSAGES // 2))["search"] == 1
    assert (await work(large, ROOMS, "ada"))["members"] == OWN_ROOMS


async def test_the_indexer_looks_at_what_is_due(large: str) -> None:
    """A batch from the front of the queue, however long it is; so does who waits for it."""
    assert (await work(large, TAKE, 100))["unindexed"] <= 3 * 100
    assert (await work(large, INDEXED))["unindexed"] <= 1


async def test_whom_a_message_concerns_is_read_by_room(large: str) -> None:
    """Of a large room those who are named alone, or a page of all; and the messages by place."""
    rest = ("r1", "", MESSAGES, "{bob}", 101)
    named = await work(large, NAMED, *rest, "{p7,p4999,nobody}")
    assert named["members"] <= 3
    assert named["marks"] <= 3
    every = await work(large, EVERYONE, *rest)
    assert every["members"] <= 2 * 101
    assert every["marks"] <= 2 * 101
    assert (await work(large, SAID, "r1", "{5,6,19000}"))["messages"] == 3
