"""Members over HTTP: who adds, removes and raises whom, and how they are listed."""

import asyncio

import pytest

from proto import calls, subjects
from tests.history.client_httpx import refused
from tests.history.running import WAIT_SECONDS, Auth, Peer, Replica, until, user

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_members_are_listed_in_the_order_they_came(replica: Replica) -> None:
    """In pages, each once, with their names; only for those who may read the room."""
    ada, *others = people = [user() for _ in range(5)]
    room = await replica.room(ada, *others)
    path = f"/v1/rooms/{room}/members"
    first = await replica.ask.ok(others[0], "GET", f"{path}?limit=3")
    rest = await replica.ask.ok(others[0], "GET", f"{path}?limit=3&cursor={first['next']}")
    found = first["members"] + rest["members"]
    assert [member["user"]["id"] for member in found] == people
    assert [member["role"] for member in found] == ["owner"] + ["member"] * 4
    assert found[0]["user"]["display_name"] == ada.capitalize()
    assert "next" not in rest
    refused(await replica.ask(user(), "GET", path), 404, "not_found")
    refused(await replica.ask(ada, "GET", f"{path}?cursor=LTE"), 400, "invalid")  # -1
    public = await replica.room(ada, kind="public")
    seen = await replica.ask.ok(user(), "GET", f"/v1/rooms/{public}/members")
    assert len(seen["members"]) == 1


async def test_owners_and_moderators_add(replica: Replica, peer: Peer) -> None:
    """201 and the event; 200 for one who is a member already, whose role stays."""
    ada, mod, bob, cid = user(), user(), user(), user()
    room = await replica.room(ada)
    path = f"/v1/rooms/{room}/members"
    moderator = await replica.ask(ada, "POST", path, {"user": mod, "role": "moderator"})
    assert (moderator.status_code, moderator.json()["role"]) == (201, "moderator")
    member = await replica.ask(mod, "POST", path, {"user": bob})
    assert (member.status_code, member.json()["user"]["id"]) == (201, bob)
    again = await replica.ask(ada, "POST", path, {"user": mod})
    assert (again.status_code, again.json()["role"]) == (200, "moderator")
    assert (await peer.log_of(room, "user", "by", "role"))[1:] == [
        ("member.joined", mod, ada, "moderator"),
        ("member.joined", bob, mod, "member"),
    ]
    refused(await replica.ask(bob, "POST", path, {"user": cid}), 403, "forbidden")
    refused(await replica.ask(mod, "POST", path, {"user": cid, "role": "owner"}), 403, "forbidden")
    refused(await replica.ask(cid, "POST", path, {"user": cid}), 404, "not_found")
    problem = refused(await replica.ask(ada, "POST", path, {"user": "nobody"}), 404, "not_found")
    assert problem["field"] == "user"
    refused(await replica.ask(ada, "POST", path, {"user": "n.o"}), 400, "bad_frame")
    refused(await replica.ask(ada, "POST", path, {"user": cid, "role": "king"}), 400, "invalid")


async def test_nobody_is_added_to_or_removed_from_a_direct_room(replica: Replica) -> None:
    """All are equal there."""
    ada, bob, cid = user(), user(), user()
    path = f"/v1/rooms/{await replica.room(ada, bob, kind='direct')}/members"
    refused(await replica.ask(ada, "POST", path, {"user": cid}), 403, "forbidden")
    refused(await replica.ask(ada, "DELETE", f"{path}/{bob}"), 403, "forbidden")
    refused(await replica.ask(ada, "PATCH", f"{path}/{bob}", {"role": "owner"}), 403, "forbidden")
    refused(await replica.ask(ada, "DELETE", f"{path}/{ada}"), 403, "forbidden")


async def test_one_kicks_below_oneself(replica: Replica, peer: Peer) -> None:
    """Never an equal or one above; repeated it is the same; oneself is leaving."""
    ada, mod, equal, bob, cid = user(), user(), user(), user(), user()
    room = await replica.room(ada, bob, cid)
    path = f"/v1/rooms/{room}/members"
    for who in (mod, equal):
        await replica.ask.ok(ada, "POST", path, {"user": who, "role": "moderator"})
    for target in (equal, ada):
        refused(await replica.ask(mod, "DELETE", f"{path}/{target}"), 403, "forbidden")
    refused(await replica.ask(bob, "DELETE", f"{path}/{cid}"), 403, "forbidden")
    for _ in range(2):
        assert (await replica.ask(mod, "DELETE", f"{path}/{bob}")).status_code == 204
    assert (await replica.ask(cid, "DELETE", f"{path}/{cid}")).status_code == 204
    assert (await peer.log_of(room, "user", "by"))[-2:] == [
        ("member.removed", bob, mod),
        ("member.left", cid, cid),
    ]
    refused(await replica.ask(bob, "GET", f"/v1/rooms/{room}"), 404, "not_found")
    back = await replica.ask(ada, "POST", path, {"user": bob})
    assert back.status_code == 201


async def test_owners_give_roles(replica: Replica, peer: Peer) -> None:
    """The last owner stays one; the same role again is no event."""
    ada, bob, cid = user(), user(), user()
    room = await replica.room(ada, bob)
    path = f"/v1/rooms/{room}/members"
    refused(await replica.ask(bob, "PATCH", f"{path}/{bob}", {"role": "owner"}), 403, "forbidden")
    refused(await replica.ask(ada, "PATCH", f"{path}/{ada}", {"role": "member"}), 409, "conflict")
    refused(await replica.ask(ada, "PATCH", f"{path}/{cid}", {"role": "owner"}), 404, "not_found")
    for _ in range(2):
        given = await replica.ask.ok(ada, "PATCH", f"{path}/{bob}", {"role": "owner"})
        assert given["role"] == "owner"
    await replica.ask.ok(bob, "PATCH", f"{path}/{ada}", {"role": "member"})
    assert (await peer.log_of(room, "user", "by", "role"))[-2:] == [
        ("member.role", bob, ada, "owner"),
        ("member.role", ada, bob, "member"),
    ]


async def test_two_owners_cannot_unmake_each_other_at_once(replica: Replica) -> None:
    """Racing demotions leave one owner: rights are read while the room is held."""
    for _ in range(5):
        ada, bob = user(), user()
        room = await replica.room(ada, bob)
        path = f"/v1/rooms/{room}/members"
        await replica.ask.ok(ada, "PATCH", f"{path}/{bob}", {"role": "owner"})
        answers = await asyncio.gather(
            replica.ask(ada, "PATCH", f"{path}/{bob}", {"role": "member"}),
            replica.ask(bob, "PATCH", f"{path}/{ada}", {"role": "member"}),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 403]


async def test_a_new_member_is_told(replica: Replica, peer: Peer) -> None:
    """On the subject of the user, with the place where the membership begins."""
    ada, bob = user(), user()
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def hear(data: bytes) -> bytes:
        await heard.put(data)
        return b""

    await peer.bus.serve(subjects.user_passing(bob), "test", hear)
    room = await replica.room(ada, bob)
    async with asyncio.timeout(WAIT_SECONDS):
        word = await heard.get()
    state = (await peer.hello(bob))[room]
    assert word == b'{"type":"joined","room":"%b","seq":%d}' % (room.encode(), state.room.read_seq)
    reply = await peer.call(subjects.HISTORY_MEMBER, calls.MemberCall(room, bob), calls.MemberReply)
    assert reply.kind == "private"


async def test_another_name_is_shown_after_a_look(replica: Replica, auth: Auth) -> None:
    """Names are auth's: one that is looked at and older than a minute is asked for again."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob)
    auth.renamed[bob] = "Robert"
    await replica.history.pool.execute("UPDATE people SET refreshed_ms = 1 WHERE id = $1", bob)
    path = f"/v1/rooms/{room}/members"

    async def renamed() -> bool:
        found = await replica.ask.ok(ada, "GET", path)
        return bool(found["members"][1]["user"]["display_name"] == "Robert")

    await until(renamed)
