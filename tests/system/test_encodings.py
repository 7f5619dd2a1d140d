"""MessagePack and compression: the same conversation in other bytes, beside those who have JSON."""

from __future__ import annotations

import asyncio

import pytest
from parley_sdk import JSON, MSGPACK, Client, Encoding, Item, Message
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.bad_input.frames import PACKED
from tests.local_stack import LocalStack
from tests.system.conftest import People
from tests.system.raw import Packed

TEXT = "Grüße! " * 200


async def _heard(client: Client, count: int) -> list[Item]:
    """The next messages."""
    found: list[Item] = []
    async with asyncio.timeout(60):
        async for event in client.events():
            if isinstance(event, Message):
                found.append(event)
            if len(found) == count:
                break
    return found


@pytest.mark.parametrize("compress", [False, True])
async def test_people_of_both_encodings_share_a_room(
    stack: LocalStack, person: People, compress: bool,  # noqa: FBT001 - a parameter of the test
) -> None:  # fmt: skip
    """Both see both's messages as equal events, short and long; who comes back is told the rest,
    by the replay and by `sync`."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("public", name="Tea")).id
    await bob.api.join(room)

    def client(token: str, encoding: Encoding, resume: dict[str, int] | None = None) -> Client:
        return Client(stack.url, token, encoding=encoding, compress=compress, resume=resume)

    async with client(ada.token, MSGPACK) as one, client(bob.token, JSON) as other:
        held = (await one.send(room, "short")).seq
        await other.send(room, TEXT)
        seen = await _heard(one, 2)
        assert await _heard(other, 2) == seen
        assert [event.text for event in seen if isinstance(event, Message)] == ["short", TEXT]
    for encoding in (MSGPACK, JSON):
        async with client(ada.token, encoding, {room: held}) as again:
            assert await _heard(again, 1) == seen[1:]
            page = await again.sync(room, held)
            assert page.events == seen[1:]


async def test_the_first_subprotocol_that_is_known_is_spoken(stack: LocalStack) -> None:
    """A client names what it prefers first."""
    url = stack.url.replace("http", "ws", 1) + "/v1/ws"
    for names in (
        ["parley.v9", "parley.v1.msgpack", "parley.v1"],
        ["parley.v1", "parley.v1.msgpack"],
    ):
        async with connect(url, subprotocols=[Subprotocol(name) for name in names]) as socket:
            assert socket.subprotocol == next(n for n in names if n != "parley.v9")


async def test_bad_messages_are_answered_and_cost_nothing_else(
    stack: LocalStack, person: People
) -> None:
    """Each by the documented code, in MessagePack; the next frame goes through."""
    ada = await person("ada")
    for start in range(0, len(PACKED), 8):
        async with Packed(stack.url, ada.token) as socket:
            for case in PACKED[start : start + 8]:
                await socket.send_as_is(case.sent)  # type: ignore[arg-type] # none is a dict
                error = await socket.until("error")
                assert (error["code"], error.get("field")) == (case.code, case.field), case.name
            assert await socket.nothing_more() == []


async def test_ten_of_them_in_a_minute_close(stack: LocalStack, person: People) -> None:
    """As in JSON: 4510."""
    ada = await person("ada")
    async with Packed(stack.url, ada.token) as socket:
        for _ in range(15):
            await socket.send_as_is(b"\xc1")
        assert await socket.close_code() == 4510
