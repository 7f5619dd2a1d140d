"""Requests about what is one's own: how one has rooms, whom one blocks, what others may see."""

from __future__ import annotations

from history import custom_status, people_settings_postgres
from history.decider import entitled
from history.keeper import Keeper
from history.marker import Marker
from history.registrar import Registrar
from history.rights import Right
from proto import shapes
from proto.codes import ErrorCode
from proto.shapes import CustomStatus, SetPreferences, SettingsPatch
from proto.wire import Fault
from services import clock
from services.http import Problem, Request, Response, body, claims, empty, path_id, reply
from services.pool_postgres import Pool


class OwnRequests:
    """One method for each endpoint; each raises Problem."""

    def __init__(self, pool: Pool, keeper: Keeper, marker: Marker, registrar: Registrar) -> None:
        self._pool = pool
        self._keeper = keeper
        self._marker = marker
        self._registrar = registrar

    async def prefer(self, request: Request) -> Response:
        """All that the caller has chosen for a room by now."""
        caller, room = await claims(request), path_id(request, "room")
        kept = await self._keeper.prefer(room, caller.sub, await body(request, SetPreferences))
        if kept is None:
            await entitled(self._pool, room, caller.sub, Right.READ)
            raise Problem(ErrorCode.FORBIDDEN, "only members choose how to have a room")
        return reply(kept)

    async def receipts(self, request: Request) -> Response:
        """How far the others of a room have read; for its members."""
        caller, room = await claims(request), path_id(request, "room")
        place = await entitled(self._pool, room, caller.sub, Right.READ)
        if place.role is None:
            raise Problem(ErrorCode.FORBIDDEN, "only members see how far others have read")
        return reply(shapes.Receipts(await self._marker.receipts(place, caller.sub)))

    async def settings(self, request: Request) -> Response:
        """What the caller has settled."""
        caller = await claims(request)
        now_ms = clock.now_ms()
        return reply(await people_settings_postgres.settings(self._pool, caller.sub, now_ms))

    async def settle(self, request: Request) -> Response:
        """What the caller has settled by now."""
        caller, patch = await claims(request), await body(request, SettingsPatch)
        if isinstance(patch.custom_status, CustomStatus):
            checked = custom_status.check(patch.custom_status, clock.now_ms())
            if isinstance(checked, Fault):
                raise Problem(checked.code, checked.message, field=checked.field)
            patch.custom_status = checked
        return reply(await self._keeper.settle(caller.sub, patch))

    async def blocks(self, request: Request) -> Response:
        """Whom the caller blocks."""
        caller = await claims(request)
        found = await people_settings_postgres.blocked(self._pool, caller.sub)
        self._registrar.look(user.id for user in found)
        return reply(shapes.Users(found))

    async def block(self, request: Request) -> Response:
        """They are blocked, and not told."""
        caller, other = await claims(request), path_id(request, "user")
        if other == caller.sub:
            raise Problem(ErrorCode.INVALID, "nobody blocks themselves", field="user")
        await self._registrar.require([other], "user")
        await self._keeper.block(caller.sub, other)
        return empty()

    async def unblock(self, request: Request) -> Response:
        """They are not blocked."""
        caller, other = await claims(request), path_id(request, "user")
        await self._keeper.unblock(caller.sub, other)
        return empty()
