"""Who types, as the others in the room see it: on any gateway, until it ends, however it does."""

from __future__ import annotations

import asyncio

from proto import limits
from services import clock
from tests.system.conftest import People, Person
from tests.system.raw import Raw

LATE_SECONDS = 8.0
"""What this machine may take beyond the time it is meant to take."""


async def _room(ada: Person, bob: Person) -> str:
    room = (await ada.api.create_room("private", name="Tea")).id
    await ada.api.add_member(room, bob.id)
    return room


async def _type(socket: Raw, room: str) -> None:
    await socket.send({"type": "typing", "room": room, "active": True})


async def test_typing_is_shown_until_it_runs_out(person: People, gateways: tuple[str, str]) -> None:
    """To the others on both gateways, not to one's own devices; repeating it goes unsaid."""
    ada, bob = await person("ada"), await person("bob")
    room = await _room(ada, bob)
    async with (
        Raw(gateways[0], bob.token) as typist,
        Raw(gateways[1], bob.token) as phone,
        Raw(gateways[0], ada.token) as near,
        Raw(gateways[1], ada.token) as far,
    ):
        began = clock.monotonic()
        await _type(typist, room)
        for socket in (near, far):
            shown = await socket.until("typing")
            assert shown == {"type": "typing", "room": room, "user": bob.id, "active": True}
        # The time it takes is the matter; what is gone of it already counts, or it would run out.
        again_at = began + limits.TYPING_CHANGE_SECONDS + 0.5
        await asyncio.sleep(max(0.0, again_at - clock.monotonic()))
        repeated = clock.monotonic()
        await _type(typist, room)
        ended = await near.until("typing")
        assert ended["active"] is False
        took_seconds = clock.monotonic() - repeated
        assert limits.TYPING_SECONDS - 1 < took_seconds < limits.TYPING_SECONDS + LATE_SECONDS
        assert clock.monotonic() - began > limits.TYPING_SECONDS + 1
        assert (await far.until("typing"))["active"] is False
        for socket in (typist, phone, near, far):
            assert await socket.nothing_more() == []


async def test_ones_own_message_ends_typing(person: People, gateways: tuple[str, str]) -> None:
    """At once, before it would run out."""
    ada, bob = await person("ada"), await person("bob")
    room = await _room(ada, bob)
    async with Raw(gateways[0], bob.token) as typist, Raw(gateways[1], ada.token) as other:
        await _type(typist, room)
        assert (await other.until("typing"))["active"] is True
        began = clock.monotonic()
        await typist.say(room)
        assert (await other.until("typing"))["active"] is False
        assert clock.monotonic() - began < limits.TYPING_SECONDS - 1


async def test_a_socket_that_is_cut_types_no_more(
    person: People, gateways: tuple[str, str]
) -> None:
    """Its gateway knows it at once."""
    ada, bob = await person("ada"), await person("bob")
    room = await _room(ada, bob)
    async with Raw(gateways[0], ada.token) as other:
        async with Raw(gateways[1], bob.token) as typist:
            await _type(typist, room)
            assert (await other.until("typing"))["active"] is True
            began = clock.monotonic()
            typist.cut()
        assert (await other.until("typing"))["active"] is False
        assert clock.monotonic() - began < limits.TYPING_SECONDS - 1


async def test_strangers_neither_type_nor_see_it(person: People, gateways: tuple[str, str]) -> None:
    """A room one is not in is nobody's business."""
    ada, bob, eve = await person("ada"), await person("bob"), await person("eve")
    room = await _room(ada, bob)
    async with (
        Raw(gateways[0], eve.token) as stranger,
        Raw(gateways[0], bob.token) as typist,
        Raw(gateways[0], ada.token) as other,
    ):
        await _type(stranger, room)
        assert await stranger.nothing_more() == []
        await _type(typist, room)
        assert (await other.until("typing"))["user"] == bob.id
        assert await stranger.nothing_more() == []
