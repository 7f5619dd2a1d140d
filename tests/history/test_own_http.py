"""What people choose for themselves: kept, told to their own devices, seen by nobody else."""

import asyncio

import msgspec
import pytest

from proto import calls, limits, subjects, wire
from proto.shapes import CustomStatus
from services import clock
from tests.history.client_httpx import refused
from tests.history.running import WAIT_SECONDS, Peer, Replica, user

pytestmark = pytest.mark.asyncio(loop_scope="module")
AT_FIRST = {"receipts": True, "direct": "all", "presence": True, "custom_status": None}
CHOICES = ("muted", "notify", "favourite")


async def test_a_room_is_had_as_one_chose(replica: Replica, peer: Peer) -> None:
    """What is left out stays; the others have it as before; it is the same wherever it is shown."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob, kind="public")
    path = f"/v1/rooms/{room}/preferences"
    first = await replica.ask.ok(ada, "PUT", path, {"muted": True, "notify": "mentions"})
    assert first == {"muted": True, "notify": "mentions", "favourite": False}
    second = await replica.ask.ok(ada, "PUT", path, {"muted": False, "favourite": True})
    assert second == {"muted": False, "notify": "mentions", "favourite": True}
    assert await replica.ask.ok(ada, "PUT", path, {}) == second
    mine = await replica.ask.ok(ada, "GET", f"/v1/rooms/{room}")
    assert {name: mine[name] for name in CHOICES} == second
    listed = (await replica.ask.ok(ada, "GET", "/v1/rooms"))["rooms"]
    assert [{name: one[name] for name in CHOICES} for one in listed] == [second]
    told = (await peer.hello(ada))[room].room
    assert (told.muted, told.notify, told.favourite) == (False, "mentions", True)
    others = await replica.ask.ok(bob, "GET", f"/v1/rooms/{room}")
    assert [others[name] for name in CHOICES] == [False, "all", False]


async def test_a_choice_is_told_to_ones_own_devices(replica: Replica, peer: Peer) -> None:
    """On the subject of the person, with all that is chosen by now."""
    ada = user()
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def hear(data: bytes) -> bytes:
        if b"preferred" in data:
            await heard.put(data)
        return b""

    await peer.bus.serve(subjects.user_passing(ada), "test", hear)
    room = await replica.room(ada)
    await replica.ask.ok(ada, "PUT", f"/v1/rooms/{room}/preferences", {"favourite": True})
    async with asyncio.timeout(WAIT_SECONDS):
        word = await heard.get()
    assert word == (
        b'{"type":"preferred","room":"%b","muted":false,"notify":"all","favourite":true}'
        % room.encode()
    )


async def test_a_choice_is_a_members(replica: Replica) -> None:
    """It ends with the membership; of a room that is not there for somebody nothing is said."""
    ada, bob = user(), user()
    public = await replica.room(ada, bob, kind="public")
    path = f"/v1/rooms/{public}/preferences"
    await replica.ask.ok(bob, "PUT", path, {"notify": "none"})
    await replica.ask.ok(bob, "POST", f"/v1/rooms/{public}/leave")
    refused(await replica.ask(bob, "PUT", path, {"muted": True}), 403, "forbidden")
    back = await replica.ask.ok(bob, "POST", f"/v1/rooms/{public}/join")
    assert back["notify"] == "all"
    private = await replica.room(ada)
    for room in (private, "nowhere"):
        answer = await replica.ask(bob, "PUT", f"/v1/rooms/{room}/preferences", {"muted": True})
        refused(answer, 404, "not_found")


async def test_a_block_is_for_oneself_to_know(replica: Replica, peer: Peer) -> None:
    """Repeating is the same; nobody blocks themselves, nor whom there is not."""
    ada, bob, cid = user(), user(), user()
    for other in (bob, cid, bob):
        assert (await replica.ask(ada, "PUT", f"/v1/blocks/{other}")).status_code == 204
    listed = (await replica.ask.ok(ada, "GET", "/v1/blocks"))["users"]
    assert [one["id"] for one in listed] == [bob, cid]
    assert listed[0]["display_name"] == bob.capitalize()
    assert (await replica.ask.ok(bob, "GET", "/v1/blocks"))["users"] == []
    for _ in range(2):
        assert (await replica.ask(ada, "DELETE", f"/v1/blocks/{bob}")).status_code == 204
    listed = (await replica.ask.ok(ada, "GET", "/v1/blocks"))["users"]
    assert [one["id"] for one in listed] == [cid]
    problem = refused(await replica.ask(ada, "PUT", f"/v1/blocks/{ada}"), 400, "invalid")
    assert problem["field"] == "user"
    refused(await replica.ask(ada, "PUT", "/v1/blocks/nobody"), 404, "not_found")
    await replica.history.pool.execute(
        "INSERT INTO blocks SELECT $1, 'x' || n, 1 FROM generate_series(2, $2) n",
        ada,
        limits.BLOCKS,
    )
    refused(await replica.ask(ada, "PUT", f"/v1/blocks/{bob}"), 409, "conflict")
    assert (await replica.ask(ada, "PUT", f"/v1/blocks/{cid}")).status_code == 204


async def test_who_blocks_somebody_gets_no_direct_room_with_them(replica: Replica) -> None:
    """Whoever of the two asks, in a larger one too; a room that there was stays; nobody can tell
    a block from a choice to take none."""
    ada, bob, cid = user(), user(), user()

    async def direct(maker: str, *others: str) -> int:
        form = {"kind": "direct", "members": list(others)}
        answer = await replica.ask(maker, "POST", "/v1/rooms", form)
        if answer.status_code == 403:
            problem = refused(answer, 403, "forbidden")
            assert (problem["field"], "block" in problem["detail"]) == ("members", False)
        return answer.status_code

    assert await direct(ada, cid) == 201
    for other in (bob, cid):
        await replica.ask.ok(ada, "PUT", f"/v1/blocks/{other}")
    assert [await direct(ada, bob), await direct(bob, ada), await direct(cid, ada)] == [
        403,
        403,
        200,
    ]
    assert [await direct(cid, ada, bob), await direct(cid, bob)] == [403, 201]
    await replica.ask.ok(ada, "DELETE", f"/v1/blocks/{bob}")
    assert await direct(bob, ada) == 201


async def test_one_settles_who_may_write_to_one(replica: Replica) -> None:
    """All, who shares a room, or nobody; one writes to others oneself all the same."""
    ada, bob, cid = user(), user(), user()
    assert await replica.ask.ok(ada, "GET", "/v1/settings") == AT_FIRST
    settled = await replica.ask.ok(ada, "PATCH", "/v1/settings", {"direct": "shared"})
    assert settled == {**AT_FIRST, "direct": "shared"}
    ask = {"kind": "direct", "members": [ada]}
    refused(await replica.ask(bob, "POST", "/v1/rooms", ask), 403, "forbidden")
    await replica.room(cid, ada, bob)
    assert (await replica.ask(bob, "POST", "/v1/rooms", ask)).status_code == 201
    settled = await replica.ask.ok(ada, "PATCH", "/v1/settings", {"direct": "nobody"})
    assert settled["direct"] == "nobody"
    refused(await replica.ask(cid, "POST", "/v1/rooms", ask), 403, "forbidden")
    assert (await replica.ask(bob, "POST", "/v1/rooms", ask)).status_code == 200
    mine = {"kind": "direct", "members": [cid]}
    assert (await replica.ask(ada, "POST", "/v1/rooms", mine)).status_code == 201


async def test_receipts_are_shown_by_who_wants_to(replica: Replica, peer: Peer) -> None:
    """To members of rooms of at most 100; switched off, neither asked for nor told."""
    ada, bob, cid = people = [user() for _ in range(3)]
    room = await replica.room(*people, kind="public")
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def hear(data: bytes) -> bytes:
        await heard.put(data)
        return b""

    await peer.bus.serve(subjects.room_passing(room), "test", hear)
    first, second = await peer.say(room, ada), await peer.say(room, ada)
    read = f"/v1/rooms/{room}/read"
    await replica.ask.ok(bob, "PUT", read, {"seq": first})
    await replica.ask.ok(cid, "PUT", read, {"seq": second})
    path = f"/v1/rooms/{room}/receipts"
    shown = (await replica.ask.ok(ada, "GET", path))["receipts"]
    assert {one["user"]: one["read_seq"] for one in shown} == {bob: first, cid: second}
    settled = await replica.ask.ok(bob, "PATCH", "/v1/settings", {"receipts": False})
    assert settled == {**AT_FIRST, "receipts": False}
    await replica.ask.ok(bob, "PUT", read, {"seq": second})
    await replica.ask.ok(cid, "PUT", read, {"seq": first, "back": True})
    shown = (await replica.ask.ok(ada, "GET", path))["receipts"]
    assert shown == [{"user": cid, "read_seq": first}]
    await replica.ask.ok(cid, "PUT", read, {"seq": second})
    async with asyncio.timeout(WAIT_SECONDS):
        told = [(await heard.get()) for _ in range(3)]
    assert [
        b'"user":"%b"' % who.encode() in word
        for who, word in zip((bob, cid, cid), told, strict=True)
    ] == [True] * 3
    refused(await replica.ask(user(), "GET", path), 403, "forbidden")
    await replica.history.pool.execute("UPDATE rooms SET members = 101 WHERE id = $1", room)
    assert (await replica.ask.ok(ada, "GET", path))["receipts"] == []


async def test_what_others_see_of_one_is_answered_once_presence_holds_it(
    replica: Replica, peer: Peer
) -> None:
    """With a revision that rises; what was kept although presence did not answer is told by the
    next try, and to whoever asks.
    """
    ada, told = user(), []
    is_away = True

    async def hold(data: bytes) -> bytes:
        told.append(msgspec.json.decode(data, type=calls.Settled))
        return wire.encode(calls.Failure("unavailable", "as asked")) if is_away else calls.DONE

    await peer.bus.serve(subjects.PRESENCE_SETTLE, subjects.PRESENCE_QUEUE, hold)
    await peer.bus.flush()
    lunch = {"text": " Lunch ", "emoji": "🍲", "until_ms": clock.now_ms() + 3_600_000}
    kept = CustomStatus("Lunch", "🍲", lunch["until_ms"])  # type: ignore[arg-type]
    change = {"custom_status": lunch, "presence": False}
    refused(await replica.ask(ada, "PATCH", "/v1/settings", change), 503, "unavailable")
    is_away = False
    settled = await replica.ask.ok(ada, "PATCH", "/v1/settings", change)
    assert settled == {**AT_FIRST, "presence": False, "custom_status": {**lunch, "text": "Lunch"}}
    assert [(one.hidden, one.custom_status) for one in told] == [(True, kept)] * 2
    assert told[0].rev < told[1].rev
    await replica.ask.ok(ada, "PATCH", "/v1/settings", {"receipts": False})
    assert len(told) == 2
    asked = calls.SettledCall(["nobody", ada])
    found = await peer.call(subjects.HISTORY_SETTLED, asked, calls.SettledReply)
    assert found.people[0] == calls.Settled("nobody")
    assert msgspec.structs.replace(found.people[1], rev=0) == calls.Settled(ada, 0, True, kept)  # noqa: FBT003
    settled = await replica.ask.ok(ada, "PATCH", "/v1/settings", {"custom_status": None})
    assert settled == {**AT_FIRST, "receipts": False, "presence": False}
    assert told[-1].rev > found.people[1].rev
    assert (told[-1].hidden, told[-1].custom_status) == (True, None)


async def test_a_custom_status_that_is_over_is_none(replica: Replica, peer: Peer) -> None:
    """Neither for oneself nor for presence; one without an end stays."""
    ada, bob = user(), user()
    query = """
        INSERT INTO settings ("user", status_text, status_emoji, status_until_ms)
        VALUES ($1, '', '☕', $2)
    """
    await replica.history.pool.execute(query, ada, clock.now_ms())
    await replica.history.pool.execute(query, bob, None)
    says = [
        (await replica.ask.ok(who, "GET", "/v1/settings"))["custom_status"] for who in (ada, bob)
    ]
    assert says == [None, {"text": "", "emoji": "☕", "until_ms": None}]
    asked = calls.SettledCall([ada, bob])
    found = await peer.call(subjects.HISTORY_SETTLED, asked, calls.SettledReply)
    assert [one.custom_status for one in found.people] == [None, CustomStatus("", "☕")]


async def test_who_blocks_somebody_is_not_mentioned_by_them(replica: Replica, peer: Peer) -> None:
    """By nobody else's word does it change; lifted, they are mentioned again."""
    ada, bob, cid = user(), user(), user()
    await replica.room(ada, bob, cid)
    room = await replica.room(ada, bob, cid)

    async def mentioned(by: str) -> set[str]:
        call = calls.MentionsCall(room, by, [ada, cid])
        return set((await peer.call(subjects.HISTORY_MENTIONS, call, calls.MentionsReply)).users)

    await replica.ask.ok(ada, "PUT", f"/v1/blocks/{bob}")
    assert await mentioned(bob) == {cid}
    assert await mentioned(cid) == {ada, cid}
    await replica.ask.ok(ada, "DELETE", f"/v1/blocks/{bob}")
    assert await mentioned(bob) == {ada, cid}
