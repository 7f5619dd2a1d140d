"""Watches for what must not be missed: revoked sessions, and signs that events were lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress

from gateway.admitter import Admitter
from gateway.fanout import Entry, Fanout
from gateway.metrics import GatewayMetrics
from gateway.roster import Person, Roster
from proto import calls
from proto.codes import CloseCode
from services import logs_structlog
from services.bus import BusError, Loss
from services.bus_nats import Bus
from services.revocations import Revocations

_PAUSE_SECONDS = 1.0
_LOOK_SECONDS = 5.0
_ROUND = 12
"""Looks in which every room is compared with the log once: a lost event is found in a minute."""
_RECHECKS_AT_ONCE = 16
_START_SECONDS = 30.0
_log = logs_structlog.get_logger()


class Watcher:
    """Mends what was missed after every loss, and closes the sockets of whoever was signed out."""

    name = "watcher"

    def __init__(
        self,
        bus: Bus,
        roster: Roster,
        fanout: Fanout,
        admitter: Admitter,
        revocations: Revocations,
        metrics: GatewayMetrics,
    ) -> None:
        self._bus = bus
        self._roster = roster
        self._fanout = fanout
        self._admitter = admitter
        self._revocations = revocations
        self._metrics = metrics
        self._lost = asyncio.Event()
        self._unchecked: list[Entry] = []
        self._share = 0
        self._task: asyncio.Task[None] | None = None
        revocations.on_revoked = self._revoke
        bus.on_loss.append(self._on_loss)

    async def start(self) -> None:
        """Wait for what was revoked before this gateway lived: nobody is let in before that.

        Raises:
            BusError: auth did not tell within half a minute.
        """
        if not await self._revocations.current(_START_SECONDS):
            raise BusError("auth did not tell what was revoked")
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End; idempotent."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    def _on_loss(self, reason: Loss) -> None:
        self._metrics.losses.labels(reason).inc()
        if reason != "disconnected":
            self._lost.set()

    def _revoke(self, revoked: calls.Revoked) -> None:
        """Close the sockets that a revocation is about, and note how long it took to get here."""
        person = self._roster.get(revoked.user)
        if person is None:
            return
        for connection in list(person.connections):
            claims = connection.claims
            if claims is None or connection.is_over or not self._revocations.is_void(claims):
                continue
            self._metrics.kicked("revoked", revoked.at_ms)
            connection.close(CloseCode.REVOKED, "signed out")

    async def _run(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._lost.wait()
            mending = self._lost.is_set()
            self._lost.clear()
            try:
                await (self._catch_up() if mending else self._look())
            except Exception as error:
                # It must go on whatever happens: nobody else finds what was lost.
                _log.warning("not mended yet", loss=mending, error=repr(error))
                if mending:
                    self._lost.set()
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _look(self) -> None:
        """Without any sign of loss, compare some rooms with the log all the same."""
        if not self._bus.connected:
            return
        if not self._unchecked:
            self._unchecked = self._fanout.entries()
            self._share = -(-len(self._unchecked) // _ROUND)
        some, self._unchecked = self._unchecked[: self._share], self._unchecked[self._share :]
        await self._fanout.check(some)

    async def _catch_up(self) -> None:
        """After a loss: rooms first, then who was let in; who was signed out is asked beside it."""
        await self._fanout.check(self._fanout.entries())
        people = iter(self._roster)
        rechecks = (self._recheck(people) for _ in range(_RECHECKS_AT_ONCE))
        # All of them end before the next try begins, so that tries do not pile up.
        for outcome in await asyncio.gather(*rechecks, return_exceptions=True):
            if outcome is not None:
                raise outcome
        _log.info("loss mended", rooms=len(self._fanout))

    async def _recheck(self, people: Iterator[Person]) -> None:
        """Take people from the shared iterator until there are none left."""
        for person in people:
            if person.connections:
                await self._admitter.recheck(person)
