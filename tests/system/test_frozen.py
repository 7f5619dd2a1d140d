"""A gateway that stands still and goes on later: what lies in it is not said behind one's back."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.local_stack import LocalStack
from tests.system.conftest import People
from tests.system.raw import Raw, key


@asynccontextmanager
async def frozen(stack: LocalStack, name: str) -> AsyncIterator[None]:
    """Let a process stand still meanwhile."""
    pid = stack.processes[name].pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_what_was_refused_elsewhere_is_not_said_by_a_gateway_that_wakes(
    stack: LocalStack, person: People, gateways: tuple[str, str]
) -> None:
    """A send lies in a frozen gateway while its sender is removed, and told so by another one: the
    first one refuses it too when it goes on, and it stands nowhere."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("public", name="Tea", members=[bob.id])).id
    send = {"type": "send", "id": "1", "room": room, "key": key(), "text": "late"}
    async with Raw(gateways[0], bob.token) as held, Raw(gateways[1], ada.token) as watching:
        assert (await held.say(room, "before"))["type"] == "ok"
        await watching.until("message", text="before")
        async with frozen(stack, "gateway-1"):
            await held.send(send)
            await ada.api.remove_member(room, bob.id)
            await watching.until("member.removed")
            async with Raw(gateways[1], bob.token) as other:
                assert (await other.ask(send))["code"] == "forbidden"
            # Longer than a view of who is in the room is trusted.
            await asyncio.sleep(2.0)
        answer = await held.until("error", id="1")
        assert answer["code"] == "forbidden"
        await watching.say(room, "after")
        await watching.nothing_more()
    texts = [frame["text"] for frame in watching.seen if frame["type"] == "message"]
    assert texts == ["before", "after"]
