"""Read marks and unread counts: derived, the same on every device and gateway."""

from __future__ import annotations

from tests.system.conftest import People
from tests.system.raw import Raw


async def test_unread_counts_what_others_said_since(
    person: People, gateways: tuple[str, str]
) -> None:
    """Right after the messages, right after reading, and one's own send reads everything."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("public", name="Tea")).id
    await bob.api.join(room)
    async with Raw(gateways[0], ada.token) as one:
        places = [(await one.say(room, str(n)))["result"]["seq"] for n in range(5)]
        async with Raw(gateways[1], bob.token) as other:
            assert other.ready["rooms"][0]["unread"] == 5
        assert (await bob.api.read(room, places[2])).unread == 2
        async with Raw(gateways[1], bob.token) as other:
            assert other.ready["rooms"][0]["unread"] == 2
            assert other.ready["rooms"][0]["read_seq"] == places[2]
            await other.say(room, "me too")
        async with Raw(gateways[0], bob.token) as other:
            assert other.ready["rooms"][0]["unread"] == 0
        async with Raw(gateways[1], ada.token) as again:
            assert again.ready["rooms"][0]["unread"] == 1


async def test_a_read_mark_reaches_ones_other_devices_and_the_others(
    person: People, gateways: tuple[str, str]
) -> None:
    """On any gateway; it never moves backward by a `read` frame."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("public", name="Tea")).id
    await bob.api.join(room)
    async with (
        Raw(gateways[0], ada.token) as one,
        Raw(gateways[0], bob.token) as phone,
        Raw(gateways[1], bob.token) as laptop,
    ):
        first = (await one.say(room, "1"))["result"]["seq"]
        second = (await one.say(room, "2"))["result"]["seq"]
        await phone.send({"type": "read", "room": room, "seq": second})
        for socket in (laptop, one):
            moved = await socket.until("read", user=bob.id)
            assert (moved["room"], moved["seq"]) == (room, second)
        await phone.send({"type": "read", "room": room, "seq": first})
    async with Raw(gateways[1], bob.token) as laptop:
        assert laptop.ready["rooms"][0]["read_seq"] == second


async def test_back_is_the_only_way_back(person: People, gateways: tuple[str, str]) -> None:
    """Mark unread from here."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("public", name="Tea")).id
    await bob.api.join(room)
    async with Raw(gateways[0], ada.token) as one:
        places = [(await one.say(room, str(n)))["result"]["seq"] for n in range(3)]
    assert (await bob.api.read(room, places[2])).unread == 0
    assert (await bob.api.read(room, places[0])).read_seq == places[2]
    mark = await bob.api.read(room, places[0], back=True)
    assert (mark.read_seq, mark.unread) == (places[0], 2)


async def test_how_one_has_a_room_is_the_same_on_all_devices(
    person: People, gateways: tuple[str, str]
) -> None:
    """Told at once to those that are here, and by `ready` to those that come; to nobody else."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("public", name="Tea")).id
    await bob.api.join(room)
    async with (
        Raw(gateways[0], ada.token) as other,
        Raw(gateways[0], bob.token) as phone,
        Raw(gateways[1], bob.token) as laptop,
    ):
        await bob.api.prefer(room, muted=True, notify="mentions")
        await bob.api.prefer(room, favourite=True)
        for socket in (phone, laptop):
            told = await socket.until("room.preferences", favourite=True)
            assert (told["room"], told["muted"], told["notify"]) == (room, True, "mentions")
        assert await other.nothing_more() == []
        assert (await other.say(room))["type"] == "ok"
    async with Raw(gateways[1], bob.token) as laptop:
        (had,) = laptop.ready["rooms"]
        assert (had["muted"], had["notify"], had["favourite"]) == (True, "mentions", True)
        assert had["unread"] == 1
