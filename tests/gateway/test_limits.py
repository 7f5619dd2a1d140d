"""What a gateway limits: sends of a person and into a room, and sockets of a person."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from websockets.exceptions import InvalidStatus

from proto import subjects, wire
from proto.codes import CloseCode
from proto.passing import Replaced
from tests.gateway.running import House, until
from tests.gateway.running import house as running_house
from tests.history.databases_postgres import copied
from tests.history.running import key, user
from tests.nats_server import NatsServer
from tests.servers import Servers

LIMITS = {
    "PARLEY_LIMIT_SENDS": "4/600",
    "PARLEY_LIMIT_SENDS_ROOM": "6/600",
    "PARLEY_LIMIT_SOCKETS": "2",
    "PARLEY_MAX_CONNECTIONS": "3",
}


@pytest.fixture
async def strict(servers: Servers, template: str, own_nats: NatsServer) -> AsyncIterator[House]:
    """Give a house with low limits. Its presence counts none: the gateway does so alone."""
    async with (
        copied(servers.postgres_url, template) as url,
        running_house(url, own_nats.url, **LIMITS) as started,
    ):
        yield started


async def test_sends_beyond_the_limit_are_refused_with_a_time(strict: House) -> None:
    """A person's own limit, then the room's; each is counted, and `ready` told of them."""
    ada, bob = user(), user()
    room = await strict.replica.room(ada, bob)
    other = await strict.replica.room(ada, bob)
    async with strict.socket(ada) as first, strict.socket(bob) as second:
        told = first.ready["limits"]
        assert (told["sends_per_10s"], told["room_sends_per_10s"], told["sockets"]) == (1, 1, 2)
        for number in range(4):
            assert (await first.say(room, f"a{number}"))["type"] == "ok"
        refused = await first.say(other, "a4")
        assert (refused["type"], refused["code"]) == ("error", "rate_limited")
        assert 0 < refused["retry_after_ms"] <= 630_000
        for number in range(2):
            assert (await second.say(room, f"b{number}"))["type"] == "ok"
        assert (await second.say(room, "b2"))["code"] == "rate_limited"
        assert (await second.say(other, "b3"))["type"] == "ok"
    assert strict.metric('limited_total{limit="sends"}') == 1
    assert strict.metric('limited_total{limit="sends_room"}') == 1


async def test_the_oldest_socket_makes_way(strict: House) -> None:
    """The new one is served and the oldest closed with 4503, here or elsewhere."""
    ada = user()
    async with (
        strict.socket(ada) as oldest,
        strict.socket(ada) as middle,
        strict.socket(ada) as newest,
    ):
        assert await oldest.close_code() == CloseCode.REPLACED
        # As presence says it when the newest one is on another gateway.
        told = Replaced(ada, [middle.ready["session"], "c_elsewhere"])
        strict.peer.bus.publish(subjects.user_passing(ada), wire.encode(told))
        assert await middle.close_code() == CloseCode.REPLACED
        await newest.send({"type": "ping"})
        await newest.until("pong")
    assert strict.metric('limited_total{limit="sockets"}') == 2


async def test_messages_over_both_ways_share_one_limit(strict: House) -> None:
    """Who has said all that they may on a socket says no more over HTTP, and the other way round,
    but for the one that each process lets through unasked."""
    await strict.presence.count()
    ada, bob = user(), user()
    room = await strict.replica.room(ada, bob)
    path = f"/v1/rooms/{room}/messages"

    async def post(who: str) -> int:
        form = {"key": key(), "text": "over HTTP"}
        return (await strict.replica.ask(who, "POST", path, form)).status_code

    async with strict.socket(ada) as first, strict.socket(bob) as second:
        for _ in range(4):
            assert (await first.say(room))["type"] == "ok"
        assert [await post(ada) for _ in range(3)][1:] == [429, 429]
        assert strict.presence.used["sends", ada] in (4, 5)
        # Of what may be said in that room little is left.
        other = await strict.replica.room(ada, bob)
        path = f"/v1/rooms/{other}/messages"
        assert [await post(bob) for _ in range(4)] == [201] * 4
        answers = [await second.say(other) for _ in range(3)]
        assert [answer.get("code") for answer in answers][1:] == ["rate_limited"] * 2


async def test_a_full_gateway_refuses_and_serves_those_it_has(strict: House) -> None:
    """503 with `Retry-After` before there is a socket; who leaves makes room."""
    ada = user()
    await strict.replica.room(ada)
    async with strict.socket(ada) as one, strict.socket(user()):
        async with strict.socket(user()):
            with pytest.raises(InvalidStatus) as refused:
                await strict.socket(user()).__aenter__()
            answer = refused.value.response
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
            assert json.loads(answer.body)["code"] == "unavailable"
            assert await one.nothing_more() == []
        await until(lambda: strict.gateway.gate.connections == 2)
        async with strict.socket(user()) as another:
            assert another.ready["type"] == "ready"
    assert strict.metric("refused_upgrades_total") == 1
