"""Unread and mentions against a plain recount, whatever happened in whatever order."""

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proto import events
from tests.history.running import Peer, Replica, message, user

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHO = st.integers(0, 2)
STEP = st.one_of(
    st.tuples(st.just("say"), WHO, st.sampled_from(["plain", "me", "everyone", "thread"])),
    st.tuples(st.just("delete"), WHO, st.integers(0, 20)),
    st.tuples(st.just("read"), WHO, st.integers(0, 20)),
    st.tuples(st.just("back"), WHO, st.integers(0, 20)),
    st.tuples(st.just("rejoin"), WHO, st.just(0)),
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

    def of(self, who: str) -> tuple[int, int]:
        """Unread and mentions of one member."""
        left = [
            one
            for one in self.told
            if one.seq > self.marks[who] and one.sender != who and one.counts and not one.deleted
        ]
        return len(left), sum(who in one.mentions for one in left)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEP, max_size=25))
async def test_unread_is_what_a_recount_says(
    replica: Replica, peer: Peer, steps: list[tuple[str, int, object]]
) -> None:
    """Sends, deletes, reads forward and back, leaving and coming again, in any order."""
    people = [user() for _ in range(3)]
    room = await replica.room(*people, kind="public")
    path = f"/v1/rooms/{room}"
    recount = Recount()
    for who in people:
        recount.marks[who] = (await peer.hello(who))[room].room.read_seq
    for verb, number, detail in steps:
        who = people[number]
        if verb == "say":
            mentions = [people[0]] if detail == "me" else []
            event = message(
                room,
                who,
                mentions=mentions,
                everyone=detail == "everyone",
                thread=1 if detail == "thread" else None,
            )
            seq = (await peer.publish(event)).seq
            hit = set(people) if detail == "everyone" else set(mentions)
            recount.told.append(Told(seq, who, hit, detail != "thread"))
            recount.marks[who] = seq
        elif verb == "rejoin":
            await replica.ask.ok(who, "POST", f"{path}/leave")
            joined = await replica.ask.ok(who, "POST", f"{path}/join")
            recount.marks[who] = joined["read_seq"]
        elif recount.told:
            target = recount.told[int(str(detail)) % len(recount.told)]
            if verb == "delete":
                target.deleted = True
                deleted = events.MessageDeleted(room=room, target=target.seq, by=who, ts=1)
                await peer.publish(deleted)
            else:
                form = {"seq": target.seq, "back": verb == "back"}
                await replica.ask.ok(who, "PUT", f"{path}/read", form)
                mark = recount.marks[who]
                recount.marks[who] = target.seq if verb == "back" else max(mark, target.seq)
    await replica.stored((await peer.log.state()).last_seq)
    for who in people:
        known = (await peer.hello(who))[room].room
        assert (known.unread, known.mentions) == recount.of(who)
        assert known.read_seq == recount.marks[who]
