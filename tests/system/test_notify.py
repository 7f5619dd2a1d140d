"""Who must hear of a message: on which socket, with which sound, and by a push message."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from proto import limits
from proto.notifications import NewPushDevice, PushDevice, PushKeys
from services import clock
from tests.listening import listening
from tests.local_stack import LocalStack
from tests.notify.receiver_cryptography import Receiver, raw
from tests.system.conftest import PASSWORD, People, Person, eventually
from tests.system.raw import Raw

PLENTY_SECONDS = 60.0


def notifications(socket: Raw) -> list[dict[str, Any]]:
    """Those that a socket was shown."""
    return [frame for frame in socket.seen if frame["type"] == "notification"]


async def test_what_nobody_read_is_told_and_one_device_makes_the_sound(
    stack: LocalStack, person: People, gateways: tuple[str, str]
) -> None:
    """Where somebody sits; the others are told without. What is read within seconds on any device,
    and what concerns nobody, is told to nobody.
    """
    ada, bob = await person("ada"), await person("bob")
    tea, cake, talk = [
        (await ada.api.create_room("private", name=name, members=[bob.id])).id
        for name in ("Tea", "Cake", "Talk")
    ]
    await bob.api.prefer(talk, notify="mentions")
    async with (
        Raw(gateways[0], bob.token) as sits,
        Raw(gateways[1], bob.token, status="idle") as waits,
        Raw(gateways[0], ada.token) as hers,
    ):
        seen = (await hers.say(cake, "already seen"))["result"]
        await bob.api.read(cake, seen["seq"])
        # A machine may be too busy for those seconds: then nothing is promised.
        in_time = clock.now_ms() < seen["ts"] + limits.NOTIFY_SECONDS * 1000
        await hers.say(talk, "to nobody in particular")
        named = (await hers.say(tea, f"@{bob.username} look"))["result"]["seq"]
        for socket, sound in ((sits, True), (waits, False)):
            told = await socket.until("notification", room=tea)
            assert told == {
                "type": "notification",
                "kind": "mention",
                "room": tea,
                "seq": named,
                "sound": sound,
            }
        answer = (await sits.say(talk, "mine"))["result"]["seq"]
        replied = (await hers.say(talk, "yours", reply_to=answer))["result"]["seq"]
        told = await sits.until("notification", room=talk)
        assert (told["kind"], told["seq"], told["sound"]) == ("reply", replied, True)
        rooms = {one["room"] for one in notifications(sits)}
        assert rooms - (set() if in_time else {cake}) == {tea, talk}
        assert notifications(hers) == []


async def test_nobody_is_disturbed_who_does_not_want_to_be_and_a_dead_notify_tells_later(
    stack: LocalStack, person: People, gateways: tuple[str, str]
) -> None:
    """What was said while notify was away is decided when it is back."""
    ada, bob, cleo = await person("ada"), await person("bob"), await person("cleo")
    room = (await ada.api.create_room("private", name="Tea", members=[bob.id, cleo.id])).id
    async with (
        Raw(gateways[0], bob.token, status="dnd") as quiet,
        Raw(gateways[1], bob.token) as other,
        Raw(gateways[1], cleo.token) as awake,
        Raw(gateways[0], ada.token) as hers,
    ):
        await asyncio.to_thread(stack.kill, "notify")
        seq = (await hers.say(room, "hello"))["result"]["seq"]
        told = await awake.until("notification")
        assert (told["kind"], told["seq"], told["sound"]) == ("message", seq, True)
        for socket in (quiet, other):
            await socket.nothing_more()
            assert notifications(socket) == []
    await asyncio.to_thread(stack.wait_ready)


class Pushed(NamedTuple):
    """What came to a push service."""

    path: str
    headers: dict[str, str]
    body: bytes


class PushService:
    """A push service of this machine: it takes what comes, and answers by the path."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self.came: asyncio.Queue[Pushed] = asyncio.Queue()
        self.url = ""

    async def met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.split("\r\n")
            fields = (line.partition(": ") for line in lines if line)
            headers = {name.lower(): value for name, _, value in fields}
            body = await reader.readexactly(int(headers["content-length"]))
            _, path, _ = first.split(" ")
            status = "410 Gone" if path.startswith("/gone") else "201 Created"
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
            self.came.put_nowait(Pushed(path, headers, body))
        finally:
            writer.close()

    async def next(self) -> Pushed:
        """Wait for what comes next."""
        async with asyncio.timeout(PLENTY_SECONDS):
            return await self.came.get()


@asynccontextmanager
async def push_service() -> AsyncIterator[PushService]:
    """Run one, under the name that the stack may ask."""
    service = PushService()
    async with listening(service.met) as port:
        service.url = f"http://localhost:{port}"
        yield service


async def subscribe(who: Person, endpoint: str, receiver: Receiver) -> PushDevice:
    """Have a browser told."""
    keys = PushKeys(**receiver.keys)
    return await who.api.subscribe_push(NewPushDevice(endpoint, keys, "test"))


def is_signed(pushed: Pushed, public_key: str, audience: str) -> bool:
    """Say whether it is signed by the key that browsers were told of (RFC 8292)."""
    scheme, _, rest = pushed.headers["authorization"].partition(" ")
    said = dict(part.strip().split("=", 1) for part in rest.split(","))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(said["k"]))
    claims = jwt.decode(said["t"], key, algorithms=["ES256"], audience=audience)
    return scheme == "vapid" and said["k"] == public_key and "sub" in claims


async def test_who_is_away_is_told_by_an_encrypted_push_message(
    stack: LocalStack, person: People
) -> None:
    """By the browser's own keys alone it can be read; one browser makes the sound; those that are
    gone are forgotten, and so is what a session subscribed that ends.
    """
    ada, bob = await person("ada"), await person("bob")
    old, new = Receiver(), Receiver()
    async with push_service() as service:
        gone = await subscribe(bob, f"{service.url}/gone/1", old)
        kept = await subscribe(bob, f"{service.url}/kept/1", new)
        assert await subscribe(bob, f"{service.url}/kept/1", new) != gone
        settings = await bob.api.push_settings()
        assert {one.id for one in settings.devices} == {gone.id, kept.id}
        assert all(one.current for one in settings.devices)
        room = await ada.api.create_room("direct", members=[bob.id])
        other = await ada.api.create_room("private", name="Tea", members=[bob.id])
        muted = await ada.api.create_room("private", name="Noise", members=[bob.id])
        await bob.api.prefer(muted.id, muted=True)
        await bob.api.prefer(other.id, notify="none")
        for where in (other.id, other.id, muted.id):
            await ada.api.post(where, "unread, and not told of")
        said = await ada.api.post(room.id, "the kettle is on")
        came = {one.path: one for one in (await service.next(), await service.next())}
        for path, receiver, silent in (("/kept/1", new, False), ("/gone/1", old, True)):
            pushed = came[path]
            assert json.loads(receiver.open(pushed.body)) == {
                "kind": "direct",
                "room": room.id,
                "seq": said.seq,
                "title": ada.username,
                "body": "the kettle is on",
                "silent": silent,
                "unread": 3,
            }
            assert pushed.headers["content-encoding"] == "aes128gcm"
            assert (pushed.headers["ttl"], len(pushed.headers["topic"])) == ("86400", 32)
            assert is_signed(pushed, settings.public_key, service.url)
            assert b"kettle" not in pushed.body

        async def is_forgotten() -> bool:
            return [one.id for one in (await bob.api.push_settings()).devices] == [kept.id]

        await eventually(is_forgotten, PLENTY_SECONDS)
        await bob.api.logout()
        await bob.api.login(bob.username, PASSWORD)

        async def is_over() -> bool:
            return (await bob.api.push_settings()).devices == []

        await eventually(is_over, PLENTY_SECONDS)
