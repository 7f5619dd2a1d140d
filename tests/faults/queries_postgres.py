"""How much Postgres is asked, second by second, by its own count (pg_stat_statements)."""

from __future__ import annotations

import asyncio
from types import TracebackType

import asyncpg

SAMPLE_SECONDS = 0.25
_CALLS = "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements"


class Queries:
    """Counts while it is entered. Its own question, four times a second, is among them."""

    def __init__(self, url: str) -> None:
        """`url` of a database whose server loads pg_stat_statements."""
        self._url = url
        self._samples: list[tuple[float, int]] = []
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Queries:
        self._connection = await asyncpg.connect(self._url)
        await self._connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        self._task = asyncio.create_task(self._sample())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._connection.close()

    @property
    def peak_per_second(self) -> int:
        """The most statements a second, over any four samples, about a second."""
        samples = self._samples
        pairs = zip(samples, samples[4:], strict=False)
        return round(max(((c2 - c1) / (t2 - t1) for (t1, c1), (t2, c2) in pairs), default=0))

    async def _sample(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            calls = await self._connection.fetchval(_CALLS)
            self._samples.append((loop.time(), calls))
            await asyncio.sleep(SAMPLE_SECONDS)
