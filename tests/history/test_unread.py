"""Unread and mentions against a plain recount, whatever happened in whatever order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from history.rooms_postgres import OF_USER
from proto import calls, events, shapes, subjects
from tests.history.client_httpx import refused
from tests.history.running import Peer, Replica, message, user

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHO = st.integers(0, 2)
STEP = st.one_of(
    st.tuples(st.just("say"), WHO, st.sampled_from(["plain", "me", "everyone", "thread"])),
    # A process has part in it that knows nothing of how much was said, as during an upgrade.
    st.tuples(st.just("older"), WHO, st.sampled_from(["plain", "thread", "read"])),
    st.tuples(st.just("delete"), WHO, st.integers(0, 20)),
    # The message is edited to mention that one, and nobody else.
    st.tuples(st.just("edit"), WHO, st.integers(0, 20)),
    # A mark moves from one device over the socket, or from another over HTTP, back there alone.
    st.tuples(st.sampled_from(["read", "frame", "back"]), WHO, st.integers(0, 20)),
    st.tuples(st.sampled_from(["rejoin", "kick", "ban"]), WHO, st.just(0)),
    st.tuples(st.just("have"), WHO, st.booleans()),
    # Somebody blocks another one, or does no more.
    st.tuples(st.sampled_from(["block", "unblock"]), WHO, WHO),
    # Everybody is mentioned by an edit, or somebody who is not in the room; nobody by another.
    st.tuples(st.just("call"), WHO, st.integers(0, 20)),
)


@dataclass
class Told:
    """A message as the recount knows it."""

    seq: int
    sender: str
    mentions: set[str]
    counts: bool
    deleted: bool = False


@dataclass
class Recount:
    """The definition of unread, written down a second time."""

    told: list[Told] = field(default_factory=list)
    marks: dict[str, int] = field(default_factory=dict)
    blocks: set[tuple[str, str]] = field(default_factory=set)

    def of(self, who: str) -> tuple[int, int]:
        """Unread and mentions of one member."""
        left = [
            one
            for one in self.told
            if one.seq > self.marks[who] and one.sender != who and one.counts and not one.deleted
            if (who, one.sender) not in self.blocks
        ]
        return len(left), sum(who in one.mentions for one in left)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEP, max_size=25))
@example(steps=[("say", 1, "plain"), ("edit", 0, 0)])
@example(steps=[("say", 1, "me"), ("say", 1, "everyone"), ("edit", 2, 0), ("edit", 2, 1)])
@example(steps=[("say", 1, "me"), ("delete", 1, 0), ("edit", 0, 0), ("back", 0, 0)])
@example(steps=[("say", 1, "everyone"), ("block", 0, 1), ("say", 1, "me"), ("say", 2, "me")])
@example(steps=[("block", 0, 1), ("say", 1, "me"), ("call", 1, 0), ("unblock", 0, 1)])
@example(steps=[("say", 1, "plain"), ("older", 1, "plain"), ("say", 1, "plain"), ("read", 0, 1)])
@example(steps=[("older", 1, "plain"), ("read", 0, 0), ("say", 1, "plain"), ("say", 2, "plain")])
@example(steps=[("say", 1, "plain"), ("older", 0, "read"), ("say", 1, "plain")])
@example(steps=[("say", 0, "plain"), ("back", 0, 0), ("say", 0, "plain"), ("back", 0, 0)])
@example(steps=[("say", 1, "plain"), ("rejoin", 0, 0), ("say", 1, "thread"), ("delete", 1, 0)])
async def test_unread_is_what_a_recount_says(
    replica: Replica, peer: Peer, steps: list[tuple[str, int, object]]
) -> None:
    """Sends, edits, deletes, reads forward and back on several devices, leaving, being removed and
    coming again, blocking and no more, in any order; to have a room muted changes nothing."""
    owner, people = user(), [user() for _ in range(3)]
    room = await replica.room(owner, *people, kind="public")
    recount = Recount()
    for who in people:
        recount.marks[who] = (await peer.hello(who))[room].room.read_seq
    for verb, number, detail in steps:
        who = people[number]
        if verb == "say":
            await _say(peer, room, people, who, str(detail), recount)
        elif verb == "older":
            async with _uncounted(replica, peer, room):
                if detail != "read":
                    await _say(peer, room, people, who, str(detail), recount)
                elif recount.told:
                    recount.marks[who] = max(recount.marks[who], recount.told[-1].seq)
                    await _read(replica, peer, room, who, recount.told[-1].seq, "read")
        elif verb == "have":
            form = {"muted": detail, "notify": "none"}
            await replica.ask.ok(who, "PUT", f"/v1/rooms/{room}/preferences", form)
        elif verb in ("block", "unblock"):
            await _block(replica, who, people[int(str(detail))], verb, recount)
        elif verb in ("rejoin", "kick", "ban"):
            recount.marks[who] = await _come_again(replica, room, owner, who, verb)
        elif recount.told:
            target = recount.told[int(str(detail)) % len(recount.told)]
            if verb in ("read", "frame", "back"):
                mark = recount.marks[who]
                recount.marks[who] = target.seq if verb == "back" else max(mark, target.seq)
                await _read(replica, peer, room, who, target.seq, verb)
            else:
                await _change(peer, room, people, who, verb, target)
    await replica.stored((await peer.log.state()).last_seq)
    for who in people:
        known = (await peer.hello(who))[room].room
        assert (known.unread, known.mentions) == recount.of(who)
        assert known.read_seq == recount.marks[who]
        shown = await replica.ask.ok(who, "GET", f"/v1/rooms/{room}")
        assert (shown["unread"], shown["mentions"]) == recount.of(who)


async def test_messages_are_looked_at_where_their_number_does_not_tell(
    replica: Replica, peer: Peer
) -> None:
    """The difference of what was said at the end and at the mark is the answer, until something
    is deleted or mentions somebody above the mark, or it was moved back, or one blocks somebody."""
    owner, ada, bob = user(), user(), user()
    room = await replica.room(owner, ada, bob, kind="public")
    path = f"/v1/rooms/{room}"

    async def known() -> int | None:
        await replica.stored((await peer.log.state()).last_seq)
        (row,) = await replica.history.pool.fetch(OF_USER, ada)
        said: int | None = row["said"]
        return said

    assert await known() == 0
    first = await peer.say(room, bob)
    await peer.say(room, bob, thread=first)
    last = await peer.say(room, bob)
    assert await known() == 2
    await replica.ask.ok(ada, "PUT", f"{path}/read", {"seq": first})
    assert await known() is None
    await replica.ask.ok(ada, "PUT", f"{path}/read", {"seq": last})
    assert await known() == 0
    await peer.publish(events.MessageDeleted(room=room, target=last, by=bob, ts=1))
    hit = await peer.say(room, bob)
    assert await known() == 1
    edited = events.MessageEdited(room=room, target=hit, by=bob, text="x", mentions=[bob], ts=1)
    await peer.publish(edited)
    assert await known() is None
    await peer.say(room, ada)
    assert await known() == 0
    await replica.ask.ok(ada, "PUT", f"{path}/read", {"seq": hit, "back": True})
    assert await known() is None
    await replica.ask.ok(ada, "POST", f"{path}/leave")
    await replica.ask.ok(ada, "POST", f"{path}/join")
    await peer.say(room, bob)
    assert await known() == 1
    await replica.ask.ok(ada, "PUT", f"/v1/blocks/{owner}")
    assert await known() is None


@asynccontextmanager
async def _uncounted(replica: Replica, peer: Peer, room: str) -> AsyncIterator[None]:
    """Leave what is known of how much was said as it was, whatever happens in the block."""
    pool = replica.history.pool
    await replica.stored((await peer.log.state()).last_seq)
    heads = await pool.fetch("SELECT said, said_seq, plain_seq FROM heads WHERE room = $1", room)
    query = 'SELECT "user", said, said_seq FROM marks WHERE room = $1'
    marks = await pool.fetch(query, room)
    yield
    await replica.stored((await peer.log.state()).last_seq)
    async with pool.transaction() as connection:
        query = "UPDATE heads SET said = $2, said_seq = $3, plain_seq = $4 WHERE room = $1"
        for row in heads:
            await connection.execute(query, room, *row)  # type: ignore[misc]  # a sequence
        query = 'UPDATE marks SET said = $3, said_seq = $4 WHERE room = $1 AND "user" = $2'
        for row in marks:
            await connection.execute(query, room, *row)  # type: ignore[misc]  # a sequence


async def _say(
    peer: Peer, room: str, people: list[str], who: str, kind: str, recount: Recount
) -> None:
    """Have something said that mentions nobody, one, or everyone; one's own mark moves to it."""
    mentions = [people[0]] if kind == "me" else []
    event = message(
        room,
        who,
        mentions=mentions,
        everyone=kind == "everyone",
        thread=1 if kind == "thread" else None,
    )
    seq = (await peer.publish(event)).seq
    hit = set(people) if kind == "everyone" else set(mentions)
    recount.told.append(Told(seq, who, hit, kind != "thread"))
    recount.marks[who] = seq


async def _change(
    peer: Peer, room: str, people: list[str], who: str, verb: str, target: Told
) -> None:
    """Have a message deleted, or edited so that it mentions one or all."""
    if verb == "delete":
        target.deleted = True
        await peer.publish(events.MessageDeleted(room=room, target=target.seq, by=who, ts=1))
        return
    target.mentions = {who} if verb == "edit" else set(people)
    edited = events.MessageEdited(
        room=room,
        target=target.seq,
        by=target.sender,
        text="new",
        mentions=[who] if verb == "edit" else ["nobody"],
        everyone=True if verb == "call" else UNSET,
        ts=1,
    )
    await peer.publish(edited)


async def _block(replica: Replica, who: str, other: str, verb: str, recount: Recount) -> None:
    """Have somebody block another one, or no more; of oneself nothing comes."""
    method = "PUT" if verb == "block" else "DELETE"
    answer = await replica.ask(who, method, f"/v1/blocks/{other}")
    if who == other and verb == "block":
        refused(answer, 400, "invalid")
        return
    assert answer.status_code == 204
    change = recount.blocks.add if verb == "block" else recount.blocks.discard
    change((who, other))


async def _read(replica: Replica, peer: Peer, room: str, who: str, seq: int, verb: str) -> None:
    """Move a mark, from one device or another."""
    if verb == "frame":
        call = calls.ReadCall(room, who, seq)
        mark = await peer.call(subjects.HISTORY_READ, call, shapes.ReadMark)
        assert mark.read_seq >= seq
    else:
        form = {"seq": seq, "back": verb == "back"}
        await replica.ask.ok(who, "PUT", f"/v1/rooms/{room}/read", form)


async def _come_again(replica: Replica, room: str, owner: str, who: str, verb: str) -> int:
    """End a membership in one way or another, and begin the next; answers where that begins."""
    path = f"/v1/rooms/{room}"
    if verb == "rejoin":
        await replica.ask.ok(who, "POST", f"{path}/leave")
    elif verb == "kick":
        await replica.ask.ok(owner, "DELETE", f"{path}/members/{who}")
    else:
        await replica.ask.ok(owner, "PUT", f"{path}/bans/{who}", {})
        await replica.ask.ok(owner, "DELETE", f"{path}/bans/{who}")
    joined = await replica.ask.ok(who, "POST", f"{path}/join")
    return int(joined["read_seq"])
