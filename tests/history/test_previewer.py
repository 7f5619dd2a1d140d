"""Previews of links as history decides them: media is the test, which says when it answers."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from history.previewer import LATE_MS
from proto import calls, subjects, wire
from proto.previews import LinkPreview, PreviewCall, PreviewReply
from services import clock
from tests.history.client_httpx import refused
from tests.history.running import Peer, Replica, key, message, until, user
from tests.history.test_amending_http import at, everything, newest

pytestmark = pytest.mark.asyncio(loop_scope="module")

A, B = "https://a.example/", "https://b.example/"


class Media:
    """What media answers: each link leads to a page that is called like it."""

    def __init__(self) -> None:
        """It answers at once, and everything."""
        self.asked: list[PreviewCall] = []
        self.limited = False
        self.fails = 0
        self.answers = asyncio.Event()
        self.answers.set()

    async def answer(self, data: bytes) -> bytes:
        """Answer a `PreviewCall`."""
        call = msgspec.json.decode(data, type=PreviewCall)
        self.asked.append(call)
        await self.answers.wait()
        if self.fails:
            self.fails -= 1
            return wire.encode(calls.Failure("unavailable", "no database"))
        found = [LinkPreview(url=url, title=f"Page of {url}") for url in call.urls]
        return wire.encode(PreviewReply([] if self.limited else found, self.limited))

    def of(self, who: str) -> list[list[str]]:
        """What was asked in somebody's stead."""
        return [call.urls for call in self.asked if call.user == who]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def media(replica: Replica, peer: Peer) -> Media:
    """Give what answers for media beside this module's replica."""
    answering = Media()
    await peer.bus.serve(subjects.MEDIA_PREVIEW, subjects.MEDIA_QUEUE, answering.answer)
    return answering


async def told(peer: Peer, room: str) -> list[tuple[Any, list[str]]]:
    """What the log says of previews: the target and the links."""
    page = await peer.log.read(subjects.room_log(room), 0, 1_000)
    found = [msgspec.json.decode(record.data) for record in page.records]
    return [
        (event["target"], [preview["url"] for preview in event["previews"]])
        for event in found
        if event["type"] == "message.preview"
    ]


async def settled(replica: Replica, room: str) -> None:
    """Return when no link of a room waits to be looked up."""
    query = "SELECT NOT EXISTS (SELECT FROM unpreviewed WHERE room = $1)"

    async def done() -> bool:
        return bool(await replica.history.pool.fetchval(query, room))

    await until(done)


async def again(replica: Replica, room: str) -> None:
    """Have what is still to be looked up in a room be tried at once, whatever became of it."""
    await replica.history.pool.execute("UPDATE unpreviewed SET due_ms = 0 WHERE room = $1", room)


async def test_previews_amend_a_message(replica: Replica, peer: Peer, media: Media) -> None:
    """Said once, and then in pages, in sync and in a message alone; an edit keeps those whose link
    is left, at once, and has the others looked up."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob)
    seq = await peer.say(room, ada, f"see {A} and `{B}`")
    await peer.say(room, ada, "no link")
    await replica.stored(seq)
    await settled(replica, room)
    assert await told(peer, room) == [(seq, [A])]
    await replica.ask.ok(ada, "PUT", f"/v1/rooms/{room}/read", {"seq": seq})
    expected = [{"url": A, "title": f"Page of {A}"}]
    assert (await replica.ask.ok(bob, "GET", at(room, seq)))["previews"] == expected
    page = await replica.ask.ok(bob, "GET", f"/v1/rooms/{room}/messages")
    assert [one.get("previews") for one in page["messages"]] == [expected, None]
    # It is about a message, and so none of the lines that stand between messages.
    assert {event["type"] for event in page["events"]} == {"member.joined"}
    stored = [msgspec.json.decode(event.body) for event in (await peer.stored(room)).events]
    assert [one["previews"] for one in stored if "previews" in one] == [expected, expected]
    # The same links once more are no news; without one of them its preview goes with the edit.
    await replica.ask.ok(ada, "PATCH", at(room, seq), {"text": f"look at {A}"})
    await settled(replica, room)
    assert await told(peer, room) == [(seq, [A])]
    edited = await replica.ask.ok(ada, "PATCH", at(room, seq), {"text": "nothing to see"})
    assert "previews" not in edited
    assert await told(peer, room) == [(seq, [A]), (seq, [])]
    await replica.ask.ok(ada, "PATCH", at(room, seq), {"text": f"{A} {B}"})
    await settled(replica, room)
    assert (await told(peer, room))[2:] == [(seq, [A, B])]
    assert media.of(ada) == [[A], [A], [A, B]]


async def test_nothing_comes_of_a_text_that_is_gone(
    replica: Replica, peer: Peer, media: Media
) -> None:
    """What is deleted, or has other links, while media still looks: nobody hears what was found."""
    ada = user()
    room = await replica.room(ada)
    media.answers.clear()
    first, second = [await peer.say(room, ada, f"see {A}") for _ in range(2)]
    await until(lambda: _is(len(media.of(ada)) == 2))
    assert (await replica.ask(ada, "DELETE", at(room, first))).status_code == 204
    await replica.ask.ok(ada, "PATCH", at(room, second), {"text": f"see {B}"})
    media.answers.set()
    await again(replica, room)
    await settled(replica, room)
    assert await told(peer, room) == [(second, [B])]


async def test_a_deletion_takes_previews_along(replica: Replica, peer: Peer, media: Media) -> None:
    """No word of what a message led to is left in any table, nor in the log."""
    ada = user()
    room = await replica.room(ada)
    seq = await peer.say(room, ada, "see https://hidden.example/")
    await replica.stored(seq)
    await settled(replica, room)
    await replica.ask.ok(ada, "PATCH", at(room, seq), {"text": "better not"})
    assert len(await told(peer, room)) == 2
    assert (await replica.ask(ada, "DELETE", at(room, seq))).status_code == 204
    assert "previews" not in await newest(replica, room, ada)
    assert await told(peer, room) == []
    secret = b"hidden.example"
    found = await everything(replica, peer, room)
    assert not [one for one in found if secret in one or secret.hex().encode() in one]


async def test_a_room_may_do_without(replica: Replica, peer: Peer, media: Media) -> None:
    """Moderators, and both of a direct room, switch it off: then media is not even asked."""
    ada, bob = user(), user()
    for kind in ("private", "direct"):
        room = await replica.room(ada, bob, kind=kind)
        path = f"/v1/rooms/{room}"
        assert (await replica.ask.ok(bob, "GET", path))["previews"] is True
        if kind == "private":
            refused(await replica.ask(bob, "PATCH", path, {"previews": False}), 403, "forbidden")
        who = ada if kind == "private" else bob
        assert (await replica.ask.ok(who, "PATCH", path, {"previews": False}))["previews"] is False
        assert (await peer.hello(bob))[room].room.previews is False
        seq = await peer.say(room, bob, f"see {A}")
        await replica.stored(seq)
        await settled(replica, room)
        assert await told(peer, room) == []
    assert media.of(bob) == []


async def test_media_may_be_away(replica: Replica, peer: Peer, media: Media) -> None:
    """What failed is tried again; what media does not want, and what is old by then, is not."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob)
    media.fails = 1
    seq = await peer.say(room, ada, f"see {A}")
    await until(lambda: _is(media.fails == 0))
    await again(replica, room)
    await settled(replica, room)
    assert await told(peer, room) == [(seq, [A])]
    media.limited = True
    await replica.stored(await peer.say(room, bob, f"see {A}"))
    await settled(replica, room)
    media.limited = False
    late = message(room, bob, f"see {B}", ts=clock.now_ms() - LATE_MS, id=key())
    await replica.stored((await peer.publish(late)).seq)
    await settled(replica, room)
    assert await told(peer, room) == [(seq, [A])]
    assert media.of(bob) == [[A]]


async def test_a_room_that_is_gone_wants_nothing(
    replica: Replica, peer: Peer, media: Media
) -> None:
    """Deleted while media looks: its notes are forgotten."""
    ada = user()
    room = await replica.room(ada)
    media.answers.clear()
    await peer.say(room, ada, f"see {A}")
    await until(lambda: _is(media.of(ada) == [[A]]))
    assert (await replica.ask(ada, "DELETE", f"/v1/rooms/{room}")).status_code == 204
    media.answers.set()
    await again(replica, room)
    await settled(replica, room)
    assert await told(peer, room) == []


async def _is(true: bool) -> bool:  # noqa: FBT001 - what `until` asks for
    return true
