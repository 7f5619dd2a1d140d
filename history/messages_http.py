"""Requests about what was said in a room: pages and the read mark."""

from __future__ import annotations

from history import events_postgres, page, rooms_postgres
from history.decider import check
from history.events_postgres import Window
from history.marker import Marker
from history.queries import limit_of
from history.reader import Reader
from history.rights import Right
from proto import limits
from proto.codes import ErrorCode
from proto.shapes import Page, SetRead
from services.http import Problem, Request, Response, body, claims, path_id, query_int, reply
from services.pool_postgres import Pool

_PLACES = ("before", "after", "around")


class MessageRequests:
    """One method for each endpoint; each raises Problem."""

    def __init__(self, pool: Pool, reader: Reader, marker: Marker) -> None:
        self._pool = pool
        self._reader = reader
        self._marker = marker

    async def list(self, request: Request) -> Response:
        """Messages, oldest first: the newest, or those before, after or around a place."""
        caller, room = await claims(request), path_id(request, "room")
        limit = limit_of(request)
        given = {name: query_int(request, name, None) for name in _PLACES}
        asked = {name: seq for name, seq in given.items() if seq is not None}
        if len(asked) > 1:
            message = "give one of before, after and around"
            raise Problem(ErrorCode.INVALID, message, field=[*asked][1])
        await self._may_read(room, caller.sub)
        window = await self._window(room, asked, limit)
        messages = [
            page.message(stored.body, stored.seq, stored.prev, deleted=stored.deleted)
            for stored in window.messages
        ]
        return reply(Page(messages=messages, more=window.more, as_of_seq=window.as_of))

    async def read(self, request: Request) -> Response:
        """Where the caller's read mark is now, and what is unread above it."""
        caller, room = await claims(request), path_id(request, "room")
        wanted = await body(request, SetRead)
        mark = await self._marker.read(room, caller.sub, wanted.seq, back=wanted.back)
        if mark is None:
            await self._may_read(room, caller.sub)
            raise Problem(ErrorCode.FORBIDDEN, "only members have a read mark")
        return reply(mark)

    async def _window(self, room: str, asked: dict[str, int], limit: int) -> Window:
        """Read it when everything the answer must hold is stored."""
        if "before" in asked:
            await self._reader.catch_up(room, asked["before"] - 1)
            return await events_postgres.before(self._pool, room, asked["before"], limit)
        await self._reader.catch_up(room)
        if "after" in asked:
            return await events_postgres.after(self._pool, room, asked["after"], limit)
        if "around" in asked:
            return await events_postgres.around(self._pool, room, asked["around"], limit)
        return await events_postgres.before(self._pool, room, limits.SEQ_MAX + 1, limit)

    async def _may_read(self, room: str, user: str) -> None:
        place = await rooms_postgres.place(self._pool, room, user)
        if place is None:
            raise Problem(ErrorCode.NOT_FOUND, "there is no such room")
        check(Right.READ, place)
