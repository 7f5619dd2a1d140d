"""Tells those who watch a person what changed of them; what changed, Redis knows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from presence.agenda import Agenda
from presence.leases_redis import Leases
from presence.metrics import PresenceMetrics
from proto import limits, subjects, wire
from proto.calls import Seen
from services import clock
from services.bus import BusError
from services.bus_nats import Bus
from services.worker import Worker

WINDOW_SECONDS: Final = 0.25
MOST: Final = 50_000
"""People of whom others are still to be told; about 6 MB. Beyond it the oldest are dropped."""


class Teller:
    """Publishes changes on `subjects.presence_changed`; a part of the service, after bus and store.

    Of one change one message is published, whoever watches: NATS brings it once to each gateway
    that has a watcher. At most `limits.WATCH_USERS` people are told of in a window.

    A person's changes are gathered for `WINDOW_SECONDS` after the first, over all replicas: what
    is told is what Redis holds then, by the replica that asks it first, and nothing if that is
    what others last heard. While NATS or Redis is away it waits, within its bound.

    This is best effort: what a replica took from Redis and could not publish because it died or
    heard no answer, or what NATS lost, nobody tells again. Gateways read now and then, and after a
    loss.
    """

    name = "teller"

    def __init__(
        self,
        bus: Bus,
        leases: Leases,
        metrics: PresenceMetrics,
        *,
        window_seconds: float = WINDOW_SECONDS,
        most: int = MOST,
    ) -> None:
        self._bus = bus
        self._leases = leases
        self._metrics = metrics
        self._agenda = Agenda(window_seconds, most)
        self._wake = asyncio.Event()
        self._is_stopping = False
        self._worker = Worker(self.name, self._run)
        leases.on_change.append(self._changed)
        bus.on_connected.append(self._wake.set)

    async def start(self) -> None:
        """Begin to tell."""
        await self._worker.start()

    async def failure(self) -> BaseException:
        """Return why it ended by itself; wait while it goes on."""
        return await self._worker.failure()

    async def stop(self) -> None:
        """Tell what is still to be told, without gathering more, and end."""
        self._is_stopping = True
        self._wake.set()
        try:
            # It is not cut off between taking something from Redis and publishing it.
            await self._worker.failure()
        finally:
            await self._worker.stop()

    def _changed(self, changes: Sequence[Seen]) -> None:
        self._add([seen.user for seen in changes])

    def _add(self, users: Sequence[str]) -> None:
        self._metrics.told("dropped", self._agenda.add(users, clock.monotonic()))
        self._wake.set()

    async def _run(self) -> None:
        while not self._is_stopping:
            await self._wait()
            if self._bus.connected:
                await self._tell(self._agenda.take(clock.monotonic(), limits.WATCH_USERS))
        users = self._agenda.take(float("inf"), len(self._agenda))
        for start in range(0, len(users), limits.WATCH_USERS):
            await self._tell(users[start : start + limits.WATCH_USERS])

    async def _wait(self) -> None:
        """Return when somebody is due and NATS there, or something else is to be looked at."""
        self._wake.clear()
        at = self._agenda.next_at() if self._bus.connected else None
        seconds = None if at is None else max(0.0, at - clock.monotonic())
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _tell(self, users: Sequence[str]) -> None:
        if not users:
            return
        untold = await self._leases.untold(users)
        unchanged = len(users) - len(untold.people) - len(untold.left)
        self._metrics.told("unchanged", unchanged)
        for seen in untold.people:
            try:
                self._bus.publish(subjects.presence_changed(seen.user), wire.encode(seen))
            except BusError:
                self._metrics.told("dropped", 1)
            else:
                self._metrics.told("told", 1)
        # After another window: Redis is away, or a part of it.
        self._add(untold.left)
