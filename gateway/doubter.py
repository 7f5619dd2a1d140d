"""Has history asked again who may see whom, when they may have stopped sharing a room.

Until it has answered, nobody in doubt is shown to anyone but themselves: it is asked until it does.
What the doubt does to what is shown is `watchlist`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from gateway.onlooker import Onlooker
from services import logs_structlog
from services.bus import Loss
from services.bus_nats import Bus

_AT_ONCE = 8
_GATHER_SECONDS = 0.05
"""Doubts wait that long for company: many about one person become one question."""
_PAUSE_SECONDS = 1.0
_log = logs_structlog.get_logger()


class Doubter:
    """Doubts are raised at once and settled in the background, each person once a round."""

    def __init__(self, bus: Bus, onlooker: Onlooker) -> None:
        self._bus = bus
        self._onlooker = onlooker
        self._wake = asyncio.Event()
        bus.on_loss.append(self._on_loss)

    def doubt(self, user: str) -> None:
        """Trust no more, from now on, that anyone shares a room with this person."""
        if self._onlooker.watchlist.doubt(user):
            self._wake.set()

    async def run(self) -> None:
        """Settle doubts for ever."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(_GATHER_SECONDS)
            self._wake.clear()
            if self._bus.connected and not await self._settle():
                await asyncio.sleep(_PAUSE_SECONDS)
                self._wake.set()

    async def _settle(self) -> bool:
        """Ask about everyone in doubt; False if somebody still is because an answer failed."""
        users = iter(self._onlooker.watchlist.doubted())
        rounds = (self._settle_some(users) for _ in range(_AT_ONCE))
        failed = [error for error in await asyncio.gather(*rounds) if error is not None]
        if failed:
            _log.warning("who may see whom is not known", error=repr(failed[0]))
        return not failed

    async def _settle_some(self, users: Iterator[str]) -> Exception | None:
        """Take people from the shared iterator until there are none left, or one fails."""
        for user in users:
            try:
                await self._onlooker.settle(user)
            except Exception as error:
                # Whatever it is: nobody else asks, and until it is answered nothing is shown.
                return error
        return None

    def _on_loss(self, reason: Loss) -> None:
        # Word of who left may be lost from the disconnection on; after it history can be asked.
        if self._onlooker.watchlist.doubt_all() and reason != "disconnected":
            self._wake.set()
