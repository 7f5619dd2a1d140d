"""What other services ask on NATS, and the failures they are answered with."""

import asyncio
import time

import msgspec
import pytest

from history.events_postgres import REPLY_BYTES
from proto import audience, calls, events, limits, subjects, wire
from tests.history.running import WAIT_SECONDS, Peer, Replica, key, message, user

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def failure(peer: Peer, subject: str, call: object) -> str:
    """The code that a call fails with."""
    return (await peer.call(subject, call, calls.Failure)).code


async def test_hello_knows_every_room_of_a_user(replica: Replica, peer: Peer) -> None:
    """And no other; with role, members and the people of direct rooms."""
    ada, bob = user(), user()
    public, direct = (
        await replica.room(ada, bob, kind="public"),
        await replica.room(ada, bob, kind="direct"),
    )
    await replica.room(ada)
    found = await peer.hello(bob)
    assert set(found) == {public, direct}
    assert (found[public].room.role, found[public].room.members) == ("member", 2)
    assert [peer.id for peer in found[direct].room.peers] == [ada]
    assert found[direct].room.peers[0].display_name == ada.capitalize()
    assert found[public].room.peers == []
    assert await peer.hello(user()) == {}


async def test_hello_and_the_log_above_it_are_the_truth(replica: Replica, peer: Peer) -> None:
    """While others talk, what hello counts is just what the log has up to `as_of`."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob)
    # A membership begins with everything read, also what is not counted in yet.
    await replica.stored((await peer.log.state()).last_seq)

    async def talk() -> None:
        for _ in range(300):
            await peer.say(room, ada)

    talking = asyncio.create_task(talk())
    while not talking.done():
        known = (await peer.hello(bob))[room]
        page = await peer.log.read(subjects.room_log(room), 0, 10_000)
        told = [record for record in page.records if b'"message"' in record.data]
        below = [record for record in told if known.room.read_seq < record.seq <= known.as_of]
        assert known.room.unread == len(below)
        assert known.room.last_seq <= known.as_of
    await talking
    await replica.stored((await peer.log.state()).last_seq)
    assert (await peer.hello(bob))[room].room.unread == 300


async def test_five_hundred_rooms_are_one_quick_answer(replica: Replica, peer: Peer) -> None:
    """A user of 500 rooms is told of all of them, in one query."""
    ada = user()
    form = {"kind": "private", "name": "One of many"}
    for _ in range(10):
        making = [replica.ask.ok(ada, "POST", "/v1/rooms", form) for _ in range(50)]
        await asyncio.gather(*making)
    took = []
    for _ in range(3):  # the best of them: a moment without a processor is not history's
        began = time.perf_counter()
        assert len(await peer.hello(ada)) == 500
        took.append(time.perf_counter() - began)
    assert min(took) < 1.0


async def test_member_tells_strangers_from_rooms_that_are_not_there(
    replica: Replica, peer: Peer
) -> None:
    """The kind of a room, null for none; the state of members, null for others."""
    ada, bob = user(), user()
    room = await replica.room(ada)

    async def ask(room: str, user: str) -> calls.MemberReply:
        call = calls.MemberCall(room, user)
        return await peer.call(subjects.HISTORY_MEMBER, call, calls.MemberReply)

    member = await ask(room, ada)
    assert member.state is not None
    assert (member.kind, member.state.room.role) == ("private", "owner")
    assert await ask(room, bob) == calls.MemberReply("private", None)
    assert await ask("r_none", bob) == calls.MemberReply(None, None)
    await replica.ask.ok(ada, "DELETE", f"/v1/rooms/{room}")
    assert await ask(room, ada) == calls.MemberReply(None, None)


async def test_a_membership_is_known_when_its_post_has_answered(
    replica: Replica, peer: Peer
) -> None:
    """Nothing is unread for a new member, however much was said before and is said meanwhile."""
    ada = user()
    room = await replica.room(ada, kind="public")

    async def talk() -> None:
        while True:
            await peer.say(room, ada)

    talking = asyncio.create_task(talk())
    for _ in range(20):
        bob = user()
        joined = await replica.ask.ok(bob, "POST", f"/v1/rooms/{room}/join")
        known = (await peer.hello(bob))[room].room
        assert known.read_seq == joined["read_seq"]
        log = await peer.log_of(room, "ts")
        page = await peer.log.read(subjects.room_log(room), joined["read_seq"] - 1, 1)
        event = wire.decode_event(page.records[0].data)
        assert isinstance(event, events.MemberJoined)
        assert (event.user, len(log) > 1) == (bob, True)
    talking.cancel()


async def test_events_are_the_bytes_of_the_log(replica: Replica, peer: Peer) -> None:
    """In order, each with its place and the place before it, in pages of the size asked for."""
    ada = user()
    room = await replica.room(ada)
    for n in range(5):
        seq = await peer.say(room, ada, f"m{n}")
    log = (await peer.log.read(subjects.room_log(room), 0, 100)).records
    all_of_it = await peer.stored(room, up_to=seq)
    assert [bytes(event.body) for event in all_of_it.events] == [record.data for record in log]
    assert [event.seq for event in all_of_it.events] == [record.seq for record in log]
    places = [0, *(record.seq for record in log)]
    assert [event.prev for event in all_of_it.events] == places[:-1]
    assert (all_of_it.more, all_of_it.oldest) == (False, 1)
    assert all_of_it.as_of >= seq
    part = await peer.stored(room, after=log[1].seq, limit=2)
    assert ([event.seq for event in part.events], part.more) == ([log[2].seq, log[3].seq], True)
    end = await peer.stored(room, after=seq)
    assert (end.events, end.more) == ([], False)


async def test_a_reply_holds_no_more_than_fits(replica: Replica, peer: Peer) -> None:
    """Large messages come in several replies; one that is larger than a reply comes alone."""
    ada = user()
    room = await replica.room(ada)
    for _ in range(60):
        seq = await peer.say(room, ada, "x" * limits.TEXT_BYTES)
    found: list[calls.StoredEvent] = []
    more, replies = True, 0
    while more:
        after = found[-1].seq if found else 0
        reply = await peer.stored(room, after, up_to=seq)
        assert sum(len(bytes(event.body)) for event in reply.events) <= REPLY_BYTES
        found, more, replies = found + reply.events, reply.more, replies + 1
    assert len(found) == 61
    assert replies == 2
    huge = await peer.say(room, ada, "x" * (REPLY_BYTES + 1))
    last = await peer.say(room, ada)
    reply = await peer.stored(room, seq, up_to=last)
    assert ([event.seq for event in reply.events], reply.more) == ([huge], True)


async def test_events_wait_for_what_the_caller_knows_of(replica: Replica, peer: Peer) -> None:
    """What was acknowledged is in the answer; what will not come in time is a failure."""
    ada = user()
    room = await replica.room(ada)
    for _ in range(20):
        seq = await peer.say(room, ada)
        assert (await peer.stored(room, seq - 1, up_to=seq)).events[0].seq == seq
    beyond = calls.EventsCall(room, 0, 1, seq + 1_000_000)
    assert await failure(peer, subjects.HISTORY_EVENTS, beyond) == "unavailable"
    none = calls.EventsCall(room, 0, 0)
    assert await failure(peer, subjects.HISTORY_EVENTS, none) == "invalid"


async def test_a_key_is_found_as_soon_as_the_log_has_it(replica: Replica, peer: Peer) -> None:
    """In any case of letters; not for another sender, nor in another room."""
    ada, bob = user(), user()
    room, other = await replica.room(ada, bob), await replica.room(ada)

    async def ask(room: str, sender: str, key: str) -> calls.KeyReply:
        call = calls.KeyCall(room, sender, key)
        return await peer.call(subjects.HISTORY_KEY, call, calls.KeyReply)

    for _ in range(20):
        event = message(room, ada)
        seq = (await peer.publish(event)).seq
        assert await ask(room, ada, event.id.upper()) == calls.KeyReply(seq, event.ts)
    nowhere = calls.KeyReply(None, None)
    assert await ask(room, bob, event.id) == nowhere
    assert await ask(other, ada, event.id) == nowhere
    assert await ask("r_none", ada, key()) == nowhere
    assert await failure(peer, subjects.HISTORY_KEY, calls.KeyCall(room, ada, "k")) == "bad_key"


async def test_a_roster_is_paged(replica: Replica, peer: Peer) -> None:
    """In order of the ids, each member once; there is none of a room there is not."""
    ada, bob, cid = people = sorted(user() for _ in range(3))
    room = await replica.room(bob, ada, cid)

    async def page(after: str) -> calls.RosterReply:
        call = calls.RosterCall(room, after)
        return await peer.call(subjects.HISTORY_ROSTER, call, calls.RosterReply)

    assert await page("") == calls.RosterReply(people, more=False)
    assert await page(ada) == calls.RosterReply([bob, cid], more=False)
    room = "nowhere"
    assert await page("") == calls.RosterReply([], more=False)


async def test_peers_are_those_who_share_a_room(replica: Replica, peer: Peer) -> None:
    """The asker too if named; nobody twice; not after the room has ended."""
    ada, bob, cid, eve = user(), user(), user(), user()
    room = await replica.room(ada, bob)
    await replica.room(cid, eve)

    async def ask(*users: str) -> set[str]:
        call = calls.PeersCall(ada, list(users))
        reply = await peer.call(subjects.HISTORY_PEERS, call, calls.PeersReply)
        assert len(reply.users) == len(set(reply.users))
        return set(reply.users)

    assert await ask(ada, bob, bob, cid, "u_none") == {ada, bob}
    assert await ask(cid) == set()
    await replica.ask.ok(ada, "DELETE", f"/v1/rooms/{room}")
    assert await ask(ada, bob) == {ada}


async def test_read_may_be_a_call_or_just_be_said(replica: Replica, peer: Peer) -> None:
    """The mark moves forward; one who is no member gets a failure."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob)
    first, second = await peer.say(room, ada), await peer.say(room, ada)
    await replica.stored(second)
    await peer.bus.request(
        subjects.HISTORY_READ, wire.encode(calls.ReadCall(room, bob, first)), WAIT_SECONDS
    )
    assert (await peer.hello(bob))[room].room.unread == 1
    peer.bus.publish(subjects.HISTORY_READ, wire.encode(calls.ReadCall(room, bob, second)))
    async with asyncio.timeout(WAIT_SECONDS):
        while (await peer.hello(bob))[room].room.unread:  # noqa: ASYNC110 - nobody answers
            await asyncio.sleep(0.01)
    stranger = calls.ReadCall(room, user(), first)
    assert await failure(peer, subjects.HISTORY_READ, stranger) == "not_found"


@pytest.mark.parametrize(
    "subject",
    [
        subjects.HISTORY_HELLO,
        subjects.HISTORY_MEMBER,
        subjects.HISTORY_EVENTS,
        subjects.HISTORY_KEY,
        subjects.HISTORY_PEERS,
        subjects.HISTORY_READ,
    ],
)
@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"{}", b"\xff", b'{"user":"a.b","room":"a b","users":["*"],"seq":-1,"key":1}'],
)
async def test_what_is_no_call_is_a_failure(
    replica: Replica, peer: Peer, subject: str, data: bytes
) -> None:
    """Bytes that are not JSON, fields that miss, ids that are none."""
    raw = await peer.bus.request(subject, data, WAIT_SECONDS)
    assert msgspec.json.decode(raw, type=calls.Failure).code == "bad_frame"


async def test_an_audience_is_who_has_not_read_and_wants_to_hear(
    replica: Replica, peer: Peer
) -> None:
    """With their level, how far they have read and whom of the senders they block; without who
    muted the room, wants nothing of it, or has read it all.
    """
    ada, bob, muted, deaf, done = (user() for _ in range(5))
    room = await replica.room(ada, bob, muted, deaf, done)
    first = await peer.say(room, ada)
    last = await peer.say(room, ada, mentions=[bob])
    await replica.stored(last)
    where = f"/v1/rooms/{room}"
    await replica.ask.ok(bob, "PUT", f"{where}/preferences", {"notify": "mentions"})
    await replica.ask.ok(bob, "PUT", f"{where}/read", {"seq": first})
    await replica.ask.ok(muted, "PUT", f"{where}/preferences", {"muted": True})
    await replica.ask.ok(deaf, "PUT", f"{where}/preferences", {"notify": "none"})
    await replica.ask.ok(done, "PUT", f"{where}/read", {"seq": last})
    assert (await replica.ask(bob, "PUT", f"/v1/blocks/{ada}")).status_code == 204
    call = audience.AudienceCall(room, last, [first, last, last + 1], [ada], [bob], everyone=False)
    reply = await peer.call(subjects.HISTORY_AUDIENCE, call, audience.AudienceReply)
    assert (reply.kind, reply.name, reply.large, reply.more) == ("private", "A room", False, False)
    assert reply.said == {first: ada, last: ada}
    assert reply.people == [audience.Hearer(bob, "mentions", first, [ada])]
    await replica.ask(ada, "DELETE", f"{where}/messages/{last}")
    reply = await peer.call(subjects.HISTORY_AUDIENCE, call, audience.AudienceReply)
    assert reply.said == {first: ada}
    nowhere = audience.AudienceCall("nowhere", 0, [], [], [], everyone=False)
    reply = await peer.call(subjects.HISTORY_AUDIENCE, nowhere, audience.AudienceReply)
    assert reply.kind is None


async def test_the_audience_of_a_large_room_is_whom_it_names(
    replica: Replica, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who are named and those who are answered; all, by the page, where all are meant."""
    monkeypatch.setattr(limits, "NOTIFY_MEMBERS", 3)
    monkeypatch.setattr(limits, "AUDIENCE_PEOPLE", 2)
    ada, bob, cleo, dan = (user() for _ in range(4))
    room = await replica.room(ada, bob, cleo, dan)
    asked = await peer.say(room, cleo)
    last = await peer.say(room, ada, reply_to=asked, mentions=[bob])
    await replica.stored(last)

    async def hearers(*, everyone: bool, after: str = "") -> audience.AudienceReply:
        call = audience.AudienceCall(room, last, [asked, last], [ada], [bob], everyone, after)
        return await peer.call(subjects.HISTORY_AUDIENCE, call, audience.AudienceReply)

    named = await hearers(everyone=False)
    assert named.large
    # Whoever spoke has read what came before.
    assert {one.user for one in named.people} == {bob, cleo}
    every = await hearers(everyone=True)
    assert (len(every.people), every.more) == (2, True)
    rest = await hearers(everyone=True, after=every.people[-1].user)
    assert not rest.more
    assert {one.user for one in (*every.people, *rest.people)} == {bob, cleo, dan}


async def test_a_badge_counts_what_is_unread_where_one_did_not_mute(
    replica: Replica, peer: Peer
) -> None:
    """By the same derivation as everywhere; of too many people none is counted."""
    ada, bob = user(), user()
    rooms = [await replica.room(ada, bob) for _ in range(3)]
    for room in rooms:
        await peer.say(room, ada)
        seq = await peer.say(room, ada)
    await peer.say(rooms[0], bob)
    await replica.stored((await peer.log.state()).last_seq)
    await replica.ask.ok(bob, "PUT", f"/v1/rooms/{rooms[1]}/preferences", {"muted": True})
    call = audience.BadgesCall([ada, bob, "nobody"])
    reply = await peer.call(subjects.HISTORY_BADGES, call, audience.BadgesReply)
    assert reply.unread == {ada: 1, bob: 2, "nobody": 0}
    await replica.ask.ok(bob, "PUT", f"/v1/rooms/{rooms[2]}/read", {"seq": seq})
    reply = await peer.call(subjects.HISTORY_BADGES, call, audience.BadgesReply)
    assert reply.unread[bob] == 0
    many = audience.BadgesCall([f"u{n}" for n in range(limits.IDS_PER_QUERY + 1)])
    assert await failure(peer, subjects.HISTORY_BADGES, many) == "invalid"
