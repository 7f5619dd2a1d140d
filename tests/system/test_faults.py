"""A gateway that stops or dies, a session that is signed out: what people notice of it."""

from __future__ import annotations

import asyncio
import signal
import time

from parley_sdk import Api, Client, Message

from tests.local_stack import LocalStack
from tests.system.conftest import PASSWORD, People, Person, eventually
from tests.system.raw import Raw

SOON_SECONDS = 10.0
"""Well below a lease: who is only let run out is found by it."""


async def test_signing_out_closes_the_sockets_of_that_session(
    stack: LocalStack, person: People, gateways: tuple[str, str]
) -> None:
    """Within a second, on every gateway, with 4501; its token opens nothing any more; the other
    devices of the same person stay."""
    ada = await person("ada")
    async with Raw(gateways[0], ada.token) as other:
        took = [await _sign_out(stack, ada, gateways) for _ in range(3)]
        assert await other.nothing_more() == []
    assert min(took) < 1.0  # the best: a moment without a processor is nobody's fault


async def _sign_out(stack: LocalStack, person: Person, gateways: tuple[str, str]) -> float:
    """Sign a new device in and out again; gives the seconds until all its sockets were closed."""
    async with Api(stack.url) as device:
        token = (await device.login(person.username, PASSWORD)).access_token
        async with Raw(gateways[0], token) as one, Raw(gateways[1], token) as two:
            began = time.monotonic()
            await device.logout()
            codes = await asyncio.gather(one.close_code(), two.close_code())
            took = time.monotonic() - began
    assert list(codes) == [4501, 4501]
    async with Raw(gateways[1]) as again:
        await again.send({"type": "hello", "token": token})
        assert (await again.receive())["code"] == "unauthorized"
        assert await again.close_code() == 4501
    return took


async def test_a_gateway_that_stops_sends_its_people_on(
    stack: LocalStack, person: People, gateways: tuple[str, str]
) -> None:
    """SIGTERM: `reconnect`, then 4000, within the drain; the other one serves them meanwhile."""
    ada = await person("ada")
    room = (await ada.api.create_room("public", name="Tea")).id
    async with Raw(gateways[0], ada.token) as socket:
        held = (await socket.say(room))["result"]["seq"]
        old = await asyncio.to_thread(stack.kill, "gateway-1", signal.SIGTERM)
        assert await socket.close_code() == 4000
        (told,) = [frame for frame in socket.seen if frame["type"] == "reconnect"]
        assert 0 <= told["after_ms"] <= 1_000
    async with Raw(stack.url, ada.token, resume={room: held}) as socket:
        assert (await socket.until("resumed"))["complete"] is True
        assert (await socket.say(room))["type"] == "ok"
    await asyncio.to_thread(stack.wait_restarted, "gateway-1", old)


async def test_a_killed_gateway_costs_nothing_that_was_said(
    stack: LocalStack, person: People
) -> None:
    """`kill -9` of each gateway in turn while two people talk through the load balancer: both see
    every message once, in one order."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("public", name="Tea")).id
    await bob.api.join(room)
    texts = [str(number) for number in range(120)]
    async with Client(stack.url, ada.token) as one, Client(stack.url, bob.token) as other:

        async def read(client: Client) -> list[tuple[object, str]]:
            taken: list[tuple[object, str]] = []
            async for item in client.events():
                if isinstance(item, Message):
                    taken.append((item.seq, item.text))
                    if item.text == texts[-1]:
                        break
            return taken

        reading = asyncio.gather(read(one), read(other))
        for number, text in enumerate(texts):
            if number in (40, 80):
                name = f"gateway-{number // 40}"
                old = await asyncio.to_thread(stack.kill, name)
                await one.send(room, text)
                await asyncio.to_thread(stack.wait_restarted, name, old)
            else:
                await one.send(room, text)
        async with asyncio.timeout(120):
            ours, theirs = await reading
    assert ours == theirs
    assert [text for _, text in ours] == texts
    page = await ada.api.messages(room, limit=100)
    assert [m.text for m in page.messages] == texts[-100:]


async def test_who_leaves_is_offline_well_before_a_lease_ends(
    person: People, gateways: tuple[str, str]
) -> None:
    """Online while connected, to those who share a room; a gateway that dies is in
    `test_presence`."""
    ada, bob, eve = await person("ada"), await person("bob"), await person("eve")
    room = (await ada.api.create_room("public", name="Tea")).id
    await bob.api.join(room)

    async def online() -> bool:
        (seen,) = await ada.api.presence([bob.id])
        return seen.status == "online"

    async def offline() -> bool:
        return not await online()

    assert await offline()
    async with Raw(gateways[1], bob.token):
        await eventually(online, SOON_SECONDS)
        assert await eve.api.presence([bob.id]) == []
    await eventually(offline, SOON_SECONDS)
    (seen,) = await ada.api.presence([bob.id])
    assert seen.last_seen_ms is not None
