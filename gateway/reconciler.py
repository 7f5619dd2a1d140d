"""Reads again how the people are who are watched here: what was told may have been lost on the way.

Presence tells of changes at most once; so nothing stays wrong for longer than a round. It decides
nothing: what is read goes the way of a change.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from gateway.onlooker import Onlooker
from proto import limits
from services import logs_structlog
from services.bus import BusError, Loss
from services.bus_nats import Bus

_LOOK_SECONDS = 1.0
_ROUND = 15
"""Looks in which everyone is read once: one call a look, for all connections together, up to
7,500 people watched here, and a call more for each 7,500 beyond."""
_log = logs_structlog.get_logger()


class Reconciler:
    """While presence is away it just goes on; after a lost connection everyone is read at once."""

    def __init__(self, bus: Bus, onlooker: Onlooker) -> None:
        self._bus = bus
        self._onlooker = onlooker
        self._lost = asyncio.Event()
        self._unread: list[str] = []
        self._share = 0
        bus.on_loss.append(self._on_loss)

    async def run(self) -> None:
        """Look for ever."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._lost.wait()
            everyone = self._lost.is_set()
            self._lost.clear()
            try:
                await self.look(everyone=everyone)
            except Exception as error:
                if not isinstance(error, BusError):
                    _log.exception("presence could not be compared")
                if everyone:
                    self._lost.set()
                    await asyncio.sleep(_LOOK_SECONDS)

    async def look(self, *, everyone: bool) -> None:
        """Read the next share of those watched, or all of them.

        Raises:
            BusError: presence could not be asked.
        """
        if not self._bus.connected:
            return
        if everyone or not self._unread:
            self._unread = self._onlooker.watchlist.users()
            self._share = len(self._unread) if everyone else -(-len(self._unread) // _ROUND)
        some, self._unread = self._unread[: self._share], self._unread[self._share :]
        for start in range(0, len(some), limits.WATCH_USERS):
            await self._onlooker.read(some[start : start + limits.WATCH_USERS])

    def _on_loss(self, reason: Loss) -> None:
        if reason != "disconnected":
            self._lost.set()
