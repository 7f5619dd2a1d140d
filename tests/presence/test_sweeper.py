"""The sweeper over a real Valkey: who is gone, told once, and when it keeps still."""

import asyncio
import math
from itertools import count

from presence import keyspace
from presence.leases_redis import Leases
from presence.metrics import PresenceMetrics
from presence.sweeper import Sweeper
from proto.calls import Lease
from services.metrics_prometheus import Metrics
from tests.presence.conftest import Heard, MakeLeases, until
from tests.presence.valkey_server import ValkeyServer


def sample(metrics: Metrics, name: str, **labels: str) -> float | None:
    """One figure under `parley_presence_`."""
    return metrics.registry.get_sample_value(f"parley_presence_{name}", labels)


def hears() -> bool:
    """The process hears renewals."""
    return True


async def test_a_dead_gateways_people_go_within_one_lease(short: Leases, heard: Heard) -> None:
    """Nobody renews: after the lease the sweeper tells it, with last seen, and counts nobody."""
    metrics = Metrics("presence")
    counts = PresenceMetrics(metrics)
    sweeper = Sweeper(short, counts, hears, interval_seconds=0.01, rest_seconds=0)
    running = asyncio.ensure_future(sweeper.run())
    await short.renew("g", [Lease("u", "s")])
    assert (await heard.next()).status == "online"
    gone = await heard.next()
    assert (gone.user, gone.status) == ("u", "offline")
    assert gone.last_seen_ms is not None

    async def nobody() -> bool:
        return sample(metrics, "online") == 0

    await until(nobody)
    running.cancel()
    assert (sample(metrics, "sweeps_total", outcome="ok") or 0) > 0


async def test_two_replicas_tell_a_change_once(
    short: Leases, make_leases: MakeLeases, heard: Heard
) -> None:
    """Two sweepers over one Redis: each person goes once."""
    counts = PresenceMetrics(Metrics("presence"))
    running = [
        asyncio.ensure_future(
            Sweeper(leases, counts, hears, interval_seconds=0.01, rest_seconds=0).run()
        )
        for leases in (short, make_leases())
    ]
    people = [f"u{number}" for number in range(50)]
    await short.renew("g", [Lease(user, "s") for user in people])
    told = [await heard.next() for _ in range(100)]
    offline = [change.user for change in told if change.status == "offline"]

    async def swept() -> bool:
        return (await short.due()).online == 0

    await until(swept)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    assert sorted(offline) == sorted(people)
    assert heard.rest() == []


async def test_it_shows_how_many_are_here(leases: Leases) -> None:
    """The gauge counts people and not connections, NaN before it knows."""
    metrics = Metrics("presence")
    counts = PresenceMetrics(metrics)
    assert math.isnan(sample(metrics, "online") or 0)
    await leases.renew("g", [Lease("u", "s1"), Lease("u", "s2"), Lease("v", "s3", "invisible")])
    await Sweeper(leases, counts, hears).round()
    assert sample(metrics, "online") == 2


async def test_it_rests_while_renewals_cannot_reach_it(short: Leases, heard: Heard) -> None:
    """Without NATS it ends nobody, nor at once when it is back: first gateways may renew."""
    metrics = Metrics("presence")
    connected = False
    sweeper = Sweeper(short, PresenceMetrics(metrics), lambda: connected, rest_seconds=60)
    await short.renew("g", [Lease("u", "s")])
    heard.rest()

    async def due() -> bool:
        return (await short.due()).users == ["u"]

    await until(due)
    await sweeper.round()
    connected = True
    await sweeper.round()
    assert heard.rest() == []
    assert sample(metrics, "sweeps_total", outcome="resting") == 2


async def test_it_survives_a_redis_that_is_away_and_rests_after_it(
    make_leases: MakeLeases, valkey: ValkeyServer, heard: Heard
) -> None:
    """The gauge is NaN meanwhile; once Redis is back, renewals come before judgement."""
    metrics = Metrics("presence")
    leases = make_leases(1, url=valkey.url)
    sweeper = Sweeper(leases, PresenceMetrics(metrics), hears, rest_seconds=60)
    valkey.kill()
    await sweeper.round()
    assert math.isnan(sample(metrics, "online") or 0)
    assert sample(metrics, "sweeps_total", outcome="unavailable") == 1
    valkey.start()
    await leases.renew("g", [Lease("u", "s")])
    heard.rest()
    await sweeper.round()
    assert heard.rest() == []
    assert sample(metrics, "online") == 1


async def test_many_who_go_at_once_are_done_in_one_round(
    make_leases: MakeLeases, heard: Heard
) -> None:
    """A batch that was full is followed by the next, not by a second of waiting."""
    leases = make_leases(1_000)
    users = (f"u{number}" for number in count())
    people = [next(u for u in users if keyspace.shard_of(u) == 0) for _ in range(600)]
    await leases.renew("g", [Lease(user, "s") for user in people])

    async def all_due() -> bool:
        return all(person.status == "offline" for person in await leases.read(people))

    await until(all_due)
    await Sweeper(leases, PresenceMetrics(Metrics("presence")), hears).round()
    assert (await leases.due()).online == 0
    assert len(heard.rest()) == 1_200
