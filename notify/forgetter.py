"""Forgets what sessions subscribed that have ended: who was signed out is told of nothing more."""

from __future__ import annotations

import asyncio
from typing import Final

from notify import subscriptions_postgres
from proto.calls import Revoked
from services import logs_structlog
from services.pool_postgres import Pool
from services.problem import Unavailable

MOST: Final = 10_000
_PAUSE_SECONDS: Final = 1.0
_log = logs_structlog.get_logger()


class Forgetter:
    """Every replica does it; it is idempotent. Beyond `MOST` that wait the newest are let go: they
    are told again at the next start, as long as their tokens would run."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._ended: asyncio.Queue[Revoked] = asyncio.Queue(MOST)

    def revoked(self, revoked: Revoked) -> None:
        """Take the word that a session ended, or all of somebody's."""
        try:
            self._ended.put_nowait(revoked)
        except asyncio.QueueFull:
            _log.error("more sessions end than can be forgotten")

    async def run(self) -> None:
        """Forget until cancelled."""
        while True:
            ended = await self._ended.get()
            while True:
                try:
                    await subscriptions_postgres.end(self._pool, ended.user, ended.sid, ended.at_ms)
                except Unavailable:
                    await asyncio.sleep(_PAUSE_SECONDS)
                else:
                    break
