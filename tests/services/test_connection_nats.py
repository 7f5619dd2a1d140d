"""What is built on nats-py's private parts: that they are still there, and do what we rely on."""

import asyncio
import inspect
from asyncio import StreamReaderProtocol
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import pytest
from nats.aio.client import Client
from nats.aio.transport import TcpTransport

from services.bus import BusError, Disconnected, Overloaded, TooLarge
from services.bus_nats import Bus
from services.connection_nats import Route, check_subject
from tests.auth.severed import way_to
from tests.nats_server import NatsServer
from tests.services.buses import Told
from tests.services.conftest import OpenBus


def test_nats_py_is_the_version_that_was_read() -> None:
    """Another version: read the methods below again, then change this line."""
    assert version("nats-py") == "2.16.0"


def test_the_private_parts_are_there() -> None:
    """Every attribute and method of nats-py that we touch or replace exists, with its signature."""
    client = Client()
    for name in (
        "_pending", "_pending_data_size", "_flush_queue", "_transport", "_pongs", "_sid",
        "_status", "_max_payload", "_reading_task", "_ping_interval_task", "_flusher_task",
    ):  # fmt: skip
        assert hasattr(client, name), name
    signatures = {
        "_process_pong": ["self"],
        "_process_info": ["self", "info", "initial_connection"],
        "_process_connect_init": ["self"],
        "_connect_to_server": ["self", "s"],
        "_process_op_err": ["self", "e"],
        "_close": ["self", "status", "do_cbs"],
        "_process_err": ["self", "err_msg"],
    }
    for name, parameters in signatures.items():
        method = getattr(Client, name)
        assert inspect.iscoroutinefunction(method), name
        assert list(inspect.signature(method).parameters) == parameters, name
    for method in (TcpTransport.connect, TcpTransport.connect_tls):
        assert "self._io_reader" in inspect.getsource(method)
        assert "self._io_writer" in inspect.getsource(method)
    assert "reader.feed_data(data)" in inspect.getsource(StreamReaderProtocol.data_received)


def test_the_flusher_writes_all_that_is_pending() -> None:
    """One wake-up of nats-py's flusher sends every command that waits, in order."""
    source = inspect.getsource(Client._flusher)
    assert "self._transport.writelines(self._pending[:])" in source
    assert "self._pending = []" in source


@pytest.mark.parametrize("subject", ["", "a b", "a\r\nPING", "a\tb", "a\n"])
def test_a_subject_cannot_end_the_protocol_line(subject: str) -> None:
    """White space and control characters are refused before they reach the connection."""
    with pytest.raises(BusError, match="not a subject"):
        check_subject(subject)


def into(told: Told[bytes]) -> Route:
    """Return a route that tells the data."""
    return lambda _subject, _reply, data, _headers: told(data)


async def test_flush_forces_subscriptions_out_first(open_bus: OpenBus, nats_url: str) -> None:
    """Subscribe, flush: what another connection publishes afterwards arrives, every time."""
    ours, other = await open_bus(nats_url), await open_bus(nats_url)
    for n in range(200):
        told = Told[bytes]()
        sid = ours.connection.subscribe_raw(f"exact.{n}", into(told))
        await ours.flush()
        other.publish(f"exact.{n}", b"x")
        await other.flush()
        await ours.flush()
        assert told.items == [b"x"]
        ours.connection.unsubscribe_raw(sid)


async def test_flush_does_not_wait_for_the_flusher(open_bus: OpenBus, nats_url: str) -> None:
    """A subscription that still waits because nats-py's flusher is held up goes out first too."""
    ours, other = await open_bus(nats_url), await open_bus(nats_url)
    flusher = ours.connection._flusher_task
    assert flusher is not None
    flusher.cancel()
    told = Told[bytes]()
    ours.connection.subscribe_raw("held.up", into(told))
    await ours.flush()
    other.publish("held.up", b"x")
    await other.flush()
    await ours.flush()
    assert told.items == [b"x"]


async def test_flush_delivers_what_came_before_the_answer(bus: Bus) -> None:
    """When flush returns, everything the server had sent by then has been given to its callback."""
    told = Told[bytes]()
    bus.connection.subscribe_raw("burst", into(told))
    for n in range(5_000):
        bus.publish("burst", b"%d" % n)
    await bus.flush()
    assert told.items == [b"%d" % n for n in range(5_000)]


async def test_flushes_of_one_turn_share_a_round_trip(bus: Bus) -> None:
    """A hundred callers at once cost one PING."""
    before = bus.connection._pongs_received
    await asyncio.gather(*(bus.flush() for _ in range(100)))
    assert bus.connection._pongs_received == before + 1


async def test_a_cancelled_flush_leaves_the_connection_alive(bus: Bus) -> None:
    """The answer to a PING nobody waits for any more does no harm."""
    task = asyncio.create_task(bus.flush())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await bus.flush()
    await bus.flush()


async def test_a_cancelled_flush_of_nats_py_leaves_the_connection_alive(bus: Bus) -> None:
    """Its own flush leaves a cancelled future behind, of which its reader would die."""
    task = asyncio.create_task(bus.connection.flush())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait((task,))
    await bus.flush()


async def test_unsubscribed_means_silent_at_once(bus: Bus) -> None:
    """What is under way when a subscription ends is dropped; ending it twice is no error."""
    told = Told[bytes]()
    sid = bus.connection.subscribe_raw("ending", into(told))
    bus.publish("ending", b"1")
    bus.connection.unsubscribe_raw(sid)
    bus.connection.unsubscribe_raw(sid)
    await bus.flush()
    assert told.items == []


async def test_a_message_above_the_limit_is_refused_here(bus: Bus) -> None:
    """The server would close the connection; we say TooLarge and go on."""
    with pytest.raises(TooLarge, match="the server takes 1048576"):
        bus.publish("large", bytes(1_048_577))
    await bus.flush()


async def test_what_waits_is_bounded(open_bus: OpenBus, nats_url: str) -> None:
    """Bytes posted in one turn beyond the bound are refused, and the rest still goes out."""
    bus = await open_bus(nats_url, max_pending_bytes=10_000)
    told = Told[bytes]()
    bus.connection.subscribe_raw("bounded", into(told))
    await bus.flush()
    for _ in range(9):
        bus.publish("bounded", bytes(1_000))
    with pytest.raises(Overloaded, match="wait for NATS"):
        bus.publish("bounded", bytes(1_000))
    await bus.flush()
    assert len(told.items) == 9


async def test_a_server_that_is_behind_gets_everything_in_order(
    nats_server: Callable[..., NatsServer], open_bus: OpenBus
) -> None:
    """What it does not read waits, and goes out before what is posted later."""
    server = nats_server()
    bus = await open_bus(server.url)
    told = Told[bytes]()
    bus.connection.subscribe_raw("much", into(told))
    await bus.flush()
    server.pause()
    for n in range(140):
        bus.publish("much", b"%d " % n + bytes(100_000))
        await asyncio.sleep(0)  # a turn of the loop, in which it is written
    assert bus.connection.pending_bytes > 0
    server.resume()
    bus.publish("much", b"140 ")
    await bus.flush(30.0)
    assert [int(data.split()[0]) for data in told.items] == list(range(141))


async def test_without_a_connection(nats_url: str) -> None:
    """Before the start nothing can be asked, and what is published waits up to the bound."""
    bus = Bus([nats_url], "test", max_pending_bytes=1_000)
    assert not bus.connected
    with pytest.raises(Disconnected):
        await bus.flush()
    with pytest.raises(Disconnected):
        await bus.request("a", b"", 1.0)
    bus.publish("a", bytes(500))
    with pytest.raises(Disconnected, match="more than 1000"):
        bus.publish("a", bytes(500))
    await bus.stop()


@pytest.mark.parametrize("answers", [False, True], ids=["refused", "answered"])
async def test_a_stop_ends_a_reconnection_at_whatever_step_it_is(
    nats_url: str, monkeypatch: pytest.MonkeyPatch, *, answers: bool
) -> None:
    """None of its steps swallows the cancellation: it would go on for ever, or come back."""
    monkeypatch.setattr("services.bus_nats._RECONNECT_SECONDS", 0.05)
    connect, attempt = TcpTransport.connect, asyncio.Event()

    async def noted(*given: Any, **named: Any) -> None:  # noqa: ANN401 - passed on
        attempt.set()
        await connect(*given, **named)

    monkeypatch.setattr(TcpTransport, "connect", noted)
    for steps in range(25):
        async with way_to(nats_url) as way:
            bus = Bus([way.url], "test")
            await bus.start()
            await way.cut()
            while bus.connected:  # noqa: ASYNC110 - its losses are told later
                await asyncio.sleep(0)
            if answers:
                await way.mend()
            attempt.clear()
            await attempt.wait()
            for _ in range(steps):
                await asyncio.sleep(0)
            reconnection = bus.connection._reconnection_task
            await bus.stop()
            assert reconnection is not None
            async with asyncio.timeout(10):
                await asyncio.wait((reconnection,))
            assert not bus.connected


async def test_a_close_meets_a_connection_that_is_lost_just_then(nats_url: str) -> None:
    """With a command still to be sent: it is an end like any other, and nothing stays behind."""
    bus = Bus((nats_url,), "test")
    await bus.start()
    await bus.flush()
    connection = bus.connection
    writer: Any = getattr(connection._transport, "_io_writer")  # noqa: B009 - of one kind alone
    assert connection._flusher_task is not None
    connection._flusher_task.cancel()  # it does not get its turn
    bus.publish("test.lost", b"x")
    writer.transport.abort()
    await connection.close()
    assert connection.is_closed
    assert writer.is_closing()
    assert not connection._subs
    await bus.stop()


async def test_a_server_that_hangs_is_noticed(
    nats_server: Callable[..., NatsServer], open_bus: OpenBus
) -> None:
    """No answer to pings is a disconnection, and the bus comes back when the server does."""
    server = nats_server()
    bus = await open_bus(server.url, ping_seconds=0.1)
    told = Told[str]()
    bus.on_loss.append(told)
    server.pause()
    await told.has("disconnected")
    with pytest.raises(Disconnected):
        await bus.check()
    server.resume()
    await told.has("reconnected")
    await bus.check()
