"""Another display name: on what one says from then on, and told to those whom it concerns."""

from __future__ import annotations

import httpx

from tests.local_stack import LocalStack
from tests.system.conftest import People
from tests.system.raw import Raw, key


async def test_a_new_name_is_ones_own_at_once(
    stack: LocalStack, person: People, gateways: tuple[str, str]
) -> None:
    """By living sockets on every gateway, by a new one with the old token, and over HTTP; those who
    share a room hear of it once each, and so do one's own; a stranger does not."""
    ada, bob, eve = await person("ada"), await person("bob"), await person("eve")
    rooms = [(await ada.api.create_room("private", name=name)).id for name in ("Tea", "Cake")]
    for room in rooms:
        await ada.api.add_member(room, bob.id)
    async with (
        Raw(gateways[0], ada.token) as one,
        Raw(gateways[1], ada.token) as other,
        Raw(gateways[1], bob.token) as friend,
        Raw(gateways[0], eve.token) as stranger,
    ):
        await ada.api.set_display_name("Augusta")
        for socket in (one, other, friend):
            told = await socket.until("user.updated")
            assert told["user"]["id"] == ada.id
            assert told["user"]["display_name"] == "Augusta"
        for number, socket in enumerate((one, other)):
            said = await socket.say(rooms[0], f"{number}")
            heard = await friend.until("message", seq=said["result"]["seq"])
            assert heard["sender_name"] == "Augusta"
        bearer = {"Authorization": f"Bearer {ada.token}"}
        async with httpx.AsyncClient(base_url=stack.url, headers=bearer) as http:
            form = {"key": key(), "text": "by HTTP"}
            answer = await http.post(f"/v1/rooms/{rooms[1]}/messages", json=form)
        assert answer.json()["sender_name"] == "Augusta"
        async with Raw(gateways[0], ada.token) as late:
            assert late.ready["user"]["display_name"] == "Augusta"
        members = (await bob.api.members(rooms[0])).members
        assert "Augusta" in {member.user.display_name for member in members}
        assert [frame["type"] for frame in await stranger.nothing_more()] == []
        await friend.nothing_more()
        assert len([frame for frame in friend.seen if frame["type"] == "user.updated"]) == 1
