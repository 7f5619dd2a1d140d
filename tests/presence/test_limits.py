"""Limits of processes that ask presence: together as exact as one, alone when nobody answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from presence.announcer import Announcer
from presence.calls import Calls
from presence.leases_redis import Leases
from presence.metrics import PresenceMetrics
from presence.typing_redis import Typing
from proto import subjects, wire
from proto.calls import DONE, Lease, RenewCall
from proto.passing import Replaced
from services import clock
from services.bus_nats import Bus
from services.limiter_redis import Limiter, Take
from services.meter import SHARE, Limited, Meter
from services.metrics_prometheus import Metrics
from services.settings import Rate
from services.subjects_nats import Subjects
from services.worker import Worker
from tests.docs.built import built
from tests.presence.conftest import MakeLeases, until

RATE = Rate(50, 600.0)
SHARED = ("sends", "ada")
MakeMeter = Callable[..., Awaitable[Meter]]


@pytest.fixture
async def make_meter(nats_url: str) -> AsyncIterator[MakeMeter]:
    """Give a function that makes the meter of another gateway."""
    async with AsyncExitStack() as closing:

        async def make(rate: Rate = RATE) -> Meter:
            bus = Bus([nats_url], "gateway-test")
            meter = Meter(bus, {"sends": rate, "off": Rate(0, 1.0)}, Metrics("gateway"))
            for part in (bus, Worker("meter", meter.run)):
                await part.start()
                closing.push_async_callback(part.stop)
            return meter

        yield make


@pytest.fixture
async def presence(bus: Bus, leases: Leases, limiter: Limiter, counts: PresenceMetrics) -> Limiter:
    """Have presence answer; give what it counts with."""
    announcer = Announcer(bus, Typing(leases._store), counts)
    await Calls(bus, leases, limiter, announcer, counts).start()
    await bus.flush()
    # Warm: the first of all would find no script and no connection.
    await limiter.run([Take("warm", RATE, "nobody")])
    return limiter


async def passed(meter: Meter, times: int, owner: str = "ada") -> int:
    """How many of so many at once are let through."""
    outcomes = await asyncio.gather(
        *(meter.take("sends", owner) for _ in range(times)), return_exceptions=True
    )
    assert all(isinstance(outcome, Limited | None) for outcome in outcomes), outcomes
    return outcomes.count(None)


def at_once(meter: Meter, limit: str, owner: str) -> bool:
    """Whether one is let through without waiting for anything."""
    taking = meter.take(limit, owner)
    try:
        taking.send(None)
    except StopIteration:
        return True
    taking.close()
    return False


async def test_one_process_lets_exactly_as_many_through(
    presence: Limiter, make_meter: MakeMeter
) -> None:
    """And says to the next one when there is more; another owner is not concerned."""
    meter = await make_meter()
    assert await passed(meter, 30) == 30
    assert await passed(meter, 30) == 20
    with pytest.raises(Limited) as refused:
        await meter.take("sends", "ada")
    assert 0 < refused.value.wait_ms <= 630_000
    assert await passed(meter, 3, "bob") == 3


async def test_processes_let_as_many_through_together(
    presence: Limiter, make_meter: MakeMeter
) -> None:
    """Sockets on several gateways do not multiply it; what each lets through unasked is bounded."""
    meters = [await make_meter() for _ in range(3)]
    together = sum(await asyncio.gather(*(passed(meter, 30) for meter in meters)))
    again = sum([await passed(meter, 30) for meter in meters])
    assert RATE.count <= together + again <= RATE.count + (len(meters) - 1) * RATE.count // SHARE
    assert sum([await passed(meter, 5) for meter in meters]) == 0


async def test_what_is_done_now_and_then_waits_for_nothing(
    presence: Limiter, make_meter: MakeMeter
) -> None:
    """It is let through before presence hears of it, and counted for the cluster all the same."""
    meter = await make_meter()
    assert at_once(meter, *SHARED)
    assert at_once(meter, "off", "ada")
    known = meter._owners[SHARED]

    async def counted() -> bool:
        return known.left == RATE.count - 1

    await until(counted)
    # An eighth of what was left a moment ago needs no question either.
    known.known_at = clock.monotonic()
    assert [at_once(meter, *SHARED) for _ in range(4)] == [True] * 4


async def test_without_presence_each_process_counts_alone(make_meter: MakeMeter) -> None:
    """Chat goes on, and no process lets more through than the limit."""
    meters = [await make_meter() for _ in range(2)]
    assert [await passed(meter, 60) for meter in meters] == [50, 50]


async def test_whoever_is_refused_is_refused_for_a_moment(
    presence: Limiter, make_meter: MakeMeter
) -> None:
    """What was sent behind it does not overtake; after the wait that was told it passes."""
    meter = await make_meter(Rate(2, 0.3))
    assert await passed(meter, 2) == 2
    with pytest.raises(Limited) as refused:
        await meter.take("sends", "ada")
    assert refused.value.wait_ms >= 250
    await asyncio.sleep(refused.value.wait_ms / 1000)
    await meter.take("sends", "ada")


async def test_nothing_is_kept_of_who_is_quiet(presence: Limiter, make_meter: MakeMeter) -> None:
    """Owners who did nothing for a while cost nothing."""
    meter = await make_meter(Rate(5, 0.1))
    await passed(meter, 1)
    await asyncio.sleep(1.1)
    meter._prune_at = 0.0
    await passed(meter, 1, "bob")

    async def forgotten() -> bool:
        return len(meter) == 1

    await until(forgotten)


async def test_who_asks_while_an_answer_fails_to_come_ends_nothing(
    make_meter: MakeMeter, bus: Bus
) -> None:
    """They are answered with those who asked before, and the counting goes on for all."""
    asked, answer = asyncio.Event(), asyncio.Event()

    async def unreadable(_data: bytes) -> bytes:
        asked.set()
        await answer.wait()
        return b"no answer"

    await bus.serve(subjects.PRESENCE_TAKE, subjects.PRESENCE_QUEUE, unreadable)
    await bus.flush()
    meter = await make_meter()
    first = [asyncio.create_task(meter.take("sends", "ada")) for _ in range(2)]
    await asyncio.wait_for(asked.wait(), 20)
    late = asyncio.create_task(meter.take("sends", "ada"))
    await asyncio.sleep(0)
    # Nothing holds back who has nothing to wait for any more.
    meter._prune_at = 0.0
    answer.set()
    async with asyncio.timeout(20):
        await asyncio.gather(*first, late)
        meter._away_until = 0.0
        # Two at once: the second one waits for the counting, which would be over.
        await asyncio.gather(*(meter.take("sends", "bob") for _ in range(2)))


async def test_counting_that_ends_is_told(bus: Bus) -> None:
    """Whatever it is: the part has failed, so its service stops and is started again."""
    meter = Meter(bus, {"sends": RATE}, Metrics("gateway"))
    worker = Worker("meter", meter.run)
    await worker.start()
    meter._due["sends", "of nobody"] = None
    meter._told.set()
    async with asyncio.timeout(20):
        assert isinstance(await worker.failure(), KeyError)


@pytest.mark.parametrize("service", ["gateway", "history"])
def test_counting_is_a_part_of_who_counts(service: str) -> None:
    """Not a task that nobody looks after."""
    workers = [part for part in built(service).parts if isinstance(part, Worker)]
    assert "meter" in {worker.name for worker in workers}


async def test_the_oldest_sockets_beyond_the_limit_are_named(make_leases: MakeLeases) -> None:
    """By the time of their greeting, on whichever gateway, at every renewal until they ended; one
    that broke is none of them.
    """
    leases = make_leases(sockets=2)
    await leases.renew("g1", [Lease("u", "a", since_ms=30), Lease("u", "b", since_ms=10)])
    await leases.renew("g1", [Lease("u", "broken", since_ms=35)])
    await leases.end([Lease("u", "broken")], lingers=True)
    assert await leases.renew("g2", [Lease("v", "x"), Lease("u", "c", since_ms=20)]) == {"u": ["b"]}
    beyond = await leases.renew("g1", [Lease("u", "d", "idle", since_ms=40)])
    assert beyond == {"u": ["b", "c"]}
    await leases.end([Lease("u", "b"), Lease("u", "c")])
    assert await leases.renew("g1", [Lease("u", "a", since_ms=30)]) == {}


async def test_gateways_are_told_whom_to_close(
    bus: Bus, gateway: Bus, make_leases: MakeLeases, limiter: Limiter, counts: PresenceMetrics
) -> None:
    """On the subject of that user, so that every gateway where they are hears of it."""
    leases = make_leases(sockets=1)
    announcer = Announcer(bus, Typing(leases._store), counts)
    await Calls(bus, leases, limiter, announcer, counts).start()
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    listening = Subjects(gateway, lambda _subject, data, _headers, _reply: heard.put_nowait(data))
    listening.add(subjects.user_passing("many"))
    await gateway.flush()
    call = RenewCall("g", [Lease("many", "a", since_ms=1), Lease("many", "b", since_ms=2)])
    assert await gateway.request(subjects.PRESENCE_RENEW, wire.encode(call), 5) == DONE
    async with asyncio.timeout(20):
        assert await heard.get() == wire.encode(Replaced("many", ["a"]))
