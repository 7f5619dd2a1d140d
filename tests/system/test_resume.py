"""Coming back: what was missed is replayed on any gateway, or it is said that it was not."""

from __future__ import annotations

import asyncio

from proto import limits
from tests.local_stack import LocalStack
from tests.system.conftest import People, Person
from tests.system.raw import Raw, key


async def _talk(url: str, person: Person, room: str, count: int) -> list[int]:
    """Send as fast as the gateway takes it; gives the places."""
    async with Raw(url, person.token) as socket:
        places = []
        for start in range(0, count, limits.SENDS_WAITING):
            numbers = range(start, min(start + limits.SENDS_WAITING, count))
            for number in numbers:
                frame = {"type": "send", "id": str(number), "room": room, "key": key()}
                await socket.send({**frame, "text": f"m{number}"})
            for number in numbers:
                places.append((await socket.until("ok", id=str(number)))["result"]["seq"])
        return places


async def test_what_was_missed_is_replayed_in_order(
    person: People, gateways: tuple[str, str]
) -> None:
    """By the other gateway, which has never seen the room: the events, then `resumed`."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("public", name="Tea")).id
    await bob.api.join(room)
    async with Raw(gateways[0], bob.token) as socket:
        held = socket.ready["rooms"][0]["last_seq"]
    places = await _talk(gateways[0], ada, room, 40)
    async with Raw(gateways[1], bob.token, resume={room: held}) as socket:
        frames = []
        while (frame := await socket.receive())["type"] != "resumed":
            frames.append(frame)
    assert [event["seq"] for event in frames] == places
    assert [event["prev"] for event in frames] == [held, *places[:-1]]
    assert frame["from"] == held
    assert (frame["to"], frame["complete"]) == (places[-1], True)


async def test_a_gap_too_long_is_paged_instead(stack: LocalStack, person: People) -> None:
    """Nothing of it is replayed, `complete` is false, and `sync` has it all, once, in order."""
    ada = await person("ada")
    room = (await ada.api.create_room("public", name="Tea")).id
    places = await _talk(stack.url, ada, room, limits.RESUME_EVENTS + 1)
    async with Raw(stack.url, ada.token, resume={room: places[0] - 1}) as socket:
        resumed = await socket.until("resumed")
        assert resumed["complete"] is False
        assert resumed["to"] == places[-1]
        assert [frame["type"] for frame in socket.seen] == ["ready", "resumed"]
        found: list[int] = []
        more, after = True, places[0] - 1
        while more:
            request = {"type": "sync", "id": "s", "room": room, "after": after}
            answer = (await socket.ask(request))["result"]
            assert answer["oldest"] <= after + 1
            found += [event["seq"] for event in answer["events"]]
            more, after = answer["more"], found[-1]
    assert found == places


async def test_500_events_are_replayed(stack: LocalStack, person: People) -> None:
    """The bound itself is still complete."""
    ada = await person("ada")
    room = (await ada.api.create_room("public", name="Tea")).id
    places = await _talk(stack.url, ada, room, limits.RESUME_EVENTS)
    async with Raw(stack.url, ada.token, resume={room: places[0] - 1}) as socket:
        resumed = await socket.until("resumed")
    assert resumed["complete"] is True
    assert len([frame for frame in socket.seen if frame["type"] == "message"]) == 500


async def test_a_place_the_server_does_not_know_is_not_complete(
    stack: LocalStack, person: People
) -> None:
    """Whoever holds more than the log is told up to where it reaches."""
    ada = await person("ada")
    room = (await ada.api.create_room("public", name="Tea")).id
    async with Raw(stack.url, ada.token, resume={room: 2**50}) as socket:
        resumed = await socket.until("resumed")
        last = socket.ready["rooms"][0]["last_seq"]
    assert (resumed["complete"], resumed["from"], resumed["to"]) == (False, 2**50, last)


async def test_events_during_a_replay_come_after_it_once(
    person: People, gateways: tuple[str, str]
) -> None:
    """Ten resumes while somebody talks: each shows an unbroken run of the log."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("public", name="Tea")).id
    await bob.api.join(room)
    talking = asyncio.create_task(_talk(gateways[0], ada, room, 300))
    held = (await bob.api.room(room)).last_seq
    for turn in range(10):
        async with Raw(gateways[turn % 2], bob.token, resume={room: held}) as socket:
            await socket.until("resumed", complete=True)
            await socket.nothing_more()
        events = [frame for frame in socket.seen if frame["type"] == "message"]
        for event in events:
            assert event["prev"] <= held < event["seq"]
            held = event["seq"]
    places = await talking
    async with Raw(gateways[1], bob.token, resume={room: held}) as socket:
        resumed = await socket.until("resumed")
    assert resumed["to"] == places[-1]


async def test_sync_ends_a_page_before_it_fills_the_outbox(
    stack: LocalStack, person: People
) -> None:
    """Large messages make short pages, and `more` says that there are others."""
    ada = await person("ada")
    room = (await ada.api.create_room("public", name="Tea")).id
    async with Raw(stack.url, ada.token) as socket:
        for _ in range(30):
            assert (await socket.say(room, "x" * 16_384))["type"] == "ok"
        answer = await socket.ask({"type": "sync", "id": "s", "room": room, "after": 0})
        assert answer["result"]["more"] is True
        assert 10 < len(answer["result"]["events"]) < 20
