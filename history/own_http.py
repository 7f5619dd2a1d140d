"""Requests about what is one's own: how one wants to have rooms; not what others see of them."""

from __future__ import annotations

from history import rooms_postgres
from history.decider import check
from history.keeper import Keeper
from history.rights import Right
from proto.codes import ErrorCode
from proto.shapes import SetPreferences
from services.http import Problem, Request, Response, body, claims, path_id, reply
from services.pool_postgres import Pool


class OwnRequests:
    """One method for each endpoint; each raises Problem."""

    def __init__(self, pool: Pool, keeper: Keeper) -> None:
        self._pool = pool
        self._keeper = keeper

    async def prefer(self, request: Request) -> Response:
        """All that the caller has chosen for a room by now."""
        caller, room = await claims(request), path_id(request, "room")
        kept = await self._keeper.prefer(room, caller.sub, await body(request, SetPreferences))
        if kept is None:
            place = await rooms_postgres.place(self._pool, room, caller.sub)
            if place is None:
                raise Problem(ErrorCode.NOT_FOUND, "there is no such room")
            check(Right.READ, place)
            raise Problem(ErrorCode.FORBIDDEN, "only members choose how to have a room")
        return reply(kept)
