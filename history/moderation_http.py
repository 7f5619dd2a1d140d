"""Requests of moderators: bans, mutes, and who did what; who may is decided elsewhere."""

from __future__ import annotations

from typing import Final

from msgspec import UNSET

from history import audit_postgres, page, sanctions_postgres
from history.decider import entitled
from history.moderator import RIGHT_OF, Moderator
from history.queries import cursor, limit_of
from history.registrar import Registrar
from history.rights import Right
from history.sanctions_postgres import Kind
from proto import limits, moderation
from proto.codes import ErrorCode
from proto.moderation import NewSanction, Sanction
from services import clock
from services.http import Problem, Request, Response, body, claims, empty, path_id, reply
from services.pool_postgres import Pool

_NEWEST: Final = (limits.SEQ_MAX, "")


class ModerationRequests:
    """One method for each endpoint; each raises Problem."""

    def __init__(self, pool: Pool, moderator: Moderator, registrar: Registrar) -> None:
        self._pool = pool
        self._moderator = moderator
        self._registrar = registrar

    async def ban(self, request: Request) -> Response:
        """They are not in the room, and cannot come in."""
        caller, room, user = await self._about(request)
        await self._moderator.ban(room, caller, user, await body(request, NewSanction))
        return empty()

    async def mute(self, request: Request) -> Response:
        """They can write nothing in the room."""
        caller, room, user = await self._about(request)
        await self._moderator.mute(room, caller, user, await body(request, NewSanction))
        return empty()

    async def unban(self, request: Request) -> Response:
        """They can come in as anybody can."""
        caller, room, user = await self._about(request)
        await self._moderator.lift("bans", room, caller, user)
        return empty()

    async def unmute(self, request: Request) -> Response:
        """They can write again."""
        caller, room, user = await self._about(request)
        await self._moderator.lift("mutes", room, caller, user)
        return empty()

    async def bans(self, request: Request) -> Response:
        """The bans in force."""
        shown, following = await self._list(request, "bans")
        return reply(moderation.Bans(shown, following or UNSET))

    async def own_ban(self, request: Request) -> Response:
        """What keeps the caller out."""
        caller, room = await claims(request), path_id(request, "room")
        ban = await sanctions_postgres.told(self._pool, room, caller.sub, clock.now_ms())
        if ban is None:
            raise Problem(ErrorCode.NOT_FOUND, "no ban keeps you out of a room that you know")
        until_ms = None if ban.until_ms == limits.FOREVER_MS else ban.until_ms
        return reply(moderation.OwnBan(ban.reason, until_ms))

    async def mutes(self, request: Request) -> Response:
        """The mutes in force."""
        shown, following = await self._list(request, "mutes")
        return reply(moderation.Mutes(shown, following or UNSET))

    async def audit(self, request: Request) -> Response:
        """Who did what, the newest first."""
        room = await self._may(request, Right.MANAGE)
        before, limit = cursor(request, int) or limits.SEQ_MAX, limit_of(request)
        found = await audit_postgres.page(self._pool, room, before, limit + 1)
        following = page.encode_cursor(found[limit - 1][1]) if len(found) > limit else UNSET
        return reply(moderation.Audit([entry for entry, _ in found[:limit]], following))

    async def _about(self, request: Request) -> tuple[str, str, str]:
        """Who asks, in which room, and about whom; they are known by name from here on."""
        caller = await claims(request)
        await self._registrar.introduce(caller)
        return caller.sub, path_id(request, "room"), path_id(request, "user")

    async def _list(self, request: Request, kind: Kind) -> tuple[list[Sanction], str | None]:
        """A page, and the cursor of the next one if there is one."""
        room = await self._may(request, RIGHT_OF[kind])
        before, limit = cursor(request, tuple[int, str]) or _NEWEST, limit_of(request)
        found = await sanctions_postgres.page(
            self._pool, kind, room, before, limit + 1, clock.now_ms()
        )
        if len(found) <= limit:
            return found, None
        last = found[limit - 1]
        return found[:limit], page.encode_cursor((last.created_ms, last.user.id))

    async def _may(self, request: Request, right: Right) -> str:
        """The room, whose caller has the right."""
        caller, room = await claims(request), path_id(request, "room")
        await entitled(self._pool, room, caller.sub, right)
        return room
