"""What moderators decide holds on every gateway, at its place in the log, and over HTTP."""

from __future__ import annotations

import asyncio
import time

import pytest
from parley_sdk import ApiError

from proto.moderation import OwnBan
from tests.local_stack import LocalStack
from tests.system.conftest import People
from tests.system.raw import Raw, key


async def test_who_is_banned_is_out_and_stays_out(
    person: People, gateways: tuple[str, str]
) -> None:
    """They get the removal and nothing after it; they cannot join, nor be added."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("public", name="Tea")).id
    await bob.api.join(room)
    async with Raw(gateways[0], ada.token) as one, Raw(gateways[1], bob.token) as other:
        await ada.api.ban(room, bob.id, reason="spam")
        for socket in (one, other):
            removed = await socket.until("member.removed")
            assert (removed["user"], removed["banned"]) == (bob.id, True)
        await one.say(room, "without bob")
        assert await other.nothing_more() == []
        assert (await other.say(room))["code"] == "forbidden"
        with pytest.raises(ApiError) as error:
            await bob.api.join(room)
        assert error.value.code == "forbidden"
        await ada.api.unban(room, bob.id)
        await bob.api.join(room)
        await other.until("room.added")


async def test_who_is_banned_from_a_private_room_finds_out_why(person: People) -> None:
    """With their own token alone; to whoever was never there it stays a room that is not."""
    ada, bob, eve = await person("ada"), await person("bob"), await person("eve")
    room = (await ada.api.create_room("private", name="Tea", members=[bob.id])).id
    for who in (bob, eve):
        await ada.api.ban(room, who.id, reason="spam")
    assert await bob.api.own_ban(room) == OwnBan("spam", None)
    for api in (ada.api, eve.api):
        with pytest.raises(ApiError) as error:
            await api.own_ban(room)
        assert error.value.code == "not_found"


async def test_a_mute_holds_on_every_gateway(
    stack: LocalStack, person: People, gateways: tuple[str, str]
) -> None:
    """Live, after a hello, and after a gateway was killed; what was said before is not denied."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("public", name="Tea")).id
    await bob.api.join(room)
    until = time.time_ns() // 1_000_000 + 3_600_000
    async with Raw(gateways[0], bob.token) as phone, Raw(gateways[1], bob.token) as laptop:
        said = key()
        first = await phone.say(room, "before", key=said)
        await ada.api.mute(room, bob.id, until_ms=until)
        for socket in (phone, laptop):
            assert (await socket.until("member.muted"))["until_ms"] == until
            refused = await socket.say(room, "muted")
            assert refused["code"] == "forbidden"
            assert "you are muted in this room until 20" in refused["message"]
        again = await laptop.say(room, "before", key=said)
        assert again["result"] == {**first["result"], "duplicate": True}
    old = await asyncio.to_thread(stack.kill, "gateway-1")
    async with Raw(gateways[1], bob.token) as laptop:
        (shown,) = laptop.ready["rooms"]
        assert shown["muted_until_ms"] == until
        assert (await laptop.say(room, "still muted"))["code"] == "forbidden"
        await ada.api.unmute(room, bob.id)
        await laptop.until("member.muted", until_ms=None)
        assert (await laptop.say(room, "free"))["type"] == "ok"
    await asyncio.to_thread(stack.wait_restarted, "gateway-1", old)


async def test_slow_mode_counts_over_all_gateways(
    person: People, gateways: tuple[str, str]
) -> None:
    """One message in so long from a member, whichever socket; a retry is no second; moderators
    write as they like; and it ends with the event that ends it."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("public", name="Tea")).id
    await bob.api.join(room)
    async with (
        Raw(gateways[0], ada.token) as one,
        Raw(gateways[0], bob.token) as phone,
        Raw(gateways[1], bob.token) as laptop,
    ):
        await ada.api.update_room(room, slow_mode_seconds=3600)
        for socket in (one, phone, laptop):
            assert (await socket.until("room.updated"))["slow_mode_seconds"] == 3600
        said = key()
        first = await phone.say(room, "first", key=said)
        assert first["type"] == "ok"
        refused = await laptop.say(room, "second")
        assert refused["code"] == "rate_limited"
        assert 3_000_000 < refused["retry_after_ms"] <= 3_600_000
        again = await laptop.say(room, "first", key=said)
        assert again["result"] == {**first["result"], "duplicate": True}
        for _ in range(2):
            assert (await one.say(room, "I moderate"))["type"] == "ok"
        await ada.api.update_room(room, slow_mode_seconds=0)
        await laptop.until("room.updated", slow_mode_seconds=0)
        assert (await laptop.say(room, "free"))["type"] == "ok"


async def test_nobody_writes_in_an_archived_room(person: People, gateways: tuple[str, str]) -> None:
    """Not even its owner, who alone undoes it; what was said stays to be read."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("public", name="Tea")).id
    await bob.api.join(room)
    async with Raw(gateways[0], ada.token) as one, Raw(gateways[1], bob.token) as other:
        await other.say(room, "before")
        await ada.api.update_room(room, archived=True)
        for socket in (one, other):
            assert (await socket.until("room.updated"))["archived"] is True
            assert (await socket.say(room, "after"))["code"] == "forbidden"
        assert [said.text for said in (await bob.api.messages(room)).messages] == ["before"]
        async with Raw(gateways[0], bob.token) as late:
            assert late.ready["rooms"][0]["archived"] is True
            assert (await late.say(room, "late"))["code"] == "forbidden"
        with pytest.raises(ApiError) as error:
            await bob.api.update_room(room, archived=False)
        assert error.value.code == "forbidden"
        await ada.api.update_room(room, archived=False)
        await other.until("room.updated", archived=False)
        assert (await other.say(room, "again"))["type"] == "ok"
