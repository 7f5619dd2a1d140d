"""A gateway in the test's own process, on real servers and beside a real history; no load balancer.

What tests cannot reach through a socket (who is followed, who is here) they look up in the parts.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from gateway.app import Gateway
from gateway.settings import GatewaySettings
from proto import subjects
from services.health import State
from services.settings import Env
from services.tokens_jwt import Guard
from tests.auth.severed import Way, way_to
from tests.gateway.presence import Presence
from tests.history.running import Auth, Peer, Replica, no_revocations, peering, running
from tests.history.tokens_jwt import ISSUER, JWKS, token
from tests.system.raw import Raw

WAIT_SECONDS = 20.0


class House:
    """The gateway, its way to NATS, history, and another service beside them."""

    def __init__(
        self, gateway: Gateway, way: Way, replica: Replica, peer: Peer, presence: Presence
    ) -> None:
        """All run already."""
        self.presence = presence
        self.gateway = gateway
        self.way = way
        self.replica = replica
        self.peer = peer
        self.url = f"http://127.0.0.1:{gateway.http.port}"

    def socket(self, user: str, **hello: object) -> Raw:
        """A socket of a user, to be entered."""
        return Raw(self.url, token(user), **hello)

    async def add(self, room: str, owner: str, user: str) -> None:
        """Make somebody a member."""
        await self.replica.ask(owner, "POST", f"/v1/rooms/{room}/members", {"user": user})

    async def remove(self, room: str, owner: str, user: str) -> None:
        """Remove somebody."""
        await self.replica.ask(owner, "DELETE", f"/v1/rooms/{room}/members/{user}")

    def metric(self, name: str) -> float:
        """The value of a metric, with its labels as Prometheus writes them."""
        for line in self.gateway.registry.exposition().decode().splitlines():
            if line.startswith(f"parley_gateway_{name} "):
                return float(line.rpartition(" ")[2])
        return 0.0

    def holds(self, room: str) -> int:
        """The last seq of a room that has come to the gateway; 0 if it does not follow the room."""
        entry = self.gateway.fanout.get(room)
        return 0 if entry is None else entry.room.last

    def holds_nothing(self) -> bool:
        """Nobody is here and nothing is held for anyone."""
        gateway = self.gateway
        nobody = not gateway.roster.connections and not list(gateway.roster)
        if len(gateway.onlooker.watchlist) or len(gateway.onlooker._subjects):
            return False
        if len(gateway.crowd):
            return False
        vacant = len(gateway.fanout) == len(gateway.fanout.vacant)
        return nobody and vacant and gateway.gate.connections == 0


@asynccontextmanager
async def house(postgres_url: str, nats_url: str, **chosen: str) -> AsyncIterator[House]:
    """Run history and a gateway, with settings chosen, of which limits and the log's are those of
    history too; stand-ins answer for auth and presence."""
    both = ("PARLEY_LIMIT_", "PARLEY_LOG_")
    shared = {name: value for name, value in chosen.items() if name.startswith(both)}
    async with AsyncExitStack() as stack:
        peer = await stack.enter_async_context(peering(nats_url))
        await peer.bus.serve(subjects.AUTH_USERS, subjects.AUTH_QUEUE, Auth().answer)
        await peer.bus.serve(subjects.AUTH_REVOCATIONS, subjects.AUTH_QUEUE, no_revocations)
        presence = Presence(peer.bus)
        await presence.start()
        replica = await stack.enter_async_context(running(postgres_url, nats_url, **shared))
        way = await stack.enter_async_context(way_to(nats_url))
        settings = {
            "PARLEY_NATS_URL": way.url,
            "PARLEY_PUBLIC_URL": ISSUER,
            "PARLEY_PORT": "0",
            "PARLEY_PRIVATE_PORT": "0",
            "PARLEY_LIMIT_FRAMES": "0",
            "PARLEY_LIMIT_SENDS": "0",
            "PARLEY_LIMIT_SENDS_ROOM": "0",
            **chosen,
        }
        gateway = Gateway(GatewaySettings.read(Env(settings)), Guard(issuer=ISSUER, jwks=JWKS))
        for part in gateway.parts:
            await part.start()
            stack.push_async_callback(part.stop)
        gateway.health.state = State.READY
        yield House(gateway, way, replica, peer, presence)


async def until(condition: Callable[[], bool]) -> None:
    """Look every 10 ms until it holds: for what the gateway does by itself, telling nobody."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not condition():  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.01)


class Pause:
    """Holds back what a method answers, until it is let go on."""

    def __init__(self, owner: object, name: str) -> None:
        """Take the place of the method."""
        self._work: Callable[..., Awaitable[object]] = getattr(owner, name)
        setattr(owner, name, self)
        self._goes_on = asyncio.Event()
        self.answered = asyncio.Event()

    async def __call__(self, *arguments: object) -> object:
        """Do the work at once; give its answer later."""
        answer = await self._work(*arguments)
        self.answered.set()
        await self._goes_on.wait()
        return answer

    def end(self) -> None:
        """Let all go on, and hold nothing back any more."""
        self._goes_on.set()


class Fault:
    """A method that fails, as when something it needs is away; after so many times it works."""

    def __init__(self, owner: object, name: str, error: Exception, times: int = 1_000) -> None:
        """Take the place of the method."""
        self._work: Callable[..., Awaitable[object]] = getattr(owner, name)
        self._error = error
        self.times = times
        setattr(owner, name, self)

    async def __call__(self, *arguments: object) -> object:
        """Fail, or do the work."""
        if self.times:
            self.times -= 1
            raise self._error
        return await self._work(*arguments)
