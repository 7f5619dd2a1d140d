"""Asks history who is in a room and what was said, and auth who people are; it decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from proto import calls, subjects
from proto.identity import (
    AdminCall,
    AdminReply,
    AvatarCall,
    AvatarReply,
    AvatarsCall,
    AvatarsReply,
    AvatarTakenCall,
    DeedElsewhere,
    DeedsCall,
    DeedsReply,
)
from services.asking import ask
from services.bus_nats import Bus
from services.guard import Claims

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

    async def avatar(self, who: Claims, picture: str | None) -> AvatarReply:
        """Have whoever a token is of have a picture, or none; repeating changes nothing."""
        call = AvatarCall(who.sub, who.sid, picture, who.issuer)
        return await ask(
            *(self._bus, subjects.AUTH_AVATAR, call, AvatarReply),
            seconds=SECONDS,
            lacking="a picture cannot be changed now",
        )

    async def take_avatar(self, by: Claims, user: str, picture: str) -> None:
        """Have somebody have a picture no more, by an admin; repeating changes nothing."""
        call = AvatarTakenCall(user, picture, by.sub, by.sid)
        await ask(
            *(self._bus, subjects.AUTH_AVATAR_TAKEN, call, AvatarReply),
            seconds=SECONDS,
            lacking="a picture cannot be taken away now",
        )

    async def note(self, deeds: Sequence[DeedElsewhere]) -> None:
        """Have these in the audit log, at most `limits.PAGE_ITEMS`; repeating changes nothing."""
        await ask(
            *(self._bus, subjects.AUTH_DEEDS, DeedsCall(list(deeds)), DeedsReply),
            seconds=SECONDS,
            lacking="the audit log cannot be written now",
        )

    async def avatars(self, users: Sequence[str]) -> set[str]:
        """The pictures that these have, at most `limits.IDS_PER_QUERY` of them."""
        reply = await ask(
            *(self._bus, subjects.AUTH_AVATARS, AvatarsCall(list(users)), AvatarsReply),
            seconds=SECONDS,
            lacking="who has which picture cannot be found out now",
        )
        return set(reply.avatars)

    async def _ask(self, subject: str, call: object, answer: type[T]) -> T:
        lacking = "what is in this room cannot be found out now"
        return await ask(self._bus, subject, call, answer, seconds=SECONDS, lacking=lacking)
