"""Media in the test's own process, on real servers and a real port; the test is its history."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import msgspec

from media.app import Media
from media.ledger_postgres import Ledger
from media.settings import Settings
from media.store import Store
from proto import calls, identity, subjects, wire
from proto.shapes import Attachment, Room, RoomKind, User
from services.bus_nats import Bus
from services.health import State
from services.settings import Env
from services.tokens_jwt import Guard
from tests.history.running import key, no_revocations
from tests.history.tokens_jwt import ISSUER, JWKS, token
from tests.trust import trust

ROOM = "tea"
WAIT_SECONDS = 60.0


class History:
    """The part of history that media asks: who is in a room, and what was said there."""

    def __init__(self) -> None:
        """There is one private room, of everybody whose name begins with `u`."""
        self.kind: RoomKind | None = "private"
        self.members = True
        self.away = False
        self.keys: dict[str, calls.KeyReply] = {}
        self.pictures: set[str] = set()

    async def member(self, data: bytes) -> bytes:
        """Answer a `calls.MemberCall`."""
        call = msgspec.json.decode(data, type=calls.MemberCall)
        if self.away:
            return wire.encode(calls.Failure("unavailable", "the database cannot answer now"))
        if call.room != ROOM:
            return wire.encode(calls.MemberReply(None, None))
        room = Room(id=ROOM, kind="private", name="Tea", topic="", role="member")
        is_in = self.members and call.user.startswith("u")
        return wire.encode(calls.MemberReply(self.kind, calls.RoomAsOf(room, 1) if is_in else None))

    async def key(self, data: bytes) -> bytes:
        """Answer a `calls.KeyCall`."""
        call = msgspec.json.decode(data, type=calls.KeyCall)
        return wire.encode(self.keys.get(call.key, calls.KeyReply(None, None)))

    async def picture(self, data: bytes) -> bytes:
        """Answer a `calls.KeptCall`."""
        call = msgspec.json.decode(data, type=calls.KeptCall)
        return wire.encode(calls.KeptReply(call.key in self.pictures))


class Auth:
    """The part of auth that media asks: who is an admin, and who has which picture."""

    def __init__(self) -> None:
        """Admins are only those whose name begins with `uadmin`; nobody has a picture."""
        self.away = False
        self.deaf = False
        """Whether it does what it is asked, and nobody hears of it."""
        self.avatars: dict[str, str | None] = {}
        self.deeds: dict[str, identity.DeedElsewhere] = {}
        """The audit log, by the ids of what was told."""

    async def admin(self, data: bytes) -> bytes:
        """Answer a `identity.AdminCall`."""
        call = msgspec.json.decode(data, type=identity.AdminCall)
        if self.away:
            return wire.encode(calls.Failure("unavailable", "the database cannot answer now"))
        return wire.encode(identity.AdminReply(call.user.startswith("uadmin")))

    async def avatar(self, data: bytes) -> bytes:
        """Answer an `identity.AvatarCall`; the session `ended` has."""
        call = msgspec.json.decode(data, type=identity.AvatarCall)
        if self.away:
            return wire.encode(calls.Failure("unavailable", "the database cannot answer now"))
        if call.sid == "ended":
            return wire.encode(identity.AvatarReply(None))
        former, self.avatars[call.user] = self.avatars.get(call.user), call.avatar
        if self.deaf:
            return wire.encode(calls.Failure("unavailable", "the answer is lost"))
        user = User(call.user, call.user, call.user.capitalize(), call.avatar)
        return wire.encode(identity.AvatarReply(user, former))

    async def taken(self, data: bytes) -> bytes:
        """Answer an `identity.AvatarTakenCall`."""
        call = msgspec.json.decode(data, type=identity.AvatarTakenCall)
        if self.avatars.get(call.user) != call.avatar:
            return wire.encode(identity.AvatarReply(None))
        self.avatars[call.user] = None
        if self.deaf:
            return wire.encode(calls.Failure("unavailable", "the answer is lost"))
        user = User(call.user, call.user, call.user.capitalize())
        return wire.encode(identity.AvatarReply(user, call.avatar))

    async def told(self, data: bytes) -> bytes:
        """Answer an `identity.DeedsCall`."""
        call = msgspec.json.decode(data, type=identity.DeedsCall)
        if self.away:
            return wire.encode(calls.Failure("unavailable", "the database cannot answer now"))
        self.deeds |= {deed.id: deed for deed in call.deeds}
        if self.deaf:
            return wire.encode(calls.Failure("unavailable", "the answer is lost"))
        return wire.encode(identity.DeedsReply(len(call.deeds)))

    async def had(self, data: bytes) -> bytes:
        """Answer an `identity.AvatarsCall`."""
        call = msgspec.json.decode(data, type=identity.AvatarsCall)
        found = [self.avatars.get(each) for each in call.users]
        return wire.encode(identity.AvatarsReply([each for each in found if each is not None]))


class Place:
    """One running media, who asks it, and what it asks."""

    def __init__(
        self, media: Media, history: History, auth: Auth, bus: Bus, http: httpx.AsyncClient
    ) -> None:
        """It runs already."""
        self.media = media
        self.history = history
        self.auth = auth
        self.bus = bus
        self.http = http

    @property
    def ledger(self) -> Ledger:
        """What it knows of files."""
        return self.media.ledger

    async def post(
        self, content: bytes, name: str = "a.bin", user: str = "u1", room: str = ROOM
    ) -> httpx.Response:
        """Upload a file."""
        return await self.http.post(
            "/v1/media",
            data={"room": room},
            files={"file": (name, content)},
            headers=bearer(user),
        )

    async def uploaded(self, content: bytes, name: str = "a.bin", user: str = "u1") -> Attachment:
        """Upload a file that is taken."""
        answer = await self.post(content, name, user)
        assert answer.status_code == 201, answer.text
        return msgspec.json.decode(answer.content, type=Attachment)

    async def sign(self, *ids: str, user: str = "u1") -> dict[str, dict[str, str]]:
        """The URLs of files, by id."""
        answer = await self.http.post("/v1/media/sign", json={"ids": ids}, headers=bearer(user))
        assert answer.status_code == 200, answer.text
        urls: dict[str, dict[str, str]] = answer.json()["urls"]
        return urls

    async def attach(self, *ids: str, user: str = "u1", message: str = "") -> list[Attachment]:
        """Have a message with files; none if media refuses."""
        call = calls.AttachCall(ROOM, user, message or key(), list(ids))
        raw = await self.bus.request(subjects.MEDIA_ATTACH, wire.encode(call), WAIT_SECONDS)
        try:
            return msgspec.json.decode(raw, type=calls.AttachReply).attachments
        except msgspec.ValidationError:
            return []

    async def picture(
        self, media: str, user: str = "u1", picture_key: str = "", room: str = ROOM
    ) -> str:
        """Have a room with a picture; the code of media's refusal, empty if there is none."""
        call = calls.PictureCall(room, user, picture_key or key(), media)
        raw = await self.bus.request(subjects.MEDIA_PICTURE, wire.encode(call), WAIT_SECONDS)
        return "" if raw == calls.DONE else msgspec.json.decode(raw, type=calls.Failure).code

    async def release(self, message: str, user: str = "u1") -> bytes:
        """Have a message be deleted."""
        call = wire.encode(calls.ReleaseCall(ROOM, user, message))
        return await self.bus.request(subjects.MEDIA_RELEASE, call, WAIT_SECONDS)


def bearer(user: str) -> dict[str, str]:
    """The header of somebody."""
    return {"authorization": f"Bearer {token(user)}"}


def user() -> str:
    """Somebody whom no other test knows."""
    return f"u{secrets.token_hex(6)}"


@asynccontextmanager
async def running(
    postgres_url: str, nats_url: str, folder: Path, store: Store | None = None, **settings: str
) -> AsyncIterator[Place]:
    """Run media in this process; the sweeper sweeps when the test says so."""
    env = {
        "PARLEY_POSTGRES_URL": postgres_url,
        "PARLEY_NATS_URL": nats_url,
        "PARLEY_PUBLIC_URL": ISSUER,
        "PARLEY_PORT": "0",
        "PARLEY_PRIVATE_PORT": "0",
        "PARLEY_MEDIA_FOLDER": str(folder),
        "PARLEY_MEDIA_FILE_BYTES": "1000000",
        "PARLEY_LIMIT_UPLOADS": "0",
        "PARLEY_LIMIT_PREVIEWS": "0",
        # For links to pages of the test itself.
        "PARLEY_OUTBOUND_ALLOW": "127.0.0.1",
        **settings,
    }
    media = Media(Settings.read(Env(env)), Guard(issuer=ISSUER, jwks=JWKS), store)
    history, auth, bus = History(), Auth(), Bus([nats_url], "test")
    async with AsyncExitStack() as stack:
        await bus.start()
        stack.push_async_callback(bus.stop)
        await bus.serve(subjects.AUTH_REVOCATIONS, subjects.AUTH_QUEUE, no_revocations)
        await bus.serve(subjects.AUTH_ADMIN, subjects.AUTH_QUEUE, auth.admin)
        await bus.serve(subjects.AUTH_AVATAR, subjects.AUTH_QUEUE, auth.avatar)
        await bus.serve(subjects.AUTH_AVATAR_TAKEN, subjects.AUTH_QUEUE, auth.taken)
        await bus.serve(subjects.AUTH_DEEDS, subjects.AUTH_QUEUE, auth.told)
        await bus.serve(subjects.AUTH_AVATARS, subjects.AUTH_QUEUE, auth.had)
        await bus.serve(subjects.HISTORY_MEMBER, subjects.HISTORY_QUEUE, history.member)
        await bus.serve(subjects.HISTORY_KEY, subjects.HISTORY_QUEUE, history.key)
        await bus.serve(subjects.HISTORY_PICTURE, subjects.HISTORY_QUEUE, history.picture)
        await bus.flush()
        for part in media.parts:
            if part.name != "sweeper":
                await part.start()
                stack.push_async_callback(part.stop)
        media.health.state = State.READY
        http = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{media.http.port}",
            trust_env=False,
            timeout=WAIT_SECONDS,
            verify=trust(),
        )
        stack.push_async_callback(http.aclose)
        yield Place(media, history, auth, bus, http)
