"""What is cleared up in the background, and what must not be."""

import asyncio

from history import idempotency_postgres, outbox_postgres, store_postgres
from history.metrics import HistoryMetrics
from history.sweeper import FULL_SHARE, Sweeper
from proto import subjects
from services import clock
from services.bus import LogFull
from services.metrics_prometheus import Metrics
from tests.history.databases_postgres import execute, fetch
from tests.history.running import Peer, Replica, running, until, user
from tests.nats_server import NatsServer


def sweeper_of(replica: Replica, keep_ms: int) -> Sweeper:
    """A sweeper that keeps the log for a time of the test's choice."""
    history = replica.history
    return Sweeper(
        history.pool,
        history.log,
        history.relay,
        history.eraser,
        history.writer,
        history.progress,
        HistoryMetrics(Metrics("test")),
        keep_ms=keep_ms,
    )


async def test_the_log_is_trimmed_up_to_what_is_stored(own: Replica, own_peer: Peer) -> None:
    """However old a record is: one that is not stored stays, and so does one that is young."""
    ada = user()
    room = await own.room(ada)
    for _ in range(10):
        seq = await own_peer.say(room, ada)
    await own.stored(seq)
    writer = own.part("writer")
    await writer.stop()
    last = await own_peer.say(room, ada)
    assert await sweeper_of(own, keep_ms=3_600_000).trim() == 0
    assert (await own_peer.log.state()).first_seq == 1
    assert await sweeper_of(own, keep_ms=-3_600_000).trim() == seq
    state = await own_peer.log.state()
    assert (state.first_seq, state.last_seq) == (seq + 1, last)
    assert await sweeper_of(own, keep_ms=-3_600_000).trim() == 0
    await writer.start()
    await own.stored(last)
    assert len((await own_peer.stored(room)).events) == 12


async def test_only_what_is_older_is_trimmed(own: Replica, own_peer: Peer) -> None:
    """The boundary is found by the log's own times, also over gaps."""
    ada = user()
    room = await own.room(ada)
    old = [await own_peer.say(room, ada) for _ in range(7)]
    await own_peer.log.delete(old[3])
    page = await own_peer.log.read(subjects.ROOM_LOG_ALL, old[-1] - 1, 1)
    await asyncio.sleep(0.05)  # so that the times differ: nothing else tells them apart
    young = [await own_peer.say(room, ada) for _ in range(5)]
    await own.stored(young[-1])
    keep_ms = clock.now_ms() - page.records[0].ts_ms - 1
    await sweeper_of(own, keep_ms=keep_ms).trim()
    left = await own_peer.log.read(subjects.ROOM_LOG_ALL, 0, 100)
    assert [record.seq for record in left.records] == young


async def test_a_log_that_is_nearly_full_is_trimmed_as_far_as_it_is_stored(
    database: str, own_nats: NatsServer, own_peer: Peer
) -> None:
    """To about a half, by itself and however young its records are; what is not stored stays."""
    limit = 1_048_576
    async with running(database, own_nats.url, PARLEY_LOG_MAX_BYTES=str(limit)) as own:
        ada = user()
        room = await own.room(ada)
        await own.part("sweeper").stop()
        writer = own.part("writer")
        await writer.stop()
        last = await _fill(own_peer, room, ada)
        assert await own.history.sweeper.make_room() == await own.history.pool.fetchval(
            "SELECT count(*) FROM events"
        )
        before = await own_peer.log.state()
        assert before.bytes > FULL_SHARE * limit
        assert await own.history.sweeper.make_room() == 0
        await writer.start()
        await own.stored(last)
        await own.part("sweeper").start()
        await until(lambda: _has_room(own_peer, limit))
        state = await own_peer.log.state()
        assert state.bytes > 0.4 * limit
        assert await own_peer.say(room, ada) == last + 1
        assert await own.metric("trimmed_total") == state.first_seq - 1
        assert len((await own_peer.stored(room, up_to=last + 1)).events) > 0


async def _fill(peer: Peer, room: str, sender: str) -> int:
    """Say something until the log takes no more; answers where the last one is."""
    last = 0
    while True:
        try:
            last = await peer.say(room, sender, "x" * 10_000)
        except LogFull:
            return last


async def _has_room(peer: Peer, limit: int) -> bool:
    return (await peer.log.state()).bytes < FULL_SHARE * limit


async def test_pages_know_what_the_log_has_forgotten(own: Replica, own_peer: Peer) -> None:
    """A trimmed room is read whole, and nobody waits for what cannot come."""
    ada = user()
    room = await own.room(ada)
    seq = await own_peer.say(room, ada)
    await own.stored(seq)
    await sweeper_of(own, keep_ms=-3_600_000).trim()
    page = await own.ask.ok(ada, "GET", f"/v1/rooms/{room}/messages")
    assert [message["seq"] for message in page["messages"]] == [seq]
    later = await own_peer.say(room, ada)
    found = await own_peer.stored(room, up_to=later)
    assert [(event.seq, event.prev) for event in found.events][-1] == (later, seq)


async def test_rows_of_the_outbox_go_when_both_sides_are_known(
    own: Replica, own_peer: Peer, database: str
) -> None:
    """Sent and come out: gone, in both tables. One of the two missing: kept."""
    await own.room(user(), user())
    await own.stored((await own_peer.log.state()).last_seq)
    add = (
        "INSERT INTO history.outbox (room, id, body, created_ms, seq)"
        " VALUES ($1, gen_random_uuid(), '', 1, $2)"
    )
    await execute(database, add, "a", 99)
    await execute(database, add, "b", None)
    come_out = "INSERT INTO history.relayed SELECT id, 98 FROM history.outbox WHERE room = 'b'"
    await execute(database, come_out)
    await outbox_postgres.prune(own.history.pool, clock.now_ms() + 1)
    assert await fetch(database, "SELECT room, seq FROM outbox ORDER BY room") == [
        ("a", 99),
        ("b", None),
    ]
    assert await fetch(database, "SELECT seq FROM relayed") == [(98,)]


async def test_answers_to_keys_are_kept_for_their_time(own: Replica, database: str) -> None:
    """A day's are kept, older ones go."""
    ada = user()
    form = {"kind": "public", "name": "x"}
    await own.ask.ok(ada, "POST", "/v1/rooms", form, idempotency_key="new")
    await own.ask.ok(ada, "POST", "/v1/rooms", form, idempotency_key="old")
    await execute(database, "UPDATE history.idempotency SET created_ms = 1 WHERE key = 'old'")
    await own.history.sweeper.prune()
    assert await fetch(database, "SELECT key FROM idempotency") == [("new",)]
    await idempotency_postgres.prune(own.history.pool, clock.now_ms() + 1)
    assert await fetch(database, "SELECT key FROM idempotency") == []


async def test_what_was_set_aside_is_bounded(own: Replica, database: str) -> None:
    """The newest are kept."""
    await execute(
        database,
        "INSERT INTO history.set_aside SELECT n, 's', '', '', 'r' FROM generate_series(1, 20) n",
    )
    await store_postgres.prune_set_aside(own.history.pool, 5)
    rows = await fetch(database, "SELECT seq FROM set_aside ORDER BY seq")
    assert rows == [(n,) for n in range(16, 21)]
    await store_postgres.prune_set_aside(own.history.pool, 5)
    assert len(await fetch(database, "SELECT seq FROM set_aside")) == 5


async def test_the_lag_is_told(own: Replica, own_peer: Peer) -> None:
    """How much of the log is not stored, whoever writes."""
    ada = user()
    room = await own.room(ada)
    await own.stored(await own_peer.say(room, ada))
    writer = own.part("writer")
    await writer.stop()
    for _ in range(3):
        await own_peer.say(room, ada)
    await own.history.sweeper.measure()
    assert await own.metric("lag_messages") == 3
    await writer.start()
    await own.stored((await own_peer.log.state()).last_seq)
    await own.history.sweeper.measure()
    assert await own.metric("lag_messages") == 0
