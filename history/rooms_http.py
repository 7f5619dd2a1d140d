"""Requests about rooms: what is asked, by whom, and the answer; who may is decided elsewhere."""

from __future__ import annotations

from msgspec import UNSET

from history import page, rooms_postgres
from history.creator import Creator
from history.decider import Decider, check
from history.furnisher import Furnisher
from history.queries import cursor, limit_of
from history.registrar import Registrar
from history.rights import Right
from history.room import check_patch
from history.welcomer import Welcomer
from proto import ids, shapes
from proto.codes import ErrorCode
from proto.shapes import NewRoom, Room, RoomPatch
from proto.wire import Fault
from services.http import (
    Problem,
    Request,
    Response,
    body,
    claims,
    empty,
    idempotency_key,
    path_id,
    query_text,
    reply,
)
from services.pool_postgres import Pool


class RoomRequests:
    """One method for each endpoint; each raises Problem."""

    def __init__(
        self,
        pool: Pool,
        creator: Creator,
        decider: Decider,
        furnisher: Furnisher,
        welcomer: Welcomer,
        registrar: Registrar,
    ) -> None:
        self._pool = pool
        self._welcomer = welcomer
        self._creator = creator
        self._decider = decider
        self._furnisher = furnisher
        self._registrar = registrar

    async def create(self, request: Request) -> Response:
        """201 with the new room, 200 with the direct room of these people that there was."""
        caller = await claims(request)
        new = await body(request, NewRoom)
        made = await self._creator.create(caller, new, idempotency_key(request))
        return reply(await self._view(made.room, caller.sub), made.status)

    async def mine(self, request: Request) -> Response:
        """The caller's rooms in order of their ids."""
        caller = await claims(request)
        after, limit = cursor(request, str) or "", limit_of(request)
        await self._welcomer.welcome(caller.sub, caller.username, caller.name)
        found = await rooms_postgres.page_of_user(self._pool, caller.sub, after, limit + 1)
        rooms = [seen.room for seen in found[:limit]]
        self._registrar.look(peer.id for room in rooms for peer in room.peers)
        following = page.encode_cursor(rooms[-1].id) if len(found) > limit else UNSET
        return reply(shapes.Rooms(rooms, following))

    async def public(self, request: Request) -> Response:
        """Public rooms by name, those that begin with `q` where it is given."""
        caller = await claims(request)
        prefix = (query_text(request, "q", "") or "").strip()
        if not ids.is_clean(prefix):
            raise Problem(ErrorCode.INVALID, "q holds control characters", field="q")
        after, limit = cursor(request, tuple[str, str]) or ("", ""), limit_of(request)
        found = await rooms_postgres.public(self._pool, prefix, after, limit + 1, caller.sub)
        listed = [room for room, _ in found[:limit]]
        # Who is in a room sees the same of it here as everywhere: the mark and what is unread.
        member = [room.id for room in listed if room.role is not None]
        own = await rooms_postgres.seen_among(self._pool, member, caller.sub) if member else {}
        shown = [own.get(room.id, room) for room in listed]
        if len(found) <= limit:
            return reply(shapes.Rooms(shown))
        return reply(shapes.Rooms(shown, page.encode_cursor((found[limit - 1][1], shown[-1].id))))

    async def get(self, request: Request) -> Response:
        """One room."""
        caller = await claims(request)
        return reply(await self._view(path_id(request, "room"), caller.sub))

    async def patch(self, request: Request) -> Response:
        """The room as it is then."""
        caller, room = await claims(request), path_id(request, "room")
        patch = check_patch(await body(request, RoomPatch))
        if isinstance(patch, Fault):
            raise Problem(patch.code, patch.message, field=patch.field)
        await self._furnisher.change(room, caller.sub, patch)
        return reply(await self._view(room, caller.sub))

    async def delete(self, request: Request) -> Response:
        """The room is gone."""
        await self._decider.delete(path_id(request, "room"), (await claims(request)).sub)
        return empty()

    async def join(self, request: Request) -> Response:
        """The room, the caller in it."""
        caller, room = await claims(request), path_id(request, "room")
        await self._registrar.introduce(caller)
        await self._decider.join(room, caller.sub)
        return reply(await self._view(room, caller.sub))

    async def leave(self, request: Request) -> Response:
        """The caller is not in the room."""
        await self._decider.leave(path_id(request, "room"), (await claims(request)).sub)
        return empty()

    async def _view(self, room: str, user: str) -> Room:
        """The room as the user sees it; `not_found` if they do not."""
        seen = await rooms_postgres.seen(self._pool, room, user)
        if seen is not None:
            self._registrar.look(peer.id for peer in seen.room.peers)
            return seen.room
        place = await rooms_postgres.place(self._pool, room, user)
        if place is None:
            raise Problem(ErrorCode.NOT_FOUND, "there is no such room")
        check(Right.READ, place)
        return rooms_postgres.visitor(place, await rooms_postgres.head(self._pool, room))
