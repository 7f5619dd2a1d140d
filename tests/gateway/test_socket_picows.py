"""Sockets on a real server: opening, messages, backpressure, and one port with HTTP."""

from __future__ import annotations

import asyncio
import os
import socket as socketlib
from collections.abc import AsyncIterator
from dataclasses import replace
from importlib.metadata import version

import pytest
import websockets

from gateway.frame import BINARY, CONTINUATION, PING, PONG, TEXT
from gateway.parcel import Parcel
from gateway.socket_picows import Decision, Refuse, Socket, Upgrade, text_frame
from gateway.wave import Wave
from proto.codes import CloseCode, ErrorCode
from tests.gateway.peer import LIMIT_SECONDS, Peer, connected, fragmented, masked, request
from tests.gateway.recording import IMPATIENT, LIMITS, OUTBOX_BYTES, Server, serving


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A server with small limits."""
    async with serving() as started:
        yield started


@pytest.fixture
async def peer(server: Server) -> AsyncIterator[Peer]:
    """A client whose socket is open."""
    async with connected(server.port) as client:
        await client.open()
        yield client


def test_this_is_the_uvicorn_that_was_tried() -> None:
    """Another version: check how it hands over an upgrade, then run these tests again."""
    assert version("uvicorn") == "0.54.0"


# Opening.


async def test_a_common_client_gets_its_echo(server: Server) -> None:
    """A client library that offers compression gets none, its subprotocol and its messages."""
    url = f"ws://127.0.0.1:{server.port}/v1/ws?v=1"
    subprotocol = websockets.Subprotocol("parley.v1")
    async with websockets.connect(url, subprotocols=[subprotocol]) as client:
        assert client.subprotocol == "parley.v1"
        assert client.protocol.extensions == []
        await client.send("späť")
        assert await client.recv() == "späť"
    assert (server.upgrades[0].path, server.upgrades[0].query) == ("/v1/ws", "v=1")
    assert await server.handlers[0].end() == [1000]


async def test_http_and_sockets_share_a_port(server: Server) -> None:
    """A request without an upgrade is the HTTP side's, on the socket's own path too."""
    async with connected(server.port) as client:
        client.send(request({"Upgrade": "", "Connection": ""}))
        assert (await client.head()).startswith("HTTP/1.1 426 ")
    assert server.handlers == []


async def test_a_refusal_is_an_http_answer(server: Server) -> None:
    """The gateway's no is problem details with Retry-After, and the connection ends."""
    server.decide = lambda _: Refuse(503, ErrorCode.UNAVAILABLE, "full", retry_after_seconds=5)
    async with connected(server.port) as client:
        client.send(request())
        head = await client.head()
        assert head.startswith("HTTP/1.1 503 ")
        assert "\r\nretry-after: 5\r\n" in head.lower()
        assert b'"code":"unavailable"' in await client.rest()


async def test_an_old_version_is_refused_before_the_gateway_is_asked(server: Server) -> None:
    """426 names version 13."""
    async with connected(server.port) as client:
        client.send(request({"Sec-WebSocket-Version": "8"}))
        head = await client.head()
        assert head.startswith("HTTP/1.1 426 ")
        assert "Sec-WebSocket-Version: 13" in head
    assert server.upgrades == []


async def test_a_decision_that_fails_refuses_that_one_alone(server: Server) -> None:
    """The client gets 500 without details, the next one its socket."""

    def fail(_upgrade: Upgrade) -> Decision:
        raise RuntimeError("secret")

    server.decide = fail
    async with connected(server.port) as client:
        client.send(request())
        assert (await client.head()).startswith("HTTP/1.1 500 ")
        assert b"secret" not in await client.rest()
    server.decide = server.accept
    async with connected(server.port) as client:
        await client.open()


@pytest.mark.parametrize(
    ("proxies", "remote"), [((), "127.0.0.1"), (("127.0.0.0/8",), "192.0.2.7")]
)
async def test_the_address_is_the_one_a_trusted_proxy_names(
    proxies: tuple[str, ...], remote: str
) -> None:
    """X-Forwarded-For counts if the proxy is trusted, and nobody is unless configured."""
    async with serving(proxies=proxies) as server, connected(server.port) as client:
        await client.open({"X-Forwarded-For": "192.0.2.7"})
        assert (await server.handler()).socket.remote == remote
        assert server.upgrades[0].remote == remote


# Messages.


async def test_messages_come_whole_and_in_order(server: Server, peer: Peer) -> None:
    """Fragments are joined, control frames may come between them."""
    peer.send(masked(TEXT, b"a"), masked(TEXT, b"b", fin=False), masked(PING, b"p"))
    peer.send(masked(CONTINUATION, b"c"), fragmented(BINARY, b"\xff", b"\xfe"), masked(TEXT, b"d"))
    got = [await peer.frame() for _ in range(4)]
    assert got == [(TEXT, b"a"), (PONG, b"p"), (TEXT, b"bc"), (TEXT, b"d")]
    assert server.handlers[0].heard == [b"a", b"bc", b"\xff\xfe", b"d"]


async def test_bytes_may_trickle(server: Server, peer: Peer) -> None:
    """A parser is held while a frame is incomplete, and only then."""
    socket = (await server.handler()).socket
    frame = masked(TEXT, b"slow")
    peer.send(masked(PING), frame[:3])
    assert await peer.frame() == (PONG, b"")
    assert socket._parser is not None
    peer.send(frame[3:])
    assert await peer.frame() == (TEXT, b"slow")
    assert socket._parser is None


async def test_the_largest_message_passes(peer: Peer) -> None:
    """A message of exactly the limit is taken and sent back."""
    peer.send(masked(TEXT, b"x" * LIMITS.max_message_bytes))
    assert await peer.frame() == (TEXT, b"x" * LIMITS.max_message_bytes)


async def test_sends_of_one_turn_are_one_write(
    server: Server, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a turn sends to a socket leaves together and in order."""
    socket = (await server.handler()).socket
    writes: list[bytes] = []
    put = Socket._put

    def noted(socket: Socket, data: bytes) -> None:
        writes.append(data)
        put(socket, data)

    monkeypatch.setattr(Socket, "_put", noted)
    frames = [text_frame(b"%d" % number) for number in range(50)]
    for frame in frames:
        socket.send(frame)
    assert socket.outbox_bytes == sum(map(len, frames))
    assert writes == []
    assert [(await peer.frame()).payload for _ in frames] == [b"%d" % n for n in range(50)]
    assert writes == [b"".join(frames)]
    assert socket.outbox_bytes == 0


@pytest.mark.parametrize("size", [1_000, OUTBOX_BYTES // 4])
async def test_what_the_kernel_does_not_take_waits_in_order(size: int) -> None:
    """Frames that leave at once, in part and behind others come whole, once the peer reads on."""
    async with (
        serving(replace(LIMITS, outbox_bytes=64 * OUTBOX_BYTES)) as server,
        connected(server.port) as peer,
    ):
        await peer.open()
        socket = (await server.handler()).socket
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        count, sent = 0, 0
        while socket._is_direct or count % 7:
            socket.send(text_frame(b"%07d" % count + bytes(size)))
            socket.flush()
            count += 1
            sent += size
        assert 0 < socket.outbox_bytes < sent
        peer.writer.transport.resume_reading()  # type: ignore[attr-defined]
        for number in range(count):
            assert (await peer.frame()).payload == b"%07d" % number + bytes(size)
        assert socket._is_direct
        socket.send(text_frame(b"again"))
        assert (await peer.frame()).payload == b"again"


async def test_the_descriptor_is_the_sockets_own_until_it_is_told_of_its_end(
    server: Server, peer: Peer
) -> None:
    """Else what is written to it could reach whoever has come since; an upgrade might change it."""
    handler = await server.handler()
    known: list[tuple[str, int]] = []
    closed = handler.closed
    descriptor = handler.socket._descriptor

    def at_the_end(code: int) -> None:
        with socketlib.socket(fileno=os.dup(descriptor)) as same:
            known.append(same.getsockname())
        closed(code)

    handler.closed = at_the_end  # type: ignore[method-assign]
    peer.writer.transport.abort()
    assert await handler.end() == [1006]
    assert known == [("127.0.0.1", server.port)]


async def test_what_a_large_room_is_told_comes_behind_what_was_sent_before(
    server: Server, peer: Peer
) -> None:
    """And before what is sent later to who was hurried, though its slice is not there yet."""
    socket = (await server.handler()).socket
    turns = socket._layer.turns
    socket.send(text_frame(b"answer"))
    turns.begin(Wave([socket], Parcel(b"large")))
    assert [(await peer.frame()).payload for _ in range(2)] == [b"answer", b"large"]
    socket.send(text_frame(b"answer"))
    turns.begin(Wave([socket], Parcel(b"larger")))
    socket.hurry()
    socket.send(text_frame(b"later"))
    said = [(await peer.frame()).payload for _ in range(3)]
    assert said == [b"answer", b"larger", b"later"]


async def test_who_cannot_take_what_a_large_room_is_told_is_closed(
    server: Server, peer: Peer
) -> None:
    """The bound is that of what is sent to it alone; who is closed takes nothing more."""
    socket = (await server.handler()).socket
    frames = {socket.form: text_frame(bytes(OUTBOX_BYTES))}
    assert not socket.write_joined(frames)
    assert not socket.write_joined(frames)
    assert (await peer.frame()).code == CloseCode.SLOW_CONSUMER


async def test_a_ping_is_answered_in_heard_at(server: Server, peer: Peer) -> None:
    """The peer's pong shows that it is alive and is nothing the handler hears."""
    handler = await server.handler()
    heard_at = handler.socket.heard_at
    handler.socket.ping()
    assert await peer.frame() == (PING, b"")
    peer.send(masked(PONG), masked(TEXT, b"a"))
    assert await peer.frame() == (TEXT, b"a")
    assert handler.socket.heard_at > heard_at
    assert handler.heard == [b"a"]


async def test_bytes_that_are_no_whole_frame_are_not_heard(server: Server, peer: Peer) -> None:
    """Who sends a byte of a frame now and then is as silent as one who sends none: `heard_at` moves
    with the last of its bytes."""
    handler = await server.handler()
    heard_at = handler.socket.heard_at
    late = masked(TEXT, b"late")
    for byte in late[:-1]:
        peer.send(bytes((byte,)))
        await asyncio.sleep(0)
    # The kernel gives them in order: once another socket's answer is here, these bytes were read.
    async with connected(server.port) as other:
        await other.open()
        other.send(masked(TEXT, b"a"))
        await other.frame()
    assert handler.socket._parser is not None
    assert handler.socket.heard_at == heard_at
    peer.send(late[-1:])
    assert await peer.frame() == (TEXT, b"late")
    assert handler.socket.heard_at > heard_at


async def test_who_sends_too_many_frames_is_read_no_faster() -> None:
    """Nothing is lost and nobody else waits; what was sent at once is paid for by the wait."""
    loop = asyncio.get_running_loop()
    limits = replace(LIMITS, frames=10, frames_seconds=0.2)
    async with serving(limits) as server, connected(server.port) as peer:
        await peer.open()
        handler = await server.handler()
        began = loop.time()
        peer.send(*(masked(TEXT, b"%d" % number) for number in range(25)))
        assert [(await peer.frame()).payload for _ in range(25)] == [b"%d" % n for n in range(25)]
        assert not handler.socket._transport.is_reading()
        peer.send(masked(TEXT, b"late"))
        async with connected(server.port) as other:
            await other.open()
            other.send(masked(TEXT, b"fine"))
            assert await other.frame() == (TEXT, b"fine")
        assert await peer.frame() == (TEXT, b"late")
        # Two tens were over it, each of which costs its time.
        assert loop.time() - began > 0.3
        peer.send(masked(TEXT, b"and on"))
        assert await peer.frame() == (TEXT, b"and on")


async def test_who_goes_while_not_read_is_gone() -> None:
    """Its end is noticed all the same, and nothing is read of it later."""
    limits = replace(LIMITS, frames=1, frames_seconds=0.1)
    async with serving(limits) as server, connected(server.port) as peer:
        await peer.open()
        handler = await server.handler()
        peer.send(masked(TEXT, b"a"), masked(TEXT, b"b"))
        assert (await peer.frame()).payload == b"a"
        assert (await peer.frame()).payload == b"b"
        peer.writer.transport.abort()
        assert await handler.end() == [1006]
        assert handler.socket.is_closed


async def test_a_handler_that_raises_loses_its_socket_alone(server: Server, peer: Peer) -> None:
    """1011 for the one, nothing for the others."""
    async with connected(server.port) as other:
        await other.open()
        peer.send(masked(TEXT, b"raise"), masked(TEXT, b"late"))
        assert (await peer.frame()).code == 1011
        other.send(masked(TEXT, b"fine"))
        assert await other.frame() == (TEXT, b"fine")
    assert server.handlers[0].heard == []


# Backpressure.


async def test_a_slow_peer_costs_its_bound_and_nobody_else() -> None:
    """4001 for the one that does not read; the one beside it misses nothing."""
    async with (
        serving(IMPATIENT) as server,
        connected(server.port, receive_bytes=4_096) as slow,
        connected(server.port) as quick,
    ):
        await slow.open()
        await quick.open()
        behind, ahead = [(await server.handler(index)).socket for index in (0, 1)]
        frame = text_frame(b"x" * 10_000)
        sent = 0
        async with asyncio.timeout(LIMIT_SECONDS):
            while behind.is_open:
                behind.send(frame)
                ahead.send(frame)
                sent += 1
                assert behind.outbox_bytes <= OUTBOX_BYTES + 200
                assert (await quick.frame()).payload == b"x" * 10_000
        assert sent * len(frame) > OUTBOX_BYTES
        assert await server.handlers[0].end() == [CloseCode.SLOW_CONSUMER]
        ahead.send(text_frame(b"still here"))
        assert await quick.frame() == (TEXT, b"still here")


async def test_too_much_in_one_turn_is_too_much(server: Server, peer: Peer) -> None:
    """The bound holds within a turn: what was pending is dropped, the close frame goes out."""
    socket = (await server.handler()).socket
    frame = text_frame(b"x" * 60_000)
    for _ in range(5):
        socket.send(frame)
    assert not socket.is_open
    assert (await peer.frame()).code == CloseCode.SLOW_CONSUMER


async def test_pings_without_reading_end_in_the_bound() -> None:
    """Pongs are sends like others: a peer that never reads them is closed with 4001."""
    async with (
        serving(IMPATIENT) as server,
        connected(server.port, receive_bytes=4_096) as client,
    ):
        await client.open()
        pings = masked(PING, b"x" * 125) * 1_000
        handler = await server.handler()
        async with asyncio.timeout(LIMIT_SECONDS):
            while not handler.gone.is_set():
                client.send(pings)
                await asyncio.sleep(0)
        assert handler.codes == [CloseCode.SLOW_CONSUMER]


async def test_a_dead_socket_does_not_stop_the_flush(server: Server, peer: Peer) -> None:
    """uvloop raises for a closed transport; those behind it in the turn are written to."""
    async with connected(server.port) as gone, connected(server.port) as other:
        await gone.open()
        await other.open()
        dead, ended, alive = [await server.handler(index) for index in range(3)]
        gone.writer.transport.abort()
        await ended.end()
        # A transport that uvloop has closed, under a socket that has not been told yet.
        living, dead.socket._transport = dead.socket._transport, ended.socket._transport
        with pytest.raises(RuntimeError, match="closed"):
            dead.socket._transport.write(b"x")
        dead.socket._is_direct = False
        dead.socket.send(text_frame(b"a"))
        alive.socket.send(text_frame(b"b"))
        assert await other.frame() == (TEXT, b"b")
        assert not dead.socket.is_open
        living.abort()
        assert await dead.end() == [1006]
        assert await peer.rest() == b""
