"""The HTTP listener: its ports, its bounds and its stop, spoken to over plain sockets."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from services.server_uvicorn import HEAD_BYTES, HttpServer

App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


async def echo(scope: dict[str, Any], _receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
    """Answer with the client's address and scheme."""
    body = json.dumps([scope["client"][0], scope["scheme"]]).encode()
    head = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def serving(app: App = echo, **options: Any) -> AsyncIterator[HttpServer]:  # noqa: ANN401 - passed on
    """A started server on a free port."""
    server = HttpServer(app, "127.0.0.1", 0, **options)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def exchange(server: HttpServer, request: bytes) -> bytes:
    """Send bytes and read until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(request)
    try:
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()


async def test_a_free_port_is_taken_and_told() -> None:
    """Port 0 becomes a real one before `start` returns."""
    async with serving() as server:
        assert server.port > 0
        answer = await exchange(server, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    head = answer.split(b"\r\n\r\n")[0].lower()
    assert b"\r\ndate: " in head
    assert b"\r\nserver: " not in head


async def test_a_taken_port_is_one_clear_sentence() -> None:
    """The error names host and port, and nothing runs."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1 port {port}: Address"):
            await HttpServer(echo, "127.0.0.1", port).start()


def has_ipv6_loopback() -> bool:
    """Whether this machine has ::1, as the kernel lists it; many containers have not."""
    addresses = Path("/proc/net/if_inet6")
    return addresses.exists() and f"{1:032x}" in addresses.read_text()


async def test_ipv6_is_served() -> None:
    """A host with colons is an IPv6 address; where there is none it is refused."""
    server = HttpServer(echo, "::1", 0)
    try:
        await server.start()
    except OSError:
        assert not has_ipv6_loopback()
        return
    reader, writer = await asyncio.open_connection("::1", server.port)
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    assert b'["::1", "http"]' in await reader.read()
    writer.close()
    await server.stop()


@pytest.mark.parametrize(
    ("proxies", "told"), [((), ["127.0.0.1", "http"]), (("127.0.0.0/8",), ["203.0.113.9", "https"])]
)
async def test_forwarded_addresses_are_believed_from_trusted_proxies_alone(
    proxies: tuple[str, ...], told: list[str]
) -> None:
    """Anyone can send the header: whose word it is decides. The last untrusted hop counts."""
    request = (
        b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-forwarded-proto: https\r\n"
        b"x-forwarded-for: 198.51.100.1, 203.0.113.9\r\n\r\n"
    )
    async with serving(trusted_proxies=proxies) as server:
        answer = await exchange(server, request)
    assert json.loads(answer.split(b"\r\n\r\n")[1]) == told


async def test_what_is_no_http_is_refused_as_a_problem() -> None:
    """Even the parser's refusal is problem details."""
    async with serving() as server:
        answer = await exchange(server, b"HELO mail\r\n\r\n")
    head, body = answer.split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json")
    assert json.loads(body)["code"] == "bad_frame"


@pytest.mark.parametrize("end", [b"\r\n\r\n", b""], ids=["complete", "endless"])
async def test_a_head_has_a_largest_size(end: bytes) -> None:
    """Too many header bytes are refused with 431, whether the head ever ends or not."""
    request = b"GET / HTTP/1.1\r\nhost: x\r\nx-big: " + b"a" * (HEAD_BYTES + 100) + end
    async with serving() as server:
        answer = await exchange(server, request)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"the head is larger than 32768 bytes" in answer


async def test_a_refusal_arrives_though_the_client_is_still_sending() -> None:
    """What is on its way is dropped: a reset would take the answer with it."""
    async with serving() as server:
        answer = await exchange(server, b"GET /?q=" + b"a" * 4_000_000)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert answer.endswith(b"}")


async def test_who_goes_on_after_a_refusal_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection is not lent for ever to somebody who does not hang up."""
    monkeypatch.setattr("services.server_uvicorn._LINGER_SECONDS", 0.05)
    async with serving() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"HELLO mail\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
        (connection,) = server._server.server_state.connections
        async with asyncio.timeout(20):
            while not connection.transport.is_closing():
                writer.write(b"more")
                await asyncio.sleep(0.01)
        writer.close()


async def test_many_small_headers_count_together() -> None:
    """The bound is on the whole head, not on one line."""
    request = b"GET / HTTP/1.1\r\nhost: x\r\n" + b"x-small: 0123456789\r\n" * 3_000 + b"\r\n"
    async with serving() as server:
        assert (await exchange(server, request)).startswith(b"HTTP/1.1 431 ")


async def test_a_head_that_does_not_come_is_cut_off() -> None:
    """A connection that says nothing, or half a head, is closed at the deadline."""
    async with serving(head_seconds=0.05) as server:
        assert await exchange(server, b"") == b""
        assert await exchange(server, b"GET / HTTP/1.1\r\nhost:") == b""


async def test_a_slow_answer_is_no_slow_head() -> None:
    """The deadline is the head's: whoever has sent it may wait as long as the answer takes."""

    async def slow(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        await asyncio.sleep(0.6)
        await echo(scope, receive, send)

    request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    async with serving(slow, head_seconds=0.5) as server:
        assert (await exchange(server, request)).startswith(b"HTTP/1.1 200 ")


async def test_a_large_body_after_a_small_head_is_no_large_head() -> None:
    """Body bytes do not count against the head, in one read or in many."""
    body = b"x" * 200_000
    request = (
        b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 200000\r\n\r\n" + body
    )

    async def reading(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        while (await receive())["more_body"]:
            pass
        await echo(scope, receive, send)

    async with serving(reading) as server:
        assert (await exchange(server, request)).startswith(b"HTTP/1.1 200 ")


async def test_connections_stay_open_for_the_next_request() -> None:
    """Two requests on one connection, the deadline of a head beginning anew with each."""
    async with serving(head_seconds=0.2) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for _ in range(2):
            writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(len(b'["127.0.0.1", "http"]'))
        writer.close()


async def test_an_upgrade_without_a_socket_layer_is_an_ordinary_request(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A service without sockets answers what it answers to any GET, and warns nobody."""
    request = (
        b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n\r\n"
    )
    async with serving() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        writer.close()
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


async def test_an_upgrade_is_handed_to_the_socket_layer() -> None:
    """The protocol class gets the transport and the request as it came."""
    seen: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    class Sockets(asyncio.Protocol):
        def __init__(self, **_given: object) -> None:
            """uvicorn gives its configuration and state."""

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            seen.set_result(data)
            self.transport.close()

    request = b"GET /v1/ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
    async with serving(ws=Sockets) as server:
        await exchange(server, request)
    assert (await seen).startswith(b"GET /v1/ws HTTP/1.1\r\n")


async def test_stop_lets_running_requests_end() -> None:
    """A request that began is answered; new connections are refused meanwhile."""
    begun, gate = asyncio.Event(), asyncio.Event()

    async def slow(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        begun.set()
        await gate.wait()
        await echo(scope, receive, send)

    async with serving(slow) as server:
        asking = asyncio.create_task(exchange(server, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"))
        await begun.wait()
        stopping = asyncio.create_task(server.stop())
        while server._server.servers[0].is_serving():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncio.open_connection("127.0.0.1", server.port)
        gate.set()
        assert (await asking).startswith(b"HTTP/1.1 200 ")
        await stopping


async def test_stop_has_a_deadline() -> None:
    """A request that never ends is cancelled, and its client is told."""
    cancelled = asyncio.Event()
    begun = asyncio.Event()

    async def endless(_scope: dict[str, Any], _receive: Any, _send: Any) -> None:  # noqa: ANN401 - ASGI
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async with serving(endless, stop_seconds=0.1) as server:
        asking = asyncio.create_task(exchange(server, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"))
        await begun.wait()
        async with asyncio.timeout(20):
            await server.stop()
            await cancelled.wait()
        assert (await asking).startswith(b"HTTP/1.1 500 ")


async def test_a_server_that_ends_by_itself_is_a_failure() -> None:
    """The life cycle learns of it; while it runs, there is none."""
    async with serving() as server:
        watching = asyncio.create_task(server.failure())
        await asyncio.sleep(0)
        assert not watching.done()
        server._server.should_exit = True
        assert str(await watching) == "http ended by itself"


async def test_stop_before_start_is_nothing() -> None:
    """A part that was never started has nothing to stop."""
    await HttpServer(echo, "127.0.0.1", 0).stop()
