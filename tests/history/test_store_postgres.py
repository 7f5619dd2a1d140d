"""Storing a batch: whole, once, and each message of a key once, however it comes."""

from collections.abc import AsyncIterator

import pytest

from history import batch
from history.store_postgres import AWAY, Store, Unstorable
from proto import events
from services.bus import Record
from tests.history.databases_postgres import execute, fetch
from tests.history.records import record
from tests.history.running import message
from tests.last_words_postgres import LastWords


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    """Give a store that leads."""
    store = await Store.open(database)
    assert await store.lead()
    yield store
    await store.close()


async def put(store: Store, records: list[Record]) -> list[int]:
    """Store records that follow on the position; answers the places of the doubles."""
    taken = batch.read(records, await store.heads(batch.rooms(records)))
    doubles = await store.store(taken, await store.position(), 1)
    return [said.seq for said in doubles]


def talk(count: int, start: int = 1) -> list[events.Message]:
    """Things said, each another one."""
    return [message("r", "ada", f"m{n}") for n in range(start, start + count)]


@pytest.mark.parametrize("count", [1, 100])
async def test_a_double_of_an_earlier_batch_is_told(
    store: Store, database: str, count: int
) -> None:
    """In a small batch and in one that is copied: the others are stored, the double is not."""
    said = talk(1)[0]
    await put(store, [record(1, said)])
    others = [record(seq, event) for seq, event in enumerate(talk(count), 2)]
    assert await put(store, [*others, record(count + 2, said)]) == [count + 2]
    assert len(await fetch(database, "SELECT FROM messages")) == count + 1
    assert len(await fetch(database, "SELECT FROM events")) == count + 2
    assert len(await fetch(database, "SELECT FROM outbox")) == 1


@pytest.mark.parametrize("count", [0, 100])
async def test_a_double_within_a_batch_is_told(store: Store, database: str, count: int) -> None:
    """The first of them is the message; the words of the other are not kept a second time."""
    said = message("r", "ada", "twice")
    run = [said, *talk(count), said]
    assert await put(store, [record(seq, event) for seq, event in enumerate(run, 1)]) == [len(run)]
    query = "SELECT seq FROM events WHERE position('twice'::bytea in body) > 0"
    bodies = await fetch(database, query)
    assert bodies == [(1,)]


async def test_a_batch_is_stored_whole_or_not_at_all(store: Store, database: str) -> None:
    """What Postgres refuses at the end takes everything before it back, the position too."""
    await execute(
        database, "ALTER TABLE history.events ADD CHECK (position('bad'::bytea in body) = 0)"
    )
    run = [*talk(30), message("r", "ada", "bad")]
    with pytest.raises(Unstorable):
        await put(store, [record(seq, event) for seq, event in enumerate(run, 1)])
    for table in ("events", "messages", "heads", "position"):
        assert await fetch(database, f"SELECT FROM {table}") == [], table


async def test_a_crash_that_is_told_is_an_absence(database: str) -> None:
    """The writer pauses and opens another store, and history does not end."""
    async with LastWords(database).listening() as way:
        store = await Store.open(way.url)
        await store.position()
        await way.say()
        with pytest.raises(AWAY):
            await store.position()
        await store.close()


async def test_only_one_leads(store: Store, database: str) -> None:
    """The lock is free again as soon as its holder is gone."""
    other = await Store.open(database)
    assert not await other.lead()
    await store.close()
    assert await other.lead()
    await other.close()


async def test_a_delete_of_what_is_not_there_is_nothing(store: Store, database: str) -> None:
    """Of another room, of no message, of nothing at all: the event is stored, that is all."""
    joined = events.MemberJoined(room="r", user="ada", by="ada", role="owner", ts=1)
    run: list[events.LogEvent] = [
        joined,
        message("s", "ada"),
        *(events.MessageDeleted(room="r", target=seq, by="ada", ts=1) for seq in (1, 2, 99)),
    ]
    await put(store, [record(seq, event) for seq, event in enumerate(run, 1)])
    assert await fetch(database, "SELECT FROM messages WHERE deleted") == []
    assert len(await fetch(database, "SELECT FROM events")) == 5
