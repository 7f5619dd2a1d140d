"""Each balancer with the configuration from docs/examples/balancers, before the whole stack."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from parley_sdk import Api

from services.deploy.balancers import Site
from services.local.ports import HOST, free_ports
from tests.balancers.front import FRONTS, Front
from tests.local_stack import LocalStack
from tests.system.raw import Raw
from verify.people import signed_in
from verify.talk import Plan, talk


@pytest.fixture(params=FRONTS, ids=lambda made: str(made.name))
def front(request: pytest.FixtureRequest, stack: LocalStack, tmp_path: Path) -> Iterator[Front]:
    """A balancer that runs before the stack."""
    there = stack.processes
    address = {name: f"{HOST}:{one.port}" for name, one in there.items()}
    private = {name: f"{HOST}:{one.private_port}" for name, one in there.items()}
    site = Site(
        listen=f"{HOST}:{free_ports(1)[0]}",
        gateways={address[name]: private[name] for name in ("gateway-1", "gateway-2")},
        services={
            name: address[name] for name in ("auth", "history", "presence", "media", "notify")
        },
        web=f"{HOST}:{stack.port}",
    )
    made: Front = request.param(tmp_path, site)
    made.start()
    yield made
    made.stop()


async def test_the_promise_is_kept_though_a_gateway_is_killed(
    front: Front, stack: LocalStack
) -> None:
    """Sockets and requests alike go through; whoever was on that gateway resumes on another."""
    pid = 0

    async def kill() -> None:
        nonlocal pid
        await asyncio.sleep(1.0)
        pid = await asyncio.to_thread(stack.kill, "gateway-1")

    async with signed_in(front.url, []) as people:
        killing = asyncio.create_task(kill())
        verdict = await talk(front.url, people, Plan(messages=60, cuts=3))
        await killing
    assert verdict.kept, verdict
    assert verdict.acknowledged == 60
    await asyncio.to_thread(stack.wait_restarted, "gateway-1", pid)


async def test_a_reload_leaves_living_sockets_alone(front: Front) -> None:
    """They go on, and new ones come in."""
    async with Api(front.url) as api:
        signed = await api.register(f"reload-{front.name}", "correct horse battery")
        room = (await api.create_room("private", name="Reloaded")).id
        async with Raw(front.url, signed.access_token) as living:
            for _ in range(3):
                await asyncio.to_thread(front.reload)
                await asyncio.sleep(0.5)
                assert (await living.say(room))["type"] == "ok"
                async with Raw(front.url, signed.access_token) as new:
                    assert (await new.say(room))["type"] == "ok"


@asynccontextmanager
async def _echo(port: int) -> AsyncIterator[None]:
    """A server that answers with the head of what it was asked."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        start = f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(head)}\r\n\r\n"
        writer.write(start.encode() + head)
        writer.close()

    server = await asyncio.start_server(answer, HOST, port)
    try:
        yield
    finally:
        server.close()


@pytest.mark.parametrize("made", FRONTS, ids=lambda made: str(made.name))
async def test_the_address_of_a_client_is_the_true_one(made: type[Front], tmp_path: Path) -> None:
    """What a client says of itself is not passed on, for requests and sockets alike."""
    port, listen = free_ports(2)
    echo = f"{HOST}:{port}"
    names = ("auth", "history", "presence", "media", "notify")
    site = Site(f"{HOST}:{listen}", {echo: echo}, dict.fromkeys(names, echo), echo)
    front = made(tmp_path, site)
    claimed = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    async with _echo(port), httpx.AsyncClient() as client:
        await asyncio.to_thread(front.start)
        try:
            for path in ("/v1/auth/me", "/v1/rooms", "/v1/ws"):
                answer = await client.get(front.url + path, headers=claimed)
                said = answer.text.lower()
                assert "x-forwarded-for: 127.0.0.1\r\n" in said, said
                assert "x-forwarded-proto: http\r\n" in said, said
                assert "203.0.113.9" not in said
        finally:
            front.stop()
