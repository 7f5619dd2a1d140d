"""Webhooks in the whole stack: from a room to a receiver and back, whatever is killed meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.listening import listening
from tests.local_stack import LocalStack
from tests.notify.test_hook import verifier
from tests.system.conftest import People
from tests.system.raw import Raw
from tests.trust import trust

PLENTY_SECONDS = 90.0


class Receiver:
    """A receiver as the documents describe it: it checks, drops doubles, and may be away."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self.port = 0
        self.away = False
        self.secret = ""
        self.bodies: dict[str, Any] = {}
        self.refused = 0
        self._changed = asyncio.Condition()

    async def met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            _, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            named = dict(line.split(": ", 1) for line in lines if line)
            headers = {name.title(): value for name, value in named.items()}
            body = await reader.readexactly(int(headers["Content-Length"]))
            status = 503 if self.away else self._take(headers, body)
            self.refused += status != 200
            writer.write(b"HTTP/1.1 %d As it is\r\nContent-Length: 0\r\n\r\n" % status)
            await writer.drain()
            async with self._changed:
                self._changed.notify_all()
        writer.close()

    def _take(self, headers: dict[str, str], body: bytes) -> int:
        if not verifier()(self.secret, body, headers, time.time()):
            return 401
        self.bodies.setdefault(headers["Parley-Delivery"], json.loads(body)["event"])
        return 200

    async def until(self, count: int) -> list[dict[str, Any]]:
        """Wait until so much was taken; the events by their places."""
        async with asyncio.timeout(PLENTY_SECONDS), self._changed:
            await self._changed.wait_for(lambda: len(self.bodies) >= count)
        return sorted(self.bodies.values(), key=lambda event: int(event["seq"]))

    async def until_refused(self) -> None:
        """Wait until something was not taken."""
        before = self.refused
        async with asyncio.timeout(PLENTY_SECONDS), self._changed:
            await self._changed.wait_for(lambda: self.refused > before)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Run a receiver."""
    receiver = Receiver()
    async with listening(receiver.met) as receiver.port:
        yield receiver


async def test_a_receiver_is_told_and_posts_back(
    stack: LocalStack, person: People, gateways: tuple[str, str]
) -> None:
    """A message, its edit and its deletion, signed by the secret of now; what came while the
    receiver was away or knew another secret is told once notify is killed and back, without a word
    of what was deleted; and what it posts is heard on every gateway."""
    ada = await person("ada")
    room = (await ada.api.create_room("private", name="Hooked")).id
    async with receiving() as receiver, Raw(gateways[1], ada.token) as socket:
        url = f"http://localhost:{receiver.port}/"
        made = await ada.api.make_webhook(room, "Archive", url=url)
        receiver.secret = made.secret
        seq = (await socket.say(room, "first"))["result"]["seq"]
        await receiver.until(1)
        await ada.api.edit_message(room, seq, "second")
        _, edited = await receiver.until(2)
        assert (edited["type"], edited["target"], edited["text"]) == (
            "message.edited",
            seq,
            "second",
        )
        renewed = await ada.api.renew_webhook(room, made.webhook.id)
        lost = (await socket.say(room, "a secret word"))["result"]["seq"]
        await receiver.until_refused()  # it still knows the former secret alone
        receiver.secret, receiver.away = renewed.secret, True
        await ada.api.delete_message(room, lost)
        old = await asyncio.to_thread(stack.kill, "notify")
        await asyncio.to_thread(stack.wait_restarted, "notify", old)
        receiver.away = False
        told = await receiver.until(4)
        assert [event["type"] for event in told] == [
            "message", "message.edited", "message", "message.deleted",
        ]  # fmt: skip
        assert told[2]["deleted"]
        assert "a secret word" not in json.dumps(receiver.bodies)
        incoming = await ada.api.make_webhook(room, "CI")
        async with httpx.AsyncClient(timeout=60, verify=trust()) as http:
            path = incoming.url.removeprefix(stack.url)
            answers = [
                await http.post(
                    f"{stack.url}{path}",
                    data={"payload": json.dumps({"text": "*green*"})},
                    headers={"idempotency-key": "build-7"},
                )
                for _ in range(2)
            ]
        assert [answer.text for answer in answers] == ["ok", "ok"]
        heard = await socket.until("message", text="**CI**\n**green**")
        assert heard["sender"] == ada.id
        await receiver.until(5)
