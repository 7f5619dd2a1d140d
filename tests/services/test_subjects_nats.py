"""Many subjects with one receiver: order, reconnection, bounds, and what is told when it fails."""

import asyncio
import time
import tracemalloc
from collections.abc import Callable
from typing import NamedTuple

import pytest

from services.bus import BusError, NoResponders, live
from services.bus_nats import Bus
from services.subjects_nats import Subjects
from tests.nats_server import NatsServer
from tests.services.buses import Told, Topic
from tests.services.conftest import OpenBus

StartNats = Callable[..., NatsServer]


class Got(NamedTuple):
    """One message as the callback gets it."""

    subject: str
    data: bytes
    headers: bytes
    reply: str


def follow(bus: Bus) -> tuple[Subjects, Told[Got]]:
    """Return an empty set of subjects and what it will receive."""
    told = Told[Got]()
    return Subjects(bus, lambda *message: told(Got(*message))), told


async def test_one_order_over_all_subjects(open_bus: OpenBus, nats_url: str) -> None:
    """Messages into 500 subjects arrive in the order in which they were published."""
    ours, other = await open_bus(nats_url), await open_bus(nats_url)
    subjects, told = follow(ours)
    for n in range(500):
        assert subjects.add(f"order.{n}")
    await ours.flush()
    for n in range(5_000):
        other.publish(f"order.{n * 7 % 500}", b"%d" % n)
    await other.flush()
    await ours.flush()
    assert [got.data for got in told.items] == [b"%d" % n for n in range(5_000)]
    assert told.items[1].subject == "order.7"


async def test_doubles_are_refused_and_counted(bus: Bus) -> None:
    """A subject is followed once, however often it is added, and no more once it is removed."""
    subjects, told = follow(bus)
    assert subjects.add("double")
    assert not subjects.add("double")
    assert (len(subjects), subjects.doubles, "double" in subjects) == (1, 1, True)
    bus.publish("double", b"1")
    await bus.flush()
    assert subjects.remove("double")
    assert not subjects.remove("double")
    bus.publish("double", b"2")
    await bus.flush()
    assert [got.data for got in told.items] == [b"1"]
    assert len(subjects) == 0
    with pytest.raises(BusError, match="not a subject"):
        subjects.add("a b")


async def test_a_stored_message_arrives_with_its_place(topic: Topic) -> None:
    """What the stream republishes is told with its sequence and the one before in its room."""
    subjects, told = follow(topic.bus)
    for room in ("a", "b"):
        subjects.add(topic.live(room))
    await topic.bus.flush()
    first, second, third = await topic.fill("a", "b", "a")
    await told.until(lambda items: len(items) == 3)
    places = [live(got.subject, got.data, got.headers) for got in told.items]
    assert [(place.seq, place.prev) for place in places if place] == [
        (first, 0),
        (second, 0),
        (third, first),
    ]


async def test_all_are_sent_again_after_a_crash_of_the_server(
    nats_server: StartNats, open_bus: OpenBus
) -> None:
    """After kill -9 and a restart all subjects are in place when "reconnected" is told: those from
    before and those added meanwhile, and not those removed meanwhile.
    """
    server = nats_server()
    bus = await open_bus(server.url)
    losses = Told[str]()
    bus.on_loss.append(losses)
    subjects, told = follow(bus)
    for n in range(2_000):
        subjects.add(f"again.{n}")
    await bus.flush()
    server.kill()
    await losses.has("disconnected")
    assert not bus.connected
    subjects.add("again.new")
    subjects.remove("again.7")
    server.start()
    await losses.has("reconnected")
    other = await open_bus(server.url)
    for name in ("again.0", "again.7", "again.1999", "again.new"):
        other.publish(name, name.encode())
    await other.flush()
    await bus.flush()
    assert [got.subject for got in told.items] == ["again.0", "again.1999", "again.new"]
    assert losses.items == ["disconnected", "reconnected"]


async def test_a_subscription_that_was_pending_is_not_sent_late(
    nats_server: StartNats, open_bus: OpenBus
) -> None:
    """A subject removed before its command went out leaves nothing behind at the server."""
    server = nats_server()
    bus = await open_bus(server.url)
    losses = Told[str]()
    bus.on_loss.append(losses)
    subjects, _ = follow(bus)
    flusher = bus.connection._flusher_task
    assert flusher is not None
    flusher.cancel()  # so that the command is still pending when the server dies
    subjects.add("stale")
    server.kill()
    await losses.has("disconnected")
    subjects.remove("stale")
    server.start()
    await losses.has("reconnected")
    with pytest.raises(NoResponders):
        await bus.request("stale", b"", 5.0)


async def test_a_receiver_that_fails_is_reported(bus: Bus) -> None:
    """An exception of the callback is told as a loss, and the messages behind it arrive."""
    losses, told = Told[str](), Told[bytes]()
    bus.on_loss.append(losses)

    def receive(_subject: str, data: bytes, _headers: bytes, _reply: str) -> None:
        if data == b"bad":
            raise ValueError("refused")
        told(data)

    Subjects(bus, receive).add("failing")
    for data in (b"1", b"bad", b"2"):
        bus.publish("failing", data)
    await bus.flush()
    assert told.items == [b"1", b"2"]
    assert losses.items == ["slow_consumer"]


async def test_a_receiver_that_is_too_slow_is_cut_off_and_told(
    nats_server: StartNats, open_bus: OpenBus
) -> None:
    """Nothing queues up here without bound: the server cuts us off, and that is told as a loss."""
    server = nats_server(extra_config="\nmax_pending: 1MB\nmax_payload: 512KB\n")
    slow, other = await open_bus(server.url), await open_bus(server.url)
    losses, told = Told[str](), Told[int]()
    slow.on_loss.append(losses)

    def receive(_subject: str, _data: bytes, _headers: bytes, _reply: str) -> None:
        time.sleep(0.02)  # a receiver that blocks, which is what it must not do
        told(1)

    Subjects(slow, receive).add("flood")
    await slow.flush()
    sender = asyncio.get_running_loop().run_in_executor(None, flood, server.url)
    await losses.has("disconnected")
    await sender
    await losses.has("reconnected")
    assert len(told.items) < FLOOD
    received = len(told.items)
    other.publish("flood", b"after")
    await other.flush()
    await told.until(lambda items: len(items) > received)


FLOOD = 400


def flood(url: str) -> None:
    """Publish 400 messages of 100 KB from a thread, as the loop of the test is kept busy."""

    async def publish() -> None:
        bus = Bus([url], "flood", max_pending_bytes=1 << 30)
        await bus.start()
        for _ in range(FLOOD):
            bus.publish("flood", bytes(100_000))
        await bus.flush(20.0)
        await bus.stop()

    asyncio.run(publish())


async def test_fifty_thousand_subjects_are_cheap(bus: Bus) -> None:
    """Each costs well below 1 KB of ours; nats-py's own subscription takes 4.9 KB."""
    subjects = Subjects(bus, lambda *_message: None)
    names = [f"many.{n}" for n in range(50_000)]
    tracemalloc.start()
    for name in names:
        subjects.add(name)
    await bus.flush(30.0)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used / len(names) < 400
