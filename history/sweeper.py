"""Clears up in the background: decisions and erasures left undone, a stored log, the outdated."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from history import (
    audit_postgres,
    idempotency_postgres,
    invites_postgres,
    outbox_postgres,
    rooms_postgres,
    sanctions_postgres,
    store_postgres,
    turns_postgres,
    webhooks_postgres,
)
from history.eraser import Eraser
from history.metrics import HistoryMetrics
from history.progress import Progress
from history.relay import Relay
from history.writer import Writer
from proto import limits, subjects
from services import clock, logs_structlog
from services.bus import BusError
from services.log_nats import Log
from services.pool_postgres import Pool
from services.problem import Unavailable

TICK_SECONDS: Final = 1.0
CLEAN_SECONDS: Final = 600.0
LEFT_MS: Final = 1_000
"""A decision unrelayed for longer has lost the one who decided it, or the log was away."""
IDEMPOTENCY_MS: Final = 24 * 3_600_000
AUDIT_MS: Final = 90 * 24 * 3_600_000
SENT_MS: Final = 3_600_000
SET_ASIDE_ROWS: Final = 10_000
FULL_SHARE: Final = 0.8
"""Of its bytes the log may fill that much before what is stored is removed, however young."""
LEFT_SHARE: Final = 0.5
"""About how full it is left."""
_ROOMS_AT_ONCE: Final = 100
_STEP_SECONDS: Final = 60.0
_log = logs_structlog.get_logger()


class Sweeper:
    """Every replica relays and erases what was left; the one that writes also trims and prunes."""

    def __init__(
        self,
        pool: Pool,
        log: Log,
        relay: Relay,
        eraser: Eraser,
        writer: Writer,
        progress: Progress,
        metrics: HistoryMetrics,
        *,
        keep_ms: int,
    ) -> None:
        self._pool = pool
        self._log = log
        self._relay = relay
        self._eraser = eraser
        self._writer = writer
        self._progress = progress
        self._metrics = metrics
        self._keep_ms = keep_ms

    async def run(self) -> None:
        """Sweep until cancelled; what fails is tried again at the next turn."""
        cleaned = clock.monotonic()
        while True:
            await asyncio.sleep(TICK_SECONDS)
            await self._step(self.relay_left)
            await self._step(self._eraser.erase_left)
            await self._step(self.measure)
            if self._writer.leading:
                await self._step(self.make_room)
            if self._writer.leading and clock.monotonic() - cleaned >= CLEAN_SECONDS:
                cleaned = clock.monotonic()
                await self._step(self.trim)
                await self._step(self.prune)

    async def _step(self, work: Callable[[], Awaitable[object]]) -> None:
        try:
            async with asyncio.timeout(_STEP_SECONDS):
                await work()
        except (BusError, Unavailable, TimeoutError) as error:
            _log.warning("sweep failed", error=f"{type(error).__name__}: {error}")
        except Exception:
            # A step that cannot be done must not end the process that could do all the others.
            _log.exception("sweep failed")

    async def relay_left(self) -> None:
        """Relay decisions that nobody waits for any more. Raises BusError, Unavailable."""
        before_ms = clock.now_ms() - LEFT_MS
        for room in await outbox_postgres.waiting(self._pool, before_ms, _ROOMS_AT_ONCE):
            # One room whose turn has not come must not hold up the others.
            await self._step(partial(self._relay.attempt, room))

    async def measure(self) -> None:
        """Say how much is not stored and not relayed. Raises BusError, Unavailable."""
        state = await self._log.state()
        with contextlib.suppress(Unavailable):
            await self._progress.refresh()
        self._metrics.lag.set(max(0, state.last_seq - self._progress.seq))
        self._metrics.log_bytes.set(state.bytes)
        self._metrics.log_max_bytes.set(max(0, state.max_bytes))
        self._metrics.outbox_pending.set(await outbox_postgres.pending(self._pool))

    async def trim(self) -> int:
        """Remove from the log what is stored and older than it is to be kept; answers how much.

        Never beyond the stored position, whatever the clocks say. Raises BusError, Unavailable.
        """
        position = await rooms_postgres.position(self._pool)
        last = await self._last_before(clock.now_ms() - self._keep_ms, position)
        state = await self._log.state()
        return await self._remove(state.first_seq, last)

    async def make_room(self) -> int:
        """Where the log is nearly full, remove what is stored, the oldest first, however young.

        A log that ran full while Postgres was away takes new messages again once the writer has
        caught up; records differ in size, so it may take several calls. Answers how much was
        removed. Raises BusError, Unavailable.
        """
        state = await self._log.state()
        if state.max_bytes <= 0 or state.bytes < FULL_SHARE * state.max_bytes:
            return 0
        share = 1 - LEFT_SHARE * state.max_bytes / state.bytes
        wanted = state.first_seq + int(share * (state.last_seq - state.first_seq + 1))
        position = await rooms_postgres.position(self._pool)
        return await self._remove(state.first_seq, min(wanted, position))

    async def _remove(self, first: int, last: int) -> int:
        if last < first:
            return 0
        removed = await self._log.purge(last)
        self._metrics.trimmed.inc(removed)
        _log.info("log trimmed", up_to=last, removed=removed)
        return removed

    async def prune(self) -> None:
        """Forget what has served its time in Postgres. Raises Unavailable."""
        now_ms = clock.now_ms()
        await idempotency_postgres.prune(self._pool, now_ms - IDEMPOTENCY_MS)
        await outbox_postgres.prune(self._pool, now_ms - SENT_MS)
        await store_postgres.prune_set_aside(self._pool, SET_ASIDE_ROWS)
        await sanctions_postgres.prune(self._pool, now_ms)
        await invites_postgres.prune(self._pool, now_ms)
        await webhooks_postgres.prune(self._pool, now_ms - IDEMPOTENCY_MS)
        await turns_postgres.prune(self._pool, now_ms - limits.SLOW_MODE_SECONDS * 1000)
        await audit_postgres.prune(self._pool, now_ms - AUDIT_MS)

    async def _last_before(self, time_ms: int, position: int) -> int:
        """The last record up to `position` that the log took before a time, 0 if there is none.

        By halving, for the times of the log's records rise with their places.
        """
        low, high = 0, position
        while low < high:
            middle = (low + high) // 2
            page = await self._log.read(subjects.ROOM_LOG_ALL, middle, 1, up_to=high)
            if page.records and page.records[0].ts_ms < time_ms:
                low = page.records[0].seq
            else:
                high = middle
        return low
