"""Everything that is kept in Redis, kept in a Redis Cluster of three masters."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from redis.asyncio import Redis

from presence import keyspace
from presence.leases_redis import Leases
from presence.metrics import PresenceMetrics
from presence.store_redis import Store
from presence.sweeper import Sweeper
from presence.typing_redis import Typing
from proto.calls import Lease, Settled, TypingCall
from proto.shapes import CustomStatus, Presence
from services.limiter_redis import Limiter, Take
from services.metrics_prometheus import Metrics
from services.problem import Unavailable
from services.settings import Rate
from tests.presence.conftest import Choices, Heard, until
from tests.presence.valkey_cluster import ValkeyCluster

PEOPLE = [f"u{number}" for number in range(200)]
SHORT_MS = 300


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyCluster]:
    """Give one that is empty at first; each test here has people of its own."""
    made = ValkeyCluster(tmp_path_factory.mktemp("cluster"))
    yield made
    made.kill()


@pytest.fixture
async def store(cluster: ValkeyCluster) -> AsyncIterator[Store]:
    """Give a store that is told it is a cluster."""
    made = Store(cluster.url, is_cluster=True)
    yield made
    await made.stop()


async def test_presence_works_in_a_cluster(
    store: Store, heard: Heard, counts: PresenceMetrics
) -> None:
    """People of all shards: renewed, read, told, counted, ended, swept, with what they say."""
    choices = Choices()
    choices.people["u1"] = Settled("u1", 1, custom_status=CustomStatus("Tea"))
    leases = Leases(store, choices.of, lease_ms=SHORT_MS)
    leases.on_change.append(heard)
    await store.check()
    assert {keyspace.shard_of(user) for user in PEOPLE} == set(range(keyspace.SHARDS))
    await leases.renew("g", [Lease(user, "s") for user in PEOPLE])
    found = await leases.found(PEOPLE)
    assert [one.status for one in found] == ["online"] * len(PEOPLE)
    assert (await leases.read(["u1"]))[0] == Presence("u1", "online", None, CustomStatus("Tea"))
    assert len((await leases.untold(PEOPLE)).people) == len(PEOPLE)
    assert await leases.count(PEOPLE) == len(PEOPLE)
    await leases.end([Lease("u1", "s")])
    heard.rest()

    async def is_over() -> bool:
        await Sweeper(leases, counts, lambda: True).round()
        return (await leases.due()).online == 0

    await until(is_over)
    assert sorted(heard.rest()) == sorted((user, "offline") for user in PEOPLE if user != "u1")


async def test_typing_and_limits_work_in_a_cluster(
    store: Store, cluster: ValkeyCluster, metrics: Metrics
) -> None:
    """Begun and expired in rooms of all shards; counted exactly for owners in all slots."""
    typing = Typing(store, typing_ms=SHORT_MS)
    rooms = [f"r{number}" for number in range(50)]
    taken = await typing.take([TypingCall(room, "u", active=True, at_ms=1) for room in rooms])
    assert taken.outcomes == ["changed"] * len(rooms)

    async def due() -> bool:
        return len((await typing.due()).typists) == len(rooms)

    await until(due)
    assert len(await typing.sweep((await typing.due()).typists)) == len(rooms)
    limiter = Limiter(cluster.url, metrics, is_cluster=True)
    takes = [Take("sends", Rate(2, 60.0), user) for user in PEOPLE]
    rounds = [await limiter.run(takes) for _ in range(3)]
    await limiter.stop()
    assert [[one.allowed for one in taken] for taken in rounds] == [
        [1] * len(PEOPLE),
        [1] * len(PEOPLE),
        [0] * len(PEOPLE),
    ]


async def test_a_node_that_forgot_the_scripts_is_told_again(
    store: Store, cluster: ValkeyCluster
) -> None:
    """One of three: what the others did is not done twice."""
    leases = Leases(store, Choices().of)
    await leases.renew("g", [Lease(user, "s") for user in PEOPLE])
    password = cluster.url.partition("@")[0]
    node = Redis.from_url(f"{password}@127.0.0.1:{cluster.ports[1]}/0")
    await node.script_flush()
    await node.aclose()
    await leases.end([Lease(user, "s") for user in PEOPLE])
    assert await leases.count(PEOPLE) == 0


async def test_a_store_that_is_not_told_works_for_none(cluster: ValkeyCluster) -> None:
    """It is a setting: the nodes send away whoever takes one of them for all there is."""
    store = Store(cluster.url)
    with pytest.raises(Unavailable):
        await Leases(store, Choices().of).due()
    await store.stop()


async def test_a_call_can_be_cancelled(store: Store) -> None:
    """At whatever step it is, with connections of three nodes open."""
    leases = Leases(store, Choices().of)
    for steps in range(0, 60, 7):
        call = asyncio.create_task(leases.due())
        for _ in range(steps):
            await asyncio.sleep(0)
        if call.cancel():
            with pytest.raises(asyncio.CancelledError):
                await call
    assert await leases.count(["nobody"]) == 0
