"""The service as its own process, beside a real NATS and Valkey: from start to SIGTERM."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from proto import subjects, wire
from proto.calls import EndCall, Lease, RenewCall, Seen, SeenCall, SeenReply, TypingCall
from proto.passing import TypingChanged
from services.bus_nats import Bus
from services.local.ports import HOST, free_ports
from services.server_uvicorn import HttpServer
from tests.history.running import no_revocations, peering
from tests.presence.client_httpx import get
from tests.presence.conftest import until
from tests.presence.hearing import Hearing
from tests.presence.history import serve_peers, serve_settled
from tests.presence.test_leases_redis import now_ms
from tests.presence.tokens_jwt import ISSUER, Issuer
from tests.presence.valkey_server import ValkeyServer


def key_set(issuer: Issuer) -> Any:  # noqa: ANN401 - an ASGI application
    """Make the application that gives the keys, as auth does."""
    body = msgspec.json.encode(issuer.jwks)

    async def app(_scope: Any, _receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        head = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": body})

    return app


class Running:
    """The process, and where it answers."""

    def __init__(self, process: Process, port: int, private_port: int, issuer: Issuer) -> None:
        """Keep what was started."""
        self.process = process
        self.issuer = issuer
        self.public = f"http://{HOST}:{port}"
        self.private = f"http://{HOST}:{private_port}"

    async def presence(self, user: str, of: str) -> tuple[int, Any]:
        """Ask as `user` for the presence of `of`."""
        token = self.issuer.token(user)
        answer = await get(f"{self.public}/v1/presence?users={of}", token)
        return answer.status, answer.body

    async def ready(self) -> bool:
        """Say whether it can do its job."""
        try:
            return (await get(f"{self.private}/readyz")).status == 200
        except ConnectionError:
            return False


@pytest.fixture
async def running(nats_url: str, valkey: ValkeyServer) -> AsyncIterator[Running]:
    """Start `python -m presence`, wait until it is ready, and end it."""
    issuer = Issuer()
    keys = HttpServer(key_set(issuer), HOST, 0)
    await keys.start()
    port, private_port = free_ports(2)
    environment = {
        "PATH": os.environ["PATH"],
        "PARLEY_HOST": HOST,
        "PARLEY_PORT": str(port),
        "PARLEY_PRIVATE_PORT": str(private_port),
        "PARLEY_PUBLIC_URL": ISSUER,
        "PARLEY_JWKS_URL": f"http://{HOST}:{keys.port}/jwks.json",
        "PARLEY_NATS_URL": nats_url,
        "PARLEY_REDIS_URL": valkey.url,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "presence", env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    service = Running(process, port, private_port, issuer)
    try:
        # Before it lets anyone in it asks auth what was revoked.
        async with peering(nats_url) as peer:
            await peer.bus.serve(subjects.AUTH_REVOCATIONS, subjects.AUTH_QUEUE, no_revocations)
            await serve_settled(peer.bus)
            await until(service.ready)
            yield service
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await keys.stop()


async def test_from_a_gateways_call_to_another_persons_eyes(running: Running, bus: Bus) -> None:
    """A connection renewed over NATS is seen over HTTP; its end too; SIGTERM ends in order."""
    await serve_peers(bus, {"me", "friend"})
    lease = [Lease("friend", "s")]
    await bus.request(subjects.PRESENCE_RENEW, wire.encode(RenewCall("gateway-1", lease)), 5)
    status, body = await running.presence("me", of="friend")
    assert (status, body["presence"][0]["status"]) == (200, "online")
    await bus.request(subjects.PRESENCE_END, wire.encode(EndCall("gateway-1", lease)), 5)
    _, body = await running.presence("me", of="friend")
    assert body["presence"][0]["status"] == "offline"
    assert body["presence"][0]["last_seen_ms"] > 0
    running.process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(running.process.wait(), 15) == 0


async def test_what_gateways_say_is_told_and_announced(
    running: Running, bus: Bus, valkey: ValkeyServer
) -> None:
    """A change reaches who watches, a question is answered, typing begins and runs out by itself;
    what is still to be told at SIGTERM is told.
    """
    watching, hearing = Hearing(bus, Seen), Hearing(bus, TypingChanged)
    await watching.follow([subjects.presence_changed("u")])
    await hearing.follow([subjects.room_passing("r")])
    lease = [Lease("u", "s", "dnd")]
    await bus.request(subjects.PRESENCE_RENEW, wire.encode(RenewCall("gateway-1", lease)), 5)
    seen = await watching.next()
    assert seen.status == "dnd"
    answer = await bus.request(subjects.PRESENCE_READ, wire.encode(SeenCall(["u"])), 5)
    assert answer == wire.encode(SeenReply([seen]))
    now = await now_ms(valkey.url)
    bus.publish(subjects.PRESENCE_TYPING, wire.encode(TypingCall("r", "u", active=True, at_ms=now)))
    assert (await hearing.next()).active
    assert not (await hearing.next()).active
    await bus.request(subjects.PRESENCE_END, wire.encode(EndCall("gateway-1", lease)), 5)
    running.process.send_signal(signal.SIGTERM)
    assert (await watching.next()).status == "offline"
    assert await asyncio.wait_for(running.process.wait(), 15) == 0


async def test_it_is_not_ready_without_redis_and_recovers_by_itself(
    running: Running, valkey: ValkeyServer
) -> None:
    """The probe names what is missing, and the process needs no restart."""
    valkey.kill()

    async def not_ready() -> bool:
        return not await running.ready()

    await until(not_ready)
    checks = (await get(f"{running.private}/readyz")).body["checks"]
    assert checks["nats"] == "ok"
    assert checks["redis"] != "ok"
    assert (await running.presence("me", of="me"))[0] == 503
    valkey.start()
    await until(running.ready)
    assert (await running.presence("me", of="me"))[0] == 200


async def test_a_wrong_setting_refuses_to_start() -> None:
    """Exit code 2 and one line that names the variable."""
    environment = {"PATH": os.environ["PATH"], "PARLEY_REDIS_URL": "http://nowhere"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "presence", env=environment, stderr=asyncio.subprocess.PIPE
    )
    _, stderr = await process.communicate()
    assert process.returncode == 2
    assert b"PARLEY_REDIS_URL" in stderr
