"""Pages of messages and read marks over HTTP."""

import asyncio

import msgspec
import pytest

from proto import events, limits, subjects
from proto.passing import Joined, ReadMoved
from tests.history.client_httpx import refused
from tests.history.running import WAIT_SECONDS, Peer, Replica, message, user

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def said(peer: Peer, room: str, sender: str, count: int) -> list[int]:
    """Have `count` messages said, named by their number."""
    return [await peer.say(room, sender, f"m{n}") for n in range(count)]


async def test_the_newest_page_holds_all_that_was_acknowledged(
    replica: Replica, peer: Peer
) -> None:
    """Asked for as soon as the log has a message, it has it too: it waits for the writer."""
    ada = user()
    room = await replica.room(ada)
    for n in range(30):
        seq = await peer.say(room, ada, f"m{n}")
        page = await replica.ask.ok(ada, "GET", f"/v1/rooms/{room}/messages?limit=2")
        assert page["messages"][-1]["seq"] == page["as_of_seq"] == seq
        assert page["messages"][-1]["text"] == f"m{n}"
        assert page["more"] == (n >= 2)


async def test_pages_go_both_ways_and_about_a_place(replica: Replica, peer: Peer) -> None:
    """Oldest first always; `more` speaks of the direction asked; prev chains the room's events."""
    ada = user()
    room = await replica.room(ada)
    seqs = await said(peer, room, ada, 10)

    async def page(query: str) -> tuple[list[int], bool]:
        found = await replica.ask.ok(ada, "GET", f"/v1/rooms/{room}/messages?{query}")
        for one, other in zip(found["messages"], found["messages"][1:], strict=False):
            assert other["prev"] == one["seq"]
        return [message["seq"] for message in found["messages"]], found["more"]

    assert await page("") == (seqs, False)
    assert await page("limit=3") == (seqs[-3:], True)
    assert await page(f"before={seqs[4]}&limit=3") == (seqs[1:4], True)
    assert await page(f"before={seqs[3]}&limit=3") == (seqs[:3], False)
    assert await page(f"after={seqs[4]}&limit=3") == (seqs[5:8], True)
    assert await page(f"after={seqs[6]}&limit=3") == (seqs[7:], False)
    assert await page(f"around={seqs[5]}&limit=4") == (seqs[4:8], True)
    assert await page(f"around={seqs[0]}&limit=4") == (seqs[:4], True)
    assert await page(f"around={seqs[9]}&limit=4") == (seqs[6:], True)
    assert await page(f"around={seqs[5]}&limit=1") == ([seqs[5]], True)
    assert await page(f"around={seqs[5]}") == (seqs, False)
    assert await page("before=0") == ([], False)
    assert await page("before=1") == ([], False)
    assert await page(f"after={limits.SEQ_MAX}") == ([], False)
    assert await page(f"before={limits.SEQ_MAX}") == (seqs, False)


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("limit=-1", "invalid", "limit"),
        ("limit=101", "invalid", "limit"),
        ("before=-1", "invalid", "before"),
        ("before=x", "bad_frame", "before"),
        ("before=1.5", "bad_frame", "before"),
        ("after=99999999999999999999", "invalid", "after"),
        ("after=9999999999999999999", "invalid", "after"),
        ("before=1&after=2", "invalid", "after"),
        ("before=1&before=2", "bad_frame", "before"),
    ],
)
async def test_a_bad_page_is_refused(replica: Replica, query: str, code: str, field: str) -> None:
    """Out of bounds, no number, or more than one place."""
    ada = user()
    room = await replica.room(ada)
    response = await replica.ask(ada, "GET", f"/v1/rooms/{room}/messages?{query}")
    assert refused(response, 400, code)["field"] == field


async def test_visitors_read_public_rooms_and_strangers_none(replica: Replica, peer: Peer) -> None:
    """From the first message on, members of later days included."""
    ada, bob = user(), user()
    public, private = await replica.room(ada, kind="public"), await replica.room(ada)
    for room in (public, private):
        await peer.say(room, ada)
    seen = await replica.ask.ok(bob, "GET", f"/v1/rooms/{public}/messages")
    assert len(seen["messages"]) == 1
    refused(await replica.ask(bob, "GET", f"/v1/rooms/{private}/messages"), 404, "not_found")
    refused(await replica.ask(bob, "GET", "/v1/rooms/r_none/messages"), 404, "not_found")
    await replica.ask.ok(ada, "POST", f"/v1/rooms/{private}/members", {"user": bob})
    seen = await replica.ask.ok(bob, "GET", f"/v1/rooms/{private}/messages")
    assert len(seen["messages"]) == 1


async def test_a_page_shows_a_message_whole(replica: Replica, peer: Peer) -> None:
    """Every field of its event, whatever characters the text has."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob)
    event = message(room, ada, "nul \0, 😀, \u202e", mentions=[bob], everyone=True, thread=1)
    await peer.publish(event)
    (shown,) = (await replica.ask.ok(bob, "GET", f"/v1/rooms/{room}/messages"))["messages"]
    assert (shown["text"], shown["mentions"], shown["everyone"]) == (event.text, [bob], True)
    assert (shown["id"], shown["sender"], shown["thread"]) == (event.id, ada, 1)
    assert shown["reactions"] == []
    assert "deleted" not in shown


async def test_a_deleted_message_has_no_words_left(replica: Replica, peer: Peer) -> None:
    """Not in a page, not in sync, and it is not unread any more."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob)
    seq = await peer.say(room, ada, "secret", mentions=[bob])
    await replica.stored(seq)
    assert (await peer.hello(bob))[room].room.mentions == 1
    deleted = events.MessageDeleted(room=room, target=seq, by=ada, ts=1)
    last = (await peer.publish(deleted)).seq
    (shown,) = (await replica.ask.ok(bob, "GET", f"/v1/rooms/{room}/messages"))["messages"]
    assert (shown["text"], shown["deleted"], shown["seq"]) == ("", True, seq)
    bodies = [bytes(event.body) for event in (await peer.stored(room, up_to=last)).events]
    assert not any(b"secret" in body for body in bodies)
    state = (await peer.hello(bob))[room].room
    assert (state.unread, state.mentions) == (0, 0)


async def test_reading_moves_the_mark_forward(replica: Replica, peer: Peer) -> None:
    """Only `back` moves it backward; beyond the end is the end."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob)
    seqs = await said(peer, room, ada, 4)
    await replica.stored(seqs[-1])

    async def read(seq: int, **more: bool) -> tuple[int, int]:
        form = {"seq": seq, **more}
        mark = await replica.ask.ok(bob, "PUT", f"/v1/rooms/{room}/read", form)
        return mark["read_seq"], mark["unread"]

    assert await read(0) == (seqs[0] - 1, 4)
    assert await read(seqs[2]) == (seqs[2], 1)
    assert await read(seqs[0]) == (seqs[2], 1)
    assert await read(seqs[0], back=True) == (seqs[0], 3)
    assert await read(limits.SEQ_MAX) == (seqs[3], 0)
    assert await read(0, back=True) == (0, 4)
    await replica.stored(await peer.say(room, bob))
    assert (await read(0))[1] == 0
    assert await read(0, back=True) == (0, 4)  # one's own words are never unread


async def test_reading_what_was_only_just_said_waits_for_it(replica: Replica, peer: Peer) -> None:
    """A mark on a message that is in the log and not yet stored is not cut short."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob)
    for _ in range(20):
        seq = await peer.say(room, ada)
        mark = await replica.ask.ok(bob, "PUT", f"/v1/rooms/{room}/read", {"seq": seq})
        assert (mark["read_seq"], mark["unread"]) == (seq, 0)


async def test_going_back_outlasts_what_one_said_before(replica: Replica, peer: Peer) -> None:
    """One's own message moves the mark, but not after one has moved it back since."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob)
    first = await peer.say(room, ada)
    for _ in range(10):
        last = await peer.say(room, bob)
        form = {"seq": first, "back": True}
        await replica.ask.ok(bob, "PUT", f"/v1/rooms/{room}/read", form)
        await replica.stored(last)
        assert (await peer.hello(bob))[room].room.read_seq == first


async def test_only_members_have_a_mark(replica: Replica) -> None:
    """A visitor is forbidden, a stranger finds no room; a bad seq is refused."""
    ada, eve = user(), user()
    public, private = await replica.room(ada, kind="public"), await replica.room(ada)
    path = "/v1/rooms/{}/read"
    refused(await replica.ask(eve, "PUT", path.format(public), {"seq": 1}), 403, "forbidden")
    refused(await replica.ask(eve, "PUT", path.format(private), {"seq": 1}), 404, "not_found")
    refused(await replica.ask(ada, "PUT", path.format(private), {"seq": -1}), 400, "invalid")
    refused(await replica.ask(ada, "PUT", path.format(private), {"seq": "1"}), 400, "bad_frame")


async def test_a_moved_mark_is_told(replica: Replica, peer: Peer) -> None:
    """To the user's other devices, and to the room; moved backward to the devices alone."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob)
    seq = await peer.say(room, ada)
    heard: asyncio.Queue[tuple[str, ReadMoved]] = asyncio.Queue()

    def hear(subject: str) -> object:
        async def take(data: bytes) -> bytes:
            word = msgspec.json.decode(data, type=ReadMoved | Joined)
            if isinstance(word, ReadMoved):
                await heard.put((subject, word))
            return b""

        return peer.bus.serve(subject, "test", take)

    devices, others = subjects.user_passing(bob), subjects.room_passing(room)
    await hear(devices)  # type: ignore[misc]
    await hear(others)  # type: ignore[misc]
    for form in ({"seq": seq}, {"seq": seq}, {"seq": 0, "back": True}):
        await replica.ask.ok(bob, "PUT", f"/v1/rooms/{room}/read", form)
    async with asyncio.timeout(WAIT_SECONDS):
        told = [await heard.get() for _ in range(3)]
    assert sorted(told[:2]) == sorted(
        [(devices, ReadMoved(room, bob, seq)), (others, ReadMoved(room, bob, seq))]
    )
    assert told[2] == (devices, ReadMoved(room, bob, 0))


async def test_large_rooms_do_not_tell_everybody(replica: Replica, peer: Peer) -> None:
    """Above 100 members a mark is the user's own affair."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob, *[user() for _ in range(limits.RECEIPTS_MEMBERS - 1)])
    seq = await peer.say(room, ada)
    heard: asyncio.Queue[str] = asyncio.Queue()
    for subject in (subjects.user_passing(bob), subjects.room_passing(room)):

        async def take(_data: bytes, subject: str = subject) -> bytes:
            await heard.put(subject)
            return b""

        await peer.bus.serve(subject, "test", take)
    await replica.ask.ok(bob, "PUT", f"/v1/rooms/{room}/read", {"seq": seq})
    async with asyncio.timeout(WAIT_SECONDS):
        assert await heard.get() == subjects.user_passing(bob)
    await peer.bus.flush()
    assert heard.empty()
