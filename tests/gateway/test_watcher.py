"""What is done about losses, on a way to NATS that is cut: all of it, whatever fails meanwhile."""

from __future__ import annotations

import asyncio

import pytest
from websockets.exceptions import ConnectionClosed

from proto import calls, subjects, wire
from services import clock
from tests.gateway.running import Fault, House, Pause, until
from tests.history.running import until as eventually
from tests.history.running import user
from tests.history.tokens_jwt import token
from tests.system.raw import Raw


async def _lose_nats(house: House) -> None:
    await house.way.cut()
    await until(lambda: not house.gateway.bus.connected)


@pytest.mark.parametrize("error", [RuntimeError("as asked"), ValueError("as asked")])
async def test_a_fault_of_our_own_does_not_end_the_watch(house: House, error: Exception) -> None:
    """It is tried again: nobody else would ask for what was missed."""
    fanout = house.gateway.fanout
    fault = Fault(fanout, "check", error, 1)
    await _lose_nats(house)
    await house.way.mend()
    await until(lambda: fault.times == 0)
    again = Pause(fanout, "check")
    async with asyncio.timeout(10):
        await again.answered.wait()
    again.end()


async def test_who_was_signed_out_while_nats_was_away_is_closed_when_it_is_back(
    house: House,
) -> None:
    """4501, and how long it took is counted; a hello meanwhile is not answered before."""
    ada, bob = user(), user()
    revoked = calls.Revoked(bob, f"session-of-{bob}", clock.now_ms())
    told = asyncio.Event()

    async def ask(_since_ms: int) -> calls.RevocationsReply:
        await told.wait()
        return calls.RevocationsReply([revoked])

    async with house.socket(ada) as other, house.socket(bob) as socket:
        await _lose_nats(house)
        house.gateway.revocations._ask = ask  # type: ignore[method-assign, assignment]
        await house.way.mend()
        await until(lambda: house.gateway.bus.connected)
        late = house.socket(bob)
        entering = asyncio.create_task(late.__aenter__())
        assert not await other.nothing_more()
        assert not late.seen
        told.set()
        assert await socket.close_code() == 4501
        await asyncio.wait((entering,))
        assert entering.exception() is not None
        assert await late.close_code() == 4501
        assert [frame["type"] for frame in late.seen] == ["error"]
    assert house.metric('kick_seconds_count{why="revoked"}') == 1


@pytest.mark.parametrize(("scope", "code"), [("read", "forbidden"), ("read send", "not_found")])
async def test_a_bot_that_may_only_listen_says_nothing(house: House, scope: str, code: str) -> None:
    """Its send is refused before the room is looked at; that it types is told to nobody, and its
    read mark stays where it is."""
    ada, bot = user(), user()
    room = await house.replica.room(ada, bot)
    seq = await house.peer.say(room, ada)
    async with Raw(house.url, token(bot, scope=scope)) as socket:
        await socket.send({"type": "read", "room": room, "seq": seq})
        assert (await socket.say("nowhere"))["code"] == code

    async def has_read() -> bool:
        found = await house.replica.ask.ok(ada, "GET", f"/v1/rooms/{room}/receipts")
        marks = {one["user"]: one["read_seq"] for one in found["receipts"]}
        return bool(marks[bot] == seq)

    if "send" in scope:
        await eventually(has_read)
    else:
        assert not await has_read()


async def test_a_bot_that_may_not_listen_gets_no_socket(house: House) -> None:
    """4500 with the reason; what it may say it says over HTTP."""
    socket = Raw(house.url, token(user(), scope="send"))
    with pytest.raises(ConnectionClosed):
        await socket.__aenter__()
    assert await socket.close_code() == 4500
    assert "scope read" in socket.seen[0]["message"]


async def test_a_room_joined_while_nats_was_away_is_found(house: House) -> None:
    """Word of it was lost, and no event of a followed room tells of it: history is asked."""
    ada, bob = user(), user()
    room = await house.replica.room(ada)
    async with house.socket(bob) as socket:
        await _lose_nats(house)
        await house.add(room, ada, bob)
        await house.way.mend()
        assert (await socket.until("room.added"))["room"]["id"] == room
        said = await house.peer.say(room, ada)
        assert (await socket.until("message"))["seq"] == said


async def test_a_removal_while_nats_was_away_takes_effect(house: House) -> None:
    """At its place in the log: the member sees it, and nothing after it."""
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    async with house.socket(bob) as socket:
        await _lose_nats(house)
        before = await house.peer.say(room, ada, "before")
        await house.remove(room, ada, bob)
        await house.peer.say(room, ada, "after")
        await house.way.mend()
        assert (await socket.until("message"))["seq"] == before
        assert (await socket.until("member.removed"))["user"] == bob
        assert (await socket.say(room))["code"] == "not_found"
        assert not [frame for frame in socket.seen if frame.get("text") == "after"]


async def test_a_session_revoked_during_the_greeting_is_closed(house: House) -> None:
    """4501 before `ready`: the token was good when it was checked."""
    bob = user()
    pause = Pause(house.gateway.greeter._asker, "rooms_of")
    socket = house.socket(bob)
    entering = asyncio.create_task(socket.__aenter__())
    async with asyncio.timeout(10):
        await pause.answered.wait()
    revoked = calls.Revoked(bob, f"session-of-{bob}", clock.now_ms())
    house.peer.bus.publish(subjects.AUTH_REVOKED, wire.encode(revoked))
    await asyncio.wait((entering,))
    pause.end()
    assert entering.exception() is not None
    assert await socket.close_code() == 4501
    assert not socket.seen
    await until(house.holds_nothing)
