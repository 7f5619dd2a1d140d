"""Fetches icons and pictures of pages and has them painted; which ones is `icon`'s to say.

What came of one is kept in this process alone: pages of one site share an icon, and after a restart
it is asked for again.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Final, Literal
from weakref import WeakValueDictionary

from media import icon
from media.metrics import MediaMetrics
from media.painter import Painter
from media.spool import Spool
from media.store import StoreError
from services import clock
from services.outbound import OutboundError, Refused
from services.outbound_httpcore import Outbound
from services.problem import Problem

REDIRECTS: Final = 3
PAINT_SECONDS: Final = 5.0
"""For one, waiting for its turn included."""
FOUND_MS: Final = 24 * 3_600_000
LACKING_MS: Final = 10 * 60_000
KEPT: Final = 2_000
"""As many are kept of each kind, of a few KB each: 14 MB at most."""
_HEADERS: Final = {"accept": "image/webp,image/png,image/*;q=0.9"}


class PictureFinder:
    """Finds those of one kind. Looking one up twice does no harm."""

    def __init__(
        self,
        kind: Literal["icon", "thumbnail"],
        outbound: Outbound,
        spool: Spool,
        painter: Painter,
        metrics: MediaMetrics,
    ) -> None:
        """`painter` is for what links show alone."""
        self._kind: Literal["icon", "thumbnail"] = kind
        self._outbound = outbound
        self._spool = spool
        self._painter = painter
        self._metrics = metrics
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._known: OrderedDict[str, tuple[str | None, int]] = OrderedDict()

    async def find(self, url: str, seconds: float, max_bytes: int) -> str | None:
        """What is at `url`, as `LinkPreview` has it; None if nothing is, for whatever reason.

        It is fetched within `seconds` and `max_bytes`. Never raises; cancelling is safe.
        """
        # One who looks for the same waits, and finds it kept.
        lock = self._locks.setdefault(url, asyncio.Lock())
        async with lock:
            found, until_ms = self._known.get(url, (None, 0))
            if until_ms > clock.now_ms():
                self._metrics.link_pictures.labels(self._kind, "known").inc()
                return found
            outcome, found = await self._asked(url, seconds, max_bytes)
            self._metrics.link_pictures.labels(self._kind, outcome).inc()
            self._keep(url, found)
            return found

    def _keep(self, url: str, found: str | None) -> None:
        kept_ms = LACKING_MS if found is None else FOUND_MS
        self._known[url] = found, clock.now_ms() + kept_ms
        self._known.move_to_end(url)
        if len(self._known) > KEPT:
            self._known.popitem(last=False)

    async def _asked(self, url: str, seconds: float, max_bytes: int) -> tuple[str, str | None]:
        """What came of asking, and the picture."""
        try:
            answer = await self._outbound.ask(
                "GET",
                url,
                seconds=seconds,
                max_bytes=max_bytes,
                headers=_HEADERS,
                redirects=REDIRECTS,
            )
        except OutboundError as error:
            return "refused" if isinstance(error, Refused) else "unreachable", None
        # By what it is: many sites answer a page for whatever is not there.
        if answer.status != 200 or not icon.is_image(answer.body):
            return "nothing", None
        try:
            async with asyncio.timeout(PAINT_SECONDS):
                found = await self._painted(answer.body)
        except (Problem, StoreError, OSError, TimeoutError):
            return "nothing", None
        return "found", found

    async def _painted(self, data: bytes) -> str:
        async with self._spool.desk() as desk:
            source = desk / "original"
            await asyncio.to_thread(source.write_bytes, data)
            return (await self._painter.paint(source, desk, self._kind)).preview
