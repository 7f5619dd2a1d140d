"""PARLEY_ACK=stored: an `ok` says that the message is in Postgres, or it does not come."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest

from proto import subjects
from tests.auth.severed import Way, way_to
from tests.gateway.running import House, until
from tests.gateway.running import house as running_house
from tests.history.databases_postgres import copied, fetch
from tests.history.running import user
from tests.nats_server import NatsServer
from tests.servers import Servers
from tests.system.raw import Frame, Raw, key

GIVEN_UP_SECONDS = 1.0
HEARD = subjects.HISTORY_STORED


class Stored(NamedTuple):
    """A gateway that holds its answers, the way from history to Postgres, and the database."""

    house: House
    postgres: Way
    database: str


@pytest.fixture
async def stored(servers: Servers, template: str, own_nats: NatsServer) -> AsyncIterator[Stored]:
    """Give a gateway that answers once history has stored."""
    async with (
        copied(servers.postgres_url, template) as url,
        way_to(url) as way,
        running_house(way.url, own_nats.url, PARLEY_ACK="stored") as house,
    ):
        yield Stored(house, way, url)


def _send(room: str, number: int = 0, unique: str = "") -> Frame:
    frame = {"type": "send", "id": f"n{number}", "room": room, "text": f"number {number}"}
    return {**frame, "key": unique or key()}


async def _is_stored(database: str, seq: int) -> bool:
    return bool(await fetch(database, "SELECT seq FROM messages WHERE seq = $1", seq))


async def _answer(socket: Raw) -> Frame:
    while True:
        frame = await socket.receive()
        if frame["type"] in ("ok", "error"):
            return frame


async def test_an_ok_says_that_the_message_is_in_postgres(stored: Stored) -> None:
    """Whoever looks after it finds it there, each time."""
    ada = user()
    room = await stored.house.replica.room(ada)
    async with stored.house.socket(ada) as socket:
        for _ in range(5):
            answer = await socket.say(room)
            assert answer["result"]["duplicate"] is False
            assert await _is_stored(stored.database, answer["result"]["seq"])


async def test_without_postgres_there_is_no_ok_and_a_retry_gets_it(stored: Stored) -> None:
    """Members see what was said, as the log has it; the sender is told `timeout`. Once Postgres is
    back the same key is answered as a repetition, at the place that members saw."""
    house, ada, bob = stored.house, user(), user()
    house.gateway.holder.deadline_seconds = GIVEN_UP_SECONDS
    room = await house.replica.room(ada, bob)
    send = _send(room, unique=key())
    async with house.socket(ada) as socket, house.socket(bob) as other:
        await stored.postgres.cut()
        answer = await socket.ask(send)
        assert (answer["type"], answer["code"]) == ("error", "timeout")
        seen = await other.until("message", id=send["key"])
        await stored.postgres.mend()
        await house.replica.stored(seen["seq"])
        house.gateway.holder.deadline_seconds = 20.0
        again = await socket.ask(send)
        assert again["result"] == {"seq": seen["seq"], "ts": seen["ts"], "duplicate": True}
        assert await _is_stored(stored.database, seen["seq"])
        assert [frame for frame in await other.nothing_more() if frame["type"] == "message"] == []


async def test_answers_held_for_a_room_keep_the_order_of_its_sends(stored: Stored) -> None:
    """One send does not wait for the answer of the one before: they go into the log at once."""
    house, ada = stored.house, user()
    room = await house.replica.room(ada)
    writer = house.replica.part("writer")
    async with house.socket(ada) as socket:
        await writer.stop()
        for number in range(20):
            await socket.send(_send(room, number))
        await until(lambda: len(house.gateway.holder) == 20)
        await writer.start()
        answers = [await _answer(socket) for _ in range(20)]
    assert [answer["id"] for answer in answers] == [f"n{number}" for number in range(20)]
    seqs = [answer["result"]["seq"] for answer in answers]
    assert seqs == sorted(seqs)


async def test_a_refusal_does_not_overtake_an_answer_that_is_held(stored: Stored) -> None:
    """Of one room: who was removed is refused within 2 s, and hears of what they said before first,
    though that takes longer."""
    house, ada, bob = stored.house, user(), user()
    house.gateway.holder.deadline_seconds = 4.0
    room = await house.replica.room(ada, bob)
    async with house.socket(bob) as socket:
        await house.replica.part("writer").stop()
        await socket.send(_send(room, 1))
        await until(lambda: len(house.gateway.holder) == 1)
        await house.remove(room, ada, bob)
        await socket.until("member.removed")
        await socket.send(_send(room, 2))
        answers = [await _answer(socket) for _ in range(2)]
    assert [(answer["id"], answer["code"]) for answer in answers] == [
        ("n1", "timeout"),
        ("n2", "unavailable"),
    ]


async def test_who_leaves_while_an_answer_is_held_leaves_nothing_behind(stored: Stored) -> None:
    """The message is stored all the same; nobody is answered."""
    house, ada = stored.house, user()
    room = await house.replica.room(ada)
    async with house.socket(ada) as socket:
        await house.replica.part("writer").stop()
        await socket.send(_send(room, unique=key()))
        await until(lambda: len(house.gateway.holder) == 1)
        socket.cut()
    await until(house.holds_nothing)
    await house.replica.part("writer").start()
    await until(lambda: len(house.gateway.holder) == 0)
    query = "SELECT count(*) FROM messages WHERE room = $1"
    assert await fetch(stored.database, query, room) == [(1,)]


async def test_a_word_of_history_that_is_lost_costs_a_second(stored: Stored) -> None:
    """What was stored while the gateway heard nothing is answered when it hears again."""
    house, ada = stored.house, user()
    room = await house.replica.room(ada)
    async with house.socket(ada) as socket:
        assert (await socket.say(room))["type"] == "ok"
        house.gateway.holder._subjects.remove(HEARD)
        await house.gateway.bus.flush()
        await socket.send(_send(room, unique=key()))
        await until(lambda: len(house.gateway.holder) == 1)
        seq = (await house.peer.log.state()).last_seq
        await house.replica.stored(seq)
        assert len(house.gateway.holder) == 1
        house.gateway.holder._subjects.add(HEARD)
        assert (await _answer(socket))["result"]["seq"] == seq


async def test_what_is_no_position_is_ignored(stored: Stored) -> None:
    """And what comes after it is heard."""
    house, ada = stored.house, user()
    room = await house.replica.room(ada)
    for data in (b"", b"{}", b'{"seq":-1}', b'{"seq":"\xff"}', os.urandom(20)):
        house.peer.bus.publish(HEARD, data)
    async with house.socket(ada) as socket:
        assert (await socket.say(room))["type"] == "ok"
