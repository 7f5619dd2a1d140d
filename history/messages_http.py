"""Requests about what was said in a room: pages, messages, changes of them, the read mark."""

from __future__ import annotations

from history import events_postgres, page, rooms_postgres
from history.amender import Amender
from history.decider import check
from history.events_postgres import Window
from history.marker import Marker
from history.poster import Poster
from history.presenter import Presenter
from history.queries import limit_of
from history.reactions_custom import CustomEmoji
from history.reactions_emoji import canonical
from history.reader import Reader
from history.rights import Right
from history.rooms_postgres import Place
from proto import custom_emoji, limits, shapes
from proto.codes import ErrorCode
from proto.shapes import MessagePatch, Messages, NewMessage, Reactions, SetRead
from proto.wire import Fault
from services.http import (
    Problem,
    Request,
    Response,
    body,
    claims,
    empty,
    path_id,
    path_int,
    query_int,
    reply,
)
from services.pool_postgres import Pool

_PLACES = ("before", "after", "around")


class MessageRequests:
    """One method for each endpoint; each raises Problem."""

    def __init__(
        self,
        pool: Pool,
        reader: Reader,
        marker: Marker,
        presenter: Presenter,
        amender: Amender,
        poster: Poster,
        custom: CustomEmoji,
    ) -> None:
        self._pool = pool
        self._custom = custom
        self._reader = reader
        self._marker = marker
        self._presenter = presenter
        self._amender = amender
        self._poster = poster

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
        window = await self._window(room, asked, limit, caller.sub)
        after, up_to = _stretch(window, asked)
        return reply(await self._presenter.page(room, window, after, up_to))

    async def post(self, request: Request) -> Response:
        """201 with the message, 200 with the one that the key has brought before."""
        caller, room = await claims(request), path_id(request, "room")
        posted = await self._poster.post(caller, room, await body(request, NewMessage))
        return reply(posted.message, posted.status)

    async def get(self, request: Request) -> Response:
        """One message, as it is now."""
        room, seq, user = await self._seen(request)
        return reply(await self._one(room, seq, user))

    async def patch(self, request: Request) -> Response:
        """One's own message with another text."""
        caller, room = await claims(request), path_id(request, "room")
        seq = path_int(request, "seq")
        text = (await body(request, MessagePatch)).text
        await self._amender.edit(caller, room, seq, text)
        await self._reader.catch_up(room)
        return reply(await self._one(room, seq, caller.sub))

    async def delete(self, request: Request) -> Response:
        """The message is gone, and its text from everywhere."""
        caller, room = await claims(request), path_id(request, "room")
        await self._amender.delete(caller, room, path_int(request, "seq"))
        return empty()

    async def edits(self, request: Request) -> Response:
        """Former texts, for those who moderate."""
        caller, room = await claims(request), path_id(request, "room")
        seq = path_int(request, "seq")
        check(Right.MODERATE, await self._place(room, caller.sub))
        await self._reader.catch_up(room)
        await self._one(room, seq, caller.sub)
        former = await events_postgres.versions(self._pool, room, seq)
        return reply(shapes.Versions([page.version(body) for body in former]))

    async def reactions(self, request: Request) -> Response:
        """Who reacted with what."""
        room, seq, user = await self._seen(request)
        await self._one(room, seq, user)
        return reply(Reactions(await events_postgres.reacted(self._pool, room, seq, user)))

    async def react(self, request: Request) -> Response:
        """The caller has reacted with that emoji."""
        return await self._react(request, on=True)

    async def unreact(self, request: Request) -> Response:
        """The caller has not, or no longer."""
        return await self._react(request, on=False)

    async def pin(self, request: Request) -> Response:
        """The message is pinned."""
        return await self._pin(request, on=True)

    async def unpin(self, request: Request) -> Response:
        """The message is not pinned, or no longer."""
        return await self._pin(request, on=False)

    async def pins(self, request: Request) -> Response:
        """The pinned messages, the one that was pinned last first."""
        caller, room = await claims(request), path_id(request, "room")
        await self._may_read(room, caller.sub)
        await self._reader.catch_up(room)
        return reply(Messages(await self._presenter.pinned(room, caller.sub)))

    async def read(self, request: Request) -> Response:
        """Where the caller's read mark is now, and what is unread above it."""
        caller, room = await claims(request), path_id(request, "room")
        wanted = await body(request, SetRead)
        mark = await self._marker.read(room, caller.sub, wanted.seq, back=wanted.back)
        if mark is None:
            await self._may_read(room, caller.sub)
            raise Problem(ErrorCode.FORBIDDEN, "only members have a read mark")
        return reply(mark)

    async def _react(self, request: Request, *, on: bool) -> Response:
        caller, room = await claims(request), path_id(request, "room")
        seq, emoji = path_int(request, "seq"), _emoji(request)
        lacking = await self._lacking(emoji) if on else None
        await self._amender.react(room, caller.sub, seq, emoji, on=on, lacking=lacking)
        return empty()

    async def _lacking(self, emoji: str) -> Fault | None:
        """Why nobody can be the first to react with this; asked before the room is held for it."""
        name = custom_emoji.name_in(emoji)
        return None if name is None else await self._custom.lacking(name)

    async def _pin(self, request: Request, *, on: bool) -> Response:
        caller, room = await claims(request), path_id(request, "room")
        await self._amender.pin(room, caller.sub, path_int(request, "seq"), on=on)
        return empty()

    async def _window(self, room: str, asked: dict[str, int], limit: int, user: str) -> Window:
        """Read it when everything the answer must hold is stored."""
        if "before" in asked:
            await self._reader.catch_up(room, asked["before"] - 1)
            return await events_postgres.before(self._pool, room, asked["before"], limit, user)
        await self._reader.catch_up(room)
        if "after" in asked:
            return await events_postgres.after(self._pool, room, asked["after"], limit, user)
        if "around" in asked:
            return await events_postgres.around(self._pool, room, asked["around"], limit, user)
        return await events_postgres.before(self._pool, room, limits.SEQ_MAX + 1, limit, user)

    async def _seen(self, request: Request) -> tuple[str, int, str]:
        """The room, the place and the caller, who may read there, with the log stored up to now."""
        caller, room = await claims(request), path_id(request, "room")
        seq = path_int(request, "seq")
        await self._may_read(room, caller.sub)
        await self._reader.catch_up(room)
        return room, seq, caller.sub

    async def _one(self, room: str, seq: int, user: str) -> shapes.Message:
        message = await self._presenter.one(room, seq, user)
        if message is None:
            raise Problem(ErrorCode.NOT_FOUND, "there is no such message")
        return message

    async def _may_read(self, room: str, user: str) -> None:
        check(Right.READ, await self._place(room, user))

    async def _place(self, room: str, user: str) -> Place:
        place = await rooms_postgres.place(self._pool, room, user)
        if place is None:
            raise Problem(ErrorCode.NOT_FOUND, "there is no such room")
        return place


def _emoji(request: Request) -> str:
    """The emoji in the path, in the form in which it is kept."""
    given: str = request.path_params["emoji"]
    emoji = canonical(given)
    if emoji is None and custom_emoji.name_in(given) is not None:
        return given
    if emoji is None:
        message = "this is neither an emoji, as Unicode has them, nor the :name: of a custom one"
        raise Problem(ErrorCode.INVALID, message, field="emoji")
    return emoji


def _stretch(window: Window, asked: dict[str, int]) -> tuple[int, int]:
    """Which part of the log a page is of: (after, up to], to the ends where there is no more."""
    after = window.messages[0].seq - 1 if window.older else asked.get("after", 0)
    up_to = window.messages[-1].seq if window.newer else asked.get("before", limits.SEQ_MAX) - 1
    return after, up_to
