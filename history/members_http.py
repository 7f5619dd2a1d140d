"""Requests about the members of a room; who may is decided elsewhere."""

from __future__ import annotations

from msgspec import UNSET

from history import members_postgres, page, rooms_postgres
from history.decider import Decider, check
from history.queries import cursor, limit_of
from history.registrar import Registrar
from history.rights import Right
from proto import shapes
from proto.codes import ErrorCode
from proto.shapes import Member, MemberPatch, NewMember
from services.http import Problem, Request, Response, body, claims, empty, path_id, reply
from services.pool_postgres import Pool


class MemberRequests:
    """One method for each endpoint; each raises Problem."""

    def __init__(self, pool: Pool, decider: Decider, registrar: Registrar) -> None:
        self._pool = pool
        self._decider = decider
        self._registrar = registrar

    async def list(self, request: Request) -> Response:
        """Members in the order they came."""
        caller, room = await claims(request), path_id(request, "room")
        after, limit = cursor(request, int) or 0, limit_of(request)
        place = await rooms_postgres.place(self._pool, room, caller.sub)
        if place is None:
            raise Problem(ErrorCode.NOT_FOUND, "there is no such room")
        check(Right.READ, place)
        found = await members_postgres.page(self._pool, room, after, limit + 1)
        following = page.encode_cursor(found[limit - 1][1]) if len(found) > limit else UNSET
        shown = [member for member, _ in found[:limit]]
        self._registrar.look(member.user.id for member in shown)
        return reply(shapes.Members(shown, following))

    async def add(self, request: Request) -> Response:
        """201 with the new member, 200 with one who was there, unchanged."""
        caller, room = await claims(request), path_id(request, "room")
        new = await body(request, NewMember)
        await self._registrar.require([new.user], "user")
        added = await self._decider.add(room, caller.sub, new.user, new.role)
        return reply(await self._member(room, new.user), 201 if added else 200)

    async def patch(self, request: Request) -> Response:
        """The member with the new role."""
        caller, room = await claims(request), path_id(request, "room")
        user = path_id(request, "user")
        role = (await body(request, MemberPatch)).role
        await self._decider.give(room, caller.sub, user, role)
        return reply(await self._member(room, user))

    async def remove(self, request: Request) -> Response:
        """They are not a member; removing oneself is leaving."""
        caller, room = await claims(request), path_id(request, "room")
        user = path_id(request, "user")
        if user == caller.sub:
            await self._decider.leave(room, user)
        else:
            await self._decider.remove(room, caller.sub, user)
        return empty()

    async def _member(self, room: str, user: str) -> Member:
        member = await members_postgres.one(self._pool, room, user)
        if member is None:
            raise Problem(ErrorCode.CONFLICT, "their membership has just ended")
        return member
