"""Edits and deletions as people see them: live, after a resume, through a gateway's death."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from parley_sdk.errors import ApiError

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


async def test_changes_outlive_who_made_them(
    stack: LocalStack, person: People, gateways: tuple[str, str]
) -> None:
    """An edit, a deletion, a reaction and a pin, asked for while history and a gateway are killed
    and asked for again until they are answered: each is told once on the other gateway, in one
    order, and is what a page says."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("public", name="Tea")).id
    await bob.api.join(room)
    async with Raw(gateways[1], bob.token) as socket:
        said = [(await ada.api.post(room, f"text {number}")).seq for number in range(4)]
        await socket.until("message", seq=said[-1])
        changes: dict[tuple[str, int], Callable[[], Awaitable[object]]] = {
            ("message.edited", said[0]): lambda: ada.api.edit_message(room, said[0], "better"),
            ("message.deleted", said[1]): lambda: ada.api.delete_message(room, said[1]),
            ("reaction.added", said[2]): lambda: ada.api.react(room, said[2], "👍"),
            ("message.pinned", said[3]): lambda: ada.api.pin(room, said[3]),
        }
        asked = [asyncio.create_task(_insist(change)) for change in changes.values()]
        # Some of them are in the log when it dies; which, chance decides.
        while "target" not in await socket.receive():
            pass
        old = {name: stack.kill(name) for name in ("history", "gateway-1")}
        await asyncio.gather(*asked)
        for kind, target in changes:
            if not any(frame["type"] == kind for frame in socket.seen):
                await socket.until(kind, target=target)
        await socket.nothing_more()
        told = [(frame["type"], frame["target"]) for frame in socket.seen if "target" in frame]
        assert sorted(told) == sorted(changes)
    shown = (await bob.api.messages(room)).messages
    assert [message.text for message in shown] == ["better", "", "text 2", "text 3"]
    assert shown[1].deleted is True
    assert [(one.emoji, one.count) for one in shown[2].reactions] == [("👍", 1)]
    assert [message.seq for message in await bob.api.pins(room)] == [said[3]]
    for name, pid in old.items():
        await asyncio.to_thread(stack.wait_restarted, name, pid)


async def _insist(change: Callable[[], Awaitable[object]]) -> None:
    """Ask until it is done: after no answer, or one that it cannot be done now."""
    async with asyncio.timeout(60):
        while True:
            try:
                await change()
            except ApiError as error:
                if error.status not in (0, 502, 503, 504):
                    raise
                await asyncio.sleep(0.1)
            else:
                return
