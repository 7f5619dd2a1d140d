"""Invites and default rooms in the whole stack: exact under races, whatever gateway is killed."""

from __future__ import annotations

import asyncio

from parley_sdk import ApiError

from tests.local_stack import LocalStack
from tests.system.conftest import People, Person
from tests.system.raw import Raw


async def test_an_invite_lets_in_as_many_as_it_says(
    stack: LocalStack, person: People, gateways: tuple[str, str]
) -> None:
    """A race for its places while a gateway is killed; who came in is told so where they are, and
    talks at once."""
    ada = await person("ada")
    people = [await person("guest") for _ in range(6)]
    room = (await ada.api.create_room("private", name="Tea")).id
    invite = await ada.api.invite(room, uses=3)
    assert invite.url == f"{stack.url}/invite/{invite.code}"
    assert (await people[0].api.invitation(invite.code)).room.name == "Tea"

    async def use(one: Person) -> bool:
        try:
            return (await one.api.join_by_invite(invite.code)).id == room
        except ApiError as error:
            assert error.code == "not_found"  # noqa: PT017 - one of two answers
            return False

    async with Raw(gateways[1], people[0].token) as socket:
        old, *came_in = await asyncio.gather(
            asyncio.to_thread(stack.kill, "gateway-1"), *(use(one) for one in people)
        )
        assert sum(came_in) == 3
        assert (await ada.api.room(room)).members == 4
        if came_in[0]:
            await socket.until("room.added")
    await asyncio.to_thread(stack.wait_restarted, "gateway-1", old)
    guest = people[came_in.index(True)]
    gateway = f"http://127.0.0.1:{stack.processes['gateway-1'].port}"
    async with Raw(gateway, guest.token) as socket:
        assert [one["id"] for one in socket.ready["rooms"]] == [room]
        assert (await socket.say(room, "hello"))["type"] == "ok"


async def test_a_block_reaches_ones_other_devices(
    person: People, gateways: tuple[str, str]
) -> None:
    """And nobody else; they get no direct room."""
    ada, bob = await person("ada"), await person("bob")
    async with (
        Raw(gateways[0], ada.token) as phone,
        Raw(gateways[1], ada.token) as laptop,
        Raw(gateways[0], bob.token) as other,
    ):
        await ada.api.block(bob.id)
        for socket in (phone, laptop):
            assert (await socket.until("block"))["user"] == bob.id
        assert await other.nothing_more() == []
        try:
            await bob.api.create_room("direct", members=[ada.id])
        except ApiError as error:
            assert error.code == "forbidden"  # noqa: PT017 - that it fails is asserted below
        else:
            raise AssertionError("a direct room was made")
        await ada.api.unblock(bob.id)
        await laptop.until("block", blocked=False)
        assert (await ada.api.create_room("direct", members=[bob.id])).kind == "direct"
