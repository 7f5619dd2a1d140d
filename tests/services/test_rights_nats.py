"""What each service may do on NATS: its own, and what nobody who took it over may do beyond."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import nats
import pytest
from nats.aio.client import Client

from proto import subjects
from services.bus import BusError, StreamSpec
from services.bus_nats import Bus
from services.local import members, nats_conf, passwords, servers
from services.log_nats import Log
from tests.nats_server import NatsServer
from tests.services.buses import Told

ROOM = "r1"
MINE = {
    "auth": [subjects.AUTH_REVOKED, subjects.AUTH_RENAMED],
    "gateway": [subjects.room_log(ROOM), subjects.HISTORY_HELLO, subjects.PRESENCE_TYPING],
    "history": [
        subjects.room_log(ROOM),
        subjects.room_passing(ROOM),
        subjects.HISTORY_STORED,
        subjects.HISTORY_RENAMED,
        subjects.PRESENCE_TAKE,
    ],
    "presence": [subjects.room_passing(ROOM), subjects.presence_changed("u1")],
    "media": [subjects.HISTORY_MEMBER, subjects.AUTH_AVATAR, subjects.PRESENCE_TAKE],
    "notify": [
        subjects.user_passing("u1"),
        subjects.HISTORY_AUDIENCE,
        subjects.HISTORY_BADGES,
        subjects.PRESENCE_CONNECTIONS,
        subjects.NOTIFY_PUSH,
        subjects.HISTORY_DELIVERY,
        subjects.webhook_jobs("w1"),
        "$JS.API.CONSUMER.CREATE.ROOMS.webhooks",
    ],
}
NOT_MINE = {
    "auth": [subjects.room_log(ROOM), subjects.HISTORY_HELLO, "$JS.API.STREAM.DELETE.ROOMS"],
    "gateway": [
        subjects.AUTH_REVOKED,
        subjects.AUTH_RENAMED,
        subjects.AUTH_AVATAR,
        subjects.room_live(ROOM),
        "$JS.API.STREAM.PURGE.ROOMS",
    ],
    "history": [subjects.AUTH_REVOKED, subjects.room_live(ROOM), "$JS.API.STREAM.DELETE.OTHER"],
    "presence": [
        subjects.room_log(ROOM),
        subjects.room_live(ROOM),
        subjects.AUTH_REVOKED,
        subjects.AUTH_AVATAR,
        "$JS.API.STREAM.MSG.GET.ROOMS",
        "_INBOX.gateway.x",
    ],
    "media": [
        subjects.room_log(ROOM),
        subjects.room_passing(ROOM),
        subjects.AUTH_REVOKED,
        "$JS.API.STREAM.MSG.GET.ROOMS",
    ],
    "notify": [
        subjects.room_log(ROOM),
        subjects.room_passing(ROOM),
        subjects.HISTORY_READ,
        subjects.PRESENCE_TAKE,
        "$JS.API.STREAM.DELETE.ROOMS",
        "$JS.API.CONSUMER.DELETE.ROOMS.notify",
        "$JS.API.CONSUMER.CREATE.ROOMS.other",
    ],
}
OTHERS = {
    "auth": ["room.>", "_INBOX.>", "_INBOX.gateway.>", "history.rpc.>"],
    "gateway": ["room.log.>", "auth.rpc.>", "_INBOX.history.>", ">"],
    "history": ["auth.rpc.>", "presence.rpc.>", "_INBOX.gateway.>"],
    "presence": ["room.live.>", "room.log.>", "_INBOX.>", "user.passing.>"],
    "media": ["room.live.>", "room.log.>", "_INBOX.>", "history.rpc.>"],
    "notify": ["room.live.>", "room.log.>", "_INBOX.history.>", "user.passing.>", "notify.job.>"],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """Give a server as the local stack configures it, for this module."""
    started = NatsServer(tmp_path_factory.mktemp("nats"))
    yield started
    started.stop()


def url_of(server: NatsServer, service: str) -> str:
    """The address of a service at this server."""
    master = server.url.split(":")[2].partition("@")[0]
    password = nats_conf.password_of(master, service)
    return f"nats://{service}:{password}@127.0.0.1:{server.port}"


@asynccontextmanager
async def client(server: NatsServer, service: str) -> AsyncIterator[tuple[Client, Told[str]]]:
    """A bare client with the name of a service, and what the server complains of."""
    told = Told[str]()

    async def complained(error: Exception) -> None:
        told(str(error).lower())

    connected = await nats.connect(url_of(server, service), error_cb=complained)
    try:
        yield connected, told
    finally:
        await connected.close()


def test_every_service_of_the_stack_has_rights_and_a_case_here() -> None:
    """A service that is added to the stack is added to the table, and tried."""
    assert set(subjects.RIGHTS) >= set(members.NEEDS)
    assert set(MINE) == set(NOT_MINE) == set(OTHERS) == set(subjects.RIGHTS)


@pytest.mark.parametrize("service", list(MINE))
async def test_a_service_publishes_what_is_its_own_and_nothing_else(
    server: NatsServer, service: str
) -> None:
    """Presence puts nothing into the log, nobody but auth signs anybody out."""
    async with client(server, service) as (connected, told):
        for subject in MINE[service]:
            await connected.publish(subject, b"x")
        await connected.flush()
        assert told.items == []
        for number, subject in enumerate(NOT_MINE[service], 1):
            await connected.publish(subject, b"x")
            await told.until(lambda said, number=number: len(said) == number)  # type: ignore[misc]
        assert all("permissions violation" in said for said in told.items)


@pytest.mark.parametrize("service", list(OTHERS))
async def test_a_service_hears_nothing_that_is_for_others(server: NatsServer, service: str) -> None:
    """Neither their requests nor the answers to them."""
    async with client(server, service) as (connected, told):
        for number, subject in enumerate(OTHERS[service], 1):
            await connected.subscribe(subject)
            await told.until(lambda said, number=number: len(said) == number)  # type: ignore[misc]
        assert all("permissions violation" in said for said in told.items)


async def test_questions_are_answered_and_the_log_is_written_and_read(server: NatsServer) -> None:
    """With the rights of each: history makes the log, a gateway writes and reads it and asks."""
    async with asyncio.timeout(30):
        history, gateway = (Bus([url_of(server, name)], name) for name in ("history", "gateway"))
        await history.start()
        await gateway.start()
        log = Log(history, subjects.ROOMS_STREAM)
        spec = StreamSpec(
            name=subjects.ROOMS_STREAM,
            subjects=(subjects.ROOM_LOG_ALL,),
            republish_from=subjects.ROOM_LOG_ALL,
            republish_to=subjects.ROOM_LIVE_ALL,
        )
        await log.ensure_stream(spec)
        await history.serve(subjects.HISTORY_HELLO, subjects.HISTORY_QUEUE, _echo)
        await history.flush()
        for said in (b"one", b"two"):
            assert await gateway.request(subjects.HISTORY_HELLO, said, 5.0) == said
        written = Log(gateway, subjects.ROOMS_STREAM)
        ack = await written.publish(subjects.room_log(ROOM), b"{}", secrets.token_hex(8))
        page = await written.read(subjects.room_log(ROOM), 0, 10)
        assert [record.seq for record in page.records] == [ack.seq]
        await gateway.stop()
        await history.stop()


async def _echo(data: bytes) -> bytes:
    return data


async def test_a_service_does_not_come_in_by_anothers_password(server: NatsServer) -> None:
    """Whoever read one secret has no other one's rights."""
    stolen = url_of(server, "presence").replace("presence:", "history:")
    bus = Bus([stolen], "test", connect_seconds=5.0)
    with pytest.raises(BusError):
        await bus.start()
    await bus.stop()


def test_passwords_of_services_differ_and_stay() -> None:
    """They are made of the installation's one, which is not among them."""
    secret = passwords.Passwords("p", "n", "r")
    urls = {servers.nats_url(1, secret, name) for name in (*subjects.RIGHTS, None)}
    assert len(urls) == len(subjects.RIGHTS) + 1
    assert urls == {servers.nats_url(1, secret, name) for name in (*subjects.RIGHTS, None)}
