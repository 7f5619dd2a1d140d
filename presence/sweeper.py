"""Ends the leases that nobody renewed; how that is done atomically is Redis' matter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from presence.leases_redis import Leases
from presence.metrics import PresenceMetrics
from proto import limits
from services import clock
from services.problem import Unavailable

INTERVAL_SECONDS: Final = 1.0
REST_SECONDS: Final = limits.LEASE_RENEW_SECONDS
_ROUNDS_AT_ONCE: Final = 10


class Sweeper:
    """Every replica sweeps, every second; no two of them find the same change.

    After its start, and after a time without Redis or without NATS, it rests for `rest_seconds`,
    in which every living gateway renews once: leases that ran out only because nobody could renew
    them do not make everybody leave and come back. (What is read over HTTP knows no such mercy: it
    is exactly what Redis holds.)
    """

    def __init__(
        self,
        leases: Leases,
        metrics: PresenceMetrics,
        hears: Callable[[], bool],
        *,
        interval_seconds: float = INTERVAL_SECONDS,
        rest_seconds: float = REST_SECONDS,
    ) -> None:
        """`hears` says whether renewals can reach this process now."""
        self._leases = leases
        self._metrics = metrics
        self._hears = hears
        self._interval_seconds = interval_seconds
        self._rest_seconds = rest_seconds
        self._rests_until = float("-inf")

    async def run(self) -> None:
        """Sweep until cancelled. Redis being away ends nothing but the round."""
        self._rest()
        while True:
            await self.round()
            await asyncio.sleep(self._interval_seconds)

    async def round(self) -> None:
        """Count who is here and end what ran out: a bounded batch, and the next if it was full."""
        if not self._hears():
            self._rest()
        try:
            for _ in range(_ROUNDS_AT_ONCE):
                due = await self._leases.due()
                self._metrics.online(due.online)
                if clock.monotonic() < self._rests_until:
                    self._metrics.swept("resting")
                    return
                await self._leases.sweep(due.users)
                if not due.more:
                    break
        except Unavailable:
            self._rest()
            self._metrics.online(None)
            self._metrics.swept("unavailable")
        else:
            self._metrics.swept("ok")

    def _rest(self) -> None:
        self._rests_until = clock.monotonic() + self._rest_seconds
