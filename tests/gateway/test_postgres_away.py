"""Postgres is away: chat goes on as long as the log has room, and all mends itself afterwards."""

from __future__ import annotations

import asyncio
import random
import string
from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest

from tests.auth.severed import Way, way_to
from tests.gateway.running import WAIT_SECONDS, House
from tests.gateway.running import house as running_house
from tests.history.databases_postgres import copied, fetch
from tests.history.running import user
from tests.history.tokens_jwt import token
from tests.nats_server import NatsServer
from tests.servers import Servers
from tests.system.raw import Frame, Raw

LOG_BYTES = 1_048_576
TEXT = "".join(random.Random(1).choices(string.ascii_letters, k=10_000))  # noqa: S311 - no secret
"""Nothing that the log's compression makes small: a hundred of them fill it."""


class Small(NamedTuple):
    """A gateway and a history with a small log, the way to Postgres, and the database itself."""

    house: House
    postgres: Way
    database: str


@pytest.fixture
async def small(servers: Servers, template: str, own_nats: NatsServer) -> AsyncIterator[Small]:
    """Give Parley with a log of one MiB."""
    limit = str(LOG_BYTES)
    async with (
        copied(servers.postgres_url, template) as url,
        way_to(url) as way,
        running_house(way.url, own_nats.url, PARLEY_LOG_MAX_BYTES=limit) as house,
    ):
        yield Small(house, way, url)


async def _fill(socket: Raw, other: Raw, room: str) -> tuple[list[int], Frame]:
    """Say something until it is refused: the places of what was taken, which the other one saw
    too, and the refusal."""
    seqs: list[int] = []
    while (answer := await socket.say(room, TEXT))["type"] == "ok":
        seqs.append(answer["result"]["seq"])
        assert (await other.until("message"))["seq"] == seqs[-1]
    return seqs, answer


async def test_living_sockets_chat_on_and_new_ones_are_sent_away(small: Small) -> None:
    """Who is here sends and receives; who says hello is closed with 4003, and let in afterwards,
    with everything that was said."""
    house, ada, bob = small.house, user(), user()
    room = await house.replica.room(ada, bob)
    async with house.socket(ada) as one, house.socket(bob) as two:
        await small.postgres.cut()
        seqs = []
        for _ in range(3):
            seqs.append((await one.say(room))["result"]["seq"])
            assert (await two.until("message"))["seq"] == seqs[-1]
        async with Raw(house.url) as new:
            await new.send({"type": "hello", "token": token(bob)})
            assert await new.close_code() == 4003
        assert (await two.say(room))["type"] == "ok"
        await small.postgres.mend()
        await house.replica.stored(seqs[-1])
    async with house.socket(bob, resume={room: seqs[0]}) as back:
        assert (await back.until("resumed"))["complete"] is True
        came = [frame["seq"] for frame in back.seen if frame["type"] == "message"]
        assert came[:2] == seqs[1:]


async def test_a_log_that_ran_full_takes_messages_again_by_itself(small: Small) -> None:
    """`unavailable` with a time to wait while Postgres is away; once it is back sends resume by
    themselves. What was acknowledged is stored once, what was refused is nowhere."""
    house, ada, bob = small.house, user(), user()
    room = await house.replica.room(ada, bob)
    async with house.socket(ada) as one, house.socket(bob) as two:
        await small.postgres.cut()
        seqs, refusal = await _fill(one, two, room)
        assert (refusal["code"], refusal["retry_after_ms"]) == ("unavailable", 1_000)
        assert (await two.say(room, TEXT))["code"] == "unavailable"
        await small.postgres.mend()
        async with asyncio.timeout(WAIT_SECONDS):
            while (answer := await one.say(room, TEXT))["type"] != "ok":  # noqa: ASYNC110 - as a client does
                await asyncio.sleep(0.1)
        seqs.append(answer["result"]["seq"])
        await house.replica.stored(seqs[-1])
        assert (await two.until("message"))["seq"] == seqs[-1]
    query = "SELECT seq FROM messages WHERE room = $1 ORDER BY seq"
    assert await fetch(small.database, query, room) == [(seq,) for seq in seqs]
