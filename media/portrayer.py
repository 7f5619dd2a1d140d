"""Gives people pictures and takes them away; which one somebody has, auth decides and keeps.

The picture is kept first, then auth is asked: nobody ends with one that is not there. One that was
replaced is removed once auth has said so; where that is not heard, by the sweeper, which asks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from media import kind
from media.asker import Asker
from media.avatars_postgres import AvatarLedger
from media.taker import Taker, Wanted
from proto import limits
from proto.codes import ErrorCode
from proto.shapes import User
from services import clock, logs_structlog
from services.guard import Claims
from services.problem import Problem

_WANTED: Final = Wanted(
    "avatar",
    kind.IMAGES,
    "a picture is a PNG, a JPEG, a GIF, a WebP or an AVIF",
    limits.AVATAR_BYTES,
)
_log = logs_structlog.get_logger()


class Portrayer:
    """Every method raises Problem (what it refuses) and Unavailable.

    After an Unavailable it may have happened nevertheless; repeating is safe.
    """

    def __init__(self, asker: Asker, taker: Taker, avatars: AvatarLedger) -> None:
        self._asker = asker
        self._taker = taker
        self._avatars = avatars

    async def portray(self, who: Claims, content_type: str, body: AsyncIterator[bytes]) -> User:
        """Have somebody have the picture of a form; answers them with it. Cancelling is safe."""
        async with self._taker.read(_WANTED, content_type, body) as sheet:
            taken = await self._taker.take(_WANTED, sheet)
            await self._avatars.add(taken.object, who.sub, taken.size, taken.now_ms)
        return await self._change(who, taken.object)

    async def remove(self, who: Claims) -> None:
        """Have somebody have no picture. Idempotent."""
        await self._avatars.doubt(who.sub, clock.now_ms())
        await self._change(who, None)

    async def take(self, who: Claims, picture: str) -> None:
        """Take away a picture from whoever has it, for admins; another one stays. Idempotent."""
        if not await self._asker.is_admin(who.sub, who.sid):
            raise Problem(ErrorCode.FORBIDDEN, "admins take away the pictures of others")
        owner = await self._avatars.owner(picture)
        if owner is None:
            return
        await self._avatars.doubt(owner, clock.now_ms())
        await self._asker.take_avatar(who, owner, picture)
        await self._avatars.remove(picture, clock.now_ms())
        _log.info("picture taken away", user=owner, by=who.sub)

    async def _change(self, who: Claims, picture: str | None) -> User:
        reply = await self._asker.avatar(who, picture)
        if reply.user is None:
            raise Problem(ErrorCode.UNAUTHORIZED, "the session has ended; sign in again")
        if reply.former is not None:
            await self._avatars.remove(reply.former, clock.now_ms())
        _log.info("picture changed", user=who.sub)
        return reply.user
