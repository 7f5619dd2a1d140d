"""How sockets end on a real server: faults, close handshakes, time limits, vanished peers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.frame import BINARY, CLOSE, CONTINUATION, PING, TEXT
from gateway.socket_picows import SocketLimits, text_frame
from proto.codes import CloseCode
from tests.gateway.peer import LIMIT_SECONDS, Peer, connected, fragmented, masked
from tests.gateway.recording import IMPATIENT, Server, serving


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


# Faults of a peer.


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (masked(3), 1002),
        (masked(TEXT, b"a", reserved=4), 1002),
        (masked(PING, b"x" * 126), 1002),
        (masked(PING, fin=False), 1002),
        (b"\x81\x01a", 1002),
        (masked(CONTINUATION, b"a"), 1002),
        (masked(TEXT, b"a", fin=False) + masked(TEXT, b"b"), 1002),
        (masked(CLOSE, b"\x03"), 1002),
        (masked(CLOSE, (1006).to_bytes(2, "big")), 1002),
        (masked(CLOSE, (0).to_bytes(2, "big")), 1002),
        (masked(CLOSE, (5000).to_bytes(2, "big")), 1002),
        (masked(CLOSE, b"\x03\xe8\xff"), 1007),
        (masked(TEXT, b"\xc3\x28"), 1007),
        (masked(TEXT, b"\xed\xa0\x80"), 1007),
        (masked(TEXT, b"\xff", fin=False), 1007),
        (fragmented(TEXT, b"x" * 40_000, b"x" * 40_000), 4513),
        (masked(BINARY, b"x" * 70_000)[:14], 4513),
    ],
)
async def test_violations_close_with_their_code(
    server: Server, peer: Peer, wrong: bytes, code: int
) -> None:
    """The message before is served, the fault is named, and nothing after it is heard."""
    peer.send(masked(TEXT, b"before"), wrong, masked(TEXT, b"after"))
    assert await peer.frame() == (TEXT, b"before")
    assert (await peer.frame()).code == code
    assert await peer.rest() == b""
    peer.writer.close()
    assert await server.handlers[0].end() == [code]
    assert server.handlers[0].heard == [b"before"]


async def test_the_code_arrives_though_the_peer_is_still_sending() -> None:
    """The peer sees the close frame and an orderly end, not a reset for what is unread."""
    patient = SocketLimits(close_wait_seconds=LIMIT_SECONDS)
    async with serving(patient) as server, connected(server.port) as client:
        await client.open()
        client.send(masked(BINARY, b"x" * 4_000_000))
        async with asyncio.timeout(LIMIT_SECONDS):
            await client.writer.drain()
        assert (await client.frame()).code == CloseCode.FRAME_TOO_LARGE
        assert await client.rest() == b""
        client.writer.close()
        assert await server.handlers[0].end() == [CloseCode.FRAME_TOO_LARGE]


async def test_a_peer_that_goes_on_after_a_fault_is_cut_off() -> None:
    """A fault, then bytes without end: the connection lasts no longer than the time to close."""
    async with serving(IMPATIENT) as server, connected(server.port) as client:
        await client.open()
        client.send(masked(3))
        assert (await client.frame()).code == 1002
        assert await server.handlers[0].end() == [1002]


# Closing.


async def test_close_sends_what_is_pending_first(server: Server, peer: Peer) -> None:
    """Messages, then the close frame with its reason; the server ends the connection."""
    handler = await server.handler()
    handler.socket.send(text_frame(b"last"))
    handler.socket.close(CloseCode.DRAIN, "going")
    handler.socket.send(text_frame(b"too late"))
    handler.socket.close(CloseCode.SILENT)
    assert await peer.frame() == (TEXT, b"last")
    closing = await peer.frame()
    assert (closing.code, closing.payload[2:]) == (4000, b"going")
    peer.send(masked(TEXT, b"unheard"), masked(CLOSE, closing.payload))
    assert await peer.rest() == b""
    assert await handler.end() == [4000]
    assert handler.heard == []


async def test_a_fault_while_closing_ends_the_connection(server: Server, peer: Peer) -> None:
    """There is no second close frame, and the first one's code stands."""
    handler = await server.handler()
    handler.socket.close(CloseCode.DRAIN)
    assert (await peer.frame()).code == 4000
    peer.send(masked(3))
    assert await peer.rest() == b""
    assert await handler.end() == [4000]


async def test_a_peer_that_does_not_answer_a_close_is_cut_off() -> None:
    """The connection ends after the wait, with the code it was closed with."""
    async with serving(IMPATIENT) as server, connected(server.port) as client:
        await client.open()
        handler = await server.handler()
        handler.socket.close(CloseCode.REPLACED)
        assert await handler.end() == [4503]
        assert (await client.frame()).code == 4503


@pytest.mark.parametrize(
    ("payload", "code"), [(b"", 1005), ((1001).to_bytes(2, "big") + b"bye", 1001)]
)
async def test_a_peers_close_is_answered_in_kind(
    server: Server, peer: Peer, payload: bytes, code: int
) -> None:
    """Its code comes back after what was pending, and the server ends the connection."""
    peer.send(masked(TEXT, b"a"), masked(CLOSE, payload), masked(TEXT, b"after"))
    assert await peer.frame() == (TEXT, b"a")
    assert await peer.frame() == (CLOSE, payload[:2])
    assert await peer.rest() == b""
    assert await server.handlers[0].end() == [code]
    assert server.handlers[0].heard == [b"a"]


@pytest.mark.parametrize("how", ["abort", "end"])
async def test_a_peer_that_vanishes_is_1006(server: Server, peer: Peer, how: str) -> None:
    """No close frame, no code, whether the connection is reset or ended."""
    handler = await server.handler()
    if how == "abort":
        peer.writer.transport.abort()
    else:
        peer.writer.write_eof()
    assert await handler.end() == [1006]
    assert handler.socket.is_closed
    assert handler.socket.outbox_bytes == 0


async def test_abort_is_1006_and_told_once(server: Server, peer: Peer) -> None:
    """Aborting again, closing and sending afterwards are nothing."""
    handler = await server.handler()
    handler.socket.send(text_frame(b"lost"))
    handler.socket.abort()
    handler.socket.abort()
    handler.socket.close(CloseCode.DRAIN)
    handler.socket.send(text_frame(b"lost"))
    assert await handler.end() == [1006]
    handler.socket.abort()
    assert await peer.rest() == b""
    assert handler.codes == [1006]


async def test_a_code_that_may_not_be_sent_is_refused(server: Server, peer: Peer) -> None:
    """A wrong code is the caller's mistake, and the socket stays as it was."""
    handler = await server.handler()
    with pytest.raises(ValueError, match="1006"):
        handler.socket.close(1006)
    peer.send(masked(TEXT, b"a"))
    assert await peer.frame() == (TEXT, b"a")


async def test_stopping_the_server_leaves_open_sockets_alone(server: Server, peer: Peer) -> None:
    """uvicorn would close all of them at once with 1012; draining is the gateway's."""
    async with asyncio.timeout(LIMIT_SECONDS):
        await server.http.stop()
    peer.send(masked(TEXT, b"still here"))
    assert await peer.frame() == (TEXT, b"still here")
