"""Decides who is banned and who is muted, and lists them; what follows is in the room's log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from history import members_postgres, rights, room, sanctions_postgres
from history.audit_postgres import Deed
from history.decider import Decider, Turn
from history.registrar import Registrar
from history.rights import Right
from history.sanctions_postgres import Kind, Term
from proto import limits
from proto.codes import ErrorCode
from proto.moderation import NewSanction
from proto.shapes import Role
from proto.wire import Fault
from services import clock
from services.problem import Problem

RIGHT_OF: Final[Mapping[Kind, Right]] = {"bans": Right.MANAGE, "mutes": Right.MODERATE}
"""What it takes to impose one, lift it, and see them all."""


class Moderator:
    """Every method raises Problem (what it refuses, or `timeout`) and Unavailable."""

    def __init__(self, decider: Decider, registrar: Registrar) -> None:
        self._decider = decider
        self._registrar = registrar

    async def ban(self, room_id: str, user: str, other: str, new: NewSanction) -> None:
        """Keep somebody out, who need not be in, until a time; their membership ends."""
        term = _term(new)
        await self._registrar.require([other], "user")
        async with self._decider.turn(room_id, user, RIGHT_OF["bans"]) as turn:
            held = await _below(turn, other)
            await self._impose(turn, "bans", other, term)
            if held is not None:
                await turn.remove(other, held, banned=True)

    async def mute(self, room_id: str, user: str, other: str, new: NewSanction) -> None:
        """Have a member write nothing until a time, wherever they come back from."""
        term = _term(new)
        async with self._decider.turn(room_id, user, RIGHT_OF["mutes"]) as turn:
            if await _below(turn, other) is None:
                raise Problem(ErrorCode.NOT_FOUND, "they are not a member of this room")
            if await self._impose(turn, "mutes", other, term):
                await turn.put(room.muted(room_id, other, user, term.until_ms, turn.now_ms))

    async def lift(self, kind: Kind, room_id: str, user: str, other: str) -> None:
        """End a ban or a mute; where there is none it is no news."""
        async with self._decider.turn(room_id, user, RIGHT_OF[kind]) as turn:
            lifted = await sanctions_postgres.lift(
                turn.connection, kind, room_id, other, turn.now_ms
            )
            if not lifted:
                return
            await turn.note(Deed("member.unbanned" if kind == "bans" else "member.unmuted", other))
            if kind == "mutes":
                await turn.put(room.muted(room_id, other, user, None, turn.now_ms))

    async def _impose(self, turn: Turn, kind: Kind, other: str, term: Term) -> bool:
        """Keep it and note it; False if there was the very same."""
        new = await sanctions_postgres.put(
            turn.connection, kind, turn.place.id, other, turn.user, term, turn.now_ms
        )
        if new:
            until_ms = None if term.until_ms == limits.FOREVER_MS else term.until_ms
            action = "member.banned" if kind == "bans" else "member.muted"
            await turn.note(Deed(action, other, {"until_ms": until_ms, "reason": term.reason}))
        return new


async def _below(turn: Turn, other: str) -> Role | None:
    """The role of one who is below the user, None if they are no member. Raises Problem."""
    held = await members_postgres.role(turn.connection, turn.place.id, other)
    mine = turn.place.role
    if other == turn.user or (
        held is not None and (mine is None or not rights.is_above(mine, held))
    ):
        raise Problem(ErrorCode.FORBIDDEN, "they are not below you in this room")
    return held


def _term(new: NewSanction) -> Term:
    """What is asked for. Raises Problem: `invalid`."""
    reason = room.check_reason(new.reason)
    if isinstance(reason, Fault):
        raise Problem(reason.code, reason.message, field=reason.field)
    until_ms = limits.FOREVER_MS if new.until_ms is None else new.until_ms
    if until_ms <= clock.now_ms():
        raise Problem(ErrorCode.INVALID, "this time is over already", field="until_ms")
    return Term(min(until_ms, limits.FOREVER_MS), reason)
