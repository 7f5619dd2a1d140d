"""Compressed messages on a real server: agreed to, bounded, and never where they may not be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import websockets
from websockets.extensions.permessage_deflate import PerMessageDeflate

from gateway.deflate import deflated
from gateway.frame import BINARY, CONTINUATION, PING, PONG, RSV1, TEXT
from tests.gateway.peer import Peer, connected, masked, request
from tests.gateway.recording import LIMITS, Server, serving

DEFLATED = 4
"""The reserved bit, as `masked` has it."""
OFFER = {"Sec-WebSocket-Extensions": "permessage-deflate"}


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A server that compresses."""
    async with serving(replace(LIMITS, deflates=True)) as started:
        yield started


@pytest.fixture
async def peer(server: Server) -> AsyncIterator[Peer]:
    """A client whose socket is open, with compression."""
    async with connected(server.port) as client:
        client.send(request(OFFER))
        assert "\r\nSec-WebSocket-Extensions: permessage-deflate; " in await client.head()
        yield client


async def test_a_common_client_gets_what_it_offers(server: Server) -> None:
    """Nothing is different for whoever uses a library, but for the bytes on the way."""
    async with websockets.connect(f"ws://127.0.0.1:{server.port}/v1/ws") as client:
        (extension,) = client.protocol.extensions
        assert isinstance(extension, PerMessageDeflate)
        for text in ("späť", "long and " * 1_000, ""):
            await client.send(text)
            assert await client.recv() == text


async def test_who_offers_nothing_gets_no_compressed_frame(server: Server) -> None:
    """Nor may it send one."""
    async with connected(server.port) as client:
        await client.open()
        client.send(masked(TEXT, b"x" * 5_000))
        assert await client.frame() == (TEXT, b"x" * 5_000)
        client.send(masked(TEXT, deflated(b"a"), reserved=DEFLATED))
        assert (await client.frame()).code == 1002


async def test_short_messages_go_as_they_are(server: Server, peer: Peer) -> None:
    """Long ones are marked as compressed."""
    peer.send(masked(TEXT, deflated(b"short"), reserved=DEFLATED))
    assert await peer.frame() == (TEXT, b"short")
    peer.send(masked(TEXT, deflated(b"x" * 5_000), reserved=DEFLATED))
    first, size = await peer.reader.readexactly(2)
    assert first == 0x80 | RSV1 | TEXT
    assert await peer.reader.readexactly(size) == deflated(b"x" * 5_000)
    assert server.handlers[0].heard == [b"short", b"x" * 5_000]


async def test_fragments_are_unpacked_together(server: Server, peer: Peer) -> None:
    """The first frame has the bit; a control frame may come between them."""
    data = deflated(b"in two")
    peer.send(masked(TEXT, data[:3], fin=False, reserved=DEFLATED), masked(PING, b"p"))
    peer.send(masked(CONTINUATION, data[3:]))
    assert [await peer.frame() for _ in range(2)] == [(PONG, b"p"), (TEXT, b"in two")]
    assert server.handlers[0].heard == [b"in two"]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (masked(TEXT, deflated(b"x" * (LIMITS.max_message_bytes + 1)), reserved=DEFLATED), 4513),
        (masked(BINARY, b"\xff\xff\xff", reserved=DEFLATED), 1002),
        (masked(TEXT, deflated(b"\xff"), reserved=DEFLATED), 1007),
        (masked(PING, b"p", reserved=DEFLATED), 1002),
        (masked(TEXT, b"", fin=False) + masked(CONTINUATION, b"", reserved=DEFLATED), 1002),
        (masked(TEXT, b"a", reserved=DEFLATED | 1), 1002),
    ],
    ids=["bomb", "no stream", "not UTF-8", "a ping", "a continuation", "another bit"],
)
async def test_what_is_wrong_closes(server: Server, peer: Peer, sent: bytes, code: int) -> None:
    """By the codes that the same faults have without compression; nothing is handed on."""
    peer.send(sent)
    assert (await peer.frame()).code == code
    peer.writer.close()
    assert await server.handlers[0].end() == [code]
    assert server.handlers[0].heard == []
