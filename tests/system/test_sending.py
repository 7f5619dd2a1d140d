"""Sends: one key, one message, for ever; who may write where. Bad ones: `test_bad_input_frames`."""

from __future__ import annotations

import asyncio

import pytest

from tests.local_stack import LocalStack
from tests.system.conftest import People
from tests.system.raw import Raw, key

OLD_MS = -3_600_000


async def test_a_message_reaches_everyone_and_its_sender(
    person: People, gateways: tuple[str, str]
) -> None:
    """Through another gateway, with all its fields."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("public", name="Tea")).id
    await bob.api.join(room)
    async with Raw(gateways[0], ada.token) as one, Raw(gateways[1], bob.token) as other:
        made = key()
        answer = await one.say(room, "<b>hello</b> '; drop table", key=made, reply_to=1)
        assert answer["result"]["duplicate"] is False
        for socket in (one, other):
            shown = [f for f in socket.seen if f["type"] == "message"]
            event = shown[0] if shown else await socket.until("message")
            assert event["seq"] == answer["result"]["seq"]
            assert event["ts"] == answer["result"]["ts"]
            assert event["prev"] < event["seq"]
            assert (event["id"], event["room"]) == (made, room)
            assert (event["sender"], event["sender_name"]) == (ada.id, ada.username)
            assert event["text"] == "<b>hello</b> '; drop table"
            assert (event["reply_to"], event["thread"]) == (1, None)
            assert (event["attachments"], event["mentions"], event["everyone"]) == ([], [], False)


@pytest.mark.parametrize("age_ms", [0, OLD_MS])
async def test_a_retry_is_the_same_message(
    person: People, gateways: tuple[str, str], age_ms: int
) -> None:
    """Whichever gateway gets it and however late: the first one's place, `duplicate`, one event.

    An old key is past the log's own memory, so history answers for it.
    """
    ada = await person("ada")
    room = (await ada.api.create_room("public", name="Tea")).id
    made = key(age_ms)
    async with Raw(gateways[0], ada.token) as one, Raw(gateways[1], ada.token) as other:
        first = await one.say(room, "once", key=made)
        await other.until("message")
        again = await other.say(room, "twice", key=made.upper())
        assert again["result"] == {**first["result"], "duplicate": True}
        assert await one.nothing_more() == []
        assert await other.nothing_more() == []
    page = await ada.api.messages(room)
    assert [message.text for message in page.messages] == ["once"]


async def test_a_retry_after_a_removal_is_still_the_same_message(
    person: People, gateways: tuple[str, str]
) -> None:
    """An `error` would say that the message is nowhere; a new one is refused."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("private", name="Tea", members=[bob.id])).id
    made = key()
    async with Raw(gateways[0], bob.token) as one:
        first = await one.say(room, "before", key=made)
    await ada.api.remove_member(room, bob.id)
    async with Raw(gateways[1], bob.token) as other:
        again = await other.say(room, "before", key=made)
        assert again["result"] == {**first["result"], "duplicate": True}
        assert (await other.say(room, "after"))["code"] == "not_found"


async def test_two_retries_racing_through_two_gateways_are_one_message(
    person: People, gateways: tuple[str, str]
) -> None:
    """Both are answered with the same place."""
    ada = await person("ada")
    room = (await ada.api.create_room("public", name="Tea")).id
    async with Raw(gateways[0], ada.token) as one, Raw(gateways[1], ada.token) as other:
        for age_ms in (0, OLD_MS):
            made = key(age_ms)
            answers = await asyncio.gather(
                one.say(room, "race", key=made), other.say(room, "race", key=made)
            )
            assert len({answer["result"]["seq"] for answer in answers}) == 1
            assert [a["result"]["duplicate"] for a in answers].count(True) == 1
    assert len((await ada.api.messages(room)).messages) == 2


async def test_sends_keep_their_order_without_waiting(stack: LocalStack, person: People) -> None:
    """Twenty sends at once get rising places in the order sent."""
    ada = await person("ada")
    room = (await ada.api.create_room("public", name="Tea")).id
    async with Raw(stack.url, ada.token) as socket:
        for number in range(20):
            await socket.send(
                {"type": "send", "id": str(number), "room": room, "key": key(), "text": "x"}
            )
        answers = [await socket.until("ok", id=str(number)) for number in range(20)]
    places = [answer["result"]["seq"] for answer in answers]
    assert places == sorted(set(places))


async def test_only_members_write(stack: LocalStack, person: People) -> None:
    """Private rooms one is not in do not exist; public ones want to be joined first."""
    ada, bob = await person("ada"), await person("bob")
    private = (await ada.api.create_room("private", name="Secret")).id
    public = (await ada.api.create_room("public", name="Open")).id
    async with Raw(stack.url, bob.token) as socket:
        assert (await socket.say(private))["code"] == "not_found"
        assert (await socket.say("nowhere"))["code"] == "not_found"
        assert (await socket.say(public))["code"] == "forbidden"
        await bob.api.join(public)
        assert (await socket.say(public))["type"] == "ok"
