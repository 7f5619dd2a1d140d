"""How late the event loop is, and whether the process drains; it acts on nothing."""

from __future__ import annotations

import asyncio
from typing import Final

from services import clock
from services.health import Health, State
from services.metrics_prometheus import Metrics

BEAT_SECONDS: Final = 0.25


class Pulse:
    """Asks the loop to wake it at each beat, and measures how much later it did."""

    name = "pulse"

    def __init__(self, metrics: Metrics, health: Health) -> None:
        self._lag = metrics.histogram(
            "loop_lag_seconds",
            "How much later than it should the event loop turned, 4 times a second.",
        )
        draining = metrics.gauge("draining", "1 while the process takes leave, else 0.")
        draining.set_function(lambda: float(health.state is State.DRAINING))
        self._timer: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        self._next(clock.monotonic())

    async def stop(self) -> None:
        """Measure no more. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()

    def _next(self, now: float) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(BEAT_SECONDS, self._beat, now + BEAT_SECONDS)

    def _beat(self, due: float) -> None:
        now = clock.monotonic()
        self._lag.observe(max(0.0, now - due))
        self._next(now)
