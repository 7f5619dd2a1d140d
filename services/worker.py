"""A background task as a part of a service; what the task does is the caller's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class Worker:
    """Runs one coroutine function from start to stop.

    It is meant to run for ever: if it returns or raises, the service stops in order with exit
    code 1. `stop` cancels it and waits until it has cleaned up.
    """

    def __init__(self, name: str, run: Callable[[], Awaitable[object]]) -> None:
        self.name = name
        self._run = run
        self._task: asyncio.Future[object] | None = None

    async def start(self) -> None:
        self._task = asyncio.ensure_future(self._run())

    async def failure(self) -> BaseException:
        """Return why the work ended by itself; wait while it goes on."""
        if self._task is None:
            raise RuntimeError(f"{self.name} was not started")
        await asyncio.wait((self._task,))
        if self._task.cancelled():
            return RuntimeError(f"{self.name} was cancelled")
        return self._task.exception() or RuntimeError(f"{self.name} ended by itself")

    async def stop(self) -> None:
        """Cancel the work and wait for its end. Idempotent."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))
