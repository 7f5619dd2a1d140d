"""Keeps presence told of who is connected here: leases renewed in bulk; it decides no status."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from itertools import islice

from gateway.connection import Connection
from gateway.roster import Roster
from proto import calls, codes, limits, subjects, wire
from services import logs_structlog
from services.bus import BusError
from services.bus_nats import Bus

_BATCH = 500
"""Leases in one call: about 50 KB."""
_GATHER_SECONDS = 0.05
"""Arrivals and departures wait that long for company."""
_STATUS_SECONDS = 1.0
"""Statuses that change are told so often at most, however often they do."""
_ANSWER_SECONDS = 2.0
_LEFT = 1001
"""What a browser closes with when its page goes: nobody else comes in its place."""
_log = logs_structlog.get_logger()


class Renewer:
    """Presence away is no fault of the gateway's: the next round says it all again."""

    def __init__(self, bus: Bus, roster: Roster, gateway: str) -> None:
        self._bus = bus
        self._roster = roster
        self._gateway = gateway
        self._begun: dict[Connection, None] = {}
        self._ended: list[calls.Lease] = []
        self._broken: list[calls.Lease] = []
        self._told: set[str] = set()
        self._wake = asyncio.Event()
        self._changed: dict[Connection, None] = {}
        self._changes_due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, connection: Connection) -> None:
        """A connection is live."""
        self._told.add(connection.id)
        self._begun[connection] = None
        self._wake.set()

    def end(self, connection: Connection, code: int) -> None:
        """A connection that may have been live is gone; `code` says how it closed.

        Whoever is to come back, and did not leave, lingers: others see nothing of it in between.
        """
        self._begun.pop(connection, None)
        self._changed.pop(connection, None)
        if connection.id in self._told:
            self._told.discard(connection.id)
            lingers = codes.should_reconnect(code) and code != _LEFT
            (self._broken if lingers else self._ended).append(_lease(connection))
            self._wake.set()

    def change(self, connection: Connection) -> None:
        """A connection shows another status: told soon, as it is by then, and once a second."""
        self._changed[connection] = None
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(self._changes_due, self._wake.set)

    async def run(self) -> None:
        """Tell changes soon and everything every `LEASE_RENEW_SECONDS`, for ever."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            try:
                async with asyncio.timeout_at(due):
                    await self._wake.wait()
                    await asyncio.sleep(_GATHER_SECONDS)
                await self._tell_changes()
            except TimeoutError:
                due = loop.time() + limits.LEASE_RENEW_SECONDS
                await self._tell_all()

    async def end_all(self) -> None:
        """Tell what is still to be told, before the process ends."""
        await self._tell_changes()

    async def _tell_changes(self) -> None:
        self._wake.clear()
        ended, self._ended = self._ended, []
        broken, self._broken = self._broken, []
        begun, self._begun = self._begun, {}
        now = asyncio.get_running_loop().time()
        if self._changed and now >= self._changes_due:
            begun |= self._changed
            self._changed, self._timer = {}, None
            self._changes_due = now + _STATUS_SECONDS
        await self._end(ended, lingers=False)
        await self._end(broken, lingers=True)
        await self._renew(map(_lease, begun))

    async def _tell_all(self) -> None:
        live = (_lease(c) for c in list(self._roster.connections) if c.is_live)
        await self._renew(live)

    async def _renew(self, leases: Iterable[calls.Lease]) -> None:
        for batch in _batches(leases):
            await self._call(subjects.PRESENCE_RENEW, calls.RenewCall(self._gateway, batch))

    async def _end(self, leases: Iterable[calls.Lease], *, lingers: bool) -> None:
        for batch in _batches(leases):
            call = calls.EndCall(self._gateway, batch, lingers)
            await self._call(subjects.PRESENCE_END, call)

    async def _call(self, subject: str, call: calls.RenewCall | calls.EndCall) -> None:
        try:
            await self._bus.request(subject, wire.encode(call), _ANSWER_SECONDS)
        except BusError as error:
            _log.warning("presence could not be told", subject=subject, error=str(error))


def _lease(connection: Connection) -> calls.Lease:
    user = connection.claims.sub if connection.claims is not None else ""
    return calls.Lease(user, connection.id, connection.status, connection.since_ms)


def _batches(leases: Iterable[calls.Lease]) -> Iterator[list[calls.Lease]]:
    rest = iter(leases)
    while batch := list(islice(rest, _BATCH)):
        yield batch
