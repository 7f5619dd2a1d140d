"""Clears up in the background: what was never sent, what nobody has, what broke off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from media.asker import Asker
from media.avatars_postgres import AvatarLedger
from media.deeds_postgres import Deeds
from media.ledger_postgres import DAY_MS, Doubt, Ledger
from media.metrics import MediaMetrics
from media.previewer import Previewer
from media.spool import Spool
from media.store import Store, StoreError
from proto import limits
from services import clock, logs_structlog
from services.problem import Unavailable

SWEEP_SECONDS: Final = 5.0
DOUBT_MS: Final = 3_600_000
"""A message is asked for so long after it got its files: whoever wanted to send it has by then."""
BATCH: Final = 200
_log = logs_structlog.get_logger()


class Sweeper:
    """Every replica sweeps; doing it twice does no harm."""

    def __init__(
        self,
        ledger: Ledger,
        store: Store,
        spool: Spool,
        asker: Asker,
        previewer: Previewer,
        avatars: AvatarLedger,
        deeds: Deeds,
        metrics: MediaMetrics,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._spool = spool
        self._asker = asker
        self._previewer = previewer
        self._avatars = avatars
        self._deeds = deeds
        self._metrics = metrics

    async def run(self) -> None:
        """Sweep for ever; what fails is tried again at the next turn."""
        while True:
            now_ms = clock.now_ms()
            works = (
                *(self.expire, self.empty, self.settle, self.settle_avatars, self.remove),
                *(self.report, self._previewer.prune, self.measure),
            )
            for work in works:
                await self._step(work, now_ms)
            await asyncio.sleep(SWEEP_SECONDS)

    async def _step(self, work: Callable[[int], Awaitable[object]], now_ms: int) -> None:
        try:
            await work(now_ms)
        except (Unavailable, StoreError) as error:
            _log.warning("sweep failed", error=f"{type(error).__name__}: {error}")
        except Exception:
            # A step that cannot be done must not end the process that could do all the others.
            _log.exception("sweep failed")

    async def expire(self, now_ms: int) -> None:
        """Remove files that nothing has had for a day. Raises Unavailable."""
        self._metrics.expired.inc(await self._ledger.expire(now_ms - DAY_MS, now_ms, BATCH))

    async def empty(self, now_ms: int) -> None:
        """Remove files of rooms that have ended, all that there are now. Raises Unavailable."""
        full = True
        while full:
            gone = await self._ledger.empty(now_ms - DAY_MS, now_ms, BATCH)
            self._metrics.emptied.inc(gone)
            full = gone == BATCH

    async def settle(self, now_ms: int) -> None:
        """Find out of messages whether they were ever sent, of pictures whether a room has them.

        Raises Unavailable.
        """
        for doubt in await self._ledger.doubts(now_ms - DOUBT_MS, BATCH):
            await self._settle(doubt, now_ms)

    async def _settle(self, doubt: Doubt, now_ms: int) -> None:
        found = await self._asker.key(doubt.room, doubt.sender, doubt.key)
        is_said = found.seq is not None and not found.deleted
        if is_said or await self._asker.is_picture(doubt.room, doubt.key):
            await self._ledger.confirm(doubt)
            return
        await self._ledger.withdraw(doubt, now_ms)
        self._metrics.withdrawn.inc()

    async def settle_avatars(self, now_ms: int) -> None:
        """Find out of people whether they have the pictures that are doubted. Raises Unavailable.

        Auth gives a picture moments after it came, and each once: what nobody has by now, nobody
        will.
        """
        doubted = await self._avatars.doubted(now_ms - DOUBT_MS, limits.IDS_PER_QUERY)
        if not doubted:
            return
        had = await self._asker.avatars([one.user for one in doubted])
        for one in doubted:
            if one.object in had:
                await self._avatars.confirm(one)
            else:
                await self._avatars.remove(one.object, now_ms)
                self._metrics.withdrawn.inc()

    async def remove(self, now_ms: int) -> None:
        """Have the store be rid of what is left over. Raises StoreError, Unavailable."""
        for name in await self._ledger.due(now_ms, BATCH):
            try:
                await self._store.remove(name)
            except StoreError:
                self._metrics.store_errors.inc()
                raise
            await self._ledger.forget(name)
            self._metrics.removed.inc()

    async def report(self, _now_ms: int) -> None:
        """Have what was done in the audit log, which is auth's. Raises Unavailable."""
        if deeds := await self._deeds.oldest(limits.PAGE_ITEMS):
            await self._asker.note(deeds)
            await self._deeds.forget([deed.id for deed in deeds])

    async def measure(self, _now_ms: int) -> None:
        """Say how much is kept, and clear the spool. Raises Unavailable."""
        stored, left = await self._ledger.totals()
        self._metrics.stored_bytes.set(stored)
        self._metrics.leftovers.set(left)
        try:
            await self._spool.sweep()
        except OSError as error:
            raise StoreError(f"the spool cannot be read: {error.strerror}") from error
