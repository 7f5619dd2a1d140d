"""Typing, both ways: what goes to presence, what ends it, and who is shown what comes back."""

from __future__ import annotations

import asyncio

import pytest

from gateway import announcer
from gateway.typists import SHOWN_SECONDS
from proto import calls, limits
from services import clock
from services.bus import Overloaded
from tests.gateway.running import House, until
from tests.history.running import user
from tests.system.raw import Raw


async def _type(socket: Raw, room: str, *, active: bool = True) -> None:
    await socket.send({"type": "typing", "room": room, "active": active})


async def _told(house: House) -> calls.TypingCall:
    """What presence is told next."""
    async with asyncio.timeout(10):
        return await house.presence.typing.get()


async def _nothing_told(house: House, socket: Raw) -> bool:
    """Whether presence was told nothing of what this socket has said until now."""
    await socket.nothing_more()
    await house.gateway.bus.flush()
    await house.peer.bus.flush()
    return house.presence.typing.empty()


async def _later(house: House, person: str, room: str) -> None:
    """Let the time pass after which another change counts."""
    house.gateway.announcer._typists._people[person][room].at -= limits.TYPING_CHANGE_SECONDS


async def test_typing_goes_to_presence_at_most_once_in_two_seconds(house: House) -> None:
    """For a person in a room, whichever of their devices says it; with the time it was said."""
    ada = user()
    room, other = await house.replica.room(ada), await house.replica.room(ada)
    async with house.socket(ada) as one, house.socket(ada) as two:
        await _type(one, room)
        first = await _told(house)
        assert (first.room, first.user, first.active) == (room, ada, True)
        assert abs(first.at_ms - clock.now_ms()) < 10_000
        await _type(one, room)
        await _type(one, room, active=False)
        await _type(one, other, active=False)
        assert await _nothing_told(house, one)
        await _type(two, room)
        assert await _nothing_told(house, two)
        await _type(one, other)
        assert (await _told(house)).room == other
        await _later(house, ada, room)
        await _type(two, room, active=False)
        end = await _told(house)
        assert (end.room, end.active) == (room, False)
        assert end.at_ms > first.at_ms
        assert house.metric('typing_total{outcome="let_by"}') == 4
        assert house.metric('typing_total{outcome="passed"}') == 3


async def test_only_members_type(house: House) -> None:
    """In a room that is not theirs, or is none, it is nobody's business: no answer is specified."""
    ada, bob = user(), user()
    room, own = await house.replica.room(ada), await house.replica.room(bob)
    async with house.socket(ada), house.socket(bob) as socket:
        await _type(socket, room)
        await _type(socket, "nowhere")
        await _type(socket, own)
        assert (await _told(house)).room == own
        assert await _nothing_told(house, socket)


async def test_ones_own_message_ends_typing_once_it_is_in_the_log(house: House) -> None:
    """Though less than two seconds have passed; a refused one ends nothing."""
    ada = user()
    room = await house.replica.room(ada)
    async with house.socket(ada) as socket:
        await _type(socket, room)
        begin = await _told(house)
        assert (await socket.say(room, ""))["type"] == "error"
        assert house.presence.typing.empty()
        await socket.say(room)
        end = await _told(house)
        assert (end.room, end.user, end.active) == (room, ada, False)
        assert end.at_ms > begin.at_ms
        await socket.say(room)
        assert await _nothing_told(house, socket)


async def test_the_end_of_a_socket_ends_what_was_typed_there(house: House) -> None:
    """Cut or closed; not what another device of theirs types; and nothing of it is kept."""
    ada = user()
    room, other = await house.replica.room(ada), await house.replica.room(ada)
    async with house.socket(ada) as one, house.socket(ada) as two:
        await _type(one, room)
        await _type(two, other)
        assert (await _told(house)).active
        assert (await _told(house)).active
        one.cut()
        end = await _told(house)
        assert (end.room, end.active) == (room, False)
    end = await _told(house)
    assert (end.room, end.active) == (other, False)
    await until(house.holds_nothing)
    await until(lambda: len(house.gateway.announcer) == 0)


async def test_a_large_room_passes_no_typing(house: House) -> None:
    """More than 200 members: as history says it, and as members come and go in the log."""
    ada, bob = user(), user()
    room = await house.replica.room(ada)
    async with house.socket(ada) as socket:
        entry = house.gateway.fanout.get(room)
        assert entry is not None
        assert entry.members == 1
        entry.members = limits.TYPING_MEMBERS
        await house.add(room, ada, bob)
        await socket.until("member.joined")
        await _type(socket, room)
        assert await _nothing_told(house, socket)
        assert house.metric('typing_total{outcome="large_room"}') == 1
        await house.remove(room, ada, bob)
        await socket.until("member.removed")
        await _type(socket, room)
        assert (await _told(house)).active
    async with house.socket(ada):
        entry = house.gateway.fanout.get(room)
        assert entry is not None
        assert entry.members == 1


async def test_whoever_is_let_in_brings_the_count(house: House) -> None:
    """Of a room that nobody here was in before."""
    ada, bob = user(), user()
    room = await house.replica.room(ada)
    async with house.socket(bob) as socket:
        await house.add(room, ada, bob)
        await socket.until("room.added")
        entry = house.gateway.fanout.get(room)
        assert entry is not None
        assert entry.members == 2


async def test_under_load_typing_is_shed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """When NATS takes too little, or nothing at all; nobody is told, and a message still goes."""
    ada = user()
    room = await house.replica.room(ada)
    async with house.socket(ada) as socket:
        with monkeypatch.context() as loaded:
            loaded.setattr(announcer, "PENDING_BYTES", -1)
            await _type(socket, room)
            assert await _nothing_told(house, socket)
        assert house.metric('typing_total{outcome="shed"}') == 1
        with monkeypatch.context() as full:

            def refuse(_subject: str, _data: bytes) -> None:
                raise Overloaded("as asked")

            full.setattr(house.gateway.bus, "publish", refuse)
            await _type(socket, room)
            assert await socket.nothing_more() == []
        assert house.metric('typing_total{outcome="shed"}') == 2
        with monkeypatch.context() as loaded:
            loaded.setattr(announcer, "PENDING_BYTES", -1)
            assert (await socket.say(room))["type"] == "ok"
        assert await _nothing_told(house, socket)


async def test_while_nats_is_away_typing_is_shed(house: House) -> None:
    """It would wait for the connection, and be untrue by then."""
    ada = user()
    room = await house.replica.room(ada)
    async with house.socket(ada) as socket:
        await house.way.cut()
        await until(lambda: not house.gateway.bus.connected)
        await _type(socket, room)
        assert await socket.nothing_more() == []
        await house.way.mend()
        await until(lambda: house.gateway.bus.connected)
        assert await _nothing_told(house, socket)


async def test_a_change_is_shown_to_everyone_else_in_the_room(house: House) -> None:
    """Once, in the order of revisions; not to the person's own devices, nor in other rooms."""
    ada, bob, cyd = user(), user(), user()
    room, _ = await house.replica.room(ada, bob), await house.replica.room(cyd)
    async with (
        house.socket(ada) as own,
        house.socket(bob) as one,
        house.socket(bob) as two,
        house.socket(cyd) as other,
    ):
        house.presence.types(room, ada, 5, active=True)
        house.presence.types(room, ada, 5, active=True)
        house.presence.types(room, ada, 4, active=False)
        for socket in (one, two):
            shown = await socket.until("typing")
            assert shown == {"type": "typing", "room": room, "user": ada, "active": True}
        house.presence.types(room, ada, 6, active=False)
        house.presence.types(room, ada, 5, active=True)
        for socket in (one, two):
            assert (await socket.until("typing"))["active"] is False
        await house.gateway.bus.flush()
        for socket in (own, one, two, other):
            assert await socket.nothing_more() == []


async def test_who_does_not_read_is_told_of_ends_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A beginning costs them something; an end that was left out would never come."""
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    async with house.socket(bob) as socket:
        house.presence.types(room, ada, 1, active=True)
        assert (await socket.until("typing"))["active"] is True
        monkeypatch.setattr(announcer, "OUTBOX_BYTES", -1)
        house.presence.types(room, ada, 2, active=False)
        assert (await socket.until("typing"))["active"] is False
        house.presence.types(room, ada, 3, active=True)
        house.presence.types(room, ada, 4, active=False)
        assert (await socket.until("typing"))["active"] is False


async def test_nobody_is_shown_for_ever(house: House) -> None:
    """The word of an end may be lost: after a loss, and after two minutes anyway, it is over."""
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    async with house.socket(bob) as socket:
        house.presence.types(room, ada, 1, active=True)
        await socket.until("typing", active=True)
        house.gateway.announcer.look(clock.monotonic() + SHOWN_SECONDS)
        await socket.until("typing", active=False)
        house.presence.types(room, ada, 2, active=True)
        await socket.until("typing", active=True)
        await house.way.cut()
        await socket.until("typing", active=False)
        assert await socket.nothing_more() == []
        house.gateway.announcer.look(clock.monotonic() + SHOWN_SECONDS)
        assert len(house.gateway.announcer) == 0


async def test_a_room_that_nobody_here_is_in_is_forgotten(house: House) -> None:
    """With all who typed there."""
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    async with house.socket(bob) as socket:
        house.presence.types(room, ada, 1, active=True)
        await socket.until("typing")
    await until(house.holds_nothing)
    await until(lambda: len(house.gateway.announcer) == 0)
