"""Publishing to the log and reading it back, against a real server that is killed meanwhile."""

import asyncio
import secrets
from collections.abc import Callable

import pytest

from services.bus import (
    Ack,
    BusError,
    BusTimeout,
    Disconnected,
    LogFull,
    NoResponders,
    NotFound,
    Overloaded,
    TooLarge,
)
from services.bus_nats import Bus
from services.local import ports
from services.log_nats import Log
from services.publisher_nats import _Message
from tests.nats_server import NatsServer
from tests.services.buses import Told, Topic
from tests.services.conftest import OpenBus

StartNats = Callable[..., NatsServer]


async def own_topic(bus: Bus, **limits: int) -> Topic:
    """Make a stream on a server of the test's own."""
    topic = Topic(bus, **limits)
    await topic.log.ensure_stream(topic.spec())
    return topic


async def test_publishes_get_rising_sequences(topic: Topic) -> None:
    """A thousand at once are stored once each, in the order of the calls."""
    futures = [topic.log.publish(topic.subject("a"), b"%d" % n, f"m{n}") for n in range(1_000)]
    assert topic.log.unacknowledged == 1_000
    acks = await asyncio.gather(*futures)
    assert [ack.seq for ack in acks] == list(range(1, 1_001))
    # A log that takes its time is asked again, and then says that it has it already.
    assert all(ack.attempts > 1 for ack in acks if ack.duplicate)
    assert topic.log.unacknowledged == 0
    page = await topic.log.read(topic.subject("a"), 0, 1_000)
    assert [record.data for record in page.records] == [b"%d" % n for n in range(1_000)]


async def test_a_duplicate_has_the_place_of_the_first(topic: Topic) -> None:
    """The same id is stored once; the second publish is told the first one's sequence."""
    first = await topic.log.publish(topic.subject("a"), b"1", "same")
    await topic.fill("a")
    again = await topic.log.publish(topic.subject("a"), b"2", "same")
    assert (first.duplicate, again.duplicate, again.seq) == (False, True, first.seq)
    assert (await topic.log.state()).messages == 2


async def test_headers_are_stored(topic: Topic) -> None:
    """Headers of the caller are kept beside the id."""
    ack = await topic.log.publish(topic.subject("a"), b"x", "m", headers={"Kind": "größer"})
    record = await topic.log.get(ack.seq)
    assert record is not None
    assert (record.message_id, record.headers["Kind"]) == ("m", "größer")


async def test_what_cannot_be_sent_is_refused(topic: Topic) -> None:
    """A subject with a space, a header with a line break, a body above the server's limit."""
    with pytest.raises(BusError, match="not a subject"):
        topic.log.publish("a b", b"", "m")
    with pytest.raises(ValueError, match="line break"):
        topic.log.publish(topic.subject("a"), b"", "m\r\nX: y")
    with pytest.raises(TooLarge):
        topic.log.publish(topic.subject("a"), bytes(1_048_576), "m")
    assert topic.log.unacknowledged == 0


@pytest.mark.parametrize("limits", [{"max_messages": 10}, {"max_bytes": 10_000}])
async def test_publishes_under_way_are_bounded(bus: Bus, limits: dict[str, int]) -> None:
    """Ten are taken, the eleventh is refused at once, and there is room again afterwards."""
    topic = await own_topic(bus, **limits)
    futures = [topic.log.publish(topic.subject("a"), bytes(850), f"m{n}") for n in range(10)]
    with pytest.raises(Overloaded, match="10 messages wait"):
        topic.log.publish(topic.subject("a"), bytes(850), "m10")
    await asyncio.gather(*futures)
    assert (await topic.log.publish(topic.subject("a"), bytes(850), "m10")).seq == 11
    await topic.api(f"STREAM.DELETE.{topic.root}")


async def test_a_cancelled_publish_is_forgotten(topic: Topic) -> None:
    """Nobody waits any more: the acknowledgement is dropped, and the room is free."""
    future = topic.log.publish(topic.subject("a"), b"x", "m")
    future.cancel()
    assert (await topic.log.publish(topic.subject("a"), b"y", "n")).seq == 2
    assert topic.log.unacknowledged == 0


async def test_published_through_a_restart_is_stored_once(
    nats_server: StartNats, open_bus: OpenBus
) -> None:
    """The server is killed amid a stream of publishes: each is acknowledged, and stored once, in
    the order of the calls.
    """
    server = nats_server()
    bus = await open_bus(server.url)
    topic = await own_topic(bus)
    losses = Told[str]()
    bus.on_loss.append(losses)
    first = [topic.log.publish(topic.subject("a"), b"%d" % n, f"m{n}") for n in range(100)]
    await first[20]
    server.pause()  # what is sent now is lost with it
    first += [topic.log.publish(topic.subject("a"), b"%d" % n, f"m{n}") for n in range(100, 300)]
    await asyncio.sleep(0)
    server.kill()
    await losses.has("disconnected")
    second = [topic.log.publish(topic.subject("a"), b"%d" % n, f"m{n}") for n in range(300, 400)]
    server.start()
    acks = await asyncio.gather(*first, *second)
    page = await topic.log.read(topic.subject("a"), 0, 1_000)
    assert [record.data for record in page.records] == [b"%d" % n for n in range(400)]
    assert [ack.seq for ack in acks] == [record.seq for record in page.records]
    assert {1, 2} <= {ack.attempts for ack in acks}


class _LosesFirst(dict[bytes, _Message]):
    """The first acknowledgement finds nobody here, as if it had been lost on its way."""

    lost = False

    def get(self, key: bytes) -> _Message | None:  # type: ignore[override]
        if self.lost:
            return super().get(key)
        self.lost = True
        return None


async def test_a_lost_acknowledgement_is_asked_for_again(
    topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No answer: the same id again; `attempts` tells that the duplicate may be our own."""
    monkeypatch.setattr("services.publisher_nats.ATTEMPT_SECONDS", 0.2)
    publisher = topic.log._publisher
    future = topic.log.publish(topic.subject("a"), b"x", "m")
    publisher._messages = _LosesFirst(publisher._messages)
    ack = await future
    assert (ack.seq, ack.duplicate) == (1, True)
    assert ack.attempts >= 2


async def test_without_a_stream_a_publish_times_out(bus: Bus) -> None:
    """Nobody serves the log: tried again until the deadline, then the reason is told."""
    log = Log(bus, "ABSENT")
    with pytest.raises(BusTimeout, match=r"nobody serves the log after \d+ attempts"):
        await log.publish("absent.subject", b"x", "m", deadline_seconds=1.0)
    assert log.unacknowledged == 0


async def test_a_stream_that_comes_later_gets_the_message(bus: Bus) -> None:
    """The log has no leader for a moment: the publish waits and is stored."""
    topic = Topic(bus)
    future = topic.log.publish(topic.subject("a"), b"x", "m")
    await bus.flush()
    await topic.log.ensure_stream(topic.spec())
    ack = await future
    assert (ack.seq, ack.duplicate) == (1, False)
    assert ack.attempts > 1
    await topic.api(f"STREAM.DELETE.{topic.root}")


async def test_a_full_log_refuses_at_once(topic: Topic) -> None:
    """New messages are refused, the old ones stay; with room again the next is taken."""
    await topic.log.ensure_stream(topic.spec(max_bytes=5_000))
    publishes = [topic.log.publish(topic.subject("a"), bytes(500), f"m{n}") for n in range(100)]
    outcomes = await asyncio.gather(*publishes, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {Ack, LogFull}
    assert str(outcomes[-1]) == "maximum bytes exceeded"
    state = await topic.log.state()
    assert state.first_seq == 1
    assert await topic.log.purge(state.last_seq) == state.messages
    assert (await topic.log.publish(topic.subject("a"), bytes(500), "room")).seq > state.last_seq


async def test_stop_tells_those_who_wait(nats_server: StartNats, open_bus: OpenBus) -> None:
    """A publish that waits for the log when the bus stops fails with Disconnected."""
    server = nats_server()
    bus = await open_bus(server.url)
    topic = await own_topic(bus)
    losses = Told[str]()
    bus.on_loss.append(losses)
    server.kill()
    await losses.has("disconnected")
    future = topic.log.publish(topic.subject("a"), b"x", "m")
    await bus.stop()
    with pytest.raises(Disconnected, match="the bus stops"):
        await future


async def test_ensure_stream_by_many_at_once(open_bus: OpenBus, nats_url: str) -> None:
    """Ten processes that start together all find the one stream."""
    topic = Topic(await open_bus(nats_url))
    logs = [Log(await open_bus(nats_url), topic.root) for _ in range(10)]
    states = await asyncio.gather(*(log.ensure_stream(topic.spec(first_seq=1_000)) for log in logs))
    assert {state.first_seq for state in states} == {1_000}
    await topic.api(f"STREAM.DELETE.{topic.root}")


async def test_ensure_stream_by_those_who_differ(open_bus: OpenBus, nats_url: str) -> None:
    """Processes of two releases that start together do not fail; one of their wishes holds."""
    topic = Topic(await open_bus(nats_url))
    logs = [Log(await open_bus(nats_url), topic.root) for _ in range(10)]
    wishes = [topic.spec(max_bytes=1_000_000 + n % 2) for n in range(10)]
    await asyncio.gather(*(log.ensure_stream(wish) for log, wish in zip(logs, wishes, strict=True)))
    assert (await topic.log.state()).max_bytes in {1_000_000, 1_000_001}
    await topic.api(f"STREAM.DELETE.{topic.root}")


async def test_ensure_stream_changes_what_differs(topic: Topic) -> None:
    """A new limit is set; messages, first sequence and what is not spoken of stay."""
    await topic.fill("a", "a")
    state = await topic.log.ensure_stream(topic.spec(max_bytes=1_000_000, first_seq=9_000))
    assert (state.max_bytes, state.first_seq, state.messages) == (1_000_000, 1, 2)
    config = (await topic.api(f"STREAM.INFO.{topic.root}"))["config"]
    assert (config["discard"], config["max_age"], config["storage"]) == ("new", 0, "file")
    assert config["duplicate_window"] == 300 * 10**9
    assert config["republish"] == {"src": f"{topic.root}.log.>", "dest": f"{topic.root}.live.>"}


async def test_ensure_stream_says_what_cannot_be_changed(topic: Topic) -> None:
    """Two streams cannot have the same subjects: the server's reason is told."""
    other = Topic(topic.bus)
    with pytest.raises(BusError, match="subjects overlap"):
        await other.log.ensure_stream(other.spec(subjects=(f"{topic.root}.log.>",)))


async def test_last_of_more_than_one_request(topic: Topic) -> None:
    """2,500 rooms take three requests; those without a message are left out."""
    rooms = [f"r{n}" for n in range(2_500)]
    seqs = await topic.fill(*rooms)
    newer = await topic.fill("r7")
    found = await topic.log.last([topic.subject(room) for room in [*rooms, "none"]])
    expected = dict(zip(map(topic.subject, rooms), seqs, strict=True))
    assert found == {**expected, topic.subject("r7"): newer[0]}
    assert await topic.log.last([]) == {}


async def test_last_of_large_messages(nats_server: StartNats, open_bus: OpenBus) -> None:
    """Bodies beyond one batch (1 MiB) cost more requests, never a room; nor the connection, which
    a server closes that has to hold too much for it.
    """
    server = nats_server(extra_config="\nmax_pending: 4MB\nmax_payload: 512KB\n")
    topic = await own_topic(await open_bus(server.url))
    subjects = [topic.subject(f"r{n}") for n in range(100)]
    for subject in subjects:
        await topic.log.publish(subject, bytes(100_000), secrets.token_hex(8))
    assert await topic.log.last(subjects) == {s: n + 1 for n, s in enumerate(subjects)}
    page = await topic.log.read(f"{topic.root}.log.>", 0, 200)
    assert [record.seq for record in page.records] == list(range(1, 101))


async def test_read_a_room_in_pages(topic: Topic) -> None:
    """Pages come in order and say whether there is more; `prev` chains them within the room."""
    await topic.fill(*("ab" * 5))
    room = topic.subject("a")
    first = await topic.log.read(room, 0, 3)
    assert [(record.seq, record.prev) for record in first.records] == [(1, None), (3, 1), (5, 3)]
    assert first.more
    rest = await topic.log.read(room, 5, 3)
    assert [record.seq for record in rest.records] == [7, 9]
    assert not rest.more
    exact = await topic.log.read(room, 0, 5)
    assert (len(exact.records), exact.more) == (5, False)
    assert exact.records[0].data == b"a#0"
    assert exact.records[0].ts_ms > 1_700_000_000_000


async def test_read_up_to(topic: Topic) -> None:
    """Nothing above `up_to` is returned, and `more` speaks of the range only."""
    await topic.fill(*("ab" * 5))
    page = await topic.log.read(topic.subject("a"), 1, 10, up_to=5)
    assert ([record.seq for record in page.records], page.more) == ([3, 5], False)
    page = await topic.log.read(topic.subject("a"), 1, 1, up_to=5)
    assert ([record.seq for record in page.records], page.more) == ([3], True)


async def test_read_nothing(topic: Topic) -> None:
    """An empty room, and the end of one, are empty pages."""
    await topic.fill("a")
    for room, after in (("none", 0), ("a", 1), ("a", 99)):
        page = await topic.log.read(topic.subject(room), after, 10)
        assert page == ([], False)


async def test_read_all_rooms(topic: Topic) -> None:
    """With a wildcard the records of all rooms come in the log's order, without `prev`."""
    await topic.fill("a", "b", "a")
    page = await topic.log.read(f"{topic.root}.log.>", 0, 10)
    assert [(record.subject[-1], record.prev) for record in page.records] == [
        ("a", None),
        ("b", None),
        ("a", None),
    ]


async def test_an_answer_lost_on_the_way_is_noticed(topic: Topic) -> None:
    """A batch with a hole is an error, never a page without that record."""
    await topic.fill(*"aaaa")
    routes, inbox = topic.bus.connection._routes, topic.bus.inbox._take
    (sid,) = [sid for sid, route in routes.items() if route == inbox]

    def lossy(subject: bytes, reply: bytes, data: bytes, headers: bytes) -> None:
        if data not in lost:
            inbox(subject, reply, data, headers)

    routes[sid] = lossy
    for missing in (b"a#1", b"a#3", b"a#0"):
        lost = [missing]
        with pytest.raises(BusTimeout, match="lost on the way"):
            await topic.log.read(topic.subject("a"), 0, 10)
    lost = []
    assert len((await topic.log.read(topic.subject("a"), 0, 10)).records) == 4


async def test_delete_one(topic: Topic) -> None:
    """An erased record is gone from every read; erasing it again is no error."""
    await topic.fill("a", "a", "a")
    assert await topic.log.delete(2)
    assert not await topic.log.delete(2)
    assert await topic.log.get(2) is None
    page = await topic.log.read(topic.subject("a"), 0, 10)
    assert [(record.seq, record.prev) for record in page.records] == [(1, None), (3, 1)]


async def test_purge_up_to(topic: Topic) -> None:
    """Everything up to the sequence is removed, once; sequences go on."""
    await topic.fill(*"aaaa")
    assert await topic.log.purge(3) == 3
    assert await topic.log.purge(3) == 0
    state = await topic.log.state()
    assert (state.first_seq, state.last_seq, state.messages) == (4, 4, 1)


async def test_reading_what_is_not_there(bus: Bus) -> None:
    """A stream that does not exist is told as such."""
    log = Log(bus, "ABSENT")
    with pytest.raises(NotFound, match="stream not found"):
        await log.state()
    with pytest.raises(NotFound):
        await log.last(["a"])
    with pytest.raises(NoResponders):
        await log.read("a", 0, 1)


async def test_reads_fail_when_the_connection_breaks(
    nats_server: StartNats, open_bus: OpenBus
) -> None:
    """A read under way is told at once; without a connection none begins."""
    server = nats_server()
    bus = await open_bus(server.url)
    topic = await own_topic(bus)
    server.pause()
    reading = asyncio.create_task(topic.log.read(topic.subject("a"), 0, 1))
    await asyncio.sleep(0)
    server.kill()
    with pytest.raises(Disconnected):
        await reading
    with pytest.raises(Disconnected):
        await topic.log.read(topic.subject("a"), 0, 1)


def cluster(start: StartNats) -> list[NatsServer]:
    """Start three servers that find each other."""
    clients, routes = ports.free_ports(6)[:3], ports.free_ports(3)
    listed = ", ".join(f'"nats://127.0.0.1:{port}"' for port in routes)
    return [
        start(
            f"node{n}",
            port=client,
            extra_config=f"""
server_name: node{n}
cluster {{ name: test, listen: "127.0.0.1:{route}", routes: [{listed}] }}
""",
        )
        for n, (client, route) in enumerate(zip(clients, routes, strict=True))
    ]


async def test_three_replicas_answer_exactly(nats_server: StartNats, open_bus: OpenBus) -> None:
    """With followers that may lag, last sequences and single records come from the leader."""
    bus = await open_bus(cluster(nats_server)[0].url)
    topic = Topic(bus)
    state = await topic.log.ensure_stream(topic.spec(replicas=3))
    assert state.replicas == 3
    rooms = [f"r{n}" for n in range(100)]
    subjects = [topic.subject(room) for room in rooms]
    for _ in range(5):
        seqs = await topic.fill(*rooms)
        asked = [*subjects, topic.subject("none")]
        assert await topic.log.last(asked) == dict(zip(subjects, seqs, strict=True))
        newest = await topic.log.get(seqs[-1])
        assert newest is not None
        assert newest.subject == subjects[-1]
    absent = Log(bus, "ABSENT")
    absent._replicas = 3
    with pytest.raises(NotFound, match="stream not found"):
        await absent.last(subjects)


async def test_a_log_that_is_suspended_takes_nothing_until_it_is_ensured_again(
    topic: Topic,
) -> None:
    """It refuses at once, can be read, and is what it was afterwards; twice is harmless."""
    await topic.log.publish(topic.subject("a"), b"one", "1")
    await topic.log.suspend()
    await topic.log.suspend()
    with pytest.raises(BusError):
        await topic.log.publish(topic.subject("a"), b"two", "2")
    assert (await topic.log.state()).messages == 1
    await topic.log.ensure_stream(topic.spec())
    assert (await topic.log.publish(topic.subject("a"), b"two", "2")).seq == 2
    await topic.log.remove()
    with pytest.raises(NotFound):
        await topic.log.state()
