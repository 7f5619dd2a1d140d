"""auth frozen, Valkey emptied: who is here notices nothing of the one and little of the other."""

from __future__ import annotations

import signal

from redis.asyncio import Redis

from proto import limits
from services.local import passwords
from services.local.servers import redis_url
from tests.local_stack import LocalStack
from tests.system.conftest import People, eventually
from tests.system.raw import Raw

LEASE_SECONDS = limits.LEASE_MS / 1000


async def test_without_auth_everyone_who_has_a_token_chats_on(
    stack: LocalStack, person: People, gateways: tuple[str, str]
) -> None:
    """Living sockets live on, and new ones are let in: the keys are known."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("private", name="Tea", members=[bob.id])).id
    async with Raw(gateways[0], ada.token) as one:
        stack.kill("auth", signal.SIGSTOP)
        try:
            async with Raw(gateways[1], bob.token) as two:
                seq = (await one.say(room))["result"]["seq"]
                assert (await two.until("message"))["seq"] == seq
                assert (await two.say(room))["result"]["seq"] > seq
        finally:
            stack.kill("auth", signal.SIGCONT)
    stack.wait_ready()


async def test_presence_comes_back_by_itself_when_valkey_was_emptied(
    stack: LocalStack, person: People, gateways: tuple[str, str]
) -> None:
    """Within one lease those who are here are online again; those who watch see nobody go."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("private", name="Tea", members=[bob.id])).id

    async def online() -> bool:
        (seen,) = await ada.api.presence([bob.id])
        return seen.status == "online"

    async with Raw(gateways[0], ada.token) as one, Raw(gateways[1], bob.token):
        await eventually(online, LEASE_SECONDS)
        watch = {"type": "watch", "id": "w", "users": [bob.id]}
        (seen,) = (await one.ask(watch))["result"]["presence"]
        if seen["status"] != "online":
            await one.until("presence", user=bob.id, status="online")
        await _empty(stack)
        await eventually(online, LEASE_SECONDS)
        assert (await one.say(room))["type"] == "ok"
        changes = [f for f in await one.nothing_more() if f["type"] == "presence"]
        assert changes == []


async def _empty(stack: LocalStack) -> None:
    port = stack.processes["valkey"].port
    assert port is not None
    redis = Redis.from_url(redis_url(port, passwords.load(stack.data)))
    try:
        await redis.flushall()
    finally:
        await redis.aclose()
