"""Another display name, or picture: on what one says, and told to those whom it concerns."""

from __future__ import annotations

import json
import signal
import subprocess

import httpx
from parley_sdk import ApiError

from tests.local_stack import COMMAND, LocalStack
from tests.media import pictures_pillow as pictures
from tests.system.conftest import People, eventually
from tests.system.raw import Raw, key
from tests.trust import trust

WAIT_SECONDS = 60


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
        async with httpx.AsyncClient(
            base_url=stack.url, headers=bearer, verify=trust(), timeout=30
        ) as http:
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


async def test_a_picture_is_seen_by_others_and_outlives_a_kill(
    stack: LocalStack, person: People, gateways: tuple[str, str]
) -> None:
    """Those who share a room hear of it; nobody has one that is gone, though media is killed."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("direct", members=[bob.id])).id

    async def seen() -> set[str | None]:
        """Bob's view of ada, wherever there is one."""
        peers = (await bob.api.room(room)).peers or []
        members = [one.user for one in (await bob.api.members(room)).members]
        users = [*await bob.api.users([ada.id]), *peers, *members]
        return {user.avatar for user in users if user.id == ada.id}

    async with Raw(gateways[1], bob.token) as friend:
        first = (await ada.api.set_avatar(pictures.picture("PNG"))).avatar
        told = await friend.until("user.updated")
        assert (told["user"]["id"], told["user"]["avatar"]) == (ada.id, first)
    assert await seen() == {first}

    async def given(avatar: str | None) -> int:
        async with httpx.AsyncClient(base_url=stack.url, verify=trust(), timeout=30) as http:
            return (await http.get(f"/v1/media/avatars/{avatar}")).status_code

    assert await given(first) == 200
    stack.kill("media", signal.SIGKILL)

    async def changed() -> bool:
        try:
            return (await ada.api.set_avatar(pictures.picture("JPEG"))).avatar != first
        except (ApiError, httpx.HTTPError):
            return False

    await eventually(changed, WAIT_SECONDS)
    second = (await ada.api.me()).avatar

    async def known() -> bool:
        return await seen() == {second}

    await eventually(known, WAIT_SECONDS)
    assert (await given(first), await given(second)) == (404, 200)
    await ada.api.remove_avatar()
    assert await given(second) == 404


async def test_a_picture_that_an_admin_takes_away_is_gone(
    stack: LocalStack, person: People, gateways: tuple[str, str]
) -> None:
    """Those who share a room are told, nobody is given it, and the operator reads who it was."""
    ada, bob, root = await person("ada"), await person("bob"), await person("root")
    await ada.api.create_room("direct", members=[bob.id])
    avatar = (await ada.api.set_avatar(pictures.picture("PNG"))).avatar
    path = f"/v1/media/avatars/{avatar}"

    def parley(*words: str) -> str:
        command = [*COMMAND, "admin", "--data", str(stack.data), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own

    async with (
        httpx.AsyncClient(base_url=stack.url, verify=trust(), timeout=30) as http,
        Raw(gateways[1], bob.token) as friend,
    ):
        bearer = {"Authorization": f"Bearer {root.token}"}
        assert (await http.delete(path, headers=bearer)).json()["code"] == "forbidden"
        assert (await http.get(path)).status_code == 200
        parley("role", root.username, "admin")
        assert (await http.delete(path, headers=bearer)).status_code == 204
        told = await friend.until("user.updated")
        assert (told["user"]["id"], told["user"]["avatar"]) == (ada.id, None)
        assert (await http.get(path)).status_code == 404
    assert (await ada.api.me()).avatar is None
    said = [line for line in json.loads(parley("audit")) if line["action"] == "avatar.taken"]
    assert [(line["actor"], line["target"]) for line in said] == [(root.id, ada.id)]
