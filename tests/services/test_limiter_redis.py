"""Limits against a real Valkey: together where it answers, alone where it does not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis

from proto.codes import ErrorCode
from services.limiter_redis import Limiter, Take
from services.metrics_prometheus import Metrics
from services.problem import Problem
from services.settings import Rate

RATE = Rate(10, 60.0)
NOWHERE = "redis://127.0.0.1:1/0"


@asynccontextmanager
async def limiting(url: str, *, exempt: tuple[str, ...] = ()) -> AsyncIterator[Limiter]:
    """A limiter of a service of its own."""
    limiter = Limiter(url, Metrics("demo"), exempt=exempt)
    await limiter.start()
    try:
        yield limiter
    finally:
        await limiter.stop()


async def tries(limiter: Limiter, owner: str, times: int) -> int:
    """How many of so many at once are let through."""
    outcomes = await asyncio.gather(
        *(limiter.take("logins", RATE, owner) for _ in range(times)), return_exceptions=True
    )
    for outcome in outcomes:
        if outcome is not None:
            assert isinstance(outcome, Problem)
            assert outcome.code is ErrorCode.RATE_LIMITED
            assert 0 < (outcome.retry_after_ms or 0) <= 63_000
            assert int(outcome.headers["retry-after"]) >= 1
    return outcomes.count(None)


async def test_processes_count_together(redis_url: str) -> None:
    """Two processes let as many through as one would: exactly the count; owners are apart."""
    async with limiting(redis_url) as first, limiting(redis_url) as second:
        assert sum(await asyncio.gather(tries(first, "ada", 8), tries(second, "ada", 8))) == 10
        assert await tries(second, "ada", 1) == 0
        assert await tries(second, "bob", 3) == 3


async def test_what_was_waited_for_is_let_through(redis_url: str) -> None:
    """Whoever comes back after the time they were told is not refused again."""
    rate = Rate(2, 0.2)
    async with limiting(redis_url) as limiter:
        for _ in range(3):
            waits = []
            for _ in range(3):
                try:
                    await limiter.take("logins", rate, "ada")
                except Problem as problem:
                    waits.append(problem.retry_after_ms or 0)
            if waits:
                await asyncio.sleep(waits[-1] / 1000)
                await limiter.take("logins", rate, "ada")


async def test_a_limit_that_is_off_counts_nothing(redis_url: str) -> None:
    """0 asks nobody."""
    async with limiting(redis_url) as limiter:
        for _ in range(50):
            await limiter.take("logins", Rate(0, 1.0), "ada")
    client = Redis.from_url(redis_url)
    assert await client.dbsize() == 0
    await client.aclose()


async def test_what_was_used_already_counts_beyond_the_limit(redis_url: str) -> None:
    """A report is always taken, an amount that is asked for in part; both say what is left."""
    async with limiting(redis_url) as limiter:
        report, ask = Take("sends", RATE, "ada", 7, used=True), Take("sends", RATE, "ada", 5)
        first, second = await limiter.run([report, ask])
        assert (first.allowed, first.left, first.wait_ms) == (7, 3, 0)
        assert (second.allowed, second.left) == (3, 0)
        assert 0 < second.wait_ms <= 63_000
        (third,) = await limiter.run([report])
        assert (third.allowed, third.left) == (7, 0)


async def test_keys_end_with_their_window(redis_url: str) -> None:
    """Nothing stays of an owner who comes no more."""
    async with limiting(redis_url) as limiter:
        await limiter.take("logins", RATE, "ada")
    client = Redis.from_url(redis_url)
    (key,) = await client.keys("*")
    assert 60_000 < await client.pttl(key) <= 66_000
    await client.aclose()


async def test_a_redis_that_forgot_its_scripts_is_told_again(redis_url: str) -> None:
    """A restarted Redis costs nobody anything."""
    async with limiting(redis_url) as limiter:
        await limiter.take("logins", RATE, "ada")
        client = Redis.from_url(redis_url)
        await client.script_flush()
        await client.aclose()
        assert await tries(limiter, "ada", 12) == 9


async def test_without_redis_each_process_counts_alone() -> None:
    """Nobody is refused because nobody counts; and no process lets more through than the limit."""
    async with limiting(NOWHERE) as limiter:
        assert await tries(limiter, "ada", 12) == 10
        assert await tries(limiter, "bob", 1) == 1


async def test_exempt_addresses_have_no_limit(redis_url: str) -> None:
    """Loopback in the local stack; an IPv4 address in IPv6 dress is the same; a socket has none."""
    async with limiting(redis_url, exempt=("127.0.0.0/8", "::1")) as limiter:
        for address in ("127.0.0.1", "::ffff:127.0.0.1", "::1", "", "testclient"):
            for _ in range(RATE.count + 1):
                await limiter.take_address("logins_address", RATE, address)


async def test_an_ipv6_network_counts_as_one(redis_url: str) -> None:
    """Whoever has a /64 has 2^64 addresses, and one limit; IPv4 addresses are one each."""
    async with limiting(redis_url) as limiter:
        for last in range(RATE.count):
            await limiter.take_address("logins_address", RATE, f"2001:db8::{last:x}")
            await limiter.take_address("logins_address", RATE, f"192.0.2.{last}")
        with pytest.raises(Problem):
            await limiter.take_address("logins_address", RATE, "2001:db8::ffff")
        await limiter.take_address("logins_address", RATE, "2001:db8:0:1::1")
        (counted,) = [
            sample.value
            for metric in limiter._limited.collect()
            for sample in metric.samples
            if sample.labels == {"limit": "logins_address"}
        ]
        assert counted == 1
