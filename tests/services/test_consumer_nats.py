"""Reading the log as it grows: shared and acknowledged, or alone and in order, whatever fails."""

import asyncio
from collections.abc import Callable

import pytest

from services.bus import Disconnected, NotFound, Record
from services.consumer_nats import Consumer, Cursor
from tests.nats_server import NatsServer
from tests.services.buses import WAIT_SECONDS, Told, Topic
from tests.services.conftest import OpenBus

StartNats = Callable[..., NatsServer]


async def take(reader: Consumer | Cursor, count: int) -> list[Record]:
    """Fetch until `count` records are there."""
    records: list[Record] = []
    async with asyncio.timeout(WAIT_SECONDS):
        while len(records) < count:
            try:
                records += await reader.fetch(count - len(records), 5.0)
            except Disconnected:
                await asyncio.sleep(0.05)
    return records


def seqs(records: list[Record]) -> list[int]:
    """Return the sequences of the records."""
    return [record.seq for record in records]


async def test_consumer_fetches_in_order(topic: Topic) -> None:
    """Records come in the log's order, at most as many as asked for, and the lag is told."""
    await topic.fill(*"abcab")
    consumer = await topic.log.consumer("c", f"{topic.root}.log.>")
    assert consumer.pending == 5
    assert seqs(await consumer.fetch(1, 5.0)) == [1]
    first = await take(consumer, 2)
    assert seqs(first) == [2, 3]
    assert [record.data for record in first] == [b"b#1", b"c#2"]
    assert consumer.pending == 2
    assert seqs(await take(consumer, 2)) == [4, 5]
    assert consumer.pending == 0


async def test_fetch_waits_for_the_first(topic: Topic) -> None:
    """Nothing there: empty after the wait. Something comes: at once."""
    consumer = await topic.log.consumer("c", f"{topic.root}.log.>")
    assert await consumer.fetch(10, 0.1) == []
    waiting = asyncio.create_task(consumer.fetch(10, 60.0))
    await topic.fill("a")
    async with asyncio.timeout(WAIT_SECONDS):
        assert seqs(await waiting) == [1]


async def test_a_cancelled_fetch_loses_nothing(topic: Topic) -> None:
    """What arrives after a fetch was cancelled is in the next one."""
    consumer = await topic.log.consumer("c", f"{topic.root}.log.>")
    waiting = asyncio.create_task(consumer.fetch(10, 30.0))
    await topic.bus.flush()
    waiting.cancel()
    await topic.fill("a", "b")
    assert seqs(await take(consumer, 2)) == [1, 2]


async def test_acknowledged_is_not_delivered_again(topic: Topic) -> None:
    """A successor gets what was not acknowledged, and nothing else; `delivered` tells it."""
    await topic.fill(*"aaaaa")
    first = await topic.log.consumer("c", topic.subject("a"), ack_wait_seconds=1.0)
    records = await take(first, 5)
    await first.ack(records[2])
    await first.ack(records[2])
    first.close()
    first.close()
    second = await topic.log.consumer("c", topic.subject("a"), ack_wait_seconds=1.0)
    again = await take(second, 2)
    assert [(record.seq, record.delivered) for record in again] == [(4, 2), (5, 2)]
    await second.ack(again[-1])
    assert await second.fetch(10, 1.3) == []


async def test_some_are_settled_and_no_others(topic: Topic) -> None:
    """Whoever is done with the later one first does not lose the earlier ones."""
    await topic.fill(*"aaaa")
    first = await topic.log.consumer("c", topic.subject("a"), ack_wait_seconds=1.0)
    records = await take(first, 4)
    await first.settle([records[3], records[1]])
    await first.settle([records[1]])
    await first.settle([])
    first.close()
    second = await topic.log.consumer("c", topic.subject("a"), ack_wait_seconds=1.0)
    assert seqs(await take(second, 2)) == [1, 3]


async def test_who_takes_leave_hands_back_what_it_holds(topic: Topic) -> None:
    """Another has it at once, long before the ack wait is over; what was settled stays settled."""
    await topic.fill(*"aaa")
    wait_seconds = 2 * WAIT_SECONDS
    first = await topic.log.consumer("c", topic.subject("a"), ack_wait_seconds=wait_seconds)
    records = await take(first, 3)
    # What came and was not fetched yet is handed back too.
    await first.fetch(9, 0.0)
    await topic.fill("a")
    await first.settle([records[1]])
    first.release()
    second = await topic.log.consumer("c", topic.subject("a"), ack_wait_seconds=wait_seconds)
    assert sorted(seqs(await take(second, 3))) == [1, 3, 4]


async def test_acknowledging_does_not_touch_what_another_holds(topic: Topic) -> None:
    """One process dies with 1 and 2; another stores 3 and 4: 1 and 2 still come again."""
    await topic.fill(*"aaaa")
    other = await topic.log.consumer("c", topic.subject("a"), ack_wait_seconds=2.0)
    given, inbox = Told[bytes](), topic.root + ".dead"
    topic.bus.connection.subscribe_raw(inbox, lambda _s, _r, data, _h: given(data))
    topic.bus.connection.send(f"$JS.API.CONSUMER.MSG.NEXT.{topic.root}.c", b"2", inbox)
    await given.until(lambda items: items == [b"a#0", b"a#1"])
    records = await take(other, 2)
    assert seqs(records) == [3, 4]
    await other.ack(records[-1])
    assert seqs(await take(other, 2)) == [1, 2]


async def test_nak_hands_one_back(topic: Topic) -> None:
    """A record that is handed back is delivered again, without waiting for the ack wait."""
    await topic.fill("a")
    consumer = await topic.log.consumer("c", topic.subject("a"))
    (record,) = await take(consumer, 1)
    await consumer.nak(record)
    (again,) = await take(consumer, 1)
    assert (again.seq, again.delivered) == (1, 2)


async def test_a_deleted_consumer_is_made_again(topic: Topic) -> None:
    """Somebody deletes the durable consumer: the next fetch makes it, and reads from the start."""
    await topic.fill("a")
    consumer = await topic.log.consumer("c", topic.subject("a"))
    (record,) = await take(consumer, 1)
    await consumer.ack(record)
    await topic.api(f"CONSUMER.DELETE.{topic.root}.c")
    assert seqs(await take(consumer, 1)) == [1]


async def test_without_the_stream_fetch_says_so(topic: Topic) -> None:
    """A stream that is deleted meanwhile is told as NotFound."""
    consumer = await topic.log.consumer("c", topic.subject("a"))
    await consumer.fetch(1, 0.05)
    await topic.api(f"STREAM.DELETE.{topic.root}")
    with pytest.raises(NotFound):
        await consumer.fetch(1, 5.0)


async def test_consumer_through_a_restart(nats_server: StartNats, open_bus: OpenBus) -> None:
    """A fetch under way is told of the loss; afterwards everything unacknowledged comes."""
    server = nats_server()
    topic = Topic(await open_bus(server.url))
    await topic.log.ensure_stream(topic.spec())
    consumer = await topic.log.consumer("c", topic.subject("a"), ack_wait_seconds=1.0)
    waiting = asyncio.create_task(consumer.fetch(10, 60.0))
    await topic.bus.flush()
    server.kill()
    async with asyncio.timeout(WAIT_SECONDS):
        with pytest.raises(Disconnected):
            await waiting
    server.start()
    await topic.fill(*"aaa")
    assert seqs(await take(consumer, 3)) == [1, 2, 3]


async def test_cursor_begins_behind_a_sequence(topic: Topic) -> None:
    """Everything above `after`, of the subjects asked for, in order."""
    await topic.fill(*"abab")
    cursor = await topic.log.cursor("k", topic.subject("a"), after=1)
    assert cursor.pending == 1
    assert seqs(await take(cursor, 1)) == [3]
    await topic.fill("b", "a")
    assert seqs(await take(cursor, 1)) == [6]
    assert cursor.position == 6


async def test_cursor_goes_on_without_a_gap_after_a_crash(
    nats_server: StartNats, open_bus: OpenBus
) -> None:
    """The server is killed between and during fetches: every record once, in order."""
    server = nats_server()
    topic = Topic(await open_bus(server.url))
    await topic.log.ensure_stream(topic.spec())
    cursor = await topic.log.cursor("k", f"{topic.root}.log.>", after=0)
    await topic.fill(*("ab" * 200))
    got = await take(cursor, 150)
    server.restart()
    got += await take(cursor, 100)
    server.restart()
    await topic.fill(*("ab" * 10))
    got += await take(cursor, 170)
    assert seqs(got) == list(range(1, 421))


async def test_cursor_fills_a_hole(topic: Topic) -> None:
    """A record lost on the way is noticed, and reading starts again from the last in order."""
    await topic.fill(*"aaaa")
    cursor = await topic.log.cursor("k", topic.subject("a"), after=0)
    connection, lost = topic.bus.connection, Told[bytes]()
    route = connection._routes[cursor._sid]

    def lossy(subject: bytes, reply: bytes, data: bytes, headers: bytes) -> None:
        if data == b"a#1" and not lost.items:
            lost(data)
        else:
            route(subject, reply, data, headers)

    connection._routes[cursor._sid] = lossy
    assert seqs(await take(cursor, 4)) == [1, 2, 3, 4]
    assert lost.items == [b"a#1"]


async def test_cursor_rewinds(topic: Topic) -> None:
    """A caller who could not keep what it got starts again from where it stood."""
    await topic.fill(*"aaa")
    cursor = await topic.log.cursor("k", topic.subject("a"), after=0)
    await take(cursor, 2)
    cursor.rewind(0)
    assert seqs(await take(cursor, 3)) == [1, 2, 3]


async def test_two_cursors_do_not_disturb_each_other(topic: Topic) -> None:
    """Each gets everything, though both have the same name."""
    await topic.fill(*"aaa")
    for _ in range(2):
        cursor = await topic.log.cursor("k", topic.subject("a"), after=0)
        assert seqs(await take(cursor, 3)) == [1, 2, 3]


async def test_a_silent_server_is_asked_again(
    topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No record and no heartbeat: the pull was lost on the way, and a new one is made."""
    await topic.fill("a")
    cursor = await topic.log.cursor("k", topic.subject("a"), after=0)
    monkeypatch.setattr("services.consumer_nats._SILENCE_SECONDS", 0.2)
    cursor._open, cursor._heard = True, asyncio.get_running_loop().time()  # and nobody knows of it
    assert seqs(await take(cursor, 1)) == [1]
