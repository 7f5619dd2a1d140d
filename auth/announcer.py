"""Tells NATS what was revoked, once Postgres has it, however long NATS is away; ends nothing.

And who was renamed or has another picture, which is passing.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from auth.metrics import AuthMetrics
from auth.revocations_postgres import Revocations
from proto import calls, subjects, wire
from proto.shapes import User
from services import logs_structlog
from services.bus import BusError
from services.bus_nats import Bus
from services.problem import Unavailable

POLL_SECONDS: Final = 0.5
"""What another replica or the command line left behind, or NATS could not take, is told that much
later: sockets close within a second all the same."""
FLUSH_SECONDS: Final = 2.0
BATCH: Final = 500
_log = logs_structlog.get_logger()


class Announcer:
    """Publishes `calls.Revoked` at least once for every revocation.

    A revocation is announced by whoever sees it first; told twice it means the same.
    """

    def __init__(self, revocations: Revocations, bus: Bus, metrics: AuthMetrics) -> None:
        self._revocations = revocations
        self._bus = bus
        self._metrics = metrics
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look at once: something was revoked."""
        self._wake.set()

    def renamed(self, user: User, at_ms: int) -> None:
        """Tell that somebody is called otherwise, or looks otherwise.

        Passing: who misses it sees it in 15 minutes.
        """
        try:
            self._bus.publish(subjects.AUTH_RENAMED, wire.encode(calls.Renamed(user, at_ms)))
        except BusError as error:
            _log.warning("a change was not told", error=str(error))

    async def run(self) -> None:
        """Announce for ever; Postgres or NATS being away only delays it."""
        while True:
            self._wake.clear()
            self._metrics.bus_connected.set(self._bus.connected)
            try:
                more = await self.announce()
            except (Unavailable, BusError) as error:
                _log.warning("revocations not announced", error=str(error))
                more = False
            if not more:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._wake.wait()

    async def announce(self) -> bool:
        """Announce one batch; says whether there may be more.

        Raises:
            Unavailable: Postgres is away.
            BusError: NATS is; nothing is marked, and the batch is told again.
        """
        if not self._bus.connected:
            return False
        batch = await self._revocations.waiting(BATCH)
        if not batch:
            return False
        for entry in batch:
            self._bus.publish(subjects.AUTH_REVOKED, wire.encode(entry.revoked))
        # Marked only when the server has them: a publish alone may be lost with the connection.
        await self._bus.flush(FLUSH_SECONDS)
        await self._revocations.announced([entry.row for entry in batch])
        self._metrics.announced.inc(len(batch))
        return len(batch) == BATCH
