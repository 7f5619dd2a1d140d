"""Requests that look for words in what one may read."""

from __future__ import annotations

from msgspec import UNSET

from history import page, queries, rooms_postgres, search_postgres, words
from history.decider import check
from history.finder import Finder
from history.indexer import Indexer
from history.presenter import Presenter
from history.reader import Reader
from history.rights import Right
from history.search_postgres import Found, Source, Wanted
from history.words import Term
from proto import limits
from proto.codes import ErrorCode
from proto.shapes import Hit, Hits
from services.http import Problem, Request, Response, claims, query_id, query_int, query_text, reply
from services.meter import Limited, Meter
from services.pool_postgres import Pool
from services.problem import Unavailable


class SearchRequests:
    """The one endpoint; it raises Problem."""

    def __init__(
        self, pool: Pool, reader: Reader, indexer: Indexer, presenter: Presenter, meter: Meter
    ) -> None:
        self._meter = meter
        self._presenter = presenter
        self._pool = pool
        self._reader = reader
        self._indexer = indexer
        self._finder = Finder(pool)

    async def search(self, request: Request) -> Response:
        """Messages that have all the words, the newest first, with the places of the words."""
        caller = await claims(request)
        terms = _terms(request)
        limit = query_int(request, "limit", limits.SEARCH_HITS, 1, limits.SEARCH_HITS)
        room, sender = query_id(request, "room"), query_id(request, "sender")
        before = query_int(request, "before", search_postgres.LAST_MS, 0)
        after = query_int(request, "after", -1, 0)
        cursor = queries.cursor(request, int)
        below, times = limits.SEQ_MAX + 1, (before, after)
        if room is not None:
            below, after, times = before, max(after, 0), (search_postgres.LAST_MS, -1)
        wanted = Wanted(
            words.condition(terms),
            sender,
            below if cursor is None else min(below, cursor),
            after if room is not None else 0,
            *times,
        )
        try:
            await self._meter.take("searches", caller.sub)
        except Limited as limited:
            raise limited.problem() from None
        # Before one waits, or what was said meanwhile would lie beyond the last event of its room.
        await self._catch_up()
        sources = await self._sources(caller.sub, room)
        answer = await self._finder.find(sources, wanted, limit)
        hits = await self._hits(answer.found, terms, caller.sub)
        more = UNSET if answer.next is None else page.encode_cursor(answer.next)
        return reply(Hits(hits=hits, next=more))

    async def _sources(self, user: str, room: str | None) -> list[Source]:
        """The caller's own rooms, or the one that is named, where they may read it."""
        if room is None:
            return await search_postgres.rooms(self._pool, user)
        place = await rooms_postgres.place(self._pool, room, user)
        if place is None:
            raise Problem(ErrorCode.NOT_FOUND, "there is no such room")
        check(Right.READ, place)
        return [Source(room, await rooms_postgres.head(self._pool, room))]

    async def _hits(self, found: list[Found], terms: list[Term], reader: str) -> list[Hit]:
        """The messages as they are now, without those that have the words no more."""
        places: dict[str, list[int]] = {}
        for one in found:
            places.setdefault(one.room, []).append(one.seq)
        hits = [
            Hit(room=room, message=message, highlights=[list(place) for place in where])
            for room, seqs in places.items()
            for message in await self._presenter.some(room, seqs, reader)
            if (where := words.highlights(message.text, terms)) is not None
        ]
        return sorted(hits, key=lambda hit: -hit.message.seq)

    async def _catch_up(self) -> None:
        """Return when all that was acknowledged before the call can be found, or not any more."""
        last = await self._reader.catch_up_all()
        if not await self._indexer.wait(last):
            raise Unavailable("what was said last cannot be found yet")


def _terms(request: Request) -> list[Term]:
    text = query_text(request, "q", maximum_characters=limits.SEARCH_CHARACTERS)
    terms = words.query(text or "")
    if terms is None:
        message = f"q has more than {words.QUERY_WORDS} words"
        raise Problem(ErrorCode.INVALID, message, field="q")
    if not terms:
        message = "q needs a word: letters, digits or an emoji; all other signs only part words"
        raise Problem(ErrorCode.INVALID, message, field="q")
    return terms
