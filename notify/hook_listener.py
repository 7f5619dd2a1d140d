"""Follows the log and puts what webhooks are to be told into their queue; `deliverer` delivers it.

A record is acknowledged when its jobs are stored: whoever dies before leaves it to another process,
which puts in the same jobs, known by their ids.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from notify import hook
from notify.hook_asker import HookAsker
from notify.hook_jobs import HookJobs
from notify.metrics import HookMetrics
from proto import deliveries, subjects
from proto.deliveries import WebhookJob
from services import logs_structlog
from services.bus import BusError, LogFull, NotFound, Record
from services.consumer_nats import Consumer
from services.log_nats import Log
from services.problem import Unavailable

MOST: Final = 500
"""Records looked at together: however much is said, it is one question to history for so many."""
ROUND_SECONDS: Final = 0.25
ACK_SECONDS: Final = 30.0
FULL: Final = "too much waits to be delivered already"
_IDLE_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 1.0
_log = logs_structlog.get_logger()


class HookListener:
    """One a process; several share the log, each record is one's."""

    def __init__(self, log: Log, asker: HookAsker, jobs: HookJobs, metrics: HookMetrics) -> None:
        self._log = log
        self._asker = asker
        self._jobs = jobs
        self._metrics = metrics

    async def run(self) -> None:
        """Listen until cancelled; whatever is not acknowledged comes again."""
        while True:
            try:
                await self._listen()
            except (BusError, Unavailable) as error:
                told = _log.debug if isinstance(error, NotFound) else _log.warning
                told("webhooks pause", error=f"{type(error).__name__}: {error}")
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _listen(self) -> None:
        await self._jobs.ensure()
        consumer = await self._log.consumer(
            subjects.WEBHOOKS_CONSUMER, subjects.ROOM_LOG_ALL, ack_wait_seconds=ACK_SECONDS
        )
        try:
            while True:
                records = await consumer.fetch(MOST, _IDLE_SECONDS)
                await self._round(consumer, records)
                self._metrics.lag.set(consumer.pending)
                # What is said meanwhile is looked at together.
                await asyncio.sleep(ROUND_SECONDS)
        finally:
            consumer.release()

    async def _round(self, consumer: Consumer, records: Sequence[Record]) -> None:
        told = {}
        for record in records:
            room = subjects.room_of(record.subject)
            if room is not None and hook.is_told(record.data):
                told[record.seq] = (room, record)
        if told:
            jobs = await self._jobs_of(list(told.values()))
            await asyncio.gather(*map(self._put, jobs))
        await consumer.settle(records)

    async def _jobs_of(self, told: Sequence[tuple[str, Record]]) -> list[WebhookJob]:
        """Raises Unavailable."""
        rooms = sorted({room for room, _ in told})
        found: dict[str, list[deliveries.WebhookOf]] = {}
        for one in await self._asker.webhooks(rooms):
            found.setdefault(one.room, []).append(one)
        return [
            WebhookJob(one.id, room, record.seq, record.ts_ms)
            for room, record in told
            for one in found.get(room, ())
            if record.ts_ms >= one.since_ms
        ]

    async def _put(self, job: WebhookJob) -> None:
        """Raises BusError, Unavailable."""
        try:
            await self._jobs.put(job)
        except LogFull:
            self._metrics.delivered("dead")
            ended = deliveries.DeliveredCall(job.webhook, job.room, job.seq, FULL, dead=True)
            await self._asker.delivered(ended)
