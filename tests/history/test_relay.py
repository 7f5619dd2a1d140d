"""The outbox: decisions get into the log once, in order, whatever stops on the way."""

import asyncio

import msgspec
import pytest

from history import outbox_postgres, room
from history.metrics import HistoryMetrics
from history.relay import Relay
from proto import events, subjects, wire
from proto.shapes import RoomPatch
from services import clock
from services.bus import BusError
from services.log_stream import rooms_stream
from services.metrics_prometheus import Metrics
from services.problem import Problem, Unavailable
from tests.history.client_httpx import refused
from tests.history.databases_postgres import fetch
from tests.history.running import Peer, Replica, running, until, user
from tests.nats_server import NatsServer


def relay_of(replica: Replica, *, fresh_ms: int) -> Relay:
    """A relay that trusts the log's memory of ids no longer than `fresh_ms`."""
    history = replica.history
    metrics = HistoryMetrics(Metrics("test"))
    return Relay(
        history.pool,
        history.bus,
        history.log,
        history.progress,
        metrics,
        at_once=2,
        fresh_ms=fresh_ms,
    )


async def decide(replica: Replica, room_id: str, *topics: str, age_ms: int = 0) -> list[str]:
    """Put changes of the topic into the outbox without relaying them; answers the rows."""
    now_ms = clock.now_ms() - age_ms
    bodies = [room.updated(room_id, "u", RoomPatch(topic=topic), now_ms) for topic in topics]
    async with replica.history.pool.transaction() as connection:
        rows = await outbox_postgres.put(connection, room_id, bodies, now_ms)
    return [str(row) for row in rows]


async def topics(peer: Peer, room_id: str) -> list[str]:
    """The topics in a room's log, in order."""
    page = await peer.log.read(subjects.room_log(room_id), 0, 1_000)
    found = [wire.decode_event(record.data) for record in page.records]
    return [str(event.topic) for event in found if isinstance(event, events.RoomUpdated)]


async def test_two_replicas_relay_one_room_once_and_in_order(
    database: str, own_nats: NatsServer, own_peer: Peer
) -> None:
    """Many decide through both at once; the log has each once, in the order decided."""
    async with running(database, own_nats.url) as one, running(database, own_nats.url) as other:
        ada = user()
        room_id = await one.room(ada, kind="public")
        joining = [
            replica.ask.ok(user(), "POST", f"/v1/rooms/{room_id}/join")
            for replica in [one, other] * 15
        ]
        await asyncio.gather(*joining)
        published = [await replica.metric("relayed_total") for replica in (one, other)]
        order = await fetch(
            database,
            "SELECT convert_from(body, 'utf8')::json->>'user' FROM outbox"
            " WHERE room = $1 ORDER BY number",
            room_id,
        )
    assert await own_peer.log_of(room_id, "user") == [("member.joined", who) for (who,) in order]
    assert len(order) == sum(published) == 31


async def test_what_was_published_and_not_noted_is_not_doubled(
    own: Replica, own_peer: Peer
) -> None:
    """A relay killed between the log's acknowledgement and its own note: the next one notes."""
    room_id = await own.room(user())
    (row,) = await decide(own, room_id, "once")
    body = (await fetch(own.history.settings.postgres_url, "SELECT body FROM outbox"))[-1][0]
    assert isinstance(body, bytes)
    ack = await own_peer.log.publish(subjects.room_log(room_id), body, subjects.outbox_id(row))
    await own.history.relay.push(room_id)
    assert await topics(own_peer, room_id) == ["once"]
    query = "SELECT seq FROM outbox WHERE id = $1::text::uuid"
    assert await fetch(own.history.settings.postgres_url, query, row) == [(ack.seq,)]


async def test_an_old_row_is_looked_for_before_it_is_published(
    own: Replica, own_peer: Peer
) -> None:
    """Where the log has forgotten the ids, the writer's memory decides: one there, one not."""
    room_id = await own.room(user())
    await own.part("sweeper").stop()  # which relays old rows, too, and might come first
    spec = rooms_stream(own.history.settings.stream)
    await own_peer.log.ensure_stream(msgspec.structs.replace(spec, duplicate_window_seconds=0.1))
    there, missing = await decide(own, room_id, "there", "missing", age_ms=3_600_000)
    query = "SELECT body FROM outbox WHERE id = $1::text::uuid"
    ((body,),) = await fetch(own.history.settings.postgres_url, query, there)
    assert isinstance(body, bytes)
    seq = (
        await own_peer.log.publish(subjects.room_log(room_id), body, subjects.outbox_id(there))
    ).seq
    await asyncio.sleep(0.3)  # the log forgets the id: nothing tells when it has
    relay = relay_of(own, fresh_ms=1_000)
    await relay.push(room_id)
    assert await topics(own_peer, room_id) == ["there", "missing"]
    rows = await fetch(own.history.settings.postgres_url, "SELECT id::text, seq FROM outbox")
    assert {(there, seq), (missing, seq + 1)} <= set(rows)


async def test_an_old_row_waits_for_the_writer(own: Replica, own_peer: Peer) -> None:
    """As long as nobody knows whether the log has it, it is not published."""
    ada = user()
    room_id = await own.room(ada)
    await own.stored((await own_peer.log.state()).last_seq)
    await own.part("sweeper").stop()  # which would hold the room's lock now and then
    writer = own.part("writer")
    await writer.stop()
    await own_peer.say(room_id, ada)
    await decide(own, room_id, "old", age_ms=3_600_000)
    with pytest.raises(Unavailable):
        await own.history.relay.attempt(room_id)
    assert await topics(own_peer, room_id) == []
    await writer.start()
    await own.history.relay.push(room_id)
    assert await topics(own_peer, room_id) == ["old"]


async def test_what_nobody_waits_for_is_relayed_all_the_same(own: Replica, own_peer: Peer) -> None:
    """The sweeper finds decisions whose decider is gone."""
    room_id = await own.room(user())
    await decide(own, room_id, "a", "b", age_ms=2_000)

    async def relayed() -> bool:
        return await topics(own_peer, room_id) == ["a", "b"]

    await until(relayed)

    async def none_pending() -> bool:
        return await own.metric("outbox_pending") == 0

    await until(none_pending)


async def test_a_decision_stands_though_the_log_hangs(
    own: Replica, own_peer: Peer, own_nats: NatsServer
) -> None:
    """`timeout` for the one who waits; when the log is back it has the event, once."""
    room_id = await own.room(user())
    # First: else the sweeper may carry it into the log before that stands still.
    own_nats.pause()
    try:
        await decide(own, room_id, "later")
        with pytest.raises(Problem) as told:
            await own.history.relay.push(room_id, seconds=0.5)
    finally:
        own_nats.resume()
    assert told.value.status == 504

    async def relayed() -> bool:
        try:
            return await topics(own_peer, room_id) == ["later"]
        except BusError:
            return False

    await until(relayed)
    await own.history.relay.push(room_id)
    assert await topics(own_peer, room_id) == ["later"]


async def test_nothing_is_decided_without_a_connection_to_the_log(
    own: Replica, own_nats: NatsServer
) -> None:
    """503, and no trace: what could not be relayed is not decided."""
    ada, bob = user(), user()
    room_id = await own.room(ada, kind="public")
    own_nats.kill()

    async def noticed() -> bool:
        return not own.history.bus.connected

    await until(noticed)
    refused(await own.ask(bob, "POST", f"/v1/rooms/{room_id}/join"), 503, "unavailable")
    path = f"/v1/rooms/{room_id}"
    assert (await own.ask.ok(bob, "GET", path))["members"] == 1
    own_nats.start()


async def test_more_than_one_turn_is_needed_for_many(own: Replica, own_peer: Peer) -> None:
    """A hundred rows a transaction: push goes on until all are in the log."""
    room_id = await own.room(user())
    names = [f"t{n}" for n in range(250)]
    await decide(own, room_id, *names)
    await own.history.relay.push(room_id)
    assert await topics(own_peer, room_id) == names
