"""Forgets sessions, revocations and links that matter no longer: their tables stay small."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from auth.invitations_postgres import Invitations
from auth.resets_postgres import Resets
from auth.revocations_postgres import Revocations
from auth.sessions_postgres import Sessions
from proto import limits
from services import clock, logs_structlog
from services.problem import Unavailable

SWEEP_SECONDS: Final = 60.0
REVOCATION_MS: Final = (limits.ACCESS_TOKEN_SECONDS + 60) * 1_000
"""A revocation matters as long as a token from before it: its life, and what clocks may differ."""
SESSION_MS: Final = 86_400_000
"""A session that ended or ran out is kept for a day: a reused token still finds its family."""
BATCH: Final = 1_000
BATCHES: Final = 100
_log = logs_structlog.get_logger()


class Sweeper:
    """Every replica sweeps; rows that another one is at are skipped."""

    def __init__(
        self,
        sessions: Sessions,
        revocations: Revocations,
        invitations: Invitations,
        resets: Resets,
    ) -> None:
        self._sessions = sessions
        self._revocations = revocations
        self._invitations = invitations
        self._resets = resets

    async def run(self) -> None:
        """Sweep for ever, once a minute; a Postgres that is away is waited for."""
        while True:
            try:
                await self.sweep(clock.now_ms())
            except Unavailable as error:
                _log.warning("not swept", error=str(error))
            await asyncio.sleep(SWEEP_SECONDS)

    async def sweep(self, now_ms: int) -> None:
        """Forget what is of no use at `now_ms`, in batches, at most 100 of each kind.

        Raises:
            Unavailable: Postgres is away.
        """
        await _all(self._revocations.prune, now_ms - REVOCATION_MS)
        await _all(self._sessions.prune, now_ms - SESSION_MS)
        await _all(self._invitations.prune, now_ms)
        await _all(self._resets.prune, now_ms)


async def _all(prune: Callable[[int, int], Awaitable[int]], before_ms: int) -> None:
    for _ in range(BATCHES):
        if await prune(before_ms, BATCH) < BATCH:
            return
