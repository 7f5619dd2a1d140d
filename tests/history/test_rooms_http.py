"""Rooms over HTTP: made, found, changed, ended, and what strangers are told of them."""

import asyncio

import pytest

from tests.history.client_httpx import refused
from tests.history.running import Peer, Replica, user

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_room_is_made_with_its_members_in_the_log(replica: Replica, peer: Peer) -> None:
    """201 when every member.joined is in the log, the maker's as owner first."""
    ada, bob = user(), user()
    form = {"kind": "private", "name": "  Tea  ", "topic": "hot", "members": [bob, ada, bob]}
    response = await replica.ask(ada, "POST", "/v1/rooms", form)
    assert response.status_code == 201, response.text
    made = response.json()
    assert await peer.log_of(made["id"], "user", "by", "role") == [
        ("member.joined", ada, ada, "owner"),
        ("member.joined", bob, ada, "member"),
    ]
    assert (made["name"], made["topic"], made["role"]) == ("Tea", "hot", "owner")
    assert (made["members"], made["unread"], made["mentions"], made["peers"]) == (2, 0, 0, [])
    assert made["last_seq"] >= made["read_seq"] > 0


@pytest.mark.parametrize(
    ("form", "status", "code", "field"),
    [
        ({"kind": "public"}, 400, "invalid", "name"),
        ({"kind": "private", "name": " "}, 400, "invalid", "name"),
        ({"kind": "private", "name": "x", "topic": "t" * 251}, 400, "invalid", "topic"),
        ({"kind": "direct", "members": []}, 400, "invalid", "members"),
        ({"kind": "direct", "name": "us", "members": ["u1"]}, 400, "invalid", "name"),
        ({"kind": "private", "name": "x", "members": ["nobody"]}, 404, "not_found", "members"),
        ({"kind": "private", "name": "x", "members": ["u.1"]}, 400, "bad_frame", None),
        ({"kind": "private", "name": "x", "members": "u1"}, 400, "bad_frame", None),
        ({"name": "x"}, 400, "bad_frame", None),
        ([], 400, "bad_frame", None),
    ],
)
async def test_a_room_that_breaks_a_rule_is_not_made(
    replica: Replica, form: object, status: int, code: str, field: str | None
) -> None:
    """The refusal names what is wrong, and there is no room."""
    ada = user()
    problem = refused(await replica.ask(ada, "POST", "/v1/rooms", form), status, code)
    assert field is None or problem["field"] == field
    assert (await replica.ask.ok(ada, "GET", "/v1/rooms"))["rooms"] == []


async def test_nothing_is_told_without_a_token(replica: Replica) -> None:
    """401 for everyone without an access token."""
    refused(await replica.ask("", "GET", "/v1/rooms"), 401, "unauthorized")


async def test_there_is_one_direct_room_for_a_set_of_people(replica: Replica) -> None:
    """The second who asks, in whatever order, gets the first one's room with 200."""
    ada, bob, cid = user(), user(), user()
    first = await replica.ask(ada, "POST", "/v1/rooms", {"kind": "direct", "members": [bob, cid]})
    again = {"kind": "direct", "members": [cid, bob, ada]}
    second = await replica.ask(bob, "POST", "/v1/rooms", again)
    other = await replica.ask(ada, "POST", "/v1/rooms", {"kind": "direct", "members": [bob]})
    assert (first.status_code, second.status_code, other.status_code) == (201, 200, 201)
    assert first.json()["id"] == second.json()["id"] != other.json()["id"]
    assert {peer["id"] for peer in second.json()["peers"]} == {ada, cid}
    assert (second.json()["name"], second.json()["role"]) == (None, "member")


async def test_racing_for_a_direct_room_makes_one(replica: Replica, peer: Peer) -> None:
    """Whoever is first, all get the same, one of them with 201, and the log has it once."""
    ada, bob = user(), user()
    asking = [
        replica.ask(me, "POST", "/v1/rooms", {"kind": "direct", "members": [other]})
        for me, other in [(ada, bob), (bob, ada)] * 4
    ]
    answers = await asyncio.gather(*asking)
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    (room,) = {answer.json()["id"] for answer in answers}
    assert sorted(user for _, user in await peer.log_of(room, "user")) == sorted([ada, bob])


async def test_a_repeated_create_with_its_key_makes_one_room(replica: Replica) -> None:
    """Also when both are under way at once; the same key of another person is another key."""
    ada, bob = user(), user()
    form = {"kind": "public", "name": "Once"}
    asking = [replica.ask(ada, "POST", "/v1/rooms", form, idempotency_key="k-1") for _ in range(4)]
    answers = await asyncio.gather(*asking)
    assert [answer.status_code for answer in answers] == [201] * 4
    (room,) = {answer.json()["id"] for answer in answers}
    other = await replica.ask.ok(bob, "POST", "/v1/rooms", form, idempotency_key="k-1")
    assert other["id"] != room
    assert len((await replica.ask.ok(ada, "GET", "/v1/rooms"))["rooms"]) == 1


async def test_a_key_belongs_to_one_request(replica: Replica) -> None:
    """Another request with it is a conflict; a key that is none is invalid."""
    ada = user()
    form = {"kind": "public", "name": "One"}
    await replica.ask.ok(ada, "POST", "/v1/rooms", form, idempotency_key="k")
    other = await replica.ask(
        ada, "POST", "/v1/rooms", {**form, "name": "Two"}, idempotency_key="k"
    )
    refused(other, 409, "conflict")
    bad = await replica.ask(ada, "POST", "/v1/rooms", form, idempotency_key="k" * 65)
    refused(bad, 400, "invalid")


async def test_my_rooms_come_in_pages(replica: Replica) -> None:
    """Each once, over as many pages as it takes; the last has no cursor."""
    ada = user()
    made = sorted([await replica.room(ada) for _ in range(5)])
    found: list[str] = []
    cursor: str | None = ""
    pages = 0
    while cursor is not None:
        page = await replica.ask.ok(ada, "GET", f"/v1/rooms?limit=2{cursor}")
        found += [room["id"] for room in page["rooms"]]
        cursor = f"&cursor={page['next']}" if "next" in page else None
        pages += 1
    assert (found, pages) == (made, 3)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=-1", "invalid"),
        ("limit=0", "invalid"),
        ("limit=101", "invalid"),
        ("limit=ten", "bad_frame"),
        ("cursor=!!", "invalid"),
        ("cursor=AAAA", "invalid"),
        ("cursor=IlxuIg", "invalid"),  # a line break
        ("cursor=W10", "invalid"),  # an empty list
        ("cursor=" + "A" * 2000, "invalid"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/rooms", "/v1/rooms/public"])
async def test_a_bad_page_is_refused(replica: Replica, path: str, query: str, code: str) -> None:
    """Limits out of bounds and cursors that no page gave."""
    refused(await replica.ask(user(), "GET", f"{path}?{query}"), 400, code)


async def test_public_rooms_are_found_by_the_beginning_of_their_name(replica: Replica) -> None:
    """In any case, by name, in pages; private ones never; LIKE's signs stand for themselves."""
    ada, bob = user(), user()
    for name in ("Zebra b", "zebra A", "ZEBRA c", "Not a zebra", "100%", "1000", "Ärger"):
        await replica.ask.ok(ada, "POST", "/v1/rooms", {"kind": "public", "name": name})
    await replica.ask.ok(ada, "POST", "/v1/rooms", {"kind": "private", "name": "Zebra secret"})

    async def names(query: str) -> list[str]:
        found = await replica.ask.ok(bob, "GET", f"/v1/rooms/public?{query}")
        return [room["name"] for room in found["rooms"]]

    assert await names("q=zEbRa") == ["zebra A", "Zebra b", "ZEBRA c"]
    assert await names("q=100%25") == ["100%"]
    assert await names("q=1_0") == []
    assert await names("q=%C3%A4r") == ["Ärger"]
    first = await replica.ask.ok(bob, "GET", "/v1/rooms/public?q=zebra&limit=2")
    assert await names(f"q=zebra&limit=2&cursor={first['next']}") == ["ZEBRA c"]
    assert first["rooms"][0]["role"] is None
    refused(await replica.ask(bob, "GET", "/v1/rooms/public?q=%00"), 400, "invalid")


async def test_a_member_sees_a_public_room_alike_everywhere(replica: Replica) -> None:
    """In the list of public ones, too: the mark and what is unread are not told as 0 there."""
    ada, bob = user(), user()
    form = {"kind": "public", "name": f"Quagga {ada}"}
    room = (await replica.ask.ok(ada, "POST", "/v1/rooms", form))["id"]
    await replica.ask.ok(ada, "PATCH", f"/v1/rooms/{room}", {"topic": "stripes"})
    [listed] = (await replica.ask.ok(ada, "GET", f"/v1/rooms/public?q=quagga%20{ada}"))["rooms"]
    assert listed["read_seq"] > 0
    assert listed == await replica.ask.ok(ada, "GET", f"/v1/rooms/{room}")
    [listed] = (await replica.ask.ok(bob, "GET", f"/v1/rooms/public?q=quagga%20{ada}"))["rooms"]
    assert listed == await replica.ask.ok(bob, "GET", f"/v1/rooms/{room}")


async def test_what_a_room_is_to_whom(replica: Replica) -> None:
    """A member sees their role, a visitor of a public room none, a stranger no private room."""
    ada, bob = user(), user()
    public, private = await replica.room(ada, kind="public"), await replica.room(ada)
    assert (await replica.ask.ok(ada, "GET", f"/v1/rooms/{private}"))["role"] == "owner"
    seen = await replica.ask.ok(bob, "GET", f"/v1/rooms/{public}")
    assert (seen["role"], seen["unread"], seen["members"]) == (None, 0, 1)
    refused(await replica.ask(bob, "GET", f"/v1/rooms/{private}"), 404, "not_found")
    refused(await replica.ask(bob, "GET", "/v1/rooms/r_none"), 404, "not_found")
    refused(await replica.ask(bob, "GET", "/v1/rooms/r.1"), 400, "bad_frame")
    refused(await replica.ask(bob, "GET", f"/v1/rooms/{'r' * 65}"), 400, "bad_frame")


async def test_name_and_topic_are_the_moderators(replica: Replica, peer: Peer) -> None:
    """The event has what changed and nothing else; what is the same is no event."""
    ada, mod, bob, eve = user(), user(), user(), user()
    room = await replica.room(ada, mod, bob)
    path = f"/v1/rooms/{room}"
    await replica.ask.ok(ada, "PATCH", f"{path}/members/{mod}", {"role": "moderator"})
    changed = await replica.ask.ok(mod, "PATCH", path, {"topic": "new"})
    assert (changed["name"], changed["topic"]) == ("A room", "new")
    before = await peer.log_of(room)
    assert before[-1] == ("room.updated",)
    await replica.ask.ok(mod, "PATCH", path, {"topic": "new", "name": "A room"})
    await replica.ask.ok(mod, "PATCH", path, {})
    assert await peer.log_of(room) == before
    refused(await replica.ask(bob, "PATCH", path, {"topic": "mine"}), 403, "forbidden")
    refused(await replica.ask(eve, "PATCH", path, {"topic": "mine"}), 404, "not_found")
    refused(await replica.ask(ada, "PATCH", path, {"name": "\u202e"}), 400, "invalid")
    direct = await replica.room(ada, bob, kind="direct")
    refused(await replica.ask(ada, "PATCH", f"/v1/rooms/{direct}", {"name": "x"}), 403, "forbidden")


async def test_only_owners_end_a_room(replica: Replica, peer: Peer) -> None:
    """It is gone for everyone; the owner may repeat it; its last event says so."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob, kind="public")
    path = f"/v1/rooms/{room}"
    refused(await replica.ask(bob, "DELETE", path), 403, "forbidden")
    refused(await replica.ask(user(), "DELETE", path), 403, "forbidden")
    for _ in range(2):
        assert (await replica.ask(ada, "DELETE", path)).status_code == 204
    refused(await replica.ask(bob, "DELETE", path), 404, "not_found")
    refused(await replica.ask(bob, "GET", path), 404, "not_found")
    refused(await replica.ask(bob, "POST", f"{path}/join"), 404, "not_found")
    assert (await replica.ask.ok(bob, "GET", "/v1/rooms"))["rooms"] == []
    assert (await peer.log_of(room, "by"))[-1] == ("room.deleted", ada)


async def test_joining_is_for_public_rooms(replica: Replica, peer: Peer) -> None:
    """Joining twice is joining once; private and direct rooms are not there."""
    ada, bob = user(), user()
    public, private = await replica.room(ada, kind="public"), await replica.room(ada)
    direct = await replica.room(ada, user(), kind="direct")
    for _ in range(2):
        joined = await replica.ask.ok(bob, "POST", f"/v1/rooms/{public}/join")
    assert (joined["role"], joined["members"], joined["unread"]) == ("member", 2, 0)
    assert (await peer.log_of(public, "user"))[1:] == [("member.joined", bob)]
    for room in (private, direct):
        refused(await replica.ask(bob, "POST", f"/v1/rooms/{room}/join"), 404, "not_found")
    assert (await replica.ask.ok(ada, "POST", f"/v1/rooms/{private}/join"))["role"] == "owner"


async def test_leaving_twice_is_leaving_once(replica: Replica, peer: Peer) -> None:
    """204 both times, though the private room is not there any more for one who left."""
    ada, bob, eve = user(), user(), user()
    room = await replica.room(ada, bob)
    for _ in range(2):
        assert (await replica.ask(bob, "POST", f"/v1/rooms/{room}/leave")).status_code == 204
    assert (await peer.log_of(room, "user"))[2:] == [("member.left", bob)]
    refused(await replica.ask(bob, "GET", f"/v1/rooms/{room}"), 404, "not_found")
    refused(await replica.ask(eve, "POST", f"/v1/rooms/{room}/leave"), 404, "not_found")
    refused(await replica.ask(eve, "POST", "/v1/rooms/r_none/leave"), 404, "not_found")
    public = await replica.room(ada, kind="public")
    assert (await replica.ask(eve, "POST", f"/v1/rooms/{public}/leave")).status_code == 204
    direct = await replica.room(ada, bob, kind="direct")
    refused(await replica.ask(ada, "POST", f"/v1/rooms/{direct}/leave"), 403, "forbidden")


async def test_a_room_whose_owner_left_has_another(replica: Replica, peer: Peer) -> None:
    """The oldest moderator, then the oldest member; each change is in the log."""
    ada, bob, cid, mod = user(), user(), user(), user()
    room = await replica.room(ada, bob, cid, mod)
    path = f"/v1/rooms/{room}"
    await replica.ask.ok(ada, "PATCH", f"{path}/members/{mod}", {"role": "moderator"})
    await replica.ask.ok(ada, "POST", f"{path}/leave")
    assert (await replica.ask.ok(mod, "GET", path))["role"] == "owner"
    await replica.ask.ok(mod, "POST", f"{path}/leave")
    assert (await replica.ask.ok(bob, "GET", path))["role"] == "owner"
    assert (await peer.log_of(room, "user", "by", "role"))[-4:] == [
        ("member.left", ada, ada, "owner"),
        ("member.role", mod, ada, "owner"),
        ("member.left", mod, mod, "owner"),
        ("member.role", bob, mod, "owner"),
    ]


async def test_while_another_owner_stays_nobody_follows(replica: Replica) -> None:
    """Two owners: one leaves, the others keep what they have."""
    ada, bob, cid = user(), user(), user()
    room = await replica.room(ada, bob, cid)
    await replica.ask.ok(ada, "PATCH", f"/v1/rooms/{room}/members/{cid}", {"role": "owner"})
    await replica.ask.ok(ada, "POST", f"/v1/rooms/{room}/leave")
    assert (await replica.ask.ok(bob, "GET", f"/v1/rooms/{room}"))["role"] == "member"


async def test_owners_who_leave_at_once_leave_an_owner(replica: Replica) -> None:
    """However two departures race, whoever stays owns the room."""
    for _ in range(5):
        ada, bob, cid = user(), user(), user()
        room = await replica.room(ada, bob, cid)
        await replica.ask.ok(ada, "PATCH", f"/v1/rooms/{room}/members/{bob}", {"role": "owner"})
        leaving = [replica.ask.ok(who, "POST", f"/v1/rooms/{room}/leave") for who in (ada, bob)]
        await asyncio.gather(*leaving)
        seen = await replica.ask.ok(cid, "GET", f"/v1/rooms/{room}")
        assert (seen["role"], seen["members"]) == ("owner", 1)


async def test_a_public_room_that_is_empty_is_the_next_ones(replica: Replica) -> None:
    """It stays, and who joins it then owns it."""
    ada, bob = user(), user()
    room = await replica.room(ada, kind="public")
    await replica.ask.ok(ada, "POST", f"/v1/rooms/{room}/leave")
    assert (await replica.ask.ok(bob, "GET", f"/v1/rooms/{room}"))["members"] == 0
    assert (await replica.ask.ok(bob, "POST", f"/v1/rooms/{room}/join"))["role"] == "owner"


async def test_a_private_room_that_is_empty_ends(replica: Replica, peer: Peer) -> None:
    """Nobody could ever come back; leaving it twice is still leaving it once."""
    ada = user()
    room = await replica.room(ada)
    for _ in range(2):
        assert (await replica.ask(ada, "POST", f"/v1/rooms/{room}/leave")).status_code == 204
    assert (await peer.log_of(room))[1:] == [("member.left",), ("room.deleted",)]
    refused(await replica.ask(ada, "POST", f"/v1/rooms/{room}/join"), 404, "not_found")


async def test_the_document_describes_every_path(replica: Replica) -> None:
    """OpenAPI 3.1 at its place, with the paths that are served and no other."""
    document = await replica.ask.ok("", "GET", "/v1/history/openapi.json")
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {
        "/v1/rooms",
        "/v1/rooms/public",
        "/v1/rooms/{room}",
        "/v1/rooms/{room}/join",
        "/v1/rooms/{room}/leave",
        "/v1/rooms/{room}/members",
        "/v1/rooms/{room}/members/{user}",
        "/v1/rooms/{room}/audit",
        "/v1/rooms/{room}/bans",
        "/v1/rooms/{room}/bans/me",
        "/v1/rooms/{room}/bans/{user}",
        "/v1/rooms/{room}/mutes",
        "/v1/rooms/{room}/mutes/{user}",
        "/v1/rooms/{room}/messages/{seq}",
        "/v1/rooms/{room}/messages/{seq}/edits",
        "/v1/rooms/{room}/messages/{seq}/pin",
        "/v1/rooms/{room}/messages/{seq}/reactions",
        "/v1/rooms/{room}/messages/{seq}/reactions/{emoji}",
        "/v1/rooms/{room}/pins",
        "/v1/rooms/{room}/preferences",
        "/v1/rooms/{room}/receipts",
        "/v1/hooks/{webhook}/{secret}",
        "/v1/rooms/{room}/webhooks",
        "/v1/rooms/{room}/webhooks/{webhook}",
        "/v1/rooms/{room}/webhooks/{webhook}/secret",
        "/v1/rooms/{room}/webhooks/{webhook}/dead-letters/replay",
        "/v1/rooms/{room}/webhooks/{webhook}/dead-letters",
        "/v1/rooms/{room}/invites",
        "/v1/rooms/{room}/invites/{code}",
        "/v1/invites/{code}",
        "/v1/invites/{code}/join",
        "/v1/search",
        "/v1/settings",
        "/v1/blocks",
        "/v1/blocks/{user}",
        "/v1/rooms/{room}/messages",
        "/v1/rooms/{room}/read",
    }
