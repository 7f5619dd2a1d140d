"""The client's life on a real socket: it opens, comes back with a fresh token, and ends."""

from __future__ import annotations

import asyncio
import time

import pytest
from parley_sdk import (
    ApiError,
    Client,
    ClosedError,
    ParleyError,
    State,
)

from tests.sdk.peer_websockets import Link, Peer, message, ok, peer, room, stay
from tests.sdk.reading import take


class Source:
    """A token source that counts, and may fail."""

    def __init__(self, expires: float | None = None, problem: Exception | None = None) -> None:
        self.asked: list[bool] = []
        self.expires = expires
        self.problems = [problem] if problem else []

    async def access(self, *, fresh: bool = False) -> str:
        """Give another token each time."""
        self.asked.append(fresh)
        if self.problems:
            raise self.problems.pop()
        return f"token-{len(self.asked)}"

    def expires_in_seconds(self) -> float | None:
        """Give what the test wants."""
        return self.expires


async def test_opens_and_closes(gateway: Peer) -> None:
    """Entering waits for `ready`, leaving closes the socket with 1000."""
    states: list[State] = []
    closed: list[int | None] = []

    async def script(link: Link) -> None:
        hello = await link.hello(room())
        assert (hello["token"], hello["status"]) == ("token", "idle")
        assert link.connection.subprotocol == "parley.v1"
        closed.append(await link.gone())

    gateway.then(script)
    async with Client(
        gateway.url, "token", status="idle", on_state=lambda state, _why: states.append(state)
    ) as client:
        assert client.user.username == "ada"
        assert client.session == "s1"
        assert client.limits.text_bytes == 16384
        assert set(client.rooms) == {"r1"}
        assert client.state is State.LIVE
        assert client._driver._socket is not None
    assert client._driver._socket is None
    assert states == [State.LIVE, State.CLOSED]
    await gateway.idle()
    assert closed == [1000]


async def test_closing_ends_everything(gateway: Peer) -> None:
    """Readers end, sends under way raise, later calls too; closing again does nothing."""

    async def script(link: Link) -> None:
        await link.hello(room())
        await link.receive("send")
        await link.gone()

    gateway.then(script)
    client = Client(gateway.url, "token")
    with pytest.raises(ParleyError, match="not connected"):
        _ = client.user
    await client.open()
    reader = asyncio.create_task(anext(client.events(), None))
    sending = asyncio.create_task(client.send("r1", "hi"))
    await asyncio.sleep(0)
    await client.close()
    assert await reader is None
    with pytest.raises(ClosedError):
        await sending
    with pytest.raises(ClosedError):
        await client.send("r1", "late")
    with pytest.raises(ClosedError):
        await client.sync("r1", 0)
    await client.close()


async def test_a_final_close_is_raised_to_the_reader(gateway: Peer) -> None:
    """Signed out elsewhere: what came before is given, then it is told."""

    async def script(link: Link) -> None:
        await link.hello(room())
        await link.send(message(1))
        await link.close(4501)

    gateway.then(script)
    async with Client(gateway.url, "token") as client:
        assert await take(client, 1) == [1]
        with pytest.raises(ClosedError, match=r"^revoked \(4501\)$") as closed:
            await anext(client.events())
    assert closed.value.code == 4501


async def test_a_fresh_token_after_unauthorized(gateway: Peer) -> None:
    """4500 asks the source for a fresh token, and goes on with it."""

    async def first(link: Link) -> None:
        assert (await link.receive("hello"))["token"] == "token-1"
        await link.close(4500)

    async def second(link: Link) -> None:
        assert (await link.hello(room()))["token"] == "token-2"
        await link.gone()

    gateway.then(first)
    gateway.then(second)
    source = Source()
    async with Client(gateway.url, source):
        assert source.asked == [False, True]


async def test_one_token_alone_cannot_be_refreshed(gateway: Peer) -> None:
    """A bare token that is turned down stops the client with 4500."""

    async def script(link: Link) -> None:
        await link.receive("hello")
        await link.close(4500)

    gateway.then(script)
    with pytest.raises(ClosedError, match="no fresh token") as closed:
        await Client(gateway.url, "token").open()
    assert closed.value.code == 4500


async def test_a_token_is_renewed_in_place(gateway: Peer) -> None:
    """`auth.expiring` brings a fresh token over the living connection; a failure is tried again."""
    renewed = asyncio.Event()

    async def script(link: Link) -> None:
        await link.hello(room())
        await link.send({"type": "auth.expiring", "expires_in_ms": 1000})
        await link.send({"type": "auth.expiring", "expires_in_ms": 1000})
        auth = await link.receive("auth")
        assert auth["token"] == "token-2"
        await link.send(ok(auth, expires_in_ms=900_000))
        renewed.set()
        await link.gone()

    gateway.then(script)
    source = Source(expires=900)
    async with Client(gateway.url, source):
        await asyncio.wait_for(renewed.wait(), 10)
    assert source.asked == [False, False]


async def test_a_failed_renewal_is_logged(gateway: Peer, caplog: pytest.LogCaptureFixture) -> None:
    """A source that cannot give a token now does not break the connection."""
    source = Source(expires=900)

    async def script(link: Link) -> None:
        await link.hello(room())
        source.problems.append(ApiError("unavailable", "not now"))
        await link.send({"type": "auth.expiring", "expires_in_ms": 1000}, message(1))
        await link.receive("read")
        await link.send(message(2))
        await link.gone()

    gateway.then(script)
    async with Client(gateway.url, source) as client:
        assert await take(client, 1) == [1]
        client.read("r1", 1)
        assert await take(client, 1) == [2]
    assert "no fresh token yet" in caplog.text


async def test_a_session_that_is_over_stops(gateway: Peer) -> None:
    """A source that answers `unauthorized` has no token, now or ever."""
    source = Source(problem=ApiError("unauthorized", "signed out"))
    with pytest.raises(ClosedError, match="signed out") as closed:
        await Client(gateway.url, source).open()
    assert isinstance(closed.value.__cause__, ApiError)


async def test_a_source_that_raises_anything_stops(gateway: Peer) -> None:
    """Whatever else a token source raises is told, not waited out."""
    with pytest.raises(ClosedError, match="RuntimeError"):
        await Client(gateway.url, Source(problem=RuntimeError("oops"))).open()


async def test_a_source_in_trouble_is_waited_for(gateway: Peer) -> None:
    """Auth that is away for a moment only delays the connection."""
    gateway.then(stay)
    source = Source(problem=ApiError("unavailable", "away"))
    async with Client(gateway.url, source):
        assert len(source.asked) == 2


async def test_a_full_gateway_is_tried_again(gateway: Peer) -> None:
    """An upgrade answered with 503 is tried again, not before `Retry-After`."""
    gateway.refusals.append((503, {"Retry-After": "1"}))
    gateway.then(stay)
    started = time.monotonic()
    async with Client(gateway.url, "token"):
        assert time.monotonic() - started >= 1.0


async def test_a_wrong_address_stops(gateway: Peer) -> None:
    """An upgrade answered with 404 is no Parley."""
    gateway.refusals.append((404, {}))
    with pytest.raises(ClosedError, match="HTTP 404"):
        await Client(gateway.url, "token").open()


async def test_a_fault_of_ours_is_told(
    gateway: Peer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Should the library itself fail, the client stops and says so; nobody waits for ever."""
    gateway.then(stay)

    def fail(*_arguments: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr("parley_sdk.connection.Connection.opened", fail)
    with pytest.raises(ClosedError, match="a fault of this library"):
        await Client(gateway.url, "token").open()
    assert "a fault of this library" in caplog.text


async def test_nobody_there(unused_tcp_port: int) -> None:
    """When nobody listens, opening gives up in time and says why."""
    client = Client(f"http://127.0.0.1:{unused_tcp_port}", "token", open_timeout_seconds=0.2)
    with pytest.raises(TimeoutError, match="not connected"):
        await client.open()
    assert client.state is State.CLOSED


async def test_opening_can_be_cancelled(gateway: Peer) -> None:
    """A cancelled `open` leaves nothing behind."""

    async def script(link: Link) -> None:
        await link.receive("hello")
        await link.gone()

    gateway.then(script)
    client = Client(gateway.url, "token")
    opening = asyncio.create_task(client.open())
    await asyncio.sleep(0.05)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert client.state is State.CLOSED


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 101 Odd\r\n\r\n"])
async def test_what_is_no_websocket(answer: bytes) -> None:
    """A server that ends the connection or answers with something else is tried again."""
    asked = asyncio.Queue[bytes]()

    async def odd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.put_nowait(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(odd, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        client = Client(f"http://127.0.0.1:{port}", "token", open_timeout_seconds=None)
        opening = asyncio.create_task(client.open())
        for _ in range(2):
            assert b"GET /v1/ws" in await asyncio.wait_for(asked.get(), 20)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening


async def test_a_peer_that_does_not_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closing handshake that is not answered ends by itself."""
    monkeypatch.setattr("parley_sdk.socket_websockets.CLOSE_SECONDS", 0.05)
    deaf = asyncio.Event()

    async def script(link: Link) -> None:
        await link.hello(room())
        link.connection.transport.pause_reading()
        await deaf.wait()
        link.abort()

    async with peer() as gateway:
        gateway.then(script)
        client = Client(gateway.url, "token")
        await client.open()
        await asyncio.sleep(0.05)
        await asyncio.wait_for(client.close(), 20)
        deaf.set()


async def test_silence_ends_the_connection(gateway: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer that neither speaks nor answers a ping is left for another connection."""
    monkeypatch.setattr("parley_sdk.connection.PONG_SECONDS", 0.05)

    async def silent(link: Link) -> None:
        await link.hello(room(), heartbeat_ms=1)
        await link.receive("ping")
        await link.gone()

    async def second(link: Link) -> None:
        await link.hello(room())
        end = {"type": "resumed", "room": "r1", "from": 0, "to": 0, "complete": True}
        await link.send(end)
        await link.gone()

    gateway.then(silent)
    gateway.then(second)
    states: list[State] = []
    back = asyncio.Event()

    def look(state: State, _why: str) -> None:
        states.append(state)
        if states.count(State.LIVE) == 2:
            back.set()

    async with Client(gateway.url, "token", on_state=look):
        await asyncio.wait_for(back.wait(), 10)
    assert states[:4] == [State.LIVE, State.CONNECTING, State.CATCHING_UP, State.LIVE]


async def test_drop_is_a_lost_network(gateway: Peer) -> None:
    """`drop` breaks the socket without a close frame, and the client comes back."""
    closes: list[int | None] = []

    async def first(link: Link) -> None:
        await link.hello(room())
        closes.append(await link.gone())

    async def second(link: Link) -> None:
        await link.hello(room())
        await link.send(message(1))
        await link.gone()

    gateway.then(first)
    gateway.then(second)
    async with Client(gateway.url, "token") as client:
        client.drop()
        assert await take(client, 1) == [1]
    await gateway.idle()
    assert closes == [1006]


async def test_many_clients_in_one_process() -> None:
    """Hundreds of clients in one process need one task each, and leave nothing behind."""
    async with peer() as gateway:
        for _ in range(200):
            gateway.then(stay)
        before = len(asyncio.all_tasks())
        clients = [Client(gateway.url, "token") for _ in range(200)]
        await asyncio.gather(*(client.open() for client in clients))
        ours = [task for task in asyncio.all_tasks() if task.get_name().startswith("parley")]
        assert len(ours) == 200
        await asyncio.gather(*(client.close() for client in clients))
        await gateway.idle()
    async with asyncio.timeout(10):
        while len(asyncio.all_tasks()) > before:  # noqa: ASYNC110 - those of the peer's library
            await asyncio.sleep(0)
