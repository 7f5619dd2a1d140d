"""Rooms on a real log: what is lost on the way is found, and what cannot be read costs nothing."""

from __future__ import annotations

import asyncio
from statistics import median

import pytest

from gateway import watcher
from proto import limits, subjects
from services import clock
from tests.gateway.peer import connected, masked
from tests.gateway.running import House, until
from tests.history.running import user
from tests.history.tokens_jwt import token
from tests.nats_server import NatsServer
from tests.system.raw import Raw, key


async def _take(socket: Raw, *texts: str) -> list[int]:
    """Read exactly these messages, in this order; gives their places."""
    places = []
    for text in texts:
        event = await socket.until("message")
        assert event["text"] == text
        places.append(event["seq"])
    return places


async def test_sockets_outlive_nats(house: House, own_nats: NatsServer) -> None:
    """NATS is killed and comes back: no socket closes, a send meanwhile is acknowledged, and what
    was said is seen once, in order."""
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    async with house.socket(ada) as one, house.socket(bob) as other:
        first = (await one.say(room, "before"))["result"]["seq"]
        await asyncio.to_thread(own_nats.kill)
        frame = {"type": "send", "id": "1", "room": room, "key": key(), "text": "meanwhile"}
        await one.send(frame)
        await asyncio.to_thread(own_nats.start)
        second = (await one.until("ok", id="1"))["result"]
        assert second["duplicate"] is False
        third = (await one.say(room, "after"))["result"]["seq"]
        assert await _take(other, "before", "meanwhile", "after") == [first, second["seq"], third]
        assert await other.nothing_more() == []


async def test_a_send_that_the_log_never_takes_times_out(
    house: House, own_nats: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`timeout` when the time for it is over; a retry with its key is one message."""
    monkeypatch.setattr(limits, "SEND_DEADLINE_SECONDS", 0.5)
    ada = user()
    room = await house.replica.room(ada)
    frame = {"type": "send", "id": "1", "room": room, "key": key(), "text": "once"}
    async with house.socket(ada) as socket:
        await asyncio.to_thread(own_nats.kill)
        assert (await socket.ask(frame))["code"] == "timeout"
        await asyncio.to_thread(own_nats.start)
        while (answer := await socket.ask(frame))["type"] == "error":
            assert answer["code"] in ("timeout", "unavailable")
        if not any(frame["type"] == "message" for frame in socket.seen):
            await socket.until("message")
        await socket.nothing_more()
        shown = [frame["seq"] for frame in socket.seen if frame["type"] == "message"]
        assert shown == [answer["result"]["seq"]]


async def test_what_was_said_while_nats_was_out_of_reach_is_healed(house: House) -> None:
    """The gateway alone is cut off: what others publish meanwhile comes as soon as it is back,
    also in a room where nothing follows that would show the hole."""
    ada, bob = user(), user()
    room, quiet = await house.replica.room(ada, bob), await house.replica.room(ada, bob)
    async with house.socket(bob) as socket:
        await house.way.cut()
        await until(lambda: not house.gateway.bus.connected)
        said = [await house.peer.say(room, ada, text) for text in ("a", "b")]
        said.append(await house.peer.say(quiet, ada, "c"))
        await house.way.mend()
        seen = [await socket.until("message") for _ in said]
        assert sorted(event["seq"] for event in seen) == said
        assert [event["text"] for event in seen if event["room"] == room] == ["a", "b"]
        await house.peer.say(room, ada, "d")
        await _take(socket, "d")
        assert await socket.nothing_more() == []


async def test_a_cut_during_the_healing_costs_no_socket(house: House) -> None:
    """A hole that cannot be read just now is tried again, not given up."""
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    async with house.socket(bob) as socket:
        entry = house.gateway.fanout.get(room)
        assert entry is not None
        _deafen(house, room)
        missed = await house.peer.say(room, ada, "missed")
        await house.way.cut()
        await until(lambda: not house.gateway.bus.connected)
        healing = asyncio.create_task(house.gateway.fanout.reach([(entry, missed)]))
        await asyncio.wait((healing,))
        assert healing.exception() is not None
        # As the next event would show it.
        house.gateway.fanout._release_events(entry, entry.room.accept(missed + 1, missed, _BODY))
        assert entry.healing is not None
        await asyncio.sleep(0)
        await house.way.mend()
        await _take(socket, "missed", "next")
        assert house.metric("gaps_lost_total") == 0


async def test_what_is_lost_is_found_by_a_sign_or_by_a_look(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NATS may drop what it passes on. A report of that is believed at once; without any, each room
    is compared with the log by itself, all of them within a minute."""
    assert watcher._ROUND * watcher._LOOK_SECONDS <= 60
    monkeypatch.setattr(watcher, "_LOOK_SECONDS", 0.01)
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    async with house.socket(bob) as socket:
        _deafen(house, room)
        await house.peer.say(room, ada, "told of")
        house.gateway.bus._tell("slow_consumer")
        await _take(socket, "told of")
        assert house.metric('bus_losses_total{reason="slow_consumer"}') == 1
        await house.peer.say(room, ada, "silent")
        await _take(socket, "silent")
        assert house.metric("gaps_healed_total") == 2


async def test_a_look_where_nothing_is_lost_reads_nothing(house: House) -> None:
    """Healing is counted, and so has to mean something."""
    ada = user()
    room = await house.replica.room(ada)
    async with house.socket(ada) as socket:
        await socket.say(room)
        await house.gateway.fanout.check(house.gateway.fanout.entries())
        assert house.metric("gaps_healed_total") == 0


async def test_what_cannot_be_read_costs_nothing_else(house: House) -> None:
    """On a passing subject, on a live one, in the log itself: it is set aside, by `sync`, too."""
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    junk = (b"", b"null", b"{", b"\xff", b'{"type":"\xff"}', b'{"type":"message","room"')
    async with house.socket(bob) as socket:
        held = socket.ready["rooms"][0]["last_seq"]
        for data in junk:
            house.peer.bus.publish(subjects.room_passing(room), data)
            house.peer.bus.publish(subjects.user_passing(bob), data)
            house.peer.bus.publish(subjects.room_live(room), data)
            house.peer.bus.publish(subjects.AUTH_REVOKED, data)
            await house.peer.log.publish(subjects.room_log(room), data, f"junk-{data.hex()}")
        last = await house.peer.say(room, ada, "still here")
        assert (await socket.until("message"))["seq"] == last
        assert await socket.nothing_more() == []
        answer = await socket.ask({"type": "sync", "id": "1", "room": room, "after": held})
        assert [event["seq"] for event in answer["result"]["events"]] == [last]
        assert house.metric('bus_losses_total{reason="slow_consumer"}') == 0
        assert house.metric("gaps_lost_total") == 0
    async with house.socket(bob, resume={room: held}) as again:
        assert (await again.until("message"))["seq"] == last
        assert (await again.until("resumed"))["complete"] is True


async def test_a_room_given_up_closes_also_who_was_about_to_enter(house: House) -> None:
    """They hold the room but are not attached yet: silence would be the worst answer."""
    ada = user()
    room = await house.replica.room(ada)
    fanout = house.gateway.fanout
    async with house.socket(ada) as socket:
        (connection,) = house.gateway.roster.connections
        entry = fanout.hold(room)
        fanout.detach(entry, connection)
        fanout._lose(entry)
        assert not connection.is_over
        fanout.attach(entry, connection)
        assert await socket.close_code() == 4002
        fanout.release(entry)
    await until(house.holds_nothing)


async def test_who_does_not_read_is_closed_and_nobody_else(house: House) -> None:
    """4001 when 1 MiB waits; the others of the room get everything, no later than without them."""
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    text, said = "x" * 16_000, 0
    beside: list[float] = []
    alone: list[float] = []
    async with house.socket(ada) as socket, connected(house.gateway.http.port, 4_096) as slow:
        await slow.open()
        slow.send(masked(1, f'{{"type":"hello","token":"{token(bob)}"}}'.encode()))
        await until(lambda: house.gateway.roster.get(bob) is not None)
        await until(lambda: all(c.is_live for c in house.gateway.roster.connections))
        person = house.gateway.roster.get(bob)
        assert person is not None
        (one,) = person.connections
        while one.socket.is_open or len(alone) < 50:
            began = clock.monotonic()
            await house.peer.say(room, ada, f"{said}{text}")
            assert (await socket.until("message"))["text"].startswith(f"{said}x")
            (beside if one.socket.is_open else alone).append(clock.monotonic() - began)
            said += 1
            assert said < 4_000
        # Where the fast wait for the slow it is seconds; the rest is the machine's own noise.
        assert median(beside) < 3 * median(alone) + 0.02
        await house.peer.say(room, ada, "still here")
        await _take(socket, "still here")
        await until(lambda: bool(house.metric('closes_total{code="4001"}')))
        assert house.gateway.roster.get(bob) is None


_BODY = (
    b'{"type":"message","room":"r","ts":1,"id":"k","sender":"u","sender_name":"U","text":"next"}'
)


def _deafen(house: House, room: str) -> None:
    """Have NATS pass nothing of a room on to this gateway, without anybody knowing."""
    assert house.gateway.fanout._subjects.remove(subjects.room_live(room))
