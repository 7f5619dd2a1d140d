"""Reactions and pins over HTTP, and that a page is the log replayed, whatever happened in it."""

import asyncio
import random
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from proto import custom_emoji, events, limits, subjects, wire
from tests.history.client_httpx import refused
from tests.history.running import Peer, Replica, user
from tests.history.test_amending_http import at

pytestmark = pytest.mark.asyncio(loop_scope="module")
EMOJI = ["👍", "🎉", "❤️", "👩‍👩‍👧", "#️⃣"]


def reaction(room: str, seq: int, emoji: str) -> str:
    """The path of one's reaction with an emoji."""
    return at(room, seq, "/reactions/" + quote(emoji, safe=""))


async def shown(replica: Replica, room: str, seq: int, reader: str) -> list[tuple[str, int, bool]]:
    """The reactions of a message as somebody sees them."""
    message = await replica.ask.ok(reader, "GET", at(room, seq))
    return [(one["emoji"], one["count"], one["me"]) for one in message["reactions"]]


async def test_reactions_are_summed_with_who(replica: Replica, peer: Peer) -> None:
    """Each emoji once, in the order they came; repeating changes nothing, and typed differently it
    is the same one; with the last person the kind is gone."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob)
    seq = await peer.say(room, ada)
    for who, emoji in ((bob, "🎉"), (ada, "❤"), (bob, "❤️"), (bob, "❤"), (ada, "🎉")):
        assert (await replica.ask(who, "PUT", reaction(room, seq, emoji))).status_code == 204
    assert await shown(replica, room, seq, ada) == [("🎉", 2, True), ("❤️", 2, True)]
    who = (await replica.ask.ok(ada, "GET", at(room, seq, "/reactions")))["reactions"]
    assert [[one["id"] for one in kind["users"]] for kind in who] == [[bob, ada], [ada, bob]]
    assert [kind["users"][0]["username"] for kind in who] == [bob, ada]
    told = [event for event in await peer.log_of(room) if event == ("reaction.added",)]
    assert len(told) == 4
    for who_, emoji in ((bob, "🎉"), (bob, "🎉"), (ada, "❤️"), (bob, "❤️"), (bob, "👍")):
        assert (await replica.ask(who_, "DELETE", reaction(room, seq, emoji))).status_code == 204
    assert await shown(replica, room, seq, bob) == [("🎉", 1, False)]
    assert (await replica.ask.ok(ada, "GET", at(room, seq, "/reactions")))["reactions"][0]["me"]


async def test_a_message_takes_twenty_kinds(replica: Replica, peer: Peer) -> None:
    """One more is a conflict, also while the others are not stored; one of them is open to all."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob)
    seq = await peer.say(room, ada)
    await replica.stored(seq)
    kinds = [chr(0x1F600 + n) for n in range(limits.REACTION_KINDS)]
    for start in range(0, len(kinds), 5):
        some = (replica.ask(ada, "PUT", reaction(room, seq, k)) for k in kinds[start : start + 5])
        assert {answer.status_code for answer in await asyncio.gather(*some)} == {204}
    refused(await replica.ask(bob, "PUT", reaction(room, seq, "👍")), 409, "conflict")
    assert (await replica.ask(bob, "PUT", reaction(room, seq, kinds[0]))).status_code == 204
    await replica.ask.ok(ada, "DELETE", reaction(room, seq, kinds[1]))
    assert (await replica.ask(bob, "PUT", reaction(room, seq, "👍"))).status_code == 204


@pytest.mark.parametrize("emoji", ["x", "thumbsup", ":Party:", "::", "👍👍", "🏽", " ", "1", "%"])
async def test_what_is_no_emoji_is_refused(replica: Replica, peer: Peer, emoji: str) -> None:
    """Words, several at once, pieces of one, and names that none can have."""
    ada = user()
    room = await replica.room(ada)
    seq = await peer.say(room, ada)
    for method in ("PUT", "DELETE"):
        answer = await replica.ask(ada, method, reaction(room, seq, emoji))
        assert refused(answer, 400, "invalid")["field"] == "emoji"


async def test_custom_emoji_are_reacted_with_by_name(replica: Replica, peer: Peer) -> None:
    """As media knows them, and not while it is away; one that is gone is open to others where
    somebody used it, and is taken back as ever."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob)
    seq = await peer.say(room, ada)
    answer = await replica.ask(ada, "PUT", reaction(room, seq, ":party:"))
    assert refused(answer, 503, "unavailable")["retry_after_ms"] > 0

    async def media(data: bytes) -> bytes:
        name = msgspec.json.decode(data, type=custom_emoji.EmojiCall).name
        return wire.encode(custom_emoji.EmojiReply(name == "party"))

    await peer.bus.serve(subjects.MEDIA_EMOJI, subjects.MEDIA_QUEUE, media)
    await peer.bus.flush()
    assert (await replica.ask(ada, "PUT", reaction(room, seq, ":party:"))).status_code == 204
    answer = await replica.ask(ada, "PUT", reaction(room, seq, ":gone:"))
    assert refused(answer, 400, "invalid")["field"] == "emoji"
    gone = events.ReactionAdded(room=room, target=seq, by=bob, emoji=":gone:", ts=1)
    await replica.stored((await peer.publish(gone)).seq)
    assert (await replica.ask(ada, "PUT", reaction(room, seq, ":gone:"))).status_code == 204
    assert await shown(replica, room, seq, ada) == [(":party:", 1, True), (":gone:", 2, True)]
    for who, emoji in ((ada, ":gone:"), (bob, ":gone:"), (ada, ":party:"), (ada, ":nothing:")):
        assert (await replica.ask(who, "DELETE", reaction(room, seq, emoji))).status_code == 204
    assert await shown(replica, room, seq, ada) == []


async def test_only_members_react_and_pin(replica: Replica, peer: Peer) -> None:
    """Not visitors, nor those who left; nor to what is no message, or is deleted; pinning is for
    those who moderate, and for everybody in a direct room."""
    ada, bob, eve = user(), user(), user()
    room = await replica.room(ada, bob, kind="public")
    seq = await peer.say(room, ada)
    paths = (reaction(room, seq, "👍"), at(room, seq, "/pin"))
    for path in paths:
        refused(await replica.ask(eve, "PUT", path), 403, "forbidden")
    refused(await replica.ask(bob, "PUT", paths[1]), 403, "forbidden")
    await replica.ask.ok(bob, "POST", f"/v1/rooms/{room}/leave")
    refused(await replica.ask(bob, "PUT", paths[0]), 403, "forbidden")
    for place in (1, seq + 1, limits.SEQ_MAX):
        for path in (reaction(room, place, "👍"), at(room, place, "/pin")):
            for method in ("PUT", "DELETE"):
                refused(await replica.ask(ada, method, path), 404, "not_found")
    await replica.ask.ok(ada, "DELETE", at(room, seq))
    for path in paths:
        refused(await replica.ask(ada, "PUT", path), 404, "not_found")
        assert (await replica.ask(ada, "DELETE", path)).status_code == 204
    direct = await replica.room(ada, bob, kind="direct")
    seq = await peer.say(direct, ada)
    assert (await replica.ask(bob, "PUT", at(direct, seq, "/pin"))).status_code == 204


async def test_pins_are_listed_the_last_one_first(replica: Replica, peer: Peer) -> None:
    """Marked in pages too; repeating is no news, and what is deleted is pinned no more."""
    ada = user()
    room = await replica.room(ada)
    seqs = [await peer.say(room, ada, f"m{n}") for n in range(4)]

    async def pins() -> list[int]:
        found = await replica.ask.ok(ada, "GET", f"/v1/rooms/{room}/pins")
        assert all(message["pinned"] is True for message in found["messages"])
        return [message["seq"] for message in found["messages"]]

    for n in (2, 0, 3, 2):
        assert (await replica.ask(ada, "PUT", at(room, seqs[n], "/pin"))).status_code == 204
    assert await pins() == [seqs[3], seqs[0], seqs[2]]
    page = await replica.ask.ok(ada, "GET", f"/v1/rooms/{room}/messages")
    assert [message.get("pinned", False) for message in page["messages"]] == [
        True, False, True, True,
    ]  # fmt: skip
    assert [event["type"] for event in page["events"]] == [
        "member.joined", "message.pinned", "message.pinned", "message.pinned",
    ]  # fmt: skip
    for _ in range(2):
        assert (await replica.ask(ada, "DELETE", at(room, seqs[3], "/pin"))).status_code == 204
    await replica.ask.ok(ada, "DELETE", at(room, seqs[0]))
    assert await pins() == [seqs[2]]


async def test_a_hundred_are_pinned_at_most(replica: Replica, peer: Peer) -> None:
    """One more is a conflict, until one is taken off."""
    ada = user()
    room = await replica.room(ada)
    for n in range(limits.PINS):
        await replica.history.pool.execute("INSERT INTO pins VALUES ($1, $2, $2)", room, -1 - n)
    seq = await peer.say(room, ada)
    refused(await replica.ask(ada, "PUT", at(room, seq, "/pin")), 409, "conflict")
    await replica.history.pool.execute("DELETE FROM pins WHERE room = $1 AND message = -1", room)
    assert (await replica.ask(ada, "PUT", at(room, seq, "/pin"))).status_code == 204


async def test_pages_tell_what_else_happened_in_their_stretch(replica: Replica, peer: Peer) -> None:
    """Joins, changes and pins between the messages; going back, each once; bounded, the latest."""
    ada = user()
    people = [user() for _ in range(6)]
    room = await replica.room(ada)
    said = []
    for person in people:
        said.append(await peer.say(room, ada))
        await replica.ask.ok(ada, "POST", f"/v1/rooms/{room}/members", {"user": person})
    path = f"/v1/rooms/{room}/messages"

    async def told(query: str) -> tuple[list[int], list[str]]:
        page = await replica.ask.ok(ada, "GET", f"{path}?{query}")
        places = [event["seq"] for event in page["events"]]
        assert places == sorted(places)
        return [m["seq"] for m in page["messages"]], [event["user"] for event in page["events"]]

    assert await told("limit=2") == (said[4:], people[4:])
    assert await told(f"limit=2&before={said[4]}") == (said[2:4], people[2:4])
    assert await told(f"limit=2&before={said[2]}") == (said[:2], [ada, *people[:2]])
    assert await told(f"limit=2&after={said[1]}") == (said[2:4], people[1:3])
    assert await told(f"limit=2&after={said[3]}") == (said[4:], people[3:])
    assert await told(f"limit=2&around={said[2]}") == (said[2:4], people[2:3])
    assert await told(f"around={said[2]}") == (said, [ada, *people])
    assert await told(f"around={said[0] + 1}&limit=1") == ([said[0]], [ada])
    assert await told(f"before={said[0]}") == ([], [ada])
    assert await told(f"after={said[5]}") == ([], people[5:])
    empty = await replica.room(ada)
    page = await replica.ask.ok(ada, "GET", f"/v1/rooms/{empty}/messages?around=1")
    assert (page["messages"], [event["type"] for event in page["events"]]) == (
        [],
        ["member.joined"],
    )


async def test_the_neighbourhood_of_a_link_is_right(replica: Replica, peer: Peer) -> None:
    """Around a deleted message, around an event that is none, and where all about it is deleted."""
    ada = user()
    room = await replica.room(ada)
    said = [await peer.say(room, ada, f"m{n}") for n in range(5)]
    for seq in said[1:4]:
        await replica.ask.ok(ada, "DELETE", at(room, seq))
    path = f"/v1/rooms/{room}/messages?limit=3&around="
    for place in (said[2], said[2] + 0):
        page = await replica.ask.ok(ada, "GET", f"{path}{place}")
        assert [m["seq"] for m in page["messages"]] == said[1:4]
        assert {m["text"] for m in page["messages"]} == {""}
        assert page["more"] is True
    page = await replica.ask.ok(ada, "GET", f"{path}{said[4] + 2}")
    assert [m["seq"] for m in page["messages"]] == said[2:]


class Fold:
    """A room as somebody holds it who applies each event of its log, as the protocol has it."""

    def __init__(self, me: str) -> None:
        """Nothing has happened yet."""
        self.me = me
        self.messages: dict[int, dict[str, Any]] = {}

    def apply(self, seq: int, prev: int, event: events.LogEvent) -> None:
        """Take the next event."""
        if isinstance(event, events.Message):
            held = msgspec.to_builtins(event)
            del held["type"]
            self.messages[seq] = {**held, "seq": seq, "prev": prev, "reactions": []}
        message = self.messages.get(getattr(event, "target", 0))
        if message is None or message.get("deleted"):
            return
        match event:
            case events.MessageEdited():
                message |= {"text": event.text, "mentions": event.mentions,
                            "everyone": event.everyone is True, "edited_ms": event.ts}  # fmt: skip
            case events.MessageDeleted():
                message |= {"text": "", "mentions": [], "everyone": False, "reactions": []}
                message["deleted"] = True
                message.pop("edited_ms", None)
                message.pop("pinned", None)
            case events.MessagePinned():
                message["pinned"] = True
            case events.MessageUnpinned():
                message.pop("pinned", None)
            case events.ReactionAdded() | events.ReactionRemoved():
                self._reacted(message, event)

    def _reacted(
        self, message: dict[str, Any], event: events.ReactionAdded | events.ReactionRemoved
    ) -> None:
        kinds = {one["emoji"]: one for one in message["reactions"]}
        kind = kinds.setdefault(event.emoji, {"emoji": event.emoji, "count": 0, "me": False})
        on = isinstance(event, events.ReactionAdded)
        kind["count"] += 1 if on else -1
        if event.by == self.me:
            kind["me"] = on
        message["reactions"] = [one for one in kinds.values() if one["count"]]

    def page(self) -> list[dict[str, Any]]:
        """The messages, with what they quote."""
        return [self._quoting(message) for message in self.messages.values()]

    def _quoting(self, message: dict[str, Any]) -> dict[str, Any]:
        quoted = self.messages.get(message["reply_to"] or 0)
        if quoted is None or message.get("deleted"):
            return message
        quote_ = {name: quoted[name] for name in ("seq", "sender", "sender_name", "text")}
        if quoted.get("deleted"):
            quote_["deleted"] = True
        return {**message, "quote": quote_}


@pytest.mark.parametrize("seed", range(3))
async def test_a_page_is_the_log_replayed(replica: Replica, peer: Peer, seed: int) -> None:
    """Three people say, answer, edit, delete, react and pin as chance has it, several at once: the
    page is what the log adds up to, to the last field; and so is what sync gives."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    people = [user() for _ in range(3)]
    room = await replica.room(*people)
    said: list[int] = []

    async def act() -> None:
        who = chance.choice(people)
        step = chance.choice(["say", "say", "edit", "delete", *["react"] * 4, "pin"])
        if step == "say" or not said:
            reply_to = chance.choice(said) if said and chance.random() < 0.4 else None
            said.append(await peer.say(room, who, f"text {len(said)}", reply_to=reply_to))
            return
        seq = chance.choice(said[-5:])
        on = chance.choice(["PUT", "PUT", "DELETE"])
        if step == "edit":
            text = f"text {chance.random()} @{chance.choice(people)} @room"
            await replica.ask(who, "PATCH", at(room, seq), {"text": text})
        elif step == "delete" and chance.random() < 0.5:
            await replica.ask(who, "DELETE", at(room, seq))
        elif step == "react":
            await replica.ask(who, on, reaction(room, seq, chance.choice(EMOJI)))
        else:
            await replica.ask(people[0], on, at(room, seq, "/pin"))

    for _ in range(25):
        await asyncio.gather(*(act() for _ in range(chance.randint(1, 6))))
    # Whatever chance has left out.
    await replica.ask.ok(people[1], "PUT", reaction(room, said[-1], "👍"))
    await replica.ask.ok(people[1], "DELETE", reaction(room, said[-1], "👍"))
    await replica.ask.ok(people[0], "DELETE", at(room, said[0]))
    me = chance.choice(people)
    page = await replica.ask.ok(me, "GET", f"/v1/rooms/{room}/messages?limit=100")
    fold = Fold(me)
    stored = (await peer.stored(room, up_to=page["as_of_seq"])).events
    for event in stored:
        fold.apply(event.seq, event.prev, wire.decode_event(event.body))
    assert page["messages"] == fold.page()[-100:]
    kinds = {msgspec.json.decode(event.body)["type"] for event in stored}
    assert kinds >= {"message.deleted", "message.edited", "reaction.added", "reaction.removed"}
