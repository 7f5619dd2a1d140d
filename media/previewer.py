"""Looks up what links lead to: asks the servers of strangers, as `outbound` lets it.

What was found is kept for a day, what was not for ten minutes, so that a link that many share is
asked about once in a while. The page is read in a thread, for at most a second; then its icon and
its picture are looked up in what is left of the link's time, and without them it is shown as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final
from weakref import WeakValueDictionary

from msgspec import UNSET

from media import head, icon
from media.links_postgres import Links
from media.metrics import MediaMetrics
from media.picture_finder import FOUND_MS, LACKING_MS, PictureFinder
from proto.previews import LinkPreview
from services import clock
from services.outbound import Answer, OutboundError, Refused
from services.outbound_httpcore import Outbound

SECONDS: Final = 5.0
"""For one link: its page, its icon and its picture, redirects included; not for painting them."""
LINK_BYTES: Final = 524_288
"""Of the page and the icon together; and of the picture, which has more than that or is none."""
PAGE_BYTES: Final = LINK_BYTES - 65_536
"""As much of a page is read; what comes after it is not asked for."""
ICON_BYTES: Final = 262_144
"""At most, if the page leaves so many."""
REDIRECTS: Final = 3
READ_SECONDS: Final = 1.0
KEPT: Final = 50_000
"""Links of which something is kept at a time."""
_HEADERS: Final = {"accept": "text/html, application/xhtml+xml;q=0.9"}


class Previewer:
    """Looking one up twice does no harm."""

    def __init__(
        self,
        outbound: Outbound,
        links: Links,
        icons: PictureFinder,
        thumbnails: PictureFinder,
        metrics: MediaMetrics,
        own: str,
    ) -> None:
        """`own`: the address of this Parley, whose pages tell nothing of where a link leads."""
        self._own = own
        self._outbound = outbound
        self._links = links
        self._icons = icons
        self._thumbnails = thumbnails
        self._metrics = metrics
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def look_up(self, urls: Sequence[str]) -> list[LinkPreview]:
        """What these links lead to, in their order; those that tell nothing are left out.

        Raises:
            Unavailable: Postgres is away.
        """
        found = await asyncio.gather(*(self._known(url) for url in dict.fromkeys(urls)))
        return [preview for preview in found if preview is not None]

    async def prune(self, now_ms: int) -> None:
        """Forget what is over. Raises Unavailable."""
        await self._links.prune(now_ms, KEPT)

    async def _known(self, url: str) -> LinkPreview | None:
        # One who asks for the same waits for the answer, and finds it kept.
        lock = self._locks.setdefault(url, asyncio.Lock())
        async with lock:
            known = await self._links.get(url, clock.now_ms())
            if known is not None:
                self._metrics.previews.labels("known").inc()
                return known.preview
            with self._metrics.preview_seconds.time():
                outcome, preview = await self._asked(url)
            self._metrics.previews.labels(outcome).inc()
            kept_ms = LACKING_MS if preview is None else FOUND_MS
            await self._links.put(url, preview, clock.now_ms() + kept_ms)
            return preview

    async def _asked(self, url: str) -> tuple[str, LinkPreview | None]:
        """What came of asking, and what the page says."""
        if url == self._own or url.startswith(self._own + "/"):
            return "nothing", None
        until = clock.monotonic() + SECONDS
        try:
            answer = await self._outbound.ask(
                "GET",
                url,
                seconds=SECONDS,
                max_bytes=PAGE_BYTES,
                headers=_HEADERS,
                redirects=REDIRECTS,
                cut=True,
            )
        except OutboundError as error:
            return "refused" if isinstance(error, Refused) else "unreachable", None
        found = await asyncio.to_thread(_read, answer) if answer.status == 200 else None
        if found is None:
            return "nothing", None
        seconds = until - clock.monotonic()
        own, thumbnail = await asyncio.gather(
            self._icons.find(
                icon.address(answer.url, found.base, found.icons),
                seconds,
                min(ICON_BYTES, LINK_BYTES - len(answer.body)),
            ),
            self._thumbnail(answer.url, found, seconds),
        )
        return "found", LinkPreview(
            url=url,
            title=found.title,
            description=found.description or UNSET,
            site=found.site or UNSET,
            icon=own or UNSET,
            thumbnail=thumbnail or UNSET,
        )

    async def _thumbnail(self, page: str, found: head.Head, seconds: float) -> str | None:
        url = icon.joined(page, found.base, found.picture) if found.picture else None
        return None if url is None else await self._thumbnails.find(url, seconds, LINK_BYTES)


def _read(answer: Answer) -> head.Head | None:
    over = clock.monotonic() + READ_SECONDS
    kind = answer.headers.get("content-type", "")
    return head.read(answer.body, kind, lambda: clock.monotonic() > over)
