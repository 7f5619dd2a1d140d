"""What moderators do over HTTP: bans, mutes, slow mode, archive, and the record of it all."""

import asyncio

import pytest

from history import sanctions_postgres, turns_postgres
from proto import calls, events, limits, subjects, wire
from services import clock
from tests.history.client_httpx import refused
from tests.history.running import Peer, Replica, key, user

pytestmark = pytest.mark.asyncio(loop_scope="module")
HOUR_MS = 3_600_000


async def pace(peer: Peer, room: str, who: str, key: str) -> int:
    """How long somebody has to wait before they may write."""
    call = calls.PaceCall(room, who, key)
    return (await peer.call(subjects.HISTORY_PACE, call, calls.PaceReply)).wait_ms


async def test_a_ban_keeps_out_until_it_ends(replica: Replica, peer: Peer) -> None:
    """It ends the membership; nobody joins or is added past it; over, all is as before."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob, kind="public")
    ban = f"/v1/rooms/{room}/bans/{bob}"
    until = clock.now_ms() + HOUR_MS
    for _ in range(2):
        form = {"reason": " spam ", "until_ms": until}
        assert (await replica.ask(ada, "PUT", ban, form)).status_code == 204
    told = await peer.log.read(subjects.room_log(room), 0, 10)
    event = wire.decode_event(told.records[-1].data)
    assert isinstance(event, events.MemberRemoved)
    assert (len(told.records), event.user, event.by, event.banned) == (3, bob, ada, True)
    problem = refused(await replica.ask(bob, "POST", f"/v1/rooms/{room}/join"), 403, "forbidden")
    assert problem["detail"].startswith("you are banned from this room until 20")
    assert problem["detail"].endswith("Z (spam)")
    added = await replica.ask(ada, "POST", f"/v1/rooms/{room}/members", {"user": bob})
    refused(added, 409, "conflict")
    (listed,) = (await replica.ask.ok(ada, "GET", f"/v1/rooms/{room}/bans"))["bans"]
    assert (listed["user"]["id"], listed["by"]["id"]) == (bob, ada)
    assert (listed["reason"], listed["until_ms"]) == ("spam", until)
    pool = replica.history.pool
    await pool.execute("UPDATE bans SET until_ms = 5 WHERE room = $1", room)
    assert (await replica.ask.ok(ada, "GET", f"/v1/rooms/{room}/bans"))["bans"] == []
    await replica.ask.ok(bob, "POST", f"/v1/rooms/{room}/join")
    await replica.ask.ok(ada, "PUT", ban, {})
    (listed,) = (await replica.ask.ok(ada, "GET", f"/v1/rooms/{room}/bans"))["bans"]
    assert (listed["reason"], listed["until_ms"]) == ("", None)
    refused(await replica.ask(bob, "POST", f"/v1/rooms/{room}/join"), 403, "forbidden")
    for _ in range(2):
        assert (await replica.ask(ada, "DELETE", ban)).status_code == 204
    await replica.ask.ok(bob, "POST", f"/v1/rooms/{room}/join")


async def test_who_is_banned_is_told_why(replica: Replica) -> None:
    """And until when, of a private room too, once they were in it; nobody else, and no more of the
    room than that."""
    ada, bob, eve, out = (user() for _ in range(4))
    until = clock.now_ms() + HOUR_MS
    for kind in ("private", "public"):
        room = await replica.room(ada, bob, eve, kind=kind)
        path = f"/v1/rooms/{room}"

        async def told(who: str, at: str = path) -> dict[str, object] | None:
            answer = await replica.ask(who, "GET", f"{at}/bans/me")
            if answer.status_code == 200:
                found: dict[str, object] = answer.json()
                return found
            refused(answer, 404, "not_found")
            return None

        for who in (bob, out):
            assert await told(who) is None
            form = {"reason": "loud", "until_ms": until}
            await replica.ask.ok(ada, "PUT", f"{path}/bans/{who}", form)
        loud = {"reason": "loud", "until_ms": until}
        assert await told(bob) == loud
        # That there is such a private room is no business of one who never was in it.
        assert await told(out) == (loud if kind == "public" else None)
        assert [await told(who) for who in (ada, eve, user())] == [None] * 3
        assert await told(bob, "/v1/rooms/nothing") is None
        status = 404 if kind == "private" else 403
        for more in ("bans", "audit"):
            assert (await replica.ask(bob, "GET", f"{path}/{more}")).status_code == status
        await replica.ask.ok(ada, "PUT", f"{path}/bans/{bob}", {"reason": "too loud"})
        assert await told(bob) == {"reason": "too loud", "until_ms": None}
        await replica.ask.ok(ada, "DELETE", f"{path}/bans/{bob}")
        assert await told(bob) is None
        await replica.ask.ok(ada, "PUT", f"{path}/bans/{bob}", {})
        pool = replica.history.pool
        await pool.execute("UPDATE bans SET until_ms = 5 WHERE room = $1", room)
        assert await told(bob) is None
        await replica.ask.ok(ada, "PUT", f"{path}/bans/{bob}", {})
        assert await told(bob) == {"reason": "", "until_ms": None}
        await replica.ask.ok(ada, "DELETE", path)
        assert await told(bob) is None


async def test_one_bans_and_mutes_below_oneself(replica: Replica) -> None:
    """Never oneself, an equal or one above; a ban also reaches one who is not in; a member none."""
    ada, mod, equal, bob, out = (user() for _ in range(5))
    room = await replica.room(ada, bob)
    path = f"/v1/rooms/{room}"
    for who in (mod, equal):
        form = {"user": who, "role": "moderator"}
        await replica.ask.ok(ada, "POST", f"{path}/members", form)
    for kind in ("bans", "mutes"):
        for target in (equal, ada, mod):
            refused(await replica.ask(mod, "PUT", f"{path}/{kind}/{target}", {}), 403, "forbidden")
        refused(await replica.ask(bob, "PUT", f"{path}/{kind}/{mod}", {}), 403, "forbidden")
        refused(await replica.ask(bob, "GET", f"{path}/{kind}"), 403, "forbidden")
        refused(await replica.ask(out, "GET", f"{path}/{kind}"), 404, "not_found")
        refused(await replica.ask(out, "DELETE", f"{path}/{kind}/{bob}"), 404, "not_found")
        past = {"until_ms": clock.now_ms() - 1}
        problem = refused(
            await replica.ask(mod, "PUT", f"{path}/{kind}/{bob}", past), 400, "invalid"
        )
        assert problem["field"] == "until_ms"
    await replica.ask.ok(mod, "PUT", f"{path}/bans/{out}", {})
    refused(await replica.ask(mod, "PUT", f"{path}/bans/nobody", {}), 404, "not_found")
    refused(await replica.ask(mod, "PUT", f"{path}/mutes/{out}", {}), 404, "not_found")
    direct = await replica.room(ada, bob, kind="direct")
    refused(await replica.ask(ada, "PUT", f"/v1/rooms/{direct}/bans/{bob}", {}), 403, "forbidden")
    refused(await replica.ask(ada, "PUT", f"/v1/rooms/{direct}/mutes/{bob}", {}), 403, "forbidden")


async def test_a_mute_outlasts_the_membership(replica: Replica, peer: Peer) -> None:
    """An event each time it changes, and the room says it to the one concerned alone."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob, kind="public")
    mute = f"/v1/rooms/{room}/mutes/{bob}"
    until = clock.now_ms() + HOUR_MS
    for _ in range(2):
        await replica.ask.ok(ada, "PUT", mute, {"until_ms": until})
    await replica.ask.ok(bob, "POST", f"/v1/rooms/{room}/leave")
    await replica.ask.ok(bob, "POST", f"/v1/rooms/{room}/join")
    assert (await replica.ask.ok(bob, "GET", f"/v1/rooms/{room}"))["muted_until_ms"] == until
    assert (await peer.hello(bob))[room].room.muted_until_ms == until
    assert (await replica.ask.ok(ada, "GET", f"/v1/rooms/{room}"))["muted_until_ms"] is None
    (listed,) = (await replica.ask.ok(ada, "GET", f"/v1/rooms/{room}/mutes"))["mutes"]
    assert (listed["user"]["id"], listed["until_ms"]) == (bob, until)
    for _ in range(2):
        await replica.ask.ok(ada, "DELETE", mute)
    assert (await replica.ask.ok(bob, "GET", f"/v1/rooms/{room}"))["muted_until_ms"] is None
    told = [event for event in await peer.log_of(room) if event[0] == "member.muted"]
    assert len(told) == 2
    # It is none of the lines that stand between messages.
    page = await replica.ask.ok(bob, "GET", f"/v1/rooms/{room}/messages")
    assert {event["type"] for event in page["events"]} == {"member.joined", "member.left"}
    await replica.ask.ok(ada, "PUT", mute, {})
    assert (await replica.ask.ok(bob, "GET", f"/v1/rooms/{room}"))[
        "muted_until_ms"
    ] == limits.FOREVER_MS


async def test_lists_are_paged_the_newest_first(replica: Replica) -> None:
    """Each ban and each deed once."""
    ada, *others = (user() for _ in range(5))
    room = await replica.room(ada, *others)
    for other in others:
        await replica.ask.ok(ada, "PUT", f"/v1/rooms/{room}/bans/{other}", {})
    for path, what in (("bans", "bans"), ("audit", "entries")):
        found, following = [], ""
        while True:
            page = await replica.ask.ok(ada, "GET", f"/v1/rooms/{room}/{path}?limit=3{following}")
            found += page[what]
            if "next" not in page:
                break
            following = f"&cursor={page['next']}"
        assert [one["user"]["id"] for one in found] == others[::-1]


async def test_slow_mode_is_one_message_in_so_long(replica: Replica, peer: Peer) -> None:
    """For members; the same key keeps its turn; of many at once one gets it, whoever is asked."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob)
    assert await pace(peer, room, bob, key()) == 0
    path = f"/v1/rooms/{room}"
    changed = await replica.ask.ok(ada, "PATCH", path, {"slow_mode_seconds": 60})
    assert changed["slow_mode_seconds"] == 60
    assert (await peer.log_of(room))[-1] == ("room.updated",)
    first = key()
    assert await pace(peer, room, bob, first) == 0
    assert await pace(peer, room, bob, first) == 0
    assert 50_000 < await pace(peer, room, bob, key()) <= 60_000
    for _ in range(2):
        assert await pace(peer, room, ada, key()) == 0
    pool = replica.history.pool
    await pool.execute("UPDATE turns SET taken_ms = taken_ms - 60000 WHERE room = $1", room)
    waits = await asyncio.gather(*(pace(peer, room, bob, key()) for _ in range(10)))
    assert sorted(waits)[0] == 0
    assert all(wait > 0 for wait in sorted(waits)[1:])
    stranger = calls.PaceCall(room, user(), key())
    assert (await peer.call(subjects.HISTORY_PACE, stranger, calls.Failure)).code == "not_found"
    no_key = calls.PaceCall(room, bob, "1")
    assert (await peer.call(subjects.HISTORY_PACE, no_key, calls.Failure)).code == "bad_key"


async def test_an_archived_room_is_read_only(replica: Replica, peer: Peer) -> None:
    """Nobody writes, joins or changes it; it is read and left; its owner undoes it."""
    ada, mod, bob, out = (user() for _ in range(4))
    room = await replica.room(ada, bob, kind="public")
    path = f"/v1/rooms/{room}"
    await replica.ask.ok(ada, "POST", f"{path}/members", {"user": mod, "role": "moderator"})
    refused(await replica.ask(mod, "PATCH", path, {"archived": True}), 403, "forbidden")
    archived = await replica.ask.ok(ada, "PATCH", path, {"archived": True})
    assert archived["archived"] is True
    problem = refused(await replica.ask(mod, "PATCH", path, {"topic": "new"}), 403, "forbidden")
    assert problem["detail"] == "this room is archived: nobody writes in it"
    refused(await replica.ask(out, "POST", f"{path}/join"), 403, "forbidden")
    refused(await replica.ask(ada, "POST", f"{path}/members", {"user": out}), 403, "forbidden")
    refused(await replica.ask(mod, "PUT", f"{path}/mutes/{bob}", {}), 403, "forbidden")
    speaking = await peer.call(
        subjects.HISTORY_PACE, calls.PaceCall(room, bob, key()), calls.Failure
    )
    assert speaking.code == "forbidden"
    assert (await replica.ask(out, "GET", f"{path}/messages")).status_code == 200
    (listed,) = (await replica.ask.ok(out, "GET", "/v1/rooms/public?q=A%20room&limit=100"))[
        "rooms"
    ][-1:]
    assert set(listed) >= {"archived", "slow_mode_seconds"}
    await replica.ask.ok(bob, "POST", f"{path}/leave")
    undone = await replica.ask.ok(ada, "PATCH", path, {"archived": False, "topic": "new"})
    assert (undone["archived"], undone["topic"]) == (False, "new")
    await replica.ask.ok(out, "POST", f"{path}/join")


async def test_who_did_what_is_for_moderators_to_read(replica: Replica) -> None:
    """Each deed with who, to whom and how; what changed nothing is none."""
    ada, bob, cid = user(), user(), user()
    room = await replica.room(ada, bob)
    path = f"/v1/rooms/{room}"
    await replica.ask.ok(ada, "PATCH", path, {"topic": "", "slow_mode_seconds": 5})
    await replica.ask.ok(ada, "POST", f"{path}/members", {"user": cid})
    await replica.ask.ok(ada, "PATCH", f"{path}/members/{cid}", {"role": "moderator"})
    await replica.ask.ok(cid, "PUT", f"{path}/mutes/{bob}", {"reason": "loud"})
    await replica.ask.ok(cid, "DELETE", f"{path}/mutes/{bob}")
    await replica.ask.ok(cid, "DELETE", f"{path}/members/{bob}")
    await replica.ask.ok(ada, "PUT", f"{path}/bans/{bob}", {})
    await replica.ask.ok(ada, "DELETE", f"{path}/bans/{bob}")
    entries = (await replica.ask.ok(cid, "GET", f"{path}/audit"))["entries"]
    forever = {"until_ms": None, "reason": ""}
    assert [
        (one["by"]["id"], one["action"], (one["user"] or {}).get("id"), one["detail"])
        for one in entries[::-1]
    ] == [
        (ada, "room.updated", None, {"slow_mode_seconds": 5}),
        (ada, "member.added", cid, {"role": "member"}),
        (ada, "member.role", cid, {"role": "moderator"}),
        (cid, "member.muted", bob, {"until_ms": None, "reason": "loud"}),
        (cid, "member.unmuted", bob, {}),
        (cid, "member.removed", bob, {}),
        (ada, "member.banned", bob, forever),
        (ada, "member.unbanned", bob, {}),
    ]
    assert entries[0]["by"]["display_name"] == ada.capitalize()
    refused(await replica.ask(bob, "GET", f"{path}/audit"), 404, "not_found")


async def test_what_is_over_is_forgotten(replica: Replica) -> None:
    """Bans that ended, turns older than any pause; what is in force stays."""
    ada, bob, cid = user(), user(), user()
    room = await replica.room(ada, bob, cid)
    pool = replica.history.pool
    for other in (bob, cid):
        await replica.ask.ok(ada, "PUT", f"/v1/rooms/{room}/mutes/{other}", {})
    await pool.execute('UPDATE mutes SET until_ms = 5 WHERE "user" = $1', bob)
    await turns_postgres.take(pool, room, bob, key(), 1_000, 5)
    await turns_postgres.take(pool, room, cid, key(), 1_000, clock.now_ms())
    await replica.history.sweeper.prune()
    kept = await pool.fetch('SELECT "user" FROM mutes WHERE room = $1', room)
    assert [row[0] for row in kept] == [cid]
    kept = await pool.fetch('SELECT "user" FROM turns WHERE room = $1', room)
    assert [row[0] for row in kept] == [cid]
    assert await sanctions_postgres.term(pool, "mutes", room, bob, clock.now_ms()) is None
