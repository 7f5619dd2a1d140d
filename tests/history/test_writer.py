"""The writer while things fail around it: nothing is lost, nothing is stored twice."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from history import batch
from history.store_postgres import AWAY, Store, Superseded
from history.writer import LogLost
from proto import calls, events, subjects, wire
from services.bus import BusError
from services.log_stream import rooms_stream
from tests.auth.severed import way_to
from tests.history.client_httpx import refused
from tests.history.databases_postgres import execute, fetch
from tests.history.records import record
from tests.history.running import Peer, Replica, message, running, until, user
from tests.nats_server import NatsServer
from tests.servers import Servers

HANG_UP = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = $1 AND application_name = $2"
)


BACKLOG = 4_000
STEPS = ("_move", "_messages", "_events", "_heads", "_marks", "_relayed", "_set_aside")
"""Of `Store._store`, in their order; after each the process may be killed."""


def name_of(url: str) -> str:
    """The database of a url."""
    return url.rpartition("/")[2]


async def stored_seqs(database: str, room: str) -> list[int]:
    """The places of everything that is stored of a room."""
    query = "SELECT seq FROM events WHERE room = $1 ORDER BY seq"
    return [int(str(seq)) for (seq,) in await fetch(database, query, room)]


async def log_seqs(peer: Peer, room: str) -> list[int]:
    """The places of everything that is in the log of a room."""
    page = await peer.log.read(subjects.room_log(room), 0, 10_000)
    return [record.seq for record in page.records]


async def talk(peer: Peer, room: str, sender: str, until: asyncio.Event) -> int:
    """Say one thing after another; answers where the last one is."""
    seq = 0
    while not until.is_set():
        seq = await peer.say(room, sender)
    return seq


async def test_one_of_two_writes_and_the_other_takes_over(
    database: str, own_nats: NatsServer, own_peer: Peer, servers: Servers
) -> None:
    """While the writer's connection is cut again and again, each record is stored once."""
    done = asyncio.Event()
    async with running(database, own_nats.url) as one, running(database, own_nats.url) as other:
        room = await one.room(user())
        talking = asyncio.create_task(talk(own_peer, room, user(), done))
        for _ in range(4):
            await until(lambda: leads(one, other))
            target = (name_of(database), "parley-history-writer")
            await execute(servers.postgres_url, HANG_UP, *target)
        await until(lambda: leads(one, other))
        done.set()
        last = await talking
        await one.stored(last)
        await other.stored(last)
    assert await stored_seqs(database, room) == await log_seqs(own_peer, room)


async def leads(*replicas: Replica) -> bool:
    """Whether just one of them writes, and goes on writing."""
    return [replica.history.writer.leading for replica in replicas].count(True) == 1


async def test_a_standby_takes_over_within_two_seconds(
    database: str, own_nats: NatsServer, own_peer: Peer
) -> None:
    """What is said after the writer has stopped is stored by the other."""
    async with running(database, own_nats.url) as second:
        await until(lambda: leads(second))
        async with running(database, own_nats.url) as third:
            room = await third.room(user())
            await second.part("writer").stop()
            seq = await own_peer.say(room, user())
            assert await third.history.progress.wait(seq, 2.0)
            assert third.history.writer.leading


async def test_everyone_learns_what_another_one_stores(
    database: str, own_nats: NatsServer, own_peer: Peer
) -> None:
    """A page from the replica that does not write is whole too."""
    ada = user()
    async with running(database, own_nats.url) as one, running(database, own_nats.url) as other:
        room = await one.room(ada)
        for _ in range(10):
            seq = await own_peer.say(room, ada)
            for replica in (one, other):
                page = await replica.ask.ok(ada, "GET", f"/v1/rooms/{room}/messages")
                assert page["as_of_seq"] == seq


async def test_a_redelivery_stores_nothing(own: Replica, own_peer: Peer, database: str) -> None:
    """A second writer that begins below the position cannot store, whatever it holds."""
    room = await own.room(user())
    seq = await own_peer.say(room, user())
    await own.stored(seq)
    before = await fetch(database, "SELECT * FROM events ORDER BY seq")
    late = batch.read([record(seq, message(room, user()))], {})
    store = await Store.open(database)
    try:
        assert not await store.lead()
        with pytest.raises(Superseded):
            await store.store(late, seq - 1, 0)
    finally:
        await store.close()
    assert await fetch(database, "SELECT * FROM events ORDER BY seq") == before


async def test_a_writer_killed_between_commit_and_notice_loses_nothing(
    database: str, own_nats: NatsServer, own_peer: Peer
) -> None:
    """What it had stored and told nobody is where the next one begins."""
    async with running(database, own_nats.url) as first:
        ada = user()
        room = await first.room(ada)
        await first.stored(await own_peer.say(room, ada))
    store = await Store.open(database)
    assert await store.lead()
    position = await store.position()
    seqs = [await own_peer.say(room, ada) for _ in range(3)]
    page = await own_peer.log.read(subjects.ROOM_LOG_ALL, position, 2)
    taken = batch.read(page.records, await store.heads([room]))
    await store.store(taken, position, 0)
    store._raw.terminate()  # the process is gone, as far as Postgres can tell
    async with running(database, own_nats.url) as second:
        await second.stored(seqs[-1])
    assert await stored_seqs(database, room) == await log_seqs(own_peer, room)


async def test_a_writer_killed_at_any_point_of_storing_stores_nothing(
    database: str, own_nats: NatsServer, own_peer: Peer
) -> None:
    """After each step of the transaction in turn; the next one stores all of it, once."""
    async with running(database, own_nats.url) as first:
        ada = user()
        room = await first.room(ada)
        await first.stored(await own_peer.say(room, ada))
    before = await stored_seqs(database, room)
    last = [await own_peer.say(room, ada) for _ in range(25)][-1]  # enough for a COPY
    for step in STEPS:
        store = await Store.open(database)
        await until(store.lead)
        position = await store.position()
        page = await own_peer.log.read(subjects.ROOM_LOG_ALL, position, 100)
        taken = batch.read(page.records, await store.heads([room]))
        setattr(store, step, dying(store, getattr(store, step)))
        with pytest.raises(AWAY):
            await store.store(taken, position, 0)
        assert await stored_seqs(database, room) == before, step
    async with running(database, own_nats.url) as second:
        await second.stored(last)
    assert await stored_seqs(database, room) == await log_seqs(own_peer, room)


def dying(store: Store, step: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    """Do the step, and then be gone, as far as Postgres can tell."""

    async def done_last(*arguments: object) -> object:
        await step(*arguments)
        store._raw.terminate()
        raise ConnectionError("killed")

    return done_last


async def test_catching_up_starves_no_reader(
    database: str, own_nats: NatsServer, own_peer: Peer
) -> None:
    """Pages of what is stored are answered by the very process that stores a long backlog."""
    async with running(database, own_nats.url) as first:
        ada = user()
        room = await first.room(ada)
        seq = await own_peer.say(room, ada)
        await first.stored(seq)
    backlog = [message(room, ada) for _ in range(BACKLOG)]
    last = max(ack.seq for ack in await asyncio.gather(*map(own_peer.publish, backlog)))
    async with running(database, own_nats.url) as second:
        catching_up = asyncio.create_task(second.stored(last))
        pages = 0
        while not catching_up.done():
            page = await second.ask.ok(
                ada, "GET", f"/v1/rooms/{room}/messages?before={seq + 1}&limit=50"
            )
            assert [shown["seq"] for shown in page["messages"]] == [seq]
            pages += 1
        await catching_up
    # One alone would be the one that waited until all was stored.
    assert pages > 1


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff\x00", b'{"type":"message","room":"other"}'])
async def test_what_cannot_be_understood_is_set_aside(
    own: Replica, own_peer: Peer, database: str, data: bytes
) -> None:
    """It is kept, counted, and what comes after it is stored."""
    ada = user()
    room = await own.room(ada)
    bad = await own_peer.log.publish(subjects.room_log(room), data, "odd \xe9 id")
    seq = await own_peer.say(room, ada)
    await own.stored(seq)
    rows = await fetch(database, "SELECT seq, subject, data FROM set_aside")
    assert rows == [(bad.seq, subjects.room_log(room), data)]
    assert await own.metric("set_aside_total") == 1
    assert (await own_peer.stored(room, bad.seq)).events[0].seq == seq


async def test_what_postgres_refuses_is_set_aside_alone(
    own: Replica, own_peer: Peer, database: str
) -> None:
    """One value that the database does not take costs its own record and no other."""
    ada, bad = user(), user()
    room = await own.room(ada)
    refusing = f"ALTER TABLE history.messages ADD CHECK (sender <> '{bad}')"
    await execute(database, refusing)
    saying = [own_peer.say(room, bad if n == 13 else ada) for n in range(40)]
    seqs = await asyncio.gather(*saying)
    await own.stored(max(seqs))
    ((seq, reason),) = await fetch(database, "SELECT seq, reason FROM set_aside")
    assert seq == seqs[13]
    assert "CheckViolation" in str(reason)
    assert len(await stored_seqs(database, room)) == 1 + 39


async def test_a_double_is_withdrawn(own: Replica, own_peer: Peer, database: str) -> None:
    """The same key in the log again: one message, one unread, a message.deleted for the others."""
    ada, bob = user(), user()
    room = await own.room(ada, bob)
    event = message(room, ada, "twice")
    first = await own_peer.publish(event, "a")
    second = await own_peer.publish(event, "b")
    third = await own_peer.publish(event, "c")
    assert first.seq < second.seq < third.seq

    async def withdrawn() -> bool:
        deleted = [entry for entry in await own_peer.log_of(room, "type") if "del" in entry[0]]
        return len(deleted) == 2

    await until(withdrawn)
    page = await own_peer.log.read(subjects.room_log(room), third.seq, 10)
    targets = [wire.decode_event(record.data) for record in page.records]
    assert [(type(e), getattr(e, "target", 0), getattr(e, "by", "")) for e in targets] == [
        (events.MessageDeleted, second.seq, ada),
        (events.MessageDeleted, third.seq, ada),
    ]
    last = page.records[-1].seq
    shown = await own.ask.ok(bob, "GET", f"/v1/rooms/{room}/messages")
    assert [(m["seq"], m["text"]) for m in shown["messages"]] == [(first.seq, "twice")]
    found = (await own_peer.stored(room, first.seq - 1, up_to=last)).events
    assert [(e.seq, b"twice" in bytes(e.body)) for e in found[:3]] == [
        (first.seq, True),
        (second.seq, False),
        (third.seq, False),
    ]
    assert (await own_peer.hello(bob))[room].room.unread == 1
    assert await own.metric("doubles_total") == 2
    call = calls.KeyCall(room, ada, event.id)
    reply = await own_peer.call(subjects.HISTORY_KEY, call, calls.KeyReply)
    assert reply.seq == first.seq


async def test_chat_goes_on_while_postgres_is_away(
    database: str, own_nats: NatsServer, own_peer: Peer
) -> None:
    """The log takes messages, HTTP says `unavailable`, and when it is back all is stored."""
    ada = user()
    async with way_to(database) as way, running(way.url, own_nats.url) as own:
        room = await own.room(ada)
        await way.cut()
        seqs = [await own_peer.say(room, ada) for _ in range(10)]
        refused(await own.ask(ada, "GET", f"/v1/rooms/{room}"), 503, "unavailable")
        hello = await own_peer.call(subjects.HISTORY_HELLO, calls.HelloCall(ada), calls.Failure)
        assert hello.code == "unavailable"
        ready = await own.private("", "GET", "/readyz")
        assert ready.status_code == 503
        assert ready.json()["checks"]["postgres"] != "ok"
        await way.mend()
        await own.stored(seqs[-1])
        assert len((await own_peer.hello(ada))[room].room.peers) == 0
    assert await stored_seqs(database, room) == await log_seqs(own_peer, room)


async def test_it_goes_on_when_nats_comes_back(
    own: Replica, own_peer: Peer, own_nats: NatsServer, database: str
) -> None:
    """Killed and started on its store: what it kept and what comes then is stored once."""
    ada = user()
    room = await own.room(ada)
    await own_peer.say(room, ada)
    own_nats.kill()

    async def noticed() -> bool:
        return not own.history.bus.connected

    await until(noticed)  # what is decided before that stands, and waits for the log
    refused(
        await own.ask(ada, "POST", "/v1/rooms", {"kind": "public", "name": "x"}), 503, "unavailable"
    )
    own_nats.start()

    async def said() -> bool:
        try:
            await own_peer.say(room, ada)
        except BusError:
            return False
        return True

    await until(said)
    await own.stored((await own_peer.log.state()).last_seq)
    assert await stored_seqs(database, room) == await log_seqs(own_peer, room)


async def test_a_lost_log_begins_far_above_what_is_stored(
    own: Replica, own_peer: Peer, database: str
) -> None:
    """The stream is made again at the next multiple of 10⁹, and the room goes on."""
    ada = user()
    room = await own.room(ada)
    seq = await own_peer.say(room, ada)
    await own.stored(seq)
    await own_peer.bus.request(f"$JS.API.STREAM.DELETE.{subjects.ROOMS_STREAM}", b"", 5.0)

    async def said() -> bool:
        try:
            await own_peer.say(room, ada)
        except BusError:
            return False
        return True

    await until(said)
    last = (await own_peer.log.state()).last_seq
    assert last == 10**9
    await own.stored(last)
    found = (await own_peer.stored(room, seq - 1)).events
    assert [(event.seq, event.prev) for event in found][1:] == [(10**9, seq)]


async def test_an_older_log_is_not_written_on(
    database: str, own_nats: NatsServer, own_peer: Peer
) -> None:
    """A log that ends before what is stored: not ready, nothing stored, till somebody looks."""
    ada = user()
    async with running(database, own_nats.url) as first:
        room = await first.room(ada)
        await first.stored(await own_peer.say(room, ada))
        settings = first.history.settings.stream
    await own_peer.bus.request(f"$JS.API.STREAM.DELETE.{subjects.ROOMS_STREAM}", b"", 5.0)
    await own_peer.log.ensure_stream(rooms_stream(settings))
    before = await stored_seqs(database, room)
    await own_peer.say(room, ada)
    async with running(database, own_nats.url) as second:

        async def unwell() -> bool:
            answer = await second.private("", "GET", "/readyz")
            return "LogLost" in msgspec.json.decode(answer.content)["checks"].get("writer", "")

        await until(unwell)
        with pytest.raises(LogLost):
            await second.history.writer.health()
    assert await stored_seqs(database, room) == before
