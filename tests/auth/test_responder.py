"""What other services learn of users on NATS."""

from typing import Any

import msgspec
import nats
import pytest

from proto import subjects
from proto.calls import Failure, Renamed, UsersCall, UsersReply
from proto.identity import (
    AdminCall,
    AdminReply,
    AvatarCall,
    AvatarReply,
    AvatarsCall,
    AvatarsReply,
    AvatarTakenCall,
    DeedElsewhere,
    DeedsCall,
    DeedsReply,
)
from proto.shapes import User
from tests.auth.admins import admin_of, bot_of
from tests.auth.admins import ask as ask_admin
from tests.auth.running import WAIT_SECONDS, Running, bearer

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def ask(auth: Running, data: bytes) -> bytes:
    """Ask who users are, as history does."""
    return await auth.auth.bus.request(subjects.AUTH_USERS, data, WAIT_SECONDS)


async def test_those_that_exist_are_answered(auth: Running) -> None:
    """With username and display name; unknown ids are left out."""
    body = await auth.register("alice", display_name="Alice")
    call = UsersCall([body["user"]["id"], "nobody"])
    reply = msgspec.json.decode(await ask(auth, msgspec.json.encode(call)), type=UsersReply)
    assert reply.users == [User(body["user"]["id"], "alice", "Alice")]


async def test_nobody_asked_for_is_nobody(auth: Running) -> None:
    """An empty list is a question with an empty answer."""
    raw = await ask(auth, msgspec.json.encode(UsersCall([])))
    assert msgspec.json.decode(raw, type=UsersReply).users == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "bad_frame"),
        (b"\xff", "bad_frame"),
        (b'{"ids":["a.b"]}', "bad_frame"),
        (b'{"ids":["\\u0000"]}', "bad_frame"),
        (msgspec.json.encode({"ids": [f"u{n}" for n in range(101)]}), "invalid"),
    ],
)
async def test_a_bad_question_gets_a_failure(auth: Running, data: bytes, code: str) -> None:
    """No id, or more than 100: said at once."""
    assert msgspec.json.decode(await ask(auth, data), type=Failure).code == code


async def test_who_is_an_admin_is_answered_of_their_session(auth: Running) -> None:
    """Of the very session or API token: one that ended, or another's, is nobody's."""
    root = await admin_of(auth, "responder-root")
    bot = await bot_of(auth, root, "admin", username="responder-robot")
    reads = await bot_of(auth, root, "read", username="responder-reader")

    async def is_admin(user: str, sid: str) -> bool:
        call = msgspec.json.encode(AdminCall(user, sid))
        raw = await auth.auth.bus.request(subjects.AUTH_ADMIN, call, WAIT_SECONDS)
        return msgspec.json.decode(raw, type=AdminReply).admin

    (session,) = (await ask_admin(auth, root, "GET", "sessions"))["sessions"]
    assert await is_admin(root["user"]["id"], session["id"])
    assert not await is_admin(root["user"]["id"], "another")
    for made, may in ((bot, True), (reads, False)):
        assert await is_admin(made["bot"]["id"], made["token"]["id"]) is may
    raw = await auth.auth.bus.request(subjects.AUTH_ADMIN, b"{}", WAIT_SECONDS)
    assert msgspec.json.decode(raw, type=Failure).code == "bad_frame"


async def change(auth: Running, call: AvatarCall) -> AvatarReply:
    """Have somebody have another picture, as media does."""
    raw = await auth.auth.bus.request(subjects.AUTH_AVATAR, msgspec.json.encode(call), WAIT_SECONDS)
    return msgspec.json.decode(raw, type=AvatarReply)


async def test_somebody_has_another_picture(auth: Running) -> None:
    """They are shown with it everywhere, who hears of renames is told once, and it can go."""
    ada = await auth.register("pictured", display_name="Ada")
    (session,) = (await auth.http.get("/v1/auth/sessions", headers=bearer(ada))).json()["sessions"]
    user, sid = ada["user"]["id"], session["id"]
    async with await nats.connect(auth.auth.settings.base.nats_urls[0]) as listener:
        events = await listener.subscribe(subjects.AUTH_RENAMED)
        await listener.flush()
        for avatar, former in (("p1", None), ("p1", "p1"), ("p2", "p1"), (None, "p2")):
            changed = User(user, "pictured", "Ada", avatar)
            assert await change(auth, AvatarCall(user, sid, avatar)) == AvatarReply(changed, former)
            await _everywhere(auth, ada, msgspec.to_builtins(changed))
            call = msgspec.json.encode(AvatarsCall([user, "nobody"]))
            raw = await auth.auth.bus.request(subjects.AUTH_AVATARS, call, WAIT_SECONDS)
            had = AvatarsReply([] if avatar is None else [avatar])
            assert msgspec.json.decode(raw, type=AvatarsReply) == had
        heard = [await events.next_msg(timeout=WAIT_SECONDS) for _ in range(3)]
    told = [msgspec.json.decode(message.data, type=Renamed).user.avatar for message in heard]
    assert told == ["p1", "p2", None]


async def take(auth: Running, call: AvatarTakenCall) -> bytes:
    """Have somebody have a picture no more, as media does for an admin."""
    data = msgspec.json.encode(call)
    return await auth.auth.bus.request(subjects.AUTH_AVATAR_TAKEN, data, WAIT_SECONDS)


async def test_an_admin_takes_away_a_picture(auth: Running) -> None:
    """That one and no other, once: who hears of renames is told, and the audit log says who it was.
    Whoever is no admin is refused."""
    root, ada = await admin_of(auth, "taking-root"), await auth.register("taken", display_name="A")
    user, admin = ada["user"]["id"], root["user"]["id"]
    (own,) = (await auth.http.get("/v1/auth/sessions", headers=bearer(ada))).json()["sessions"]
    (session,) = (await ask_admin(auth, root, "GET", "sessions"))["sessions"]
    await change(auth, AvatarCall(user, own["id"], "p1"))
    async with await nats.connect(auth.auth.settings.base.nats_urls[0]) as listener:
        events = await listener.subscribe(subjects.AUTH_RENAMED)
        await listener.flush()
        for by, sid in ((user, own["id"]), (admin, own["id"])):
            refusal = await take(auth, AvatarTakenCall(user, "p1", by, sid))
            assert msgspec.json.decode(refusal, type=Failure).code == "forbidden"
        shown = User(user, "taken", "A", None)
        for avatar, reply in (
            ("p2", AvatarReply(None)),
            ("p1", AvatarReply(shown, "p1")),
            ("p1", AvatarReply(None)),
        ):
            raw = await take(auth, AvatarTakenCall(user, avatar, admin, session["id"]))
            assert msgspec.json.decode(raw, type=AvatarReply) == reply
        await _everywhere(auth, ada, msgspec.to_builtins(shown))
        told = msgspec.json.decode((await events.next_msg(WAIT_SECONDS)).data, type=Renamed)
        assert told.user == shown
    deeds = (await ask_admin(auth, root, "GET", "admin/audit"))["deeds"]
    (line,) = [deed for deed in deeds if deed["action"] == "avatar.taken"]
    assert (line["actor"], line["target"], line["detail"]) == (admin, user, "p1")


async def test_what_was_done_elsewhere_is_in_the_audit_log_once(auth: Running) -> None:
    """However often it is told, with the time of the deed; and nothing that is no deed of others:
    a service that was taken over says nothing in the name of auth."""
    root = await admin_of(auth, "audit-root")
    deeds = [
        DeedElsewhere(f"d{n}", 1_000 + n, root["user"]["id"], "emoji.added", f"party{n}", "")
        for n in range(3)
    ]

    async def tell(data: bytes) -> bytes:
        return await auth.auth.bus.request(subjects.AUTH_DEEDS, data, WAIT_SECONDS)

    for told in (deeds[:2], deeds, deeds[1:]):
        raw = await tell(msgspec.json.encode(DeedsCall(told)))
        assert msgspec.json.decode(raw, type=DeedsReply).kept == len(told)
    found = (await ask_admin(auth, root, "GET", "admin/audit"))["deeds"]
    lines = [deed for deed in found if deed["action"] == "emoji.added"]
    assert [(line["at_ms"], line["actor"], line["target"]) for line in reversed(lines)] == [
        (deed.at_ms, deed.actor, deed.target) for deed in deeds
    ]
    forged = msgspec.to_builtins(DeedsCall(deeds[:1]))
    forged["deeds"][0] |= {"id": "d9", "action": "account.role"}
    many = DeedsCall(deeds[:1] * 101)
    for data, code in (
        (msgspec.json.encode(forged), "bad_frame"),
        (msgspec.json.encode(many), "invalid"),
    ):
        assert msgspec.json.decode(await tell(data), type=Failure).code == code


async def _everywhere(auth: Running, who: dict[str, Any], shown: dict[str, Any]) -> None:
    again = (await auth.login(shown["username"])).json()
    assert again["user"] == shown
    assert (await auth.refresh(again["refresh_token"])).json()["user"] == shown
    for path in ("auth/me", f"users?ids={shown['id']}", f"users/search?q={shown['username']}"):
        body = (await auth.http.get(f"/v1/{path}", headers=bearer(who))).json()
        assert body.get("users", [body]) == [shown]


async def test_only_whoever_is_signed_in_has_another_picture(auth: Running) -> None:
    """By the very session, or a bot's API token that is good; else nothing is changed."""
    root = await admin_of(auth, "avatar-root")
    bot = await bot_of(auth, root, "send", username="avatar-robot")
    own = {"user": bot["bot"]["id"], "sid": bot["token"]["id"]}
    reply = await change(auth, AvatarCall(**own, avatar="p1"))
    assert reply.user is not None
    assert reply.user.avatar == "p1"
    for user, sid in (
        (own["user"], "another"),
        (root["user"]["id"], own["sid"]),
        ("u", own["sid"]),
    ):
        assert await change(auth, AvatarCall(user, sid, "p2")) == AvatarReply(None)
    many = msgspec.json.encode(AvatarsCall([f"u{n}" for n in range(101)]))
    for subject, data, code in (
        (subjects.AUTH_AVATAR, b"{}", "bad_frame"),
        (subjects.AUTH_AVATAR_TAKEN, b"{}", "bad_frame"),
        (subjects.AUTH_AVATARS, b"{}", "bad_frame"),
        (subjects.AUTH_AVATARS, many, "invalid"),
    ):
        raw = await auth.auth.bus.request(subject, data, WAIT_SECONDS)
        assert msgspec.json.decode(raw, type=Failure).code == code
    # Whom a trusted issuer signed in has no session here.
    reply = await change(auth, AvatarCall(own["user"], "theirs", "p3", "https://issuer.example"))
    assert (reply.former, reply.user and reply.user.avatar) == ("p1", "p3")
