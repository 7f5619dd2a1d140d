"""Adds custom emoji and removes them, for those who may; who may is decided in `emoji`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from collections.abc import Set as AbstractSet
from typing import Final

from media import emoji
from media.asker import Asker
from media.emoji_postgres import EmojiLedger, Kept
from media.taker import Taker, Wanted
from proto import limits
from proto.codes import ErrorCode
from proto.custom_emoji import CustomEmoji, CustomEmojis, EmojiAdders
from proto.wire import Fault
from services import clock, logs_structlog
from services.guard import Claims
from services.problem import Problem

PICTURES: Final = "/v1/emoji/pictures"
_WANTED: Final = Wanted(
    "emoji",
    emoji.IMAGES,
    "the picture of an emoji is a PNG, a JPEG, a GIF or a WebP",
    limits.CUSTOM_EMOJI_BYTES,
    frozenset({"name"}),
)
_log = logs_structlog.get_logger()


class Curator:
    """`url` is where pictures are served from; `standard` are names that nobody can give.

    Every method raises Problem (what it refuses) and Unavailable.
    """

    def __init__(
        self,
        asker: Asker,
        taker: Taker,
        emojis: EmojiLedger,
        *,
        adders: EmojiAdders,
        standard: AbstractSet[str],
        url: str,
    ) -> None:
        self._asker = asker
        self._taker = taker
        self._emojis = emojis
        self._adders: EmojiAdders = adders
        self._standard = standard
        self._url = url

    async def all(self) -> CustomEmojis:
        """All there are, and who may add one."""
        return CustomEmojis([self._shown(one) for one in await self._emojis.all()], self._adders)

    async def may_add(self, who: Claims) -> None:
        """Return if somebody may add one."""
        if self._adders != "everyone":
            _refuse(emoji.adding_refusal(self._adders, admin=await self._is_admin(who)))

    async def add(self, who: Claims, content_type: str, body: AsyncIterator[bytes]) -> CustomEmoji:
        """Have a new one, by a form with its name and its picture. Cancelling is safe."""
        await self.may_add(who)
        async with self._taker.read(_WANTED, content_type, body) as sheet:
            name = sheet.fields.get("name", "")
            if not name:
                raise Problem(ErrorCode.INVALID, "the form has no field `name`", field="name")
            _refuse(emoji.name_refusal(name, self._standard))
            taken = await self._taker.take(_WANTED, sheet)
            kept = Kept(name, *taken[:4], who.sub, taken.now_ms)
            _refuse(emoji.outcome_refusal(await self._emojis.add(kept)))
        _log.info("emoji added", name=kept.name, by=who.sub)
        return self._shown(kept)

    async def remove(self, who: Claims, name: str) -> None:
        """Have one no more. Idempotent."""
        _refuse(emoji.name_refusal(name, frozenset()))
        added_by = await self._emojis.added_by(name)
        admin = await self._is_admin(who)
        # Where there is none, whoever could remove it is told the same as the first time.
        _refuse(emoji.removing_refusal(self._adders, who.sub, added_by or who.sub, admin=admin))
        if added_by is not None:
            await self._emojis.remove(name, added_by, who.sub, clock.now_ms())
            _log.info("emoji removed", name=name, by=who.sub)

    async def _is_admin(self, who: Claims) -> bool:
        return await self._asker.is_admin(who.sub, who.sid)

    def _shown(self, kept: Kept) -> CustomEmoji:
        url = f"{self._url}{PICTURES}/{kept.object}"
        return CustomEmoji(kept.name, url, kept.width, kept.height, kept.added_by, kept.added_ms)


def _refuse(fault: Fault | None) -> None:
    if fault is not None:
        raise Problem(fault.code, fault.message, field=fault.field)
