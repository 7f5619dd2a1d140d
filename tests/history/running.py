"""History in the test's own process, on real servers and a real port, and what stands around it."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

import msgspec

from history.app import History
from history.settings import Settings
from proto import calls, events, ids, subjects, wire
from proto.shapes import User
from services import clock
from services.bus import Ack
from services.bus_nats import Bus
from services.health import State
from services.lifecycle import Part
from services.log_nats import Log
from services.settings import Env
from services.tokens_jwt import Guard
from tests.history.client_httpx import Client
from tests.history.tokens_jwt import ISSUER, JWKS

T = TypeVar("T")
WAIT_SECONDS = 60.0


class Auth:
    """The part of auth that history asks: who people are. Everyone in `users` exists."""

    def __init__(self) -> None:
        """Nobody is known but those whose ids begin with `u`."""
        self.renamed: dict[str, str] = {}
        self.asked: list[list[str]] = []

    async def answer(self, data: bytes) -> bytes:
        """Answer a `calls.UsersCall`."""
        ids_asked = msgspec.json.decode(data, type=calls.UsersCall).ids
        self.asked.append(ids_asked)
        found = [
            User(user, user.lower(), self.renamed.get(user, user.capitalize()))
            for user in ids_asked
            if user.startswith("u")
        ]
        return wire.encode(calls.UsersReply(found))


async def no_revocations(_data: bytes) -> bytes:
    """Answer for auth that nobody was signed out."""
    return wire.encode(calls.RevocationsReply([]))


class Peer:
    """Another service: it publishes what was said, and calls."""

    def __init__(self, url: str) -> None:
        """Not connected yet."""
        self.bus = Bus([url], "test")
        self.log = Log(self.bus, subjects.ROOMS_STREAM)

    async def say(self, room: str, sender: str, text: str = "hello", **fields: Any) -> int:  # noqa: ANN401
        """Have something said in a room; answers its place in the log."""
        return (await self.publish(message(room, sender, text, **fields))).seq

    async def publish(self, event: events.LogEvent, message_id: str = "") -> Ack:
        """Put an event into the log."""
        unique = message_id or secrets.token_hex(8)
        return await self.log.publish(subjects.room_log(event.room), wire.encode(event), unique)

    async def call(self, subject: str, call: object, reply: type[T]) -> T:
        """Ask history."""
        raw = await self.bus.request(subject, wire.encode(call), WAIT_SECONDS)
        return msgspec.json.decode(raw, type=reply)

    async def hello(self, user: str) -> dict[str, calls.RoomAsOf]:
        """The rooms of a user by id."""
        reply = await self.call(subjects.HISTORY_HELLO, calls.HelloCall(user), calls.HelloReply)
        return {known.room.id: known for known in reply.rooms}

    async def stored(
        self, room: str, after: int = 0, limit: int = 500, up_to: int = 0
    ) -> calls.EventsReply:
        """Stored events of a room."""
        call = calls.EventsCall(room, after, limit, up_to)
        return await self.call(subjects.HISTORY_EVENTS, call, calls.EventsReply)

    async def log_of(self, room: str, *fields: str) -> list[tuple[Any, ...]]:
        """What the log itself holds of a room: of each event the type and these fields."""
        page = await self.log.read(subjects.room_log(room), 0, 10_000)
        found = [msgspec.json.decode(record.data) for record in page.records]
        return [(event["type"], *(event[name] for name in fields)) for event in found]


class Replica:
    """One running history and a client of it."""

    def __init__(self, history: History) -> None:
        """It runs already."""
        self.history = history
        self.ask = Client(f"http://127.0.0.1:{history.http.port}")
        self.private = Client(f"http://127.0.0.1:{history.probes.port}")

    def part(self, name: str) -> Part:
        """A part of it, for a test that stops it."""
        (found,) = [part for part in self.history.parts if part.name == name]
        return found

    async def room(self, owner: str, *others: str, kind: str = "private") -> str:
        """Make a room and answer its id."""
        name = None if kind == "direct" else "A room"
        form = {"kind": kind, "name": name, "members": list(others)}
        made = await self.ask.ok(owner, "POST", "/v1/rooms", form)
        return str(made["id"])

    async def stored(self, seq: int) -> None:
        """Wait until everything up to `seq` is stored."""
        assert await self.history.progress.wait(seq, WAIT_SECONDS)

    async def metric(self, name: str) -> float:
        """The value of a metric without labels."""
        for line in (await self.private("", "GET", "/metrics")).text.splitlines():
            if line.startswith(f"parley_history_{name} "):
                return float(line.rpartition(" ")[2])
        raise AssertionError(f"no metric {name}")


def environment(postgres_url: str, nats_url: str, **more: str) -> dict[str, str]:
    """The settings of a replica."""
    return {
        "PARLEY_POSTGRES_URL": postgres_url,
        "PARLEY_NATS_URL": nats_url,
        "PARLEY_PUBLIC_URL": ISSUER,
        "PARLEY_PORT": "0",
        "PARLEY_PRIVATE_PORT": "0",
        "PARLEY_LOG_MAX_BYTES": "100000000",
        **more,
    }


@asynccontextmanager
async def running(postgres_url: str, nats_url: str, **settings: str) -> AsyncIterator[Replica]:
    """Run a replica in this process."""
    env = Env(environment(postgres_url, nats_url, **settings))
    history = History(Settings.read(env), Guard(issuer=ISSUER, jwks=JWKS))
    async with AsyncExitStack() as stack:
        for part in history.parts:
            await part.start()
            stack.push_async_callback(part.stop)
        history.health.state = State.READY
        replica = Replica(history)
        stack.push_async_callback(replica.ask.close)
        stack.push_async_callback(replica.private.close)
        yield replica


@asynccontextmanager
async def peering(nats_url: str) -> AsyncIterator[Peer]:
    """Connect another service."""
    peer = Peer(nats_url)
    await peer.bus.start()
    try:
        yield peer
    finally:
        await peer.bus.stop()


def key() -> str:
    """A new message key."""
    return ids.uuid7(clock.now_ms(), os.urandom(10))


def message(room: str, sender: str, text: str = "hello", **fields: Any) -> events.Message:  # noqa: ANN401
    """Something said in a room."""
    given = {"id": key(), "sender_name": sender.capitalize(), "ts": clock.now_ms(), **fields}
    return events.Message(room=room, sender=sender, text=text, **given)


def user() -> str:
    """A user whom no other test knows."""
    return f"u{secrets.token_hex(6)}"


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Ask every 10 ms until `condition` holds: for what a server does by itself, telling nobody."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not await condition():  # noqa: ASYNC110 - there is no event: it is in a server
            await asyncio.sleep(0.01)
