"""Several processes: each started after those it needs, all stopped in waves; not what they are."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

from services.local.logfile import ROTATE_SECONDS, LogFile
from services.local.process import Child, Spec


class Stack:
    """The supervised processes of one data directory. All methods on one event loop."""

    def __init__(
        self, specs: Sequence[Spec], logs: Path, changed: Callable[[Child], None] | None = None
    ) -> None:
        """Start nothing; `changed` hears of each start, readiness and end of a process."""
        tell = changed or (lambda _: None)
        self.children = {
            spec.name: Child(spec, LogFile(logs / f"{spec.name}.log"), tell) for spec in specs
        }
        self._rotating: asyncio.Task[None] | None = None
        self._ready = {spec.name: asyncio.Event() for spec in specs}

    async def start(self) -> None:
        """Start everything, as much at once as `after` allows; return when all is ready.

        When one fails, or on cancellation, all that was started is stopped.

        Raises:
            LocalError: the first process that could not be brought up, and why.
        """
        self._rotating = asyncio.create_task(self._rotate_logs(), name="rotate logs")
        starts = [asyncio.create_task(self._start(child)) for child in self.children.values()]
        try:
            await asyncio.gather(*starts)
        except BaseException:
            for task in starts:
                task.cancel()
            await asyncio.gather(*starts, return_exceptions=True)
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop everything, wave after wave by `stop_order`. Idempotent."""
        order = sorted(self.children.values(), key=lambda child: child.spec.stop_order)
        for _, wave in groupby(order, key=lambda child: child.spec.stop_order):
            await asyncio.gather(*(child.stop() for child in wave))
        if self._rotating is not None:
            self._rotating.cancel()

    def kill(self) -> None:
        """Kill every process at once; `stop` must have been called."""
        for child in self.children.values():
            child.kill()

    async def _rotate_logs(self) -> None:
        while True:
            await asyncio.sleep(ROTATE_SECONDS)
            for child in self.children.values():
                child.rotate_log()

    async def _start(self, child: Child) -> None:
        for name in child.spec.after:
            await self._ready[name].wait()
        await child.start()
        self._ready[child.spec.name].set()
