"""Starts a part without waiting for it: what the service can do without. What it is, is its own."""

from __future__ import annotations

import asyncio

from services.lifecycle import Part


class Link:
    """A part whose start may take as long as it likes, while the service is up already.

    If the start fails for good, the service stops in order with exit code 1.
    """

    def __init__(self, part: Part) -> None:
        self.name = part.name
        self._part = part
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to start the part."""
        self._task = asyncio.create_task(self._part.start())

    async def failure(self) -> BaseException:
        """Return why the start failed; wait for ever if it does not."""
        if self._task is None:
            raise RuntimeError(f"{self.name} was not started")
        await asyncio.wait((self._task,))
        error = None if self._task.cancelled() else self._task.exception()
        return error or await asyncio.get_running_loop().create_future()

    async def stop(self) -> None:
        """Give up a start that is still going on, then stop the part."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))
        await self._part.stop()
