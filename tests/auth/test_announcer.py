"""Revocations reach NATS however long it was away, and whoever wrote them."""

import asyncio
from collections.abc import Callable

import msgspec
import nats
import pytest

from auth.revocations_postgres import Revocations
from proto import subjects
from proto.calls import Revoked
from services.bus import BusError
from tests.auth.running import WAIT_SECONDS, Running, bearer, running, until
from tests.nats_server import NatsServer

StartNats = Callable[..., NatsServer]


async def waiting(auth: Running) -> int:
    """How many revocations nobody was told of yet."""
    count: int = await auth.auth.pool.fetchval(
        "SELECT count(*) FROM revocations WHERE NOT announced"
    )
    return count


async def test_what_was_revoked_while_nats_was_away_is_told_when_it_is_back(
    postgres_database: str, nats_server: StartNats, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signing in and out goes on without NATS, and nothing is forgotten."""
    told: asyncio.Queue[int] = asyncio.Queue()
    mark = Revocations.announced

    async def marked(revocations: Revocations, rows: list[int]) -> None:
        await mark(revocations, rows)
        told.put_nowait(len(rows))

    monkeypatch.setattr(Revocations, "announced", marked)
    server = nats_server()
    async with running(postgres_database, server.url) as auth:
        server.kill()
        body = await auth.register("alice")
        assert (await auth.login("alice")).status_code == 200
        await until(lambda: not auth.auth.bus.connected)
        answer = await auth.http.post("/v1/auth/logout", headers=bearer(body))
        assert answer.status_code == 204
        assert not await auth.auth.announcer.announce()
        assert await waiting(auth) == 1
        server.start()
        async with asyncio.timeout(WAIT_SECONDS):
            assert await told.get() == 1
        assert await waiting(auth) == 0
        assert await auth.metric("announced_total") == 1


async def test_auth_starts_and_is_ready_without_nats(
    postgres_database: str, nats_server: StartNats
) -> None:
    """It is waited for beside the work; `bus_connected` says how it is."""
    server = nats_server()
    server.kill()
    async with running(postgres_database, server.url) as auth:
        connected = asyncio.Event()
        auth.auth.bus.on_connected.append(connected.set)
        assert (await auth.private.get("/readyz")).status_code == 200
        await auth.register("alice")
        assert await auth.metric("bus_connected") == 0
        server.start()
        async with asyncio.timeout(WAIT_SECONDS):
            await connected.wait()
        async with await nats.connect(server.url) as listener:
            reply = await listener.request(subjects.AUTH_USERS, b'{"ids":[]}', timeout=WAIT_SECONDS)
            assert msgspec.json.decode(reply.data) == {"users": []}


async def test_what_nats_did_not_confirm_is_told_again(
    postgres_database: str, nats_server: StartNats
) -> None:
    """A server that hangs takes the bytes and says nothing: they are not taken as told."""
    server = nats_server()
    async with running(postgres_database, server.url) as auth:
        connected = asyncio.Event()
        auth.auth.bus.on_connected.append(connected.set)
        if not auth.auth.bus.connected:
            await connected.wait()
        server.pause()
        body = await auth.register("alice")
        await auth.http.post("/v1/auth/logout", headers=bearer(body))
        with pytest.raises(BusError):
            await auth.auth.announcer.announce()
        assert await waiting(auth) == 1
        server.resume()


async def test_a_replica_tells_what_another_one_left(
    postgres_database: str, nats_server: StartNats
) -> None:
    """Killed between the commit and the announcement: the next to look tells it."""
    server = nats_server()
    async with await nats.connect(server.url) as listener:
        events = await listener.subscribe(subjects.AUTH_REVOKED)
        await listener.flush()
        async with running(postgres_database, server.url) as auth:
            await auth.auth.pool.execute(
                "INSERT INTO revocations (user_id, sid, at_ms) VALUES ('u_1', NULL, 17)"
            )
            message = await events.next_msg(timeout=WAIT_SECONDS)
            assert msgspec.json.decode(message.data, type=Revoked) == Revoked("u_1", None, 17)


async def test_more_than_a_batch_is_told_in_turn(
    postgres_database: str, nats_server: StartNats
) -> None:
    """All of them, in the order they were written."""
    server = nats_server()
    async with await nats.connect(server.url) as listener:
        events = await listener.subscribe(subjects.AUTH_REVOKED)
        await listener.flush()
        async with running(postgres_database, server.url) as auth:
            await auth.auth.pool.execute(
                "INSERT INTO revocations (user_id, at_ms)"
                " SELECT 'u', n FROM generate_series(1, 1200) n"
            )
            auth.auth.announcer.wake()
            times = [
                msgspec.json.decode(
                    (await events.next_msg(timeout=WAIT_SECONDS)).data, type=Revoked
                ).at_ms
                for _ in range(1200)
            ]
    assert times == list(range(1, 1201))
