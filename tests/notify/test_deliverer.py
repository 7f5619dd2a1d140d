"""Receivers that answer, fail, hang, send elsewhere or never end, and what becomes of jobs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import msgspec
import pytest

from notify import hook, hook_jobs
from notify.deliverer import Deliverer
from notify.hook_asker import HookAsker
from notify.hook_jobs import HookJobs
from notify.hook_listener import HookListener
from notify.metrics import HookMetrics
from proto import events, limits, subjects, wire
from proto.calls import StoredEvent
from proto.deliveries import (
    DeliveredCall,
    DeliveredReply,
    DeliveryCall,
    DeliveryReply,
    WebhookJob,
    WebhookOf,
    WebhooksReply,
)
from services import clock
from services.bus import StreamSpec
from services.bus_nats import Bus
from services.log_nats import Log
from services.metrics_prometheus import Metrics
from services.outbound import Allowed
from services.outbound_httpcore import Outbound
from tests.nats_server import NatsServer
from tests.notify.stranger import PLENTY_SECONDS, Stranger, stranger

CLOSED = "leads to an address that is not the world's"
DAY_MS = limits.WEBHOOK_SECONDS * 1000


class Scene:
    """A stream of jobs, somebody who answers for history, and a receiver."""

    def __init__(self, bus: Bus, receiver: Stranger) -> None:
        """The bus is connected."""
        self.receiver = receiver
        self.bus = bus
        self.jobs = HookJobs(bus, 1)
        self.metrics = HookMetrics(Metrics("notify"))
        self.noted: list[DeliveredCall] = []
        self.heard = asyncio.Condition()
        self.urls: dict[str, str] = {}
        self.failing: set[str] = set()

    async def start(self) -> None:
        """Answer for history."""
        serve = self.bus.serve
        await serve(subjects.HISTORY_DELIVERY, subjects.HISTORY_QUEUE, self._delivery)
        await serve(subjects.HISTORY_DELIVERED, subjects.HISTORY_QUEUE, self._delivered)
        await self.jobs.ensure()

    async def _delivery(self, data: bytes) -> bytes:
        call = msgspec.json.decode(data, type=DeliveryCall)
        url = self.urls.get(call.webhook)
        if url is None:
            return wire.encode(DeliveryReply("off" if call.webhook == "off" else "gone"))
        said = events.Message(
            room=call.room, ts=1, id="k", sender="u", sender_name="U", text="hello"
        )
        event = StoredEvent(call.seq, 0, msgspec.Raw(wire.encode(said)))
        is_failing = call.webhook in self.failing
        return wire.encode(DeliveryReply("on", url, "secret", is_failing, event))

    async def _delivered(self, data: bytes) -> bytes:
        async with self.heard:
            self.noted.append(msgspec.json.decode(data, type=DeliveredCall))
            self.heard.notify_all()
        return wire.encode(DeliveredReply())

    async def put(self, webhook: str, path: str, seq: int = 1, *, age_ms: int = 0) -> None:
        """Have something delivered; `path` may be a whole URL."""
        whole = f"{self.receiver.url}{path}"
        self.urls[webhook] = path if "//" in path else whole
        await self.jobs.put(WebhookJob(webhook, "r1", seq, clock.now_ms() - age_ms))

    async def note(self, webhook: str) -> DeliveredCall:
        """The next word to history about a webhook."""
        async with asyncio.timeout(PLENTY_SECONDS), self.heard:
            await self.heard.wait_for(lambda: webhook in {one.webhook for one in self.noted})
        found = next(one for one in self.noted if one.webhook == webhook)
        self.noted.remove(found)
        return found

    async def is_empty(self) -> None:
        """Wait until nothing waits any more."""
        log = Log(self.bus, subjects.WEBHOOKS_STREAM)
        async with asyncio.timeout(PLENTY_SECONDS):
            while (await log.state()).messages:  # noqa: ASYNC110 - it is in a server
                await asyncio.sleep(0.02)

    @asynccontextmanager
    async def delivering(
        self, outbound: Outbound, a_host: int = 8, seconds: float = 1.0
    ) -> AsyncIterator[None]:
        """Run one process' deliverer."""
        one = Deliverer(
            *(self.jobs, HookAsker(self.bus), outbound, self.metrics),
            seconds=seconds,
            a_host=a_host,
        )
        task = asyncio.create_task(one.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])


@pytest.fixture
async def scene(
    nats_server: Callable[..., NatsServer], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Scene]:
    """Give a scene where nobody waits longer than a test does."""
    monkeypatch.setattr(hook, "_PAUSE_SECONDS", (0.05, 0.1))
    monkeypatch.setattr(hook, "_FULL_SECONDS", (0.05, 0.1))
    monkeypatch.setattr(hook_jobs, "WAITING", 5)
    bus = Bus([nats_server().url], "test")
    await bus.start()
    try:
        async with stranger() as receiver:
            made = Scene(bus, receiver)
            await made.start()
            yield made
    finally:
        await bus.stop()


async def test_receivers_of_all_kinds(scene: Scene) -> None:
    """Whoever hangs, redirects, answers 10 GB, is in the house or is gone costs the others nothing,
    and of each it is noted what is wrong."""
    recovering = scene.failing
    recovering.add("recovers")
    inside = f"http://127.0.0.1:{scene.receiver.port}/inside"
    async with scene.delivering(Outbound(Allowed(["localhost"]))):
        await scene.put("hangs", "/hangs")
        for path in ("/huge", "/elsewhere", "/recovers", "/gone", "/ok"):
            await scene.put(path[1:], path)
        await scene.put("inside", inside)
        await scene.put("metadata", "http://169.254.169.254/latest")
        await scene.put("late", "/fails", age_ms=DAY_MS)
        await scene.jobs.put(WebhookJob("removed", "r1", 1, clock.now_ms()))
        await scene.jobs.put(WebhookJob("off", "r1", 1, clock.now_ms()))
        for webhook, reason in (
            ("hangs", "localhost: no whole answer within 1 s"),
            ("elsewhere", "it answered 307: redirects are not followed"),
            ("inside", f"127.0.0.1 {CLOSED} (loopback)"),
            ("metadata", f"169.254.169.254 {CLOSED} (link-local)"),
        ):
            noted = await scene.note(webhook)
            assert (noted.reason, noted.dead, noted.off) == (reason, False, False)
        gone, late, off = [await scene.note(one) for one in ("gone", "late", "off")]
        assert (gone.dead, gone.off, gone.reason) == (True, True, hook.reason(410))
        assert (late.dead, late.off, late.reason) == (True, False, "it answered 503")
        assert (off.dead, off.reason) == (True, "the webhook was disabled")
        first, second = await scene.receiver.until("/recovers", 2)
        assert first["parley-delivery"] == second["parley-delivery"] == "recovers.1"
        assert first["content-type"] == "application/json"
        assert (await scene.note("recovers")).reason == "it answered 500"
        assert (await scene.note("recovers")).reason == ""  # it works again
        await scene.receiver.until("/ok")
        await scene.receiver.until("/huge")
        for webhook in ("hangs", "elsewhere", "inside", "metadata"):
            del scene.urls[webhook]  # they are removed, and so is what waits for them
        await scene.is_empty()
    assert {"/stolen", "/inside", "/latest"}.isdisjoint(scene.receiver.came)


async def test_a_process_ends_and_another_goes_on(scene: Scene) -> None:
    """What one was at, and what waits to be tried again, is delivered by the next; and a host that
    hangs has its share of requests and no more."""
    both = Outbound(Allowed(["localhost", "127.0.0.1"]))
    async with scene.delivering(both, a_host=1, seconds=PLENTY_SECONDS):
        await scene.put("hangs", "/hangs", 1)
        await scene.receiver.until("/hangs")
        for seq in (2, 3):
            await scene.put("hangs", "/hangs", seq)
        await scene.put("other", f"http://127.0.0.1:{scene.receiver.port}/other")
        await scene.receiver.until("/other")
        assert len(scene.receiver.came["/hangs"]) == 1
    scene.urls["hangs"] = f"{scene.receiver.url}/ok"
    async with scene.delivering(both):
        told = await scene.receiver.until("/ok", 3)
        await scene.is_empty()
    assert {one["parley-delivery"] for one in told} == {"hangs.1", "hangs.2", "hangs.3"}


async def test_a_name_that_changes_its_address(scene: Scene) -> None:
    """It is judged anew at each attempt, by the address that is connected to (rebinding)."""
    answers = [["127.0.0.1"], ["169.254.169.254"]]

    async def changing(_host: str, _port: int) -> Sequence[str]:
        return answers.pop(0) if len(answers) > 1 else answers[0]

    outbound = Outbound(Allowed(["127.0.0.1"]), resolve=changing)
    async with scene.delivering(outbound):
        await scene.put("w", f"http://turncoat.example:{scene.receiver.port}/recovers")
        first, second = await scene.note("w"), await scene.note("w")
    assert first.reason == "it answered 500"
    assert second.reason.endswith("(link-local)")
    assert len(scene.receiver.came["/recovers"]) == 1


async def test_the_log_becomes_jobs(scene: Scene) -> None:
    """Of rooms that have a webhook, what was said since then; and what is too much is a dead letter
    at once."""
    log = Log(scene.bus, subjects.ROOMS_STREAM)
    await log.ensure_stream(StreamSpec(name="ROOMS", subjects=(subjects.ROOM_LOG_ALL,)))
    future = clock.now_ms() + DAY_MS

    async def webhooks(_data: bytes) -> bytes:
        found = [WebhookOf("w1", "r1", 0), WebhookOf("later", "r1", future)]
        return wire.encode(WebhooksReply(found))

    await scene.bus.serve(subjects.HISTORY_WEBHOOKS, subjects.HISTORY_QUEUE, webhooks)
    seqs = []
    for n, room in enumerate(("r1", "r2", "r1", "r1")):
        said = events.Message(room=room, ts=1, id="k", sender="u", sender_name="U", text="t")
        pinned = events.MessagePinned(room=room, ts=1, target=1, by="u")
        event = pinned if n == 2 else said
        ack = await log.publish(subjects.room_log(room), wire.encode(event), str(n))
        seqs.append(ack.seq)
    listener = HookListener(log, HookAsker(scene.bus), scene.jobs, scene.metrics)
    task = asyncio.create_task(listener.run())
    consumer = await scene.jobs.consumer()
    found: list[int] = []
    async with asyncio.timeout(PLENTY_SECONDS):
        while len(found) < 2:
            for record in await consumer.fetch(10, 1.0):
                job = msgspec.json.decode(record.data, type=WebhookJob)
                assert (job.webhook, job.room) == ("w1", "r1")
                found.append(job.seq)
    assert found == [seqs[0], seqs[3]]
    full = [WebhookJob("w1", "r1", seq, 1) for seq in (101, 102, 103)]
    await asyncio.gather(*map(scene.jobs.put, full))
    said = events.Message(room="r1", ts=1, id="k", sender="u", sender_name="U", text="t")
    ack = await log.publish(subjects.room_log("r1"), wire.encode(said), "more")
    noted = await scene.note("w1")
    assert (noted.seq, noted.dead) == (ack.seq, True)
    assert noted.reason == "too much waits to be delivered already"
    consumer.close()
    task.cancel()
    await asyncio.wait([task])
