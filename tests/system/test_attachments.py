"""Files through the whole stack, of messages and of rooms: sent, seen, refused, gone; and kills."""

from __future__ import annotations

import asyncio
import os
import signal

import httpx
import pytest
from parley_sdk import ApiError, Client

from proto import events
from tests.local_stack import LocalStack
from tests.media import pictures_pillow as pictures
from tests.system.conftest import People, eventually
from tests.system.raw import Raw, key
from tests.trust import trust

WAIT_SECONDS = 60


async def fetched(url: str | None) -> httpx.Response:
    """What a URL gives to somebody without a token."""
    assert url is not None
    async with httpx.AsyncClient(timeout=30, verify=trust()) as http:
        return await http.get(url)


async def test_a_file_is_sent_and_seen_by_the_members_alone(
    stack: LocalStack, person: People, gateways: tuple[str, str]
) -> None:
    """In the event, pages and `sync` alike, as media tells it; strangers get no URL."""
    ada, bob, eve = await person("ada"), await person("bob"), await person("eve")
    room = (await ada.api.create_room("private", name="Tea", members=[bob.id])).id
    image = await ada.api.upload(room, "trip.jpg", pictures.photograph())
    text = await ada.api.upload(room, "../notes.txt", b"hello")
    assert (text.name, text.mime, text.size) == ("notes.txt", "text/plain", 5)
    assert await bob.api.sign_media([image.id]) == {}
    async with Raw(gateways[0], ada.token) as one, Raw(gateways[1], bob.token) as other:
        answer = await one.say(room, "", attachments=[image.id, text.id])
        assert answer["type"] == "ok", answer
        event = await other.until("message")
        told = [file["id"] for file in event["attachments"]]
        assert told == [image.id, text.id]
        assert event["attachments"][0]["preview"] == image.preview
        synced = await other.ask(
            {"type": "sync", "id": "s", "room": room, "after": event["prev"], "limit": 10}
        )
        assert synced["result"]["events"][0]["attachments"] == event["attachments"]
    (message,) = (await bob.api.messages(room)).messages
    assert message.attachments == [image, text]
    signed = await bob.api.sign_media([image.id, text.id])
    assert (await fetched(signed[text.id].url)).content == b"hello"
    whole = await fetched(signed[image.id].url)
    assert pictures.opened(whole.content).size == (300, 400)
    assert [(one.width, one.height) for one in signed[image.id].thumbs] == [(120, 160)]
    small = await fetched(signed[image.id].thumbs[0].url)
    assert small.headers["content-type"] == "image/webp"
    assert await eve.api.sign_media([image.id, text.id]) == {}


async def test_who_deletes_a_message_deletes_its_files(stack: LocalStack, person: People) -> None:
    """Once it is answered no URL leads to them any more, also one that was given before."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("private", name="Tea", members=[bob.id])).id
    file = await ada.api.upload(room, "a.txt", os.urandom(20).hex().encode())
    said = await ada.api.post(room, "look", attachments=[file.id])
    assert said.attachments == [file]
    signed = (await bob.api.sign_media([file.id]))[file.id]
    assert (await fetched(signed.url)).status_code == 200
    await ada.api.delete_message(room, said.seq)
    assert (await fetched(signed.url)).status_code == 404
    assert await bob.api.sign_media([file.id]) == {}
    (left,) = (await bob.api.messages(room)).messages
    assert (left.deleted, left.attachments) == (True, [])


async def test_who_deletes_a_room_deletes_its_files(person: People) -> None:
    """Soon after, also for whoever was given a URL before."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("private", name="Tea", members=[bob.id])).id
    file = await ada.api.upload(room, "a.txt", os.urandom(20).hex().encode())
    await ada.api.post(room, "look", attachments=[file.id])
    signed = (await bob.api.sign_media([file.id]))[file.id]
    assert (await fetched(signed.url)).status_code == 200
    await ada.api.delete_room(room)
    assert await bob.api.sign_media([file.id]) == {}

    async def gone() -> bool:
        return (await fetched(signed.url)).status_code == 404

    await eventually(gone, WAIT_SECONDS)


async def test_a_room_has_a_picture_for_whoever_sees_the_room(
    person: People, gateways: tuple[str, str]
) -> None:
    """Members hear of it, visitors of a public room find it; the former one is soon nowhere."""
    ada, bob, eve = await person("ada"), await person("bob"), await person("eve")
    room = (await ada.api.create_room("public", name="Tea", members=[bob.id])).id
    image = pictures.picture("PNG", (200, 200))
    first, second = [await ada.api.upload(room, "a.png", image) for _ in range(2)]
    note = await ada.api.upload(room, "a.txt", b"hello")
    for api, file, code in ((ada.api, note, "invalid"), (bob.api, first, "forbidden")):
        with pytest.raises(ApiError) as caught:
            await api.update_room(room, picture=file.id)
        assert caught.value.code == code
    async with Raw(gateways[1], bob.token) as socket:
        assert (await ada.api.update_room(room, picture=first.id)).picture == first.id
        assert (await socket.until("room.updated"))["picture"] == first.id
    async with Raw(gateways[0], bob.token) as socket:
        (seen,) = [one for one in socket.ready["rooms"] if one["id"] == room]
        assert seen["picture"] == first.id
    assert (await eve.api.room(room)).picture == first.id
    signed = (await eve.api.sign_media([first.id]))[first.id]
    assert [(one.width, one.height) for one in signed.thumbs] == [(160, 160)]
    assert (await fetched(signed.thumbs[0].url)).status_code == 200
    await ada.api.update_room(room, picture=second.id)

    async def gone() -> bool:
        return (await fetched(signed.url)).status_code == 404

    await eventually(gone, WAIT_SECONDS)
    assert set(await eve.api.sign_media([first.id, second.id, note.id])) == {second.id}
    assert (await ada.api.update_room(room, picture=None)).picture is None


async def test_a_file_of_another_person_or_room_is_not_there(
    person: People, gateways: tuple[str, str]
) -> None:
    """On the socket and over HTTP, with the field; and nothing is said."""
    ada, bob = await person("ada"), await person("bob")
    tea = (await ada.api.create_room("public", name="Tea")).id
    cake = (await ada.api.create_room("public", name="Cake")).id
    await bob.api.join(tea)
    file = await ada.api.upload(tea, "a.txt", b"hello")
    async with Raw(gateways[0], bob.token) as one, Raw(gateways[1], ada.token) as other:
        for socket, room in ((one, tea), (other, cake)):
            answer = await socket.say(room, "look", attachments=[file.id])
            assert (answer["code"], answer["field"]) == ("not_found", "attachments")
        for api, room in ((bob.api, tea), (ada.api, cake)):
            with pytest.raises(ApiError) as caught:
                await api.post(room, "look", attachments=[file.id])
            assert (caught.value.code, caught.value.field) == ("not_found", "attachments")
    assert (await ada.api.messages(tea)).messages == []


async def test_a_retry_after_the_deletion_is_still_the_same_message(
    person: People, gateways: tuple[str, str]
) -> None:
    """Its files are gone, yet `not_found` would say that it was never said."""
    ada = await person("ada")
    room = (await ada.api.create_room("private", name="Tea")).id
    file, made = await ada.api.upload(room, "a.txt", b"hello"), key()
    async with Raw(gateways[0], ada.token) as one:
        first = await one.say(room, "look", key=made, attachments=[file.id])
        await ada.api.delete_message(room, first["result"]["seq"])
        again = await one.say(room, "look", key=made, attachments=[file.id])
        assert again["result"] == {**first["result"], "duplicate": True}


async def test_a_message_with_a_file_outlives_the_kill_of_a_gateway(
    stack: LocalStack, person: People
) -> None:
    """It goes out once, with its file, on whichever gateway there is."""
    ada = await person("ada")
    room = (await ada.api.create_room("private", name="Tea")).id
    file = await ada.api.upload(room, "a.txt", b"hello")
    async with Client(stack.url, ada.api.tokens) as client:
        for name in ("gateway-1", "gateway-2"):
            stack.kill(name, signal.SIGKILL)
        async with asyncio.timeout(WAIT_SECONDS):
            sent = await client.send(room, "look", attachments=[file.id])
            async for event in client.events():
                if isinstance(event, events.Message):
                    assert (event.seq, event.attachments) == (sent.seq, [file])
                    break

    async def back() -> bool:
        return all(one.ready for name, one in stack.processes.items() if "gateway" in name)

    await eventually(back, WAIT_SECONDS)


async def test_while_media_is_away_words_go_on(
    stack: LocalStack, person: People, gateways: tuple[str, str]
) -> None:
    """A message with a file is `unavailable` then; tried again with the same key it is one."""
    ada = await person("ada")
    room = (await ada.api.create_room("private", name="Tea")).id
    file, made = await ada.api.upload(room, "a.txt", b"hello"), key()
    async with Raw(gateways[0], ada.token) as one:
        stack.kill("media", signal.SIGKILL)
        answer = await one.say(room, "look", key=made, attachments=[file.id])
        assert answer["code"] == "unavailable"
        assert (await one.say(room, "words"))["type"] == "ok"

        async def sent() -> bool:
            answer = await one.say(room, "look", key=made, attachments=[file.id])
            return str(answer["type"]) == "ok"

        await eventually(sent, WAIT_SECONDS)
    texts = [message.text for message in (await ada.api.messages(room)).messages]
    assert texts == ["words", "look"]
