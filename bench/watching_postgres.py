"""How far history has come, read in Postgres itself: it says so to nobody as often as is needed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg

_LOOK_SECONDS = 0.01
Until = Callable[[int, float], Awaitable[None]]


@asynccontextmanager
async def watching(url: str) -> AsyncIterator[Until]:
    """Give a function that returns when everything up to a sequence is stored, or raises in time.

    Raises:
        TimeoutError: by that function.
    """
    connection = await asyncpg.connect(url, server_settings={"search_path": "history"})

    async def until(sequence: int, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while await _stored(connection) < sequence:  # noqa: ASYNC110 - there is no event
                await asyncio.sleep(_LOOK_SECONDS)

    try:
        yield until
    finally:
        await connection.close()


async def _stored(connection: asyncpg.Connection) -> int:
    return int(await connection.fetchval("SELECT max(seq) FROM position") or 0)
