"""Sends push messages to the push services of browsers; which, and to whom, is decided elsewhere.

The endpoint is a URL that a browser gave: it is asked as any stranger is (`services.outbound`), and
all that is read of its answer is a status and one header.
"""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import UUID

import msgspec

from notify import push, seal_cryptography, subscriptions_postgres
from notify.asker import Asker
from notify.identity import Identity
from notify.jobs import Jobs
from notify.metrics import NotifyMetrics
from notify.push import Job
from notify.shares import Shares
from notify.subscriptions_postgres import Subscription
from notify.working import work_off
from proto import wire
from services import clock, logs_structlog
from services.bus import BusError, Record
from services.outbound import OutboundError, Refused, target
from services.outbound_httpcore import Outbound
from services.pool_postgres import Pool
from services.problem import Unavailable

AT_ONCE: Final = 32
PER_PERSON: Final = 4
"""Of one person at a time: whose push services hang holds up nobody else."""
SECONDS: Final = 10.0
"""All of one attempt; a server that hangs holds one of `AT_ONCE` places for that long."""
_ANSWER_BYTES: Final = 4_096
_AWAY_SECONDS: Final = 5.0
_PUT_OFF_SECONDS: Final = 2.0
_PAUSE_SECONDS: Final = 1.0
_log = logs_structlog.get_logger()
_job = msgspec.json.Decoder(Job)


class Pusher:
    """One a process; several share what waits."""

    def __init__(
        self,
        jobs: Jobs,
        asker: Asker,
        pool: Pool,
        outbound: Outbound,
        identity: Identity,
        metrics: NotifyMetrics,
        *,
        per_person: int = PER_PERSON,
    ) -> None:
        self._jobs = jobs
        self._asker = asker
        self._pool = pool
        self._outbound = outbound
        self._identity = identity
        self._metrics = metrics
        self._places = asyncio.Semaphore(AT_ONCE)
        self._people = Shares(per_person)

    async def run(self) -> None:
        """Send until cancelled; what was begun and not acknowledged comes again."""
        while True:
            try:
                await self._send_all()
            except* BusError as group:
                _log.warning("sending pauses", error=str(group.exceptions[0]))
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _send_all(self) -> None:
        await work_off(await self._jobs.consumer(), self._places, self._tried)

    async def _tried(self, record: Record) -> float | None:
        """Send one; None: there is nothing left to do, else in how many seconds to try again."""
        try:
            job = _job.decode(record.data)
            if job.at_ms + push.TTL_SECONDS * 1000 < clock.now_ms():
                self._metrics.pushed("late")
                return None
            subscription = await subscriptions_postgres.one(self._pool, UUID(job.subscription))
            if subscription is None:
                self._metrics.pushed("gone")
                return None
            user, word = subscription.user, job.word
            if record.delivered > 1 and not await self._asker.concerns(user, word.room, word.seq):
                self._metrics.pushed("withdrawn")
                return None
            if not self._people.take(user):
                return self._put_off(record.delivered)
            try:
                return await self._push(job, subscription, record.delivered)
            finally:
                self._people.give(user)
        except Unavailable:
            return _AWAY_SECONDS
        except Exception:
            # It would be the same the next time.
            _log.exception("a push message was not sent")
            self._metrics.pushed("failed")
            return None

    def _put_off(self, tries: int) -> float | None:
        if tries < push.TRIES:
            return _PUT_OFF_SECONDS
        self._metrics.pushed("given_up")
        return None

    async def _push(self, job: Job, to: Subscription, tries: int) -> float | None:
        began, retry_after = clock.monotonic(), None
        try:
            status, retry_after = await self._ask(job, to)
            outcome = push.outcome(status)
        except Refused as error:
            _log.warning("a push service is not asked", error=str(error))
            outcome = "refused"
        except OutboundError as error:
            _log.debug("a push service did not answer", error=str(error))
            outcome = "again"
        self._metrics.push_seconds.observe(clock.monotonic() - began)
        if outcome == "gone":
            await subscriptions_postgres.remove(self._pool, to.id)
        pause_seconds = push.pause_seconds(tries, retry_after) if outcome == "again" else None
        given_up = outcome == "again" and pause_seconds is None
        self._metrics.pushed("given_up" if given_up else outcome)
        return pause_seconds

    async def _ask(self, job: Job, to: Subscription) -> tuple[int, str | None]:
        asked = target(to.endpoint)
        origin = f"{asked.scheme}://{asked.authority}"
        answer = await self._outbound.ask(
            "POST",
            to.endpoint,
            seconds=SECONDS,
            max_bytes=_ANSWER_BYTES,
            headers={
                **push.headers(job.word),
                "authorization": self._identity.vapid.authorization(origin, clock.now_ms()),
            },
            body=seal_cryptography.seal(wire.encode(job.word), to.p256dh, to.auth),
            cut=True,
        )
        return answer.status, answer.headers.get("retry-after")
