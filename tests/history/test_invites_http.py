"""Invites over HTTP: made, shown, used exactly as often as they say, and taken back."""

import asyncio

import pytest

from proto import limits
from services import clock
from tests.history.client_httpx import refused
from tests.history.running import Peer, Replica, user
from tests.history.tokens_jwt import ISSUER

pytestmark = pytest.mark.asyncio(loop_scope="module")
WEEK_MS = 604_800_000


async def test_an_invite_leads_into_a_private_room(replica: Replica, peer: Peer) -> None:
    """It is shown before one enters; a member takes no use of it; who did what is noted."""
    ada, bob = user(), user()
    room = await replica.room(ada)
    path = f"/v1/rooms/{room}/invites"
    made = await replica.ask(ada, "POST", path, {"uses": 1})
    invite = made.json()
    assert made.status_code == 201
    assert (invite["room"], invite["by"]["id"], invite["uses_left"]) == (room, ada, 1)
    assert invite["url"] == f"{ISSUER}/invite/{invite['code']}"
    assert invite["expires_ms"] - invite["created_ms"] == WEEK_MS
    code = f"/v1/invites/{invite['code']}"
    shown = await replica.ask.ok(bob, "GET", code)
    assert shown["room"] == {
        "id": room, "name": "A room", "topic": "", "kind": "private", "members": 1,
    }  # fmt: skip
    assert shown["by"]["display_name"] == ada.capitalize()
    assert (await replica.ask.ok(ada, "POST", f"{code}/join"))["id"] == room
    joined = await replica.ask.ok(bob, "POST", f"{code}/join")
    assert (joined["id"], joined["role"], joined["unread"]) == (room, "member", 0)
    (event,) = (await peer.log_of(room, "user", "by", "role"))[1:]
    assert event == ("member.joined", bob, bob, "member")
    refused(await replica.ask(user(), "POST", f"{code}/join"), 404, "not_found")
    refused(await replica.ask(user(), "GET", code), 404, "not_found")
    assert (await replica.ask.ok(ada, "GET", path))["invites"] == []
    entries = (await replica.ask.ok(ada, "GET", f"/v1/rooms/{room}/audit"))["entries"]
    assert [(one["action"], one["by"]["id"]) for one in entries] == [
        ("invite.used", bob),
        ("invite.created", ada),
    ]


async def test_each_use_lets_one_person_in(replica: Replica) -> None:
    """Twelve at once for five places: five come in, and nobody is counted twice."""
    ada = user()
    room = await replica.room(ada)
    invite = await replica.ask.ok(ada, "POST", f"/v1/rooms/{room}/invites", {"uses": 5})
    path = f"/v1/invites/{invite['code']}/join"
    people = [user() for _ in range(12)]
    answers = await asyncio.gather(*(replica.ask(one, "POST", path) for one in people * 2))
    codes = [answer.status_code for answer in answers]
    let_in = {one for one, code in zip(people * 2, codes, strict=True) if code == 200}
    assert set(codes) == {200, 404}
    assert len(let_in) == 5
    assert (await replica.ask.ok(ada, "GET", f"/v1/rooms/{room}"))["members"] == 6


async def test_an_invite_ends(replica: Replica) -> None:
    """By its time, by being revoked, with the membership of who made it, and with the room."""
    ada, mod, out = user(), user(), user()
    room = await replica.room(ada)
    path = f"/v1/rooms/{room}"
    await replica.ask.ok(ada, "POST", f"{path}/members", {"user": mod, "role": "moderator"})
    pool = replica.history.pool

    async def invite(who: str) -> str:
        return str((await replica.ask.ok(who, "POST", f"{path}/invites", {}))["code"])

    over = await invite(ada)
    await pool.execute("UPDATE invites SET expires_ms = $2 WHERE code = $1", over, clock.now_ms())
    revoked = await invite(ada)
    for _ in range(2):
        await replica.ask.ok(mod, "DELETE", f"{path}/invites/{revoked}")
    of_mod = await invite(mod)
    kept = await invite(ada)
    await replica.ask.ok(ada, "DELETE", f"{path}/members/{mod}")
    for code in (over, revoked, of_mod, "none"):
        refused(await replica.ask(out, "GET", f"/v1/invites/{code}"), 404, "not_found")
        refused(await replica.ask(out, "POST", f"/v1/invites/{code}/join"), 404, "not_found")
    (listed,) = (await replica.ask.ok(ada, "GET", f"{path}/invites"))["invites"]
    assert listed["code"] == kept
    await replica.history.sweeper.prune()
    left = await pool.fetch("SELECT code FROM invites WHERE room = $1", room)
    assert [row[0] for row in left] == [kept]
    await replica.ask.ok(ada, "DELETE", path)
    refused(await replica.ask(out, "POST", f"/v1/invites/{kept}/join"), 404, "not_found")


async def test_who_is_banned_uses_no_invite(replica: Replica) -> None:
    """Nor anybody that of an archived room; and no use is lost by it."""
    ada, bob = user(), user()
    room = await replica.room(ada)
    path = f"/v1/rooms/{room}"
    invite = await replica.ask.ok(ada, "POST", f"{path}/invites", {"uses": 1})
    join = f"/v1/invites/{invite['code']}/join"
    await replica.ask.ok(ada, "PUT", f"{path}/bans/{bob}", {"reason": "spam"})
    problem = refused(await replica.ask(bob, "POST", join), 403, "forbidden")
    assert problem["detail"] == "you are banned from this room (spam)"
    await replica.ask.ok(ada, "PATCH", path, {"archived": True})
    refused(await replica.ask(user(), "POST", join), 403, "forbidden")
    await replica.ask.ok(ada, "PATCH", path, {"archived": False})
    await replica.ask.ok(ada, "DELETE", f"{path}/bans/{bob}")
    await replica.ask.ok(bob, "POST", join)


async def test_moderators_invite(replica: Replica) -> None:
    """Members do not, nor anybody to a direct room; a room has so many at a time at most."""
    ada, bob, out = user(), user(), user()
    room = await replica.room(ada, bob)
    path = f"/v1/rooms/{room}/invites"
    for method, where in (("POST", path), ("GET", path), ("DELETE", f"{path}/c1")):
        form: dict[str, int] | None = {} if method == "POST" else None
        refused(await replica.ask(bob, method, where, form), 403, "forbidden")
        refused(await replica.ask(out, method, where, form), 404, "not_found")
    direct = await replica.room(ada, bob, kind="direct")
    refused(await replica.ask(ada, "POST", f"/v1/rooms/{direct}/invites", {}), 403, "forbidden")
    await replica.history.pool.execute(
        "INSERT INTO invites SELECT $1 || n, $1, $2, 1, $3, NULL FROM generate_series(2, $4) n",
        room,
        ada,
        limits.SEQ_MAX,
        limits.INVITES,
    )
    await replica.ask.ok(ada, "POST", path, {})
    refused(await replica.ask(ada, "POST", path, {}), 409, "conflict")
