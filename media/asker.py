"""Asks history who is in a room and what was said, and auth who is an admin; it decides nothing."""

from __future__ import annotations

from typing import Final, TypeVar

from proto import calls, subjects
from proto.identity import AdminCall, AdminReply
from services.asking import ask
from services.bus_nats import Bus

T = TypeVar("T")

SECONDS: Final = 5.0
"""How long an answer may take; history itself waits up to 2 s for its writer."""


class Asker:
    """Keeps nothing. Every method raises Unavailable: no answer, or one that is none."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def member(self, room: str, user: str) -> calls.MemberReply:
        """What a user is to a room."""
        call = calls.MemberCall(room, user)
        return await self._ask(subjects.HISTORY_MEMBER, call, calls.MemberReply)

    async def key(self, room: str, sender: str, key: str) -> calls.KeyReply:
        """Whether a message was sent, for certain."""
        call = calls.KeyCall(room, sender, key)
        return await self._ask(subjects.HISTORY_KEY, call, calls.KeyReply)

    async def is_picture(self, room: str, key: str) -> bool:
        """Whether a room has a picture that is kept by a key."""
        call = calls.KeptCall(room, key)
        return (await self._ask(subjects.HISTORY_PICTURE, call, calls.KeptReply)).kept

    async def is_admin(self, user: str, sid: str) -> bool:
        """Whether somebody's session, or a bot's token, may act as an admin now."""
        call, lacking = AdminCall(user, sid), "who is an admin cannot be found out now"
        reply = await ask(
            self._bus, subjects.AUTH_ADMIN, call, AdminReply, seconds=SECONDS, lacking=lacking
        )
        return reply.admin

    async def _ask(self, subject: str, call: object, answer: type[T]) -> T:
        lacking = "what is in this room cannot be found out now"
        return await ask(self._bus, subject, call, answer, seconds=SECONDS, lacking=lacking)
