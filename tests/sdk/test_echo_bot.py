"""The echo bot of the README, run as it is, against a real socket and a real HTTP server."""

import asyncio
import runpy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.sdk.peer_uvicorn import http_peer
from tests.sdk.peer_websockets import Link, message, peer, room, stored


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes one way until they end."""
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def one_address(http: str, socket: str) -> AsyncIterator[str]:
    """Put both servers behind one address, as the load balancer does, while the block runs."""

    async def route(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        target = urlsplit(socket if b"Upgrade: websocket" in head else http)
        inner, out = await asyncio.open_connection(target.hostname, target.port)
        out.write(head)
        await asyncio.gather(pump(reader, out), pump(inner, writer), return_exceptions=True)

    async with await asyncio.start_server(route, "127.0.0.1", 0) as front:
        yield f"http://127.0.0.1:{front.sockets[0].getsockname()[1]}"


BOT = Path(__file__).parents[2] / "docs/examples/echo_bot.py"


async def test_it_echoes() -> None:
    """It answers what others say with their own words, and not itself."""
    echoed = asyncio.Queue[dict[str, object]]()

    async def script(link: Link) -> None:
        hello = await link.hello(room())
        assert hello["token"] == "access"
        own = message(2, text="mine") | {"sender": "me"}
        await link.send(message(1, text="hi"), own, message(3, text="bye"))
        for seq in (4, 5):
            send = await link.receive("send")
            echoed.put_nowait(send)
            await link.send(stored(send, seq))
        await link.gone()

    echo = runpy.run_path(str(BOT))["echo"]
    async with peer() as gateway, http_peer() as auth:
        user = {"id": "me", "username": "echo", "display_name": "Echo"}
        tokens = {"access_token": "access", "refresh_token": "refresh", "expires_in": 900}
        auth.then({"user": user} | tokens)
        gateway.then(script)
        async with one_address(auth.url, gateway.url) as url:
            bot = asyncio.create_task(echo(url, "echo", "correct horse"))
            first, second = await echoed.get(), await echoed.get()
            bot.cancel()
            await asyncio.gather(bot, return_exceptions=True)
    assert (first["text"], first["reply_to"]) == ("hi", 1)
    assert (second["text"], second["reply_to"]) == ("bye", 3)


def test_it_is_short() -> None:
    """It fits into the README: twenty lines at most."""
    assert len(BOT.read_text("utf-8").splitlines()) <= 20
