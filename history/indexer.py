"""Keeps the index of words behind the writer, which does not wait for it; it answers nobody.

The writer notes in its transaction which messages are new, edited or deleted. From there each is
indexed as it is then, so the order of the notes does not matter, nor how often one is done. Of all
replicas one at a time does it. While the writer has its hands full, the index rests: what is said
comes first.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from history import search_postgres, words
from history.metrics import HistoryMetrics
from history.progress import Progress
from history.search_postgres import Text
from history.writer import Writer
from proto import events, wire
from services import clock, logs_structlog
from services.pool_postgres import Pool
from services.problem import Unavailable

BATCH: Final = 500
IDLE_SECONDS: Final = 0.25
"""What is said is in the index so soon; whoever searches wakes it at once."""
REST_SECONDS: Final = 0.05
"""While the writer is behind, a batch so often, and no more."""
_PAUSE_SECONDS: Final = 1.0
_log = logs_structlog.get_logger()


class Indexer:
    """Runs for ever; `progress` says how far it is, over all replicas."""

    def __init__(self, pool: Pool, writer: Writer, metrics: HistoryMetrics) -> None:
        self.progress = Progress(lambda: search_postgres.indexed(pool))
        self._pool = pool
        self._writer = writer
        self._metrics = metrics
        self._wake = asyncio.Event()

    async def wait(self, seq: int) -> bool:
        """Return True as soon as everything up to `seq` is indexed, False when time is over."""
        self._wake.set()
        return await self.progress.wait(seq)

    async def run(self) -> None:
        """Index until cancelled; cancelling loses nothing."""
        while True:
            try:
                done = await self.step()
            except Unavailable:
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            except Exception:
                # Search is answered `unavailable` meanwhile; the rest of history goes on.
                _log.exception("indexing failed")
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            if self._writer.busy:
                await asyncio.sleep(REST_SECONDS)
            elif done < BATCH:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(IDLE_SECONDS):
                        await self._wake.wait()
                self._wake.clear()

    async def step(self) -> int:
        """Index a batch of what is due; answer how many messages. Raises Unavailable."""
        began = clock.monotonic()
        async with self._pool.transaction() as connection:
            texts = await search_postgres.due(connection, BATCH)
            if not texts:
                return 0
            await search_postgres.put(connection, texts, [_vector(text) for text in texts])
        self._metrics.indexed.inc(len(texts))
        self._metrics.index_seconds.observe(clock.monotonic() - began)
        return len(texts)

    async def stop(self) -> None:
        """Look no more."""
        await self.progress.stop()


def _vector(text: Text) -> str:
    event = wire.decode_event(text.body)
    return words.vector(event.text) if isinstance(event, events.Message) else ""
