"""Who types, against a real Valkey: each change once, in the order of the gateways' clocks."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from presence import keyspace
from presence.typing_redis import ROOM_MOST, Typing, Typist
from proto.calls import TypingCall
from proto.passing import TypingChanged
from services.problem import Unavailable
from tests.presence.conftest import SHORT_MS, MakeTyping, until
from tests.presence.test_leases_redis import now_ms
from tests.presence.valkey_server import ValkeyServer


@pytest.fixture
def typing(make_typing: MakeTyping) -> Typing:
    """Give one in which nobody's time is up by itself."""
    return make_typing()


@pytest.fixture
def brief(make_typing: MakeTyping) -> Typing:
    """Give one over the same Redis in which it is while a test waits."""
    return make_typing(SHORT_MS)


@pytest.fixture
async def now(redis_url: str) -> int:
    """Give the time of Redis."""
    return await now_ms(redis_url)


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    """Give a connection that bypasses the service."""
    connection = Redis.from_url(redis_url, decode_responses=True)
    yield connection
    await connection.aclose()


def active(at_ms: int, user: str = "u", room: str = "r") -> TypingCall:
    """Somebody types."""
    return TypingCall(room, user, active=True, at_ms=at_ms)


def ended(at_ms: int, user: str = "u", room: str = "r") -> TypingCall:
    """Somebody types no more."""
    return TypingCall(room, user, active=False, at_ms=at_ms)


async def outcomes(typing: Typing, *calls: TypingCall) -> list[str]:
    """What becomes of calls, each taken by itself."""
    return [(await typing.take([call])).outcomes[0] for call in calls]


async def test_a_beginning_and_an_end_are_changes_and_a_repeat_is_none(
    typing: Typing, now: int
) -> None:
    """Each change has a revision above the one before it, near the time in microseconds."""
    calls = [active(now), active(now + 1), ended(now + 2), ended(now + 3), active(now + 4)]
    taken = await typing.take(calls)
    assert taken.outcomes == ["changed", "repeated", "changed", "repeated", "changed"]
    assert [change.active for change in taken.changes] == [True, False, True]
    revisions = [change.rev for change in taken.changes]
    assert all(earlier < later for earlier, later in pairwise(revisions))
    assert 0 <= revisions[0] - now * 1000 < 60_000_000
    assert {(change.room, change.user) for change in taken.changes} == {("r", "u")}


async def test_what_others_say_and_where_has_no_part_in_it(typing: Typing, now: int) -> None:
    """Every person in every room is for themselves; answers come in the order of calls."""
    calls = [
        TypingCall(room, user, active=True, at_ms=now)
        for room in ("a", "b", "c", "d")
        for user in ("u", "v")
    ]
    assert len({keyspace.shard_of(call.room) for call in calls}) > 1
    taken = await typing.take([*calls, ended(now + 1, "u", "a")])
    assert taken.outcomes == ["changed"] * 9
    began = [(change.room, change.user) for change in taken.changes if change.active]
    assert sorted(began) == sorted((call.room, call.user) for call in calls)
    assert await outcomes(typing, active(now + 1, "v", "a")) == ["repeated"]


async def test_an_older_call_is_ignored_whatever_came_first(typing: Typing, now: int) -> None:
    """A late beginning does not revive who ended, nor a late end stop who went on."""
    calls = active(now + 10), ended(now + 20), active(now + 15), active(now + 30), ended(now + 25)
    assert await outcomes(typing, *calls) == ["changed", "changed", "stale", "changed", "stale"]


async def test_an_end_before_its_beginning_keeps_it_out(typing: Typing, now: int) -> None:
    """Replicas may take them in the wrong order: then nothing is announced at all."""
    taken = await typing.take([ended(now + 20), active(now + 10)])
    assert taken == (["repeated", "stale"], [])


async def test_in_one_millisecond_an_end_is_the_later(typing: Typing, now: int) -> None:
    """So the outcome is the same whichever is taken first."""
    assert await outcomes(typing, active(now), ended(now)) == ["changed", "changed"]
    assert await outcomes(typing, ended(now, "v"), active(now, "v")) == ["repeated", "stale"]


async def test_a_call_is_taken_twice_without_harm(typing: Typing, now: int) -> None:
    """Who repeats a call because no answer came changes nothing."""
    assert await outcomes(typing, active(now), active(now)) == ["changed", "stale"]
    assert await outcomes(typing, ended(now), ended(now)) == ["changed", "repeated"]


@pytest.mark.parametrize("off_ms", [3_600_000, -3_600_000, 10**15, -(10**15)])
async def test_a_clock_far_off_counts_as_now(typing: Typing, redis_url: str, off_ms: int) -> None:
    """A gateway whose clock is wrong neither is ignored nor silences the others."""
    assert await outcomes(typing, active(await now_ms(redis_url) + off_ms)) == ["changed"]
    assert await outcomes(typing, ended(await now_ms(redis_url))) == ["changed"]
    now = await now_ms(redis_url)
    assert await outcomes(typing, active(now, "v"), ended(now + off_ms, "v")) == ["changed"] * 2


async def test_a_clock_a_little_off_counts_as_it_is(typing: Typing, now: int) -> None:
    """Half a minute ahead is still the later."""
    assert await outcomes(typing, active(now + 30_000), ended(now)) == ["changed", "stale"]


async def test_who_says_nothing_more_is_swept(brief: Typing, now: int, redis_url: str) -> None:
    """Not before their time is up; the end is above the beginning, and found once."""
    began = (await brief.take([active(now)])).changes[0]
    await until(lambda: _is_due(brief))
    assert await now_ms(redis_url) >= now + SHORT_MS
    ends = await brief.sweep((await brief.due()).typists)
    assert [(end.room, end.user, end.active) for end in ends] == [("r", "u", False)]
    assert ends[0].rev > began.rev
    assert await brief.sweep([Typist("r", "u")]) == []
    assert (await brief.due()).typists == []


async def _is_due(typing: Typing) -> bool:
    return (await typing.due()).typists != []


async def test_a_sweep_harms_nobody_whose_time_is_not_up(typing: Typing, now: int) -> None:
    """Nor somebody unknown."""
    await typing.take([active(now)])
    assert await typing.sweep([Typist("r", "u"), Typist("r", "v"), Typist("s", "u")]) == []
    assert await outcomes(typing, active(now + 1)) == ["repeated"]


async def test_a_repeat_puts_the_end_off(
    brief: Typing, typing: Typing, now: int, client: Redis
) -> None:
    """Who says it again is due later, and is no news to others even if the time had been up."""
    await brief.take([active(now)])
    await until(lambda: _is_due(brief))
    assert await outcomes(typing, active(now + 1)) == ["repeated"]
    assert (await typing.due()).typists == []
    score = await client.zscore(keyspace.typing_due_key(keyspace.shard_of("r")), "r|u")
    assert (score or 0) > now + SHORT_MS


async def test_who_was_swept_is_not_revived_by_an_older_call(
    brief: Typing, typing: Typing, now: int
) -> None:
    """What expired is known for a while; who types again after it begins anew."""
    first = (await brief.take([active(now + 10)])).changes[0]
    await until(lambda: _is_due(brief))
    # Swept by the one that remembers for long, so that the test need not hurry.
    end = (await typing.sweep([Typist("r", "u")]))[0]
    assert await outcomes(typing, active(now + 5)) == ["stale"]
    again = (await typing.take([active(now + 20)])).changes[0]
    assert first.rev < end.rev < again.rev


async def test_nothing_is_left_of_who_ended(
    make_typing: MakeTyping, now: int, client: Redis
) -> None:
    """One typing's time later Redis holds neither them nor their room."""
    await client.ping()
    await make_typing(1_000).take([active(now), ended(now + 1)])
    assert (await client.hgetall(keyspace.room_key("r"))).keys() == {"u"}

    async def is_gone() -> bool:
        return await client.hgetall(keyspace.room_key("r")) == {}

    await until(is_gone)
    assert await client.zcard(keyspace.typing_due_key(keyspace.shard_of("r"))) == 0


async def test_who_begins_anew_does_not_run_out_unannounced(
    brief: Typing, typing: Typing, now: int, client: Redis
) -> None:
    """The short life of one who ended is not that of one who types."""
    await brief.take([active(now), ended(now + 1)])
    await typing.take([active(now + 2)])
    assert await client.hpttl(keyspace.room_key("r"), "u") == [-1]


async def test_replicas_that_sweep_at_once_find_an_end_once(
    brief: Typing, make_typing: MakeTyping, now: int
) -> None:
    """Of many people in many rooms each ends once."""
    calls = [active(now, f"u{number}", f"room-{number % 7}") for number in range(100)]
    await brief.take(calls)
    typists = [Typist(call.room, call.user) for call in calls]

    async def all_due() -> bool:
        return len((await brief.due()).typists) == len(calls)

    await until(all_due)
    replicas = [make_typing() for _ in range(3)]
    for replica in replicas:
        await replica._store.check()
    ends = await asyncio.gather(*(replica.sweep(typists) for replica in replicas))
    assert sorted((end.room, end.user) for found in ends for end in found) == sorted(typists)


async def test_replicas_that_take_at_once_find_a_change_once(
    make_typing: MakeTyping, now: int
) -> None:
    """A call that reached all of them is one change."""
    replicas = [make_typing() for _ in range(3)]
    for replica in replicas:
        await replica._store.check()
    calls = [active(now + n, f"u{n}") for n in range(50)]
    taken = await asyncio.gather(*(replica.take(calls) for replica in replicas))
    began = [change.user for answer in taken for change in answer.changes]
    assert sorted(began) == sorted(call.user for call in calls)


async def test_a_room_holds_a_bounded_number(typing: Typing, now: int) -> None:
    """One more is left out; who is in may go on and end."""
    calls = [active(now, f"u{number}") for number in range(ROOM_MOST)]
    assert set((await typing.take(calls)).outcomes) == {"changed"}
    assert await outcomes(typing, active(now, "late"), ended(now, "late")) == ["full", "full"]
    assert await outcomes(typing, active(now, "late", "elsewhere")) == ["changed"]
    assert await outcomes(typing, active(now + 1, "u0"), ended(now + 2, "u0")) == [
        "repeated",
        "changed",
    ]


async def test_due_is_bounded_and_says_that_there_is_more(make_typing: MakeTyping) -> None:
    """More than a batch in one shard are done in several rounds."""
    shortest = make_typing(1)
    rooms = [f"room-{number}" for number in range(100)]
    same = [room for room in rooms if keyspace.shard_of(room) == keyspace.shard_of(rooms[0])][:3]
    people = [(room, f"u{number}") for room in same for number in range(100)]
    assert len(people) == 300
    await shortest.take([active(0, user, room) for room, user in people])

    async def more() -> bool:
        return (await shortest.due()).more

    await until(more)
    due = await shortest.due()
    assert len(due.typists) == keyspace.BATCH
    ends = await shortest.sweep(due.typists)

    async def the_rest() -> bool:
        return len((await shortest.due()).typists) == 50

    await until(the_rest)
    ends += await shortest.sweep((await shortest.due()).typists)
    assert sorted((end.room, end.user) for end in ends) == sorted(people)


async def test_it_tells_since_when_it_remembers(typing: Typing, client: Redis) -> None:
    """The same at every look, and another after Redis lost its memory."""
    since = (await typing.due()).since
    assert len(since) == keyspace.SHARDS
    assert (await typing.due()).since == since
    await client.flushdb()
    again = (await typing.due()).since
    assert all(before < after for before, after in zip(since, again, strict=True))


async def test_a_fault_in_one_shard_leaves_the_others(
    typing: Typing, now: int, client: Redis
) -> None:
    """What was done is known; of the rest only that it was not."""
    bad, good = "alice", "bob"
    assert keyspace.shard_of(bad) != keyspace.shard_of(good)
    await client.set(keyspace.room_key(bad), "not a hash")
    taken = await typing.take([active(now, room=bad), active(now, room=good)])
    assert taken.outcomes == ["unavailable", "changed"]
    assert [change.room for change in taken.changes] == [good]


async def test_a_killed_redis_is_unavailable_and_comes_back_by_itself(
    make_typing: MakeTyping, valkey: ValkeyServer
) -> None:
    """What it held is gone; the same object works after the restart."""
    typing = make_typing(url=valkey.url)
    await typing.take([active(1)])
    valkey.kill()
    for work in (typing.take([active(2)]), typing.due(), typing.sweep([Typist("r", "u")])):
        with pytest.raises(Unavailable):
            await work
    valkey.start()
    assert await outcomes(typing, active(3)) == ["changed"]


STEPS = st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=10)
_rooms = iter(range(10**9))


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(steps=STEPS)
async def test_the_latest_call_counts_in_whatever_order_they_come(
    typing: Typing, redis_url: str, steps: list[tuple[int, bool]]
) -> None:
    """After all of them others know the latest, an end before a beginning of the same moment; and
    beginnings and ends were told in turn, a beginning first.
    """
    room = f"room-{next(_rooms)}"
    now = await now_ms(redis_url)
    told: list[TypingChanged] = []
    for at, is_active in steps:
        call = TypingCall(room, "u", active=is_active, at_ms=now + at)
        told += (await typing.take([call])).changes
    latest = max(((at, not is_active) for at, is_active in steps), default=(0, True))
    assert (told[-1].active if told else False) == (not latest[1])
    assert [change.active for change in told] == [n % 2 == 0 for n in range(len(told))]
    assert all(earlier.rev < later.rev for earlier, later in pairwise(told))
