"""Leases against a real Valkey: what changes, for whom, and exactly once."""

import asyncio
from itertools import count, pairwise
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from presence import keyspace, status
from presence.leases_redis import Leases
from presence.store_redis import CALL_SECONDS
from proto.calls import Lease
from proto.shapes import OwnStatus, Presence
from services.problem import Unavailable
from tests.presence.conftest import LONG_MS, SHORT_MS, Heard, MakeLeases, until
from tests.presence.valkey_server import ValkeyServer


async def now_ms(redis_url: str) -> int:
    """Redis' clock, by which everything here is reckoned."""
    client = Redis.from_url(redis_url)
    seconds, microseconds = await client.time()
    await client.aclose()
    return int(seconds) * 1000 + int(microseconds) // 1000


async def status_of(leases: Leases, user: str) -> str:
    """What others see of `user` now."""
    return (await leases.read([user]))[0].status


async def test_a_lease_makes_a_person_online(leases: Leases, heard: Heard) -> None:
    """The change is told once, however often the lease is renewed."""
    for _ in range(3):
        await leases.renew("g", [Lease("u", "s")])
    assert heard.rest() == [("u", "online")]
    assert await leases.read(["u"]) == [Presence("u", "online", None)]


async def test_an_end_makes_a_person_offline_and_seen_now(
    leases: Leases, heard: Heard, redis_url: str
) -> None:
    """Last seen is the time of the end; it is told with the change and read later."""
    await leases.renew("g", [Lease("u", "s")])
    await heard.next()
    before = await now_ms(redis_url)
    await leases.end([Lease("u", "s")])
    gone = await heard.next()
    assert gone.last_seen_ms is not None
    assert before <= gone.last_seen_ms <= await now_ms(redis_url)
    assert await leases.read(["u"]) == [Presence("u", "offline", gone.last_seen_ms)]
    assert await leases.found(["u"]) == [gone]


async def test_reading_keeps_the_order_and_knows_strangers(leases: Leases) -> None:
    """Who was never here is offline, last seen unknown."""
    await leases.renew("g", [Lease("b", "s", "idle")])
    assert await leases.read(["c", "b", "a"]) == [
        Presence("c", "offline", None),
        Presence("b", "idle", None),
        Presence("a", "offline", None),
    ]


async def test_two_devices_in_one_call_are_one_change(leases: Leases, heard: Heard) -> None:
    """A gateway that renews everybody tells of each person what they add up to, not each step."""
    await leases.renew("g", [Lease("u", "s1", "idle"), Lease("u", "s2"), Lease("u", "s3", "dnd")])
    assert heard.rest() == [("u", "dnd")]


async def test_a_person_stays_while_one_device_does(leases: Leases, heard: Heard) -> None:
    """Ending one of two equal connections changes nothing for others."""
    await leases.renew("g", [Lease("u", "s1"), Lease("u", "s2")])
    await leases.end([Lease("u", "s1")])
    assert heard.rest() == [("u", "online")]
    await leases.end([Lease("u", "s2")])
    assert heard.rest() == [("u", "offline")]


async def test_leases_of_two_gateways_are_one_person(
    leases: Leases, make_leases: MakeLeases, heard: Heard
) -> None:
    """Whichever replica takes which gateway's call, the person is one."""
    other = make_leases()
    await leases.renew("g1", [Lease("u", "s1", "idle")])
    await other.renew("g2", [Lease("u", "s2")])
    await leases.end([Lease("u", "s2")])
    assert heard.rest() == [("u", "idle"), ("u", "online"), ("u", "idle")]


async def test_an_invisible_person_leaves_no_trace(leases: Leases, heard: Heard) -> None:
    """Neither coming, staying nor leaving is told, and last seen does not move."""
    await leases.renew("g", [Lease("u", "s", "invisible")])
    await leases.end([Lease("u", "s")])
    assert heard.rest() == []
    assert await leases.read(["u"]) == [Presence("u", "offline", None)]


async def test_who_becomes_invisible_was_last_seen_before(
    leases: Leases, heard: Heard, redis_url: str
) -> None:
    """Others see the person go, and renewals do not betray that they are still there."""
    await leases.renew("g", [Lease("u", "s")])
    await leases.renew("g", [Lease("u", "s", "invisible")])
    assert heard.rest() == [("u", "online"), ("u", "offline")]
    gone = (await leases.read(["u"]))[0]

    async def a_moment_later() -> bool:
        return await now_ms(redis_url) > (gone.last_seen_ms or 0)

    await until(a_moment_later)
    await leases.renew("g", [Lease("u", "s", "invisible")])
    assert await leases.read(["u"]) == [gone]


async def test_a_renewal_after_the_end_makes_no_ghost(leases: Leases, heard: Heard) -> None:
    """A renewal that was under way when the connection ended is too late, on any replica."""
    await leases.renew("g", [Lease("u", "s")])
    await leases.end([Lease("u", "s")])
    await leases.renew("g", [Lease("u", "s"), Lease("v", "t")])
    assert heard.rest() == [("u", "online"), ("u", "offline"), ("v", "online")]
    assert await status_of(leases, "u") == "offline"
    assert (await leases.due()).online == 1


async def test_an_end_may_come_before_the_first_renewal(leases: Leases, heard: Heard) -> None:
    """Two replicas may take the calls of a short connection in the wrong order."""
    await leases.end([Lease("u", "s")])
    await leases.renew("g", [Lease("u", "s")])
    assert heard.rest() == []
    await leases.renew("g", [Lease("u", "s2")])
    assert heard.rest() == [("u", "online")]


async def test_ended_sessions_are_forgotten_after_a_lease(
    make_leases: MakeLeases, redis_url: str
) -> None:
    """Of a session that ended before it began nothing is left but for one lease."""
    client = Redis.from_url(redis_url)
    await client.ping()
    await make_leases(1_000).end([Lease("u", "s")])
    assert await client.exists(keyspace.user_key("u")) == 1
    await until(lambda: _gone(client))
    await client.aclose()


async def _gone(client: Redis) -> bool:
    # Asked by its fields: a hash may stand until Redis looks at what ran out in it.
    return await client.hgetall(keyspace.user_key("u")) == {}


async def test_a_lease_runs_out(short: Leases, heard: Heard, redis_url: str) -> None:
    """Without renewal a person is offline after one lease, swept or not; seen when renewed."""
    before = await now_ms(redis_url)
    await short.renew("g", [Lease("u", "s")])
    renewed_by = await now_ms(redis_url)
    await until(lambda: _is_offline(short))
    assert await now_ms(redis_url) >= before + SHORT_MS
    gone = (await short.read(["u"]))[0]
    assert gone.last_seen_ms is not None
    assert before <= gone.last_seen_ms <= renewed_by
    assert heard.rest() == [("u", "online")]
    await short.sweep((await short.due()).users)
    assert (await heard.next()).last_seen_ms == gone.last_seen_ms
    assert (await short.due()).online == 0


async def _is_offline(leases: Leases, user: str = "u") -> bool:
    return await status_of(leases, user) == "offline"


async def test_two_replicas_sweeping_find_a_change_once(
    short: Leases, make_leases: MakeLeases, heard: Heard
) -> None:
    """However many sweep at the same moment, each of many people goes once."""
    people = [f"u{number}" for number in range(100)]
    await short.renew("g", [Lease(user, f"s-{user}") for user in people])
    heard.rest()
    await until(lambda: _is_offline(short, people[-1]))
    replicas = [make_leases() for _ in range(3)]
    for replica in replicas:
        await replica._store.check()
    await asyncio.gather(*(replica.sweep(people) for replica in replicas))
    assert sorted(heard.rest()) == sorted((user, "offline") for user in people)
    assert (await short.due()).online == 0


async def test_a_sweep_looks_again_when_the_next_lease_may_run_out(
    make_leases: MakeLeases, leases: Leases, heard: Heard, redis_url: str
) -> None:
    """Of two connections the first runs out: the person stays, changed, due with the other."""
    first = make_leases(1_000)
    await first.renew("g", [Lease("u", "s2")])
    await leases.renew("g", [Lease("u", "s1", "idle")])
    await until(lambda: _is_due(leases, "u"))
    renewed = await now_ms(redis_url)
    await leases.sweep(["u"])
    assert heard.rest() == [("u", "online"), ("u", "idle")]
    client = Redis.from_url(redis_url)
    score = await client.zscore(keyspace.due_key(keyspace.shard_of("u")), "u")
    await client.aclose()
    assert score is not None
    assert renewed < score <= renewed + LONG_MS
    assert await leases.due() == (1, [], False)


async def _is_due(leases: Leases, user: str) -> bool:
    return user in (await leases.due()).users


async def test_a_sweep_harms_nobody_who_lives(leases: Leases, heard: Heard) -> None:
    """Sweeping early, twice, or somebody unknown changes nothing."""
    await leases.renew("g", [Lease("u", "s")])
    heard.rest()
    await leases.sweep(["u", "nobody"])
    await leases.sweep(["u"])
    assert heard.rest() == []
    assert (await leases.due()).online == 1


async def test_a_sweep_takes_a_person_of_very_many_connections(
    make_leases: MakeLeases, heard: Heard, redis_url: str
) -> None:
    """More than Lua hands over at once: nobody stays online because of one such person.

    They are looked at again when the first of their leases may have run out, wherever it stands.
    """
    leases = make_leases()
    for first in range(0, 9_000, 500):  # as many at once as a gateway tells
        await leases.renew("g", [Lease("u", f"s{n}") for n in range(first, first + 500)])
    sooner = LONG_MS // 2
    await make_leases(sooner).renew("g", [Lease("u", "s8999")])
    before = await now_ms(redis_url)
    await leases.sweep(["u"])
    client = Redis.from_url(redis_url)
    at = await client.zscore(keyspace.due_key(keyspace.shard_of("u")), "u")
    await client.aclose()
    assert at is not None
    assert at <= before + sooner
    assert heard.rest() == [("u", "online")]


async def test_a_sweep_is_bounded_and_says_that_there_is_more(
    make_leases: MakeLeases, heard: Heard
) -> None:
    """One shard with more people than a batch is done in several rounds, and nobody is left."""
    shortest = make_leases(1_000)
    users = (f"u{number}" for number in count())
    people = [next(u for u in users if keyspace.shard_of(u) == 0) for _ in range(600)]
    await shortest.renew("g", [Lease(user, "s") for user in people])
    await until(lambda: _is_offline(shortest, people[-1]))
    rounds = []
    while True:
        due = await shortest.due()
        rounds.append((due.online, len(due.users), due.more))
        if not due.users:
            break
        await shortest.sweep(due.users)
    assert rounds == [(600, 250, True), (350, 250, True), (100, 100, False), (0, 0, False)]
    offline = [user for user, state in heard.rest() if state == "offline"]
    assert sorted(offline) == sorted(people)


async def test_an_emptied_redis_fills_again_with_the_next_renewals(
    leases: Leases, heard: Heard, redis_url: str
) -> None:
    """Who is here is known again as soon as their gateway renewed, scripts and all."""
    await leases.renew("g", [Lease("u", "s"), Lease("v", "t", "dnd")])
    heard.rest()
    client = Redis.from_url(redis_url)
    await client.flushall()
    await client.script_flush()
    await client.aclose()
    assert await status_of(leases, "u") == "offline"
    await leases.renew("g", [Lease("u", "s"), Lease("v", "t", "dnd")])
    assert sorted(heard.rest()) == [("u", "online"), ("v", "dnd")]
    assert (await leases.due()).online == 2


async def test_a_killed_redis_is_unavailable_and_comes_back_by_itself(
    make_leases: MakeLeases, valkey: ValkeyServer
) -> None:
    """Every method says `unavailable` meanwhile; the same object works after the restart."""
    leases = make_leases(url=valkey.url)
    await leases.renew("g", [Lease("u", "s")])
    valkey.kill()
    for work in (
        leases.renew("g", [Lease("u", "s")]),
        leases.end([Lease("u", "s")]),
        leases.read(["u"]),
        leases.due(),
        leases.sweep(["u"]),
        leases.found(["u"]),
        leases._store.check(),
    ):
        with pytest.raises(Unavailable):
            await work
    valkey.start()
    await leases._store.check()
    assert await status_of(leases, "u") == "offline"
    await leases.renew("g", [Lease("u", "s")])
    assert await status_of(leases, "u") == "online"


async def test_a_redis_that_hangs_is_unavailable_in_time(
    make_leases: MakeLeases, valkey: ValkeyServer
) -> None:
    """A server that neither answers nor closes costs a caller a bounded time; afterwards no
    answer is taken for that of another question.
    """
    leases = make_leases(url=valkey.url)
    await leases.renew("g", [Lease("u", "s")])
    valkey.pause()
    async with asyncio.timeout(3 * CALL_SECONDS):
        with pytest.raises(Unavailable):
            await asyncio.gather(leases.read(["v", "u"]), leases.due())
    valkey.resume()
    assert [p.status for p in await leases.read(["u", "v"])] == ["online", "offline"]
    assert await leases.due() == (1, [], False)


async def test_what_a_shard_did_is_told_although_another_failed(
    leases: Leases, heard: Heard, redis_url: str
) -> None:
    """A change is found once: a fault elsewhere must not swallow it."""
    client = Redis.from_url(redis_url)
    await client.set(keyspace.user_key("alice"), "not a hash")
    await client.aclose()
    assert keyspace.shard_of("alice") != keyspace.shard_of("bob")
    with pytest.raises(Unavailable):
        await leases.renew("g", [Lease("alice", "s"), Lease("bob", "t")])
    assert heard.rest() == [("bob", "online")]


async def test_a_count_that_misses_a_shard_is_none(leases: Leases, redis_url: str) -> None:
    """A fault in one shard makes the number unknown, not smaller."""
    client = Redis.from_url(redis_url)
    await client.set(keyspace.due_key(3), "not a sorted set")
    await client.aclose()
    with pytest.raises(Unavailable):
        await leases.due()


async def test_last_seen_is_kept_for_a_bounded_time(
    redis_url: str, leases: Leases, heard: Heard
) -> None:
    """The hash of a person has a life of its own, thirty days from the last renewal."""
    await leases.renew("g", [Lease("u", "s")])
    await leases.end([Lease("u", "s")])
    client = Redis.from_url(redis_url)
    left_ms = await client.pttl(keyspace.user_key("u"))
    await client.aclose()
    assert 0 < 30 * 24 * 3_600_000 - left_ms < 60_000


STEPS = st.lists(
    st.tuples(st.sampled_from(["s1", "s2", "s3"]), st.sampled_from([*get_args(OwnStatus), "end"])),
    max_size=12,
)
_users = count()


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(steps=STEPS)
async def test_redis_and_the_table_agree_whatever_happens(
    leases: Leases, heard: Heard, steps: list[tuple[str, str]]
) -> None:
    """After any renewals and ends, what is read is what the living add up to, and what was told.

    Each change is told once: no two told after each other are the same.
    """
    user = f"person-{next(_users)}"
    living: dict[str, str] = {}
    ended: set[str] = set()
    told = ["offline"]
    for session, step in steps:
        if step == "end":
            await leases.end([Lease(user, session)])
            living.pop(session, None)
            ended.add(session)
        else:
            await leases.renew("g", [Lease(user, session, step)])  # type: ignore[arg-type]
            if session not in ended:
                living[session] = step
        told += [state for _, state in heard.rest()]
        assert await status_of(leases, user) == told[-1] == status.combined(living.values())
    assert all(before != after for before, after in pairwise(told))


async def test_a_cancelled_call_ends_at_whatever_step_it_is(leases: Leases) -> None:
    """No step of a call swallows the cancellation: its task would go on after the service's end."""
    for steps in range(60):
        call = asyncio.create_task(leases.due())
        for _ in range(steps):
            await asyncio.sleep(0)
        if call.cancel():
            with pytest.raises(asyncio.CancelledError):
                await call
