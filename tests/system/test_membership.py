"""Coming and going: membership is acted on at its place in the log, on every gateway."""

from __future__ import annotations

from tests.system.conftest import People
from tests.system.raw import Raw


async def test_who_is_added_gets_everything_from_then_on(
    person: People, gateways: tuple[str, str]
) -> None:
    """`room.added` names the place from which the live events go on, without a hole."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("private", name="Secret")).id
    async with Raw(gateways[0], ada.token) as one, Raw(gateways[1], bob.token) as other:
        assert other.ready["rooms"] == []
        before = await one.say(room, "before")
        await ada.api.add_member(room, bob.id)
        added = (await other.until("room.added"))["room"]
        assert (added["id"], added["role"], added["unread"]) == (room, "member", 0)
        assert added["last_seq"] > before["result"]["seq"]
        after = await one.say(room, "after")
        event = await other.until("message")
        assert event["seq"] == after["result"]["seq"]
        assert event["prev"] <= added["last_seq"]
        answer = await other.ask({"type": "sync", "id": "1", "room": room, "after": 0})
        texts = [e.get("text") for e in answer["result"]["events"] if e["type"] == "message"]
        assert texts == ["before", "after"]


async def test_who_is_removed_gets_the_removal_and_nothing_after_it(
    person: People, gateways: tuple[str, str]
) -> None:
    """Neither live nor by asking; others see the removal, too."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("private", name="Secret")).id
    await ada.api.add_member(room, bob.id)
    async with Raw(gateways[0], ada.token) as one, Raw(gateways[1], bob.token) as other:
        await ada.api.remove_member(room, bob.id)
        for socket in (one, other):
            assert (await socket.until("member.removed"))["user"] == bob.id
        await one.say(room, "without bob")
        assert await other.nothing_more() == []
        assert (await other.say(room))["code"] == "not_found"
        answer = await other.ask({"type": "sync", "id": "1", "room": room, "after": 0})
        assert answer["code"] == "not_found"
    async with Raw(gateways[1], bob.token, resume={room: 1}) as back:
        resumed = await back.until("resumed")
        assert resumed["gone"] is True
        assert resumed["complete"] is False


async def test_joining_and_leaving_are_events(person: People, gateways: tuple[str, str]) -> None:
    """Everyone sees them in the one order; whoever left gets nothing more."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("public", name="Open")).id
    async with Raw(gateways[0], ada.token) as one, Raw(gateways[1], bob.token) as other:
        await bob.api.join(room)
        assert (await one.until("member.joined"))["user"] == bob.id
        await other.until("room.added")
        await bob.api.leave(room)
        assert (await one.until("member.left"))["user"] == bob.id
        await other.until("member.left")
        await one.say(room, "alone")
        assert await other.nothing_more() == []


async def test_roles_and_names_are_events(person: People, gateways: tuple[str, str]) -> None:
    """With who did it."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("public", name="Open")).id
    await bob.api.join(room)
    async with Raw(gateways[1], bob.token) as socket:
        await ada.api.set_role(room, bob.id, "moderator")
        role = await socket.until("member.role")
        assert (role["user"], role["by"], role["role"]) == (bob.id, ada.id, "moderator")
        await bob.api.update_room(room, name="Opened")
        updated = await socket.until("room.updated")
        assert (updated["name"], updated["by"]) == ("Opened", bob.id)
        assert "topic" not in updated
        await ada.api.delete_room(room)
        assert (await socket.until("room.deleted"))["by"] == ada.id
        assert (await socket.say(room))["code"] == "not_found"


async def test_a_direct_room_is_one_for_its_people(
    person: People, gateways: tuple[str, str]
) -> None:
    """Whoever opens it; the other side learns of it at once, by the name of its peer."""
    ada, bob = await person("ada"), await person("bob")
    async with Raw(gateways[1], bob.token) as socket:
        first = await ada.api.create_room("direct", members=[bob.id])
        added = (await socket.until("room.added"))["room"]
        assert (added["id"], added["kind"], added["name"]) == (first.id, "direct", None)
        assert [peer["id"] for peer in added["peers"]] == [ada.id]
        assert (await bob.api.create_room("direct", members=[ada.id])).id == first.id
