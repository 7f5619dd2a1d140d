"""The client on a real socket, against a scripted peer: what comes in, and what is sent."""

from __future__ import annotations

import asyncio
import logging

import pytest
from parley_sdk import (
    Client,
    ParleyError,
    RequestError,
    SendError,
)

from proto import frames
from tests.sdk.peer_websockets import Link, Peer, error, message, ok, room, stay, stored
from tests.sdk.reading import take


async def test_events_come_out_through_a_lost_connection(gateway: Peer) -> None:
    """Each event once and in order, across a broken connection and its replay."""

    async def first(link: Link) -> None:
        await link.hello(room(5))
        await link.send(message(6), message(7))
        link.abort()

    async def second(link: Link) -> None:
        hello = await link.hello(room(8))
        assert hello["resume"] == {"r1": 7}
        end = {"type": "resumed", "room": "r1", "from": 7, "to": 8, "complete": True}
        await link.send(message(7), message(8), end, message(9))
        await link.gone()

    gateway.then(first)
    gateway.then(second)
    async with Client(gateway.url, "token") as client:
        assert await take(client, 3) == [6, 7, 8]
        assert await take(client, 1) == [9]
        assert client.positions() == {"r1": 9}


async def test_a_send_survives_a_lost_connection(gateway: Peer) -> None:
    """The same key goes out again on the next connection, and its answer is the send's."""
    keys: list[str] = []

    async def first(link: Link) -> None:
        await link.hello(room())
        keys.append((await link.receive("send"))["key"])
        link.abort()

    async def second(link: Link) -> None:
        await link.hello(room())
        send = await link.receive("send")
        keys.append(send["key"])
        await link.send(stored(send, 6, duplicate=True))
        await link.gone()

    gateway.then(first)
    gateway.then(second)
    async with Client(gateway.url, "token") as client:
        result = await client.send("r1", "hi", reply_to=3, thread=1, attachments=["m1"])
    assert result == frames.SendResult(seq=6, ts=10**12 + 6, duplicate=True)
    assert len(set(keys)) == 1


async def test_sends_keep_their_order(gateway: Peer) -> None:
    """Messages into one room go out in the order of the calls."""
    texts: list[str] = []

    async def script(link: Link) -> None:
        await link.hello(room())
        for seq in range(1, 6):
            send = await link.receive("send")
            texts.append(send["text"])
            await link.send(stored(send, seq))
        await link.gone()

    gateway.then(script)
    async with Client(gateway.url, "token") as client:
        results = await asyncio.gather(*(client.send("r1", str(number)) for number in range(5)))
    assert texts == ["0", "1", "2", "3", "4"]
    assert [result.seq for result in results] == [1, 2, 3, 4, 5]


async def test_a_refused_send_raises(gateway: Peer) -> None:
    """A final error is raised with what the server said."""

    async def script(link: Link) -> None:
        await link.hello(room())
        await link.send(error(await link.receive("send"), "forbidden", retry_after_ms=1200))
        await link.gone()

    gateway.then(script)
    async with Client(gateway.url, "token") as client:
        with pytest.raises(SendError, match="forbidden") as failed:
            await client.send("r1", "hi", key="my-key")
    assert (failed.value.code, failed.value.retry_after_ms) == ("forbidden", 1200)
    assert failed.value.key == "my-key"


async def test_a_send_that_takes_too_long(gateway: Peer) -> None:
    """`timeout_seconds` gives up with the key, which settles whether it is in the log."""
    seen = asyncio.Queue[str]()

    async def script(link: Link) -> None:
        await link.hello(room())
        while True:
            seen.put_nowait((await link.receive("send"))["key"])

    gateway.then(script)
    async with Client(gateway.url, "token") as client:
        with pytest.raises(SendError) as late:
            await client.send("r1", "hi", timeout_seconds=0.05)
        assert late.value.code == "timeout"
        assert late.value.key == await seen.get()
        waiting = asyncio.create_task(client.send("r1", "next"))
        assert await seen.get() != late.value.key
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_requests(gateway: Peer) -> None:
    """`sync` and `watch` answer, or raise what the server says; `read` and `typing` just go."""

    async def script(link: Link) -> None:
        await link.hello(room())
        sync = await link.receive("sync")
        await link.send(ok(sync, events=[message(4)], more=True, oldest=2))
        watch = await link.receive("watch")
        await link.send(ok(watch, presence=[{"user": "u2", "status": "idle"}]))
        await link.send(error(await link.receive("sync"), "not_found"))
        for type_ in ("read", "typing", "status", "ping"):
            await link.receive(type_)
        await link.send(message(1))
        await link.gone()

    gateway.then(script)
    async with Client(gateway.url, "token") as client:
        page = await client.sync("r1", 3, 10)
        assert ([event.seq for event in page.events], page.more, page.oldest) == ([4], True, 2)
        (presence,) = await client.watch(["u2"])
        assert presence.status == "idle"
        with pytest.raises(RequestError, match="not_found"):
            await client.sync("r2", 0)
        client.read("r1", 3)
        client.typing("r1", active=True)
        client.set_status("dnd")
        client.probe()
        assert await take(client, 1) == [1]


async def test_a_cancelled_request_is_forgotten(gateway: Peer) -> None:
    """Cancelling a request leaves nothing behind; its late answer is ignored."""
    asked, answered = asyncio.Event(), asyncio.Event()

    async def script(link: Link) -> None:
        await link.hello(room())
        sync = await link.receive("sync")
        asked.set()
        await answered.wait()
        await link.send(ok(sync, events=[], more=False, oldest=1), message(1))
        await link.gone()

    gateway.then(script)
    async with Client(gateway.url, "token") as client:
        request = asyncio.create_task(client.sync("r1", 0))
        await asked.wait()
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        answered.set()
        assert await take(client, 1) == [1]


async def test_callbacks_see_every_frame(gateway: Peer, caplog: pytest.LogCaptureFixture) -> None:
    """`on_frame` sees log events and passing ones; one that raises is logged and breaks nothing."""
    seen: list[str] = []

    async def script(link: Link) -> None:
        await link.hello(room())
        await link.send({"type": "typing", "room": "r1", "user": "u2", "active": True}, message(1))
        await link.gone()

    def look(frame: object) -> None:
        seen.append(type(frame).__name__)
        if len(seen) == 2:
            raise RuntimeError("a fault of the user's")

    gateway.then(script)
    async with Client(gateway.url, "token", on_frame=look) as client:
        assert await take(client, 1) == [1]
    assert seen == ["Ready", "TypingEvent", "Message"]
    assert "a callback raised" in caplog.text


async def test_a_callback_may_speak(gateway: Peer) -> None:
    """What a callback sends goes out after what was to be sent before."""

    async def script(link: Link) -> None:
        await link.hello(room())
        send = await link.receive()
        assert (send["type"], (await link.receive())["type"]) == ("send", "read")
        await link.send(stored(send, 1), message(1))
        await link.gone()

    client: Client

    def look(frame: object) -> None:
        if isinstance(frame, frames.Ready):
            client.read("r1", 5)

    gateway.then(script)
    client = Client(gateway.url, "token", on_frame=look)
    sending = asyncio.create_task(client.send("r1", "early"))
    async with client:
        assert await take(client, 1) == [1]
        assert (await sending).seq == 1


async def test_strange_frames_are_logged(gateway: Peer, caplog: pytest.LogCaptureFixture) -> None:
    """What is not of the protocol is logged, and the connection goes on; fragments are joined."""

    async def script(link: Link) -> None:
        await link.hello(room())
        await link.connection.send("nonsense")
        await link.connection.send(b"binary")
        await link.connection.send(
            ['{"type":"typing",', '"room":"r1",', '"user":"u2","active":true}']
        )
        await link.connection.ping()
        await link.send(message(1))
        await link.gone()

    gateway.then(script)
    with caplog.at_level(logging.WARNING, "parley_sdk"):
        async with Client(gateway.url, "token") as client:
            assert await take(client, 1) == [1]
    assert "not of the protocol" in caplog.text


async def test_a_slow_reader_loses_nothing(gateway: Peer) -> None:
    """More events than the queue takes are asked for again, while a send still gets through."""

    async def script(link: Link) -> None:
        await link.hello(room())
        await link.send(*(message(seq) for seq in range(1, 31)))
        await link.send(stored(await link.receive("send"), 31), message(31))
        while True:
            sync = await link.receive("sync")
            seqs = range(sync["after"] + 1, min(31, sync["after"] + sync["limit"]) + 1)
            page = [message(seq) for seq in seqs]
            more = sync["after"] + sync["limit"] < 31
            await link.send(ok(sync, events=page, more=more, oldest=1))

    gateway.then(script)
    async with Client(gateway.url, "token", queue=8) as client:
        assert (await client.send("r1", "hi")).seq == 31
        assert await take(client, 31) == list(range(1, 32))
        await asyncio.wait_for(client.live(), 5)


async def test_one_reader_at_a_time(gateway: Peer) -> None:
    """Two iterators would share the events between them: the second is refused."""
    gateway.then(stay)
    async with Client(gateway.url, "token") as client:
        reader = asyncio.create_task(take(client, 1))
        await asyncio.sleep(0)
        with pytest.raises(ParleyError, match="already"):
            await anext(client.events())
        reader.cancel()
