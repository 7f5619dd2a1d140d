"""Revisions of what others see, what they were not told, and what is left when Redis forgets."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from redis.asyncio import Redis

from presence import keyspace, person
from presence.leases_redis import Leases
from proto.calls import Lease, Seen
from tests.presence.conftest import Heard, MakeLeases, until
from tests.presence.test_leases_redis import now_ms


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    """Give a connection that bypasses the service."""
    connection = Redis.from_url(redis_url, decode_responses=True)
    yield connection
    await connection.aclose()


async def seen_of(leases: Leases, user: str) -> Seen:
    """What `user` was last found to be."""
    return (await leases.found([user]))[0]


async def a_moment_after(redis_url: str, at_ms: int) -> None:
    """Wait until Redis' clock has left that millisecond."""

    async def is_past() -> bool:
        return await now_ms(redis_url) > at_ms

    await until(is_past)


async def test_each_change_has_a_higher_revision_near_the_time(
    leases: Leases, heard: Heard, redis_url: str
) -> None:
    """In microseconds; a renewal that changes nothing has none."""
    before = await now_ms(redis_url) * 1000
    await leases.renew("g", [Lease("u", "s")])
    await leases.renew("g", [Lease("u", "s")])
    await leases.renew("g", [Lease("u", "s", "idle")])
    await leases.renew("g", [Lease("u", "s2", "dnd")])
    await leases.end([Lease("u", "s"), Lease("u", "s2")])
    changes = [await heard.next() for _ in range(4)]
    assert [change.status for change in changes] == ["online", "idle", "dnd", "offline"]
    assert all(earlier.rev < later.rev for earlier, later in pairwise(changes))
    assert before <= changes[0].rev
    assert changes[3].rev <= (await now_ms(redis_url) + 1) * 1000
    assert await seen_of(leases, "u") == changes[3]
    assert heard.rest() == []


async def test_a_revision_rises_though_the_clock_was_set_back(
    leases: Leases, heard: Heard, client: Redis
) -> None:
    """Redis' clock may be behind the last revision: after a failover, say."""
    ahead = 4_000_000_000_000_001
    await leases.renew("g", [Lease("u", "s")])
    await client.hset(keyspace.user_key("u"), person.REV, str(ahead))
    await heard.next()
    await leases.renew("g", [Lease("u", "s", "idle")])
    assert (await heard.next()).rev == ahead + 1


async def test_after_redis_lost_its_memory_revisions_are_higher(
    leases: Leases, heard: Heard, client: Redis
) -> None:
    """What is said after a restart counts more than what was said before it."""
    await leases.renew("g", [Lease("u", "s")])
    await client.flushdb()
    await leases.renew("g", [Lease("u", "s", "idle")])
    before, after = await heard.next(), await heard.next()
    assert before.rev < after.rev


async def test_an_invisible_persons_renewals_change_nothing_that_is_read(
    leases: Leases, redis_url: str
) -> None:
    """Neither revision nor last seen betrays that they are still there, nor that they leave."""
    await leases.renew("g", [Lease("u", "s")])
    await leases.renew("g", [Lease("u", "s", "invisible")])
    gone = await seen_of(leases, "u")
    assert gone.status == "offline"
    await a_moment_after(redis_url, await now_ms(redis_url))
    await leases.renew("g", [Lease("u", "s", "invisible"), Lease("u", "s2", "invisible")])
    await leases.end([Lease("u", "s")])
    assert await seen_of(leases, "u") == gone


async def test_who_turns_invisible_looks_like_who_leaves(
    leases: Leases, heard: Heard, redis_url: str
) -> None:
    """Last seen is the moment itself, not the renewal before it."""
    await leases.renew("g", [Lease("u", "s")])
    await heard.next()
    await a_moment_after(redis_url, await now_ms(redis_url))
    before = await now_ms(redis_url)
    await leases.renew("g", [Lease("u", "s", "invisible")])
    gone = await heard.next()
    assert gone.last_seen_ms is not None
    assert before <= gone.last_seen_ms <= await now_ms(redis_url)


async def test_a_lease_that_ran_out_counts_when_it_is_swept(
    short: Leases, heard: Heard, redis_url: str
) -> None:
    """One revision never has two meanings: state and revision change together."""
    await short.renew("g", [Lease("u", "s")])
    online = await heard.next()

    async def ran_out() -> bool:
        return (await short.read(["u"]))[0].status == "offline"

    await until(ran_out)
    assert await seen_of(short, "u") == online
    await short.sweep(["u"])
    gone = await heard.next()
    assert gone.rev > online.rev
    assert await seen_of(short, "u") == gone


async def test_who_left_while_redis_forgot_is_offline_in_the_end(
    leases: Leases, short: Leases, heard: Heard, client: Redis
) -> None:
    """First nobody can tell (0); after one lease in which nobody renewed, the revision is above
    whatever was said of them before.
    """
    await leases.renew("g", [Lease("u", "s")])
    online = await heard.next()
    await leases.due()
    await client.flushdb()
    assert await seen_of(leases, "u") == Seen("u", "offline", None, 0)
    await leases.due()
    assert await seen_of(leases, "u") == Seen("u", "offline", None, 0)

    async def is_known() -> bool:
        return (await seen_of(short, "u")).rev > 0

    await until(is_known)
    gone = await seen_of(short, "u")
    assert gone.status == "offline"
    assert gone.rev > online.rev
    await short.due()
    assert await seen_of(short, "u") == gone


async def test_who_is_renewed_after_redis_forgot_is_back_within_a_lease(
    leases: Leases, heard: Heard, client: Redis
) -> None:
    """Their own revision counts, not that of the loss."""
    await leases.due()
    await client.flushdb()
    await leases.due()
    await leases.renew("g", [Lease("u", "s", "dnd")])
    assert await seen_of(leases, "u") == await heard.next()


async def test_what_is_untold_is_given_once(leases: Leases) -> None:
    """Then others know it."""
    await leases.renew("g", [Lease("u", "s")])
    told = await leases.untold(["u", "nobody"])
    assert told == ([await seen_of(leases, "u")], [])
    assert await leases.untold(["u"]) == ([], [])


async def test_who_is_again_what_others_heard_is_not_told(leases: Leases, redis_url: str) -> None:
    """A page that is loaded anew is no news; one who came and left was seen later than before."""
    await leases.renew("g", [Lease("u", "s1")])
    await leases.untold(["u"])
    await leases.end([Lease("u", "s1")])
    await leases.renew("g", [Lease("u", "s2")])
    assert await leases.untold(["u"]) == ([], [])
    await leases.end([Lease("u", "s2")])
    first = (await leases.untold(["u"])).people[0]
    await a_moment_after(redis_url, first.last_seen_ms or 0)
    await leases.renew("g", [Lease("u", "s3")])
    await leases.end([Lease("u", "s3")])
    second = (await leases.untold(["u"])).people[0]
    assert first.status == second.status == "offline"
    assert (first.last_seen_ms or 0) < (second.last_seen_ms or 0)
    assert first.rev < second.rev


async def test_of_replicas_that_ask_at_once_one_is_given_it(make_leases: MakeLeases) -> None:
    """Of many people each is told by exactly one."""
    replicas = [make_leases() for _ in range(3)]
    people = [f"u{number}" for number in range(300)]
    await replicas[0].renew("g", [Lease(user, f"s-{user}") for user in people])
    for replica in replicas:
        await replica._store.check()
    answers = await asyncio.gather(*(replica.untold(people) for replica in replicas))
    assert sorted(seen.user for answer in answers for seen in answer.people) == sorted(people)


async def test_those_of_whom_redis_does_not_answer_are_left(leases: Leases, client: Redis) -> None:
    """A fault in one shard takes nothing from the others."""
    await leases.renew("g", [Lease("bob", "s")])
    await client.set(keyspace.user_key("alice"), "not a hash")
    untold = await leases.untold(["alice", "bob"])
    assert [seen.user for seen in untold.people] == ["bob"]
    assert untold.left == ["alice"]
