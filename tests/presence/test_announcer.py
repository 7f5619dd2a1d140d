"""Who begins to type and who ends, as rooms hear it over a real NATS."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest
from redis.asyncio import Redis

from presence import keyspace
from presence.announcer import WAITING, Announcer
from presence.calls import Calls
from presence.leases_redis import Leases
from presence.metrics import PresenceMetrics
from proto import subjects, wire
from proto.calls import TypingCall
from proto.passing import TypingChanged
from services.bus_nats import Bus
from services.limiter_redis import Limiter
from services.metrics_prometheus import Metrics
from tests.nats_server import NatsServer
from tests.presence.conftest import LONG_MS, SHORT_MS, MakeTyping, until
from tests.presence.hearing import Hearing
from tests.presence.test_leases_redis import now_ms
from tests.presence.test_revisions import a_moment_after
from tests.presence.test_sweeper import sample
from tests.presence.valkey_server import ValkeyServer

MakeAnnouncer = Callable[..., Announcer]


@pytest.fixture
def make_announcer(
    bus: Bus, make_typing: MakeTyping, counts: PresenceMetrics, redis_url: str
) -> MakeAnnouncer:
    """Give a function that makes announcers over the same Redis; none of them runs."""

    def make(typing_ms: int = LONG_MS, away_seconds: float = 60, url: str = redis_url) -> Announcer:
        typing = make_typing(typing_ms, url=url)
        return Announcer(bus, typing, counts, look_seconds=0.01, typing_seconds=away_seconds)

    return make


@pytest.fixture
async def hearing(gateway: Bus) -> Hearing[TypingChanged]:
    """Give what a gateway hears of the room `r`."""
    hearing = Hearing(gateway, TypingChanged)
    await hearing.follow([subjects.room_passing("r")])
    return hearing


@pytest.fixture
async def running() -> AsyncIterator[Callable[[Announcer], None]]:
    """Give a function that runs an announcer until the test ends."""
    async with AsyncExitStack() as stack:

        def run(announcer: Announcer) -> None:
            task = asyncio.ensure_future(announcer.run())
            stack.push_async_callback(asyncio.wait, (task,))
            stack.callback(task.cancel)

        yield run


Run = Callable[[Announcer], None]


def typing_calls(metrics: Metrics, outcome: str) -> float:
    """How many calls had this outcome."""
    return sample(metrics, "typing_calls_total", outcome=outcome) or 0


def call(at_ms: int, *, active: bool = True, user: str = "u") -> TypingCall:
    """Something about typing in `r`."""
    return TypingCall("r", user, active, at_ms)


async def test_a_gateways_calls_are_announced_as_changes(
    bus: Bus,
    gateway: Bus,
    leases: Leases,
    limiter: Limiter,
    counts: PresenceMetrics,
    metrics: Metrics,
    make_announcer: MakeAnnouncer,
    running: Run,
    hearing: Hearing[TypingChanged],
    redis_url: str,
) -> None:
    """A beginning and an end, once each; a repeat is for Redis alone."""
    announcer = make_announcer()
    running(announcer)
    await Calls(bus, leases, limiter, announcer, counts).start()
    now = await now_ms(redis_url)

    def publish(said: TypingCall) -> None:
        gateway.publish(subjects.PRESENCE_TYPING, wire.encode(said))

    publish(call(now))
    began = await hearing.next()
    publish(call(now + 1))

    async def repeated() -> bool:
        return typing_calls(metrics, "repeated") == 1

    await until(repeated)
    publish(call(now + 2, active=False))
    ended = await hearing.next()
    assert (began.room, began.user, began.active) == ("r", "u", True)
    assert (ended.room, ended.user, ended.active) == ("r", "u", False)
    assert ended.rev > began.rev
    assert typing_calls(metrics, "changed") == 2
    assert sample(metrics, "typing_announced_total", change="ended") == 1


async def test_another_replica_finds_who_vanished(
    bus: Bus,
    make_announcer: MakeAnnouncer,
    running: Run,
    hearing: Hearing[TypingChanged],
    metrics: Metrics,
    redis_url: str,
) -> None:
    """The one that announced the beginning is gone, and two others look: one end is announced."""
    first = make_announcer(SHORT_MS)
    first.heard(call(await now_ms(redis_url)))
    await first.take()
    began = await hearing.next()
    others = [make_announcer(SHORT_MS) for _ in range(2)]
    for other in others:
        running(other)
    ended = await hearing.next()
    assert (ended.user, ended.active) == ("u", False)
    assert ended.rev > began.rev
    for other in others:
        await other.look()
    assert await hearing.rest(bus) == []
    assert sample(metrics, "typing_announced_total", change="expired") == 1


async def test_many_who_vanish_at_once_are_ended_in_one_look(
    bus: Bus, make_typing: MakeTyping, counts: PresenceMetrics, metrics: Metrics, redis_url: str
) -> None:
    """A batch that was full is followed by the next, not by half a second of waiting."""
    typing = make_typing(1)
    rooms = [room for room in map(str, range(100)) if keyspace.shard_of(room) == 0][:3]
    people = [(room, f"u{number}") for room in rooms for number in range(100)]
    assert len(people) == 300
    await typing.take([TypingCall(room, user, active=True, at_ms=1) for room, user in people])
    await a_moment_after(redis_url, await now_ms(redis_url) + 1)
    await Announcer(bus, typing, counts).look()
    assert sample(metrics, "typing_announced_total", change="expired") == 300


async def test_it_looks_although_it_is_busy(
    make_announcer: MakeAnnouncer, running: Run, hearing: Hearing[TypingChanged], redis_url: str
) -> None:
    """Calls that keep coming do not put off the end of somebody who is silent."""
    announcer = make_announcer(SHORT_MS)
    announcer.heard(call(await now_ms(redis_url), user="silent"))
    running(announcer)
    busy = asyncio.Event()

    async def go_on() -> None:
        while not busy.is_set():
            announcer.heard(call(await now_ms(redis_url), user="busy"))

    task = asyncio.ensure_future(go_on())
    ends = []
    while "silent" not in ends:
        heard = await hearing.next()
        if not heard.active:
            ends.append(heard.user)
    busy.set()
    await task


async def test_only_so_many_calls_wait(
    make_announcer: MakeAnnouncer, metrics: Metrics, redis_url: str
) -> None:
    """More are let go by, and counted; there is room again once they were taken."""
    announcer = make_announcer()
    now = await now_ms(redis_url)
    for number in range(WAITING + 5):
        announcer.heard(call(now, user=f"u{number % 100}"))
    assert typing_calls(metrics, "shed") == 5
    await announcer.take()
    announcer.heard(call(now, user="another"))
    assert typing_calls(metrics, "shed") == 5


async def test_who_typed_when_redis_lost_its_memory_ends(
    bus: Bus,
    make_announcer: MakeAnnouncer,
    hearing: Hearing[TypingChanged],
    redis_url: str,
    metrics: Metrics,
) -> None:
    """Nobody would find them due any more, so the one that announced them does."""
    announcer = make_announcer()
    await announcer.look()
    now = await now_ms(redis_url)
    announcer.heard(call(now))
    announcer.heard(call(now, user="done"))
    await announcer.take()
    announcer.heard(call(now + 1, user="done", active=False))
    await announcer.take()
    began = await hearing.next()
    await announcer.look()
    client = Redis.from_url(redis_url)
    await client.flushdb()
    await client.aclose()
    assert [(said.user, said.active) for said in await hearing.rest(bus)][-1] == ("done", False)
    await announcer.look()
    await announcer.look()
    assert await hearing.next() == TypingChanged("r", "u", active=False, rev=began.rev + 1)
    assert await hearing.rest(bus) == []
    announcer.heard(call(now + 2))
    await announcer.take()
    again = await hearing.next()
    assert again.active
    assert again.rev > began.rev + 1
    assert sample(metrics, "typing_announced_total", change="lost") == 1


async def test_while_redis_is_away_typing_is_shed_and_ends(
    bus: Bus,
    make_announcer: MakeAnnouncer,
    valkey: ValkeyServer,
    hearing: Hearing[TypingChanged],
    metrics: Metrics,
) -> None:
    """Calls are let go by; who typed ends after their time; when it is back they may begin anew."""
    announcer = make_announcer(away_seconds=0, url=valkey.url)
    await announcer.look()
    announcer.heard(call(1))
    await announcer.take()
    began = await hearing.next()
    valkey.kill()
    announcer.heard(call(2))
    await announcer.take()
    announcer.heard(call(3))
    assert typing_calls(metrics, "unavailable") == 2
    await announcer.look()
    assert await hearing.next() == TypingChanged("r", "u", active=False, rev=began.rev + 1)
    valkey.start()
    announcer.heard(call(4))
    assert typing_calls(metrics, "unavailable") == 3
    await announcer.look()
    announcer.heard(call(5))
    await announcer.take()
    assert (await hearing.next()).active
    assert await hearing.rest(bus) == []


async def test_calls_that_waited_when_redis_went_are_let_go_by(
    make_announcer: MakeAnnouncer, valkey: ValkeyServer, metrics: Metrics
) -> None:
    """What was typed before an outage is no news after it."""
    announcer = make_announcer(url=valkey.url)
    announcer.heard(call(1))
    valkey.kill()
    await announcer.look()
    assert typing_calls(metrics, "unavailable") == 1
    valkey.start()
    await announcer.look()
    await announcer.take()
    assert typing_calls(metrics, "changed") == 0


async def test_an_end_that_fell_due_without_nats_is_announced_when_it_is_back(
    nats_server: Callable[..., NatsServer],
    make_typing: MakeTyping,
    counts: PresenceMetrics,
    redis_url: str,
) -> None:
    """The end waits for the connection, as long as there is room for it."""
    server = nats_server()
    bus = Bus([server.url], "presence-test")
    await bus.start()
    announcer = Announcer(bus, make_typing(SHORT_MS), counts)
    announcer.heard(call(await now_ms(redis_url)))
    await announcer.take()
    lost = asyncio.Event()
    bus.on_loss.append(lambda _loss: lost.set())
    server.kill()
    await asyncio.wait_for(lost.wait(), 10)

    async def ended() -> bool:
        await announcer.look()
        return len(announcer._typists) == 0

    await until(ended)
    assert bus.connection.pending_bytes > 0
    server.start()

    async def said() -> bool:
        return bus.connected and bus.connection.pending_bytes == 0

    await until(said)
    await bus.stop()
