"""How late the loop is shows in the metrics, and so does that the process takes leave."""

from __future__ import annotations

import asyncio
import time

from services.health import Health, State
from services.metrics_prometheus import Metrics
from services.pulse import BEAT_SECONDS, Pulse


def _value(metrics: Metrics, name: str, **labels: str) -> float:
    found = metrics.registry.get_sample_value(f"parley_demo_{name}", labels)
    assert found is not None
    return found


async def test_a_loop_that_stood_still_is_seen() -> None:
    """A turn that takes long makes the next beat late by as much."""
    metrics = Metrics("demo")
    pulse = Pulse(metrics, Health())
    await pulse.start()
    # The loop itself is held up: that is what this is about.
    time.sleep(BEAT_SECONDS + 0.3)  # noqa: ASYNC251
    while _value(metrics, "loop_lag_seconds_count") < 1:  # noqa: ASYNC110 - the beat tells nobody
        await asyncio.sleep(0.01)
    await pulse.stop()
    assert _value(metrics, "loop_lag_seconds_sum") >= 0.3
    assert _value(metrics, "loop_lag_seconds_bucket", le="0.25") == 0


def test_a_drain_is_seen() -> None:
    """From the signal on, as the state says."""
    metrics, health = Metrics("demo"), Health()
    Pulse(metrics, health)
    health.state = State.READY
    assert _value(metrics, "draining") == 0
    health.state = State.DRAINING
    assert _value(metrics, "draining") == 1


async def test_nothing_beats_after_the_end() -> None:
    """Stopping twice, or before the start, is no fault."""
    metrics = Metrics("demo")
    pulse = Pulse(metrics, Health())
    await pulse.stop()
    await pulse.start()
    await pulse.stop()
    await pulse.stop()
    assert pulse._timer is not None
    assert pulse._timer.cancelled()
