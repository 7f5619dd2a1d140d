"""A gateway that holds words of a message that is deleted: it gives them to nobody any more."""

from __future__ import annotations

import asyncio

from tests.gateway.running import House, until
from tests.history.running import user
from tests.nats_server import NatsServer
from tests.system.raw import Frame, key


async def delete(house: House, room: str, who: str, seq: int) -> None:
    """Delete a message; answered when it is gone everywhere."""
    answer = await house.replica.ask(who, "DELETE", f"/v1/rooms/{room}/messages/{seq}")
    assert answer.status_code == 204


def sync(room: str) -> Frame:
    """Ask for a room from its beginning."""
    return {"type": "sync", "id": "s", "room": room, "after": 0}


async def test_an_answered_deletion_is_in_the_next_sync(house: House) -> None:
    """At once, whether the gateway's tail has heard of it before or only now."""
    ada = user()
    room = await house.replica.room(ada)
    async with house.socket(ada) as socket:
        for n in range(20):
            seq = (await socket.say(room, f"secret {n}"))["result"]["seq"]
            await delete(house, room, ada, seq)
            synced = (await socket.ask(sync(room)))["result"]["events"]
            assert "secret" not in str(synced)
            assert synced[-1]["type"] == "message.deleted"


async def test_a_gateway_that_was_cut_off_has_nothing_to_give(house: House) -> None:
    """What it held of a message that was deleted meanwhile is in no resume, no sync, nor sent
    late: also not a message that it had not shown yet when it lost its connection."""
    ada, bob = user(), user()
    room = await house.replica.room(ada, bob)
    async with house.socket(bob) as witness:
        seq = (await witness.say(room, "secret"))["result"]["seq"]
        await until(lambda: house.holds(room) == seq)
        await house.way.cut()
        late = await house.peer.say(room, bob, "secret, too")
        await delete(house, room, bob, seq)
        await delete(house, room, bob, late)
        await house.way.mend()
        await until(lambda: house.gateway.bus.connected)
        async with house.socket(ada, resume={room: 1}) as again:
            await again.until("resumed", complete=True)
            kinds = [frame["type"] for frame in again.seen if "prev" in frame]
            assert kinds.count("message.deleted") == 2
            assert "secret" not in str(again.seen)
        synced = await witness.ask(sync(room))
        assert "secret" not in str(synced)
        before = [f for f in witness.seen if f["type"] == "message" and f["seq"] == seq]
        assert [frame["text"] for frame in before] == ["secret"]
        assert "secret, too" not in str(witness.seen)


async def test_mentions_are_left_out_where_history_is_away(house: House) -> None:
    """The message is said all the same, without waiting for long."""
    ada = user()
    room = await house.replica.room(ada)
    async with house.socket(ada) as socket:
        seq = (await socket.say(room, f"@{ada} @room"))["result"]["seq"]
        event = next(f for f in socket.seen if f.get("seq") == seq)
        assert (event["mentions"], event["everyone"]) == ([ada], True)
        await house.replica.history.pool.stop()
        seq = (await socket.say(room, f"@{ada} @room"))["result"]["seq"]
        event = next(f for f in socket.seen if f.get("seq") == seq)
        assert (event["mentions"], event["everyone"]) == ([], False)


async def test_a_retry_of_what_was_erased_is_known_though_the_log_has_forgotten_it(
    house: House, own_nats: NatsServer
) -> None:
    """A NATS server that starts again knows the keys of what it holds, and of nothing else."""
    ada = user()
    room = await house.replica.room(ada)
    frame = {"type": "send", "id": "1", "room": room, "key": key(-60_000), "text": "once"}
    async with house.socket(ada) as socket:
        first = (await socket.ask(frame))["result"]
        await delete(house, room, ada, first["seq"])
        await asyncio.to_thread(own_nats.kill)
        await asyncio.to_thread(own_nats.start)
        while (answer := await socket.ask(frame))["type"] == "error":
            assert answer["code"] == "unavailable"  # history is not back yet
        again = answer["result"]
    path, new = f"/v1/rooms/{room}/messages", {"key": frame["key"], "text": frame["text"]}
    posted = await house.replica.ask.ok(ada, "POST", path, new)
    assert (posted["seq"], posted["deleted"]) == (first["seq"], True)
    assert (again["seq"], again["duplicate"]) == (first["seq"], True)
