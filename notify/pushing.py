"""Puts what somebody must hear into the queue of push messages, one for each of their browsers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from notify import push, subscriptions_postgres
from notify.decision import Notice
from notify.jobs import Jobs
from notify.metrics import NotifyMetrics
from notify.push import Job
from proto.audience import AudienceReply
from services import clock, logs_structlog
from services.bus import LogFull
from services.pool_postgres import Pool

_log = logs_structlog.get_logger()


class Pushing:
    """Which browsers somebody has, and the queue for them."""

    def __init__(self, pool: Pool, jobs: Jobs, metrics: NotifyMetrics) -> None:
        self._pool = pool
        self._jobs = jobs
        self._metrics = metrics

    async def browsers(self, users: Sequence[str]) -> dict[str, list[UUID]]:
        """The subscriptions of each, the most lately used first; who has none is left out.

        Raises:
            Unavailable: Postgres is away.
        """
        return await subscriptions_postgres.of_users(self._pool, users)

    async def push(
        self,
        notice: Notice,
        audience: AudienceReply,
        browsers: Sequence[UUID],
        unread: int | None,
    ) -> None:
        """Have all browsers told, and the first of them make a sound.

        `unread` is what their badges show; None: it is not known.

        A full queue takes nothing; people find it unread.

        Raises:
            BusError: it may or may not be in the queue, for each.
        """
        at_ms = clock.now_ms()
        kind, said = notice.kind, notice.said
        jobs = [
            Job(
                str(browser),
                push.word(kind, said, audience, silent=browser != browsers[0], unread=unread),
                at_ms,
            )
            for browser in browsers
        ]
        try:
            await asyncio.gather(*map(self._jobs.put, jobs))
        except LogFull as error:
            _log.warning("the queue of push messages is full", error=str(error))
            self._metrics.pushed("dropped", len(jobs))
