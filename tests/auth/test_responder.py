"""What other services learn of users on NATS."""

import msgspec
import pytest

from proto import subjects
from proto.calls import Failure, UsersCall, UsersReply
from proto.identity import AdminCall, AdminReply
from proto.shapes import User
from tests.auth.admins import admin_of, bot_of
from tests.auth.admins import ask as ask_admin
from tests.auth.running import WAIT_SECONDS, Running

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
