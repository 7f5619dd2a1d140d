"""What watchers are told over a real NATS: every change in the end, none of them twice."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest
from redis.asyncio import Redis

from presence import keyspace
from presence.leases_redis import Leases
from presence.metrics import PresenceMetrics
from presence.sweeper import Sweeper
from presence.teller import Teller
from proto import subjects
from proto.calls import Lease, Seen
from proto.shapes import OwnStatus
from services.bus_nats import Bus
from services.metrics_prometheus import Metrics
from tests.nats_server import NatsServer
from tests.presence.conftest import MakeLeases, until
from tests.presence.hearing import Hearing
from tests.presence.test_sweeper import hears, sample
from tests.presence.valkey_server import ValkeyServer

NEVER_SECONDS = 60.0
"""A window that no test outlives."""


@pytest.fixture
def watching(gateway: Bus) -> Hearing[Seen]:
    """Give what a gateway hears of people it watches."""
    return Hearing(gateway, Seen)


@pytest.fixture
async def stack_of_buses() -> AsyncIterator[AsyncExitStack]:
    """Give what stops the buses of a test at its end."""
    async with AsyncExitStack() as stack:
        yield stack


def teller_of(
    bus: Bus,
    leases: Leases,
    counts: PresenceMetrics,
    window_seconds: float = 0.01,
    most: int = 100,
) -> Teller:
    """Make one that hears of the changes which `leases` find, and is not started yet."""
    return Teller(bus, leases, counts, window_seconds=window_seconds, most=most)


def told(metrics: Metrics, outcome: str) -> float:
    """How many people had this outcome."""
    return sample(metrics, "told_total", outcome=outcome) or 0


async def test_a_change_is_told_to_who_watches(
    bus: Bus, leases: Leases, watching: Hearing[Seen], counts: PresenceMetrics, metrics: Metrics
) -> None:
    """With status, last seen and revision, as it is read; and each change for itself."""
    await watching.follow([subjects.presence_changed("u")])
    teller = teller_of(bus, leases, counts)
    await teller.start()
    await leases.renew("g", [Lease("u", "s"), Lease("v", "t")])
    online = await watching.next()
    assert [online] == await leases.found(["u"])
    await leases.end([Lease("u", "s")])
    offline = await watching.next()
    assert [offline] == await leases.found(["u"])
    assert (online.status, offline.status) == ("online", "offline")
    await teller.stop()
    assert await watching.rest(bus) == []
    assert told(metrics, "told") == 3


async def test_changes_within_a_window_are_one(
    bus: Bus, leases: Leases, watching: Hearing[Seen], counts: PresenceMetrics
) -> None:
    """The last state is told."""
    await watching.follow([subjects.presence_changed("u")])
    teller = teller_of(bus, leases, counts)
    states: list[OwnStatus] = ["online", "idle", "invisible", "dnd"]
    for state in states:
        await leases.renew("g", [Lease("u", "s", state)])
    await teller.start()
    assert (await watching.next()).status == "dnd"
    await teller.stop()
    assert await watching.rest(bus) == []


async def test_a_page_that_is_loaded_again_is_no_change(
    bus: Bus,
    leases: Leases,
    make_leases: MakeLeases,
    watching: Hearing[Seen],
    counts: PresenceMetrics,
    metrics: Metrics,
) -> None:
    """Though its end went to one replica and its beginning to another: nobody is told of either."""
    await watching.follow([subjects.presence_changed("u")])
    other = make_leases()
    tellers = [teller_of(bus, replica, counts) for replica in (leases, other)]
    await leases.renew("g", [Lease("u", "s1")])
    await leases.untold(["u"])
    await leases.end([Lease("u", "s1")])
    await other.renew("g", [Lease("u", "s2")])
    for teller in tellers:
        await teller.start()
        await teller.stop()
    assert await watching.rest(bus) == []
    assert told(metrics, "unchanged") == 2


async def test_two_replicas_lose_nothing_and_say_nothing_twice(
    nats_url: str,
    make_leases: MakeLeases,
    watching: Hearing[Seen],
    counts: PresenceMetrics,
    stack_of_buses: AsyncExitStack,
) -> None:
    """Whichever of them takes which call: in the end watchers know of everybody what is so."""
    people = [f"u{number}" for number in range(20)]
    await watching.follow(map(subjects.presence_changed, people))
    buses = [Bus([nats_url], f"replica-{number}") for number in range(2)]
    replicas = [make_leases() for _ in buses]
    tellers = []
    for bus, leases in zip(buses, replicas, strict=True):
        await bus.start()
        stack_of_buses.push_async_callback(bus.stop)
        tellers.append(teller_of(bus, leases, counts))
        await tellers[-1].start()
    dice = random.Random(3)  # noqa: S311  a test's own dice

    async def person(user: str) -> None:
        statuses: list[OwnStatus] = ["online", "idle", "dnd", "invisible"]
        for session in range(12):
            lease = Lease(user, f"s{session % 3}-{session // 6}", dice.choice(statuses))
            if dice.random() < 0.3:
                await dice.choice(replicas).end([lease])
            else:
                await dice.choice(replicas).renew("g", [lease])

    await asyncio.gather(*map(person, people))
    for teller, bus in zip(tellers, buses, strict=True):
        await teller.stop()
        await bus.flush()
    heard = await watching.rest(buses[0])
    assert len({(seen.user, seen.rev) for seen in heard}) == len(heard)
    known = {seen.user: seen for seen in sorted(heard, key=lambda seen: seen.rev)}
    for seen in await replicas[0].found(people):
        last = known.get(seen.user, Seen(seen.user, "offline", None, 0))
        assert (last.status, last.last_seen_ms) == (seen.status, seen.last_seen_ms)


async def test_who_goes_silent_is_told_once_though_two_replicas_sweep(
    bus: Bus, make_leases: MakeLeases, watching: Hearing[Seen], counts: PresenceMetrics
) -> None:
    """A gateway died without a word: watchers hear of each of its people that they are gone."""
    people = [f"u{number}" for number in range(30)]
    await watching.follow(map(subjects.presence_changed, people))
    async with AsyncExitStack() as stack:
        # Long enough that everybody is still here when that is read to be told.
        replicas = [make_leases(2_000) for _ in range(2)]
        for leases in replicas:
            teller = teller_of(bus, leases, counts)
            await teller.start()
            stack.push_async_callback(teller.stop)
        await replicas[0].renew("g", [Lease(user, "s") for user in people])
        online = [await watching.next() for _ in people]
        assert {seen.status for seen in online} == {"online"}
        for leases in replicas:
            sweeper = Sweeper(leases, counts, hears, interval_seconds=0.01, rest_seconds=0)
            stack.callback(asyncio.ensure_future(sweeper.run()).cancel)
        offline = [await watching.next() for _ in people]
    assert {seen.status for seen in offline} == {"offline"}
    assert sorted(seen.user for seen in offline) == sorted(people)
    assert await watching.rest(bus) == []


async def test_a_redis_that_was_restarted_is_filled_and_told_again(
    bus: Bus,
    make_leases: MakeLeases,
    valkey: ValkeyServer,
    watching: Hearing[Seen],
    counts: PresenceMetrics,
) -> None:
    """The next renewal makes good what was lost, with a higher revision; the teller needs no
    restart, whatever it was to tell meanwhile.
    """
    await watching.follow([subjects.presence_changed("u")])
    leases = make_leases(url=valkey.url)
    teller = teller_of(bus, leases, counts)
    await teller.start()
    await leases.renew("g", [Lease("u", "s")])
    before = await watching.next()
    valkey.kill()
    teller._changed([before])  # as if it had been found just before

    async def was_asked_in_vain() -> bool:
        return leases._store._away

    await until(was_asked_in_vain)
    valkey.start()
    await leases.renew("g", [Lease("u", "s")])
    after = await watching.next()
    assert (before.status, after.status) == ("online", "online")
    assert after.rev > before.rev
    await teller.stop()


async def test_what_redis_does_not_answer_is_asked_again(
    bus: Bus,
    leases: Leases,
    redis_url: str,
    watching: Hearing[Seen],
    counts: PresenceMetrics,
) -> None:
    """A change that was found is not forgotten because a part of Redis failed when it was told."""
    await watching.follow([subjects.presence_changed("u")])
    teller = teller_of(bus, leases, counts)
    await leases.renew("g", [Lease("u", "s")])
    key = keyspace.user_key("u")
    client = Redis.from_url(redis_url)
    await client.rename(key, key + ":kept")
    await client.set(key, "not a hash")
    await teller.start()

    async def was_asked_in_vain() -> bool:
        return leases._store._away

    await until(was_asked_in_vain)
    await client.rename(key + ":kept", key)
    await client.aclose()
    assert [await watching.next()] == await leases.found(["u"])
    await teller.stop()


@pytest.fixture
async def own_bus(nats_server: Callable[..., NatsServer]) -> AsyncIterator[tuple[Bus, NatsServer]]:
    """Give a bus to a NATS of this test's own."""
    server = nats_server()
    bus = Bus([server.url], "presence-test")
    await bus.start()
    yield bus, server
    await bus.stop()


async def test_while_nats_is_away_changes_wait_within_a_bound(
    own_bus: tuple[Bus, NatsServer], leases: Leases, counts: PresenceMetrics, metrics: Metrics
) -> None:
    """The newest are told when it is back; of the oldest, gateways learn by reading."""
    bus, server = own_bus
    teller = teller_of(bus, leases, counts, most=2)
    lost = asyncio.Event()
    bus.on_loss.append(lambda loss: lost.set() if loss == "disconnected" else None)
    await teller.start()
    server.kill()
    await asyncio.wait_for(lost.wait(), 10)
    for user in ("u", "v", "w"):
        await leases.renew("g", [Lease(user, f"s-{user}")])
    assert told(metrics, "dropped") == 1
    assert told(metrics, "told") == 0
    server.start()

    async def all_told() -> bool:
        return told(metrics, "told") == 2

    await until(all_told)
    assert (await leases.untold(["u", "v", "w"])).people == await leases.found(["u"])
    await teller.stop()


async def test_stopping_tells_what_is_left(
    bus: Bus, leases: Leases, watching: Hearing[Seen], counts: PresenceMetrics
) -> None:
    """A replica that is replaced takes no change with it, though the window is not over."""
    people = [f"u{number}" for number in range(600)]
    await watching.follow(map(subjects.presence_changed, people))
    teller = teller_of(bus, leases, counts, NEVER_SECONDS, most=1_000)
    await teller.start()
    await leases.renew("g", [Lease(user, "s") for user in people])
    await teller.stop()
    assert sorted(seen.user for seen in await watching.rest(bus)) == sorted(people)
