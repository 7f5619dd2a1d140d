"""Push services that answer, fail, hang, send elsewhere or never end; and what becomes of a job."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import UUID, uuid4

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from notify import app, push, pusher, subscriptions_postgres
from notify.asker import Asker
from notify.identity import Identity
from notify.jobs import Jobs
from notify.metrics import NotifyMetrics
from notify.push import Job, Word
from notify.pusher import Pusher
from notify.shares import Shares
from notify.subscriptions_postgres import Subscription
from proto import subjects, wire
from proto.audience import AudienceCall, AudienceReply, Hearer
from proto.calls import Revoked
from services import clock
from services.bus_nats import Bus
from services.log_nats import Log
from services.metrics_prometheus import Metrics
from services.migrations_yoyo import Migrations
from services.outbound import Allowed
from services.outbound_httpcore import Outbound
from services.pool_postgres import Pool
from tests.nats_server import NatsServer
from tests.notify.receiver_cryptography import Receiver
from tests.notify.stranger import PLENTY_SECONDS, Stranger, stranger
from tests.system.conftest import eventually


class Running:
    """A pusher, what it needs, and a stranger to push to."""

    def __init__(
        self,
        pool: Pool,
        jobs: Jobs,
        log: Log,
        registry: CollectorRegistry,
        stranger: Stranger,
        pusher: Pusher,
    ) -> None:
        """It runs already."""
        self.pusher = pusher
        self.pool = pool
        self.stranger = stranger
        self.deleted: set[int] = set()
        self.read: set[int] = set()
        self._jobs = jobs
        self._log = log
        self._registry = registry

    async def subscribe(self, endpoint: str, user: str = "bob", sid: str = "s1") -> UUID:
        """Keep a browser of somebody's."""
        receiver = Receiver()
        given = Subscription(uuid4(), user, endpoint, receiver.p256dh, receiver.auth)
        await subscriptions_postgres.put(self.pool, given, sid, "", clock.now_ms(), 20)
        return given.id

    async def push(self, browser: UUID, seq: int = 1) -> None:
        """Have a browser told."""
        word = Word("mention", "r1", seq, "Ada in Tea", "hello")
        await self._jobs.put(Job(str(browser), word, clock.now_ms()))

    async def audience(self, data: bytes) -> bytes:
        """Answer in the place of history."""
        call = msgspec.json.decode(data, type=AudienceCall)
        said = {seq: "ada" for seq in call.seqs if seq not in self.deleted}
        unread = call.seq not in self.read
        people = [Hearer(user, "all", 0) for user in call.named if unread]
        return wire.encode(AudienceReply(kind="private", said=said, people=people))

    def pushed(self, outcome: str) -> float:
        """How many ended so."""
        name = "parley_notify_pushes_total"
        return self._registry.get_sample_value(name, {"outcome": outcome}) or 0.0

    async def until(self, outcome: str, count: int = 1) -> None:
        """Wait until so many ended so."""

        async def is_so() -> bool:
            return self.pushed(outcome) >= count

        await eventually(is_so, PLENTY_SECONDS)

    async def is_done(self) -> None:
        """Wait until nothing is left to be sent."""

        async def is_empty() -> bool:
            return (await self._log.state()).messages == 0

        await eventually(is_empty, PLENTY_SECONDS)


@pytest.fixture
async def running(
    postgres_database: str,
    nats_server: Callable[..., NatsServer],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Running]:
    """Give a pusher that waits no longer than a test does."""
    monkeypatch.setattr(push, "_PAUSE_SECONDS", (0.05, 0.1))
    monkeypatch.setattr(push, "TRIES", 2)
    monkeypatch.setattr(pusher, "SECONDS", 4.0)
    metrics = Metrics("notify")
    counts, bus = NotifyMetrics(metrics), Bus([nats_server().url], "test")
    pool = Pool(postgres_database, "notify", service="notify", max_size=4)
    identity, jobs = Identity(pool, "https://parley.test"), Jobs(bus, 1)
    for part in (Migrations(postgres_database, "notify", app.MIGRATIONS), pool, identity, bus):
        await part.start()
    outbound = Outbound(Allowed(["localhost"]))
    sender = Pusher(jobs, Asker(bus), pool, outbound, identity, counts, per_person=9)
    work = asyncio.create_task(sender.run())
    log = Log(bus, subjects.NOTIFY_STREAM)
    try:
        async with stranger() as other:
            made = Running(pool, jobs, log, metrics.registry, other, sender)
            await bus.serve(subjects.HISTORY_AUDIENCE, "history", made.audience)
            await jobs.ensure()
            yield made
    finally:
        work.cancel()
        await asyncio.wait((work,))
        await bus.stop()
        await pool.stop()


async def test_every_push_service_gets_what_it_deserves(running: Running) -> None:
    """One that fails is asked again; one that is gone is forgotten; none is followed elsewhere,
    read without end, or keeps another one waiting; and the house is asked nothing.
    """
    url = running.stranger.url
    paths = ("hangs", "huge", "gone", "elsewhere", "forbidden", "fails", "recovers", "works")
    made = {path: await running.subscribe(f"{url}/{path}") for path in paths}
    inside = await running.subscribe("http://169.254.169.254/latest/meta-data")
    for browser in (*made.values(), inside):
        await running.push(browser)
    # At the first time: what works, and what never ends but is not read to its end.
    await running.until("sent", 3)
    await running.until("given_up", 2)
    assert running.pushed("refused") == 3
    assert running.pushed("gone") == 1
    came = running.stranger.counts()
    assert "/stolen" not in came
    assert came["/recovers"] >= 2
    assert came["/fails"] == came["/hangs"] == push.TRIES
    left = await subscriptions_postgres.of(running.pool, "bob", "s1")
    assert {UUID(one.id) for one in left} == {*made.values(), inside} - {made["gone"]}
    await running.is_done()


async def test_the_same_message_is_pushed_once_to_each_browser(running: Running) -> None:
    """However often it was decided; another message is another push."""
    browser = await running.subscribe(f"{running.stranger.url}/works")
    for seq in (1, 1, 2, 1):
        await running.push(browser, seq)
    await running.until("sent", 2)
    await running.is_done()
    assert running.stranger.counts() == {"/works": 2}


async def test_whose_push_services_hang_holds_up_nobody_else(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one person so many are asked at a time, and no more."""
    monkeypatch.setattr(pusher, "SECONDS", PLENTY_SECONDS)
    running.pusher._people = Shares(2)
    for number in range(4):
        await running.push(await running.subscribe(f"{running.stranger.url}/hangs?{number}", "eve"))
    await running.push(await running.subscribe(f"{running.stranger.url}/works", "bob"))

    async def some_hang() -> bool:
        return len(set(running.stranger.came) - {"/works"}) >= 2

    await running.until("sent")
    await eventually(some_hang, PLENTY_SECONDS)
    assert len(set(running.stranger.came) - {"/works"}) == 2


async def test_what_was_read_or_deleted_meanwhile_is_not_tried_again(running: Running) -> None:
    """Not a word of it goes out once more."""
    browser = await running.subscribe(f"{running.stranger.url}/fails")
    running.deleted, running.read = {1}, {2}
    for seq in (1, 2):
        await running.push(browser, seq)
    await running.until("withdrawn", 2)
    await running.is_done()
    assert running.stranger.counts() == {"/fails": 2}


async def test_what_is_not_there_any_more_is_told_nothing(running: Running) -> None:
    """A subscription whose session ended meanwhile; and a job that nobody understands."""
    browser = await running.subscribe(f"{running.stranger.url}/works", sid="s1")
    other = await running.subscribe(f"{running.stranger.url}/other", sid="s2")
    ended = Revoked("bob", "s1", clock.now_ms())
    await subscriptions_postgres.end(running.pool, ended.user, ended.sid, ended.at_ms)
    await running.push(browser)
    await running.push(other)
    await running._log.publish(subjects.NOTIFY_PUSH, msgspec.json.encode({"what": 1}), "x")
    await running.until("failed")
    await running.until("sent")
    assert running.pushed("gone") == 1
    assert running.stranger.counts() == {"/other": 1}
    await running.is_done()


async def test_a_browser_is_somebodys_and_of_many_the_latest_stay(running: Running) -> None:
    """Whoever signs in there next takes it over; one more than allowed takes an old one's place."""
    url = "https://push.example/shared"
    await running.subscribe(url, "bob")
    await running.subscribe(url, "ada")
    assert await subscriptions_postgres.of(running.pool, "bob", "s1") == []
    (hers,) = await subscriptions_postgres.of(running.pool, "ada", "s1")
    for number in range(3):
        receiver = Receiver()
        given = Subscription(
            uuid4(), "ada", f"https://push.example/{number}", receiver.p256dh, receiver.auth
        )
        await subscriptions_postgres.put(
            running.pool, given, "s2", "", hers.used_ms + 1 + number, 3
        )
    left = await subscriptions_postgres.of(running.pool, "ada", "s2")
    assert len(left) == 3
    assert hers.id not in {one.id for one in left}
    await subscriptions_postgres.end(running.pool, "ada", None, hers.used_ms + 2)
    (last,) = await subscriptions_postgres.of(running.pool, "ada", "s2")
    assert last.used_ms == hers.used_ms + 3
