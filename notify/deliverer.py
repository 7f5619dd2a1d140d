"""Posts to webhooks what waits for them; when, and what an answer means, is `hook`'s.

Whether a job is done, tried again later or a dead letter is in the stream and in history before it
is anywhere else: nothing is lost with a process. The URL is a stranger's, so it is asked as any
stranger is (`services.outbound`), and all that is read of its answer is a status and one header.
"""

from __future__ import annotations

import asyncio
import random
from typing import Final, NamedTuple

import msgspec

from notify import hook
from notify.hook_asker import HookAsker
from notify.hook_jobs import HookJobs
from notify.metrics import HookMetrics
from notify.shares import Shares
from notify.working import work_off
from proto.deliveries import DeliveredCall, DeliveryReply, WebhookJob
from services import clock, logs_structlog
from services.bus import BusError, Record
from services.outbound import OutboundError, target
from services.outbound_httpcore import Outbound
from services.problem import Unavailable

AT_ONCE: Final = 64
AT_ONCE_A_HOST: Final = 8
SECONDS: Final = 10.0
"""All of one attempt."""
ANSWER_BYTES: Final = 4_096
_AWAY_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 1.0
_OFF: Final = "the webhook was disabled"
_log = logs_structlog.get_logger()
_job = msgspec.json.Decoder(WebhookJob)


class Tried(NamedTuple):
    """How an attempt ended; `reason` "": well."""

    outcome: hook.Outcome
    reason: str = ""
    retry_after: str | None = None


class Deliverer:
    """One a process; several share what waits."""

    def __init__(
        self,
        jobs: HookJobs,
        asker: HookAsker,
        outbound: Outbound,
        metrics: HookMetrics,
        *,
        seconds: float = SECONDS,
        a_host: int = AT_ONCE_A_HOST,
    ) -> None:
        self._jobs = jobs
        self._asker = asker
        self._outbound = outbound
        self._metrics = metrics
        self._seconds = seconds
        self._places = asyncio.Semaphore(AT_ONCE)
        self._hosts = Shares(a_host)

    async def run(self) -> None:
        """Deliver until cancelled; what was begun and not acknowledged comes again."""
        while True:
            try:
                await self._deliver_all()
            except* (BusError, Unavailable) as group:
                _log.warning("delivering pauses", error=str(group.exceptions[0]))
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _deliver_all(self) -> None:
        await self._jobs.ensure()
        await work_off(await self._jobs.consumer(), self._places, self._pause)

    async def _pause(self, record: Record) -> float | None:
        """Try one; None: there is nothing left to do, else in how many seconds to try again."""
        try:
            job = _job.decode(record.data)
        except msgspec.MsgspecError:
            _log.exception("a job cannot be read")
            self._metrics.delivered("failed")
            return None
        try:
            return await self._try(job)
        except Unavailable as error:
            _log.warning("history is not reached", webhook=job.webhook, error=str(error))
            return _AWAY_SECONDS * (1 + random.random())  # noqa: S311 - spreads, hides nothing
        except Exception:
            # Once more in a while: a dead letter would be as much the fault of ours.
            _log.exception("a delivery failed", webhook=job.webhook)
            self._metrics.delivered("failed")
            return hook.pause_seconds(job, clock.now_ms(), 1.0)

    async def _try(self, job: WebhookJob) -> float | None:
        """Raises Unavailable."""
        what = await self._asker.delivery(job)
        if what.state == "gone" or (what.state == "on" and what.event is None):
            self._metrics.delivered("gone")
            return None
        if what.state == "off":
            return await self._failed(job, Tried("off", _OFF))
        host = target(what.url).host
        if not self._hosts.take(host):
            self._metrics.delivered("waits")
            return hook.full_seconds(random.random())  # noqa: S311 - as above
        try:
            tried = await self._post(job, what)
        finally:
            self._hosts.give(host)
        if tried.outcome != "delivered":
            return await self._failed(job, tried)
        if what.failing:
            await self._asker.delivered(DeliveredCall(job.webhook, job.room, job.seq))
        self._metrics.delivered("delivered")
        return None

    async def _post(self, job: WebhookJob, what: DeliveryReply) -> Tried:
        assert what.event is not None  # noqa: S101 - who calls has looked
        began, now_ms = clock.monotonic(), clock.now_ms()
        said = hook.body(job, what.event)
        try:
            answer = await self._outbound.ask(
                "POST",
                what.url,
                seconds=self._seconds,
                max_bytes=ANSWER_BYTES,
                headers=hook.headers(job, what.secret, said, now_ms),
                body=said,
                cut=True,
            )
        except OutboundError as error:
            return Tried("again", str(error))
        finally:
            self._metrics.seconds.observe(clock.monotonic() - began)
        outcome = hook.outcome(answer.status)
        if outcome == "delivered":
            return Tried(outcome)
        return Tried(outcome, hook.reason(answer.status), answer.headers.get("retry-after"))

    async def _failed(self, job: WebhookJob, tried: Tried) -> float | None:
        """Have noted that it failed, and say when it is tried again. Raises Unavailable."""
        now_ms, off = clock.now_ms(), tried.outcome == "off"
        dead = off or hook.is_last(job, now_ms)
        ended = DeliveredCall(job.webhook, job.room, job.seq, tried.reason, dead=dead, off=off)
        await self._asker.delivered(ended)
        self._metrics.delivered("dead" if dead else "again")
        if dead:
            return None
        chance = random.random()  # noqa: S311 - as above
        return hook.pause_seconds(job, now_ms, chance, tried.retry_after)
