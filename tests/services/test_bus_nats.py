"""Requests, answers and the life of the connection, against a real server."""

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from services.bus import (
    BusError,
    BusTimeout,
    Disconnected,
    NoResponders,
    Overloaded,
    RemoteError,
)
from services.bus_nats import Bus
from tests.nats_server import NatsServer
from tests.services.buses import Told
from tests.services.conftest import OpenBus

StartNats = Callable[..., NatsServer]


async def reverse(data: bytes) -> bytes:
    """Answer with the bytes turned round."""
    return data[::-1]


async def test_a_request_is_answered(open_bus: OpenBus, nats_url: str) -> None:
    """Many requests at once each get their own answer."""
    ours, other = await open_bus(nats_url), await open_bus(nats_url)
    await ours.serve("ask.reverse", "q", reverse, concurrency=200)
    answers = await asyncio.gather(
        *(other.request("ask.reverse", b"a%d" % n, 5.0) for n in range(200))
    )
    assert answers == [(b"a%d" % n)[::-1] for n in range(200)]


async def test_a_request_reaches_one_of_a_queue(open_bus: OpenBus, nats_url: str) -> None:
    """Two who serve in one queue share the requests; none is handled twice."""
    told = Told[bytes]()

    async def count(data: bytes) -> bytes:
        told(data)
        return b""

    asker = await open_bus(nats_url)
    for _ in range(2):
        await (await open_bus(nats_url)).serve("ask.shared", "q", count)
    for n in range(50):
        await asker.request("ask.shared", b"%d" % n, 5.0)
    assert sorted(told.items, key=int) == [b"%d" % n for n in range(50)]


async def test_nobody_serves(bus: Bus) -> None:
    """A request that nobody serves fails at once, not after its time."""
    async with asyncio.timeout(20.0):  # well below that time
        with pytest.raises(NoResponders, match=r"nobody serves ask\.nobody"):
            await bus.request("ask.nobody", b"", 60.0)


async def test_a_handler_that_fails_is_told_to_the_caller(bus: Bus) -> None:
    """An exception is an answer, without its details; the next request is served."""

    async def fail(data: bytes) -> bytes:
        if data == b"bad":
            raise ValueError("secret detail")
        return b"good"

    await bus.serve("ask.fail", "q", fail)
    with pytest.raises(RemoteError) as caught:
        await bus.request("ask.fail", b"bad", 5.0)
    assert caught.value.code == 500
    assert "secret" not in str(caught.value)
    assert await bus.request("ask.fail", b"", 5.0) == b"good"


async def test_an_answer_too_large_is_told_to_the_caller(bus: Bus) -> None:
    """What cannot be sent as an answer becomes an error, not a silence."""

    async def long(_data: bytes) -> bytes:
        return bytes(2_000_000)

    await bus.serve("ask.long", "q", long)
    with pytest.raises(RemoteError, match="500"):
        await bus.request("ask.long", b"", 5.0)


async def test_handlers_are_bounded(bus: Bus) -> None:
    """Two at work and two waiting; the fifth is refused at once, and the four are answered."""
    go, started = asyncio.Event(), Told[bytes]()

    async def hold(data: bytes) -> bytes:
        started(data)
        await go.wait()
        return data

    await bus.serve("ask.hold", "q", hold, concurrency=2)
    held = [asyncio.create_task(bus.request("ask.hold", b"%d" % n, 5.0)) for n in range(4)]
    await started.until(lambda items: len(items) == 2)
    with pytest.raises(RemoteError) as caught:
        await bus.request("ask.hold", b"5", 5.0)
    assert caught.value.code == 503
    assert started.items == [b"0", b"1"]
    go.set()
    assert await asyncio.gather(*held) == [b"0", b"1", b"2", b"3"]


async def test_no_answer_in_time(bus: Bus) -> None:
    """The caller's time limit holds, and a late answer does no harm."""
    go = asyncio.Event()

    async def hold(data: bytes) -> bytes:
        await go.wait()
        return data

    await bus.serve("ask.late", "q", hold)
    with pytest.raises(BusTimeout, match=r"ask\.late: no answer within 0\.05 s"):
        await bus.request("ask.late", b"1", 0.05)
    go.set()
    assert await bus.request("ask.late", b"2", 5.0) == b"2"


async def test_requests_under_way_are_bounded(open_bus: OpenBus, nats_url: str) -> None:
    """One more than allowed is refused; when one is answered there is room again."""
    bus = await open_bus(nats_url, max_requests=1)
    await bus.serve("ask.one", "q", reverse)
    first = asyncio.create_task(bus.request("ask.one", b"ab", 5.0))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await bus.request("ask.one", b"", 5.0)
    assert await first == b"ba"
    assert await bus.request("ask.one", b"cd", 5.0) == b"dc"


async def test_a_request_fails_when_the_connection_breaks(
    nats_server: StartNats, open_bus: OpenBus
) -> None:
    """Who waits is told at once; what is served is served again after the reconnection."""
    server = nats_server()
    bus = await open_bus(server.url)
    losses, asked = Told[str](), Told[bytes]()
    bus.on_loss.append(losses)

    go = asyncio.Event()

    async def never(data: bytes) -> bytes:
        asked(data)
        await go.wait()
        return data

    await bus.serve("ask.never", "q", never)
    await bus.serve("ask.reverse", "q", reverse)
    waiting = asyncio.create_task(bus.request("ask.never", b"", 60.0))
    await asked.has(b"")
    server.kill()
    with pytest.raises(Disconnected, match="broke"):
        await waiting
    server.start()
    await losses.has("reconnected")
    assert await bus.request("ask.reverse", b"ab", 5.0) == b"ba"
    go.set()


async def test_published_without_a_connection_arrives_later(
    nats_server: StartNats, open_bus: OpenBus
) -> None:
    """A core publish waits, in a bounded buffer, for the next connection."""
    server = nats_server()
    bus = await open_bus(server.url)
    losses, told = Told[str](), Told[bytes]()
    bus.on_loss.append(losses)
    bus.connection.subscribe_raw("later", lambda s, r, d, h: told(d))
    server.kill()
    await losses.has("disconnected")
    bus.publish("later", b"x")
    server.start()
    await told.has(b"x")


async def test_stop_finishes_what_is_at_work(open_bus: OpenBus, nats_url: str) -> None:
    """A request that is being handled when the bus stops is answered; later ones find nobody."""
    ours, other = await open_bus(nats_url), await open_bus(nats_url)
    go, started = asyncio.Event(), Told[bytes]()

    async def hold(data: bytes) -> bytes:
        started(data)
        await go.wait()
        return data

    await ours.serve("ask.stop", "q", hold)
    held = asyncio.create_task(other.request("ask.stop", b"x", 5.0))
    await started.has(b"x")
    stopping = asyncio.create_task(ours.stop())
    await asyncio.sleep(0)  # the stop takes its first step
    await ours.flush()
    with pytest.raises(NoResponders):
        await other.request("ask.stop", b"y", 5.0)
    go.set()
    assert await held == b"x"
    await stopping
    assert not ours.connected
    await ours.stop()


async def test_start_gives_up_and_says_why(nats_server: StartNats) -> None:
    """No server, or the wrong password: Disconnected with the reason and without the password."""
    server = nats_server()
    parts = urlsplit(server.url)
    wrong = Bus([f"nats://parley:not-it@{parts.hostname}:{parts.port}"], "t")
    async with asyncio.timeout(20.0):  # well below what it would wait for a server to come
        with pytest.raises(Disconnected, match=r"(?i)authorization") as caught:
            await wrong.start()
    assert "not-it" not in str(caught.value)
    server.stop()
    absent = Bus([server.url], "t", connect_seconds=1.0)
    with pytest.raises(Disconnected, match=r"no connection to NATS: \[Errno 111\]"):
        await absent.start()


async def test_credentials_hold_for_all_urls(nats_server: StartNats) -> None:
    """User and password of one URL are used for the others."""
    server = nats_server()
    parts = urlsplit(server.url)
    bus = Bus(
        [f"nats://{parts.username}:{parts.password}@127.0.0.1:1", f"nats://127.0.0.1:{parts.port}"],
        "t",
    )
    await bus.start()
    await bus.check()
    await bus.stop()


async def test_a_loss_callback_that_fails_does_not_silence_the_others(
    nats_server: StartNats, open_bus: OpenBus
) -> None:
    """Each callback is told, whatever another one raises."""
    server = nats_server()
    bus = await open_bus(server.url)
    losses = Told[str]()

    def fail(_loss: str) -> None:
        raise RuntimeError("callback")

    bus.on_loss += [fail, losses]
    server.restart()
    await losses.has("reconnected")


async def test_serve_refuses_what_is_no_subject(bus: Bus) -> None:
    """A subject with a space would be another command."""
    with pytest.raises(BusError, match="not a subject"):
        await bus.serve("a b", "q", reverse)
