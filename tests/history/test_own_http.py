"""What people choose for themselves: kept, told to their own devices, seen by nobody else."""

import asyncio

import pytest

from proto import subjects
from tests.history.client_httpx import refused
from tests.history.running import WAIT_SECONDS, Peer, Replica, user

pytestmark = pytest.mark.asyncio(loop_scope="module")
CHOICES = ("muted", "notify", "favourite")


async def test_a_room_is_had_as_one_chose(replica: Replica, peer: Peer) -> None:
    """What is left out stays; the others have it as before; it is the same wherever it is shown."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob, kind="public")
    path = f"/v1/rooms/{room}/preferences"
    first = await replica.ask.ok(ada, "PUT", path, {"muted": True, "notify": "mentions"})
    assert first == {"muted": True, "notify": "mentions", "favourite": False}
    second = await replica.ask.ok(ada, "PUT", path, {"muted": False, "favourite": True})
    assert second == {"muted": False, "notify": "mentions", "favourite": True}
    assert await replica.ask.ok(ada, "PUT", path, {}) == second
    mine = await replica.ask.ok(ada, "GET", f"/v1/rooms/{room}")
    assert {name: mine[name] for name in CHOICES} == second
    listed = (await replica.ask.ok(ada, "GET", "/v1/rooms"))["rooms"]
    assert listed == [mine]
    told = (await peer.hello(ada))[room].room
    assert (told.muted, told.notify, told.favourite) == (False, "mentions", True)
    others = await replica.ask.ok(bob, "GET", f"/v1/rooms/{room}")
    assert [others[name] for name in CHOICES] == [False, "all", False]


async def test_a_choice_is_told_to_ones_own_devices(replica: Replica, peer: Peer) -> None:
    """On the subject of the person, with all that is chosen by now."""
    ada = user()
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def hear(data: bytes) -> bytes:
        if b"preferred" in data:
            await heard.put(data)
        return b""

    await peer.bus.serve(subjects.user_passing(ada), "test", hear)
    room = await replica.room(ada)
    await replica.ask.ok(ada, "PUT", f"/v1/rooms/{room}/preferences", {"favourite": True})
    async with asyncio.timeout(WAIT_SECONDS):
        word = await heard.get()
    assert word == (
        b'{"type":"preferred","room":"%b","muted":false,"notify":"all","favourite":true}'
        % room.encode()
    )


async def test_a_choice_is_a_members(replica: Replica) -> None:
    """It ends with the membership; of a room that is not there for somebody nothing is said."""
    ada, bob = user(), user()
    public = await replica.room(ada, bob, kind="public")
    path = f"/v1/rooms/{public}/preferences"
    await replica.ask.ok(bob, "PUT", path, {"notify": "none"})
    await replica.ask.ok(bob, "POST", f"/v1/rooms/{public}/leave")
    refused(await replica.ask(bob, "PUT", path, {"muted": True}), 403, "forbidden")
    back = await replica.ask.ok(bob, "POST", f"/v1/rooms/{public}/join")
    assert back["notify"] == "all"
    private = await replica.room(ada)
    for room in (private, "nowhere"):
        answer = await replica.ask(bob, "PUT", f"/v1/rooms/{room}/preferences", {"muted": True})
        refused(answer, 404, "not_found")
