"""The socket by itself: what the client never makes it do, but another user might."""

import asyncio
import contextlib
from collections.abc import Callable

import pytest
import uvloop
from parley_sdk.socket_websockets import Socket, connect

from tests.sdk.peer_websockets import Link, Peer, peer, stay


class Ends:
    """What a socket called back."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []
        self.codes: list[int] = []
        self.ended = asyncio.Event()

    def lost(self, code: int) -> None:
        """Keep the close code."""
        self.codes.append(code)
        self.ended.set()

    async def connect(self, url: str) -> Socket:
        """Open a socket that calls back here."""
        return await connect(url, self.texts.append, lambda: None, self.lost)


async def test_the_end_is_told_once(gateway: Peer) -> None:
    """Closed twice and aborted, a socket is lost once; sending on it does nothing."""
    gateway.then(stay)
    ends = Ends()
    socket = await ends.connect(gateway.url.replace("http", "ws"))
    socket.send(b'{"type":"hello","token":"t"}')
    socket.close(1000)
    socket.close(1000)
    socket.send(b"late")
    await asyncio.wait_for(ends.ended.wait(), 20)
    socket.abort()
    socket.close(1000)
    socket.send(b"later")
    assert ends.codes == [1000]


def test_any_event_loop_will_do() -> None:
    """uvloop's transports are no subclasses of asyncio's; a socket opens and closes there too."""

    async def script() -> list[int]:
        async with peer() as gateway:
            gateway.then(stay)
            ends = Ends()
            socket = await ends.connect(gateway.url.replace("http", "ws"))
            socket.close(1000)
            await asyncio.wait_for(ends.ended.wait(), 20)
            return ends.codes

    assert uvloop.run(script()) == [1000]


async def test_a_close_code_comes_through(gateway: Peer) -> None:
    """The code of the server's close frame is told."""

    async def script(link: Link) -> None:
        await link.close(4002)

    gateway.then(script)
    ends = Ends()
    await ends.connect(gateway.url.replace("http", "ws"))
    await asyncio.wait_for(ends.ended.wait(), 20)
    assert ends.codes == [4002]


@pytest.mark.parametrize("url", ["http://127.0.0.1/v1/ws", "ws:///v1/ws", "ws://h/#x"])
async def test_no_url_of_a_socket(url: str) -> None:
    """What is no WebSocket URL is told as such."""
    with pytest.raises(ValueError, match="no WebSocket URL"):
        await Ends().connect(url)


async def test_an_upgrade_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes the connection and says nothing is given up, and calls nothing back."""
    monkeypatch.setattr("parley_sdk.socket_websockets.OPEN_SECONDS", 0.5)
    hung_up = asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.read()
        hung_up.set()
        writer.close()

    async with await asyncio.start_server(mute, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        ends = Ends()
        with pytest.raises(TimeoutError):
            await ends.connect(f"ws://127.0.0.1:{port}/")
        await asyncio.wait_for(hung_up.wait(), 20)
    assert ends.codes == []


async def test_only_streams() -> None:
    """A transport that is no stream is refused."""
    no: Callable[..., None] = print
    with pytest.raises(TypeError):
        Socket("ws://h/", no, no, no).connection_made(asyncio.BaseTransport())
