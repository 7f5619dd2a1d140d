"""People who come and go all the time, and two who watch them; what that adds up to is `ghosts`'s.

Their room is none of those that are talked in.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack

from parley_sdk import Api, Client
from parley_sdk.errors import ParleyError

from proto import frames
from proto.shapes import Presence
from tests.faults import ghosts
from tests.faults.crowd import OPEN_SECONDS, PASSWORD, Crowd, Talker
from tests.faults.record import Sight

STAY_SECONDS = (0.5, 4.0)
AGREE_SECONDS = 60.0
"""After all faults presence is right within a lease, a round of reading, and a little."""
PASSERS = 3
_LOOK_SECONDS = 0.25


class Passers:
    """One stays at the end, one leaves, and one breaks off without a word."""

    def __init__(self, crowd: Crowd) -> None:
        """Nobody is here yet."""
        self._crowd = crowd
        self._apis: list[Api] = []
        self._users: list[str] = []
        self._seen: dict[str, dict[str, str]] = {}
        self._ended = asyncio.Event()
        self._coming: list[asyncio.Task[None]] = []
        self._closing = AsyncExitStack()

    async def gather(self) -> None:
        """Register them, and let them come and go under the eyes of the first two of the crowd."""
        watchers = self._crowd.people[:2]
        for number in range(PASSERS):
            api = await self._closing.enter_async_context(Api(self._crowd.url))
            signed = await api.register(f"g{number}-{os.urandom(3).hex()}", PASSWORD)
            self._apis.append(api)
            self._users.append(signed.user.id)
        others = [*self._users, watchers[1].user]
        room = await watchers[0].api.create_room("private", name="Passers", members=others)
        # The watchers hold what is said there, too: it is looked at like all other rooms.
        self._crowd.others.add(room.id)
        for watcher in watchers:
            await self._watch(watcher)
        self._coming = [asyncio.create_task(self._come_and_go(api)) for api in self._apis]

    async def end(self) -> None:
        """Let everyone who is here stay, leave or break off, once the stack is whole."""
        self._ended.set()
        await asyncio.gather(*self._coming)
        _stays, leaves, breaks = clients = [self._client(api) for api in self._apis]
        for client in clients:
            await self._closing.enter_async_context(client)
        breaks.drop()
        await asyncio.gather(breaks.close(), leaves.close())

    async def sights(self) -> list[Sight]:
        """What everyone who looks is shown, as soon as it is so, or after `AGREE_SECONDS`."""
        sights: list[Sight] = []
        try:
            async with asyncio.timeout(AGREE_SECONDS):
                while True:
                    sights = [*self._told(), *await self._asked()]
                    if not list(ghosts.check(self.sockets(), sights)):
                        break
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            pass
        return sights

    def sockets(self) -> dict[str, int]:
        """How many sockets each of them has who is looked at; the watchers' are two."""
        return {
            **dict.fromkeys(self._users, 0),
            self._users[0]: 1,
            **{one.user: 2 for one in self._crowd.people[:2]},
        }

    async def stop(self) -> None:
        """Disconnect everyone. Idempotent."""
        self._ended.set()
        for task in self._coming:
            task.cancel()
        await asyncio.gather(*self._coming, return_exceptions=True)
        await self._closing.aclose()

    async def _watch(self, watcher: Talker) -> None:
        seen = self._seen[watcher.name] = {}

        def note(frame: object) -> None:
            if isinstance(frame, frames.PresenceEvent | Presence):
                seen[frame.user] = frame.status

        client = Client(
            self._crowd.url,
            watcher.api.tokens,
            queue=0,
            on_frame=note,
            open_timeout_seconds=OPEN_SECONDS,
        )
        await self._closing.enter_async_context(client)
        for presence in await client.watch(self._all()):
            note(presence)

    def _all(self) -> list[str]:
        return [*self._users, *(one.user for one in self._crowd.people[:2])]

    def _client(self, api: Api) -> Client:
        return Client(self._crowd.url, api.tokens, queue=0, open_timeout_seconds=OPEN_SECONDS)

    async def _come_and_go(self, api: Api) -> None:
        chance = self._crowd.chance
        while not self._ended.is_set():
            try:
                async with self._client(api) as client:
                    await self._rest(chance.uniform(*STAY_SECONDS))
                    if chance.random() < 0.5:
                        client.drop()
            except (ParleyError, TimeoutError):
                continue  # it could not even connect in time: that is a fault under way
            await self._rest(chance.uniform(*STAY_SECONDS))

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        except TimeoutError:
            pass

    def _told(self) -> list[Sight]:
        return [
            Sight(client=name, user=user, status=status)
            for name, seen in self._seen.items()
            for user, status in seen.items()
        ]

    async def _asked(self) -> list[Sight]:
        try:
            found = await self._crowd.people[0].api.presence(self._all())
        except ParleyError:
            return [Sight(client="HTTP", user=user, status="unknown") for user in self._all()]
        return [Sight(client="HTTP", user=one.user, status=one.status) for one in found]
