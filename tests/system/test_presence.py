"""Who is here, as those see it who share a room: on any gateway, soon, and nobody else."""

from __future__ import annotations

import asyncio
import time

import msgspec
from parley_sdk import Client

from proto import frames, limits
from proto.shapes import CustomStatus, Presence
from tests.local_stack import LocalStack
from tests.system.conftest import People, Person, eventually
from tests.system.raw import Frame, Raw

SOON_SECONDS = 20.0


async def _watch(socket: Raw, *people: Person) -> list[tuple[str, str]]:
    frame = {"type": "watch", "id": "w", "users": [person.id for person in people]}
    answer = await socket.ask(frame)
    return [(one["user"], one["status"]) for one in answer["result"]["presence"]]


async def _room(ada: Person, *others: Person) -> str:
    room = (await ada.api.create_room("private", name="Tea")).id
    for other in others:
        await ada.api.add_member(room, other.id)
    return room


async def test_a_status_is_seen_through_the_other_gateway(
    person: People, gateways: tuple[str, str]
) -> None:
    """Online, idle, do not disturb, invisible and gone; strangers see nothing of it."""
    ada, bob, eve = await person("ada"), await person("bob"), await person("eve")
    await _room(ada, bob)
    async with Raw(gateways[0], ada.token) as one, Raw(gateways[0], eve.token) as stranger:
        assert await _watch(one, bob, eve) == [(bob.id, "offline")]
        assert await _watch(stranger, ada, bob) == []
        async with Raw(gateways[1], bob.token) as other:
            await one.until("presence", user=bob.id, status="online")
            for status, shown in (
                ("idle", "idle"),
                ("dnd", "dnd"),
                ("invisible", "offline"),
                ("online", "online"),
            ):
                await other.send({"type": "status", "status": status})
                change = await one.until("presence", user=bob.id, status=shown)
                assert (change["last_seen_ms"] is not None) is (shown == "offline")
        gone = await one.until("presence", user=bob.id, status="offline")
        assert gone["last_seen_ms"] is not None
        changes = [frame["status"] for frame in one.seen if frame["type"] == "presence"]
        assert changes == ["online", "idle", "dnd", "offline", "online", "offline"]
        assert await stranger.nothing_more() == []


async def test_what_is_watched_late_is_what_is_true(
    person: People, gateways: tuple[str, str]
) -> None:
    """The answer says how they are now; who said invisible in the hello was never here."""
    ada, bob, cyd = await person("ada"), await person("bob"), await person("cyd")
    await _room(ada, bob, cyd)
    async with (
        Raw(gateways[0], ada.token) as one,
        Raw(gateways[1], bob.token, status="dnd"),
        Raw(gateways[1], cyd.token, status="invisible"),
    ):

        async def as_said() -> bool:
            return await _watch(one, cyd, bob, ada) == [
                (cyd.id, "offline"),
                (bob.id, "dnd"),
                (ada.id, "online"),
            ]

        await eventually(as_said, SOON_SECONDS)


async def test_removal_ends_the_view_both_ways(person: People, gateways: tuple[str, str]) -> None:
    """On both gateways; whoever is left in the room is seen still."""
    ada, bob, cyd = await person("ada"), await person("bob"), await person("cyd")
    room = await _room(ada, bob, cyd)
    async with Raw(gateways[0], ada.token) as one, Raw(gateways[1], bob.token) as other:
        async with Raw(gateways[1], cyd.token) as third:
            for socket, seen in ((one, bob), (one, cyd), (other, ada), (other, cyd)):
                await _seen_online(socket, seen)
            await _watch(one, bob, cyd)
            await _watch(other, ada, cyd)
            await ada.api.remove_member(room, bob.id)
            for socket in (one, other, third):
                await socket.until("member.removed")
            before = len(one.seen)
            # Asked again, it is the same: nobody of the room is left in one's sight.
            assert await _watch(other, ada, cyd) == []
            await third.send({"type": "status", "status": "dnd"})
            await one.until("presence", user=cyd.id, status="dnd")
            await other.send({"type": "status", "status": "dnd"})
            await one.send({"type": "status", "status": "dnd"})

            async def bob_is_busy() -> bool:
                (seen,) = await bob.api.presence([bob.id])
                return seen.status == "dnd"

            await eventually(bob_is_busy, SOON_SECONDS)
        await one.until("presence", user=cyd.id, status="offline")
        assert await other.nothing_more() == []
        assert bob.id not in [f["user"] for f in one.seen[before:] if f["type"] == "presence"]


async def _seen_online(socket: Raw, person: Person) -> None:
    async def online() -> bool:
        return await _watch(socket, person) == [(person.id, "online")]

    await eventually(online, SOON_SECONDS)


async def test_the_people_of_a_killed_gateway_go_offline(
    stack: LocalStack, person: People, gateways: tuple[str, str]
) -> None:
    """Within a lease and a little, on the other gateway and over HTTP, though none said goodbye;
    who is back on another gateway soon after was never away.
    """
    ada, bob, cyd = await person("ada"), await person("bob"), await person("cyd")
    await _room(ada, bob, cyd)
    async with Raw(gateways[0], ada.token) as one:
        await _watch(one, bob, cyd)
        async with Raw(gateways[1], bob.token), Raw(gateways[1], cyd.token):
            for other in (bob, cyd):
                await one.until("presence", user=other.id, status="online")
            before = len(one.seen)
            old = await asyncio.to_thread(stack.kill, "gateway-2")
            async with Raw(gateways[0], cyd.token):

                async def gone() -> bool:
                    await one.nothing_more()
                    (*_, last) = (f["status"] for f in one.seen if _is_about(f, bob))
                    return bool(last == "offline")

                await eventually(gone, limits.LEASE_MS / 1000 + SOON_SECONDS)
                assert [f["type"] for f in one.seen[before:] if _is_about(f, cyd)] == []
        (seen,) = await ada.api.presence([bob.id])
        assert seen.status == "offline"
        assert seen.last_seen_ms is not None
    await asyncio.to_thread(stack.wait_restarted, "gateway-2", old)


def _is_about(frame: Frame, person: Person) -> bool:
    return frame["type"] == "presence" and bool(frame["user"] == person.id)


async def test_a_broken_connection_is_not_seen_by_others(
    person: People, gateways: tuple[str, str]
) -> None:
    """Who comes back soon, on any gateway, was never away."""
    ada, bob = await person("ada"), await person("bob")
    await _room(ada, bob)
    async with Raw(gateways[0], ada.token) as one:
        await _watch(one, bob)
        async with Raw(gateways[1], bob.token) as broken:
            await one.until("presence", user=bob.id, status="online")
            broken.cut()
            async with Raw(gateways[0], bob.token) as again:
                await again.send({"type": "status", "status": "dnd"})
                await one.until("presence", user=bob.id)
                changes = [f["status"] for f in one.seen if _is_about(f, bob)]
                assert "offline" not in changes


async def test_what_somebody_chose_is_what_others_see(
    person: People, gateways: tuple[str, str]
) -> None:
    """What they say beside their status, until it ends; and nothing at all once they hide."""
    ada, bob = await person("ada"), await person("bob")
    room = await _room(ada, bob)
    lunch = CustomStatus("Lunch", "🍲", until_ms=int(time.time() * 1000) + 3_600_000)
    assert (await bob.api.settle(custom_status=lunch)).custom_status == lunch
    async with Raw(gateways[0], ada.token) as one, Raw(gateways[1], bob.token):
        await _watch(one, bob)
        seen = await _eventually_online(ada, bob)
        assert seen.custom_status == lunch
        assert (await ada.api.room_presence(room)).members == 2
        tea = CustomStatus("Tea")
        await bob.api.settle(custom_status=tea)
        told = await one.until("presence", user=bob.id, custom_status=msgspec.to_builtins(tea))
        assert told["status"] == "online"
        assert (await bob.api.settle(presence=False)).presence is False
        # It was answered: whoever asks from here on sees nobody.
        assert await ada.api.presence([bob.id]) == [Presence(bob.id, "offline", None)]
        gone = await one.until("presence", user=bob.id, status="offline")
        assert (gone["last_seen_ms"], "custom_status" in gone) == (None, False)
        await bob.api.settle(presence=True, custom_status=None)
        await one.until("presence", user=bob.id, status="online")
        assert (await bob.api.settings()).custom_status is None


async def _eventually_online(asker: Person, person: Person) -> Presence:
    found: list[Presence] = []

    async def online() -> bool:
        found[:] = await asker.api.presence([person.id])
        return found[0].status == "online"

    await eventually(online, SOON_SECONDS)
    return found[0]


async def test_the_sdk_watches_on_after_a_lost_connection(
    person: People, gateways: tuple[str, str]
) -> None:
    """What changed meanwhile comes as a change, and so does what changes later."""
    ada, bob = await person("ada"), await person("bob")
    await _room(ada, bob)
    changes: asyncio.Queue[frames.PresenceEvent] = asyncio.Queue()

    def note(frame: object) -> None:
        if isinstance(frame, frames.PresenceEvent):
            changes.put_nowait(frame)

    async def shown(status: str) -> None:
        async with asyncio.timeout(SOON_SECONDS):
            while (change := await changes.get()).status != status:
                assert change.user == bob.id

    async with Client(gateways[0], ada.token, queue=0, on_frame=note) as client:
        (before,) = await client.watch([bob.id])
        assert before.status == "offline"
        async with Client(gateways[1], bob.token, queue=0) as other:
            await shown("online")
            client.drop()
            other.set_status("dnd")
            await shown("dnd")
            client.typing("nowhere", active=True)
            other.set_status("idle")
            await shown("idle")
        await shown("offline")
