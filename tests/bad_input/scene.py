"""The scene of the tests: witnesses who talk on both gateways, beside one who errs."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from parley_sdk import Api

from tests.bad_input.places import KEY, LATE_KEY, OTHER, OWN, PRIVATE, PUBLIC, ROOM, SAID, USER
from tests.local_stack import LocalStack
from tests.system.conftest import PASSWORD
from tests.system.raw import Frame, Raw, key

PACE_SECONDS = 0.05
CASE_SECONDS = 40.0


class Witnesses:
    """Two members of a room, each on another gateway, who lose nothing whatever others do."""

    def __init__(self, room: str, one: Raw, other: Raw) -> None:
        """Both are `ready` and members already."""
        self._room = room
        self._pair = (one, other)

    @asynccontextmanager
    async def undisturbed(self, seconds: float = CASE_SECONDS) -> AsyncIterator[None]:
        """Talk while and after what happens inside happens; fail if a word is lost or doubled.

        Raises:
            TimeoutError: what happens inside lasts longer: since words keep coming, waiting for
                what never comes would not end by itself.
        """
        over = asyncio.Event()
        talk = asyncio.create_task(self._talk(over))
        try:
            async with asyncio.timeout(seconds):
                yield
        finally:
            over.set()
            await talk
        await self._exchange()
        for socket in self._pair:
            _check(socket.seen, self._room)

    async def _talk(self, over: asyncio.Event) -> None:
        while not over.is_set():
            await self._exchange()
            try:
                await asyncio.wait_for(over.wait(), PACE_SECONDS)
            except TimeoutError:
                continue

    async def _exchange(self) -> None:
        """Each says a word that the other one hears."""
        for speaker, listener in (self._pair, self._pair[::-1]):
            answer = await speaker.say(self._room, "word")
            assert answer["type"] == "ok", answer
            seq = answer["result"]["seq"]
            await heard(listener, seq)


async def heard(socket: Raw, seq: int) -> Frame:
    """The message at a place, which may have come before the answer to who sent it."""
    for frame in reversed(socket.seen):
        if frame["type"] == "message" and frame["seq"] == seq:
            return frame
    return await socket.until("message", seq=seq)


def _check(seen: list[Frame], room: str) -> None:
    """Every event names the one before it, so a hole, a double or a swap shows."""
    events = [frame for frame in seen if frame.get("room") == room and "prev" in frame]
    for before, after in itertools.pairwise(events):
        assert after["prev"] == before["seq"], "an event was lost or came twice"
    kinds = {frame["type"] for frame in seen}
    assert kinds <= {"ready", "ok", "message", "read", "user.updated", "notification"}, kinds
    del seen[:-50]


class Scene:
    """What the cases are tried with."""

    def __init__(
        self, stack: LocalStack, witnesses: Witnesses, token: str, known: dict[str, str]
    ) -> None:
        """`token` is that of the one who errs."""
        self.stack = stack
        self.witnesses = witnesses
        self.token = token
        self._known = known

    @property
    def known(self) -> dict[str, str]:
        """What the places of the tables mean; each key is a fresh one."""
        return {**self._known, KEY: key(), LATE_KEY: key(65_000)}

    @property
    def room(self) -> str:
        """The room of the witnesses and of the one who errs."""
        return self._known[ROOM]


@asynccontextmanager
async def scene(stack: LocalStack) -> AsyncIterator[Scene]:
    """Make the people, the rooms and the witnesses' sockets."""
    async with AsyncExitStack() as closing:
        people = []
        for name in ("ada", "bob", "eve"):
            api = await closing.enter_async_context(Api(stack.url))
            signed_in = await api.register(f"{name}-{os.urandom(4).hex()}", PASSWORD)
            people.append((api, signed_in))
        (ada, ada_in), (_, bob_in), (eve, eve_in) = people
        members = [bob_in.user.id, eve_in.user.id]
        room = await ada.create_room("private", name="Witnesses", members=members)
        private = await ada.create_room("private", name="Closed")
        own = await eve.create_room("private", name="Own")
        public = await ada.create_room("public", name=f"Open {time.time_ns()}")
        sockets = [
            await closing.enter_async_context(
                Raw(f"http://127.0.0.1:{stack.processes[name].port}", signed_in.access_token)
            )
            for name, signed_in in (("gateway-1", ada_in), ("gateway-2", bob_in))
        ]
        said = await sockets[0].say(room.id, "something to spoil")
        known = {
            SAID: str(said["result"]["seq"]),
            ROOM: room.id, OWN: own.id, PRIVATE: private.id, PUBLIC: public.id,
            USER: eve_in.user.id, OTHER: ada_in.user.id,
        }  # fmt: skip
        witnesses = Witnesses(room.id, sockets[0], sockets[1])
        yield Scene(stack, witnesses, eve_in.access_token, known)
