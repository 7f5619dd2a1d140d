"""Requests about invites; who may is decided elsewhere."""

from __future__ import annotations

from history import invites_postgres, rooms_postgres
from history.decider import entitled
from history.inviter import Inviter
from history.invites_postgres import Link
from history.rights import Right
from proto import moderation
from proto.codes import ErrorCode
from proto.moderation import Invite, NewInvite
from services import clock
from services.http import Problem, Request, Response, body, claims, empty, path_id, reply
from services.pool_postgres import Pool


class InviteRequests:
    """One method for each endpoint; each raises Problem. `public_url` is where browsers go."""

    def __init__(self, pool: Pool, inviter: Inviter, public_url: str) -> None:
        self._pool = pool
        self._inviter = inviter
        self._public_url = public_url

    async def make(self, request: Request) -> Response:
        """201 with the invite."""
        caller, room = await claims(request), path_id(request, "room")
        link = await self._inviter.make(room, caller, await body(request, NewInvite))
        return reply(self._invite(link), 201)

    async def list(self, request: Request) -> Response:
        """Those that are good, the newest first."""
        caller, room = await claims(request), path_id(request, "room")
        await entitled(self._pool, room, caller.sub, Right.MANAGE)
        links = await invites_postgres.of_room(self._pool, room, clock.now_ms())
        return reply(moderation.Invites([self._invite(link) for link in links]))

    async def revoke(self, request: Request) -> Response:
        """It is good no more."""
        caller, room = await claims(request), path_id(request, "room")
        await self._inviter.revoke(room, caller.sub, path_id(request, "code"))
        return empty()

    async def look(self, request: Request) -> Response:
        """The room, before one enters it."""
        await claims(request)
        return reply(await self._inviter.look(path_id(request, "code")))

    async def join(self, request: Request) -> Response:
        """The room, the caller in it."""
        caller = await claims(request)
        room = await self._inviter.join(path_id(request, "code"), caller)
        seen = await rooms_postgres.seen(self._pool, room, caller.sub)
        if seen is None:
            raise Problem(ErrorCode.CONFLICT, "the membership has just ended")
        return reply(seen.room)

    def _invite(self, link: Link) -> Invite:
        url = f"{self._public_url}/invite/{link.code}"
        return Invite(
            link.code,
            url,
            link.room,
            link.by,
            link.created_ms,
            link.expires_ms,
            link.uses_left,
        )
