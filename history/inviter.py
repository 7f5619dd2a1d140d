"""Makes invites, lets people in by them and takes them back; an invite is a link that is secret."""

from __future__ import annotations

import secrets

from history import invites_postgres
from history.audit_postgres import Deed, Detail
from history.decider import Decider
from history.invites_postgres import Link
from history.registrar import Registrar
from history.rights import Right
from proto import limits
from proto.codes import ErrorCode
from proto.moderation import NewInvite, RoomInvitation
from proto.shapes import User
from services import clock
from services.guard import Claims
from services.pool_postgres import Pool
from services.problem import Problem


class Inviter:
    """Every method raises Problem (what it refuses, or `timeout`) and Unavailable."""

    def __init__(self, pool: Pool, decider: Decider, registrar: Registrar) -> None:
        self._pool = pool
        self._decider = decider
        self._registrar = registrar

    async def make(self, room: str, claims: Claims, new: NewInvite) -> Link:
        """Make an invite; a room has so many at a time at most."""
        await self._registrar.introduce(claims)
        async with self._decider.turn(room, claims.sub, Right.MANAGE) as turn:
            good = await invites_postgres.count(turn.connection, room, turn.now_ms)
            if good >= limits.INVITES:
                message = f"a room has at most {limits.INVITES} invites: revoke one"
                raise Problem(ErrorCode.CONFLICT, message)
            name = claims.name or claims.username or claims.sub
            link = Link(
                secrets.token_urlsafe(12),
                room,
                User(claims.sub, claims.username or claims.sub, name),
                turn.now_ms,
                turn.now_ms + new.expires_in * 1000,
                new.uses,
            )
            await invites_postgres.put(turn.connection, link)
            detail: Detail = {
                "code": link.code,
                "expires_ms": link.expires_ms,
                "uses": link.uses_left,
            }
            await turn.note(Deed("invite.created", detail=detail))
        return link

    async def revoke(self, room: str, user: str, code: str) -> None:
        """Make an invite good no more; for one that is not there it is no news."""
        async with self._decider.turn(room, user, Right.MANAGE) as turn:
            if await invites_postgres.drop(turn.connection, room, code):
                await turn.note(Deed("invite.revoked", detail={"code": code}))

    async def look(self, code: str) -> RoomInvitation:
        """What an invite leads to."""
        found = await invites_postgres.look(self._pool, code, clock.now_ms())
        if found is None:
            raise _no_invite()
        return found

    async def join(self, code: str, claims: Claims) -> str:
        """Let somebody in and answer the room. Who is in it already takes no use of the invite.

        Each use lets one person in, however many come at once.
        """
        await self._registrar.introduce(claims)
        room = (await self.look(code)).room.id
        async with self._decider.turn(room, claims.sub, None) as turn:
            if turn.place.role is None:
                if not await invites_postgres.use(turn.connection, code, turn.now_ms):
                    raise _no_invite()
                await turn.admit((claims.sub, "member" if turn.place.members else "owner"))
                await turn.note(Deed("invite.used", claims.sub, {"code": code}))
        return room


def _no_invite() -> Problem:
    return Problem(ErrorCode.NOT_FOUND, "there is no such invite, or it is good no more")
