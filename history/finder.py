"""Finds the newest messages that have the words, in bounded time; who may see them was decided.

There are two ways, and none is good for every word. To look through the newest messages, a stretch
of the log at a time, is quick for what is said often. The index knows at once where a rare word is,
but of a common one it has to fetch every message. So it begins with a look at the newest, asks the
index next, which gets so much time and no more, and looks on from there if the index had too many.
When time is over it says how far it came: who asks again goes on there.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from history import search_postgres
from history.search_postgres import Found, Source, Wanted
from history.walk import ENOUGH, Walk
from services import clock
from services.pool_postgres import Pool
from services.problem import Unavailable

STEP_SECONDS: Final = 1.0
"""What one question to Postgres may take."""
SECONDS: Final = 2.5
"""What is not found by then is left to the next page."""
FEW: Final = 200_000
"""Messages that the index may have to fetch, to be sorted; of more the newest are looked for."""
SKEW_MS: Final = 120_000
"""The times of messages may be so far from the order of the log: clocks of gateways differ."""
_NEAR: Final = 1_024
"""Places of the log between which it makes no difference where one begins."""


class Answer(NamedTuple):
    """Messages, the newest first; below `next` there may be more, None: there are none."""

    found: list[Found]
    next: int | None


class Finder:
    """Reads the index of words in Postgres; raises Unavailable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find(self, sources: list[Source], wanted: Wanted, limit: int) -> Answer:
        """The newest messages of these rooms, at most `limit`; fewer, if time was over."""
        until = clock.monotonic() + SECONDS
        wanted = await self._in_time(sources, wanted)
        top = max((source.last for source in sources), default=0)
        walk = Walk(min(wanted.below, top + 1), wanted.above, alone=len(sources) == 1)
        found: list[Found] = []
        asked_index = False
        while len(found) <= limit and not walk.is_over:
            found += await self._look(sources, wanted, walk, limit + 1 - len(found))
            if len(found) > limit or walk.is_over:
                break
            if not asked_index:
                asked_index = True
                left = wanted._replace(below=walk.below)
                rest = await self._by_index(sources, left, limit + 1 - len(found))
                if rest is not None:
                    return _answer(found + rest, limit, None)
            if clock.monotonic() > until:
                break
        return _answer(found, limit, None if walk.is_over else walk.below)

    async def _look(
        self, sources: list[Source], wanted: Wanted, walk: Walk, limit: int
    ) -> list[Found]:
        """Look through the next stretch."""
        while True:
            above = walk.stretch_above
            looked = await search_postgres.look(
                self._pool,
                [source.room for source in sources if source.last > above],
                wanted._replace(below=walk.below, above=above),
                limit,
                most=ENOUGH,
                seconds=STEP_SECONDS,
            )
            if looked is not None:
                walk.went(looked.below, looked.looked_at)
                return looked.found
            if not walk.narrow():
                raise Unavailable("the database is too slow to search now")

    async def _by_index(
        self, sources: list[Source], wanted: Wanted, limit: int
    ) -> list[Found] | None:
        """The newest of all there are; None if they are too many, or take too long to get."""
        return await search_postgres.find(
            self._pool,
            [source.room for source in sources if source.last > wanted.above],
            wanted,
            limit,
            most=FEW,
            seconds=STEP_SECONDS,
        )

    async def _in_time(self, sources: list[Source], wanted: Wanted) -> Wanted:
        """The same with places where there are times, so that nobody looks through the rest."""
        top = max((source.last for source in sources), default=0) + 1
        below, above = min(wanted.below, top), wanted.above
        if wanted.before_ms < search_postgres.LAST_MS:
            below = (await self._between(sources, wanted.before_ms + SKEW_MS, above, below))[1]
        if wanted.after_ms > 0:
            low = (await self._between(sources, wanted.after_ms - SKEW_MS, above, below))[0]
            above = max(above, low - 1)
        return wanted._replace(below=below, above=above)

    async def _between(
        self, sources: list[Source], time_ms: int, low: int, high: int
    ) -> tuple[int, int]:
        """Two places near each other: what was said below the first was said before a time, and
        what was said from the second on not before it, as far as clocks agree."""
        rooms = [source.room for source in sources]
        while high - low > _NEAR:
            middle = (low + high) // 2
            last_ms = await search_postgres.time_at(self._pool, rooms, middle)
            if last_ms is None or last_ms < time_ms:
                low = middle
            else:
                high = middle
        return low, high


def _answer(found: list[Found], limit: int, below: int | None) -> Answer:
    if len(found) > limit:
        return Answer(found[:limit], found[limit - 1].seq)
    return Answer(found, below)
