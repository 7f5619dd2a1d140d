"""The upgrade and the hello: who gets a `ready`. Bad ones: `test_bad_input_connections`."""

from __future__ import annotations

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tests.local_stack import LocalStack
from tests.system.conftest import People
from tests.system.raw import Raw
from tests.trust import trust


def _socket(url: str) -> str:
    return url.replace("http", "ws", 1) + "/v1/ws"


async def test_ready_tells_the_state(stack: LocalStack, person: People) -> None:
    """Who one is, which rooms, and the limits in force."""
    ada = await person("ada")
    room = await ada.api.create_room("public", name="Tea", topic="hot")
    async with Raw(stack.url, ada.token) as socket:
        ready = socket.ready
    assert ready["user"] == {
        "id": ada.id, "username": ada.username, "display_name": ada.username,
    }  # fmt: skip
    (known,) = ready["rooms"]
    assert (known["id"], known["kind"], known["name"]) == (room.id, "public", "Tea")
    assert (known["role"], known["unread"], known["mentions"]) == ("owner", 0, 0)
    assert known["last_seq"] >= known["read_seq"] > 0
    assert ready["heartbeat_ms"] == 25_000
    assert ready["limits"]["frame_bytes"] == 65_536
    assert ready["limits"]["text_bytes"] == 16_384


async def test_the_subprotocol_is_named_only_if_asked_for(stack: LocalStack) -> None:
    """A client that offers none speaks `parley.v1`, and the answer names none."""
    async with connect(_socket(stack.url)) as silent:
        assert silent.subprotocol is None
    async with connect(
        _socket(stack.url), subprotocols=[Subprotocol("x"), Subprotocol("parley.v1")]
    ) as asking:
        assert asking.subprotocol == "parley.v1"


async def test_an_unknown_subprotocol_is_refused(stack: LocalStack) -> None:
    """With 400, before there is a socket."""
    with pytest.raises(InvalidStatus) as refused:
        await connect(_socket(stack.url), subprotocols=[Subprotocol("soap")])
    assert refused.value.response.status_code == 400


async def test_a_plain_request_is_told_to_upgrade(stack: LocalStack) -> None:
    """426, with problem details."""
    async with httpx.AsyncClient(timeout=30, verify=trust()) as http:
        answer = await http.get(stack.url + "/v1/ws")
    assert answer.status_code == 426
    assert answer.headers["content-type"] == "application/problem+json"


async def test_frames_before_ready_are_answered_after_it(stack: LocalStack, person: People) -> None:
    """A client need not wait."""
    ada = await person("ada")
    async with Raw(stack.url) as socket:
        await socket.send({"type": "hello", "token": ada.token})
        await socket.send({"type": "ping"})
        assert [(await socket.receive())["type"] for _ in range(2)] == ["ready", "pong"]


async def test_a_second_hello_is_a_conflict(stack: LocalStack, person: People) -> None:
    """And costs nothing else."""
    ada = await person("ada")
    async with Raw(stack.url, ada.token) as socket:
        await socket.send({"type": "hello", "token": ada.token})
        assert (await socket.receive())["code"] == "conflict"
        assert await socket.nothing_more() == []


async def test_a_fresh_token_is_taken_on_a_living_connection(
    stack: LocalStack, person: People
) -> None:
    """`auth` answers how long it lasts; somebody else's token is refused, and nothing ends."""
    ada, bob = await person("ada"), await person("bob")
    async with Raw(stack.url, ada.token) as socket:
        answer = await socket.ask({"type": "auth", "id": "1", "token": ada.token})
        assert 800_000 < answer["result"]["expires_in_ms"] <= 900_000
        for bad in (bob.token, "x"):
            answer = await socket.ask({"type": "auth", "id": "2", "token": bad})
            assert answer["code"] == "unauthorized"
        assert await socket.nothing_more() == []
