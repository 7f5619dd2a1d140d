"""Edits and deletions as people see them: live, after a resume, through a gateway's death."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.local_stack import LocalStack
from tests.system.conftest import People, Person
from tests.system.raw import Frame, Raw


def _brief(frames: list[Frame]) -> list[tuple[Any, ...]]:
    """What the log events among frames tell of texts."""
    return [
        (frame["type"], frame["seq"], frame.get("target"), frame.get("text"))
        for frame in frames
        if "prev" in frame
    ]


async def test_edits_and_deletions_are_seen_on_every_gateway(
    stack: LocalStack, person: People, gateways: tuple[str, str]
) -> None:
    """Live on both, in one order; after the `kill -9` of one a resume and a `sync` through the
    other give what is true then, and no word of what was deleted."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("public", name="Tea")).id
    await bob.api.join(room)
    async with Raw(gateways[0], ada.token) as one, Raw(gateways[1], bob.token) as other:
        held = one.ready["rooms"][0]["last_seq"]
        said = [(await one.say(room, text))["result"]["seq"] for text in ("first", "secret")]
        edited = await ada.api.edit_message(room, said[0], "first, better")
        await ada.api.edit_message(room, said[1], "secret, better")
        await ada.api.delete_message(room, said[1])
        for socket in (one, other):
            gone = await socket.until("message.deleted")
            assert (gone["target"], gone["by"]) == (said[1], ada.id)
        told = _brief(one.seen)
        assert told == _brief(other.seen)
        assert [kind for kind, *_ in told] == [
            "message", "message", "message.edited", "message.edited", "message.deleted",
        ]  # fmt: skip
        request = {"type": "sync", "id": "s", "room": room, "after": held}
        synced = (await other.ask(request))["result"]["events"]
        assert "secret" not in str(synced)
        old = await asyncio.to_thread(stack.kill, "gateway-1")
        assert (await ada.api.message(room, said[0])).text == "first, better"
    for url in (gateways[1], stack.url):
        async with Raw(url, ada.token, resume={room: held}) as socket:
            await socket.until("resumed", complete=True)
            replayed = [frame for frame in socket.seen if "prev" in frame]
            assert "secret" not in str(replayed)
            final = {frame["seq"]: frame for frame in replayed if frame["type"] == "message"}
            for frame in replayed:
                if frame["type"] == "message.edited" and frame["target"] == said[0]:
                    final[said[0]] = {**final[said[0]], "text": frame["text"]}
            assert final[said[0]]["text"] == edited.text == "first, better"
            assert said[1] not in final or final[said[1]]["deleted"] is True
    await asyncio.to_thread(stack.wait_restarted, "gateway-1", old)
    page = await bob.api.messages(room)
    shown = [(message.text, message.deleted) for message in page.messages]
    assert shown[0][0] == "first, better"
    assert shown[1] == ("", True)


async def mentions(who: Person, room: str) -> int:
    """How many unread ones mention somebody, once all that was said is stored."""
    await who.api.messages(room, limit=1)
    return (await who.api.room(room)).mentions


async def test_a_text_mentions_members(person: People, gateways: tuple[str, str]) -> None:
    """Those it names, next to punctuation, in capitals; not strangers, not in code; the room by
    those who may; and an edit mentions anew."""
    ada, bob, eve = await person("ada"), await person("bob"), await person("eve")
    room = (await ada.api.create_room("private", name="Tea", members=[bob.id])).id
    async with Raw(gateways[0], ada.token) as one, Raw(gateways[1], bob.token) as other:

        async def said(socket: Raw, text: str) -> tuple[list[str], bool]:
            seq = (await socket.say(room, text))["result"]["seq"]
            event = await other.until("message", seq=seq) if socket is one else socket.seen[-1]
            if event.get("seq") != seq:
                event = next(f for f in socket.seen if f["type"] == "message" and f["seq"] == seq)
            return event["mentions"], event["everyone"]

        assert await said(one, f"(@{bob.username.upper()}), @{eve.username}!") == ([bob.id], False)
        assert await said(one, f"`@{bob.username}` me@{bob.username} @nobody") == ([], False)
        assert await said(one, "@room") == ([], True)
        assert await mentions(bob, room) == 2
        own = (await other.say(room, f"@room @here @{ada.username}."))["result"]["seq"]
        mine = await ada.api.message(room, own)
        assert (mine.mentions, mine.everyone) == ([ada.id], False)
        assert await mentions(ada, room) == 1
        await bob.api.edit_message(room, own, "nobody")
        edited = await one.until("message.edited", target=own)
        assert edited["mentions"] == []
        assert await mentions(ada, room) == 0
    async with Raw(gateways[0], ada.token) as again:
        (ready,) = again.ready["rooms"]
        assert (ready["unread"], ready["mentions"]) == (1, 0)
